"""Steps in vain: between a clear and a step all is in sight, a network or a batch is used, and no backward runs."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from looplint.attribution import relation
from looplint.model import Optimizer
from looplint.source import facts
from looplint.source.frame import Frame
from looplint.source.roles import is_scaler, optimizers_of
from looplint.source.sight import is_module, is_tensor_function, passes_on
from looplint.source.tree import dotted, walk
from looplint.source.values import FunctionValue, Inert, Instance, LossFunction, Symbol

QUIET = frozenset(
    "len print isinstance range enumerate zip all any min max int float str bool list tuple dict set sum abs round "
    "next Variable".split()
)
"""Functions that run no backward, whatever they are given."""

CONTEXTS = frozenset("autocast no_grad enable_grad set_grad_enabled record_function".split())
"""What a block may stand in, by its last name."""

OF_NETWORKS = frozenset("parameters named_parameters state_dict load_state_dict modules requires_grad_".split())
"""What is called on networks alone; `train` and `eval` are not."""


def steps_in_vain(optimizer: Optimizer, node: cst.Call, frame: Frame) -> bool:
    """Return whether a step surely has nothing to apply, and there was something to compute gradients of.

    Its optimizer is cleared in the same suite, or at the end of it where that is the body of a loop. What stands
    between is seen whole: networks, torch, and what hands on tensors. A network is called there, or each turn takes a
    batch of a loader, and nothing else steps in it.
    """
    nodes, index = frame.around
    if not nodes or only_call(nodes[index]) is not node:
        return False
    cleared = max((i for i in range(index) if clears(nodes[i], optimizer, frame)), default=None)
    between = list(nodes[:index] if cleared is None else nodes[cleared + 1 : index])
    if cleared is None:
        if nodes is not frame.turn:
            return False
        cleared = max((i for i in range(index + 1, len(nodes)) if clears(nodes[i], optimizer, frame)), default=None)
        if cleared is None:
            return False
        between += nodes[cleared + 1 :]
    seen = Seen(optimizer, frame)
    with frame.block():
        if not all(seen.whole(one) for one in between):
            return False
    return seen.forward or (nodes is frame.turn and frame.over_loader and steps(nodes) == 1)


def hands_on(node: cst.Call) -> bool:
    """Return whether a call is a method of a tensor, or asks for parameters."""
    known = facts.OF_TENSORS | facts.PARAMETERS
    return passes_on(node) or (isinstance(node.func, cst.Attribute) and node.func.attr.value in known)


def is_output(argument: cst.Arg) -> bool:
    """Return whether an argument is one that the call fills."""
    return argument.keyword is not None and argument.keyword.value == "out"


def steps(nodes: Sequence[cst.CSTNode]) -> int:
    """Return how often something steps in these statements."""
    calls = (one for node in nodes for one in walk(node) if isinstance(one, cst.Call))
    return sum((dotted(one.func) or "").endswith("step") for one in calls)


def clears(node: cst.CSTNode, optimizer: Optimizer, frame: Frame) -> bool:
    """Return whether a statement is `optimizer.zero_grad()`."""
    call = only_call(node)
    if call is None or not isinstance(call.func, cst.Attribute) or call.func.attr.value != "zero_grad":
        return False
    with frame.block():
        return optimizers_of(frame.evaluate(call.func.value)) == [optimizer]


def only_call(node: cst.CSTNode) -> cst.Call | None:
    """Return the call that a statement is, if it is one and nothing else."""
    if not isinstance(node, cst.SimpleStatementLine) or len(node.body) != 1 or not isinstance(node.body[0], cst.Expr):
        return None
    value = node.body[0].value
    return value if isinstance(value, cst.Call) else None


SMALL = (cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Assert, cst.Del, cst.Pass, cst.Expr)
"""Statements that do no more than their expressions do."""


class Seen:
    """What is known of the code between a clear and a step.

    Results:
        forward: a network is called in it.
    """

    def __init__(self, optimizer: Optimizer, frame: Frame) -> None:
        self.optimizer, self.frame, self.forward = optimizer, frame, False

    def whole(self, node: cst.CSTNode) -> bool:
        """Return whether all that a statement does is in sight, and no backward."""
        if isinstance(node, cst.With):
            names = [dotted(one.item.func if isinstance(one.item, cst.Call) else one.item) or "" for one in node.items]
            quiet = all(name.rpartition(".")[2] in CONTEXTS for name in names)
            return quiet and all(self.whole(one) for one in node.body.body)
        if not isinstance(node, cst.SimpleStatementLine):
            return False
        call = only_call(node)
        if call is not None and isinstance(call.func, cst.Attribute):
            if call.func.attr.value in ("train", "eval"):
                return self.is_network(call.func.value)
            if call.func.attr.value in ("step", "zero_grad"):
                receiver = self.frame.evaluate(call.func.value)
                return bool(optimizers_of(receiver)) or is_scaler(receiver)
        return all(isinstance(one, SMALL) and all(self.known(part, one) for part in walk(one)) for one in node.body)

    def known(self, node: cst.CSTNode, statement: cst.CSTNode) -> bool:
        """Return whether a part of a statement runs no backward and fills no gradients."""
        if isinstance(node, cst.Attribute) and node.attr.value == "grad":
            return isinstance(statement, cst.Assert)
        if not isinstance(node, cst.Call):
            return not isinstance(node, cst.Await | cst.Yield | cst.Lambda)
        called = node.func.attr.value if isinstance(node.func, cst.Attribute) else dotted(node.func) or ""
        if called.startswith("clip_grad"):
            return True
        if called in ("backward", "grad") or called.endswith("_") or any(is_output(one) for one in node.args):
            return False
        if is_tensor_function(node) or (isinstance(node.func, cst.Attribute) and hands_on(node)):
            return True
        if isinstance(node.func, cst.Name) and (called in QUIET or facts.LOSS_CALL.match(called)):
            return True
        callee = self.frame.evaluate(node.func)
        if isinstance(callee, FunctionValue):
            return not self.frame.reader.matters(callee, ())
        if self.is_network(node.func):
            self.forward = True
            return True
        return isinstance(callee, Inert | LossFunction)

    def is_network(self, node: cst.BaseExpression) -> bool:
        """Return whether an expression is a network for sure: it is used as one, or is the optimizer's own."""
        value = self.frame.evaluate(node)
        if isinstance(value, Instance):
            return is_module(value)
        if not isinstance(value, Symbol):
            return False
        own = any(relation(a, b) is True for a in value.networks() for b in self.optimizer.networks)
        named = isinstance(node, cst.Name) or facts.OBJECT_NAME.match((dotted(node) or "").rpartition(".")[2])
        return bool(value.scope.usage.methods(value.path) & OF_NETWORKS) or (own and bool(named))
