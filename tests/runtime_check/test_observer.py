"""What is concluded from a run of real torch, event by event."""

from __future__ import annotations

import linecache
import warnings
from collections.abc import Callable

import pytest

from tests.runtime_check.programs import FILENAME, OFFSET, PRELUDE, text

torch = pytest.importorskip("torch")

from looplint.runtime_check import watch  # noqa: E402
from looplint.runtime_check.history import History  # noqa: E402

from looplint.model import Event, LoopKind, Op  # noqa: E402

GRADIENTS = (Op.CLEAR, Op.BACKWARD, Op.WRITE, Op.STEP)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Event]]:
    """Run a program, and return what was seen on its own lines, in order."""

    def run(code: str, *ops: Op) -> list[Event]:
        events: list[Event] = []
        add = History.add

        def noting(history: History, number: int) -> None:
            events.append(history.events[number])
            add(history, number)

        with monkeypatch.context() as patch, warnings.catch_warnings(), watch(exact=True, on_violation="collect"):
            warnings.simplefilter("ignore")
            patch.setattr(History, "add", noting)
            exec(compile(PRELUDE + text(code), FILENAME, "exec"), {"__name__": "__main__"})
        return [event for event in events if event.op in ops and line(event) > 0]

    return run


def line(event: Event) -> int:
    return int(event.place.line) - OFFSET  # type: ignore[attr-defined]


def names(event: Event) -> set[str]:
    return {optimizer.name for optimizer in event.optimizers or ()}


Seen = Callable[..., "list[Event]"]


def happened(seen: Seen, code: str, *ops: Op) -> list[tuple[Op, int]]:
    return [(event.op, line(event)) for event in seen(code, *(ops or GRADIENTS))]


def test_a_training_step(seen: Seen) -> None:
    code = "loss_fn(model(x), y).backward()\noptimizer.step()\noptimizer.zero_grad()\n"
    assert happened(seen, code) == [(Op.BACKWARD, 1), (Op.STEP, 2), (Op.CLEAR, 3)]


def test_a_clear_that_clears_nothing_is_none(seen: Seen) -> None:
    code = "optimizer.zero_grad()\nloss_fn(model(x), y).backward()\nother.zero_grad()\noptimizer.step()\n"
    assert happened(seen, code) == [(Op.BACKWARD, 2), (Op.STEP, 4)]


def test_a_closure_applies_where_it_is_called(seen: Seen) -> None:
    code = """
        def closure():
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            return loss
        optimizer.step(closure)
        """
    assert happened(seen, code) == [(Op.BACKWARD, 4), (Op.STEP, 6)]


@pytest.mark.parametrize(
    "clear", ["for p in model.parameters(): p.grad = None", "for p in model.parameters(): p.grad.zero_()"]
)
def test_gradients_cleared_by_hand_are_noticed_when_they_are_next_used(clear: str, seen: Seen) -> None:
    code = f"loss_fn(model(x), y).backward()\n{clear}\noptimizer.step()\n"
    assert happened(seen, code) == [(Op.BACKWARD, 1), (Op.CLEAR, 3), (Op.STEP, 3)]


def test_gradients_written_by_hand_are_noticed_when_they_are_next_used(seen: Seen) -> None:
    code = "for p in model.parameters(): p.grad = torch.ones_like(p)\noptimizer.step()\n"
    assert happened(seen, code) == [(Op.WRITE, 2), (Op.STEP, 2)]


@pytest.mark.parametrize(
    "clip", ["clip_grad_norm_(model.parameters(), 1e-6)", "clip_grad_value_(model.parameters(), 1e-6)"]
)
def test_clipping_writes_no_gradients(clip: str, seen: Seen) -> None:
    code = f"loss_fn(model(x), y).backward()\nnn.utils.{clip}\noptimizer.step()\n"
    assert happened(seen, code) == [(Op.BACKWARD, 1), (Op.STEP, 3)]


def test_zeros_that_a_clear_leaves_are_not_written(seen: Seen) -> None:
    code = "loss_fn(model(x), y).backward()\noptimizer.zero_grad(set_to_none=False)\noptimizer.step()\n"
    assert happened(seen, code) == [(Op.BACKWARD, 1), (Op.CLEAR, 2), (Op.STEP, 3)]


TWO = """
others = torch.optim.Adam(other.parameters())
both = torch.optim.SGD([*model.parameters(), *other.parameters()], lr=0.1)
"""


def test_a_backward_feeds_those_whose_gradients_it_changes(seen: Seen) -> None:
    code = (
        TWO + "loss_fn(model(x), y).backward()\nloss_fn(other(x), y).backward()\nx.requires_grad_().sum().backward()\n"
    )
    assert [names(event) for event in seen(code, Op.BACKWARD)] == [{"sgd"}, {"adam", "sgd"}, set()]
    assert [len(event.optimizers or ()) for event in seen(code, Op.BACKWARD)] == [2, 2, 0]


@pytest.mark.parametrize(("cleared", "reached"), [("both", 3), ("optimizer", 1), ("other", 1)])
def test_a_clear_reaches_those_that_have_no_gradients_left(cleared: str, reached: int, seen: Seen) -> None:
    code = TWO + f"(loss_fn(model(x), y) + loss_fn(other(x), y)).backward()\n{cleared}.zero_grad()\n"
    assert [len(event.optimizers or ()) for event in seen(code, Op.CLEAR)] == [reached]


