"""Traps of watching a run, one test each, and what torch of its own does not let one see."""

from __future__ import annotations

import threading
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from looplint.runtime_check import TrainingLoopError, watch  # noqa: E402 - needs torch
from looplint.runtime_check.gradients import FEW, Look, version  # noqa: E402
from looplint.runtime_check.observer import Observer  # noqa: E402
from looplint.runtime_check.values import is_blank  # noqa: E402

from tests.runtime_check.programs import both_ways, check, reported  # noqa: E402

THROUGH_DATA = """
for epoch in range(epochs):
    for x, y in loader:
        for p in model.parameters():
            if p.grad is not None:
                p.grad.data.zero_()
        loss_fn(model(x), y).backward()
        optimizer.step()
"""


def test_no_value_is_read_of_what_is_on_a_device() -> None:
    assert is_blank(torch.zeros(2, device="meta")) is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_right_loop_on_a_gpu_is_never_waited_for() -> None:
    model = torch.nn.Linear(2, 1).cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.ones(4, 2, device="cuda")
    for exact in (True, False):
        with watch(exact=exact, on_violation="collect") as watched:
            torch.cuda.set_sync_debug_mode("error")
            try:
                for _ in range(300):
                    for p in model.parameters():
                        if p.grad is not None:
                            p.grad.data.zero_()
                    model(x).sum().backward()
                    optimizer.step()
            finally:
                torch.cuda.set_sync_debug_mode("default")
        assert watched.findings == []


SIX_BATCHES = """
for x, y in loader:
    loss_fn(model(x), y).backward()
    optimizer.step()
"""
TWICE = """
for x, y in list(loader)[:2]:
    loss_fn(model(x), y).backward()
    optimizer.step()
"""


def test_six_batches_are_enough_where_all_is_judged_exactly() -> None:
    assert reported(SIX_BATCHES, exact=True) == {("LL101", 3)}


def test_what_is_seen_once_is_reported_only_where_all_is_judged_exactly() -> None:
    assert reported(TWICE, exact=True) == {("LL101", 3)}
    assert reported(TWICE, exact=False) == set()


def test_a_finding_is_raised_at_the_end_of_the_turn_in_which_it_was_confirmed() -> None:
    turns = []
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loader = torch.utils.data.DataLoader(torch.randn(40, 2))

    def train() -> None:
        for x in loader:
            model(x).sum().backward()
            optimizer.step()
            turns.append(x)

    with pytest.raises(TrainingLoopError, match="LL101 missing-zero-grad"), watch(on_violation="raise"):
        train()
    assert 2 < len(turns) < 10


def test_gradients_that_count_no_versions_are_looked_at_all_the_same() -> None:
    with torch.inference_mode():
        gradient = torch.ones(2)
    assert version(gradient) == version(gradient)
    parameter = torch.zeros(2, requires_grad=True)
    with torch.inference_mode():
        parameter.grad = torch.ones(2)
    look = Look(torch.optim.SGD([parameter], lr=0.1), closely=True)
    assert look.changed()
    look.take()
    assert not look.changed()


@both_ways
def test_a_backward_of_another_thread_is_not_taken_for_one_of_this(exact: bool) -> None:
    stop = threading.Event()

    def work() -> None:
        weight = torch.ones(2, requires_grad=True)
        while not stop.is_set():
            weight.sum().backward()

    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    beside = threading.Thread(target=work)
    with watch(exact=exact, on_violation="collect") as watched:
        model(torch.ones(1, 2)).sum().backward()  # this thread is the one that trains
        optimizer.zero_grad()
        beside.start()
        for _ in range(100):
            optimizer.zero_grad()
            model(torch.ones(1, 2)).sum().backward()
            optimizer.step()
        stop.set()
        beside.join()
    assert watched.findings == []


@both_ways
def test_where_no_loader_tells_the_epochs_what_needs_them_is_not_judged(exact: bool) -> None:
    check(
        """
        batches = list(loader)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(epochs):
            for x, y in batches:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
                scheduler.step()
        """,
        exact=exact,
    )


# -- what the gradients do not show ------------------------------------------------------------------------------------


def test_a_step_changes_no_gradient() -> None:
    for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "Muon"):
        weight = torch.ones(2, 2, requires_grad=True)
        optimizer: Any = getattr(torch.optim, name)([weight], lr=0.1)
        weight.sum().backward()
        look = Look(optimizer, closely=True)
        look.take()
        optimizer.step()
        assert not look.changed(), name


def test_gradients_whose_identity_is_used_again_are_told_apart() -> None:
    weight = torch.ones(2, requires_grad=True)
    look = Look(torch.optim.SGD([weight], lr=0.1), closely=True)
    for _ in range(6):
        weight.grad = None
        weight.sum().backward()
        assert look.replaced()
        look.take()
        assert not look.replaced()


def test_gradients_cleared_through_data_are_seen_by_their_values() -> None:
    assert reported(THROUGH_DATA, exact=True) == set()


def test_a_graph_that_is_replayed_may_have_done_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without a GPU a replay is all that can be pretended."""
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    monkeypatch.setattr(torch.cuda.CUDAGraph, "replay", lambda graph: None)
    with watch(exact=True, on_violation="collect") as watched:
        model(torch.ones(1, 2)).sum().backward()
        for _ in range(9):
            torch.cuda.CUDAGraph.replay(None)  # type: ignore[arg-type]
            optimizer.step()
    assert watched.findings == []


def test_few_parameters_are_looked_at_once_nothing_is_suspected() -> None:
    model = torch.nn.Sequential(*(torch.nn.Linear(2, 2) for _ in range(9)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    loader = torch.utils.data.DataLoader(torch.randn(40, 2))
    looks = []
    with watch(optimizer, on_violation="collect") as watched:
        observer = watched._observer
        assert isinstance(observer, Observer)
        for x in loader:
            optimizer.zero_grad()
            model(x).sum().backward()
            optimizer.step()
            looks.append(len(observer.optimizers.watched[0].look.held))
    assert looks[1] == 18
    assert looks[-1] <= FEW
    assert watched.findings == []
