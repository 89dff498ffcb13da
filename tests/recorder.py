"""Runs an example with real torch and records what happens to its optimizers.

What is observed are effects on `.grad` wherever they tell more than calls: which optimizers a backward feeds, what is
cleared or filled by hand. The result is the model that the source reader builds from text, so that the very same rules
judge it. Everything that is patched is put back.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.optim.lr_scheduler import LRScheduler

from looplint.model import Cadence, Event, Function, Op, Optimizer, Scheduler
from tests.fold import Chain, Happening, Item, Pass, fold, passes
from tests.patches import patch

FILENAME = "<example>"

HORIZON = {
    "StepLR": "step_size",
    "MultiStepLR": "milestones",
    "CosineAnnealingLR": "T_max",
    "ReduceLROnPlateau": "patience",
}
"""The attribute in which a scheduler made to count epochs says how many."""

HARDLY_DECAYS = 0.99
"""An `ExponentialLR` with a factor above this is made to decay per batch."""

Grads = list[torch.Tensor | None]


@dataclass(eq=False)
class Watched:
    """An optimizer of the run, and its gradients when last looked at."""

    real: torch.optim.Optimizer
    known: Optimizer
    seen: Grads = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    filled: bool = False

    @property
    def parameters(self) -> list[torch.Tensor]:
        return [parameter for group in self.real.param_groups for parameter in group["params"]]

    @property
    def grads(self) -> Grads:
        return [parameter.grad for parameter in self.parameters]

    def look(self) -> None:
        self.seen = self.grads
        self.versions = [-1 if grad is None else grad._version for grad in self.seen]
        self.filled = not blank(self.seen)

    @property
    def changed(self) -> bool:
        """Gradients were added to, or came into being, since the last look."""
        before = dict(zip(map(id, self.seen), self.versions, strict=True))
        return any(grad is not None and before.get(id(grad)) != grad._version for grad in self.grads)

    @property
    def replaced(self) -> bool:
        """Some gradient is another object than at the last look."""
        return any(grad is not None and not any(grad is old for old in self.seen) for grad in self.grads)


def blank(grads: Grads) -> bool:
    return not any(grad is not None and bool(grad.any()) for grad in grads)


def chain() -> Chain:
    """Return the lines of the example that are being run, outermost call first."""
    lines = []
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == FILENAME:
            lines.append(frame.f_lineno)
        frame = frame.f_back
    return tuple(reversed(lines))


class Recorder:
    """The log of one run; its methods are what torch is made to call."""

    def __init__(self) -> None:
        self.log: list[Item] = []
        self.open: list[Pass] = []
        self.optimizers: dict[int, Watched] = {}
        self.schedulers: dict[int, tuple[LRScheduler, Scheduler]] = {}
        self.kept: list[object] = []
        self.depth: Counter[str] = Counter()

    def add(self, op: Op, *watched: Watched, **more: Any) -> None:
        lines = chain()
        place = lines[-1] if lines else 0
        event = Event(op, place, op.value, frozenset(one.known for one in watched), **more)
        self.here.append(Happening(event, lines))

    @property
    def here(self) -> list[Item]:
        return self.open[-1].turns[-1] if self.open else self.log

    @contextlib.contextmanager
    def outermost(self, what: str) -> Iterator[bool]:
        """Enter something that may be entered again inside; say whether this is the outermost time."""
        self.depth[what] += 1
        try:
            yield self.depth[what] == 1
        finally:
            self.depth[what] -= 1

    # -- loops -------------------------------------------------------------------------------------------------------

    def passing(self, loader: object) -> Pass:
        self.kept.append(loader)  # so that no other loader is given its identity
        return Pass(id(loader), (chain() or (0,))[-1])

    def batch(self, one: Pass) -> None:
        if one.closed:
            return  # a loader that is read alongside another: the loop is the other's
        if one in self.open:
            self.close_down_to(one)
        else:
            self.here.append(one)
            self.open.append(one)
        one.turns.append([])

    def end(self, one: Pass) -> None:
        if one in self.open:
            self.close_down_to(one)
            self.open.pop().closed = True

    def close_down_to(self, one: Pass) -> None:
        while self.open[-1] is not one:
            self.open.pop().closed = True

    # -- gradients ---------------------------------------------------------------------------------------------------

    def sync(self) -> None:
        """Record what was done to gradients by hand since the last look."""
        for watched in self.optimizers.values():
            grads = watched.grads
            if watched.filled and blank(grads):
                self.add(Op.CLEAR, watched)
            elif watched.replaced:
                self.add(Op.WRITE, watched)
            watched.look()

    def built(self, real: torch.optim.Optimizer) -> None:
        number = len(self.optimizers)
        watched = self.optimizers[id(real)] = Watched(real, Optimizer(f"{type(real).__name__.lower()}_{number}"))
        watched.look()
        self.add(Op.BUILD, watched)

    def fed(self) -> None:
        fed = [watched for watched in self.optimizers.values() if watched.changed]
        self.add(Op.BACKWARD, *fed)
        for watched in fed:
            watched.look()

    def cleared(self, parameters: list[torch.Tensor], owner: torch.optim.Optimizer | None = None) -> None:
        ids = set(map(id, parameters))
        touched = [
            watched
            for watched in self.optimizers.values()
            if watched.real is owner or (blank(watched.grads) and not ids.isdisjoint(map(id, watched.parameters)))
        ]
        self.add(Op.CLEAR, *touched)
        for watched in touched:
            watched.look()

    def stepped(self, real: torch.optim.Optimizer, *, certain: bool = True) -> None:
        self.add(Op.STEP, self.optimizers[id(real)], certain=certain)
        self.optimizers[id(real)].look()

    def moved(self, real: LRScheduler, method: str) -> None:
        _, known = self.schedulers.setdefault(id(real), (real, Scheduler(type(real).__name__, type(real).__name__)))
        drives = self.optimizers.get(id(getattr(real, "optimizer", None)))
        known.optimizer = drives.known if drives else None
        self.add(Op.SCHEDULE, *([drives] if drives else []), scheduler=known, method=method)

    def function(self) -> Function:
        """Return the run as the model has it."""
        every = passes(self.log)
        batches = max((len(one.turns) for one in every), default=0)
        epochs = max(Counter(one.loader for one in every).values(), default=0)
        for real, known in self.schedulers.values():
            known.cadence = cadence(real, batches, epochs)
        return Function("", fold(self.log))


def cadence(scheduler: LRScheduler, batches: int, epochs: int) -> Cadence:
    """Return how often a scheduler is meant to move in a run of so many epochs of so many batches."""
    kind = type(scheduler).__name__
    if kind in ("OneCycleLR", "CyclicLR"):
        horizon = scheduler.total_steps if kind == "OneCycleLR" else scheduler.total_size  # type: ignore[attr-defined]
        return Cadence.STEP if horizon > epochs else Cadence.UNKNOWN
    if kind == "ExponentialLR":
        return Cadence.EPOCH if scheduler.gamma < HARDLY_DECAYS else Cadence.UNKNOWN  # type: ignore[attr-defined]
    if kind in HORIZON:
        horizon = getattr(scheduler, HORIZON[kind])
        return Cadence.EPOCH if (max(horizon) if kind == "MultiStepLR" else horizon) <= batches else Cadence.UNKNOWN
    return Cadence.UNKNOWN


def record(source: str) -> Function:
    """Run `source` and return what its optimizers, schedulers and loaders did; places are its lines, from 1."""
    recorder = Recorder()
    with contextlib.ExitStack() as stack, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch sees some of the mistakes itself
        patch(recorder, stack)
        exec(compile(source, FILENAME, "exec"), {"__name__": "__main__"})
        recorder.sync()
    return recorder.function()
