"""Which turns of a long run are judged, and which are passed over: how many in a row, and how many so far."""

from __future__ import annotations

from collections.abc import Callable

from looplint.runtime_check.history import History

PAUSE, LONGEST_PAUSE = 128, 1024
"""So many turns are passed over at a time; the longer nothing is found the more."""


class Sampling:
    """The turns of a run.

    Arguments:
        history: says whether a loader tells where each turn begins.

    Attributes:
        quiet: turns are passed over: one more than how many there are left. The last is 1: the next has to be looked
            at. While turns are judged it is 0.
        passed: the pass over a loader of which turns are passed over; None where no loader tells of any.
        judged: how many turns with a backward were judged.
        fresh: whether the present turn had no backward so far.
        settle: is called whenever turns begin or cease to be passed over.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.quiet = 0
        self.passed: object = None
        self.judged = 0
        self.fresh = True
        self.settle: Callable[[], None] = lambda: None
        self._planned = 0
        self._length = PAUSE

    @property
    def skipped(self) -> int:
        """How many turns were passed over so far."""
        return self._planned - max(0, self.quiet - 1)

    def in_loader(self) -> bool:
        """Return whether a loader tells where each turn begins."""
        return len(self.history.open) > 1

    def backward(self) -> None:
        """A backward has ended in a turn that is judged."""
        self.judged += self.fresh
        self.fresh = False

    def stepped(self) -> None:
        """An optimizer has stepped: a turn ends with that where no loader tells of any."""
        self.fresh = self.fresh or not self.in_loader()

    def passes_backward(self) -> bool:
        """Count a turn that is passed over where no loader tells of any; return whether it was the last."""
        if not self.fresh or self.in_loader():
            return False
        self.fresh = False
        self.quiet -= 1
        return self.quiet == 1

    def passes_batch(self, one: object) -> bool:
        """Count a turn of a pass that is passed over; return False where it has to be looked at."""
        if self.quiet == 1:
            return False
        self.quiet -= 1
        self.passed = one
        return True

    def pause(self) -> None:
        """Pass over the turns that come now."""
        self.quiet = self._length + 1
        self._planned += self._length
        self._length = min(2 * self._length, LONGEST_PAUSE)
        self.settle()

    def resume(self) -> None:
        """Judge again, behind turns that were passed over."""
        self._planned = self.skipped
        self.quiet = 0
        self.passed = None
        self.settle()

    def shorten(self) -> None:
        """Something was found: pass over few turns the next time."""
        self._length = PAUSE
