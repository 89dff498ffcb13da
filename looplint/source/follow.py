"""Following calls: functions and classes of the linted code are read where they are called, with their arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable

import libcst as cst

from looplint.model import Cadence, Call, Network, Op, Optimizer, Scheduler
from looplint.source import facts, frameworks
from looplint.source.frame import Frame, as_block, has_events
from looplint.source.roles import is_optimizer, optimizer_named, optimizers_of
from looplint.source.schedulers import is_schedule
from looplint.source.scope import Scope
from looplint.source.tree import decorators, statements
from looplint.source.values import (
    ClassValue,
    Const,
    Engine,
    External,
    FunctionValue,
    Given,
    Instance,
    Items,
    Loader,
    Mapping,
    OptimizerValue,
    Parameters,
    SchedulerValue,
    Sequence,
    Symbol,
    Unknown,
    Value,
)

CLEARS = re.compile(r"zero_grad|\.grad\s*=|\.zero_\(")
"""An optimizer of the linted code whose `step` has one of these clears for itself."""

TRAINS = re.compile(rf"{CLEARS.pattern}|\bopt\w*[^\n=]*\.step\(")
"""What steps or clears."""

DEPTH = 8
"""How many calls deep the reader follows."""


def arguments(nodes: Iterable[cst.Arg], frame: Frame) -> list[Given]:
    """Read the arguments of a call, in order."""
    given = []
    for node in nodes:
        value = frame.evaluate(node.value)
        if node.star == "*" and isinstance(value, Sequence):
            given += [Given(item) for item in value.items]
        elif node.star == "**" and isinstance(value, Mapping) and all(isinstance(key, str) for key in value.items):
            given += [Given(item, str(key)) for key, item in value.items.items()]
        else:
            given.append(Given(value, node.keyword.value if node.keyword else "", node.star))
    return given


def inline(function: FunctionValue, given: list[Given] | tuple[Given, ...], place: cst.CSTNode, frame: Frame) -> Value:
    """Read a function as it is called here, and return what it returns.

    A function is not read inside itself, nor deeper than `DEPTH` calls: then the call is one nobody can see into.
    """
    reader = frame.reader
    if function.node in frame.stack or len(frame.stack) >= DEPTH:
        reader.give_up(f"the call of {function.name} is not followed: it is recursive or too deep")
        return unseen(tuple(one.value for one in given), place, frame, function.receiver)
    if not reader.reaches(function):
        reader.give_up(f"the call of {function.name} is not followed: it leads to too much code of other files")
        return unseen(tuple(one.value for one in given), place, frame, function.receiver)
    before = set(reader.entered) if reader.yields(function) else None
    reader.entered.add(function.node)
    if not reader.matters(function, given):
        return Unknown(tuple(one.value for one in given))
    inner = Frame.of(function, reader, frame.stack)
    bind_parameters(function, given, inner)
    if isinstance(function.node, cst.Lambda):
        value = inner.evaluate(function.node.body)
    else:
        inner.run(statements(function.body))
        value = inner.returned()
    if before is not None:
        events = (event for node in inner.out for event in node.events())
        if all(event.op is Op.ESCAPE and event.optimizers is None for event in events):  # it hands over, and no more
            return Unknown(tuple(one.value for one in given))
        reader.entered = before  # it runs when somebody asks for its next item: it is read on its own
        return unseen((*(one.value for one in given), function), place, frame, function.receiver)
    if has_events(inner.out):
        frame.out.append(Call(function.name, as_block(inner.out), frame.at(place)))
    return value


def bind_parameters(function: FunctionValue, given: list[Given] | tuple[Given, ...], inner: Frame) -> None:
    """Bind arguments to parameters; what is not given takes its default, what nobody can tell is a name."""
    parameters = function.node.params
    positional = [*parameters.posonly_params, *parameters.params]
    names = inner.scope.names
    if function.receiver is not None and positional:
        names[positional.pop(0).name.value] = function.receiver
    starred = any(one.star for one in given)
    values = [one.value for one in given if not one.keyword and not one.star]
    if function.receiver is not None and not parameters.params and not parameters.posonly_params:
        values.insert(0, function.receiver)  # a wrapper that takes all there is, as a decorator makes it
    keywords: dict[object, Value] = {one.keyword: one.value for one in given if one.keyword}
    for index, parameter in enumerate([*positional, *parameters.kwonly_params]):
        name = parameter.name.value
        if index < len(positional) and index < len(values):
            names[name] = values[index]
        elif name in keywords:
            names[name] = keywords.pop(name)
        elif parameter.default is not None and not starred:
            names[name] = Frame(inner.reader, function.scope, function.source, inner.stack).evaluate(parameter.default)
        else:
            names[name] = inner.scope.symbol(name)
        value = names[name]
        if isinstance(value, Unknown):
            names[name] = inner.scope.symbol(name, value)
        elif isinstance(value, Symbol) and is_optimizer(Symbol(inner.scope, name)):
            optimizer_named(value)  # what is taken for an optimizer is one, whatever it is called out there
    if isinstance(parameters.star_arg, cst.Param):
        names[parameters.star_arg.name.value] = Sequence(values[len(positional) :])
    if parameters.star_kwarg is not None:
        names[parameters.star_kwarg.name.value] = Mapping(keywords)
    inner.store(set(names))


def bind_unknown(function: FunctionValue, inner: Frame) -> None:
    """Bind every parameter to its own name: the function is read on its own."""
    parameters = function.node.params
    positional = [*parameters.posonly_params, *parameters.params]
    if function.receiver is not None and positional:
        inner.scope.names[positional.pop(0).name.value] = function.receiver
    for parameter in [*positional, *parameters.kwonly_params]:
        inner.scope.names[parameter.name.value] = inner.scope.symbol(parameter.name.value)
    for star in (parameters.star_arg, parameters.star_kwarg):
        if isinstance(star, cst.Param):
            inner.scope.names[star.name.value] = inner.scope.symbol(star.name.value)


def instantiate(cls: ClassValue, given: list[Given], place: cst.CSTNode, frame: Frame) -> Value:
    """Read the construction of an object of a class of the linted code."""
    outer = [base_name(base) for base in cls.outer_bases()]
    if any(is_optimizer_class(name) for name in outer):
        own = cls.member("step")
        if isinstance(own, FunctionValue) and CLEARS.search(frame.reader.text(own)):
            return Engine()
        if given and isinstance(given[0].value, OptimizerValue):
            return given[0].value  # an optimizer around another works on the gradients of that one
        return OptimizerValue(Optimizer(cls.name, owners(given)), fresh=True)
    if any(map(is_schedule, outer)):
        driven = optimizers_of(given[0].value) if given else []
        optimizer = driven[0] if len(driven) == 1 else None
        return SchedulerValue(Scheduler(cls.name, cls.name, Cadence.UNKNOWN, optimizer), fresh=True)
    if any(facts.LOADERS.search(name) for name in (cls.name, *outer)):
        return Loader()
    instance = Instance(cls, Scope.of_object(cls))
    constructor = cls.member("__init__")
    if isinstance(constructor, FunctionValue):
        inline(constructor.bind(instance), given, place, frame)
    else:
        bind_fields(instance, given)
    return instance


def bind_fields(instance: Instance, given: list[Given]) -> None:
    """Bind the arguments of a dataclass, or of what is built like one, to its fields."""
    lineage = list(instance.cls.lineage())
    built = any(decorators(one.node) & facts.FIELD_DECORATORS for one in lineage)
    if not built and not any(base_name(base).endswith("NamedTuple") for base in instance.cls.outer_bases()):
        return
    lines = [line for one in reversed(lineage) for line in statements(one.node.body)]
    small = [part for line in lines if isinstance(line, cst.SimpleStatementLine) for part in line.body]
    names = [one.target.value for one in small if isinstance(one, cst.AnnAssign) and isinstance(one.target, cst.Name)]
    positional = [one.value for one in given if not one.keyword and not one.star]
    bound = dict(zip(dict.fromkeys(names), positional, strict=False))
    bound.update({one.keyword: one.value for one in given if one.keyword in names})
    for name, value in bound.items():
        unseen_value = isinstance(value, Unknown)
        instance.attributes.names[name] = instance.attributes.symbol(name, value) if unseen_value else value


def base_name(base: Value) -> str:
    if isinstance(base, External):
        return base.name
    return base.path if isinstance(base, Symbol) else ""


def is_optimizer_class(name: str) -> bool:
    """Return whether a name that is no code of this tree is a class of optimizers."""
    last = name.rpartition(".")[2]
    if frameworks.hides_gradients(name):
        return False
    if last in facts.OPTIMIZERS:
        return True
    if name.startswith("torch.optim."):
        return "lr_scheduler" not in name and "swa_utils" not in name and last[:1].isupper()
    return last.endswith("Optimizer") and last[:1].isupper()


def owners(given: list[Given]) -> frozenset[Network]:
    """Return the networks whose parameters an optimizer is built over; nothing where that cannot be told."""
    first = next((one.value for one in given if one.keyword in ("", "params") and not one.star), None)
    pending: list[Value | None] = [first]
    found: set[Network] = set()
    while pending:
        value = pending.pop()
        if isinstance(value, Parameters):
            found |= value.owners
        elif isinstance(value, Sequence):
            pending += value.items
        elif isinstance(value, Mapping):
            pending.append(value.items.get("params"))
        elif isinstance(value, Items):
            pending.append(value.element)
        elif isinstance(value, Unknown) and value.made_from:
            pending += value.made_from
        elif value is None or isinstance(value, Symbol | Const | Instance):
            return frozenset()
    return frozenset(found)


def unseen(values: tuple[Value, ...], place: cst.CSTNode, frame: Frame, receiver: Value | None = None) -> Value:
    """Code nobody can see receives these values: it may do anything to the optimizers it can reach through them."""
    reader = frame.reader
    reached: dict[Optimizer, None] = {}
    for value in (*values, *((receiver,) if receiver is not None else ())):
        reached.update(dict.fromkeys(reader.reachable_optimizers(value)))
    held = [value for value in (*values, receiver) if isinstance(value, Instance)]
    if reached or held:
        event = frame.emit(Op.ESCAPE, place, *reached)
        reader.note_escape(event, held)
    lend(values, frame)
    return Unknown(values, keeps=tuple(reached))


def lend(values: Iterable[Value], frame: Frame, given: Iterable[Optimizer] = ()) -> None:
    """Remember which optimizers may be cleared at any time, by functions that code nobody can see keeps: hooks.

    Arguments:
        given: the optimizers that such a function is called with.
    """
    reader = frame.reader
    for value in values:
        if isinstance(value, FunctionValue) and CLEARS.search(reader.text(value)) and not reader.yields(value):
            reader.lent.update(given, reader.reachable_optimizers(value))


def iterated(value: Value, place: cst.CSTNode, frame: Frame) -> Value:
    """Return what a loop over a value goes over: of an object of the linted code what its `__iter__` returns."""
    member = value.cls.member("__iter__") if isinstance(value, Instance) else None
    if not isinstance(member, FunctionValue):
        return value
    return inline(member.bind(value), (), place, frame)
