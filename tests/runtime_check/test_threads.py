"""Beside other threads: none of them is hurt, nothing false is told, and the one that trains is watched."""

from __future__ import annotations

import random
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from tests.runtime_check.programs import both_ways

torch = pytest.importorskip("torch")

from looplint.runtime_check import watch  # noqa: E402 - needs torch
from looplint.runtime_check.alive import living  # noqa: E402


def train(steps: int, *, clear: bool = True, choose: random.Random | None = None) -> Any:
    """Train, and return the optimizer.

    Arguments:
        choose: what else happens; None for nothing.
    """
    some = choose.random if choose else lambda: 1.0
    model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    side = torch.nn.Linear(3, 1) if some() < 0.3 else None
    kind = torch.optim.Adam if some() < 0.5 else torch.optim.SGD
    optimizer = kind([*model.parameters(), *(side.parameters() if side else ())], lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5) if some() < 0.3 else None
    scaler = torch.amp.GradScaler("cpu", enabled=some() < 0.5)
    for _ in range(steps):
        if clear:
            optimizer.zero_grad(set_to_none=some() < 0.5)
        x = torch.ones(2, 3)
        scaler.scale(model(x).sum() + (side(x).sum() if side else 0.0)).backward()
        scaler.step(optimizer)
        scaler.update()
        if scheduler:
            scheduler.step()
    return optimizer


def beside(work: Callable[[], object], threads: int) -> list[BaseException]:
    """Do something in this thread and in others at the same time; return what failed."""
    failed: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    others = [threading.Thread(target=guarded) for _ in range(threads)]
    for one in others:
        one.start()
    guarded()
    for one in others:
        one.join()
    return failed


@both_ways
def test_threads_that_train_beside_one_another(exact: bool) -> None:
    with warnings.catch_warnings(), watch(exact=exact, on_violation="collect") as watched:
        warnings.simplefilter("error")
        assert beside(lambda: train(150), 3) == []
    assert watched.findings == []


@pytest.mark.parametrize("seed", range(12))
def test_whatever_threads_do_nothing_fails(seed: int) -> None:
    choose = random.Random(seed)

    def work() -> None:
        train(choose.choice([5, 60, 300]), choose=choose)
        if choose.random() < 0.2:
            with watch(on_violation="collect"):
                train(30, choose=choose)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with watch(exact=seed % 2 == 0, on_violation="collect") as watched:
            watched.record()
            assert beside(work, choose.choice([1, 3, 6])) == []
    assert watched.findings == []
    assert "failed" not in watched.summary()


def test_objects_are_found_while_another_thread_builds_tuples() -> None:
    model = torch.nn.Linear(1, 1)
    finished = threading.Event()
    failed: list[SystemError] = []

    def build() -> None:
        while not finished.is_set():
            try:
                tuple(number for number in range(50))
            except SystemError as error:
                failed.append(error)

    others = [threading.Thread(target=build) for _ in range(2)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for one in others:
            one.start()
        assert all(any(one is model for one in living(torch.nn.Module)) for _ in range(60))
    finally:
        finished.set()
        sys.setswitchinterval(before)
        for one in others:
            one.join()
    assert failed == []


class Untouchable(torch.nn.Parameter):
    """A parameter that another thread trains: torch does not survive a look at a gradient that is being computed."""

    @property
    def grad(self) -> torch.Tensor:  # type: ignore[override]
        raise AssertionError("somebody has looked")


@both_ways
def test_gradients_that_another_thread_computes_are_not_looked_at(exact: bool) -> None:
    other = torch.nn.Linear(2, 2)
    other.weight = Untouchable(torch.ones(2, 2))
    with warnings.catch_warnings(), watch(exact=exact, on_violation="collect") as watched:
        warnings.simplefilter("error")
        optimizer = train(150)
        assert other.training
        assert optimizer is not None
    assert watched.findings == []


@both_ways
def test_a_run_in_another_thread_is_watched(exact: bool) -> None:
    with watch(exact=exact, on_violation="collect") as watched:
        one = threading.Thread(target=train, args=(20,), kwargs={"clear": False})
        one.start()
        one.join()
    assert [finding.code for finding in watched.findings] == ["LL101"]
