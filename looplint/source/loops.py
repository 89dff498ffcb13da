"""Loops: what they iterate, and what one turn of them is."""

from __future__ import annotations

import functools

from looplint.model import Function, Loop, LoopKind, Op
from looplint.source import facts
from looplint.source.frame import Frame
from looplint.source.roles import is_loader, trains
from looplint.source.values import (
    Const,
    Items,
    Mapping,
    Parameter,
    Parameters,
    Sequence,
    Symbol,
    Unknown,
    Value,
    join,
    kept,
)

UNROLLED = 12
"""A loop over at most so many known objects is read once for each of them."""


def each(container: Value, frame: Frame) -> list[Value] | None:
    """Return the items one by one where a loop goes over objects that must be told apart, such as two optimizers.

    A list of optimizers of unknown length has one item that stands for all: in one pass over it, each is met once.
    """
    if isinstance(container, Mapping):
        told_apart = any(trains(value) for value in container.items.values())
        return [Const(key) for key in container.items] if told_apart and len(container.items) <= UNROLLED else None
    if isinstance(container, Sequence):
        if len(container.items) <= UNROLLED and trains(container):
            return container.items
        return None
    if isinstance(container, Items):
        return [container.element] if trains(container.element) else None
    if isinstance(container, Symbol):
        item = container.scope.symbol(f"{container.path}[*]")
        return [item] if trains(item) else None
    if isinstance(container, Unknown) and container.role == "zipped":
        parts = [each(part, frame) for part in container.made_from]
        known = [len(part) for part in parts if part is not None]
        if known:
            count = max(known)
            rows = [
                [pick(part, whole, i) for part, whole in zip(parts, container.made_from, strict=True)]
                for i in range(count)
            ]
            return [Sequence(row) for row in rows]
    if isinstance(container, Unknown) and container.role == "enumerated":
        inner = each(container.made_from[0], frame)
        return None if inner is None else [Sequence([Unknown(), item]) for item in inner]
    return None


def pick(part: list[Value] | None, whole: Value, index: int) -> Value:
    if part is None:
        return element_of(whole)
    return part[min(index, len(part) - 1)]


def element_of(container: Value) -> Value:
    """Return what one turn of a loop over `container` gets."""
    if isinstance(container, Parameters):
        return Parameter(container.owners, container.whole)
    if isinstance(container, Items):
        return container.element
    if isinstance(container, Sequence) and container.items and all(isinstance(i, Parameters) for i in container.items):
        return Parameters(container.networks())
    if isinstance(container, Unknown) and container.role == "enumerated":
        return Sequence([Unknown(), element_of(container.made_from[0])])
    if isinstance(container, Unknown) and container.role == "zipped":
        return Sequence([element_of(part) for part in container.made_from])
    if isinstance(container, Unknown) and container.role == "named":
        return Sequence([Unknown(), element_of(container.made_from[0])])
    if isinstance(container, Sequence) and container.items:
        return functools.reduce(join, container.items)
    if isinstance(container, Unknown) and container.role in ("optimizer", "scheduler"):
        return Unknown(container.made_from, role=container.role)
    return Unknown((container,), role="element", keeps=kept(container))


def collected(element: Value, *, whole: bool) -> Value:
    """Return what many of an element are, as a comprehension or `map` makes them.

    Arguments:
        whole: none is left out.
    """
    if isinstance(element, Parameter):
        return Parameters(element.owners, whole=whole and element.whole)
    return element if isinstance(element, Parameters) else Items(element)


def yields_batches(container: Value) -> bool:
    """Return whether each turn of a loop over `container` surely gets a batch of a DataLoader."""
    if isinstance(container, Unknown) and container.role in ("enumerated", "zipped", "iterator"):
        return any(map(yields_batches, container.made_from))
    return is_loader(container)


def takes_a_few(container: Value) -> bool:
    """Return whether a loop over `container` surely gets batches of a DataLoader, and perhaps no more than a few."""
    if isinstance(container, Unknown) and container.role in ("enumerated", "zipped", "iterator"):
        return any(map(takes_a_few, container.made_from))
    return isinstance(container, Unknown) and container.role == "slice"


def settle_kinds(function: Function, named_batches: set[Loop], literal: set[Loop]) -> None:
    """Decide what one turn of each loop is, now that it is known what the loops hold.

    A batch loop iterates a DataLoader, or something called like one around a backward, or is the loop with backward
    and step inside one that counts epochs. An epoch loop holds a batch loop. A loop with a backward and no step of
    its own is a micro-batch loop. A loop over a literal list, such as the phases of an epoch, is none of these.
    """
    loops = function.all_loops()
    for loop in reversed(loops):
        backward = next(loop.events(Op.BACKWARD), None) is not None
        step = next(loop.events(Op.STEP), None) is not None
        outer = [one for one in loop.loops() if one not in literal]
        if loop in literal or (not backward and not step):
            continue
        if loop.loader and not any(one.loader for one in outer):
            loop.kind = LoopKind.BATCH
        elif any(one.loader for one in outer) or not step:
            loop.kind = LoopKind.MICRO_BATCH if backward and not step else LoopKind.OTHER
        elif facts.EPOCH_NAME.search(loop.text):
            loop.kind = LoopKind.OTHER
        elif backward and outer and (loop in named_batches or facts.EPOCH_NAME.search(outer[0].text)):
            loop.kind = LoopKind.BATCH
    for loop in loops:
        if loop.kind is not LoopKind.BATCH and any(
            other.kind is LoopKind.BATCH and loop in other.loops() for other in loops
        ):
            loop.kind = LoopKind.EPOCH
