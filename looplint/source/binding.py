"""Storing values under names: the moment at which an optimizer or a scheduler gets the name its user gave it."""

from __future__ import annotations

import libcst as cst

from looplint.model import Cadence, Network, Op, Optimizer, Scheduler
from looplint.source.frame import Frame
from looplint.source.roles import is_optimizer, optimizer_named, optimizers_of
from looplint.source.scope import Scope
from looplint.source.tree import target_names
from looplint.source.values import (
    NONE,
    ClassValue,
    Const,
    Either,
    Engine,
    Instance,
    Items,
    Mapping,
    OptimizerValue,
    Parameter,
    SchedulerValue,
    Sequence,
    Symbol,
    Unknown,
    Value,
    from_gradients,
)


def store(target: cst.CSTNode, value: Value, frame: Frame, place: cst.CSTNode) -> None:
    """Store a value under a target and say so in the model.

    Arguments:
        target: a name, an attribute, an item, or a tuple or list of these.
        place: the statement, for the events that the storing is.
    """
    bind(target, value, frame, place)
    frame.store(target_names(target))


def bind(target: cst.CSTNode, value: Value, frame: Frame, place: cst.CSTNode) -> None:
    if isinstance(target, cst.Name):
        scope = frame.elsewhere.get(target.value, frame.scope)
        scope.note_stored(target.value, expression_for(target, place))
        scope.names[target.value] = named(value, scope, target.value, target.value, frame, place)
    elif isinstance(target, cst.Attribute):
        bind_attribute(target, value, frame, place)
    elif isinstance(target, cst.Tuple | cst.List):
        for element, item in zip(target.elements, spread(value, len(target.elements)), strict=True):
            bind(element.value, item, frame, place)
    elif isinstance(target, cst.Subscript):
        container = frame.evaluate(target.value)
        key = frame.evaluate(target.slice[0].slice.value) if isinstance(target.slice[0].slice, cst.Index) else NONE
        text = frame.source.code(target)
        value = named(value, frame.scope, text, text, frame, place)
        if isinstance(container, Mapping) and isinstance(key, Const):
            container.items[key.value] = value
        note_change(container, frame, place)


def expression_for(target: cst.Name, place: cst.CSTNode) -> cst.BaseExpression | None:
    """Return what a statement stores in a name as a whole, or None where it does something else."""
    whole = isinstance(place, cst.Assign) and any(one.target is target for one in place.targets)
    return place.value if isinstance(place, cst.Assign) and whole else None


def bind_attribute(target: cst.Attribute, value: Value, frame: Frame, place: cst.CSTNode) -> None:
    attribute = target.attr.value
    if attribute == "grad":
        set_gradient(frame.evaluate(target.value), value, frame, place)
        return
    base = frame.evaluate(target.value)
    if attribute == "data" and isinstance(base, Unknown) and base.role == "gradients":
        set_gradient(base.made_from[0], value, frame, place)
        return
    if attribute in ("step", "zero_grad"):  # a method of its own is put in place of that of its class
        frame.reader.lent.update(optimizers_of(base))
    frame.reader.meet(base, value)
    text = frame.source.code(target)
    if isinstance(base, Mapping):
        base.items[attribute] = named(value, frame.scope, text, text, frame, place)
    elif isinstance(base, Instance):
        base.attributes.names[attribute] = named(value, base.attributes, attribute, text, frame, place)
    elif isinstance(base, ClassValue):
        base.members[attribute] = named(value, base.scope, f"{base.name}.{attribute}", text, frame, place)
    elif isinstance(base, Symbol):
        path = f"{base.path}.{attribute}"
        base.scope.names[path] = named(value, base.scope, path, text, frame, place)


