"""How closely a run is looked at: at every parameter, at a few, or not at all for a while."""

from __future__ import annotations

from collections.abc import Callable

from looplint.runtime_check.gradients import Look
from looplint.runtime_check.history import History
from looplint.runtime_check.optimizers import Optimizers
from looplint.runtime_check.sampling import Sampling
from looplint.runtime_check.watched import UNKNOWN

CLOSELY = 8
"""So many turns are looked at closely at the beginning, and whenever something is suspected."""

STEPS, LONGEST_LOOK = 3, 256
"""It goes on until every optimizer has stepped that often, as one does that accumulates, but not for more turns."""

CYCLE = 2
"""So often every optimizer steps in turns that are judged between others: what one step leaves the next one meets."""

RELAPSES = 12
"""So often a suspicion is followed up; a program that is suspected more often is one that cannot be judged."""

WARM = 64
"""So many turns without anything new are judged before most are passed over."""

BURST = 6
"""Then so many are judged between those that are passed over."""


class Attention:
    """How closely a run is looked at.

    Arguments:
        history, optimizers, sampling: of the run.
        exact: always at every parameter, in every turn.
        notify: is called at the end of a turn in which something is wrong.
    """

    def __init__(
        self,
        history: History,
        optimizers: Optimizers,
        sampling: Sampling,
        *,
        exact: bool = False,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self.history = history
        self.optimizers = optimizers
        self.sampling = sampling
        self.exact = exact
        self.notify = notify
        self._looked = 0
        self._clean = 0
        self._relapses = 0

    def turn_ended(self) -> None:
        """A turn has ended: look at the next as closely as what was seen asks for."""
        history = self.history
        if history.closely:
            self.listen()
        if history.suspect:
            history.suspect = False
            self._clean = 0
            self.sampling.shorten()
            if not history.closely and self._relapses < RELAPSES:
                self._relapses += 1
                self._look(closely=True)
            self.notify()
        if self.exact:
            return
        self._looked += 1
        if history.closely:
            if self._looked >= CLOSELY and self._seen(STEPS):
                self._look(closely=False)
            return
        self._clean += 1
        if self._clean > WARM and self._seen(CYCLE):
            self._clean = WARM - BURST
            self.sampling.pause()

    def passes_backward(self) -> None:
        """A backward has ended while turns are passed over."""
        if self.sampling.passes_backward():
            self.resume()

    def resume(self) -> None:
        """Look again, behind turns that were passed over."""
        self.sampling.resume()
        self._look(closely=self.history.closely)  # parameters may have come and gone

    def listen(self) -> None:
        """See what devices have answered."""
        for one in self.optimizers.watched:
            if one.evidence.listen():
                self.history.suspect = True

    def _seen(self, steps: int) -> bool:
        """Return whether every optimizer has stepped so often since the last time that turns had not been judged."""
        used = (one for one in self.optimizers.watched if one.phase != UNKNOWN and one.real() is not None)
        return self._looked >= LONGEST_LOOK or all(one.steps - one.before >= steps for one in used)

    def _look(self, *, closely: bool) -> None:
        """Look at every parameter from now on, or at a few."""
        self.history.closely = closely
        self._looked = 0
        for one in self.optimizers.watched:
            one.before = one.steps
            real = one.real()
            if real is not None:
                one.look = Look(real, closely=closely)
                one.look.take()
                one.phase = UNKNOWN
        self.history.skip()
