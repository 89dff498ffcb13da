"""Expressions: what they stand for, and the gradients they look at on the way."""

from __future__ import annotations

import ast
import builtins
import functools

import libcst as cst

from looplint.model import Branch, Loop, Op
from looplint.source.attributes import attribute_of
from looplint.source.binding import bind
from looplint.source.calls import call
from looplint.source.conditions import choice, truth
from looplint.source.follow import inline
from looplint.source.frame import Frame, as_block, handles, has_events
from looplint.source.loops import collected, each, element_of
from looplint.source.tree import target_names
from looplint.source.values import (
    NONE,
    Const,
    Either,
    External,
    FunctionValue,
    Given,
    Instance,
    Items,
    Mapping,
    Parameters,
    Sequence,
    Symbol,
    Unknown,
    Value,
    from_gradients,
    holds_loss,
    join,
    kept,
)

handles(cst.Call)(call)


@handles(cst.Name)
def name(node: cst.Name, frame: Frame) -> Value:
    if node.value in ("True", "False", "None"):
        return Const(literal_of(node.value))
    found = frame.reader.imports.look_up(node.value, frame.scope)
    if isinstance(found, Const):
        owner = frame.scope.owner(node.value)
        return owner.symbol(node.value) if owner is not frame.scope and owner.module.shares(node.value) else found
    if found is not None:
        return found
    if hasattr(builtins, node.value) or node.value[:1].isupper():
        return External(node.value)
    return frame.scope.top.symbol(node.value)


@handles(cst.Integer, cst.Float, cst.SimpleString)
def literal(node: cst.Integer | cst.Float | cst.SimpleString, frame: Frame) -> Value:
    return Const(literal_of(node.value))


@functools.lru_cache(10_000)
def literal_of(text: str) -> object:
    return ast.literal_eval(text)


@handles(cst.Attribute)
def attribute(node: cst.Attribute, frame: Frame) -> Value:
    base = frame.evaluate(node.value)
    if node.attr.value == "grad" and not isinstance(base, External | Instance):
        frame.emit(Op.READ, node)
        return Unknown((base,), role="gradients")
    return attribute_of(base, node.attr.value, node, frame)


@handles(cst.Subscript)
def subscript(node: cst.Subscript, frame: Frame) -> Value:
    base = frame.evaluate(node.value)
    index: Value = NONE
    for element in node.slice:
        index = frame.evaluate(element.slice)
    if isinstance(base, Sequence) and isinstance(index, Const) and isinstance(index.value, int):
        if -len(base.items) <= index.value < len(base.items):
            return base.items[index.value]
        return Unknown((base,))
    if isinstance(base, Mapping) and isinstance(index, Const):
        return base.items.get(index.value) or Unknown((base,))
    if isinstance(base, Items):  # nobody can tell one item from another
        return Either((base.element, Unknown())) if isinstance(index, Const) else base.element
    if isinstance(base, Mapping | Sequence):
        items = list(base.items.values()) if isinstance(base, Mapping) else base.items
        value = items[0] if items else Unknown()
        for item in items[1:]:
            value = join(value, item)
        return value
    if isinstance(base, Instance) and isinstance(own := base.cls.member("__getitem__"), FunctionValue):
        return inline(own.bind(base), [Given(index)], node, frame)
    if isinstance(base, Symbol):
        path = f"{base.path}[{frame.source.code(node.slice[0])}]"
        item = base.scope.symbol(path)
        item.keeps = item.keeps or base.keeps
        frame.reader.meet(item, base)
        if base.gradients:
            item.gradients, item.wraps = True, base.wraps
        return base.scope.names.get(path, item)
    return Unknown((base,), keeps=kept(base))


@handles(cst.Index)
def index(node: cst.Index, frame: Frame) -> Value:
    return frame.evaluate(node.value)


@handles(cst.Tuple, cst.List, cst.Set)
def sequence(node: cst.Tuple | cst.List | cst.Set, frame: Frame) -> Value:
    items: list[Value] = []
    open_ended = False
    for element in node.elements:
        value = frame.evaluate(element.value)
        if isinstance(element, cst.StarredElement) and isinstance(value, Sequence):
            items += value.items
        else:
            open_ended = open_ended or isinstance(element, cst.StarredElement)
            items.append(value)
    return Unknown(tuple(items)) if open_ended else Sequence(items)


@handles(cst.Dict)
def mapping(node: cst.Dict, frame: Frame) -> Value:
    items: dict[object, Value] = {}
    for element in node.elements:
        key = frame.evaluate(element.key) if isinstance(element, cst.DictElement) else None
        value = frame.evaluate(element.value)
        if key is not None:
            items[key.value if isinstance(key, Const) else id(element)] = value
        elif isinstance(value, Mapping):
            items.update(value.items)
        else:
            items[id(element)] = value
    return Mapping(items)


@handles(cst.Lambda)
def function(node: cst.Lambda, frame: Frame) -> Value:
    return FunctionValue(node, frame.scope, frame.source)


