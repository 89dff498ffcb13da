"""Findings as text, as lines, as JSON, and as CI systems read them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from looplint.severity import Severity

if TYPE_CHECKING:
    from looplint.finding import Finding
    from looplint.report.snippet import Lines

Format = Callable[[Sequence["Finding"], "Lines", bool], str]
"""Renders findings; gets the lines around a span, and whether to use colour. The text ends its last line."""


def _of(module: str) -> Format:
    """Return the format of a module here, which is imported when it is used: a run uses one."""

    def render(findings: Sequence[Finding], lines: Lines, colour: bool) -> str:
        text: str = importlib.import_module(f"looplint.report.{module}").render(findings, lines, colour)
        return text

    return render


FORMATS: dict[str, Format] = {
    "full": _of("full"),
    "concise": _of("concise"),
    "json": _of("json_list"),
    "github": _of("github"),
    "gitlab": _of("gitlab"),
    "junit": _of("junit"),
    "sarif": _of("sarif"),
}
"""The formats by the name the user gives."""

SUMMARISED = frozenset({"full", "concise"})
"""Those that a line for the human reader may follow."""


def summary(findings: Sequence[Finding], fixed: int = 0) -> str:
    """The line that ends a run.

    Arguments:
        fixed: how many findings there were besides, and are no more.
    """
    if fixed:
        count = len(findings) + fixed
        return f"Found {count} error{'s' * (count != 1)} ({fixed} fixed, {len(findings)} remaining)."
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


def applicable(finding: Finding, *, unsafe: bool) -> bool:
    """Return whether a finding can be fixed.

    Arguments:
        unsafe: by a fix too that may change what the code means.
    """
    return finding.fix is not None and (unsafe or finding.fix.safe)


def offered(findings: Iterable[Finding], *, unsafe: bool) -> list[Finding]:
    """Return findings without the fixes that are not made; arguments are those of `applicable`."""
    from dataclasses import replace  # here, as most runs find nothing

    return [one if applicable(one, unsafe=unsafe) else replace(one, fix=None) for one in findings]


def fixable(findings: Sequence[Finding], *, unsafe: bool) -> str:
    """The line that says how many findings can be fixed, as ruff has it; empty where none can.

    Arguments:
        unsafe: unsafe fixes count as well; without this they are called hidden.
    """
    shown = sum(applicable(one, unsafe=unsafe) for one in findings)
    hidden = sum(one.fix is not None for one in findings) - shown
    more = f"{hidden} hidden fix{'es' * (hidden != 1)} can be enabled with the `--unsafe-fixes` option"
    if shown:
        option = "`--fix --unsafe-fixes`" if unsafe else "`--fix`"
        return f"[*] {shown} fixable with {option}" + (f" ({more})" if hidden else "") + "."
    return f"No fixes available ({more})." if hidden else ""
