"""Makes events of the law of what happens, at their places in the user's code, and tells the history of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from types import FrameType
from typing import Any

from looplint.runtime_check.attention import Attention
from looplint.runtime_check.history import History
from looplint.runtime_check.places import NOWHERE, At, Spot, at, spot_of, user_frame
from looplint.runtime_check.watched import Watched, numbers

from looplint.model import Event, Op


class Events:
    """The events of a run.

    Arguments:
        history: is told of them.
        attention: is told when a turn has ended with one.

    Attributes:
        listener: is told of them too: what, its number in the history, and to whom.
    """

    def __init__(self, history: History, attention: Attention) -> None:
        self.history = history
        self.attention = attention
        self.listener: Callable[[Op, int, Sequence[Watched]], None] | None = None
        self._codes: dict[int, Any] = {}
        self._behind = -1
        self._foreseen: dict[tuple[int, int, Hashable, bool], int] = {}

    def happen(
        self,
        op: Op,
        who: Hashable,
        watched: Sequence[Watched],
        make: Callable[[FrameType | None], Event] | None = None,
        certain: bool = True,
    ) -> None:
        """Something happens.

        While nothing is suspected the place is taken to be the one where the same came last behind the same.

        Arguments:
            op: what.
            who: tells those to whom from others.
            watched: to whom.
            make: returns the event, given the frame of the user; None for one of these optimizers.
            certain: it is known that it has happened.
        """
        history = self.history
        foreseen = self._behind, id(op), who, certain
        number = None if history.closely else self._foreseen.get(foreseen)
        if number is None:
            place = user_frame()
            where = (0, 0) if place is None else (id(place.f_code), place.f_lasti)
            key = (*foreseen[1:], *where)
            number = history.numbers.get(key)
            if number is None:
                event = make(place) if make else self._event(op, watched, place, certain)
                number = history.learn(key, event, (op, where))
            self._foreseen[foreseen] = number
        self._behind = number
        history.add(number)
        if self.listener is not None:
            self.listener(op, number, watched)
        if history.turned:
            history.turned = False
            self.attention.turn_ended()

    def cleared(self, watched: Sequence[Watched]) -> None:
        """The gradients of some optimizers were cleared."""
        self.happen(Op.CLEAR, numbers(watched), watched)

    def written(self, one: Watched) -> None:
        """The gradients of an optimizer were written to, by hand or by what torch shows nothing of."""
        self.happen(Op.WRITE, one.number, (one,))

    def spot(self, place: At | None) -> Spot:
        """Return what stands at a place."""
        if place is None:
            return NOWHERE
        self._codes[id(place[0])] = place[0]  # as long as its identity is used, nothing else may take it
        return spot_of(place)

    def _event(self, op: Op, watched: Sequence[Watched], place: FrameType | None, certain: bool) -> Event:
        spot = self.spot(at(place))
        for one in watched:
            self._name(one, spot.text, op)
        method = "closure" if op is Op.STEP and any(one.closures for one in watched) else ""
        return Event(op, spot, spot.text, frozenset(one.known for one in watched), certain=certain, method=method)

    def _name(self, one: Watched, text: str, op: Op) -> None:
        """Call an optimizer what its user calls it, as far as a call shows it."""
        receiver, dot, rest = text.rpartition(".step(") if op is Op.STEP else text.rpartition(".zero_grad(")
        if op is not Op.STEP and one.steps and one.known.name != one.kind.lower():
            return  # its step has named it, and it may be a module that was asked to clear
        if dot and len(self.history.events) and receiver and not receiver.endswith(")") and rest:
            scaled = op is Op.STEP and rest.rstrip(") ").isidentifier() and "scaler" in receiver
            one.known.name = rest.rstrip(") ") if scaled else receiver
