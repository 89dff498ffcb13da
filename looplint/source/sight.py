"""Losses in sight: what is stored as a loss, and whether the code that computes it may run the backward as well."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from looplint.model import Node, Op
from looplint.source import facts
from looplint.source.frame import Frame
from looplint.source.tree import dotted, walk
from looplint.source.values import FunctionValue, Instance, Symbol


def tells_loss(nodes: Iterable[Node]) -> bool:
    """Return whether the code that has just been read says by itself that it computes a loss."""
    return any(event.op is Op.LOSS for node in nodes for event in node.events(Op.LOSS))


def is_loss(name: str) -> bool:
    """Return whether a name is that of a loss, and not of what computes or keeps losses."""
    return facts.LOSS_NAME.search(name) is not None and facts.NOT_A_LOSS_NAME.search(name) is None


def note_loss(node: cst.BaseExpression, frame: Frame) -> None:
    """Say that an expression that is stored as a loss computes one.

    Code that nobody can see may run the backward of the loss that it returns as well.
    """
    if isinstance(node, cst.Call) and not makes_object(node):
        if not computes(node, frame):
            frame.emit(Op.OPAQUE, node)
        frame.emit(Op.LOSS, node)
    elif isinstance(node, cst.BinaryOperation | cst.UnaryOperation | cst.Attribute | cst.Subscript):
        frame.emit(Op.LOSS, node)


def computes(node: cst.Call, frame: Frame) -> bool:
    """Return whether a call computes in sight: by tensors, by a model, or by linted code."""
    called = node.func.attr.value if isinstance(node.func, cst.Attribute) else dotted(node.func) or ""
    if isinstance(node.func, cst.Attribute) and called in facts.PASSES_ON:
        return not isinstance(node.func.value, cst.Call) or computes(node.func.value, frame)
    if isinstance(node.func, cst.Attribute) and facts.GATHERS.match(called):
        return True
    if is_tensor_function(node) or called in facts.COMPUTES or facts.LOSS_CALL.match(called):
        return True
    with frame.block():  # it has been read, with all that happens in it
        callee = frame.evaluate(node.func)
    if isinstance(callee, Symbol):
        return isinstance(node.func, cst.Name) or callee.owns_parameters
    return isinstance(callee, FunctionValue | Instance)


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
