"""A small engine of our own, so that the tests here say nothing about rules, and what the fixtures hand out."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

from looplint.finding import Finding, Location, Related, Span

LOOP = "for x in data:\n    loss(x).backward()\n    optimizer.step()\n"
"""The shortest text in which the engine below finds LL101, at 3:5."""


@dataclass(frozen=True)
class FakeRule:
    code: str
    name: str
    summary: str = "Finds something."
    page: str = "## What it does\nFinds something.\n\n## Bad\n```python\n# no heading\n```\n"
    preview: bool = False
    reads: bool = True


RULES = {
    rule.code: rule
    for rule in (
        FakeRule("LL101", "missing-zero-grad"),
        FakeRule("LL104", "zero-grad-before-step"),
        FakeRule("LL105", "missing-step"),
        FakeRule("LL106", "missing-backward"),
        FakeRule("LL204", "scheduler-never-stepped", preview=True),
    )
}


class FakeInvalidSyntax(Exception):
    def __init__(self, message: str, location: Location) -> None:
        super().__init__(message)
        self.message = message
        self.location = location


def may_train(data: bytes | str) -> bool:
    return b".step" in data if isinstance(data, bytes) else ".step" in data


def judge(text: str, filename: str, *_: object) -> list[Finding]:
    """LL101 at each `optimizer.step()`, LL204 at each `scheduler.step()`, LL105 at each `step.missing`."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise FakeInvalidSyntax("not Python", Location(error.lineno or 1, error.offset or 1)) from None
    found = []
    backward: Span | None = None
    for row, line in enumerate(text.split("\n"), 1):
        for match in re.finditer(r"\w+\.(?:backward|step|missing)\b(?:\([^()]*\))?", line):
            span = Span(filename, Location(row, match.start() + 1), Location(row, match.end() + 1))
            if match[0].endswith(".backward()"):
                backward = span
            kinds = {"optimizer.step": "LL101", "scheduler.step": "LL204", "step.missing": "LL105"}
            code = kinds.get(match[0].partition("(")[0])
            if code is not None:
                related = (Related(backward, "added to here"),) if backward else ()
                message = f"`{match[0]}` is wrong"
                found.append(Finding(code, RULES[code].name, message, span, "write it right", related))
    return found


@dataclass(frozen=True)
class Outcome:
    """What a run of the command line comes to."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]
Tree = Callable[[dict[str, str | bytes]], None]
