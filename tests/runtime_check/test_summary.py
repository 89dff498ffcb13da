"""What a watch says that it has judged, what not and why; and how much of a run is kept for its report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from looplint.runtime_check import watch  # noqa: E402 - needs torch

from tests.runtime_check.running import TRAIN, WATCHED  # noqa: E402 - needs torch

NO_EPOCHS = (
    "not judged: epochs, by LL103, LL201 and LL203: no DataLoader of torch was read, so nothing tells where one begins"
)


@pytest.fixture(autouse=True)
def switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOOPLINT_RUNTIME", raising=False)


def trained(optimizer_of: Callable[[Any], Any], turns: int = 4) -> Iterator[Any]:
    """Train without a loader; yields the optimizer before each turn."""
    model = torch.nn.Linear(2, 1)
    optimizer = optimizer_of(model.parameters())
    for _ in range(turns):
        yield optimizer
        optimizer.zero_grad()
        model(torch.ones(1, 2)).sum().backward()
        optimizer.step()


def sgd(parameters: Any) -> Any:
    return torch.optim.SGD(parameters, lr=0.1)


def test_what_was_judged_is_counted() -> None:
    space: dict[str, Any] = {"__name__": "training"}
    exec(compile(TRAIN, "train.py", "exec"), space)
    with watch() as watched:
        space["train"](True)
    assert watched.summary().replace("`sgd`", "`optimizer`").replace("`steplr`", "`scheduler`") == WATCHED


def test_an_optimizer_is_called_as_where_it_steps() -> None:
    model = torch.nn.Linear(2, 1)
    fast = sgd(model.parameters())
    with watch() as watched:
        for _ in range(4):
            model.zero_grad()
            model(torch.ones(1, 2)).sum().backward()
            fast.step()
    assert "`fast` (SGD, 4 steps)" in watched.summary()


GAN = """
import torch
from torch.utils.data import DataLoader

first, second = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
one, other = (torch.optim.SGD(net.parameters(), lr=0.1) for net in (first, second))
for _ in {turns}:
    one.zero_grad()
    first(torch.ones(1, 1)).sum().backward()
    second(torch.ones(1, 1)).sum().backward()
    one.step()
    other.zero_grad()
    second(torch.ones(1, 1)).sum().backward()
    other.step()
"""


@pytest.mark.parametrize(("turns", "count"), [("DataLoader(range(9))", 9), ("range(9)", 18)])
def test_turns_are_counted_and_not_backwards(turns: str, count: int) -> None:
    with watch(exact=True) as watched:
        exec(compile(GAN.format(turns=turns), "gan.py", "exec"), {"__name__": "gan"})
    assert watched.summary().startswith(f"watched {count} iterations: ")  # without a loader, from step to step


def test_nothing_to_watch_is_not_right() -> None:
    with watch() as watched:
        pass
    assert watched.summary() == "not judged: anything: no optimizer of torch has stepped"


def test_an_optimizer_that_is_only_built_is_not_judged() -> None:
    with watch() as watched:
        sgd([torch.zeros(1, requires_grad=True)])
    assert watched.summary() == "not judged: anything: no optimizer of torch has stepped"


def test_the_switch_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPLINT_RUNTIME", "off")
    with watch() as watched:
        list(trained(sgd))
    assert watched.summary() == "not judged: anything: LOOPLINT_RUNTIME turns looplint off"
    assert watched.record() is None


def test_without_a_loader_nobody_knows_where_an_epoch_begins() -> None:
    with watch() as watched:
        for optimizer in trained(sgd):
            assert optimizer is not None
    assert watched.summary().splitlines() == ["watched 4 iterations: `optimizer` (SGD, 4 steps)", NO_EPOCHS]


def test_fsdp1_is_named() -> None:
    def sharded(parameters: Any) -> Any:
        kept = list(parameters)
        for one in kept:
            one._fsdp_flattened = True  # as FullyShardedDataParallel marks them
        return sgd(kept)

    with watch() as watched:
        for optimizer in trained(sharded):
            assert optimizer is not None
    assert watched.summary().splitlines()[1] == (
        "not judged: `optimizer`: FSDP1 makes new gradients in every iteration, so whether they are cleared (LL101) "
        "does not show"
    )


def test_steps_that_do_not_show_are_named() -> None:
    class Bare(torch.optim.SGD):  # type: ignore[misc, name-defined]
        def step(self, closure: Any = None) -> None:
            return None

    Bare.step.hooked = True  # type: ignore[attr-defined] # torch takes it for wrapped: no hook is called
    with watch() as watched:
        for optimizer in trained(lambda parameters: Bare(parameters, lr=0.1)):
            assert optimizer is not None
    assert watched.summary().splitlines()[-1] == (
        "not judged: `optimizer`: it is given gradients, and looplint sees no step of it"
    )


def test_cuda_graphs_and_one_epoch_are_named() -> None:
    with watch() as watched:
        turns = trained(sgd)
        scheduler = torch.optim.lr_scheduler.StepLR(next(turns), 1)
        list(turns)
        scheduler.step()
        assert watched._observer is not None
        watched._observer.steps.opaque += 1
        watched._observer.history.given_up = True
        watched._observer.history.passes_seen[0] = 1
    assert watched.summary().splitlines()[1:] == [
        "not judged: what the schedulers count, by LL201 and LL203: there was no second epoch",
        "not judged: what CUDA graphs did when they were replayed",
        "not judged: some turns: those of one loop differ in more ways than looplint keeps",
    ]


def test_a_watch_that_failed_says_so() -> None:
    with watch() as watched:
        assert watched._observer is not None
        watched._observer.backwards.after = None  # type: ignore[assignment, method-assign]
        with pytest.warns(UserWarning, match="stops watching"):
            list(trained(sgd))
    assert watched.summary().splitlines()[-1] == (
        "not judged: the rest of the run: looplint failed and stopped watching"
    )


def test_what_is_kept_of_a_run_does_not_grow_with_it() -> None:
    def size(turns: int) -> int:
        with watch() as watched:
            recorder = watched.record()
            assert recorder is not None
            list(trained(sgd, turns))
        return len(json.dumps({**recorder.data(), "optimizers": []}))

    assert size(100) == pytest.approx(size(2_000), rel=0.2)
