"""Every fix that is offered for a fault of `make recall` is proven, over the loops of our own; and proofs can fail."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from benchmarks import fixes
from benchmarks.mutant import EXPECTED
from looplint import engine
from looplint.finding import Fix, Replacement
from tests.fixes.making import found, written
from tests.source.reading import PRELUDE
from tests.tools import ROOT

LOOPS = ROOT / "benchmarks" / "loops"

CODE = """\
for x, y in loader:
    # all of it
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
"""


@pytest.fixture(scope="module")
def trials() -> list[fixes.Trial]:
    return list(fixes.run(LOOPS, jobs=1, size=3))


@pytest.mark.parametrize("fault", [one for one in EXPECTED if one not in fixes.NOT_FIXED])
def test_the_fixes_of_a_fault_are_proven(trials: list[fixes.Trial], fault: str) -> None:
    own = [one for one in trials if one.fault == fault]
    assert [one.text for one in own if one.failed] == []
    assert sum(one.offered is not None for one in own) >= 2, [one.reason for one in own]


def test_the_report_counts_what_is_offered_and_why_not(trials: list[fixes.Trial]) -> None:
    heads, *lines = fixes.report(trials)
    assert heads.split()[:3] == ["fault", "found", "offered"]
    total = next(line.split() for line in lines if line.startswith("total"))
    assert total[1] == str(len(trials))
    refused = [line for line in lines if "not offered: " in line]
    assert sum(int(line.split()[0]) for line in refused) == int(total[-1])


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("    loss.backward()\n", "    loss.backward(\n", "is no Python"),
        ("    # all of it\n", "", "changes something else"),
        ("    loss = loss_fn", "    loss = 2 * loss_fn", "changes something else"),
        ("    loss.backward()\n", "    model.zero_grad\n    loss.backward()\n", "brings LL110"),
        ("    loss.backward()\n", "    loss.backward()  # here\n", "the finding stays"),
    ],
)
def test_a_wrong_fix_fails(old: str, new: str, why: str) -> None:
    text = written(CODE)
    (one,) = found(text)
    assert one.fix is not None
    row = text[: text.index(old)].count("\n") + 1
    start = replace(one.fix.edits[0].start, row=row, column=1)
    end = replace(start, row=row + old.count("\n"), column=1 if old.endswith("\n") else len(old) + 1)
    wrong = replace(one, fix=Fix("clear it", (Replacement(start, end, new),), one.fix.applicability))
    assert why in list(fixes.faults_of(text, wrong, [one], found_or_nothing(fixes.made(text, wrong))))


UNCOVERS = """\
for x, y in loader:
    scheduler.step()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
optimizer.step()
"""


def test_a_fix_that_uncovers_something_is_refused() -> None:
    prelude = f"{PRELUDE}scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.9**step)\n"
    text = written(UNCOVERS, prelude)
    judge = partial(engine.judge, filename="/program.py")
    before = judge(text)
    (one,) = before
    whole = fixes.Trial("program.py:12", "step-behind-batch-loop", one.code, one.fix)
    trial = fixes.tried(whole, one, text, text, before, judge)
    assert (one.code, trial.failed, trial.refused) == ("LL103", (), True)
    lines = list(fixes.report([trial]))
    assert lines[-1] == "refused by --fix: program.py:12 step-behind-batch-loop LL103"
    assert list(map(int, next(line for line in lines if line.startswith("total")).split()[1:])) == [
        1,
        1,
        0,
        0,
        1,
        0,
        0,
        0,
    ]


def found_or_nothing(text: str) -> list[fixes.Finding]:
    try:
        compile(text, "program.py", "exec")
    except SyntaxError:
        return []
    return found(text)


def test_a_command_line_reads_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own__one").mkdir()
    assert fixes.main([str(tmp_path), "--jobs", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[:2] in (["total", "0"], [])
