"""How often each rule has found something, as ruff counts it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence

from looplint.finding import Finding
from looplint.report.terminal import Paint


def table(findings: Sequence[Finding], colour: bool) -> str:
    """A line for each rule that has found something: count, code and name between tabs, the most frequent one first."""
    paint, counted = Paint(colour), _counted(findings)
    width = len(str(max((count for _, _, count in counted), default=0)))
    return "".join(
        f"{paint('bold', str(count).rjust(width))}\t{paint('code', code)}\t{name}\n" for code, name, count in counted
    )


def as_json(findings: Sequence[Finding], _colour: bool) -> str:
    """A list of objects with code, name and count, in the same order."""
    counted = [{"code": code, "name": name, "count": count} for code, name, count in _counted(findings)]
    return json.dumps(counted, indent=2) + "\n"


def _counted(findings: Sequence[Finding]) -> list[tuple[str, str, int]]:
    counts = Counter((one.code, one.name) for one in findings)
    return sorted(((*rule, count) for rule, count in counts.items()), key=lambda one: (-one[2], one[0]))


STATISTICS: dict[str, Callable[[Sequence[Finding], bool], str]] = {"full": table, "concise": table, "json": as_json}
"""What stands for the findings, by the format in which they would be reported."""
