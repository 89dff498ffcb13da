"""Loops without a loader, generated: whatever stands first in a turn may cease, and what is told stays the truth.

A loop is made of updates, one for each optimizer. Of each it is known by counting what its steps apply, so that it is
known too what has to be reported of the loop: told to a history event by event, and run with torch.
"""

from __future__ import annotations

import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

from looplint.runtime_check import TrainingLoopWarning, watch
from looplint.runtime_check.history import History
from looplint.runtime_check.places import Spot

from looplint.model import Event, Op, Optimizer, Scheduler
from looplint.rule import catalogue
from tests.runtime_check.programs import both_ways

RULES = [rule for rule in catalogue().values() if rule.runs]
TURNS, ALWAYS = 100, 1_000_000
SAMPLED = 4 * TURNS
"""So many turns there are where most are passed over."""

ENOUGH = 20
"""So often a step may apply gradients again before that has to be told, times the backwards of an update."""


@dataclass(frozen=True)
class Update:
    """One update of a turn.

    Arguments:
        backwards: so many stand before its step.
        clears_last: it clears behind its step, not before its backwards.
        every: it is there in every so many turns.
        cleared: only in so many turns it clears.
        present: only in so many turns it is there at all.
        feeds_all: its backwards feed the other optimizers too.
        moves: only in so many turns a scheduler moves behind its step; 0 for none.
        rebuilt: in front of every so many turns its model and its optimizer are built anew.
    """

    backwards: int = 1
    clears_last: bool = False
    every: int = 1
    cleared: int = ALWAYS
    present: int = ALWAYS
    feeds_all: bool = False
    moves: int = 0
    rebuilt: int = ALWAYS

    def happens(self, turn: int) -> Iterator[Op]:
        """Yield what it does in a turn."""
        if turn % self.every or turn >= self.present:
            return
        clears = turn < self.cleared
        if turn and turn % self.rebuilt == 0:
            yield Op.BUILD
        if clears and not self.clears_last:
            yield Op.CLEAR
        yield from [Op.BACKWARD] * self.backwards
        yield Op.STEP
        if turn < self.moves:
            yield Op.SCHEDULE
        if clears and self.clears_last:
            yield Op.CLEAR

    def text(self, number: int) -> str:
        """Return it as Python; its step stands in a line of its own."""
        clear = [f"    if turn < {self.cleared}: optimizers[{number}].zero_grad()"]
        fed = "range(len(models))" if self.feeds_all else f"[{number}]"
        lines = [
            f"if turn % {self.every} == 0 and turn < {self.present}:",
            f"    if turn and turn % {self.rebuilt} == 0: build({number})",
            *([] if self.clears_last else clear),
            f"    for _ in range({self.backwards}): sum(models[one](x).mean() for one in {fed}).backward()",
            f"    optimizers[{number}].step()",
            f"    if turn < {self.moves}: schedulers[{number}].step()",
            *(clear if self.clears_last else []),
        ]
        return "".join(f"    {line}\n" for line in lines)


def applied_again(updates: list[Update], turns: int = TURNS) -> Counter[int]:
    """Return how often the step of each update applies gradients again, by its number."""
    used, found = set[int](), Counter[int]()
    mixed = set[int]()
    for turn in range(turns):
        for number, update in enumerate(updates):
            for op in update.happens(turn):
                if op in (Op.CLEAR, Op.BUILD):
                    used.discard(number)
                    mixed.discard(number)
                elif op is Op.BACKWARD:
                    mixed |= used & (set(range(len(updates))) if update.feeds_all else {number})
                elif op is Op.STEP:
                    found[number] += number in mixed
                    mixed.discard(number)
                    used.add(number)
    return found