def set_gradient(owner: Value, value: Value, frame: Frame, place: cst.CSTNode) -> None:
    """`x.grad = value`: None and zeros clear, anything else fills by hand.

    What is computed from the gradients of the same network, such as their mean over all processes, is still these.
    """
    zeros = isinstance(value, Unknown) and value.role == "zeros"
    if zeros or (isinstance(value, Const) and value.value in (None, 0)):
        clear_by_hand(owner, frame, place)
    elif not from_gradients(value) or not owner.networks() or value.networks() != owner.networks():
        frame.emit(Op.WRITE, place)
        frame.reader.note_buffers(value)
    else:
        frame.emit(Op.CHANGE, place)


def note_change(value: Value, frame: Frame, place: cst.CSTNode) -> None:
    """Say that what a value holds is changed in place, where it is gradients."""
    if isinstance(value, Unknown | Symbol) and value.gradients:
        frame.emit(Op.CHANGE, place)


def clear_by_hand(owner: Value, frame: Frame, place: cst.CSTNode) -> None:
    """Clearing one tensor by hand: surely a reset of the optimizer's gradients only where it is a parameter."""
    networks = owner.networks() if isinstance(owner, Parameter) else frozenset()
    joined = frame.reader.joined(networks)
    frame.emit(Op.CLEAR, place, networks=networks, perhaps=joined, certain=isinstance(owner, Parameter) and owner.whole)


def spread(value: Value, count: int) -> list[Value]:
    """Return the `count` items of a value that is unpacked."""
    if isinstance(value, Sequence) and len(value.items) == count:
        return value.items
    if isinstance(value, Items):
        return [another(value.element) for _ in range(count)]
    if isinstance(value, Symbol) and value.owned:
        items = [value.scope.symbol(f"{value.path}[{index}]") for index in range(count)]
        for item in items:
            item.owned = True
        return list(items)
    role = value.role if isinstance(value, Unknown) else ""
    return [Unknown((value,), role=role) for _ in range(count)]


def another(element: Value) -> Value:
    """Return one more of what a comprehension makes: each optimizer is one of its own."""
    if isinstance(element, OptimizerValue) and element.fresh:
        return OptimizerValue(Optimizer(element.optimizer.name, element.optimizer.networks), fresh=True)
    return element


def named(value: Value, scope: Scope, path: str, text: str, frame: Frame, place: cst.CSTNode) -> Value:
    """Return what a value is once it is stored as `path` in `scope`; new optimizers and schedulers take this name.

    The same name bound in both branches of an `if` is one optimizer, whichever class built it.

    Arguments:
        text: the target as the user writes it.
    """
    if isinstance(value, OptimizerValue) and value.fresh:
        optimizer = scope.optimizers.get(path)
        if optimizer is None:
            optimizer = scope.optimizers[path] = value.optimizer
            optimizer.name, optimizer.moves = text, scope.usage.steps(text)
        elif optimizer is not value.optimizer:
            optimizer.networks = merged(optimizer, value.optimizer)
            optimizer.kind = optimizer.kind if optimizer.kind == value.optimizer.kind else ""
        frame.emit(Op.BUILD, place, optimizer)
        return OptimizerValue(optimizer)
    if isinstance(value, SchedulerValue) and value.fresh:
        scheduler = scope.schedulers.get(path)
        if scheduler is None:
            scheduler = scope.schedulers[path] = value.scheduler
            scheduler.name = text
        elif scheduler is not value.scheduler:
            blend(scheduler, value.scheduler)
        return SchedulerValue(scheduler)
    if isinstance(value, Engine) and value.fresh and value.optimizer is not None:
        value.optimizer.name, value.fresh = text, False
        frame.emit(Op.BUILD, place, value.optimizer)
        return value
    if isinstance(value, Symbol) and value.owned:
        optimizer_named(value).name = text
        return value
    if isinstance(value, Either):
        value = one_of(value)
        if not isinstance(value, Either):
            return named(value, scope, path, text, frame, place)
    if isinstance(value, Sequence | Items):
        return named_items(value, scope, path, text, frame, place)
    if isinstance(value, Mapping):
        items = {
            key: named(v, scope, f"{path}[{key!r}]", f"{text}[{key!r}]", frame, place) for key, v in value.items.items()
        }
        return Mapping(items)
    if isinstance(value, Symbol) and not optimizers_of(value):
        # `self.optimizer = kwargs["first"]`: what it comes from has no say, what it is called now has
        called = Symbol(scope, text)
        return OptimizerValue(optimizer_named(called)) if is_optimizer(called) else value
    if isinstance(value, Unknown):
        return named_unknown(value, scope, path, text, frame, place)
    return value


