"""Finds what comes again and again in the items of a turn: the turns of a loop inside it that is no pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from looplint.runtime_check.turns import Item


def folded(items: Sequence[Item], loader: Callable[[Item], int | None]) -> list[Item | list[tuple[Item, ...]]]:
    """Return items with those that come again and again as the turns of a loop, as a list of tuples.

    Each turn begins with what comes again first; but where a loader is gone over again, a turn begins with that.

    Arguments:
        loader: returns which one a pass goes over; None for an event.
    """
    heads = [item if (one := loader(item)) is None else -1 - one for item in items]
    again = [head for index, head in enumerate(heads) if head in heads[index + 1 :]]
    if not again:
        return list(items)
    first = next((head for head in again if isinstance(head, int) and head < 0), again[0])
    starts = [index for index, head in enumerate(heads) if head == first]
    turns = [tuple(items[a:b]) for a, b in zip(starts, [*starts[1:], len(items)], strict=True)]
    return [*items[: starts[0]], turns]


def steady(items: tuple[Item, ...], loader: Callable[[Item], int | None]) -> tuple[Item, ...]:
    """Return items with no part more than twice in a row: how often an inner loop turns is nothing new."""
    *ahead, turns = folded(items, loader) or (None,)
    if not isinstance(turns, list):
        return items
    kept = [(turn[0], *steady(turn[1:], loader)) for turn in turns]
    kept = [turn for index, turn in enumerate(kept) if index < 2 or not turn == kept[index - 1] == kept[index - 2]]
    return (*items[: len(ahead)], *(item for turn in kept for item in turn))
