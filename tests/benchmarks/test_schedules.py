"""Each fault of a schedule, as the exact text that it makes of a program that is right."""

from __future__ import annotations

import pytest

from tests.benchmarks.loops import BACKWARD, CLEAR, LOOP, LOSS, STEP, codes, dedented, loop, made, texts

SCHEDULED = LOOP.replace(
    "for epoch", "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)\nfor epoch"
).replace("    print(epoch)\n", "    scheduler.step()\n")


def test_a_scheduler_moves_into_the_batch_loop() -> None:
    wrong = SCHEDULED.replace("    scheduler.step()\n", "        scheduler.step()\n")
    assert codes(SCHEDULED) == []
    assert texts(SCHEDULED, "scheduler-into-batch-loop") == [wrong]
    assert codes(wrong) == ["LL201"]


@pytest.mark.parametrize("built", ["OneCycleLR(optimizer, 0.1, 100)", "LambdaLR(optimizer, f)"])
def test_only_what_moves_by_the_epoch_goes_into_the_batch_loop(built: str) -> None:
    assert texts(SCHEDULED.replace("StepLR(optimizer, step_size=30)", built), "scheduler-into-batch-loop") == []


def test_a_scheduler_moves_to_the_top_of_the_epoch() -> None:
    line = "    scheduler.step()\n"
    wrong = SCHEDULED.replace(line, "").replace("    for x", f"{line}    for x")
    assert texts(SCHEDULED, "scheduler-before-optimizer") == [wrong]
    assert codes(wrong) == ["LL202"]


def test_a_scheduler_moves_before_the_step_beside_it() -> None:
    right = loop(CLEAR, LOSS, BACKWARD, STEP, "scheduler.step()")
    assert texts(right, "scheduler-before-optimizer") == [loop(CLEAR, LOSS, BACKWARD, "scheduler.step()", STEP)]


def test_a_scheduler_moves_before_the_call_that_steps() -> None:
    right = dedented(
        """
        def train():
            for x in loader:
                optimizer.zero_grad()
                loss_fn(x).backward()
                optimizer.step()

        for epoch in range(3):
            train()
            scheduler.step()
        """
    )
    wrong = right.replace("    train()\n    scheduler.step()\n", "    scheduler.step()\n    train()\n")
    assert [(one.text, one.view) for one in made(right, "scheduler-before-optimizer")] == [(wrong, "called")]


def test_a_scheduler_of_another_optimizer_stays() -> None:
    assert texts(SCHEDULED.replace("StepLR(optimizer", "StepLR(other"), "scheduler-before-optimizer") == []


def test_a_scheduler_that_needs_what_the_epoch_computes_stays_behind_it() -> None:
    text = SCHEDULED.replace("    scheduler.step()", "    metric = validate()\n    scheduler.step(metric)")
    assert texts(text, "scheduler-before-optimizer") == []


@pytest.mark.parametrize(
    "framework", ["accelerator.prepare(scheduler)", "deepspeed.initialize(lr_scheduler=scheduler)"]
)
def test_a_scheduler_that_a_framework_has_is_left_alone(framework: str) -> None:
    text = SCHEDULED.replace("for epoch", f"scheduler = {framework}\nfor epoch")
    assert texts(text, "scheduler-before-optimizer") == []


def test_a_scheduler_that_is_told_the_epoch_skips_none() -> None:
    text = SCHEDULED.replace("scheduler.step()", "scheduler.step(epoch)")
    assert texts(text, "scheduler-before-optimizer") == []


@pytest.mark.parametrize(
    ("built", "moved"), [("make(optimizer)", True), ("other(optimizer)", False)], ids=["epoch-wise", "of any kind"]
)
def test_a_scheduler_is_what_the_function_that_builds_it_returns(built: str, moved: bool) -> None:
    functions = (
        "def make(o):\n    return torch.optim.lr_scheduler.StepLR(o, 30)\n\ndef other(o):\n    return LambdaLR(o, f)\n"
    )
    text = SCHEDULED.replace("torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)", built)
    assert bool(texts(functions + text, "scheduler-into-batch-loop")) is moved


def test_an_annotation_tells_what_a_scheduler_is() -> None:
    text = SCHEDULED.replace("scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)\n", "")
    text = "def fit(scheduler: StepLR):\n" + "".join(f"    {line}\n" for line in text.splitlines())
    assert len(texts(text, "scheduler-into-batch-loop")) == 1
    assert texts(text.replace("StepLR", "LRScheduler"), "scheduler-into-batch-loop") == []


CALLED = dedented(
    """
    import torch

    def train():
        for x in loader:
            optimizer.zero_grad()
            loss_fn(x).backward()
            optimizer.step()

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 30)
    for epoch in range(100):
        train()
        scheduler.step()
    """
)


def test_a_scheduler_moves_into_the_batch_loop_of_the_function_that_is_called() -> None:
    line = "    scheduler.step()\n"
    wrong = CALLED.replace(line, "").replace("        optimizer.step()\n", f"        optimizer.step()\n    {line}")
    found = made(CALLED, "scheduler-into-batch-loop")
    assert [(one.text, one.view, one.line, one.near) for one in found] == [(wrong, "called", 13, 7)]
    assert codes(wrong) == ["LL201"]


MAIN = CALLED.replace("optimizer = torch", "def main():\n    optimizer = torch").replace(
    "\nscheduler =", "\n    scheduler ="
)
MAIN = MAIN.replace("\nfor epoch", "\n    for epoch").replace("\n    train()", "\n        train()")
MAIN = MAIN.replace("\n    scheduler.step()", "\n        scheduler.step()")


def test_a_scheduler_is_handed_to_the_function_that_is_called() -> None:
    wrong = MAIN.replace("        train()\n        scheduler.step()\n", "        train(scheduler)\n")
    wrong = wrong.replace("def train():", "def train(scheduler):")
    wrong = wrong.replace("        optimizer.step()\n", "        optimizer.step()\n        scheduler.step()\n")
    found = made(MAIN, "scheduler-into-batch-loop")
    assert [(one.text, one.view, one.near) for one in found] == [(wrong, "called", 7)]


def test_a_function_that_is_called_twice_is_handed_nothing() -> None:
    assert texts(MAIN + "    train()\n", "scheduler-into-batch-loop") == []


@pytest.mark.parametrize(("old", "new"), [("train()", "train(scheduler)"), ("for x in", "for scheduler in")])
def test_a_scheduler_of_the_same_name_in_the_function_is_another(old: str, new: str) -> None:
    assert texts(CALLED.replace(old, new), "scheduler-into-batch-loop") == []
