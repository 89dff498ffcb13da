"""How fixes are chosen, tried and given up, with a judge of our own: a row `wrong N` is mended to `wrong N-1`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from looplint import files
from looplint.check import Run
from looplint.finding import Applicability, Finding, Fix, Location, Replacement, Span
from looplint.fixing import ROUNDS, Fixed, Fixer, apart

NAME = "a.py"
PATH = files.absolute(NAME)
Mend = Callable[[str], str]


def finding(row: int, text: str, new: str, *, touching: bool) -> Finding:
    """Return what is found in a row; all that are touching have to do with the first row, too."""
    span = Span(NAME, Location(row, 1), Location(row, len(text) + 1))
    edits = (Replacement(span.start, span.end, new),)
    if touching:
        edits = (Replacement(Location(1, 1), Location(1, 1), ""), *edits)
    return Finding("LL110", "uncalled-method", text, span, fix=Fix("mend it", edits, Applicability.SAFE))


def judge_with(mend: Mend, calls: list[int], *, touching: bool = False) -> Callable[..., Run]:
    """Return a judge that finds each row that begins with `wrong`."""

    def judge(*, contents: Mapping[str, bytes]) -> Run:
        calls.append(1)
        text = contents[PATH].decode()
        rows = [(row, line) for row, line in enumerate(text.split("\n"), 1) if line.startswith("wrong")]
        found = [finding(row, line, mend(line), touching=touching) for row, line in rows]
        return Run(found, {NAME: text})

    return judge


def fixed(text: str, mend: Mend, calls: list[int] | None = None, *, touching: bool = False) -> tuple[Fixed, str]:
    judge = judge_with(mend, calls if calls is not None else [], touching=touching)
    stdin = {PATH: text.encode()}
    done = Fixer(judge, unsafe=False, stdin=stdin).fix(judge(contents=stdin))
    return done, done.standard_input[PATH].decode()


def count_down(line: str) -> str:
    left = int(re.findall(r"\d+", line)[0]) - 1
    return f"wrong{left}" if left else "right"


def test_all_are_mended_at_once() -> None:
    calls: list[int] = []
    done, text = fixed("wrong1\nx = 1\nwrong1 = 2\n", lambda line: line.replace("wrong1", "right"), calls)
    assert (text, done.refused, done.run.findings) == ("right\nx = 1\nright = 2\n", [], [])
    assert len(calls) == 2


def test_a_finding_that_becomes_another_is_not_mended() -> None:
    done, text = fixed("wrong2\nwrong1\n", count_down)
    assert text == "wrong2\nright\n"
    assert done.refused == ["a.py:1:1: LL110 is not fixed: something else would be found then, or it would still be"]


def test_what_is_no_python_then_is_not_mended() -> None:
    done, text = fixed("wrong = 1\nwrong1\n", lambda line: "right" if line == "wrong1" else "right =")
    assert text == "wrong = 1\nright\n"
    assert len(done.refused) == 1


def test_fixes_that_touch_are_made_one_after_the_other() -> None:
    calls: list[int] = []
    done, text = fixed("wrong1\n" * 3, lambda _: "right", calls, touching=True)
    assert (text, done.refused, len(calls)) == ("right\n" * 3, [], 4)


def test_there_is_an_end_to_it() -> None:
    done, text = fixed("wrong1\n" * (ROUNDS + 2), lambda _: "right", touching=True)
    assert text == "right\n" * ROUNDS + "wrong1\n" * 2
    assert [one.message for one in done.run.findings] == ["wrong1", "wrong1"]
    assert done.refused == [f"a.py:{ROUNDS + 2}:1: LL110 is not fixed: {ROUNDS} rounds have not mended all"]


def test_of_fixes_that_hold_alone_and_not_together_one_is_made() -> None:
    def judge(*, contents: Mapping[str, bytes]) -> Run:
        run = judge_with(lambda _: "right", [])(contents=contents)
        if run.texts[NAME] == "right\nright\n":
            run.findings.append(finding(1, "right", "", touching=False))
        return run

    stdin = {PATH: b"wrong1\nwrong2\n"}
    done = Fixer(judge, unsafe=False, stdin=stdin).fix(judge(contents=stdin))
    assert done.standard_input[PATH] == b"right\nwrong2\n"
    assert len(done.refused) == 1


@pytest.mark.parametrize(
    ("places", "kept"),
    [
        ([(1, 1), (2, 2)], [0, 1]),
        ([(1, 1), (1, 1)], [0]),
        ([(1, 3), (2, 2), (4, 4)], [0, 2]),
        ([(1, 2), (2, 3), (3, 4)], [0, 2]),
    ],
)
def test_fixes_that_touch_are_told_apart(places: list[tuple[int, int]], kept: list[int]) -> None:
    def at(first: int, last: int, number: int) -> Finding:
        edit = Replacement(Location(first, 1), Location(last, 5), "")
        span = Span(NAME, Location(number + 1, 1), Location(number + 1, 2))
        return Finding("LL110", "x", "x", span, fix=Fix("x", (edit,), Applicability.SAFE))

    ones = [at(first, last, number) for number, (first, last) in enumerate(places)]
    assert apart(ones) == [ones[number] for number in kept]
