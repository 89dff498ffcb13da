"""What a run shows of how often a scheduler is meant to move.

Source reads it from the arguments; a run has counted the batches, so that it can say how far the schedule got: one
that has run through within the first epoch was made to count epochs, and one that has hardly begun when the training
ends was made to count steps. Nothing is concluded before that is seen.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType, SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

from looplint.runtime_check.events import Events
from looplint.runtime_check.gradients import parameters
from looplint.runtime_check.optimizers import Optimizers
from looplint.runtime_check.places import at
from looplint.runtime_check.sampling import Sampling

from looplint.model import Cadence, Event, Op, Optimizer, Scheduler

if TYPE_CHECKING:
    from torch.optim.lr_scheduler import LRScheduler

SPENT = 2e-3
"""A rate that falls below this part of what it was, within one epoch, has run through."""

FALLS = 0.6
"""A rate that is multiplied at every move, and falls below this part of what it was within one epoch."""

GENTLE = 0.99
"""A factor above this is made for every step."""

PATIENCE = 200
"""A plateau is waited for that many epochs at most; more are steps."""

EPOCH = 20
"""Epochs of fewer steps tell little of what a cycle counts."""


AGAIN = 3
"""A scheduler whose optimizer has not stepped by the time it moves so often drives nothing."""


@dataclass(eq=False)
class Driven:
    """A scheduler that is watched.

    Arguments:
        real: torch's.
        known: what it is in the model.
        number: tells it from others.
        kind: which class of torch it is, or is derived from; empty where it is none of which a run can tell.
        settings: what it was made with.
        moves: how often it has moved.
        first: how often it had moved when the second epoch began, and how often its optimizer had stepped.
    """

    real: weakref.ref[Any]
    known: Scheduler
    number: int
    kind: str
    settings: SimpleNamespace
    moves: int = 0
    first: tuple[int, int] | None = None


class Schedules:
    """The schedulers of a run.

    Arguments:
        optimizers, sampling, events: of the run.
        exact: conclude from short epochs too.

    Attributes:
        driven: those that are watched.
        final: the run has ended.
    """

    def __init__(self, optimizers: Optimizers, sampling: Sampling, events: Events, *, exact: bool = False) -> None:
        self.optimizers = optimizers
        self.sampling = sampling
        self.events = events
        self.exact = exact
        self.driven: list[Driven] = []
        self.final = False

    def of(self, real: LRScheduler) -> Driven | None:
        """Return what is known of a scheduler; None where its optimizer is not watched."""
        for one in self.driven:
            if one.real() is real:
                return one
        optimizer = getattr(real, "optimizer", None)
        met = optimizer is None or self.optimizers.known(optimizer) is not None
        drives = self.optimizers.of(optimizer) if optimizer is not None else None
        if drives is None:
            return None
        if not met and not self.sampling.quiet:  # it may take the place of one that has left gradients
            self.events.happen(Op.REBIND, drives.number, (drives,))
        kind = type(real).__name__
        for one in self.driven:  # one that takes the place of another that is gone is the same to the user
            if one.real() is None and one.known.kind == kind and one.known.optimizer is drives.known:
                one.real = weakref.ref(real)
                return one
        known = Scheduler(kind.lower(), kind, optimizer=drives.known)
        known.managed = not drives.steps and getattr(optimizer, "_opt_called", False)  # it stepped before the watch
        told = next((base.__name__ for base in type(real).__mro__ if base.__name__ in _TELLS), "")
        settings = SimpleNamespace(**{name: getattr(real, name) for name in _SETTINGS if hasattr(real, name)})
        made = Driven(weakref.ref(real), known, len(self.driven), told, settings)
        self.driven.append(made)
        return made

    def moved(self, real: LRScheduler, explicit: bool) -> None:
        """A scheduler has moved.

        Arguments:
            explicit: it was told the epoch.
        """
        one = self.of(real)
        if one is None:
            return
        one.moves += 1
        if one.moves == AGAIN:
            one.known.instead = self._instead(one, real)
        if self.sampling.quiet:
            return
        drives = self.optimizers.of(real.optimizer)

        def make(place: FrameType | None) -> Event:
            spot = self.events.spot(at(place))
            name = spot.text.partition(".step(")[0]
            if name and name != spot.text:
                one.known.name = name
            touched = frozenset() if drives is None else frozenset([drives.known])
            method = "epoch" if explicit else ""
            return Event(Op.SCHEDULE, spot, spot.text, touched, scheduler=one.known, method=method)

        self.events.happen(Op.SCHEDULE, ("scheduler", one.number, explicit), (), make)

    def _instead(self, one: Driven, real: LRScheduler) -> Optimizer | None:
        """Return the optimizer that trains the parameters of the one a scheduler drives, which has not stepped."""
        if self._steps(one):
            return None
        own = set(map(id, parameters(real.optimizer)))
        groups = set(map(id, real.optimizer.param_groups))
        for watched in self.optimizers.watched:
            other = watched.real()
            if other is not None and other is not real.optimizer and watched.steps >= AGAIN:
                shared = any(id(parameter) in own for parameter in parameters(other))
                if shared and not any(id(group) in groups for group in other.param_groups):
                    return watched.known
        return None

    def resumed(self, real: LRScheduler) -> None:
        """The state of a scheduler was loaded: where it stands is no longer its first rate."""
        one = self.of(real)
        if one is not None:
            one.known.managed = True

    def second_epoch(self) -> None:
        """The first epoch has ended, and another begins."""
        for one in self.driven:
            if one.first is None:
                one.first = one.moves, self._steps(one)

    def _steps(self, one: Driven) -> int:
        return sum(watched.steps for watched in self.optimizers.watched if watched.known is one.known.optimizer)

    def settle(self) -> None:
        """Say of each scheduler what it is meant to count, as far as the run has shown it."""
        for one in self.driven:
            if one.known.instead is not None and self._steps(one):
                one.known.instead = None
            if one.kind and one.known.cadence is Cadence.UNKNOWN:
                told = _TELLS[one.kind](self, one, one.settings)
                if told is not None:
                    one.known.cadence, one.known.evidence = told

    def per_batch(self, one: Driven) -> int:
        """Return how often a scheduler moved in the first epoch where it moved with each step; 0 otherwise."""
        if one.first is None:
            return 0
        moves, steps = one.first
        return moves if moves >= max(2, 0.9 * steps) else 0

    def per_epoch(self, one: Driven) -> int:
        """Return how many steps there were in an epoch where the run is over and it moved once in each; else 0."""
        if not self.final or one.first is None:
            return 0
        moves, steps = one.first
        least = 2 if self.exact else EPOCH
        return steps if moves <= 1 and steps >= least else 0


Told: TypeAlias = "tuple[Cadence, str]"

_SETTINGS = ("step_size", "gamma", "milestones", "T_max", "patience", "total_steps", "total_size", "step_ratio")
"""The attributes of torch's schedulers that tell how far a schedule goes."""


