"""`--statistics`: how often each rule has found something."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from looplint.report import FORMATS
from looplint.report.statistics import table
from tests.cli.fake import LOOP, Outcome, Run, Tree
from tests.cli.test_identity import at

MISSING = "1\tLL105\tmissing-step\n"


def test_the_most_frequent_rule_comes_first(tree: Tree, run: Run) -> None:
    tree({"a.py": f"step.missing\n{LOOP}", "b.py": LOOP})
    expected = Outcome(1, f"2\tLL101\tmissing-zero-grad\n{MISSING}Found 3 errors in 2 files.\n", "")
    assert run("check", "--statistics") == expected
    assert run("check", "--statistics", "--output-format", "concise", "--quiet").out == expected.out.partition("F")[0]
    assert run("check", "--statistics", "--exit-zero").status == 0
    outcome = run("check", "--statistics", "--output-format", "json")
    assert json.loads(outcome.out) == [
        {"code": "LL101", "name": "missing-zero-grad", "count": 2},
        {"code": "LL105", "name": "missing-step", "count": 1},
    ]
    assert outcome.status == 1


def test_counts_stand_below_each_other() -> None:
    findings = [*map(at, range(1, 11)), at(11, "LL102"), replace(at(12, "LL099"), name="x")]
    assert table(findings, False) == "10\tLL101\tmissing-zero-grad\n 1\tLL099\tx\n 1\tLL102\tmissing-zero-grad\n"
    assert table(findings[-1:], True) == "\x1b[1m1\x1b[0m\t\x1b[1;31mLL099\x1b[0m\tx\n"


def test_there_may_be_nothing_to_count(run: Run) -> None:
    assert run("check", "--statistics", "-") == Outcome(0, "All checks passed!\n", "")
    assert run("check", "--statistics", "-", "--output-format", "json").out == "[]\n"


def test_what_the_baseline_holds_does_not_count(tree: Tree, run: Run) -> None:
    tree({"a.py": LOOP})
    run("check", "--baseline", "known.json", "--write-baseline")
    tree({"b.py": "step.missing  # .step\n"})
    assert run("check", "--baseline", "known.json", "--statistics").out == (
        f"{MISSING}Found 1 error in 1 file.\n1 finding of the baseline is not shown.\n"
    )


def test_it_may_be_written_to_a_file(tree: Tree, run: Run) -> None:
    tree({"a.py": "step.missing  # .step\n"})
    assert run("check", "--statistics", "--output-file", "x", "-q").out == ""
    assert Path("x").read_text() == MISSING


def test_other_formats_have_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "other", lambda *_: "")
    assert run("check", "--statistics", "--output-format", "other") == Outcome(
        2, "", "error: --statistics can be full, concise, json, not `other` (see `looplint check --help`)\n"
    )
