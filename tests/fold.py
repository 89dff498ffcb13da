"""Folds the log of a run into the model that rules reason on.

A log is a tree of passes over loaders and events. Several passes over one loader are an epoch loop, whose turns reach
from one pass to the next; a place that is reached again and again outside of any pass is a loop as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TypeAlias

from looplint.model import Block, Event, Loop, LoopKind, Node

Chain: TypeAlias = tuple[int, ...]
"""The lines of the example that were being run, outermost call first."""


@dataclass(eq=False)
class Happening:
    """An event, and how it was reached: in a loop the same way again and again."""

    event: Event
    chain: Chain

    @property
    def key(self) -> Hashable:
        return self.event.op, self.chain


@dataclass(eq=False)
class Pass:
    """One pass over a loader; a turn is what happened from one batch to the next."""

    loader: int
    place: int
    turns: list[list[Item]] = field(default_factory=list)
    closed: bool = False

    @property
    def key(self) -> Hashable:
        return self.loader

    def loop(self) -> Loop:
        return Loop(tuple(map(fold, self.turns)), self.place, kind=LoopKind.BATCH, loader=True)


Item: TypeAlias = Happening | Pass


def fold(items: list[Item]) -> Block:
    """Return the block of these items, with the loops that they must have come from."""
    repeated = first_repeated([item for item in items if isinstance(item, Pass)])
    kind = LoopKind.EPOCH
    if repeated is None:
        kind, repeated = LoopKind.OTHER, first_repeated(items)
    if repeated is None:
        nodes: list[Node] = [item.loop() if isinstance(item, Pass) else item.event for item in items]
        return Block(tuple(nodes))
    heads = [index for index, item in enumerate(items) if item.key == repeated]
    end = end_of_last_turn(items, heads)
    turns = [items[start:stop] for start, stop in zip(heads, [*heads[1:], end], strict=True)]
    first = items[heads[0]]
    place = first.place if isinstance(first, Pass) else first.event.place
    loop = Loop(tuple(map(fold, turns)), place, kind=kind)
    return Block((*fold(items[: heads[0]]).nodes, loop, *fold(items[end:]).nodes))


def first_repeated(items: list[Item] | list[Pass]) -> Hashable | None:
    """Return the key of the first item that comes again."""
    counts = Counter(item.key for item in items)
    return next((item.key for item in items if counts[item.key] > 1), None)


def end_of_last_turn(items: list[Item], heads: list[int]) -> int:
    """Return where the loop ends: before the first pass over a loader that no earlier turn has been over."""
    known = {item.key for item in items[heads[0] : heads[-1] + 1]}
    for index in range(heads[-1] + 1, len(items)):
        item = items[index]
        if isinstance(item, Pass) and item.key not in known:
            return index
    return len(items)


def passes(items: list[Item]) -> list[Pass]:
    """Return every pass in a log, those in turns of others included."""
    found: list[Pass] = []
    for item in items:
        if isinstance(item, Pass):
            found += [item, *(inner for turn in item.turns for inner in passes(turn))]
    return found