def test_an_optimizer_is_called_what_its_user_calls_it(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "mine = torch.optim.SGD(model.parameters(), lr=0.1)\nloss_fn(model(x), y).backward()\nmine.step()\n"
    lines = (PRELUDE + code).splitlines(keepends=True)
    monkeypatch.setitem(linecache.cache, FILENAME, (len(PRELUDE + code), None, lines, FILENAME))
    assert [names(event) for event in seen(code, Op.STEP)] == [{"mine"}]


def test_a_backward_in_a_backward_is_part_of_it(seen: Seen) -> None:
    code = """
        from torch.utils.checkpoint import checkpoint
        x.requires_grad_()
        loss_fn(checkpoint(model, x, use_reentrant=True), y).backward()
        """
    assert happened(seen, code) == [(Op.BACKWARD, 3)]


def test_a_step_in_a_step_is_part_of_it(seen: Seen) -> None:
    code = """
        class Mine(torch.optim.SGD):
            def step(self, closure=None):
                return super().step(closure)

        optimizer = Mine(model.parameters(), lr=0.1)
        loss_fn(model(x), y).backward()
        optimizer.step()
        """
    assert happened(seen, code) == [(Op.BACKWARD, 6), (Op.STEP, 7)]


@pytest.mark.parametrize(("scale", "certain"), [("1.0", True), ("2.0**127", False)])
def test_steps_that_a_scaler_skips_are_not_certain(scale: str, certain: bool, seen: Seen) -> None:
    code = f"""
        scaler = torch.amp.GradScaler("cpu", init_scale={scale})
        scaler.scale(1e6 * loss_fn(model(x), y)).backward()
        scaler.step(optimizer)
        """
    assert [event.certain for event in seen(code, Op.STEP)] == [certain]


@pytest.mark.parametrize(
    "made",
    [
        "StepLR(optimizer, step_size=2)",
        "ReduceLROnPlateau(optimizer)",
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=9)",
        "SequentialLR(optimizer, [S.ConstantLR(optimizer), S.ExponentialLR(optimizer, 0.9)], milestones=[1])",
        "ChainedScheduler([S.ConstantLR(optimizer), S.ExponentialLR(optimizer, 0.9)])",
        "CosineAnnealingWarmRestarts(optimizer, T_0=2)",
    ],
)
def test_a_scheduler_moves_once_whatever_it_is_made_of(made: str, seen: Seen) -> None:
    argument = "1.0" if "Plateau" in made else ""
    code = f"import torch.optim.lr_scheduler as S\nscheduler = S.{made}\nscheduler.step({argument})\n"
    assert happened(seen, code, Op.SCHEDULE) == [(Op.SCHEDULE, 3)]


def test_a_scheduler_knows_its_optimizer_and_whether_it_is_told_the_epoch(seen: Seen) -> None:
    code = "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)\nscheduler.step()\nscheduler.step(3)\n"
    events = seen(code, Op.SCHEDULE)
    assert [event.scheduler.optimizer.name for event in events if event.scheduler] == ["sgd", "sgd"]  # type: ignore[union-attr]
    assert [event.method for event in events] == ["", "epoch"]


def loops(code: str) -> list[LoopKind]:
    """Return the kinds of the loops that are found, outermost first."""
    with warnings.catch_warnings(), watch(exact=True, on_violation="collect") as watched:
        warnings.simplefilter("ignore")
        exec(compile(PRELUDE + text(code), FILENAME, "exec"), {"__name__": "__main__"})
    observer = watched._observer
    assert observer is not None
    return [loop.kind for loop in observer.history.function().all_loops()]


UPDATE = "optimizer.zero_grad(); loss_fn(model(x), y).backward(); optimizer.step()"


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        (f"for x, y in loader:\n    {UPDATE}\n", {LoopKind.BATCH}),
        (f"for i, (x, y) in enumerate(loader):\n    {UPDATE}\n", {LoopKind.BATCH}),
        (f"for (x, y), _ in zip(loader, val_loader):\n    {UPDATE}\n", {LoopKind.BATCH}),
        (f"for epoch in range(3):\n    for x, y in loader:\n        {UPDATE}\n", {LoopKind.EPOCH, LoopKind.BATCH}),
        (
            f"for epoch in range(3):\n    for x, y in loader:\n        {UPDATE}\n        break\n",
            {LoopKind.EPOCH, LoopKind.BATCH},
        ),
        (f"for step in range(9):\n    {UPDATE}\n", {LoopKind.OTHER}),
        (f"it = iter(loader)\nfor step in range(5):\n    x, y = next(it)\n    {UPDATE}\n", {LoopKind.BATCH}),
        (f"{UPDATE}\n", set()),
    ],
)
def test_the_loops_of_a_run(code: str, kinds: set[LoopKind]) -> None:
    assert set(loops(code)) == kinds


def test_only_what_is_asked_for_is_watched() -> None:
    model = torch.nn.Linear(2, 1)
    one, two = (torch.optim.SGD(model.parameters(), lr=0.1) for _ in range(2))
    for chosen, found in ((one, ["LL101"]), (two, [])):
        guard = watch(chosen, exact=True, on_violation="collect")
        for _ in range(4):
            model(torch.ones(2, 2)).sum().backward()
            one.step()
        guard.close()
        assert [finding.code for finding in guard.findings] == found
