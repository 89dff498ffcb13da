"""A watch cannot hurt: the run is the same to the last bit, torch is put back, nothing is kept alive, nothing grows."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import sys
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from tests.runtime_check.programs import both_ways

torch = pytest.importorskip("torch")

from looplint.runtime_check import TrainingLoopError, TrainingLoopWarning, watch  # noqa: E402 - needs torch
from looplint.runtime_check.backwards import Backwards  # noqa: E402
from looplint.runtime_check.builds import Builds  # noqa: E402
from looplint.runtime_check.clears import Clears  # noqa: E402
from looplint.runtime_check.hooks import HOOKS  # noqa: E402
from looplint.runtime_check.observer import Observer  # noqa: E402
from looplint.runtime_check.optimizers import Optimizers  # noqa: E402
from looplint.runtime_check.passes import Passes  # noqa: E402
from looplint.runtime_check.schedules import Schedules  # noqa: E402
from looplint.runtime_check.steps import Steps  # noqa: E402


def network(width: int = 3) -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(width, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))


# -- the same to the last bit ------------------------------------------------------------------------------------------

FORMS: dict[str, dict[str, Any]] = {"for-loop": {"foreach": False}, "foreach": {"foreach": True}}
OPTIMIZERS = {
    f"{name}, {form}": (name, options)
    for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")
    for form, options in {**FORMS, **({} if name == "RMSprop" else {"fused": {"fused": True}})}.items()
} | {"LBFGS": ("LBFGS", {"max_iter": 2}), "SparseAdam": ("SparseAdam", {}), "Muon": ("Muon", {})}


def weights(name: str, options: dict[str, Any], steps: int = 200) -> bytes:
    """Train, and return the weights, the state of the optimizer and that of the random numbers, as bytes."""
    torch.manual_seed(0)
    sparse = name == "SparseAdam"
    model = torch.nn.Embedding(8, 3, sparse=True) if sparse else network()
    parameters = [p for p in model.parameters() if name != "Muon" or p.ndim == 2]
    optimizer = getattr(torch.optim, name)(parameters, lr=0.01, **options)
    data = torch.utils.data.TensorDataset(torch.randn(20, 3), torch.randn(20, 1))
    loader = torch.utils.data.DataLoader(data, batch_size=4, shuffle=True)
    done = 0
    while done < steps:
        for x, y in loader:

            def closure(x: Any = x, y: Any = y, to_none: bool = done % 2 == 0) -> Any:
                optimizer.zero_grad(set_to_none=to_none)
                out = model(torch.randint(8, (4,))).sum(1, keepdim=True) if sparse else model(x)
                loss = torch.nn.functional.mse_loss(out, y)
                loss.backward()
                return loss

            if name == "LBFGS" or done % 3:
                optimizer.step(closure)
            else:
                closure()
                optimizer.step()
            done += 1
    kept = io.BytesIO()
    torch.save((model.state_dict(), optimizer.state_dict(), torch.get_rng_state()), kept)
    return kept.getvalue()


@both_ways
@pytest.mark.parametrize(("name", "options"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_weights_are_the_same_to_the_last_bit(name: str, options: dict[str, Any], exact: bool) -> None:
    plain = weights(name, options)
    with watch(exact=exact, on_violation="collect") as watched:
        assert weights(name, options) == plain
    assert watched.findings == []


# -- torch is put back -------------------------------------------------------------------------------------------------


def torchs() -> dict[str, object]:
    """Return everything of torch that a watch could have changed, by name."""
    import torch.utils.data.dataloader as dataloader

    stepping = sys.modules["torch.optim.optimizer"]
    owners: list[Any] = [torch, torch.autograd, torch.optim, torch.optim.lr_scheduler, stepping]
    owners += [torch.Tensor, torch.nn.Module, torch.amp.GradScaler, torch.cuda.amp.GradScaler, torch.cuda.CUDAGraph]
    owners += [value for value in vars(torch.optim.lr_scheduler).values() if isinstance(value, type)]
    owners += [value for value in vars(torch.optim).values() if isinstance(value, type)]
    owners += [value for value in vars(dataloader).values() if isinstance(value, type)]
    found = {f"{owner!r}.{name}": value for owner in owners for name, value in list(vars(owner).items())}
    for name in ("_global_optimizer_pre_hooks", "_global_optimizer_post_hooks"):
        found[name] = list(getattr(stepping, name).items())
    return found


def same(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """Return the names of what is not the same object any more."""
    return [
        name
        for name in before.keys() | after.keys()
        if before.get(name, HOOKS) is not after.get(name, HOOKS) and before.get(name) != after.get(name)
    ]


def step(model: Any, optimizer: Any, *, clear: bool = True) -> None:
    if clear:
        optimizer.zero_grad()
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()


def train(steps: int = 6, *, clear: bool = True) -> Any:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(steps):
        step(model, optimizer, clear=clear)
    return optimizer


def scaled() -> None:
    """Train with a scaler, which skips one step."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu")
    for factor in (1.0, float("inf"), 1.0):
        optimizer.zero_grad()
        scaler.scale(model(torch.ones(2, 3)).sum() * factor).backward()
        scaler.step(optimizer)
        scaler.update()