def _step(schedules: Schedules, one: Driven, made: SimpleNamespace) -> Told | None:
    moves = schedules.per_batch(one)
    if moves and made.gamma ** (moves // made.step_size) <= SPENT:
        return Cadence.EPOCH, f"step_size={made.step_size}"
    return None


def _multi_step(schedules: Schedules, one: Driven, made: SimpleNamespace) -> Told | None:
    milestones = sorted(made.milestones)
    moves = schedules.per_batch(one)
    if milestones and moves and milestones[-1] <= moves:
        return Cadence.EPOCH, f"milestones={milestones}"
    return None


def _exponential(schedules: Schedules, one: Driven, made: SimpleNamespace) -> Told | None:
    moves = schedules.per_batch(one)
    if moves and made.gamma < GENTLE and made.gamma**moves < FALLS:
        return Cadence.EPOCH, f"gamma={made.gamma}"
    return None


def _cosine(schedules: Schedules, one: Driven, made: SimpleNamespace) -> Told | None:
    moves = schedules.per_batch(one)
    if moves and made.T_max < moves:
        return Cadence.EPOCH, f"T_max={made.T_max}"
    return None


def _plateau(schedules: Schedules, one: Driven, made: SimpleNamespace) -> Told | None:
    moves = schedules.per_batch(one)
    if moves and made.patience < min(moves, PATIENCE):
        return Cadence.EPOCH, f"patience={made.patience}"
    return None


def _one_cycle(schedules: Schedules, one: Driven, made: SimpleNamespace) -> Told | None:
    steps = schedules._steps(one)
    total = made.total_steps
    if schedules.per_epoch(one) and 4 * one.moves <= total and total / 2 <= steps <= 1.1 * total:
        return Cadence.STEP, f"total_steps={total}"
    return None


def _cyclic(schedules: Schedules, one: Driven, made: SimpleNamespace) -> Told | None:
    steps = schedules.per_epoch(one)
    if steps and made.total_size >= max(2 * steps, 4 * one.moves):
        return Cadence.STEP, f"step_size_up={made.total_size * made.step_ratio:.0f}"
    return None


_TELLS: dict[str, Callable[[Schedules, Driven, SimpleNamespace], Told | None]] = {
    "StepLR": _step,
    "MultiStepLR": _multi_step,
    "ExponentialLR": _exponential,
    "CosineAnnealingLR": _cosine,
    "ReduceLROnPlateau": _plateau,
    "OneCycleLR": _one_cycle,
    "CyclicLR": _cyclic,
}
"""How a run tells, of each scheduler of torch of which it can."""
