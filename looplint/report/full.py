"""Each finding with the code it is about, as rustc and ruff show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from looplint.finding import Finding, Span
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
    labels = {_where(finding.span): [Label(finding.span, here, "^", "code")]}
    for one in finding.related:
        if one.span != finding.span:
            labels.setdefault(_where(one.span), []).append(Label(one.span, one.message, "-", "related"))
    last = max(label.span.end.row for group in labels.values() for label in group)
    margin = len(str(last + 2))
    blank = f"{' ' * margin} {paint('place', '|')}"
    yield title(finding, paint)
    for where, group in labels.items():
        arrow = "-->" if where == _where(finding.span) else ":::"
        yield f"{' ' * margin}{paint('place', arrow)} {position(group[0].span)}"
        snippet = list(render_snippet(group, lines(group[0].span), paint, margin))
        if snippet:
            yield from (blank, *snippet, blank)
    if finding.help:
        yield f"{paint('good', 'help')}: {clean(finding.help)}"


def _where(span: Span) -> tuple[str, int | None]:
    """What rows are counted in: the file or the cell."""
    return span.filename, span.cell
