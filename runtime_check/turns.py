"""What is kept of a loop that is run: the turns of it that differ, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from looplint.runtime_check.places import NOWHERE, Spot

from looplint.judge import Verdict
from looplint.model import LoopKind

Item: TypeAlias = "int | tuple[int, int]"
"""An event, by its number; or a loop that has ended, by its number and that of the states behind it."""

Key: TypeAlias = "tuple[bool, int, tuple[Item, ...]]"
"""What tells a turn from others: whether it is the first, the states it is entered with, and what happens in it."""

Fault: TypeAlias = "tuple[str, int]"
"""A rule, and the number of the event that it speaks about."""

SHORT = 32
"""However short the turns of a loop were, one may have so many events before its head is missed."""


@dataclass(eq=False)
class Turn:
    """A distinct turn of a loop.

    Arguments:
        key: what tells it from others.
        times: how often it was there while every parameter was looked at.
        faults: what is wrong in it.
    """

    key: Key
    times: int = 0
    faults: dict[Fault, Verdict] = field(default_factory=dict)


class Passed(NamedTuple):
    """What loops that have ended were like: several are one where they went over the same and turned the same way.

    Arguments:
        loader: which one they went over; None for a loop outside of any pass.
        place: where the head of their loop is.
        turns: the distinct turns.
        kind: what each turn is.
        head: what began each turn of a loop outside of any pass, or (negative) the loader of a pass.
    """

    loader: int | None
    place: Spot
    turns: tuple[Turn, ...]
    kind: LoopKind
    head: int | None


@dataclass(eq=False)
class Open:
    """A loop that is being run.

    Arguments:
        loader: which loader it goes over; None for what is outside of any pass.
        place: where its head is.
        turns: its distinct turns so far, in the order of their first time.
        entry: the states in which the present turn was entered.
        items: what has happened in the present turn, up to the last boundary.
        begun: whether a turn has begun.
        first: whether the present turn is the first.
        discard: whether the present turn was not seen as a whole.
        rounds: how many turns of a loop outside of any pass there were since its head is known.
        head: what begins each turn of a loop outside of any pass: an event, or (negative) a loader; None before
            anything was there twice.
        before: what happened before the first turn of that loop.
        patience: how many events a turn of that loop may have before its head is missed.
    """

    loader: int | None
    place: Spot = NOWHERE
    turns: dict[Turn, None] = field(default_factory=dict)
    entry: int = 0
    items: list[Item] = field(default_factory=list)
    begun: bool = False
    first: bool = True
    discard: bool = False
    rounds: int = 0
    head: int | None = None
    before: list[Item] = field(default_factory=list)
    patience: int = SHORT

    @property
    def kind(self) -> LoopKind:
        """What each turn is."""
        if self.loader is not None:
            return LoopKind.BATCH
        return LoopKind.EPOCH if self.head is not None and self.head < 0 else LoopKind.OTHER
