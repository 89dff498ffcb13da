"""The calls that training is made of: what they mean for gradients, optimizers and schedules."""

from __future__ import annotations

import libcst as cst

from looplint.model import Branch, Cadence, Op, Optimizer, Scheduler
from looplint.source import facts
from looplint.source.binding import clear_by_hand
from looplint.source.follow import inline, unseen
from looplint.source.frame import Frame, as_block
from looplint.source.roles import is_scaler, optimizers_of, scheduler_of
from looplint.source.values import (
    Const,
    Either,
    Engine,
    FunctionValue,
    Given,
    OptimizerValue,
    SchedulerValue,
    Sequence,
    Symbol,
    Unknown,
    Value,
    counts_batches,
)

NOT_MINE = object()
"""What a handler returns for a call that it leaves to others."""


def step(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`receiver.step(...)`: of an optimizer, a scaler, a scheduler, an engine, or something else altogether."""
    if isinstance(receiver, Engine):
        frame.emit(Op.ESCAPE, node)
        return Unknown()
    if is_scaler(receiver) and given:
        optimizers = optimizers_of(given[0].value)
        if optimizers:
            step_of(optimizers, given[1:], node, frame)
            return Unknown()
        return unseen(tuple(one.value for one in given), node, frame)
    scheduler = scheduler_of(receiver)
    if scheduler is not None:
        return schedule(scheduler, receiver, given, node, frame)
    optimizers = optimizers_of(receiver)
    if optimizers:
        step_of(optimizers, given, node, frame)
        return Unknown()
    return NOT_MINE


def step_of(optimizers: list[Optimizer], given: list[Given], node: cst.Call, frame: Frame) -> None:
    """An optimizer steps; a closure given to it runs inside."""
    closure = next((one.value for one in given if not one.star and one.keyword in ("", "closure")), None)
    if isinstance(closure, FunctionValue):
        inline(closure, (), node, frame)
    elif given and not isinstance(closure, Const):
        frame.emit(Op.ESCAPE, node, *optimizers)
    frame.emit(Op.STEP, node, *optimizers, certain=len(optimizers) == 1)


def schedule(scheduler: Scheduler, receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """A scheduler moves. One argument may be an epoch or a metric; a noise scheduler takes more."""
    if len(given) > 2 or any(one.star for one in given):
        return NOT_MINE
    if isinstance(receiver, Symbol) and len([one for one in given if not one.keyword]) > 1:
        return NOT_MINE
    epoch = bool(given) and "Plateau" not in scheduler.kind
    frame.emit(Op.SCHEDULE, node, scheduler=scheduler, method="epoch" if epoch else "")
    return Unknown()


def backward(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`loss.backward()`, `accelerator.backward(loss)`, `engine.backward(loss)`: gradients for whoever is concerned."""
    inputs = next((one.value for one in given if one.keyword == "inputs"), None)
    certain = inputs is None or isinstance(inputs, Const)
    frame.emit(Op.BACKWARD, node, certain=certain)
    return Unknown()


def zero_grad(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`zero_grad()` of an optimizer, or of a model; of something unknown it is taken for a model."""
    optimizers = optimizers_of(receiver)
    if optimizers:
        frame.emit(Op.CLEAR, node, *optimizers, certain=len(optimizers) == 1)
    elif isinstance(receiver, Engine):
        frame.emit(Op.CLEAR, node, certain=False)
    else:
        frame.emit(Op.CLEAR, node, networks=receiver.networks())
    return Unknown()


def zero_in_place(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`p.grad.zero_()`."""
    if not is_gradient(receiver):
        return NOT_MINE
    drop_read(frame)
    clear_by_hand(owner_of(receiver), frame, node)
    return receiver


def fill_in_place(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`p.grad.copy_(...)` and the like: filled by hand."""
    if not is_gradient(receiver):
        return NOT_MINE
    frame.emit(Op.WRITE, node)
    return receiver


def scale_in_place(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`p.grad.mul_(0)` clears; by any other factor gradients stay what they are."""
    if not is_gradient(receiver) or not given or not is_zero(given[0].value):
        return NOT_MINE
    return zero_in_place(receiver, given, node, frame)


def is_zero(value: Value) -> bool:
    return isinstance(value, Const) and not isinstance(value.value, bool) and value.value == 0


def detach(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    return receiver if is_gradient(receiver) else NOT_MINE


def is_gradient(value: Value) -> bool:
    return isinstance(value, Unknown) and value.role == "gradients"


def owner_of(gradient: Value) -> Value:
    """Return whose gradient a value is."""
    if not isinstance(gradient, Unknown):
        return gradient
    owner = gradient.made_from[0] if gradient.made_from else gradient
    return owner_of(owner) if is_gradient(owner) else owner


def drop_read(frame: Frame) -> None:
    """Clearing through `.grad` is no look at the gradients."""
    if frame.out and getattr(frame.out[-1], "op", None) is Op.READ:
        frame.out.pop()


METHODS = {
    "step": step,
    "backward": backward,
    "manual_backward": backward,
    "zero_grad": zero_grad,
    "zero_": zero_in_place,
    "mul_": scale_in_place,
    "copy_": fill_in_place,
    "fill_": fill_in_place,
    "add_": fill_in_place,
    "normal_": fill_in_place,
    "detach_": detach,
    "detach": detach,
}
"""What these methods mean, whoever has them, unless the linted code defines them."""


def uncalled(node: cst.Attribute, receiver: Value, frame: Frame) -> None:
    """A method named in a statement of its own. What it was meant to do is taken as done: one mistake, one finding."""
    method = node.attr.value
    optimizers = optimizers_of(receiver)
    scheduler = scheduler_of(receiver)
    if method == "step" and not optimizers and scheduler is None:
        return
    if method in ("train", "eval", "backward", "zero_grad") and not isinstance(
        receiver, Symbol | OptimizerValue | Unknown
    ):
        return
    frame.emit(Op.UNCALLED, node, *optimizers, method=method)
    if scheduler is not None:
        return
    if method == "step":
        frame.emit(Op.STEP, node, *optimizers)
    elif method == "zero_grad":
        frame.emit(Op.CLEAR, node, *optimizers, networks=receiver.networks())
    elif method == "backward":
        frame.emit(Op.BACKWARD, node)


def build_scheduler(kind: str, given: list[Given], node: cst.Call, frame: Frame) -> Value:
    """The construction of a scheduler: whose it is, and how often its arguments mean it to move."""
    position = next((one.value for one in given if one.keyword in ("", "optimizer") and optimizers_of(one.value)), None)
    driven = optimizers_of(position) if position is not None else []
    cadence, evidence = cadence_of(kind, node, frame)
    scheduler = Scheduler(kind, kind, cadence, driven[0] if len(driven) == 1 else None, evidence=evidence)
    parts = [one.value for one in given if isinstance(one.value, SchedulerValue)]
    if not driven and parts:
        scheduler.optimizer = parts[0].scheduler.optimizer
    return SchedulerValue(scheduler, fresh=True)


def cadence_of(kind: str, node: cst.Call, frame: Frame) -> tuple[Cadence, str]:
    """Return how often a scheduler is meant to move, and the argument that tells it."""
    if kind == "ReduceLROnPlateau":
        patience = horizon(node, "patience", 3, frame)
        return (Cadence.UNKNOWN, "") if patience and patience[0] is not Cadence.EPOCH else (Cadence.EPOCH, "")
    if kind == "ExponentialLR":
        gamma = argument(node, "gamma", 1)
        value = frame.evaluate(gamma.value) if gamma else None
        small = isinstance(value, Const) and isinstance(value.value, float) and value.value < 0.99
        return (Cadence.EPOCH, text_of(gamma, "gamma", frame)) if gamma and small else (Cadence.UNKNOWN, "")
    if kind in facts.EPOCHWISE:
        found = horizon(node, *facts.EPOCHWISE[kind], frame)
        if found and (found[0] is Cadence.EPOCH or kind == "CosineAnnealingLR"):
            return found
        return Cadence.UNKNOWN, ""
    for keyword, position in facts.STEPWISE.get(kind, ()):
        found = horizon(node, keyword, position, frame, stepwise=True)
        if found:
            return found if found[0] is Cadence.STEP else (Cadence.UNKNOWN, "")
    if facts.SCHEDULE_FACTORY.match(kind):
        found = horizon(node, "num_training_steps", 2, frame, stepwise=True)
        if found and found[0] is Cadence.STEP:
            return found
    return Cadence.UNKNOWN, ""


def argument(node: cst.Call, keyword: str, position: int) -> cst.Arg | None:
    for index, one in enumerate(node.args):
        if one.keyword.value == keyword if one.keyword else index == position and not one.star:
            return one
    return None


def text_of(arg: cst.Arg, keyword: str, frame: Frame) -> str:
    return f"{keyword}={frame.source.code(arg.value, 30)}"


def horizon(
    node: cst.Call, keyword: str, position: int, frame: Frame, stepwise: bool = False
) -> tuple[Cadence, str] | None:
    """Return what an argument counts, epochs or steps, or None where nobody can tell."""
    arg = argument(node, keyword, position)
    if arg is None:
        return None
    evidence = text_of(arg, keyword, frame)
    value = frame.evaluate(arg.value)
    numbers = [item.value for item in value.items if isinstance(item, Const)] if isinstance(value, Sequence) else []
    if isinstance(value, Const):
        numbers = [value.value]
    if numbers and all(isinstance(number, int | float) for number in numbers):
        largest = max(numbers)  # type: ignore[type-var]
        if largest <= facts.FEW and not stepwise:  # type: ignore[operator]
            return Cadence.EPOCH, evidence
        if largest >= facts.MANY or (stepwise and keyword == "steps_per_epoch" and largest > 1):  # type: ignore[operator]
            return Cadence.STEP, evidence
        return Cadence.UNKNOWN, evidence
    text = evidence.partition("=")[2].lower()
    if counts_batches(value) or "len(" in text:
        return Cadence.STEP, evidence
    if "epoch" in text and not any(word in text for word in ("iter", "step", "batch", "*")):
        return Cadence.EPOCH, evidence
    return None


def any_of(receiver: Either, act: object, frame: Frame) -> Value:
    """Do the same to each of several objects of which it is one: a branch nobody can decide."""
    assert callable(act)
    arms, results = [], []
    for option in receiver.options:
        with frame.block() as nodes:
            results.append(act(option))
        arms.append(as_block(nodes))
    if any(arm.nodes for arm in arms):
        frame.out.append(Branch(tuple(arms)))
    return Either(tuple(results))
