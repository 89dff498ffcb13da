"""Statements: branches, loops and jumps of the model, and the names that they bind."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from looplint.model import Block, Branch, Jump, JumpKind, Loop, Node, Op, Try
from looplint.source import facts
from looplint.source.binding import bind, clear_by_hand, store
from looplint.source.conditions import choice, truth
from looplint.source.follow import inline
from looplint.source.frame import Frame, as_block, handles, has_events
from looplint.source.loops import each, element_of, yields_batches
from looplint.source.roles import named_like_loader
from looplint.source.sight import is_loss, logs, note_loss, tells_loss
from looplint.source.training import is_zero, owner_of, uncalled
from looplint.source.tree import decorators, dotted, statements, target_names
from looplint.source.values import (
    ClassValue,
    Const,
    External,
    FunctionValue,
    Inert,
    Instance,
    Sequence,
    Unknown,
    Value,
    kept,
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
    if isinstance(call, cst.Call) and len(frame.out) == before and may_differentiate(call, frame):
        frame.emit(Op.OPAQUE, call)


def may_differentiate(call: cst.Call, frame: Frame) -> bool:
    """Return whether a call whose result nobody takes could be there to run a backward."""
    name = (dotted(call.func) or "").rpartition(".")[2]
    if isinstance(call.func, cst.Attribute):
        name = call.func.attr.value
    if facts.QUIET_STATEMENTS.match(name) or facts.QUIET_CALLS.match(name):
        return False
    callee = frame.reader.imports.look_up(name, frame.scope) if isinstance(call.func, cst.Name) else None
    owner = (dotted(call.func) or "").partition(".")[0]
    return not isinstance(callee, FunctionValue | ClassValue | Inert) and owner not in facts.QUIET_OWNERS


@handles(cst.Assign)
def assign(node: cst.Assign, frame: Frame) -> None:
    before = len(frame.out)
    value = frame.evaluate(node.value)
    names = set().union(*(target_names(target.target) for target in node.targets))
    if any(map(is_loss, names)) and not tells_loss(frame.out[before:]):
        note_loss(node.value, frame)
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
        return
    if any(map(is_loss, target_names(node.target))) and not tells_loss(frame.out[before:]) and not logs(node.value):
        frame.emit(Op.LOSS, node)
    current = frame.evaluate(node.target)
    if isinstance(node.target, cst.Name):
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
        frame.store(frame.reader.stored_names(node))


@handles(cst.Else, cst.Finally)
def otherwise(node: cst.Else | cst.Finally, frame: Frame) -> None:
    frame.run((node.body,))


def alternatives(reads: list[Callable[[], None]], frame: Frame) -> tuple[Block, ...]:
    """Read code of which one or the other part runs; afterwards a name holds what either has bound."""
    before = dict(frame.scope.names)
    after: list[dict[str, Value]] = []
    arms = []
    for read in reads:
        frame.scope.names = dict(before)
        with frame.block() as nodes:
            read()
        arms.append(as_block(nodes))
        if not leaves(nodes):
            after.append(frame.scope.names)
    frame.scope.names = dict(after[0]) if after else dict(before)
    for names in after[1:]:
        frame.scope.merge(names)
    return tuple(arms)


def leaves(nodes: list[Node]) -> bool:
    """Return whether a list of nodes surely ends in a jump, so that nothing it binds is seen behind it."""
    return bool(nodes) and isinstance(nodes[-1], Jump)


def matters(block: Block) -> bool:
    """Return whether a part of the model has to be kept: something happens in it, or it is left early."""
    return has_events([block]) or holds_jump(block)


def holds_jump(node: Node) -> bool:
    return any(isinstance(one, Jump) for one in node.walk())


@handles(cst.Match)
def match(node: cst.Match, frame: Frame) -> None:
    frame.evaluate(node.subject)
    reads: list[Callable[[], None]] = [lambda case=case: frame.run((case.body,)) for case in node.cases]  # type: ignore[misc]
    arms = alternatives([*reads, lambda: None], frame)
    if any(map(matters, arms)):
        frame.out.append(Branch(arms))
    frame.store(frame.reader.stored_names(node))


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
    container = frame.evaluate(node.iter)
    items = each(container, frame)
    if items is not None and not isinstance(node.orelse, cst.Else):
        for item in items:
            one_turn(node, item, frame)
        return
    loader = yields_batches(container)
    named = named_like_loader(container) or any(named_like_loader(part) for part in getattr(container, "made_from", ()))
    frame.scope.forget_constants(frame.reader.stored_names(node.body))

    def head() -> None:
        if kept(container):  # the code that made it runs on with every item
            frame.emit(Op.ESCAPE, node.iter, *kept(container))
        store(node.target, element_of(container), frame, node)

    made = loop(node, head, frame, loader=loader, named=named, endless=False)
    if made is not None and isinstance(container, Sequence) and all(isinstance(one, Const) for one in container.items):
        frame.reader.literal_loops.add(made)


def one_turn(node: cst.For, item: Value, frame: Frame) -> None:
    """Read the turn of a loop that one known object gets: a `continue` ends it, a `break` may."""
    with frame.block() as nodes:
        store(node.target, item, frame, node)
        frame.run((node.body,))
    body = as_block(nodes)
    if holds_jump(body):
        frame.out.append(Loop((body,), frame.at(node), head_of(node, frame), orelse=Block()))
    else:
        frame.out += nodes


@handles(cst.While)
def while_(node: cst.While, frame: Frame) -> None:
    frame.scope.forget_constants(frame.reader.stored_names(node.body))
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
) -> Loop | None:
    """Read a loop: its head, its body, and its else. Return it, unless nothing happens in it."""
    before = dict(frame.scope.names)
    frame.pulls.append(False)
    with frame.block() as nodes:
        head()
        frame.run((node.body,))
    loader = frame.pulls.pop() or loader
    frame.scope.merge({name: value for name, value in before.items() if name in frame.scope.names})
    with frame.block() as orelse:
        if node.orelse is not None:
            frame.run((node.orelse,))
    body = as_block(nodes)
    if not matters(body) and not has_events(orelse):
        frame.store(frame.reader.stored_names(node))
        return None
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


@handles(cst.FunctionDef)
def defines(node: cst.FunctionDef, frame: Frame) -> None:
    for parameter in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params):
        if parameter.default is not None:
            frame.evaluate(parameter.default)
    function = FunctionValue(node, frame.scope, frame.source)
    frame.scope.names[node.name.value] = function
    frame.reader.define(function)


@handles(cst.ClassDef)
def defines_class(node: cst.ClassDef, frame: Frame) -> None:
    bases = tuple(frame.reader.imports.opened(frame.evaluate(base.value)) for base in node.bases)
    cls = ClassValue(node, frame.scope, frame.source, bases)
    frame.scope.names[node.name.value] = cls
    for line in statements(node.body):
        if isinstance(line, cst.FunctionDef):
            function = FunctionValue(line, frame.scope, frame.source, owner=cls)
            if not decorators(line) & {"setter", "deleter"}:  # the property has been defined above
                cls.members[line.name.value] = function
            frame.reader.define(function)
        elif isinstance(line, cst.SimpleStatementLine):
            for small in line.body:
                if isinstance(small, cst.Assign | cst.AnnAssign) and small.value is not None:
                    with frame.block():
                        value = frame.evaluate(small.value)
                    targets = [one.target for one in small.targets] if isinstance(small, cst.Assign) else [small.target]
                    for name in set().union(*map(target_names, targets)):
                        if not isinstance(value, Unknown):
                            cls.members[name] = value


@handles(cst.Import)
def imports(node: cst.Import, frame: Frame) -> None:
    for alias in node.names:
        full = dotted(alias.name) or ""
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            frame.scope.names[alias.asname.name.value] = frame.reader.imports.imported(frame.scope.module, 0, full)
        else:
            head = full.partition(".")[0]
            frame.scope.names[head] = frame.reader.imports.imported(frame.scope.module, 0, head)


@handles(cst.ImportFrom)
def imports_from(node: cst.ImportFrom, frame: Frame) -> None:
    level, package = len(node.relative), (dotted(node.module) or "") if node.module is not None else ""
    if isinstance(node.names, cst.ImportStar):
        frame.scope.stars.append(frame.reader.imports.imported(frame.scope.module, level, package))
        return
    for alias in node.names:
        name = dotted(alias.name) or ""
        bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
        frame.scope.names[bound] = frame.reader.imports.imported(frame.scope.module, level, package, name)
