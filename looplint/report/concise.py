"""One line a finding, for editors and `grep`."""

from __future__ import annotations

from collections.abc import Sequence

from looplint.finding import Finding, Span
from looplint.report.snippet import Lines
from looplint.report.terminal import Paint, clean
from looplint.severity import Severity


def render(findings: Sequence[Finding], _lines: Lines, colour: bool) -> str:
    """`path:row:column: code name: message`, as flake8 and ruff write it."""
    paint = Paint(colour)
    return "".join(f"{paint('bold', position(one.span))}: {title(one, paint)}\n" for one in findings)


def title(finding: Finding, paint: Paint) -> str:
    """What a finding says, on one line; one that is no error says so, one that can be fixed has the mark of ruff."""
    level = finding.severity.value
    weight = "" if finding.severity is Severity.ERROR else f"{paint(level, level)}: "
    fixable = f" {paint('good', '[*]')}" if finding.fix is not None else ""
    return f"{weight}{paint('code', finding.code)}{fixable} {finding.name}: {clean(finding.message)}"


def position(span: Span) -> str:
    """Where, as `path:row:column`; in a notebook `path:cell 3:row:column`."""
    cell = "" if span.cell is None else f"cell {span.cell}:"
    return f"{clean(span.filename)}:{cell}{span.start.row}:{span.start.column}"
