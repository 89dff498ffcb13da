"""What frameworks do with what they are given: hand it back, make an engine of it, or run it once per batch."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from looplint.model import Call, Loop, Optimizer
from looplint.source import frameworks
from looplint.source.follow import TRAINS, base_name, bind_unknown, inline
from looplint.source.frame import Frame, as_block
from looplint.source.frameworks import Framework, HandsBack
from looplint.source.roles import optimizer_named
from looplint.source.tree import decorators, statements
from looplint.source.values import (
    Engine,
    FunctionValue,
    Given,
    Instance,
    Loader,
    OptimizerValue,
    SchedulerValue,
    Sequence,
    Symbol,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from looplint.source.reader import Reader

HARMLESS = ("torch.nn.", "abc.", "typing.", "object", "Generic")
"""Other base classes that call nothing by themselves."""


def handed_back(how: HandsBack, given: list[Given]) -> Value:
    """Return what a framework returns made ready: the very objects it was given."""
    if any(one.star for one in given):
        return Unknown(tuple(one.value for one in given))
    positional = [one.value for one in given if not one.keyword]
    keywords = {one.keyword: one.value for one in given if one.keyword}
    values = positional
    if how.arguments:
        values = []
        for keyword, position in how.arguments:
            found = positional[position] if position < len(positional) else keywords.get(keyword)
            if found is not None or how.always:
                values.append(found or Unknown())
    for value in values:
        if isinstance(value, SchedulerValue):
            value.scheduler.managed = True
    return values[0] if len(values) == 1 else Sequence(values)


def engine(row: Framework, given: list[Given]) -> Value:
    """Return what the factory of an engine returns: the engine, its optimizer, a loader and a scheduler.

    The engine steps the optimizer that it is given, or one that it makes for itself.
    """
    if not row.engine_clears:
        return Sequence([Engine(), Engine(), Loader(), Unknown()])
    taken = next((one.value.optimizer for one in given if isinstance(one.value, OptimizerValue)), None)
    return Sequence([Engine(taken or Optimizer("engine"), fresh=taken is None), Engine(), Loader(), Unknown()])


def handed_out(instance: Instance, method: str, place: cst.CSTNode, frame: Frame) -> Symbol:
    """Return what `self.optimizers()` hands out: the optimizers that the object was set up with, in that order."""
    own = instance.attributes.symbol(f"self.{method}")
    if not own.owned:
        own.owned = True
        made = configured(instance, place, frame)
        paths = [f"{own.path}[{index}]" for index in range(len(made))] if len(made) > 1 else [own.path]
        for path, optimizer in zip(paths, made, strict=False):
            item = instance.attributes.symbol(path)
            item.owned = True
            optimizer_named(item).networks = optimizer.networks
    return own


def configured(instance: Instance, place: cst.CSTNode, frame: Frame) -> list[Optimizer]:
    """Return the optimizers that `configure_optimizers` of an object returns; none where these cannot be told."""
    setup = instance.cls.member("configure_optimizers")
    if not isinstance(setup, FunctionValue):
        return []
    known = dict(instance.attributes.names)
    with frame.reader.aside(), frame.block():
        value = inline(setup.bind(instance), (), place, frame)
    instance.attributes.names = known
    if isinstance(value, Sequence) and value.items and isinstance(value.items[0], Sequence):
        value = value.items[0]  # and behind it the schedulers
    items = value.items if isinstance(value, Sequence) else [value]
    made = [one.optimizer for one in items if isinstance(one, OptimizerValue)]
    return made if len(made) == len(items) else []


def read_as_turn(function: FunctionValue, reader: Reader, frame: Frame) -> bool:
    """Read a function as one turn of the loop in which a framework calls it; return False where none does.

    What the framework calls before it and behind it, for the same batch, is read as part of the turn. Where something
    else steps or clears that is called nobody knows when, the function is read on its own.
    """
    row = framework_of(function, reader)
    if row is None:
        return False
    bound = [function]
    if function.owner is not None and row.turn is not None:
        receiver = reader.instance_of(function.owner)
        named = [function.owner.member(name) for name in row.turn.methods]
        bound = [one.bind(receiver) for one in named if isinstance(one, FunctionValue)]
    before, reader.entered = reader.entered, {one.node for one in bound}
    with frame.block() as nodes:
        for one in bound:
            nodes.append(call_of(one, activation(one, reader, frame)))
    entered, reader.entered = reader.entered, before
    others = [one for one in beside(function, row, reader) if one.node not in entered]
    if any(TRAINS.search(reader.text(one)) for one in others):
        return False
    reader.entered |= entered
    body = as_block(nodes)
    text = f"for each batch ({row.name})"
    frame.out.append(Loop((body, body), frame.at(function.node), text, loader=True, stores=body.stored()))
    return True


def beside(function: FunctionValue, row: Framework, reader: Reader) -> list[FunctionValue]:
    """Return the other functions that the framework may call: of the same class, or attached to the same loop."""
    if function.owner is not None:
        members = [one for cls in function.owner.lineage() for one in cls.members.values()]
        return [one for one in members if isinstance(one, FunctionValue)]
    attached = rf"\.({'|'.join(row.attaches)})\("
    return [
        one
        for one in reader.functions()
        if isinstance(one.node, cst.FunctionDef)
        and (
            decorators(one.node) & set(row.attaches)
            or re.search(rf"{attached}[^\n]*\b{one.node.name.value}\b", reader.source.text)
        )
    ]


def activation(function: FunctionValue, reader: Reader, frame: Frame) -> Frame:
    """Read a function that a framework calls, with arguments that nobody can see."""
    inner = Frame.of(function, reader, frame.stack)
    bind_unknown(function, inner)
    inner.run(statements(function.body))
    return inner


def call_of(function: FunctionValue, inner: Frame) -> Call:
    return Call(function.name, as_block(inner.out), function.whole)


def framework_of(function: FunctionValue, reader: Reader) -> Framework | None:
    """Return the framework that calls a function once per batch, if one surely does."""
    if function.owner is None:
        return reader.looped.get(function.node)
    return caller_of(function, reader, frameworks.turn_of)


def caller_of(
    function: FunctionValue, reader: Reader, asked: Callable[[str, str, str], Framework | None]
) -> Framework | None:
    """Return the framework that calls a method of a class, if one surely does: no other base may call it as well.

    Arguments:
        asked: which framework does, by the full name of a base, the name of the method and the text of the class.
    """
    if function.owner is None or isinstance(function.node, cst.Lambda):
        return None
    bases = [base_name(base) for base in function.owner.outer_bases()]
    text = "".join(reader.text(one) for one in function.owner.lineage())
    rows = [asked(base, function.node.name.value, text) for base in bases]
    known = [row for row in rows if row is not None]
    others = [base for base, row in zip(bases, rows, strict=True) if row is None and not base.startswith(HARMLESS)]
    return known[0] if known and not others else None