@st.composite
def loops(draw: st.DrawFn) -> list[Update]:
    """Loops of one to three updates, each of which may cease to clear, to move its schedule, or to be there."""
    ceases = st.just(ALWAYS) | st.integers(1, TURNS // 3)
    update = st.builds(
        Update,
        backwards=st.sampled_from([1, 1, 1, 2, 4, 40]),
        clears_last=st.booleans(),
        every=st.sampled_from([1, 1, 2, 3]),
        cleared=ceases,
        present=ceases,
        feeds_all=st.booleans(),
        moves=st.integers(0, TURNS // 3),
        rebuilt=st.just(ALWAYS) | st.sampled_from([1, 3, 30]),
    )
    return draw(st.lists(update, min_size=1, max_size=3))


class Told:
    """A history that is told what such a loop does.

    Arguments:
        met: optimizers are met at their first clear, which is told; otherwise one that clears nothing is not.
    """

    def __init__(self, updates: list[Update], *, met: bool) -> None:
        self.history = History(RULES)
        self.optimizers = [Optimizer(f"optimizer{number}") for number, _ in enumerate(updates)]
        self.schedulers = [Scheduler("scheduler", "StepLR", optimizer=one) for one in self.optimizers]
        filled = set(range(len(updates))) if met else set[int]()
        for turn in range(TURNS):
            for number, update in enumerate(updates):
                fed = range(len(updates)) if update.feeds_all else [number]
                for op in update.happens(turn):
                    if op is not Op.CLEAR or number in filled:
                        self.happens(op, number, fed if op is Op.BACKWARD else [number])
                    if op is Op.BACKWARD:
                        filled |= set(fed)
                    elif op in (Op.CLEAR, Op.BUILD):
                        filled.discard(number)
        self.history.close()

    def happens(self, op: Op, number: int, to: range | list[int]) -> None:
        known = self.history.numbers.get((op, number))
        if known is None:
            place = Spot("<hand>", number, 1, number, 2, op.value)
            optimizers = frozenset(self.optimizers[one] for one in to)
            scheduler = self.schedulers[number] if op is Op.SCHEDULE else None
            known = self.history.learn((op, number), Event(op, place, op.value, optimizers, scheduler))
        self.history.add(known)

    def faults(self) -> dict[tuple[str, int], int]:
        """Return how often each code was seen, by it and the number of the update."""
        events = self.history.events
        return {(code, events[number].place.line): times for (code, number), _, times in self.history.faults()}  # type: ignore[attr-defined]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(loops(), st.booleans())
def test_what_is_told_of_a_loop_is_what_its_steps_apply_again(updates: list[Update], met: bool) -> None:
    again = applied_again(updates)
    found = Told(updates, met=met).faults()
    assert set(found) <= told(again, 1)
    enough = ENOUGH * max(update.backwards for update in updates)
    if all(update.rebuilt == ALWAYS for update in updates):
        assert told(again, enough) <= {one for one, times in found.items() if times > 1}


def told(again: Counter[int], least: int) -> set[tuple[str, int]]:
    """Return what is to be told of updates whose steps apply gradients again, each so often at least."""
    return {("LL101", number) for number, times in again.items() if times >= least}


BUILD = """\
import torch
x = torch.ones(2, 3)
models, optimizers, schedulers = [None] * count, [None] * count, [None] * count

def build(number):
    models[number] = torch.nn.Linear(3, 1)
    optimizers[number] = torch.optim.SGD(models[number].parameters(), lr=1e-3)
    schedulers[number] = torch.optim.lr_scheduler.StepLR(optimizers[number], 1000)

for number in range(count):
    build(number)
"""


def trained(updates: list[Update], turns: int, *, exact: bool, before: bool) -> set[tuple[str, int]]:
    """Return what is reported of such a loop, run with torch.

    Arguments:
        before: what it trains is built before the watch begins.
    """
    program = f"for turn in range({turns}):\n" + "".join(one.text(number) for number, one in enumerate(updates))
    lines = program.splitlines()
    places = {lines.index(f"        optimizers[{number}].step()") + 1: number for number, _ in enumerate(updates)}
    names: dict[str, object] = {"__name__": "__main__", "count": len(updates)}
    if before:
        exec(BUILD, names)
    with warnings.catch_warnings(), watch(exact=exact, on_violation="collect") as watched:
        warnings.simplefilter("error", TrainingLoopWarning)
        if not before:
            exec(BUILD, names)
        exec(compile(program, "<loop>", "exec"), names)
    return {(finding.code, places.get(finding.line, -1)) for finding in watched.findings}


@pytest.fixture(params=[False, True], ids=["alone", "beside a thread"])
def beside(request: pytest.FixtureRequest) -> Iterator[None]:
    """Another thread is alive, so that an optimizer from before is met only where something is done with it."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    if request.param:
        thread.start()
    yield
    over.set()
    if request.param:
        thread.join()


@both_ways
@pytest.mark.parametrize("before", [True, False], ids=["built before", "built in the watch"])
@settings(deadline=None, derandomize=True, max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(updates=loops())
def test_what_is_reported_of_a_loop_is_what_its_steps_apply_again(
    updates: list[Update], before: bool, exact: bool, beside: None
) -> None:
    turns = TURNS if exact else SAMPLED
    again = applied_again(updates, turns)
    found = trained(updates, turns, exact=exact, before=before)
    assert found <= told(again, 1)
    if all(update.rebuilt == ALWAYS for update in updates):
        assert told(again, turns // 2) <= found
