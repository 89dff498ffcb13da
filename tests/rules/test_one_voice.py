"""One mistake, one finding: where several rules could speak, the source is reported once."""

from __future__ import annotations

import pytest

from tests.rules.examples import Spoken, linted


def batches(*lines: str) -> str:
    return "for x, y in loader:\n" + "".join(f"    {line}\n" for line in lines)


def epochs(inner: str, *lines: str) -> str:
    body = "".join(f"    {line}\n" for line in inner.splitlines())
    return f"for epoch in range(3):\n{body}" + "".join(f"    {line}\n" for line in lines)


ZERO, STEP, BACKWARD = "optimizer.zero_grad()", "optimizer.step()", "loss_fn(model(x), y).backward()"
LOSS = "loss = loss_fn(model(x), y)"
SCHEDULER = "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(batches(ZERO, BACKWARD, "optimizer.step"), {("LL110", 4)}, id="LL110 before LL105"),
        pytest.param(batches("optimizer.zero_grad", BACKWARD, STEP), {("LL110", 2)}, id="LL110 before LL101"),
        pytest.param(batches(ZERO, LOSS, "loss.backward", STEP), {("LL110", 4)}, id="LL110 before LL106"),
        pytest.param(batches(LOSS, "loss.backward", STEP), {("LL110", 3)}, id="LL110 before LL106, never cleared"),
        pytest.param(batches("optimizer.step", ZERO, BACKWARD, ZERO, STEP), {("LL110", 2)}, id="LL110 before LL104"),
        pytest.param(batches("optimizer.zero_grad", STEP, BACKWARD), {("LL110", 2)}, id="LL110 before LL102"),
        pytest.param(epochs(batches("optimizer.step", ZERO, BACKWARD), STEP), {("LL110", 3)}, id="LL110 before LL103"),
        pytest.param(epochs(batches(BACKWARD, ZERO), STEP), {("LL103", 5)}, id="LL103 before LL104 and LL105"),
        pytest.param(epochs(batches(BACKWARD), STEP), {("LL103", 4)}, id="LL103 before LL101"),
        pytest.param(batches(STEP, BACKWARD), {("LL102", 2)}, id="LL102 before LL101"),
        pytest.param(batches(ZERO, STEP, BACKWARD), {("LL102", 3)}, id="LL102 before LL105 and LL106"),
        pytest.param(batches(STEP, BACKWARD, ZERO), {("LL102", 2)}, id="LL102 before LL104"),
        pytest.param(batches(BACKWARD, ZERO, STEP), {("LL104", 4)}, id="LL104 before LL105 and LL106"),
        pytest.param(batches(BACKWARD, STEP, BACKWARD, ZERO, STEP), {("LL104", 6)}, id="LL104 before LL101"),
        pytest.param(batches(ZERO, LOSS, STEP), {("LL106", 4)}, id="LL106 alone"),
        pytest.param(
            SCHEDULER + batches(BACKWARD, "scheduler.step()", STEP),
            {("LL202", 4), ("LL101", 5)},
            id="LL202 beside LL101",
        ),
        pytest.param(
            SCHEDULER + batches("scheduler.step()", LOSS, BACKWARD, ZERO, STEP),
            {("LL202", 3), ("LL104", 7)},
            id="LL202 beside LL104",
        ),
    ],
)
def test_one_rule_speaks(code: str, expected: Spoken) -> None:
    assert linted(code) == expected
