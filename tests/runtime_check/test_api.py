"""`watch` as it is called: what it takes, and how it tells of what it finds."""

from __future__ import annotations

import contextlib
import gc
import runpy
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime_check.programs import both_ways, check, programs
from tests.runtime_check.running import FAULT, TRAIN

torch = pytest.importorskip("torch", reason="torch is not installed")

from looplint.runtime_check import TrainingLoopError, TrainingLoopWarning, Watch, watch  # noqa: E402 - needs torch
from looplint.runtime_check.hooks import HOOKS  # noqa: E402

from looplint.finding import Finding  # noqa: E402

Train = Callable[[bool], None]

TOLD = "LL101 missing-zero-grad: `optimizer.step()` applies gradients again"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path / "train.py"


@pytest.fixture
def train(script: Path) -> Train:
    """Trains; with False it never clears its gradients."""
    return runpy.run_path(str(script))["train"]  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def torch_is_put_back() -> Iterator[None]:
    before = torch.autograd.backward
    yield
    assert HOOKS.observers == ()
    assert torch.autograd.backward is before


def codes(watched: Watch) -> list[str]:
    return [finding.code for finding in watched.findings]


@both_ways
def test_a_warning_points_at_the_step(train: Train, script: Path, exact: bool) -> None:
    with warnings.catch_warnings(record=True) as told, watch(exact=exact):
        warnings.simplefilter("always")
        train(False)
    assert [(one.category, one.filename, one.lineno) for one in told] == [(TrainingLoopWarning, str(script), FAULT)]
    assert str(told[0].message).startswith(TOLD)
    assert "call `optimizer.zero_grad()`" in str(told[0].message)


@both_ways
def test_a_warning_that_is_an_error_is_raised_in_the_users_loop(train: Train, script: Path, exact: bool) -> None:
    with warnings.catch_warnings(), watch(exact=exact) as watched:
        warnings.simplefilter("error")
        with pytest.raises(TrainingLoopWarning, match=f"^{TOLD[:23]}") as caught:
            train(False)
        assert str(script) in {str(entry.path) for entry in caught.traceback}
    assert codes(watched) == ["LL101"]
    assert "failed" not in watched.summary()


@both_ways
def test_something_to_call_is_called_once_with_each_finding(train: Train, exact: bool) -> None:
    told: list[Finding] = []
    with watch(exact=exact, on_violation=told.append) as watched:
        for _ in range(8):
            train(False)
    assert told == watched.findings
    assert codes(watched) == ["LL101"]
    assert watched.findings[0].count > told[0].count


@both_ways
def test_what_it_raises_reaches_the_user_and_the_watch_goes_on(train: Train, exact: bool) -> None:
    def stop(finding: Finding) -> None:
        raise LookupError(finding.code)

    with warnings.catch_warnings(), watch(exact=exact, on_violation=stop) as watched:
        warnings.simplefilter("error")
        with pytest.raises(LookupError, match=r"^LL101$"):
            train(False)
        judged = watched.account().iterations
        train(True)
    assert watched.account().iterations == judged + 12
    assert codes(watched) == ["LL101"]
    assert "failed" not in watched.summary()


@both_ways
def test_an_error_has_the_finding(train: Train, script: Path, exact: bool) -> None:
    with pytest.raises(TrainingLoopError) as caught, watch(exact=exact, on_violation="raise") as watched:
        train(False)
    assert caught.value.finding == watched.findings[0]
    assert (caught.value.finding.filename, caught.value.finding.line) == (str(script), FAULT)
    assert str(caught.value).startswith(f"{script}:{FAULT}: {TOLD}")
    assert str(script) in {str(entry.path) for entry in caught.traceback}, "it is raised in the loop"


def made() -> tuple[Any, Any]:
    """Return a model and its optimizer."""
    model = torch.nn.Linear(2, 1)
    return model, torch.optim.SGD(model.parameters(), lr=0.1)


def confirmed(*, exact: bool) -> None:
    """Train without clearing, and leave the loop in the turn in which that is confirmed, before it ends."""
    model, optimizer = made()
    for turn, x in enumerate(torch.utils.data.DataLoader(torch.ones(20, 2))):
        model(x).sum().backward()
        optimizer.step()
        if turn == 2 - exact:
            break


@both_ways
def test_close_raises_where_the_loop_was_left_before_its_turn_ended(exact: bool) -> None:
    watched = watch(exact=exact, on_violation="raise")
    confirmed(exact=exact)
    assert watched.findings == []
    with pytest.raises(TrainingLoopError):
        watched.close()
    assert codes(watched) == ["LL101"]


@both_ways
def test_the_end_of_the_with_raises_where_the_loop_was_left_before_its_turn_ended(exact: bool) -> None:
    with contextlib.ExitStack() as stack:
        watched = stack.enter_context(watch(exact=exact, on_violation="raise"))
        confirmed(exact=exact)
        with pytest.raises(TrainingLoopError):
            stack.close()
    assert codes(watched) == ["LL101"]


@both_ways
def test_what_ends_the_run_is_not_hidden_by_what_is_found_then(exact: bool) -> None:
    def run() -> None:
        with watch(exact=exact, on_violation="raise"):
            confirmed(exact=exact)
            raise KeyboardInterrupt

    with pytest.warns(TrainingLoopWarning, match="^LL101 "), pytest.raises(KeyboardInterrupt):
        run()


def test_a_finding_has_its_places_and_how_often_it_was_seen(train: Train, script: Path) -> None:
    with watch(exact=True, on_violation="collect") as watched:
        train(False)
    (finding,) = watched.findings
    assert finding.count == 11, "in every turn but the first"
    assert [(one.span.filename, one.span.start.row, one.message) for one in finding.related] == [
        (str(script), FAULT, "gradients are applied here"),
        (str(script), FAULT - 1, "the next ones are added to them here"),
    ]