@pytest.fixture
def before() -> Iterator[dict[str, object]]:
    weights("SGD", {}, 1)  # torch replaces some of its own methods at their first use
    scaled()
    found = torchs()
    yield found
    assert same(found, torchs()) == []
    assert not HOOKS.observers


def test_torch_is_changed_while_a_watch_goes_on(before: dict[str, object]) -> None:
    with watch():
        assert same(before, torchs()) != []


@both_ways
def test_torch_is_put_back(before: dict[str, object], exact: bool) -> None:
    with watch(exact=exact):
        train()


def test_torch_is_put_back_where_the_body_raises(before: dict[str, object]) -> None:
    with pytest.raises(ZeroDivisionError), watch():
        1 / len([one for one in [train()] if one is None])


def test_torch_is_put_back_where_a_finding_is_raised(before: dict[str, object]) -> None:
    with pytest.raises(TrainingLoopError) as raised, watch(exact=True, on_violation="raise"):
        train(clear=False)
    assert raised.value.finding.code == "LL101"


def test_torch_is_put_back_by_the_last_of_several(before: dict[str, object]) -> None:
    one, two = watch(), watch(exact=True, on_violation="collect")
    one.close()
    train(clear=False)
    two.close()
    two.close()
    assert [finding.code for finding in two.findings] == ["LL101"]


def test_torch_is_put_back_where_somebody_else_has_changed_it_too(before: dict[str, object]) -> None:
    watched = watch(on_violation="collect")
    ours = torch.optim.Optimizer.zero_grad
    calls = []

    def theirs(optimizer: Any, *args: Any, **kwargs: Any) -> None:
        calls.append(optimizer)
        ours(optimizer, *args, **kwargs)

    torch.optim.Optimizer.zero_grad = theirs
    watched.close()
    assert torch.optim.Optimizer.zero_grad is theirs  # theirs stays, and calls on
    train(3)
    assert len(calls) == 3
    torch.optim.Optimizer.zero_grad = before[f"{torch.optim.Optimizer!r}.zero_grad"]


def test_a_scheduler_class_that_is_made_under_a_watch_is_put_back() -> None:
    with watch():

        class Mine(torch.optim.lr_scheduler.StepLR):
            def step(self, epoch: int | None = None) -> None:
                super().step(epoch)

        changed = Mine.step
    assert Mine.step is not changed
    assert Mine.step.__name__ == "step"


# -- looplint fails, the run goes on -----------------------------------------------------------------------------------

METHODS = [
    (Builds, "built"),
    (Backwards, "before"),
    (Backwards, "after"),
    (Clears, "called"),
    (Steps, "before"),
    (Steps, "after"),
    (Passes, "begin"),
    (Passes, "batch"),
    (Passes, "ended"),
    (Optimizers, "of"),
    (Steps, "count"),
    (Steps, "attempted"),
    (Observer, "train_here"),
    (Steps, "_applying"),
    (Steps, "_applied"),
    (Steps, "_evaluated"),
    (Optimizers, "stepped"),
]


def told(said: list[warnings.WarningMessage]) -> None:
    """Fail unless this is the one warning with which a watch ends that has failed."""
    (one,) = said
    assert one.category is TrainingLoopWarning
    assert str(one.message).startswith("looplint stops watching this run, which goes on: RuntimeError: broken (")


