"""Losses in sight: what is stored as a loss, and whether the code that computes it may run the backward as well."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from looplint.model import Node, Op
from looplint.source import facts
from looplint.source.follow import base_name
from looplint.source.frame import Frame
from looplint.source.roles import is_scaler, last_name
from looplint.source.tree import dotted, walk
from looplint.source.values import (
    ClassValue,
    FunctionValue,
    Inert,
    Instance,
    Symbol,
    Value,
    counts_batches,
    holds_loss,
    options,
)


def tells_loss(nodes: Iterable[Node]) -> bool:
    """Return whether the code that has just been read says by itself that it computes a loss."""
    return any(event.op is Op.LOSS for node in nodes for event in node.events(Op.LOSS))


def is_loss(name: str) -> bool:
    """Return whether a name is that of a loss, and not of what computes or keeps losses."""
    return facts.LOSS_NAME.search(name) is not None and facts.NOT_A_LOSS_NAME.search(name) is None


def is_a_loss(value: Value) -> bool:
    """Return whether a value is a loss, by what computed it or by its name."""
    named = (one for one in options(value) if isinstance(one, Symbol))
    return holds_loss(value) or any(is_loss(last_name(one.path)) for one in named)


def note_loss(node: cst.BaseExpression, frame: Frame, several: bool = False) -> None:
    """Say that an expression that is stored as a loss computes one.

    Code that nobody can see may run the backward of the loss that it returns as well.

    Arguments:
        several: it is unpacked, so that it is no object.
    """
    if isinstance(node, cst.Call) and (several or not makes_object(node)):
        if not computes(node, frame):
            frame.emit(Op.OPAQUE, node)
    elif not isinstance(node, cst.BinaryOperation | cst.UnaryOperation | cst.Attribute | cst.Subscript):
        return
    frame.emit(Op.LOSS, node, certain=any(isinstance(one, cst.Call) and not passes_on(one) for one in walk(node)))


def computes(node: cst.Call, frame: Frame) -> bool:
    """Return whether a call computes in sight: by tensors, by a model, or by linted code."""
    called = node.func.attr.value if isinstance(node.func, cst.Attribute) else dotted(node.func) or ""
    if isinstance(node.func, cst.Attribute) and called in facts.PASSES_ON:
        return not isinstance(node.func.value, cst.Call) or computes(node.func.value, frame)
    if passes_on(node):
        return True
    if is_tensor_function(node) or called in facts.COMPUTES or facts.LOSS_CALL.match(called):
        return True
    with frame.block():  # it has been read, with all that happens in it
        callee = frame.evaluate(node.func)
        if isinstance(node.func, cst.Attribute) and called == "scale":
            return is_scaler(frame.evaluate(node.func.value))
    if isinstance(callee, Symbol):
        return isinstance(node.func, cst.Name) or callee.owns_parameters
    return isinstance(callee, FunctionValue | Inert | Instance)


def is_part_of_a_mean(node: cst.BaseExpression, frame: Frame) -> bool:
    """Return whether a loss is divided by the number of all batches, or of all that is in them."""
    if isinstance(node, cst.Name):
        with frame.scope.looking_into(node.value) as stored:
            return stored is not None and is_part_of_a_mean(stored, frame)
    if isinstance(node, cst.BinaryOperation):
        if isinstance(node.operator, cst.Divide) and counts_all(node.right, frame):
            return True
        return is_part_of_a_mean(node.left, frame) or is_part_of_a_mean(node.right, frame)
    scaled = isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "scale"
    return isinstance(node, cst.Call) and scaled and any(is_part_of_a_mean(one.value, frame) for one in node.args)


def counts_all(node: cst.BaseExpression, frame: Frame) -> bool:
    """Return whether an expression is the number of batches of a loader, or the length of its `dataset`."""
    if isinstance(node, cst.Call) and dotted(node.func) == "len" and node.args:
        counted = node.args[0].value
        if isinstance(counted, cst.Attribute) and counted.attr.value == "dataset":
            return True
    with frame.block():
        return counts_batches(frame.evaluate(node))


def passes_on(node: cst.Call) -> bool:
    """Return whether a call hands on what a tensor holds, or collects it from all processes."""
    called = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
    return called in facts.PASSES_ON or facts.GATHERS.match(called) is not None


def may_differentiate(call: cst.Call, frame: Frame) -> bool:
    """Return whether a call whose result nobody takes could be there to run a backward."""
    name = (dotted(call.func) or "").rpartition(".")[2]
    if isinstance(call.func, cst.Attribute):
        name = call.func.attr.value
    if facts.QUIET_STATEMENTS.match(name) or facts.QUIET_CALLS.match(name):
        return False
    path = dotted(call.func)
    if path is None:
        return True
    if path.partition(".")[0] in facts.QUIET_OWNERS:
        return False
    with frame.block():  # it has been read, with all that happens in it
        callee = frame.evaluate(call.func)
        receiver = frame.evaluate(call.func.value) if isinstance(call.func, cst.Attribute) else None
    if receiver is not None and name in facts.OF_TENSORS and is_a_loss(receiver):
        return False
    return not isinstance(callee, FunctionValue | ClassValue | Inert)


def has_no_data(node: cst.Call, frame: Frame) -> bool:
    """Return whether a call is of networks and literals alone, and by no name that promises a backward."""
    name = (dotted(node.func) or "backward").rpartition(".")[2]
    if facts.TRAINS_INSIDE.search(name) or facts.RUNS_SOMETHING.search(name):
        return False
    receiver = [node.func.value] if isinstance(node.func, cst.Attribute) else []
    given = [one.value for one in node.args if not isinstance(one.value, _LITERALS)]
    with frame.block():
        return bool(receiver or given) and all(part_of_network(one, frame) for one in (*receiver, *given))


_LITERALS = (cst.Integer, cst.Float, cst.SimpleString)


def part_of_network(node: cst.BaseExpression, frame: Frame) -> bool:
    """Return whether an expression is a network, or a part of one, by its name."""
    while isinstance(node, cst.Name | cst.Attribute):
        value = frame.evaluate(node)
        if value is frame.receiver:
            return False
        if isinstance(value, Instance):
            return is_module(value)
        if isinstance(value, Symbol) and value.owns_parameters:
            return True
        if isinstance(node, cst.Name):
            return False
        node = node.value
    return False


def is_module(value: Instance) -> bool:
    """Return whether an object of the linted code is a network."""
    return any(base_name(one).rpartition(".")[2] == "Module" for one in value.cls.outer_bases())


def makes_object(node: cst.Call) -> bool:
    """Return whether a call makes an object, by its name: classes are written with a capital."""
    return (dotted(node.func) or "").rpartition(".")[2][:1].isupper()


def logs(node: cst.BaseExpression) -> bool:
    """Return whether an expression is of plain numbers taken from tensors: what is summed up for a log is no loss."""
    names = {dotted(one.func) or "" for one in walk(node) if isinstance(one, cst.Call)}
    return any(name.rpartition(".")[2] in ("item", "float", "detach", "tolist", "numpy") for name in names)


def is_tensor_function(node: cst.Call) -> bool:
    """Return whether the call is one of torch, numpy or math: these compute and do nothing else."""
    head: cst.CSTNode = node.func
    while isinstance(head, cst.Attribute):
        head = head.value
    return isinstance(head, cst.Name) and head.value in facts.COMPUTERS
