"""Statements: branches, loops and jumps of the model, and what they store."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

import libcst as cst

from looplint.model import Block, Branch, Event, Jump, JumpKind, Loop, Node, Op, Try
from looplint.source import facts
from looplint.source.binding import bind, clear_by_hand, note_change, store
from looplint.source.conditions import choice, truth
from looplint.source.follow import inline, iterated
from looplint.source.frame import Frame, as_block, handles, has_events
from looplint.source.loops import each, element_of, takes_a_few, yields_batches
from looplint.source.roles import is_optimizer, last_name, named_like_loader
from looplint.source.sight import has_no_data, is_loss, logs, may_differentiate, note_loss, tells_loss
from looplint.source.training import is_zero, owner_of, uncalled
from looplint.source.tree import dotted, target_names
from looplint.source.values import (
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    Loader,
    Mapping,
    Sequence,
    Symbol,
    Unknown,
    Value,
    join,
    kept,
    now,
)


@handles(cst.SimpleStatementLine, cst.SimpleStatementSuite, cst.IndentedBlock)
def suite(node: cst.SimpleStatementLine | cst.BaseSuite, frame: Frame) -> None:
    frame.run(node.body)


@handles(cst.Expr)
def expression(node: cst.Expr, frame: Frame) -> None:
    value = node.value
    if isinstance(value, cst.Attribute) and value.attr.value in ("step", "zero_grad", "backward", "train", "eval"):
        uncalled(value, frame.evaluate(value.value), frame)
        return
    before = len(frame.out)
    frame.evaluate(value)
    call = value.expression if isinstance(value, cst.Await) else value
    if not isinstance(call, cst.Call):
        return
    unseen = all(isinstance(one, Event) and one.op in UNSEEN and not one.optimizers for one in frame.out[before:])
    if says_little(call, frame, before) and may_differentiate(call, frame):
        frame.emit(Op.OPAQUE, call, certain=not has_no_data(call, frame))
    if unseen:
        acts_on_its_own(call, frame)


UNSEEN = (Op.ESCAPE, Op.OPAQUE, Op.LOSS)
"""What a call may have been read as that nobody can see into."""


def acts_on_its_own(call: cst.Call, frame: Frame) -> None:
    """Say what a call that nobody can see, and whose result nobody takes, may do to optimizers that it is not given.

    A callback has been given to this code by somebody, with whatever it needs. A method may clear or step the
    optimizers of its object.
    """
    name = call.func.attr.value if isinstance(call.func, cst.Attribute) else dotted(call.func) or ""
    with frame.block():
        callee = frame.evaluate(call.func)
        holder = frame.evaluate(call.func.value) if isinstance(call.func, cst.Attribute) else None
    if isinstance(callee, FunctionValue | ClassValue | External):
        return
    if facts.CALLBACK_NAME.search(name):
        frame.emit(Op.ESCAPE, call)
        return
    quiet = name in facts.MODULE_METHODS or (facts.QUIET_STATEMENTS.match(name) and name != "reset")
    if quiet or not isinstance(holder, Symbol) or is_optimizer(holder):
        return
    held = list(frame.reader.reachable_optimizers(holder))
    if held or holder.scope.usage.steps_inside(holder.path):
        frame.reader.note_escape(frame.emit(Op.ESCAPE, call, *held), [holder])


def says_little(call: cst.Call, frame: Frame, before: int) -> bool:
    """Return whether all that has happened in a call says nothing of what it is there for: its loss was computed first.

    Arguments:
        before: what happened in the frame before it.
    """
    place = frame.at(call)
    return all(
        isinstance(one, Event)
        and not one.optimizers
        and (one.op is Op.ESCAPE or (one.op is Op.LOSS and one.place != place))
        for one in frame.out[before:]
    )


@handles(cst.Assign)
def assign(node: cst.Assign, frame: Frame) -> None:
    before = len(frame.out)
    value = frame.evaluate(node.value)
    names = set().union(*(target_names(target.target) for target in node.targets))
    if any(map(is_loss, names)) and not tells_loss(frame.out[before:]):
        several = any(isinstance(one.target, cst.Tuple | cst.List) for one in node.targets)
        note_loss(node.value, frame, several)
    for target in node.targets:
        store(target.target, value, frame, node)


@handles(cst.AnnAssign)
def annotated(node: cst.AnnAssign, frame: Frame) -> None:
    if node.value is not None:
        store(node.target, frame.evaluate(node.value), frame, node)


@handles(cst.AugAssign)
def augmented(node: cst.AugAssign, frame: Frame) -> None:
    """`x += ...`; gradients that are scaled stay what they are, gradients that are added to are filled by hand."""
    before = len(frame.out)
    value = frame.evaluate(node.value)
    if isinstance(node.target, cst.Attribute) and node.target.attr.value == "grad":
        gradient = frame.evaluate(node.target)
        if isinstance(node.operator, cst.AddAssign | cst.SubtractAssign):
            frame.emit(Op.WRITE, node)
        elif isinstance(node.operator, cst.MultiplyAssign) and is_zero(value):
            clear_by_hand(owner_of(gradient), frame, node)
        else:
            frame.emit(Op.CHANGE, node)
        return
    if any(map(is_loss, target_names(node.target))) and not tells_loss(frame.out[before:]) and not logs(node.value):
        frame.emit(Op.LOSS, node, certain=False)
    current = frame.evaluate(node.target)
    note_change(current, frame, node)
    if isinstance(node.target, cst.Name):
        frame.scope.note_stored(node.target.value, None)
        if not isinstance(node.operator, cst.AddAssign | cst.SubtractAssign):
            frame.scope.scaled.add(node.target.value)
        if isinstance(current, Const):
            bind(node.target, Unknown((current, value)), frame, node)
    elif isinstance(node.target, cst.Subscript):
        frame.evaluate(node.target)
    frame.store(target_names(node.target))


@handles(cst.Del)
def delete(node: cst.Del, frame: Frame) -> None:
    if isinstance(node.target, cst.Subscript):
        frame.evaluate(node.target)
    if isinstance(node.target, cst.Attribute) and node.target.attr.value == "grad":
        clear_by_hand(frame.evaluate(node.target.value), frame, node)
    frame.store(target_names(node.target))


@handles(cst.Return)
def returns(node: cst.Return, frame: Frame) -> None:
    if node.value is not None:
        frame.returns.append((node.value, frame.evaluate(node.value)))
    frame.out.append(Jump(JumpKind.RETURN))


@handles(cst.Raise)
def raises(node: cst.Raise, frame: Frame) -> None:
    if node.exc is not None:
        frame.evaluate(node.exc)
    frame.out.append(Jump(JumpKind.RAISE))


@handles(cst.Break)
def breaks(node: cst.Break, frame: Frame) -> None:
    frame.out.append(Jump(JumpKind.BREAK))


@handles(cst.Continue)
def continues(node: cst.Continue, frame: Frame) -> None:
    frame.out.append(Jump(JumpKind.CONTINUE))


@handles(cst.Assert)
def asserts(node: cst.Assert, frame: Frame) -> None:
    frame.evaluate(node.test)


@handles(cst.Global, cst.Nonlocal)
def declares(node: cst.Global | cst.Nonlocal, frame: Frame) -> None:
    for item in node.names:
        name = item.name.value
        outer = frame.scope.outer.owner(name) if frame.scope.outer is not None else frame.scope
        frame.elsewhere[name] = frame.scope.top if isinstance(node, cst.Global) else outer


@handles(cst.If)
def branch(node: cst.If, frame: Frame) -> None:
    holds = truth(node.test, frame)
    frame.evaluate(node.test)
    orelse = (node.orelse,) if node.orelse is not None else ()
    if holds is not None:
        frame.run((node.body,) if holds else orelse)
        return
    arms = alternatives([lambda: frame.run((node.body,)), lambda: frame.run(orelse)], frame)
    if any(map(matters, arms)):
        frame.out.append(choice(node.test, arms[0], arms[1], frame))
    else:
        frame.store(frame.reader.stored_names(node, frame.source))


@handles(cst.Else, cst.Finally)
def otherwise(node: cst.Else | cst.Finally, frame: Frame) -> None:
    frame.run((node.body,))


def alternatives(reads: list[Callable[[], None]], frame: Frame) -> tuple[Block, ...]:
    """Read code of which one or the other part runs; afterwards a name, or a key of a dict, holds what either bound.

    So does an attribute of `self`, also where a part ends the function: whoever has the object has what it bound.
    """
    before = dict(frame.scope.names)
    own = frame.receiver.attributes if isinstance(frame.receiver, Instance) else frame.scope
    attributes = dict(own.names)
    bound: list[dict[str, Value]] = []
    dicts = {value: value.items for value in before.values() if isinstance(value, Mapping)}
    after: list[tuple[dict[str, Value], dict[Mapping, dict[object, Value]]]] = []
    arms = []
    for read in reads:
        own.names = dict(attributes)
        frame.scope.names = dict(before)
        for one, items in dicts.items():
            one.items = dict(items)
        frame.reader.arms.append(now())
        with frame.block() as nodes:
            read()
        frame.reader.arms.pop()
        arms.append(as_block(nodes))
        bound.append(own.names)
        if not leaves(nodes):
            after.append((frame.scope.names, {one: one.items for one in dicts}))
    if own is not frame.scope:
        own.names = dict(bound[0])
        for names in bound[1:]:
            own.merge(names)
    frame.scope.names = dict(after[0][0]) if after else dict(before)
    for names, _ in after[1:]:
        frame.scope.merge(names)
    for one, items in dicts.items():
        one.items = joined([filled[one] for _, filled in after] or [items])
    return tuple(arms)


def joined(alternatives: list[dict[object, Value]]) -> dict[object, Value]:
    """Return what a dict holds after several branches: a literal that not all of them set may be there or not."""
    items: dict[object, Value] = {}
    for key in dict.fromkeys(key for one in alternatives for key in one):
        values = [one[key] for one in alternatives if key in one]
        value = functools.reduce(join, values)
        items[key] = Unknown() if isinstance(value, Const) and len(values) < len(alternatives) else value
    return items


def leaves(nodes: list[Node]) -> bool:
    """Return whether a list of nodes surely ends in a jump, so that nothing it binds is seen behind it."""
    return bool(nodes) and isinstance(nodes[-1], Jump)


def matters(block: Block) -> bool:
    """Return whether a part of the model has to be kept: something happens in it, or it is left early."""
    return block.eventful or block.jumps


@handles(cst.Match)
def match(node: cst.Match, frame: Frame) -> None:
    frame.evaluate(node.subject)
    reads: list[Callable[[], None]] = [lambda case=case: frame.run((case.body,)) for case in node.cases]  # type: ignore[misc]
    arms = alternatives([*reads, lambda: None], frame)
    if any(map(matters, arms)):
        frame.out.append(Branch(arms))
    frame.store(frame.reader.stored_names(node, frame.source))


@handles(cst.With)
def with_(node: cst.With, frame: Frame) -> None:
    entered: list[Instance] = []
    for item in node.items:
        value = frame.evaluate(item.item)
        if isinstance(value, Instance):
            entered.insert(0, value)
            managed(value, "__enter__", item.item, frame)
        last = value.last if isinstance(value, External) and isinstance(item.item, cst.Attribute | cst.Name) else ""
        if last in ("no_grad", "enable_grad", "inference_mode"):
            frame.emit(Op.UNCALLED, item.item, method=last)
        if item.asname is not None:
            store(item.asname.name, value, frame, node)
    frame.run((node.body,))
    for value in entered:
        managed(value, "__exit__", node, frame)


def managed(manager: Instance, method: str, place: cst.CSTNode, frame: Frame) -> None:
    """Read what a context manager of the linted code does when it is entered or left."""
    member = manager.cls.member(method)
    if isinstance(member, FunctionValue):
        inline(member.bind(manager), (), place, frame)


@handles(cst.Try, cst.TryStar)
def try_(node: cst.Try | cst.TryStar, frame: Frame) -> None:
    with frame.block() as body:
        frame.run((node.body,))
    reads: list[Callable[[], None]] = [lambda one=one: frame.run((one.body,)) for one in node.handlers]  # type: ignore[misc]
    first, *handlers = alternatives(
        [lambda: frame.run((node.orelse,) if node.orelse is not None else ()), *reads], frame
    )
    with frame.block() as final:
        if node.finalbody is not None:
            frame.run((node.finalbody,))
    frame.out.append(Try(as_block(body), tuple(handlers), first, as_block(final)))


@handles(cst.For)
def for_(node: cst.For, frame: Frame) -> None:
    container = iterated(frame.evaluate(node.iter), node.iter, frame)
    items = each(container, frame)
    if items is not None and not isinstance(node.orelse, cst.Else):
        for item in items:
            one_turn(node, item, frame)
        return
    loader = yields_batches(container)
    parts = (container, *getattr(container, "made_from", ()))
    whole = any(isinstance(one, Loader) and one.whole for one in parts)
    named = any(map(named_like_loader, parts)) or named_like_batch(node.target, parts)
    frame.scope.forget_constants(frame.reader.stored_names(node.body, frame.source))

    def head() -> None:
        if kept(container):  # the code that made it runs on with every item
            frame.emit(Op.ESCAPE, node.iter, *kept(container))
        store(node.target, element_of(container), frame, node)

    made = loop(node, head, frame, loader=loader, named=named, endless=False, pulls=takes_a_few(container))
    if made is None:
        return
    if whole or (isinstance(container, Sequence) and all(isinstance(one, Const) for one in container.items)):
        frame.reader.literal_loops.add(made)
    elif not loader and not named and holds_optimizer(node.target, frame):  # in one pass, each of them is met once
        frame.out[-1:] = turn(made.body.nodes, node, frame)


def named_like_batch(target: cst.BaseExpression, parts: Iterable[Value]) -> bool:
    """Return whether what a loop gets is called a batch, or is unpacked from what is called the data to train on."""
    if any(map(facts.BATCH_NAME.search, target_names(target))):
        return True
    data = any(isinstance(one, Symbol) and facts.TRAINING_DATA_NAME.search(last_name(one.path)) for one in parts)
    return data and isinstance(target, cst.Tuple)


def holds_optimizer(target: cst.BaseExpression, frame: Frame) -> bool:
    """Return whether an object that a loop goes over has an optimizer, such as `agent` in `agent.optimizer.step()`."""
    return any(
        path.startswith((f"{name}.", f"{name}[")) for name in target_names(target) for path in frame.scope.optimizers
    )


def one_turn(node: cst.For, item: Value, frame: Frame) -> None:
    """Read the turn of a loop that one known object gets: a `continue` ends it, a `break` may."""
    with frame.block() as nodes:
        store(node.target, item, frame, node)
        frame.run((node.body,))
    frame.out += turn(nodes, node, frame)


def turn(nodes: Iterable[Node], node: cst.For, frame: Frame) -> list[Node]:
    """Return what one turn of a loop does, on its own: as a loop of one turn, where a jump may end it."""
    body = as_block([*nodes])
    return [Loop((body,), frame.at(node), head_of(node, frame), orelse=Block())] if body.jumps else [*body.nodes]


@handles(cst.While)
def while_(node: cst.While, frame: Frame) -> None:
    frame.scope.forget_constants(frame.reader.stored_names(node.body, frame.source))
    endless = truth(node.test, frame) is True
    loop(node, lambda: frame.evaluate(node.test), frame, loader=False, named=False, endless=endless)


def head_of(node: cst.For | cst.While, frame: Frame) -> str:
    """Return the head of a loop as the user writes it."""
    if isinstance(node, cst.While):
        return f"while {frame.source.code(node.test)}"
    return f"for {frame.source.code(node.target)} in {frame.source.code(node.iter)}"


def loop(
    node: cst.For | cst.While,
    head: Callable[[], object],
    frame: Frame,
    *,
    loader: bool,
    named: bool,
    endless: bool,
    pulls: bool = False,
) -> Loop | None:
    """Read a loop: its head, its body, and its else. Return it, unless nothing happens in it."""
    before = dict(frame.scope.names)
    outside = frame.turn, frame.over_loader
    frame.turn, frame.over_loader = node.body.body, loader
    frame.pulls.append(pulls)
    with frame.block() as nodes:
        head()
        frame.run((node.body,))
    pulls = frame.pulls.pop()
    frame.turn, frame.over_loader = outside
    frame.scope.merge({name: value for name, value in before.items() if name in frame.scope.names})
    with frame.block() as orelse:
        if node.orelse is not None:
            frame.run((node.orelse,))
    body = as_block(nodes)
    if not matters(body) and not has_events(orelse):
        frame.store(frame.reader.stored_names(node, frame.source))
        return None
    if pulls and (isinstance(node, cst.While) or next(body.events(Op.STEP), None) is not None):
        loader = True  # one that counts its turns, and has no step, gathers batches for the step behind it
    made = Loop(
        (body, body),
        frame.at(node),
        head_of(node, frame),
        loader=loader,
        endless=endless,
        stores=body.stored(),
        orelse=as_block(orelse),
    )
    if named:
        frame.reader.named_batches.add(made)
    frame.out.append(made)
    return made
