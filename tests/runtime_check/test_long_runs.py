"""Long runs, most turns of which are passed over: what is counted, and what is found all the same."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from looplint.runtime_check import Watch, watch  # noqa: E402 - needs torch
from looplint.runtime_check.attention import WARM  # noqa: E402 - needs torch
from looplint.runtime_check.sampling import PAUSE  # noqa: E402 - needs torch

Turns = Callable[[int], Iterator[int]]


def loaded(count: int) -> Iterator[int]:
    """Yield the turns of a loop over a loader."""
    yield from torch.utils.data.DataLoader(range(count), batch_size=1, collate_fn=lambda rows: rows[0])


@pytest.fixture(params=["a loader", "no loader"])
def turns(request: pytest.FixtureRequest) -> Turns:
    return loaded if request.param == "a loader" else lambda count: iter(range(count))


def train(turns: Iterator[int], *, window: int = 1, clears: Callable[[int], bool] = lambda _: True) -> Iterator[int]:
    """Train, and yield the number of each turn behind it.

    Arguments:
        window: so many turns are accumulated.
        clears: whether the gradients are cleared in a turn that applies them.
    """
    weight = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.0)
    for turn in turns:
        weight.square().backward()
        if turn % window == window - 1:
            optimizer.step()
            if clears(turn):
                optimizer.zero_grad()
        yield turn


def counted(watched: Watch) -> tuple[int, int]:
    """Return how many turns a watch says there were, and how many steps."""
    account = watched.account()
    ((_, _, steps),) = account.optimizers
    return account.iterations + account.passed_over, steps


@pytest.mark.parametrize("last", [WARM // 2, WARM + PAUSE // 2, WARM + 2 * PAUSE, 1500])
def test_turns_and_steps_are_counted_though_most_are_passed_over(turns: Turns, last: int) -> None:
    with watch(on_violation="raise") as watched:
        for turn in train(turns(last)):
            if turn in (WARM + PAUSE // 2, last - 1):
                assert counted(watched) == (turn + 1, turn + 1)
    assert counted(watched) == (last, last)
    assert (watched.account().passed_over > 0) == (last > WARM)
    assert ("passed over" in watched.summary()) == (last > WARM)


def test_each_of_several_watches_counts_what_it_has_seen(turns: Turns) -> None:
    with watch(on_violation="raise") as outer, contextlib.ExitStack() as stack:
        inner = None
        for turn in train(turns(900)):
            if turn == 299:  # the first one passes over turns by now
                inner = stack.enter_context(watch(on_violation="raise"))
            if turn == 599:
                stack.close()
        assert inner is not None
        assert counted(outer) == (900, 900)
        assert inner.account().optimizers == (("optimizer", "SGD", 300),)


def test_a_further_optimizer_is_counted_from_its_first_step_on() -> None:
    other = torch.ones(1, requires_grad=True)
    with watch(on_violation="raise") as watched:
        second = None
        for turn in train(loaded(900)):
            if turn == 200:
                second = torch.optim.Adam([other], lr=0.0)
            if second is not None:
                second.zero_grad()
                other.square().backward()
                second.step()
        assert second is not None
    assert {kind: steps for _, kind, steps in watched.account().optimizers} == {"SGD": 900, "Adam": 700}


@pytest.mark.parametrize("window", [1, 4, 16])
def test_what_goes_wrong_later_is_found(turns: Turns, window: int) -> None:
    with watch(on_violation="collect") as watched:
        for _ in train(turns(6000), window=window, clears=lambda turn: turn < 700):
            pass
    assert [one.code for one in watched.findings] == ["LL101"]


@pytest.mark.parametrize("window", [1, 4, 16])
def test_a_right_run_is_right_to_its_end(turns: Turns, window: int) -> None:
    with watch(on_violation="raise") as watched:
        for _ in train(turns(3000), window=window):
            pass
    assert watched.findings == []
