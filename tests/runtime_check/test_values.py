"""What gradients on a device hold is asked without waiting: here the memory of this machine plays the device."""

from __future__ import annotations

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

from looplint.runtime_check import evidence, values, watch  # noqa: E402 - needs torch


@pytest.fixture(params=[0, 3], ids=["at once", "late"])
def device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every gradient lie on a device that answers after so many times of asking."""
    monkeypatch.setattr(values, "is_far", lambda gradient: True)
    monkeypatch.setattr(evidence, "is_far", lambda gradient: True)

    class Late(values.Question):
        __slots__ = ("asked",)

        def __init__(self, answer: torch.Tensor) -> None:
            super().__init__(answer)
            self.asked = 0

        @property
        def answer(self) -> bool | None:
            self.asked += 1
            return super().answer if self.asked > request.param else None

    monkeypatch.setattr(values, "Question", Late)


def train(clear: Callable[[torch.nn.Module], object], *, steps: int = 1, exact: bool = False) -> list[str]:
    """Train for 60 batches, and return the codes of what is found."""
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    loader = torch.utils.data.DataLoader(torch.randn(60, 2), batch_size=1)
    with watch(on_violation="collect", exact=exact) as watched:
        for x in loader:
            clear(model)
            model(x).sum().backward()
            for _ in range(steps):
                optimizer.step()
    return sorted({finding.code for finding in watched.findings})


def behind_the_back(model: torch.nn.Module) -> None:
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad.data.zero_()


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("exact", [False, True])
class TestOnADevice:
    def test_what_is_cleared_behind_its_back_is_cleared(self, exact: bool) -> None:
        assert train(behind_the_back, exact=exact) == []

    def test_what_is_never_cleared_is_found(self, exact: bool) -> None:
        assert train(lambda model: None, exact=exact) == ["LL101"]

    def test_what_is_cleared_as_usual_asks_for_nothing(self, exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[object] = []
        monkeypatch.setattr(values.Snapshot, "is_still_there", lambda self: asked.append(self))
        assert train(lambda model: model.zero_grad(), exact=exact) == []
        assert asked == []

    def test_a_second_step_is_found(self, exact: bool) -> None:
        assert train(lambda model: model.zero_grad(), steps=2, exact=exact) == ["LL603"]


def test_a_device_that_cannot_be_asked_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "is_far", lambda gradient: True)
    monkeypatch.setattr(evidence, "is_far", lambda gradient: True)
    monkeypatch.setattr(values, "can_be_asked", lambda gradient: False)
    assert train(lambda model: None) == []


def test_a_snapshot_is_of_the_smallest_gradient_and_tells_when_it_changes() -> None:
    model = torch.nn.Linear(3, 2)
    assert values.Snapshot.of(list(model.parameters())) is None
    model(torch.ones(1, 3)).sum().backward()
    snapshot = values.Snapshot.of(list(model.parameters()))
    assert snapshot is not None
    model.weight.grad.data.zero_()
    assert (question := snapshot.is_still_there()) is not None
    assert question.answer is True
    model.bias.grad.data.mul_(2)
    assert (question := snapshot.is_still_there()) is not None
    assert question.answer is False
    model.bias.grad = None
    assert snapshot.is_still_there() is None
