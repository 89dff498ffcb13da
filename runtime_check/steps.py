"""What a step applies: concluded from the gradients before it, or behind each evaluation of its closure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from looplint.runtime_check import closures
from looplint.runtime_check.backwards import Backwards
from looplint.runtime_check.closures import Arguments
from looplint.runtime_check.events import Events
from looplint.runtime_check.gradients import Look
from looplint.runtime_check.history import History
from looplint.runtime_check.optimizers import Optimizers
from looplint.runtime_check.parameters import Outside
from looplint.runtime_check.sampling import Sampling
from looplint.runtime_check.values import Snapshot
from looplint.runtime_check.watched import CLEAN, FILLED, UNKNOWN, USED, Watched

from looplint.model import Op

CLOSURES = 2
"""So many evaluations of a closure are judged in one step; a line search makes any number of them."""


class Steps:
    """The steps of a run.

    Arguments:
        history, optimizers, sampling, events, backwards: of the run.

    Attributes:
        outside: the parameters that are in no optimizer.
        opaque: how many CUDA graphs were replayed: each may have done anything to gradients.
        guarded: calls what it is given, amidst a step of the user, so that nothing that goes wrong surfaces there.
    """

    def __init__(
        self, history: History, optimizers: Optimizers, sampling: Sampling, events: Events, backwards: Backwards
    ) -> None:
        self.history = history
        self.optimizers = optimizers
        self.sampling = sampling
        self.events = events
        self.backwards = backwards
        self.outside = Outside()
        self.opaque = 0
        self.guarded: Callable[..., object] = lambda call, *args: call(*args)

    def before(self, real: torch.optim.Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments | None:
        """An optimizer is about to step; returns new arguments where it has a closure."""
        one = self.optimizers.of(real)
        if one is None:
            return None
        one.stepping += 1
        if one.stepping > 1:
            return None
        one.closures = 0
        if len(args) > 1 or kwargs:
            changed = closures.replaced(args, kwargs, one, self._closure_returned)
            if changed is not None:
                return changed
        self._applying(one)
        return None

    def after(self, real: torch.optim.Optimizer) -> None:
        """An optimizer has stepped."""
        one = self.optimizers.of(real)
        if one is None:
            return
        if one.stepping:  # otherwise it began unseen, while turns were passed over
            one.stepping -= 1
            if one.stepping:
                return
        one.steps += 1
        self.sampling.stepped()
        if self.sampling.quiet:
            return
        if one.closures:
            one.look.take()
        else:
            self._applied(one)
        if self.history.closely:
            one.evidence.snapshot = Snapshot.of(one.look.present())
        one.coverage.stepped(real, one.steps)
        if one.steps == self.outside.next:
            self.outside.look(self.optimizers.trained())

    def count(self, real: torch.optim.Optimizer) -> int:
        """Return how often an optimizer has stepped."""
        one = self.optimizers.of(real)
        return 0 if one is None else one.steps

    def attempted(self, real: torch.optim.Optimizer, before: int) -> None:
        """A GradScaler was asked to step; where the optimizer did not, the gradients were infinite."""
        one = self.optimizers.of(real)
        if one is not None and one.steps == before:
            self.events.happen(Op.STEP, one.number, (one,), certain=False)

    def _applying(self, one: Watched) -> None:
        """The gradients of an optimizer are about to be applied: see what was done to them since the last event."""
        if self.backwards.within is not None:
            self.backwards.feeds(one)
        closely = self.history.closely
        if one.look.empty():  # others may have some
            real = one.real()
            assert real is not None
            one.look = Look(real, closely=closely)
        elif one.phase == FILLED and not closely and one.opaque == self.opaque:
            return  # what else was done to them is of no use to know
        if one.opaque != self.opaque:
            self._written(one)
        elif one.look.empty():
            if one.phase != CLEAN:
                self._cleared(one)
        elif one.phase == UNKNOWN or one.look.changed():
            if closely and one.phase in (FILLED, USED) and one.look.blank() is True:
                self._cleared(one)
            elif one.phase != FILLED or one.look.replaced():
                self._written(one)
        elif one.phase == USED and closely and one.evidence.denies():
            self._written(one)

    def _cleared(self, one: Watched) -> None:
        one.phase = CLEAN
        self.events.cleared((one,))

    def _written(self, one: Watched) -> None:
        one.phase = FILLED
        self.events.written(one)

    def _applied(self, one: Watched) -> None:
        had = one.phase in (FILLED, USED)
        one.phase = USED if one.look.mark() else CLEAN
        one.opaque = self.opaque
        self.events.happen(Op.STEP, one.number, (one,))
        if had and one.phase == CLEAN:
            self.events.cleared((one,))  # by the step itself

    def _closure_returned(self, one: Watched) -> None:
        if not self.sampling.quiet:
            self.guarded(self._evaluated, one)

    def _evaluated(self, one: Watched) -> None:
        """A closure has computed gradients, which are applied now."""
        one.closures += 1
        if one.closures <= CLOSURES and one.real() is not None:
            self._applying(one)
            self._applied(one)
