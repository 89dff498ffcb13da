"""What a framework does with the schedulers that a method of the user's class returns: it moves them itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from looplint.model import Cadence, Loop, Op, Optimizer, Scheduler
from looplint.source import frameworks
from looplint.source.frame import Frame, as_block
from looplint.source.frameworks import Configured
from looplint.source.launch import activation, call_of, caller_of
from looplint.source.roles import optimizers_of, scheduler_of
from looplint.source.values import NONE, Const, FunctionValue, Mapping, Sequence, Value, options, reachable

if TYPE_CHECKING:
    from looplint.source.reader import Reader

INTERVALS: dict[object, Cadence] = {one.value: one for one in (Cadence.EPOCH, Cadence.STEP)}
"""What a framework can be told of how often a scheduler moves."""


@dataclass(frozen=True)
class Move:
    """A scheduler, how often a framework moves it, and the part of the `return` statement that says so."""

    scheduler: Scheduler
    interval: Cadence
    node: cst.BaseExpression


def read_as_configured(function: FunctionValue, reader: Reader, frame: Frame) -> bool:
    """Read a function with what a framework does with its result; return False where none does anything.

    Behind it the framework trains: in an epoch loop around a batch loop, with each scheduler moved in the one or in
    the other. Of several results each is trained with, one after the other: every training begins with a clear, so
    that none is told by what ran before.
    """
    row = caller_of(function, reader, frameworks.configured_by)
    if row is None or row.configured is None or function.owner is None:
        return False
    function = function.bind(reader.instance_of(function.owner))
    inner = activation(function, reader, frame)
    frame.out.append(call_of(function, inner))
    for node, returned in inner.returns:
        for value in options(returned):
            moves = list(moves_in(node, value, row.configured))
            if moves:
                optimizers = [one for held in reachable(value) for one in optimizers_of(held)]
                frame.out.append(training(row.name, row.configured, node, optimizers, moves, inner))
    return True


def training(
    by: str, told: Configured, node: cst.BaseExpression, optimizers: list[Optimizer], moves: list[Move], frame: Frame
) -> Loop:
    """Return the loops in which a framework trains with a result."""

    def move(interval: Cadence) -> None:
        for one in moves:
            if one.interval is interval:
                scheduler = one.scheduler
                frame.emit(Op.SCHEDULE, one.node, scheduler=scheduler, text=scheduler.name, setting=told.interval)

    with frame.block() as turn:
        frame.emit(Op.CLEAR, node, *optimizers, text=by)
        frame.emit(Op.BACKWARD, node, text=by)
        frame.emit(Op.STEP, node, *optimizers, text=by)
        move(Cadence.STEP)
    body, place = as_block(turn), frame.at(node)
    batches = Loop((body, body), place, f"for each batch ({by})", loader=True)
    with frame.block() as turn:
        frame.out.append(batches)
        move(Cadence.EPOCH)
    body = as_block(turn)
    return Loop((body, body), place, f"for each epoch ({by})")


def moves_in(node: cst.BaseExpression, value: Value, told: Configured) -> Iterator[Move]:
    """Yield the schedulers of a result, as far as it is known how they move."""
    if isinstance(value, Mapping) and told.key in value.items:
        yield from move_of(part(node, told.key), value.items[told.key], told)
    elif isinstance(value, Sequence) and len(value.items) == 2 and not isinstance(value.items[0], Mapping):
        for inner, one in listed(part(node, 1), value.items[1]):
            yield from move_of(inner, one, told)
    elif isinstance(value, Sequence):
        for inner, one in listed(node, value):
            if isinstance(one, Mapping):
                yield from moves_in(inner, one, told)


def listed(node: cst.BaseExpression, value: Value) -> list[tuple[cst.BaseExpression, Value]]:
    """Return the items of a list, each with its expression; anything else is the only one."""
    if not isinstance(value, Sequence):
        return [(node, value)]
    return [(part(node, index), one) for index, one in enumerate(value.items)]


def move_of(node: cst.BaseExpression, value: Value, told: Configured) -> Iterator[Move]:
    """Yield how one scheduler moves, or nothing where that cannot be told.

    An interval that is written down says what a plain number counts: only words can contradict it.
    """
    items = value.items if isinstance(value, Mapping) else {told.scheduler: value}
    scheduler = scheduler_of(items.get(told.scheduler, NONE))
    if scheduler is None or not all(isinstance(key, str) for key in items):
        return
    given, frequency = items.get(told.interval), items.get(told.frequency, NONE)
    interval = told.default
    if given is not None:
        if not scheduler.stated or not isinstance(given, Const) or given.value not in INTERVALS:
            return
        interval = INTERVALS[given.value]
    if isinstance(frequency, Const) and frequency.value in (1, None):
        yield Move(scheduler, interval, node)


def part(node: cst.BaseExpression, key: str | int) -> cst.BaseExpression:
    """Return the expression of an item of a dict or a list, or that of the whole where it is not written out there."""
    if isinstance(node, cst.Dict):
        keyed = [one for one in node.elements if isinstance(one, cst.DictElement)]
        literal = {one.key.evaluated_value: one.value for one in keyed if isinstance(one.key, cst.SimpleString)}
        return literal.get(str(key), node)
    if isinstance(node, cst.Tuple | cst.List) and all(isinstance(one, cst.Element) for one in node.elements):
        return node.elements[int(key)].value
    return node