@pytest.mark.parametrize(("owner", "method"), METHODS)
def test_what_goes_wrong_in_a_watch_ends_it_with_one_warning(
    owner: type, method: str, monkeypatch: pytest.MonkeyPatch, before: dict[str, object]
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    plain = weights("SGD", {}, 10)
    monkeypatch.setattr(owner, method, broken)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with watch():
            assert weights("SGD", {}, 10) == plain
            scaled()
            assert same(before, torchs()) == []
    told(said)


@pytest.mark.parametrize(("owner", "method"), [(Schedules, "moved"), (Observer, "close")])
def test_what_goes_wrong_elsewhere_ends_it_too(owner: type, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(owner, method, broken)
    with warnings.catch_warnings(record=True) as said, watch():
        warnings.simplefilter("always")
        optimizer = train()
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)
        optimizer.step()
        scheduler.step()
        assert scheduler.last_epoch == 1
    told(said)


def test_a_rule_that_fails_ends_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    import looplint.runtime_check.history as history

    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(history, "judge", broken)
    with warnings.catch_warnings(record=True) as said, watch():
        warnings.simplefilter("always")
        train()
    told(said)


def test_the_switch_turns_a_watch_into_nothing(monkeypatch: pytest.MonkeyPatch, before: dict[str, object]) -> None:
    monkeypatch.setenv("LOOPLINT_RUNTIME", "off")
    with watch(exact=True, on_violation="raise") as watched:
        assert same(before, torchs()) == []
        train(clear=False)
    assert watched.findings == []


# -- optimizers are what they were -------------------------------------------------------------------------------------


@both_ways
def test_an_optimizer_is_pickled_copied_and_saved_as_ever(exact: bool) -> None:
    plain = train()
    with watch(exact=exact):
        watched = train()
        assert vars(watched).keys() == vars(plain).keys()
        assert repr(watched.__reduce_ex__(2)) == repr(plain.__reduce_ex__(2))
        assert repr(watched.state_dict()) == repr(plain.state_dict())
        copied = copy.deepcopy(watched)
        restored = pickle.loads(pickle.dumps(watched))
        state = torch.optim.lr_scheduler.StepLR(copied, step_size=1).state_dict()
    assert type(restored) is type(copied) is torch.optim.SGD
    assert repr(copied.param_groups[0]["params"]) == repr(restored.param_groups[0]["params"])
    assert state == torch.optim.lr_scheduler.StepLR(train(), step_size=1).state_dict()


def test_a_copied_optimizer_is_one_of_its_own() -> None:
    with watch(exact=True, on_violation="collect") as watched:
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        for _ in range(4):
            both = copy.deepcopy((model, optimizer))
            step(*both)
            step(model, optimizer)
    assert watched.findings == []


def test_a_loader_is_pickled_as_ever() -> None:
    loader = torch.utils.data.DataLoader(torch.arange(6), batch_size=2)
    with watch():
        batches = iter(loader)
        next(batches)
        assert len(list(pickle.loads(pickle.dumps(loader)))) == 3


# -- nothing is kept, nothing grows ------------------------------------------------------------------------------------


@both_ways
def test_nothing_keeps_a_model_alive(exact: bool) -> None:
    with watch(exact=exact):
        model = network()
        optimizer = torch.optim.Adam(model.parameters())
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)
        loader = torch.utils.data.DataLoader(torch.randn(400, 3))
        for x in loader:
            optimizer.zero_grad()
            model(x).sum().backward()
            optimizer.step()
        scheduler.step()
        everything = [model, optimizer, scheduler, loader, *model.parameters(), *(p.grad for p in model.parameters())]
        kept = [weakref.ref(one) for one in everything]
        del model, optimizer, scheduler, loader, everything, x
        gc.collect()
        assert [one() for one in kept if one() is not None] == []


@both_ways
def test_what_is_not_in_a_circle_is_gone_at_once(exact: bool) -> None:
    def run() -> list[Any]:
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        for _ in range(40):
            step(model, optimizer)
        return [weakref.ref(one) for one in (*model.parameters(), *(p.grad for p in model.parameters()))]

    train(1)  # at their first use torch imports much, in circles that hold frames
    gc.disable()
    try:
        with watch(exact=exact):
            assert [one() for one in run() if one() is not None] == []
    finally:
        gc.enable()


def blocks(exact: bool, iterations: int, **options: Any) -> int:
    """Return by how many blocks Python's memory grows, under a watch, over the later iterations of a run."""
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.0, foreach=False)
    begun = 0
    with watch(exact=exact, on_violation="collect") as watched:
        for index in range(iterations):
            if index == iterations // 10:
                gc.collect()
                begun = sys.getallocatedblocks()
            optimizer.zero_grad()
            weight.backward(weight)
            optimizer.step()
        gc.collect()
        grown = sys.getallocatedblocks() - begun
    assert watched.findings == []
    return grown


@pytest.mark.parametrize(("exact", "iterations"), [(False, 100_000), (True, 10_000)], ids=["sampled", "exact"])
def test_memory_is_flat(exact: bool, iterations: int) -> None:
    assert blocks(exact, iterations) < 200


@both_ways
def test_memory_is_flat_where_nothing_repeats_itself(exact: bool) -> None:
    grown = []
    with watch(exact=exact, on_violation="collect") as watched:
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        torch.manual_seed(0)
        for index in range(1500):
            if index in (500, 1499):
                gc.collect()
                grown.append(sys.getallocatedblocks())
            optimizer.zero_grad()
            for _ in range(int(torch.randint(1, 5, ()))):
                model(torch.ones(2, 3)).sum().backward()
                if torch.rand(()) < 0.3:
                    model(torch.ones(2, 3)).sum().backward()
            optimizer.step()
    assert watched.findings == []
    assert grown[1] - grown[0] < 2000
