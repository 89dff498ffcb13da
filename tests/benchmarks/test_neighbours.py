"""What the other files of a repository tell: who calls a function in a loop, and what an imported name stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.faults import mutants
from benchmarks.mutant import Mutant
from benchmarks.neighbours import Folder

STEP = """\
def update(model, x, optimizer):
    optimizer.zero_grad()
    model(x).mean().backward()
    optimizer.step()
"""
METHOD = "class Learner:\n" + "".join(f"    {line}\n" for line in STEP.replace("(model", "(self, model").splitlines())
EPOCH = """\
def epoch(model, loader, optimizer):
    for x in loader:
        optimizer.zero_grad()
        model(x).mean().backward()
        optimizer.step()
"""
BUILD = """\
from torch.optim.lr_scheduler import StepLR

def schedule_for(optimizer):
    scheduler = StepLR(optimizer, 30)
    return optimizer, scheduler
"""


def written(root: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = root.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def made(root: Path, name: str) -> list[Mutant]:
    path = root / name
    return list(mutants(path.read_text(), root, path))


@pytest.mark.parametrize(
    "text",
    [
        "from steps import update\nfor x in loader:\n    update(model, x, optimizer)\n",
        "from .steps import update as one\nfor x in loader:\n    one(model, x, optimizer)\n",
        "from . import steps\nfor x in loader:\n    steps.update(model, x, optimizer)\n",
        "import steps\nfor x in loader:\n    steps.update(model, x, optimizer)\n",
        "from net.steps import update\nfor x in loader:\n    update(model, x, optimizer)\n",
    ],
)
def test_a_loop_of_another_file_calls(tmp_path: Path, text: str) -> None:
    written(tmp_path, net__steps=STEP, net__train=text)
    assert {one.view for one in made(tmp_path, "net/steps.py")} == {"called"}


def test_a_loop_of_another_file_calls_a_method(tmp_path: Path) -> None:
    call = "from steps import Learner\nlearner = Learner()\nfor x in loader:\n    learner.update(model, x, optimizer)\n"
    written(tmp_path, steps=METHOD, train=call)
    assert {one.view for one in made(tmp_path, "steps.py")} == {"called"}


def test_the_loop_may_be_two_files_away(tmp_path: Path) -> None:
    middle = "from steps import update\ndef middle(x):\n    update(model, x, optimizer)\n"
    written(tmp_path, steps=STEP, middle=middle, train="from middle import middle\nfor x in loader:\n    middle(x)\n")
    assert {one.view for one in made(tmp_path, "steps.py")} == {"called"}


def test_a_file_that_no_loop_calls_is_on_its_own(tmp_path: Path) -> None:
    written(
        tmp_path, steps=STEP, train="from steps import update\nupdate(model, x, optimizer)\n", old="print 'steps'\n"
    )
    assert {one.view for one in made(tmp_path, "steps.py")} == {"function"}


def test_a_scheduler_moves_before_the_call_of_another_file(tmp_path: Path) -> None:
    train = """\
from build import schedule_for
from engine import epoch
optimizer, scheduler = schedule_for(optimizer)
for number in range(90):
    epoch(model, loader, optimizer)
    scheduler.step()
"""
    written(tmp_path, build=BUILD, engine=EPOCH, train=train)
    (moved,) = made(tmp_path, "train.py")
    assert (moved.fault, moved.view) == ("scheduler-before-optimizer", "called")
    assert "    scheduler.step()\n    epoch(model" in moved.text


def test_what_builds_a_scheduler_stands_in_another_file(tmp_path: Path) -> None:
    train = "from build import schedule_for\noptimizer, scheduler = schedule_for(optimizer)\nfor number in range(90):\n"
    train += "".join(f"    {line}\n" for line in EPOCH.splitlines()[1:]) + "    scheduler.step()\n"
    written(tmp_path, build=BUILD, train=train.replace("        for", "    for").replace("            ", "        "))
    assert "scheduler-into-batch-loop" in {one.fault for one in made(tmp_path, "train.py")}


def test_modules_are_found_as_python_would(tmp_path: Path) -> None:
    written(tmp_path, a__b__c="", a__c="", c="")
    folder = Folder(tmp_path)
    here = tmp_path / "a" / "train.py"
    assert folder.module(["c"], 0, here) == tmp_path / "a" / "c.py"
    assert folder.module(["c"], 2, here) == tmp_path / "c.py"
    assert folder.module(["b", "c"], 0, tmp_path / "x" / "train.py") == tmp_path / "a" / "b" / "c.py"
    assert folder.module(["c"], 0, tmp_path / "x" / "train.py") is None
    assert folder.module([], 1, here) is None