@handles(cst.IfExp)
def conditional(node: cst.IfExp, frame: Frame) -> Value:
    holds = truth(node.test, frame)
    frame.evaluate(node.test)
    if holds is not None:
        return frame.evaluate(node.body if holds else node.orelse)
    with frame.block() as one:
        body = frame.evaluate(node.body)
    with frame.block() as other:
        orelse = frame.evaluate(node.orelse)
    if has_events(one) or has_events(other):
        frame.out.append(choice(node.test, as_block(one), as_block(other), frame))
    return join(body, orelse)


@handles(cst.BooleanOperation)
def boolean(node: cst.BooleanOperation, frame: Frame) -> Value:
    left = frame.evaluate(node.left)
    with frame.block() as nodes:
        right = frame.evaluate(node.right)
    if has_events(nodes):
        frame.out.append(Branch((as_block(nodes), as_block([]))))
    return join(left, right)


@handles(cst.Comparison)
def comparison(node: cst.Comparison, frame: Frame) -> Value:
    """`p.grad is None` looks at no gradient."""
    with frame.block() as nodes:
        parts = (frame.evaluate(node.left), *(frame.evaluate(one.comparator) for one in node.comparisons))
    about_none = all(isinstance(one.operator, cst.Is | cst.IsNot) for one in node.comparisons)
    frame.out += [one for one in nodes if not (about_none and getattr(one, "op", None) is Op.READ)]
    holds = truth(node, frame)
    return Unknown(parts) if holds is None else Const(holds)


@handles(cst.BinaryOperation)
def binary(node: cst.BinaryOperation, frame: Frame) -> Value:
    left, right = frame.evaluate(node.left), frame.evaluate(node.right)
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        return Sequence([*left.items, *right.items])
    if isinstance(left, Parameters) and isinstance(right, Parameters):
        return Parameters(left.owners | right.owners, left.whole and right.whole)
    made = Unknown((left, right), loss=holds_loss(left) or holds_loss(right))
    if isinstance(node.operator, cst.Multiply | cst.Divide):
        made.gradients = from_gradients(left) or from_gradients(right)
    return made


@handles(cst.UnaryOperation)
def unary(node: cst.UnaryOperation, frame: Frame) -> Value:
    value = frame.evaluate(node.expression)
    if isinstance(node.operator, cst.Minus) and isinstance(value, Const) and isinstance(value.value, int | float):
        return Const(-value.value)
    holds = truth(node, frame)
    return Unknown((value,), loss=holds_loss(value)) if holds is None else Const(holds)


@handles(cst.NamedExpr)
def walrus(node: cst.NamedExpr, frame: Frame) -> Value:
    value = frame.evaluate(node.value)
    bind(node.target, value, frame, node)
    frame.store(target_names(node.target))
    return value


@handles(cst.ListComp, cst.SetComp, cst.GeneratorExp)
def comprehension(node: cst.ListComp | cst.SetComp | cst.GeneratorExp, frame: Frame) -> Value:
    return comprehend(node.for_in, lambda: frame.evaluate(node.elt), node, frame)


@handles(cst.DictComp)
def dict_comprehension(node: cst.DictComp, frame: Frame) -> Value:
    return comprehend(node.for_in, lambda: frame.evaluate(node.value), node, frame)


def comprehend(for_in: cst.CompFor, evaluate: object, node: cst.CSTNode, frame: Frame) -> Value:
    """Read a comprehension as the loop that it is; over known objects as one turn for each."""
    container = frame.evaluate(for_in.iter)
    items = each(container, frame)
    if items is not None:
        values = []
        for item in items:
            bind(for_in.target, item, frame, node)
            values.append(comprehend_inner(for_in, evaluate, node, frame))
        return Sequence(values)
    with frame.block() as nodes:
        bind(for_in.target, element_of(container), frame, node)
        value = comprehend_inner(for_in, evaluate, node, frame)
    if has_events(nodes):
        body = as_block(nodes)
        text = frame.source.code(for_in)
        frame.out.append(Loop((body, body), frame.at(for_in), text, stores=frame.keys(target_names(for_in.target))))
    return collected(value, whole=not for_in.ifs)


def comprehend_inner(for_in: cst.CompFor, evaluate: object, node: cst.CSTNode, frame: Frame) -> Value:
    for test in for_in.ifs:
        frame.evaluate(test.test)
    if for_in.inner_for_in is not None:
        return comprehend(for_in.inner_for_in, evaluate, node, frame)
    assert callable(evaluate)
    value: Value = evaluate()
    return value


@handles(cst.Await)
def awaited(node: cst.Await, frame: Frame) -> Value:
    return frame.evaluate(node.expression)


@handles(cst.Yield)
def yielded(node: cst.Yield, frame: Frame) -> Value:
    if isinstance(node.value, cst.From):
        frame.evaluate(node.value.item)
    elif node.value is not None:
        frame.evaluate(node.value)
    frame.emit(Op.ESCAPE, node)  # whoever asked for this item goes on before the next one
    return Unknown()
