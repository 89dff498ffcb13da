"""What a backward has fed: concluded from the gradients before it and behind it."""

from __future__ import annotations

from collections.abc import Sequence

from looplint.runtime_check.events import Events
from looplint.runtime_check.gradients import Look, is_gone, remains
from looplint.runtime_check.history import History
from looplint.runtime_check.optimizers import Optimizers
from looplint.runtime_check.sampling import Sampling
from looplint.runtime_check.watched import FILLED, USED, Watched, numbers

from looplint.model import Op


class Backwards:
    """The backwards of a run.

    Arguments:
        history, optimizers, sampling, events: of the run.

    Attributes:
        within: the optimizers that have stepped in hooks of the present backward; None outside of any.
    """

    def __init__(self, history: History, optimizers: Optimizers, sampling: Sampling, events: Events) -> None:
        self.history = history
        self.optimizers = optimizers
        self.sampling = sampling
        self.events = events
        self.within: list[Watched] | None = None

    def before(self) -> None:
        """The outermost backward begins."""
        self.within = []
        for one in self.optimizers.watched:
            if one.stepping and not one.evaluating:
                one.stepping = 0  # the step has failed: nobody says so
            if one.phase == USED:
                one.suspects = one.look.untouched()
                one.look.refresh()
                if one.suspects and self.history.closely:
                    kept = [] if one.evidence.denies() else one.suspects
                    one.suspects = [held for held in kept if not is_gone(held)]
            elif one.phase == FILLED:
                one.look.refresh()
                one.was_empty = one.look.empty() or (self.history.closely and one.look.blank() is True)

    def after(self) -> None:
        """The outermost backward has ended, or failed."""
        self.sampling.backward()
        within, self.within = self.within or (), None
        watched = self.optimizers.watched
        self._ran([one for one in watched if one not in within] if within else watched, empty=not within)

    def feeds(self, one: Watched) -> None:
        """An optimizer is about to step in a hook of the backward that has made its gradients."""
        if self.within is not None:
            self.within.append(one)
            self._ran((one,), empty=True)

    def _ran(self, watched: Sequence[Watched], *, empty: bool) -> None:
        """A backward has run: see which of these optimizers it has fed.

        Arguments:
            empty: it counts even where it has fed none of them.
        """
        fed: list[Watched] = []
        cleared: list[Watched] = []
        for one in watched:
            if not one.look.held:
                real = one.real()
                if real is None:
                    continue
                one.look = Look(real, closely=self.history.closely)
            if not one.look.changed():
                continue
            if one.phase == USED:
                renewed = not any(map(remains, one.suspects))
            else:
                renewed = one.phase == FILLED and one.was_empty
            if renewed:
                cleared.append(one)
            fed.append(one)
            one.look.mark()
            one.phase = FILLED
            one.evidence.snapshot = None
            one.fed += 1
        if cleared:
            self.events.cleared(cleared)
        if fed or empty:
            self.events.happen(Op.BACKWARD, numbers(fed), fed)
