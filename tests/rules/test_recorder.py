"""What the recorder sees of a run, event by event."""

from __future__ import annotations

import pytest

from looplint.model import Loop, LoopKind, Op
from tests.rules.examples import OFFSET, PRELUDE

torch = pytest.importorskip("torch")

from tests.recorder import record  # noqa: E402 - needs torch

GRADIENTS = (Op.CLEAR, Op.BACKWARD, Op.WRITE, Op.STEP)


def happened(code: str, *ops: Op) -> list[tuple[Op, int]]:
    """Return what happened in an example and on which of its lines."""
    run = record(PRELUDE + code)
    events = [event for event in run.events(*ops) if isinstance(event.place, int) and event.place > OFFSET]
    return [(event.op, event.place - OFFSET) for event in events if isinstance(event.place, int)]


def touched(code: str, op: Op) -> list[set[str]]:
    """Return the optimizers that each event of this kind reached."""
    run = record(PRELUDE + code)
    return [{optimizer.name for optimizer in event.optimizers or ()} for event in run.events(op)]


X_Y = "x, y = dataset[:4]\n"


def test_a_training_step() -> None:
    code = X_Y + "optimizer.zero_grad()\nloss_fn(model(x), y).backward()\noptimizer.step()\n"
    assert happened(code, *GRADIENTS) == [(Op.CLEAR, 2), (Op.BACKWARD, 3), (Op.STEP, 4)]


def test_what_runs_in_a_closure_comes_before_the_step() -> None:
    code = X_Y + (
        "def closure():\n    optimizer.zero_grad()\n    loss = loss_fn(model(x), y)\n    loss.backward()\n"
        "    return loss\noptimizer.step(closure)\n"
    )
    assert happened(code, *GRADIENTS) == [(Op.CLEAR, 3), (Op.BACKWARD, 5), (Op.STEP, 7)]


@pytest.mark.parametrize(
    "clear", ["for p in model.parameters(): p.grad = None", "for p in model.parameters(): p.grad.zero_()"]
)
def test_gradients_cleared_by_hand_are_noticed_when_they_are_next_used(clear: str) -> None:
    code = X_Y + f"loss_fn(model(x), y).backward()\n{clear}\noptimizer.step()\n"
    assert happened(code, *GRADIENTS) == [(Op.BACKWARD, 2), (Op.CLEAR, 4), (Op.STEP, 4)]


def test_gradients_written_by_hand_are_noticed_when_they_are_next_used() -> None:
    code = "for p in model.parameters(): p.grad = torch.ones_like(p)\noptimizer.step()\n"
    assert happened(code, *GRADIENTS) == [(Op.WRITE, 2), (Op.STEP, 2)]


def test_clipping_writes_no_gradients() -> None:
    code = X_Y + (
        "loss_fn(model(x), y).backward()\ntorch.nn.utils.clip_grad_norm_(model.parameters(), 1e-6)\noptimizer.step()\n"
    )
    assert happened(code, *GRADIENTS) == [(Op.BACKWARD, 2), (Op.STEP, 4)]


TWO = (
    "other = torch.nn.Linear(2, 1)\nothers = torch.optim.Adam(other.parameters())\n"
    "both = torch.optim.SGD([*model.parameters(), *other.parameters()], lr=0.1)\n" + X_Y
)


def test_a_backward_feeds_those_whose_gradients_it_changes() -> None:
    assert touched(TWO + "loss_fn(model(x), y).backward()\n", Op.BACKWARD) == [{"sgd_0", "sgd_2"}]
    assert touched(TWO + "loss_fn(other(x), y).backward()\n", Op.BACKWARD) == [{"adam_1", "sgd_2"}]
    assert touched(TWO + "x.requires_grad_()\nx.sum().backward()\n", Op.BACKWARD) == [set()]


def test_a_clear_reaches_those_that_have_no_gradients_left() -> None:
    filled = TWO + "(loss_fn(model(x), y) + loss_fn(other(x), y)).backward()\n"
    assert touched(filled + "both.zero_grad()\n", Op.CLEAR) == [{"sgd_0", "adam_1", "sgd_2"}]
    assert touched(filled + "optimizer.zero_grad()\n", Op.CLEAR) == [{"sgd_0"}]
    assert touched(filled + "other.zero_grad()\n", Op.CLEAR) == [{"adam_1"}]


