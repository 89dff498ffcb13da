"""One run that is watched: brings together who is told of what happens, and keeps to the thread that trains."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from looplint.runtime_check.attention import Attention
from looplint.runtime_check.backwards import Backwards
from looplint.runtime_check.builds import Builds
from looplint.runtime_check.clears import Clears
from looplint.runtime_check.events import Events
from looplint.runtime_check.history import History
from looplint.runtime_check.optimizers import Optimizers
from looplint.runtime_check.passes import Passes
from looplint.runtime_check.sampling import Sampling
from looplint.runtime_check.schedules import Schedules
from looplint.runtime_check.steps import Steps

from looplint.model import Event, Optimizer
from looplint.rule import Rule


class Observer:
    """Watches one run.

    Which optimizers a backward feeds, what is cleared and what is filled by hand is concluded from the gradients
    themselves (`looplint.runtime_check.gradients`); the calls that the hooks tell of only say where it was.

    Arguments:
        rules: all that a run can tell.
        exact: judge every turn, and look at every parameter.
        only: the optimizers to watch; None for every one.
        notify: is called at the end of a turn in which something is wrong.

    Attributes:
        builds, backwards, clears, steps, schedules, passes: what the hooks tell of each.
        thread: the one that trains: the first that computes gradients; None before.
        lock: is held while that is decided.
        told: an exception that is meant for the user.
        failed: something went wrong, and nothing is watched any more.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        exact: bool = False,
        only: Iterable[torch.optim.Optimizer] | None = None,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self.exact = exact
        self.told: BaseException | None = None
        self.failed = False
        self.thread: int | None = None
        self.lock = threading.RLock()
        self._begun = threading.get_ident()
        history = self.history = History(rules, lambda: self.schedules.settle(), self._shown)
        optimizers = self.optimizers = Optimizers(history, only)
        sampling = self.sampling = Sampling(history)
        attention = self.attention = Attention(history, optimizers, sampling, exact=exact, notify=notify)
        events = self.events = Events(history, attention)
        self.builds = Builds(optimizers, sampling, events)
        self.backwards = Backwards(history, optimizers, sampling, events)
        self.clears = Clears(history, optimizers, events)
        self.steps = Steps(history, optimizers, sampling, events, self.backwards)
        self.schedules = Schedules(optimizers, sampling, events, exact=exact)
        self.passes = Passes(history, sampling, attention, events, self.schedules)

    def other_thread(self) -> bool:
        """Return whether this is not the thread that trains; before that is known, the one in which the watch began."""
        return threading.get_ident() != (self.thread or self._begun)

    def train_here(self) -> None:
        """Watch this thread from now on, and no gradient that another may be computing: torch would not survive it."""
        with self.lock:
            if self.thread is None:
                self.thread = threading.get_ident()
                self.optimizers.keep_to(self.thread)

    def doubts(self, optimizer: Optimizer) -> bool:
        """Return whether it is not known yet that applied gradients of an optimizer were still there."""
        watched = self.optimizers.watched
        return any(one.evidence.is_awaited(one.look.present()) for one in watched if one.known is optimizer)

    def close(self) -> None:
        """The run ends."""
        if self.sampling.quiet:
            self.attention.resume()
        self.attention.listen()
        self.schedules.final = True
        self.history.close()

    def _shown(self, steps: dict[Optimizer, Event]) -> Iterator[object]:
        """Yield what a run shows of parameters; `steps` has a step of each optimizer."""
        yield from self.steps.outside.outsiders(steps)
        if self.schedules.final:
            yield from self.optimizers.untrained(steps)
