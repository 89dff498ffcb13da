"""What is a scheduler, whose it is, and how often its arguments mean it to move."""

from __future__ import annotations

import pytest

from looplint.model import Scheduler
from looplint.source import Reader, Source
from tests.source.reading import codes, module, program

IMPORTS = """\
from transformers import get_linear_schedule_with_warmup, get_scheduler
from torch.optim.lr_scheduler import *
"""


def scheduler(code: str) -> Scheduler:
    """Return the one scheduler that a program moves."""
    text = program(f"{IMPORTS}{code}\nfor e in range(9):\n    optimizer.step()\n    sched.step()")
    moved = {
        event.scheduler
        for function in Reader(Source(text, "program.py")).read().functions
        for event in function.events()
        if event.scheduler is not None
    }
    (found,) = moved
    return found


CADENCES = {
    "StepLR": ("StepLR(optimizer, 30)", "epoch", "step_size=30"),
    "StepLR by keyword": ("StepLR(optimizer, step_size=30, gamma=0.1)", "epoch", "step_size=30"),
    "StepLR in iterations": ("StepLR(optimizer, 30_000)", "unknown", ""),
    "StepLR between": ("StepLR(optimizer, 500)", "unknown", ""),
    "StepLR over batches": ("StepLR(optimizer, len(loader) * 30)", "unknown", ""),
    "StepLR of a name": ("StepLR(optimizer, args.decay)", "unknown", ""),
    "StepLR of epochs": ("StepLR(optimizer, args.epochs // 3)", "epoch", "step_size=args.epochs // 3"),
    "StepLR of epochs in batches": ("StepLR(optimizer, args.epochs * n)", "unknown", ""),
    "StepLR of steps": ("StepLR(optimizer, args.epoch_steps)", "unknown", ""),
    "StepLR without": ("StepLR(optimizer)", "unknown", ""),
    "StepLR of a constant": ("N = 30\nsched = StepLR(optimizer, N)", "epoch", "step_size=N"),
    "StepLR of a text": ("StepLR(optimizer, '30')", "unknown", ""),
    "StepLR of a star": ("StepLR(optimizer, *rest)", "unknown", ""),
    "MultiStepLR": ("MultiStepLR(optimizer, [30, 60])", "epoch", "milestones=[30, 60]"),
    "MultiStepLR in iterations": ("MultiStepLR(optimizer, milestones=[30, 60_000])", "unknown", ""),
    "MultiStepLR of a name": ("MultiStepLR(optimizer, milestones)", "unknown", ""),
    "CosineAnnealingLR": ("CosineAnnealingLR(optimizer, T_max=200)", "epoch", "T_max=200"),
    "CosineAnnealingLR of epochs": ("CosineAnnealingLR(optimizer, epochs)", "epoch", "T_max=epochs"),
    "CosineAnnealingLR over batches": ("CosineAnnealingLR(optimizer, len(loader))", "step", "T_max=len(loader)"),
    "CosineAnnealingLR over what counts them": (
        "n = 3 * len(loader)\nsched = CosineAnnealingLR(optimizer, n)",
        "step",
        "T_max=n",
    ),
    "CosineAnnealingLR between": ("CosineAnnealingLR(optimizer, 500)", "unknown", "T_max=500"),
    "ExponentialLR": ("ExponentialLR(optimizer, gamma=0.9)", "epoch", "gamma=0.9"),
    "ExponentialLR by position": ("ExponentialLR(optimizer, 0.95)", "epoch", "gamma=0.95"),
    "ExponentialLR near 1": ("ExponentialLR(optimizer, 0.9999)", "unknown", ""),
    "ExponentialLR of a name": ("ExponentialLR(optimizer, gamma)", "unknown", ""),
    "ExponentialLR without": ("ExponentialLR(optimizer)", "unknown", ""),
    "ReduceLROnPlateau": ("ReduceLROnPlateau(optimizer)", "epoch", ""),
    "ReduceLROnPlateau with patience": ("ReduceLROnPlateau(optimizer, patience=10)", "epoch", ""),
    "ReduceLROnPlateau with great patience": ("ReduceLROnPlateau(optimizer, patience=5000)", "unknown", ""),
    "ReduceLROnPlateau of a name": ("ReduceLROnPlateau(optimizer, patience=p)", "epoch", ""),
    "OneCycleLR": ("OneCycleLR(optimizer, 0.1, total_steps=5000)", "step", "total_steps=5000"),
    "OneCycleLR of batches": (
        "OneCycleLR(optimizer, 0.1, epochs=3, steps_per_epoch=len(loader))",
        "step",
        "steps_per_epoch=len(loader)",
    ),
    "OneCycleLR of a literal": (
        "OneCycleLR(optimizer, 0.1, epochs=3, steps_per_epoch=40)",
        "step",
        "steps_per_epoch=40",
    ),
    "OneCycleLR of one step": ("OneCycleLR(optimizer, 0.1, epochs=3, steps_per_epoch=1)", "unknown", ""),
    "OneCycleLR of epochs": ("OneCycleLR(optimizer, 0.1, total_steps=epochs)", "unknown", ""),
    "OneCycleLR of few": ("OneCycleLR(optimizer, 0.1, total_steps=30)", "unknown", ""),
    "OneCycleLR of a name": ("OneCycleLR(optimizer, 0.1, total_steps=n)", "unknown", ""),
    "CyclicLR": ("CyclicLR(optimizer, 0.1, 0.2, step_size_up=2000)", "step", "step_size_up=2000"),
    "CyclicLR without": ("CyclicLR(optimizer, 0.1, 0.2)", "unknown", ""),
    "a schedule of transformers": (
        "get_linear_schedule_with_warmup(optimizer, 10, len(loader) * 3)",
        "step",
        "num_training_steps=len(loader) * 3",
    ),
    "a schedule of transformers over epochs": ("get_linear_schedule_with_warmup(optimizer, 1, epochs)", "unknown", ""),
    "get_scheduler": (
        "get_scheduler('linear', optimizer, num_warmup_steps=0, num_training_steps=len(loader) * 3)",
        "step",
        "num_training_steps=len(loader) * 3",
    ),
    "LambdaLR": ("LambdaLR(optimizer, lambda e: 0.9**e)", "unknown", ""),
    "a subclass in the file": ("class Own(StepLR): ...\nsched = Own(optimizer, 30)", "unknown", ""),
}