@pytest.mark.parametrize(("scale", "certain"), [("1.0", True), ("2.0**127", False)])
def test_steps_that_a_scaler_skips_are_not_certain(scale: str, certain: bool) -> None:
    code = X_Y + (
        f'scaler = torch.amp.GradScaler("cpu", init_scale={scale})\n'
        "scaler.scale(1e6 * loss_fn(model(x), y)).backward()\n"
        "scaler.step(optimizer)\n"
    )
    assert [event.certain for event in record(PRELUDE + code).events(Op.STEP)] == [certain]


@pytest.mark.parametrize(
    ("made", "moves"),
    [
        ("StepLR(optimizer, step_size=2)", 1),
        ("ReduceLROnPlateau(optimizer)", 1),
        ("OneCycleLR(optimizer, max_lr=0.1, total_steps=9)", 1),
        ("SequentialLR(optimizer, [S.ConstantLR(optimizer), S.ExponentialLR(optimizer, 0.9)], milestones=[1])", 1),
        ("ChainedScheduler([S.ConstantLR(optimizer), S.ExponentialLR(optimizer, 0.9)])", 1),
        ("CosineAnnealingWarmRestarts(optimizer, T_0=2)", 1),
    ],
)
def test_a_scheduler_moves_once_whatever_it_is_made_of(made: str, moves: int) -> None:
    argument = "1.0" if "Plateau" in made else ""
    code = f"import torch.optim.lr_scheduler as S\nscheduler = S.{made}\nscheduler.step({argument})\n"
    assert happened(code, Op.SCHEDULE) == [(Op.SCHEDULE, 3)] * moves


def test_a_scheduler_knows_its_optimizer() -> None:
    code = "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)\nscheduler.step()\nscheduler.step(3)\n"
    events = list(record(PRELUDE + code).events(Op.SCHEDULE))
    drives = [event.scheduler.optimizer for event in events if event.scheduler is not None]
    assert [optimizer.name for optimizer in drives if optimizer is not None] == ["sgd_0", "sgd_0"]
    assert [event.method for event in events] == ["", "epoch"]


def loops(code: str) -> list[tuple[LoopKind, int]]:
    """Return the loops that hold an event, outermost first, with the number of their turns."""
    return [(loop.kind, len(loop.turns)) for loop in record(PRELUDE + code).all_loops() if isinstance(loop, Loop)]


UPDATE = "    loss_fn(model(x), y)\n"


def test_a_pass_over_a_loader() -> None:
    assert loops("for x, y in loader:\n" + UPDATE) == [(LoopKind.BATCH, 6)]
    assert loops("for i, (x, y) in enumerate(loader):\n" + UPDATE) == [(LoopKind.BATCH, 6)]


def test_two_loaders_side_by_side_are_one_loop() -> None:
    code = "for (x, y), (u, v) in zip(loader, val_loader):\n" + UPDATE
    assert loops(code) == [(LoopKind.BATCH, 4), (LoopKind.BATCH, 1)]


def test_a_pass_that_is_left_early_has_ended() -> None:
    code = "for epoch in range(3):\n    for x, y in loader:\n        loss_fn(model(x), y)\n        break\n"
    assert loops(code) == [(LoopKind.EPOCH, 3), *[(LoopKind.BATCH, 1)] * 3]


def test_torch_is_put_back_after_a_run() -> None:
    owners = (torch.optim.Optimizer, torch.nn.Module, torch.utils.data.DataLoader, torch.autograd)
    kinds = [*owners, torch.nn.modules.loss._Loss, torch.amp.GradScaler, *vars(torch.optim.lr_scheduler).values()]
    before = [dict(vars(kind)) for kind in kinds if hasattr(kind, "__dict__")]
    with pytest.raises(ZeroDivisionError):
        record("1 / 0")
    assert [dict(vars(kind)) for kind in kinds if hasattr(kind, "__dict__")] == before
