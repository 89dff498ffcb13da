"""Findings as text, as lines, as JSON, and as CI systems read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from looplint.finding import Finding, Severity
from looplint.report import concise, full, github, gitlab, json_list, junit, sarif
from looplint.report.snippet import Lines

Format = Callable[[Sequence[Finding], Lines, bool], str]
"""Renders findings; gets the lines around a span, and whether to use colour. The text ends its last line."""

FORMATS: dict[str, Format] = {
    "full": full.render,
    "concise": concise.render,
    "json": json_list.render,
    "github": github.render,
    "gitlab": gitlab.render,
    "junit": junit.render,
    "sarif": sarif.render,
}
"""The formats by the name the user gives."""

SUMMARISED = frozenset({"full", "concise"})
"""Those that a line for the human reader may follow."""


def summary(findings: Sequence[Finding]) -> str:
    """The line that ends a run."""
    if not findings:
        return "All checks passed!"
    return f"Found {tally(findings)}."


def tally(findings: Sequence[Finding]) -> str:
    """How many errors, warnings and infos there are, and in how many files."""
    counts = [(level.value, sum(one.severity is level for one in findings)) for level in Severity]
    words = [f"{count} {level}{'s' * (count != 1)}" for level, count in counts if count]
    files = len({finding.filename for finding in findings})
    most, last = ", ".join(words[:-1]), words[-1]
    return f"{f'{most} and ' if most else ''}{last} in {files} file{'s' * (files != 1)}"
