"""Reads the construction of a scheduler: whose it is, and whether its arguments count epochs or steps."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable

import libcst as cst

from looplint.model import Cadence, Scheduler
from looplint.source import schedulers
from looplint.source.frame import Frame
from looplint.source.roles import last_name, optimizers_of
from looplint.source.schedulers import Argument, Horizon, Schedule
from looplint.source.tree import dotted
from looplint.source.values import (
    Bound,
    Const,
    Given,
    SchedulerValue,
    Sequence,
    Symbol,
    Unknown,
    Value,
    counts_batches,
)

Count = Cadence | float | None
"""What an expression counts: epochs, steps, a plain number, or nobody can tell."""

UNTOLD = Cadence.UNKNOWN, "", False

GENTLE = 0.99
"""A rate that is multiplied by this, or more, at each move may be meant to move at every step."""

FACTOR = 2
"""Up to so many times the epochs are still epochs; `100 * epochs` may be all the batches."""

_PER_EPOCH = re.compile(
    r"(iters?|iterations?|steps?|batch(es)?|updates?)_?(per|in|each)_?epoch|^(n|nb|num)_?batch(es)?$"
)
_MOVES = re.compile(r"iter|step|batch|update|size|len|per_?epoch")
_STEPS = re.compile(
    r"^(max|total|num|estimated)_?(train(ing)?_?|optim\w*_?|stepping_?)?(iters|iter|iterations|steps|updates|batches)$"
)
_DIVISOR = re.compile(r"accum|batch_?size|world_?size|gpus?$|process|devices|replicas")
_DATA = re.compile(r"load|data|set$|sampler|train|batch|iter|dl$|samples|corpus|queue", re.IGNORECASE)
_KEEPS_UNIT = frozenset("int float round abs ceil floor max min sorted list tuple".split())


def build_scheduler(name: str, given: list[Given], node: cst.Call, frame: Frame) -> Value:
    """Read the construction of a scheduler.

    Arguments:
        name: the full name of its class or factory.
    """
    kind = name.rpartition(".")[2]
    driven = next((one.value for one in given if one.keyword in ("", "optimizer") and optimizers_of(one.value)), None)
    optimizers = optimizers_of(driven) if driven is not None else []
    row, by_position = schedulers.find(name)
    cadence, evidence, stated = cadence_of(row, by_position, node, frame) if row else UNTOLD
    optimizer = optimizers[0] if len(optimizers) == 1 else None
    scheduler = Scheduler(kind, kind, cadence, optimizer, evidence=evidence, stated=stated)
    if row is not None and row.parts is not None:
        parts = parts_of(one.value for one in given)
        scheduler.cadence = cadence_of_all(scheduler, parts)
        scheduler.stated = any(one.stated for one in (scheduler, *parts))
        if scheduler.cadence is Cadence.UNKNOWN:
            scheduler.evidence = ""
        if not optimizers and parts:
            scheduler.optimizer = parts[0].optimizer
    made = SchedulerValue(scheduler, fresh=True)
    return Sequence([made, Unknown()]) if row is not None and row.pair else made


def cadence_of_all(whole: Scheduler, parts: list[Scheduler]) -> Cadence:
    """Return what the parts of a scheduler count, with its own arguments, if they agree.

    They all move together. Beside parts that tell nothing a small number tells nothing either: only the word does.
    """
    known = {one.cadence for one in (whole, *parts)} - {Cadence.UNKNOWN}
    if len(known) != 1:
        return Cadence.UNKNOWN
    vague = any(one.cadence is Cadence.UNKNOWN for one in parts)
    stated = any(one.stated for one in (whole, *parts))
    return Cadence.UNKNOWN if vague and known == {Cadence.EPOCH} and not stated else known.pop()


def parts_of(values: Iterable[Value]) -> list[Scheduler]:
    """Return the schedulers that another is made of."""
    found: list[Scheduler] = []
    for value in values:
        if isinstance(value, SchedulerValue):
            found.append(value.scheduler)
        elif isinstance(value, Sequence):
            found += parts_of(value.items)
    return found


def cadence_of(row: Schedule, by_position: bool, node: cst.Call, frame: Frame) -> tuple[Cadence, str, bool]:
    """Return what the arguments of a scheduler count, the argument that tells it, and whether in words."""
    if row.decay is not None and (factor := argument(node, row.decay, by_position)) is not None:
        value = count(factor.value, frame)
        if isinstance(value, float | int) and value >= GENTLE:
            return UNTOLD
        if not row.horizon:
            told = isinstance(value, float)
            return (Cadence.EPOCH, text_of(factor, row.decay, frame), False) if told else UNTOLD
    for horizon in row.horizon:
        given = argument(node, horizon, by_position)
        counted = count(given.value, frame, horizon.named) if given is not None else None
        if given is None or counted is None:
            continue
        cadence = counted if isinstance(counted, Cadence) else of_literal(counted, horizon)
        if cadence is Cadence.UNKNOWN or (row.alone and cadence is Cadence.STEP):
            return UNTOLD
        if row.alone:
            break
        evidence = text_of(given, horizon, frame)
        return cadence, evidence, isinstance(counted, Cadence) or "epoch" in evidence.lower()
    return (Cadence.EPOCH, "", False) if row.alone else UNTOLD


def of_literal(number: float, horizon: Horizon) -> Cadence:
    """Return what a literal horizon counts."""
    if number <= horizon.epochs_to:
        return Cadence.EPOCH
    return Cadence.STEP if horizon.steps_from and number >= horizon.steps_from else Cadence.UNKNOWN


def argument(node: cst.Call, wanted: Argument, by_position: bool) -> cst.Arg | None:
    """Return the argument of a call that is the wanted one, by keyword or by position."""
    for index, one in enumerate(node.args):
        if one.star:
            by_position = False
        if one.keyword.value == wanted.keyword if one.keyword else by_position and index == wanted.position:
            return one
    return None


def text_of(arg: cst.Arg, wanted: Argument, frame: Frame) -> str:
    return f"{wanted.keyword}={frame.source.code(arg.value, 30)}"


# -- what an expression counts -----------------------------------------------------------------------------------------


def count(node: cst.BaseExpression, frame: Frame, named: bool = False) -> Count:
    """Return what an expression counts.

    Arguments:
        node: such as `args.epochs // 3` or `len(loader) * epochs`.
        named: names such as `max_iters` count steps.
    """
    if isinstance(node, cst.Integer | cst.Float):
        return float(node.evaluated_value) if isinstance(node, cst.Float) else node.evaluated_value
    if isinstance(node, cst.Name | cst.Attribute | cst.Subscript):
        return count_of_name(node, frame, named)
    if isinstance(node, cst.Call):
        return count_of_call(node, frame, named)
    if isinstance(node, cst.BinaryOperation):
        combine = _COMBINED.get(type(node.operator))
        left, right = count(node.left, frame, named), count(node.right, frame, named)
        if combine is quotient and right is None and _DIVISOR.search(words(node.right)):
            right = 1
        return combine(left, right) if combine is not None else None
    if isinstance(node, cst.List | cst.Tuple):
        return common(count(one.value, frame, named) for one in node.elements)
    if isinstance(node, cst.ListComp | cst.GeneratorExp):
        return count(node.elt, frame, named)
    if isinstance(node, cst.IfExp):
        one, other = count(node.body, frame, named), count(node.orelse, frame, named)
        return one if one == other else None
    return None


def words(node: cst.CSTNode) -> str:
    """Return the word that says what a name is: `epochs` for `args.train.epochs` and for `config["epochs"]`.

    That of a call is the name of what is called.
    """
    if isinstance(node, cst.Subscript) and isinstance(node.slice[0].slice, cst.Index):
        key = node.slice[0].slice.value
        return str(key.evaluated_value).lower() if isinstance(key, cst.SimpleString) else words(node.value)
    if isinstance(node, cst.Call):
        return words(node.func)
    return (node.attr.value if isinstance(node, cst.Attribute) else dotted(node) or "").lower()


def count_of_name(node: cst.Name | cst.Attribute | cst.Subscript, frame: Frame, named: bool) -> Count:
    """A name counts what it holds, or else what it says."""
    with frame.block():  # it has been read as an argument, with all that happens in it
        value = frame.evaluate(node)
    if counts_batches(value):
        return Cadence.STEP
    called = words(node)
    if isinstance(value, Sequence) and (numbers := common(map(number_in, value.items))) is not None:
        return numbers
    if isinstance(value, Const):  # a small number that is called a count of steps: nobody can tell
        return None if _MOVES.search(called) else number_in(value)
    if isinstance(node, cst.Name) and node.value in frame.scope.scaled:
        return None
    held = last_name(value.path) if isinstance(value, Symbol) else value.method if isinstance(value, Bound) else ""
    said = count_of_word(held.lower(), named) or count_of_word(called, named)
    return count_of_what_it_holds(node, frame, named) if said is None and isinstance(node, cst.Name) else said


def count_of_what_it_holds(node: cst.Name, frame: Frame, named: bool) -> Count:
    """A name that says nothing counts what the expression counts that is stored in it."""
    if _MOVES.search(words(node)):
        return None
    with frame.scope.looking_into(node.value) as stored:
        return count(stored, frame, named) if stored is not None else None


def number_in(value: Value) -> Count:
    number = value.value if isinstance(value, Const) else None
    return number if isinstance(number, int | float) and not isinstance(number, bool) else None


def count_of_word(word: str, named: bool) -> Count:
    if _PER_EPOCH.search(word):
        return Cadence.STEP
    if "epoch" in word:
        return None if _MOVES.search(word) else Cadence.EPOCH
    return Cadence.STEP if named and _STEPS.match(word) else None


def count_of_call(node: cst.Call, frame: Frame, named: bool) -> Count:
    name = node.func.attr.value if isinstance(node.func, cst.Attribute) else dotted(node.func) or ""
    if name in _KEEPS_UNIT:
        return common(count(one.value, frame, named) for one in node.args[: 1 if name == "round" else None])
    if name == "len" and node.args:
        with frame.block():
            value = frame.evaluate(node)
        return Cadence.STEP if counts_batches(value) or _DATA.search(words(node.args[0].value)) else None
    if name == "get" and node.args and isinstance(node.args[0].value, cst.SimpleString):
        return count_of_word(str(node.args[0].value.evaluated_value).lower(), named)
    return None


def common(counts: Iterable[Count]) -> Count:
    """Return what several expressions count that stand for the same: the largest, where all are plain numbers."""
    counts = list(counts)
    known = {one for one in counts if isinstance(one, Cadence)}
    if known:
        return known.pop() if len(known) == 1 else None
    numbers = [one for one in counts if isinstance(one, int | float)]
    return max(numbers) if numbers and len(numbers) == len(counts) else None


def product(one: Count, other: Count) -> Count:
    """Epochs times steps are steps; epochs times what nobody can tell are neither."""
    if Cadence.STEP in (one, other):
        return Cadence.STEP
    if one is Cadence.EPOCH and isinstance(other, int | float):
        return one if other <= FACTOR else None
    if other is Cadence.EPOCH and isinstance(one, int | float):
        return product(other, one)
    return arithmetic(operator.mul, one, other)


def quotient(one: Count, other: Count) -> Count:
    """A part of the epochs is epochs, and of the steps steps; steps by steps, or by an interval, are neither."""
    if one is Cadence.EPOCH and not isinstance(other, Cadence):
        return one
    if one is Cadence.STEP and isinstance(other, int | float):
        return one
    return arithmetic(operator.truediv, one, other)


def addition(one: Count, other: Count) -> Count:
    return plus(operator.add, one, other)


def difference(one: Count, other: Count) -> Count:
    return plus(operator.sub, one, other)


def plus(calculate: Callable[[float, float], float], one: Count, other: Count) -> Count:
    """What is added to epochs are epochs."""
    if isinstance(one, Cadence) or isinstance(other, Cadence):
        return common((one, other))
    return arithmetic(calculate, one, other)


def power(one: Count, other: Count) -> Count:
    """A power of numbers, such as `0.99**5`; one that is no number or no real one is none."""
    if not isinstance(one, int | float) or not isinstance(other, int | float) or one <= 0:
        return None
    return arithmetic(operator.pow, float(one), float(other))


def arithmetic(calculate: Callable[[float, float], float], one: Count, other: Count) -> Count:
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        return None
    try:
        return calculate(one, other)
    except ArithmeticError:
        return None


_COMBINED: dict[type[cst.BaseBinaryOp], Callable[[Count, Count], Count]] = {
    cst.Multiply: product,
    cst.Divide: quotient,
    cst.FloorDivide: quotient,
    cst.Add: addition,
    cst.Subtract: difference,
    cst.Power: power,
}
