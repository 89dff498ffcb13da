"""The passes of a run over its loaders: where each begins and ends, and the turn that begins with each batch."""

from __future__ import annotations

from types import CodeType

from looplint.runtime_check.attention import Attention
from looplint.runtime_check.events import Events
from looplint.runtime_check.history import History
from looplint.runtime_check.places import At, at, user_frame, user_frames
from looplint.runtime_check.sampling import Sampling
from looplint.runtime_check.schedules import Schedules
from looplint.runtime_check.turns import Open


class Pass:
    """One pass over a loader; `open` while it goes on.

    Arguments:
        loader: which one.
        place: where its head is.

    Attributes:
        closed: it has ended, or it is read alongside another.
        reference: tells when nobody asks for its batches any more.
    """

    __slots__ = ("closed", "loader", "open", "place", "reference")

    def __init__(self, loader: int, place: At | None) -> None:
        self.loader = loader
        self.place = place
        self.open: Open | None = None
        self.closed = False
        self.reference: object = None


class Passes:
    """The passes of a run.

    Arguments:
        history, sampling, attention, events, schedules: of the run.

    Attributes:
        batches: how many batches were judged.
    """

    def __init__(
        self, history: History, sampling: Sampling, attention: Attention, events: Events, schedules: Schedules
    ) -> None:
        self.history = history
        self.sampling = sampling
        self.attention = attention
        self.events = events
        self.schedules = schedules
        self.batches = 0
        self._loaders: dict[tuple[tuple[int, int], ...], int] = {}
        self._codes: dict[int, CodeType] = {}

    def begin(self) -> Pass:
        """A loader is asked for its batches."""
        chain = user_frames()
        number = self._loaders.setdefault(tuple((id(code), line) for code, line in chain), len(self._loaders))
        for code, _ in chain:
            self._codes[id(code)] = code  # as long as its identity is used, nothing else may take it
        return Pass(number, at(user_frame()))

    def batch(self, one: Pass) -> None:
        """A loader yields its next batch."""
        if one.closed:
            return  # it is read alongside another: the loop is the other's
        sampling, history = self.sampling, self.history
        if sampling.quiet:
            if one.open is not None and sampling.passes_batch(one):
                return
            self.attention.resume()
        if one.open is None:
            one.open = history.enter(one.loader, self.events.spot(one.place))
            if history.passes_seen[one.loader] == 2 and history.root.head == -1 - one.loader:
                self.schedules.second_epoch()
        elif one.open not in history.open:
            one.closed = True
            return
        self.batches += 1
        sampling.fresh = True
        history.batch(one.open)
        self.attention.turn_ended()
        if sampling.quiet:
            sampling.passes_batch(one)

    def ended(self, one: Pass) -> None:
        """A loader has no more batches."""
        if self.dropped(one):
            self.attention.turn_ended()

    def dropped(self, one: Pass) -> bool:
        """Nobody asks a loader for more; return whether a loop has ended with it.

        Python may tell of it amidst any code, where nothing can be raised: what is found is told when a turn ends.
        """
        if one.closed or one.open is None:
            return False
        if self.sampling.quiet:
            self.attention.resume()
        one.closed = True
        self.history.leave(one.open)
        return True
