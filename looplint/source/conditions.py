"""Conditions: what a test is worth where the code fixes it, and whether it is one that was met before."""

from __future__ import annotations

import libcst as cst

from looplint.model import Block, Branch, Condition
from looplint.source.frame import Frame
from looplint.source.tree import dotted, walk
from looplint.source.values import (
    ClassValue,
    Const,
    External,
    FunctionValue,
    Instance,
    OptimizerValue,
    SchedulerValue,
    Value,
)

PURE = frozenset({"len", "isinstance", "hasattr", "callable", "bool", "int", "is_main_process", "is_available"})
"""Calls that give the same answer as long as nothing is stored."""

OPPOSITES: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.NotEqual: cst.Equal,
    cst.IsNot: cst.Is,
    cst.NotIn: cst.In,
}


def choice(test: cst.BaseExpression, then: Block, orelse: Block, frame: Frame) -> Branch:
    """Return the branch that a test decides; a test and its opposite are one condition."""
    positive, swapped = affirmed(test)
    arms = (orelse, then) if swapped else (then, orelse)
    return Branch(arms, condition(positive, frame))


def affirmed(test: cst.BaseExpression) -> tuple[cst.BaseExpression, bool]:
    """Return a test without its negation, and whether it had one."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        inner, swapped = affirmed(test.expression)
        return inner, not swapped
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        target = test.comparisons[0]
        opposite = OPPOSITES.get(type(target.operator))
        if opposite is not None:
            return test.with_changes(comparisons=[target.with_changes(operator=opposite())]), True
    return test, False


def truth(test: cst.BaseExpression, frame: Frame) -> bool | None:
    """Return the value of a test where the code around it fixes it."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        inner = truth(test.expression, frame)
        return None if inner is None else not inner
    if isinstance(test, cst.BooleanOperation):
        left, right = truth(test.left, frame), truth(test.right, frame)
        decides = isinstance(test.operator, cst.Or)
        if decides in (left, right):
            return decides
        return left if left is not None and left == right else None
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        return compared(test, frame)
    if isinstance(test, cst.Integer):
        return bool(test.evaluated_value)
    if isinstance(test, cst.Name | cst.Attribute):
        value = quiet(test, frame)
        if isinstance(value, Const):
            return None if is_flag(test, value, frame) else bool(value.value)
        if isinstance(value, OptimizerValue | SchedulerValue | FunctionValue | ClassValue):
            return True
    return None


def is_flag(test: cst.Name | cst.Attribute, value: Const, frame: Frame) -> bool:
    """Return whether a name is a flag at the top of a file: there to be flipped, so that either branch is read."""
    if not isinstance(value.value, bool) or not isinstance(test, cst.Name):
        return False
    owner = frame.scope.owner(test.value)
    return owner.outer is None and test.value in owner.names


def compared(test: cst.Comparison, frame: Frame) -> bool | None:
    if dotted(test.left) == "__name__":
        return frame.source is frame.reader.source
    operator = test.comparisons[0].operator
    if not isinstance(operator, cst.Is | cst.IsNot | cst.Equal | cst.NotEqual):
        return None
    left, right = quiet(test.left, frame), quiet(test.comparisons[0].comparator, frame)
    positive = isinstance(operator, cst.Is | cst.Equal)
    if isinstance(left, Const) and isinstance(right, Const):
        return (left.value == right.value) is positive
    known = (OptimizerValue, SchedulerValue, FunctionValue, ClassValue, Instance, External)
    if isinstance(right, Const) and right.value is None and isinstance(left, known):
        return not positive
    return None


def quiet(node: cst.BaseExpression, frame: Frame) -> Value | None:
    """Return what a name or a literal stands for, with nothing happening."""
    if not isinstance(node, cst.Name | cst.Attribute | cst.Integer | cst.Float | cst.SimpleString):
        return None
    with frame.block():
        return frame.evaluate(node)


def condition(test: cst.BaseExpression, frame: Frame) -> Condition | None:
    """Return a test as something that can be recognised when it is met again, or None where it may change."""
    names: set[str] = set()
    for node in walk(test):
        if isinstance(node, cst.Call) and (dotted(node.func) or "?").rpartition(".")[2] not in PURE:
            return None
        if isinstance(node, cst.NamedExpr | cst.Await | cst.Lambda | cst.Yield):
            return None
        if isinstance(node, cst.Name | cst.Attribute) and (name := dotted(node)):
            names.add(name)
    keys = frame.keys(names)
    return Condition((frame.source.code(test, 10_000), keys), keys, once=holds_once(test))


def holds_once(test: cst.BaseExpression) -> bool:
    """Return whether a test compares with a literal number, as `epoch == 0` does: it holds in one turn at most."""
    if not isinstance(test, cst.Comparison) or not isinstance(test.comparisons[0].operator, cst.Equal):
        return False
    sides = (test.left, test.comparisons[0].comparator)
    return any(isinstance(one, cst.Integer) for one in sides) and all(
        isinstance(one, cst.Integer | cst.Name | cst.Attribute) for one in sides
    )