def one_of(value: Either) -> Value:
    """A factory that builds one of several optimizers or schedulers builds one, whichever it is.

    So is one that is chosen from several over the same networks: they are constructors of one.
    """
    fresh = [option for option in value.options if isinstance(option, OptimizerValue) and option.fresh]
    if fresh:
        for other in fresh[1:]:
            fresh[0].optimizer.networks = merged(fresh[0].optimizer, other.optimizer)
        return fresh[0]
    schedulers = [option for option in value.options if isinstance(option, SchedulerValue) and option.fresh]
    if schedulers:
        for one in schedulers[1:]:
            blend(schedulers[0].scheduler, one.scheduler)
        return schedulers[0]
    chosen = {option.optimizer.networks for option in value.options if isinstance(option, OptimizerValue)}
    if len(chosen) == 1 and frozenset() not in chosen and all(isinstance(o, OptimizerValue) for o in value.options):
        return Unknown(value.options, role="optimizer")
    if all(isinstance(option, Unknown) for option in value.options):
        return Unknown(value.options)
    return value


def named_items(
    value: Sequence | Items, scope: Scope, path: str, text: str, frame: Frame, place: cst.CSTNode
) -> Sequence | Items:
    if isinstance(value, Items):
        if not isinstance(value.element, OptimizerValue | SchedulerValue):
            return value
        return Items(named(value.element, scope, f"{path}[*]", f"{text}[...]", frame, place))
    for index, item in enumerate(value.items):
        if isinstance(item, OptimizerValue | SchedulerValue | Sequence):
            value.items[index] = named(item, scope, f"{path}[{index}]", f"{text}[{index}]", frame, place)
    return value


def named_unknown(value: Unknown, scope: Scope, path: str, text: str, frame: Frame, place: cst.CSTNode) -> Value:
    symbol = scope.symbol(path, value)
    symbol.loose = value.role == "element"
    if value.role in ("zeros", "iterator", "gradients"):
        return value
    by_role = value.role == "optimizer"
    if by_role or path in scope.optimizers or is_optimizer(Symbol(scope, text)):
        optimizer = optimizer_named(symbol)
        optimizer.name = text
        chosen = [one.optimizer for one in value.made_from if isinstance(one, OptimizerValue)]
        if by_role and chosen and len(chosen) == len(value.made_from):
            optimizer.networks = frozenset(network for one in chosen for network in one.networks)
        frame.emit(Op.REBIND, place, optimizer)
        return OptimizerValue(optimizer)
    if value.role == "scheduler":
        scheduler = scope.schedulers.setdefault(path, Scheduler(text))
        driven = [one for made in value.made_from for one in optimizers_of(made)]
        scheduler.optimizer = driven[0] if len(driven) == 1 else scheduler.optimizer
        return SchedulerValue(scheduler)
    return symbol


def merged(one: Optimizer, other: Optimizer) -> frozenset[Network]:
    """The networks of an optimizer that is built in two ways; unknown if either is."""
    return one.networks | other.networks if one.networks and other.networks else frozenset()


def blend(one: Scheduler, other: Scheduler) -> None:
    """Make `one` what is true of both: a scheduler that is built in two ways."""
    if one.cadence is not other.cadence:
        one.cadence, one.evidence = Cadence.UNKNOWN, ""
    one.stated = one.stated and other.stated
    if one.optimizer is not other.optimizer:
        one.optimizer = None
    one.managed = one.managed or other.managed