@pytest.mark.parametrize(("code", "cadence", "evidence"), CADENCES.values(), ids=CADENCES)
def test_how_often_a_scheduler_is_meant_to_move(code: str, cadence: str, evidence: str) -> None:
    found = scheduler(code if "sched = " in code else f"sched = {code}")
    assert (found.cadence.value, found.evidence) == (cadence, evidence)
    assert found.optimizer is not None
    assert (found.name, found.optimizer.name) == ("sched", "optimizer")


FOUND = {
    "torch": ("torch.optim.lr_scheduler.StepLR(optimizer, 30)", "StepLR", "optimizer"),
    "lr_scheduler": ("lr_scheduler.StepLR(optimizer, 30)", "StepLR", "optimizer"),
    "by keyword": ("StepLR(step_size=30, optimizer=optimizer)", "StepLR", "optimizer"),
    "a class of its own": ("torch.optim.lr_scheduler.Newest(optimizer)", "Newest", "optimizer"),
    "timm": ("CosineLRScheduler(optimizer, t_initial=10)", "CosineLRScheduler", "optimizer"),
    "a factory": ("get_cosine_schedule_with_warmup(optimizer, 1, 2)", "get_cosine_schedule_with_warmup", "optimizer"),
    "of schedulers": ("SequentialLR(optimizer, [StepLR(optimizer, 3)], [1])", "SequentialLR", "optimizer"),
    "of something": ("StepLR(something, 30)", "StepLR", None),
    "of none": ("StepLR()", "StepLR", None),
    "of one of two": ("StepLR(optimizer if a else other_optimizer, 30)", "StepLR", None),
    "unseen": ("make_scheduler(optimizer)", "", None),
}


