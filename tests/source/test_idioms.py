"""The idioms, the alarms and the bugs of a corpus of 56 repositories; no line of theirs stands here."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from tests.source.alarms import QUIET
from tests.source.bugs import BROKEN
from tests.source.idioms import LEGAL, TORCH, UNCLEARED
from tests.source.reading import codes
from tests.source.right import RIGHT


@pytest.mark.parametrize("code", LEGAL.values(), ids=LEGAL)
def test_a_legal_idiom_is_passed_over(code: str) -> None:
    assert codes(code, TORCH) == []


@pytest.mark.parametrize("code", QUIET.values(), ids=QUIET)
def test_a_false_alarm_of_others_is_none_of_ours(code: str) -> None:
    assert codes(code, TORCH) == []


@pytest.mark.parametrize("code", RIGHT.values(), ids=RIGHT)
def test_a_right_program_is_passed_over(code: str) -> None:
    assert codes(code, TORCH) == []


@pytest.mark.parametrize(("code", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_real_bug_is_found(code: str, expected: list[tuple[str, int]]) -> None:
    assert codes(code, TORCH) == expected


CLEARS = re.compile(r"^( *)(?!def ).*(?:\.zero_grad\(.*|forget\(\))$", re.MULTILINE)


@pytest.mark.parametrize(("name", "lines"), UNCLEARED.items(), ids=UNCLEARED)
def test_a_legal_idiom_is_found_without_its_clears(name: str, lines: list[int]) -> None:
    code = CLEARS.sub(r"\1pass", dedent(LEGAL[name]).strip("\n"))
    assert codes(code, TORCH) == [("LL101", line) for line in lines]