@both_ways
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
@pytest.mark.parametrize("given", ["optimizer", "scheduler", "by name", "both"])
def test_only_the_optimizers_that_are_given_are_watched(given: str, wrong: bool, exact: bool) -> None:
    pairs = [made(), made()]
    (_, right), (_, faulty) = pairs
    optimizer = faulty if wrong else right
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5)
    objects = {"optimizer": [optimizer], "scheduler": [scheduler], "by name": [], "both": [right]}[given]
    named = scheduler if given in ("by name", "both") else None
    with watch(*objects, scheduler=named, exact=exact, on_violation="collect") as watched:
        for _ in range(20):
            right.zero_grad()
            sum(model(torch.ones(1, 2)).sum() for model, _ in pairs).backward()
            right.step()
            faulty.step()
    assert codes(watched) == (["LL101"] if wrong else [])
    assert len(watched.account().optimizers) == 1 + (given == "both" and wrong)


@pytest.mark.parametrize("bad", [None, "adam", torch.nn.Linear(1, 1), [torch.nn.Linear(1, 1)]], ids=str)
def test_what_is_neither_an_optimizer_nor_a_scheduler_is_refused(bad: Any) -> None:
    expected = f"^watch\\(\\) takes optimizers and schedulers of torch, not {type(bad).__name__}$"
    with pytest.raises(TypeError, match=expected):
        watch(bad)
    with pytest.raises(TypeError, match=expected):
        watch(made()[1], bad)
    if bad is not None:
        with pytest.raises(TypeError, match=expected):
            watch(scheduler=bad)


@pytest.mark.parametrize("bad", ["print", None, 3])
def test_what_nothing_can_be_told_to_is_refused(bad: Any) -> None:
    expected = f"^on_violation must be 'warn', 'raise', 'collect' or something to call with a finding, not {bad!r}$"
    with pytest.raises(ValueError, match=expected):
        watch(on_violation=bad)


@both_ways
@pytest.mark.parametrize(("outer", "inner"), [("collect", "raise"), ("raise", "collect"), ("raise", "raise")])
def test_watches_in_one_another_each_tell_in_their_own_way(outer: Any, inner: Any, train: Train, exact: bool) -> None:
    raised = []
    with (
        warnings.catch_warnings(),
        watch(exact=exact, on_violation=outer) as first,
        watch(exact=exact, on_violation=inner) as second,
    ):
        warnings.simplefilter("error")
        for clear in (False, False, True):
            with contextlib.suppress(TrainingLoopError):
                train(clear)
                continue
            raised.append(clear)
    assert raised == [False] * [outer, inner].count("raise"), "each raises once"
    assert codes(first) == codes(second) == ["LL101"]
    assert "failed" not in first.summary() + second.summary()


@both_ways
def test_a_watch_may_be_closed_again(train: Train, exact: bool) -> None:
    with watch(exact=exact, on_violation="collect") as watched:
        train(False)
        watched.close()
        before = watched.findings
        train(False)
        watched.close()
    assert codes(watched) == ["LL101"]
    assert [one.count for one in watched.findings] == [one.count for one in before]
    assert watched.account().iterations == 12


LONG = """
def train():
    {made}
    for epoch in range(2 * epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn({out}, y).backward()
            optimizer.step(){mark}
        {behind}

train()
"""


def long(made: str, out: str = "net(x)", mark: str = "", behind: str = "pass") -> str:
    return LONG.format(made="\n    ".join(made.strip().splitlines()), out=out, mark=mark, behind=behind)


NEVER_USED = """
net = nn.ModuleList([nn.Linear(2, 1), nn.Linear(2, 1)])
optimizer = torch.optim.Adam(net.parameters())
"""
REPLACED = """
net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.Linear(4, 9))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net[3] = nn.Linear(4, 1)
"""
CYCLE = """
net = nn.Linear(2, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
loader = torch.utils.data.DataLoader(dataset, batch_size=1)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=2 * epochs * len(loader))
"""
ANOTHER = """
net = nn.Linear(2, 1)
optimizer = torch.optim.SGD(other.parameters(), lr=0.1)
"""
DRIVES_NOTHING = """
net = nn.Linear(2, 1)
old = torch.optim.SGD(net.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(old, step_size=2)
optimizer = torch.optim.Adam(net.parameters())
"""


@programs(
    {
        "a layer that is never used": long(NEVER_USED, out="net[0](x)", mark="  # LL601"),
        "a layer that is replaced": long(REPLACED, mark="  # LL604"),
        "one cycle, per epoch": long(CYCLE, behind="scheduler.step()  # LL203"),
        "another model": long(ANOTHER, mark="  # LL602"),
        "a schedule of another optimizer": long(DRIVES_NOTHING, behind="scheduler.step()  # LL207"),
    }
)
def test_a_run_in_a_function_that_has_returned_is_judged_at_its_end(program: str, exact: bool) -> None:
    check(program, exact=exact)


@both_ways
def test_parameters_have_their_names_though_the_model_is_gone(exact: bool) -> None:
    def run() -> weakref.ref[Any]:
        net = torch.nn.ModuleDict({"used": torch.nn.Linear(2, 1), "unused": torch.nn.Linear(2, 1)})
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(40):
            optimizer.zero_grad()
            net["used"](torch.ones(1, 2)).sum().backward()
            optimizer.step()
        return weakref.ref(net)

    with watch(exact=exact, on_violation="collect") as watched:
        net = run()
        gc.collect()
        assert net() is None
    (finding,) = watched.findings
    assert finding.message == ("`unused.weight`, `unused.bias` got no gradient in 40 steps of `optimizer`")