@pytest.mark.parametrize(("code", "kind", "driven"), FOUND.values(), ids=FOUND)
def test_whose_scheduler_it_is(code: str, kind: str, driven: str | None) -> None:
    imports = "from timm.scheduler import CosineLRScheduler\nfrom torch.optim import lr_scheduler\n"
    imports += "from transformers import get_cosine_schedule_with_warmup\n"
    found = scheduler(f"{imports}sched = {code}")
    assert found.kind == kind
    assert (found.optimizer.name if found.optimizer else None) == driven


def test_a_chain_of_schedulers_drives_what_its_parts_drive() -> None:
    found = scheduler("one = StepLR(optimizer, 3)\nsched = ChainedScheduler(one)")
    assert found.optimizer is not None
    assert found.optimizer.name == "optimizer"


BLENDED = {
    "the same cadence": ("StepLR(optimizer, 3)", "StepLR(optimizer, 3)", "epoch", "optimizer"),
    "another cadence": ("StepLR(optimizer, 3)", "OneCycleLR(optimizer, 0.1, total_steps=5000)", "unknown", "optimizer"),
    "another optimizer": ("StepLR(optimizer, 3)", "StepLR(other_optimizer, 3)", "epoch", None),
}


@pytest.mark.parametrize(("one", "other", "cadence", "driven"), BLENDED.values(), ids=BLENDED)
@pytest.mark.parametrize("how", ["branch", "ternary", "factory"])
def test_a_scheduler_that_is_built_in_two_ways(
    one: str, other: str, cadence: str, driven: str | None, how: str
) -> None:
    code = {
        "branch": f"if a:\n    sched = {one}\nelse:\n    sched = {other}",
        "ternary": f"sched = {one} if a else {other}",
        "factory": f"def make_sched():\n    if a:\n        return {one}\n    return {other}\nsched = make_sched()",
    }[how]
    found = scheduler(f"other_optimizer = torch.optim.SGD(p)\n{code}")
    assert found.cadence.value == cadence
    assert (found.optimizer.name if found.optimizer else None) == driven


MOVES = {
    "step": ("sched.step()", "schedule(sched)"),
    "of a list": ("both = [sched, sched]\nfor one in both:\n    one.step()", "schedule(sched) schedule(sched)"),
    "in a list": ("many = [StepLR(optimizer, 3)]\nfor one in many:\n    one.step()", "schedule(many[0])"),
    "in a dict": ("many = {'a': StepLR(optimizer, 3)}\nmany['a'].step()", "schedule(many['a'])"),
    "appended": ("many = []\nmany.append(StepLR(optimizer, 3))\nmany[0].step()", "schedule(many[0])"),
    "from a comprehension": (
        "many = [StepLR(o, 3) for o in [optimizer]]\nfor one in many:\n    one.step()",
        "schedule(many[0])",
    ),
    "on an object": ("args.rate = StepLR(optimizer, 3)\nargs.rate.step()", "schedule(args.rate)"),
    "an argument": ("def go(one):\n    one.step()\ngo(sched)", "go{schedule(sched)}"),
    "through a launcher": ("sched = accelerator.prepare(sched)\nsched.step()", "schedule(sched)"),
    "two positions": ("lr_sched.step(a, b)", ""),
    "stored again": ("rate = rate = StepLR(optimizer, 3)\nrate.step()", "schedule(rate)"),
    "one of two, which nobody can tell": ("rate = StepLR(optimizer, 3)\none = sched if a else rate\none.step()", ""),
}


@pytest.mark.parametrize(("code", "expected"), MOVES.values(), ids=MOVES)
def test_a_scheduler_moves(code: str, expected: str) -> None:
    assert module(f"{IMPORTS}sched = StepLR(optimizer, 3)\n{code}") == expected


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("scheduler.step()", [("LL202", 4)]),
        ("scheduler.step(epoch)", []),
        ("plateau.step(loss)", [("LL202", 4)]),
        ("scheduler.step(*rest)", []),
        ("scheduler.step(1, 2, 3)", []),
    ],
)
def test_a_scheduler_that_is_told_its_epoch(call: str, found: list[tuple[str, int]]) -> None:
    code = f"""
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
        for epoch in range(9):
            {call}
            for x, y in loader:
                optimizer.zero_grad()
                model(x).sum().backward()
                optimizer.step()
    """
    assert codes(code) == found
