"""Each finding with the code it is about, as rustc and ruff show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from looplint.finding import Finding
from looplint.report.concise import position, title
from looplint.report.snippet import Label, Lines
from looplint.report.snippet import render as render_snippet
from looplint.report.terminal import Paint, clean


def render(findings: Sequence[Finding], lines: Lines, colour: bool) -> str:
    """A paragraph for each finding: what it says, the primary and the related places underlined, what to write."""
    paint = Paint(colour)
    return "".join(f"{line}\n" for one in findings for line in (*_paragraph(one, lines, paint), ""))


def _paragraph(finding: Finding, lines: Lines, paint: Paint) -> Iterator[str]:
    here = next((one.message for one in finding.related if one.span == finding.span), "")
    labels: dict[str, list[Label]] = {finding.filename: [Label(finding.span, here, "^", "code")]}
    for one in finding.related:
        if one.span != finding.span:
            labels.setdefault(one.span.filename, []).append(Label(one.span, one.message, "-", "related"))
    last = max(label.span.end.row for group in labels.values() for label in group)
    margin = len(str(last + 2))
    blank = f"{' ' * margin} {paint('place', '|')}"
    yield title(finding, paint)
    for filename, group in labels.items():
        arrow = "-->" if filename == finding.filename else ":::"
        yield f"{' ' * margin}{paint('place', arrow)} {position(group[0].span)}"
        snippet = list(render_snippet(group, lines(filename), paint, margin))
        if snippet:
            yield from (blank, *snippet, blank)
    if finding.help:
        yield f"{paint('good', 'help')}: {clean(finding.help)}"
