"""Keeps what the report of a run shows: the first iterations, what was around each violation, the learning rates.

It listens to an observer and keeps a bounded part of what it hears, however long the run is. Nothing is read from a
device for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from looplint.runtime_check.observer import Observer
from looplint.runtime_check.turns import Fault
from looplint.runtime_check.watched import Watched

from looplint.finding import Finding
from looplint.model import Op, Optimizer

FIRST = 64
"""So many events of the beginning are shown."""

BEFORE, AFTER = 24, 12
"""So many events before and behind a violation."""

WINDOWS = 24
"""So many violations are shown with what was around them."""

POINTS = 800
"""A curve of more points is thinned: every second one goes, again and again."""

CURVES = 6
"""So many learning rates are kept."""

SHOWN = frozenset({Op.BACKWARD, Op.CLEAR, Op.STEP, Op.SCHEDULE, Op.WRITE})


@dataclass(frozen=True)
class Mark:
    """Something that happened.

    Arguments:
        op: what.
        number: of which event of the history.
        optimizers: to whom.
        turn: in which turn of the run, counted from 1.
        epoch: in which pass over which loader: both numbers, or None outside of any.
        blind: what happened just before it was not seen: turns were passed over, or looplint began to look at fewer or
            at more parameters.
    """

    op: Op
    number: int
    optimizers: tuple[Optimizer, ...]
    turn: int
    epoch: tuple[int, int] | None
    blind: bool


@dataclass
class Window:
    """A part of the run.

    Arguments:
        marks: what happened.
        finding: the violation it is about; None for the first iterations.
        at: which of the marks is that violation; -1 for none.
        due: how many more marks belong to it.
    """

    marks: list[Mark]
    finding: Finding | None = None
    at: int = -1
    due: int = 0


@dataclass
class Curve:
    """A learning rate over the steps of an optimizer, thinned where it gets long."""

    stride: int = 1
    points: list[tuple[int, float]] = field(default_factory=list)
    last: tuple[int, float] | None = None

    def add(self, step: int, rate: float) -> None:
        self.last = step, rate
        if step % self.stride and self.points:
            return
        self.points.append(self.last)
        if len(self.points) >= POINTS:
            self.stride *= 2
            self.points[1:] = [point for point in self.points[1:] if not point[0] % self.stride]

    def all(self) -> list[tuple[int, float]]:
        """Return the points that are kept, the first and the last among them."""
        return self.points if self.last in self.points[-1:] else [*self.points, *([self.last] if self.last else [])]


class Recorder:
    """What a report needs of one run.

    Arguments:
        observer: whom to listen to.
    """

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self.first = Window([], due=FIRST)
        self.windows: list[Window] = []
        self.curves: dict[tuple[int, int], Curve] = {}
        self._recent: deque[Mark] = deque(maxlen=BEFORE)
        self._turn = 1
        self._batches = 0
        self._stepped = False
        self._sight = (True, 0)

    def heard(self, op: Op, number: int, watched: Sequence[Watched]) -> None:
        """The observer has been told of an event."""
        if op is Op.STEP:
            for one in watched:
                self._rates(one)
        if op not in SHOWN or self.observer.sampling.quiet:
            return
        self._count(op)
        open_ = self.observer.history.open[-1]
        epoch = None
        if open_.loader is not None:
            epoch = open_.loader, self.observer.history.passes_seen[open_.loader]
        optimizers = tuple(one.known for one in watched)
        if op is Op.SCHEDULE:
            optimizers = tuple(self.observer.history.events[number].optimizers or ())
        sight = self.observer.history.closely, self.observer.sampling.skipped
        mark = Mark(op, number, optimizers, self._turn, epoch, sight != self._sight)
        self._sight = sight
        self._recent.append(mark)
        for window in (self.first, *self.windows):
            if window.due:
                window.due -= 1
                window.marks.append(mark)

    def violated(self, fault: Fault, finding: Finding) -> None:
        """A violation was confirmed: keep what was around it."""
        if len(self.windows) < WINDOWS:
            marks, due = list(self._recent), AFTER
            if all(mark.number != fault[1] for mark in marks):  # it lies further back: at the beginning
                marks, due = self.first.marks[:BEFORE], 0
            at = max((index for index, mark in enumerate(marks) if mark.number == fault[1]), default=-1)
            self.windows.append(Window(marks, finding, at, due))

    def _count(self, op: Op) -> None:
        """Count the turns: batches where a loader hands them out, else what follows a step begins with a backward."""
        batches = self.observer.passes.batches
        if batches != self._batches:
            self._turn += bool(self._batches)
            self._batches = batches
        elif not batches:
            self._turn += self._stepped and op in (Op.BACKWARD, Op.CLEAR)
            self._stepped = op is Op.STEP or (self._stepped and op is Op.SCHEDULE)

    def _rates(self, one: Watched) -> None:
        real = one.real()
        for index, group in enumerate(real.param_groups if real is not None else ()):
            key = one.number, index
            if key not in self.curves:
                if len(self.curves) >= CURVES:
                    return
                self.curves[key] = Curve()
            rate = group.get("lr")
            if isinstance(rate, torch.Tensor) and rate.device.type != "cpu":
                continue  # to read it would wait for the device
            if rate is not None:
                self.curves[key].add(one.steps, float(rate))

    # -- for the report ----------------------------------------------------------------------------------------------

    def data(self) -> dict[str, Any]:
        """Return what was kept, as JSON has it; places and text come from the events."""
        watched = [one for one in self.observer.optimizers.watched if one.used]
        lanes = [
            {
                "name": one.known.name,
                "kind": one.kind,
                "steps": one.steps,
                "rates": [
                    {"group": index, "points": curve.all()}
                    for (number, index), curve in sorted(self.curves.items())
                    if number == one.number
                ],
            }
            for one in watched
        ]
        order = {one.known: index for index, one in enumerate(watched)}
        windows = [self.first, *self.windows] if self.first.marks else []
        return {"optimizers": lanes, "windows": [self._window(window, order) for window in windows]}

    def _window(self, window: Window, order: dict[Optimizer, int]) -> dict[str, Any]:
        events = self.observer.history.events
        marks = []
        for index, mark in enumerate(window.marks):
            place: Any = events[mark.number].place
            marks.append(
                {
                    "op": mark.op.value,
                    "lanes": sorted(order[one] for one in mark.optimizers if one in order),
                    "turn": mark.turn,
                    "epoch": mark.epoch,
                    "blind": mark.blind,
                    "text": events[mark.number].text,
                    "place": f"{place.filename}:{place.line}",
                    "fault": index == window.at,
                }
            )
        one = window.finding
        title = None if one is None else {"code": one.code, "name": one.name, "place": f"{one.filename}:{one.line}"}
        return {"finding": title, "marks": marks}
