"""The identity of a finding stays where lines move, and changes with what the finding is about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from looplint.finding import Finding, Location, Span
from looplint.identity import identities

CODE = ["for x, y in loader:", "    loss(x, y).backward()", "    optimizer.step()"]


def at(row: int, code: str = "LL101", filename: str = "train.py") -> Finding:
    return Finding(code, "missing-zero-grad", "told", Span(filename, Location(row, 5), Location(row, 21)))


def of(findings: list[Finding], lines: list[str], root: str | Path = ".") -> list[str]:
    return identities(findings, lambda _: lines, root)


def test_rows_and_indentation_that_move_do_not_count() -> None:
    moved = ["import torch", "", "def train():", *(f"    {line}" for line in CODE)]
    assert of([at(3)], CODE) == of([at(6)], moved)


def test_the_message_does_not_count() -> None:
    assert of([at(3)], CODE) == of([replace(at(3), message="told otherwise")], CODE)


def test_code_path_and_text_count() -> None:
    alone = [of([one], CODE)[0] for one in (at(3), at(2), at(3, "LL102"), at(3, filename="other.py"))]
    assert len(set(alone)) == 4


def test_equal_ones_are_told_apart_by_their_order() -> None:
    twice = [*CODE, *CODE]
    first, second = of([at(3), at(6)], twice)
    assert first != second
    assert of([at(3)], CODE) == [first]


def test_the_path_is_relative_to_the_root(tmp_path: Path) -> None:
    inside = at(3, filename=str(tmp_path / "train.py"))
    assert of([inside], CODE, tmp_path) == of([at(3)], CODE)
    assert of([inside], CODE, tmp_path.parent) != of([at(3)], CODE)


def test_a_file_that_cannot_be_shown_has_one_too() -> None:
    assert len(of([at(3)], [])[0]) == 32
