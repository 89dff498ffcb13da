"""The calls that training is made of: what they mean for gradients, optimizers and schedules."""

from __future__ import annotations

import libcst as cst

from looplint.model import Branch, Condition, Op, Optimizer, Scheduler
from looplint.source import facts
from looplint.source.binding import clear_by_hand, set_gradient
from looplint.source.follow import inline, unseen
from looplint.source.frame import Frame, as_block
from looplint.source.roles import is_scaler, optimizers_of, scheduler_of
from looplint.source.schedulers import takes_metric
from looplint.source.sight import is_part_of_a_mean
from looplint.source.tree import dotted
from looplint.source.vain import steps_in_vain
from looplint.source.values import (
    NONE,
    Const,
    Either,
    Engine,
    FunctionValue,
    Given,
    OptimizerValue,
    Symbol,
    Unknown,
    Value,
)

NOT_MINE = object()
"""What a handler returns for a call that it leaves to others."""


def step(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`receiver.step(...)`: of an optimizer, a scaler, a scheduler, an engine, or something else altogether."""
    if isinstance(receiver, Engine):
        if receiver.optimizer is None:
            frame.emit(Op.ESCAPE, node)
        else:
            frame.emit(Op.STEP, node, receiver.optimizer)
            frame.emit(Op.CLEAR, node, receiver.optimizer)
        return Unknown()
    if is_scaler(receiver) and given:
        optimizers = optimizers_of(given[0].value)
        if optimizers:
            step_of(optimizers, given[1:], node, frame, first_argument(node))
            return Unknown()
        return unseen(tuple(one.value for one in given), node, frame)
    scheduler = scheduler_of(receiver)
    if scheduler is not None:
        return schedule(scheduler, receiver, given, node, frame)
    optimizers = optimizers_of(receiver)
    if optimizers:
        step_of(optimizers, given, node, frame, owner_of_step(node))
        return Unknown()
    return NOT_MINE


def step_of(
    optimizers: list[Optimizer], given: list[Given], node: cst.Call, frame: Frame, whose: cst.CSTNode | None
) -> None:
    """An optimizer steps; a closure given to it runs inside.

    Arguments:
        whose: what names the optimizer there, if anything does.
    """
    closure = next((one.value for one in given if not one.star and one.keyword in ("", "closure")), None)
    if isinstance(closure, FunctionValue):
        inline(closure, (), node, frame)
        if not all(one.kind for one in optimizers):
            frame.emit(Op.OPAQUE, node)  # an optimizer that nobody knows may make gradients of what the closure returns
    elif given and not isinstance(closure, Const):
        frame.emit(Op.ESCAPE, node, *optimizers)
    alone = optimizers[0] if len(optimizers) == 1 and not given else None
    vain = alone is not None and steps_in_vain(alone, node, frame)
    named = frame.at(whose) if whose is not None else None
    method = "closure" if isinstance(closure, FunctionValue) else ""
    frame.emit(Op.STEP, node, *optimizers, certain=len(optimizers) == 1, method=method, vain=vain, whose=named)
    lent = frame.reader.lent.intersection(optimizers)
    if lent:
        frame.emit(Op.CLEAR, node, *lent, certain=False)


def owner_of_step(node: cst.Call) -> cst.BaseExpression | None:
    """Return `optimizer` for the call `optimizer.step()`; None for one under another name."""
    func = node.func
    return func.value if isinstance(func, cst.Attribute) and func.attr.value == "step" else None


def first_argument(node: cst.Call) -> cst.BaseExpression | None:
    """Return what a call is given first, unless it is several things at once."""
    return node.args[0].value if node.args and not node.args[0].star else None


def schedule(scheduler: Scheduler, receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """A scheduler moves. One argument may be an epoch or a metric; a noise scheduler takes more."""
    if len(given) > 2 or any(one.star for one in given):
        return NOT_MINE
    if isinstance(receiver, Symbol) and len([one for one in given if not one.keyword]) > 1:
        return NOT_MINE
    epoch = bool(given) and not takes_metric(scheduler.kind)
    frame.emit(Op.SCHEDULE, node, scheduler=scheduler, method="epoch" if epoch else "")
    return Unknown()


def step_update(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`scheduler.step_update(updates)` of timm and fairseq: it is told how far it is, so it can stand anywhere."""
    scheduler = scheduler_of(receiver)
    if scheduler is None:
        return NOT_MINE
    frame.emit(Op.SCHEDULE, node, scheduler=scheduler, method="epoch")
    return Unknown()


def backward(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`loss.backward()`, `accelerator.backward(loss)`, `engine.backward(loss)`: gradients for whoever is concerned."""
    if isinstance(receiver, Engine):
        own = [receiver.optimizer] if receiver.optimizer is not None else []
        frame.emit(Op.BACKWARD if own else Op.ESCAPE, node, *own)
        return Unknown()
    inputs = next((one.value for one in given if one.keyword == "inputs"), None)
    certain = inputs is None or isinstance(inputs, Const)
    part = isinstance(node.func, cst.Attribute) and is_part_of_a_mean(node.func.value, frame)
    frame.emit(Op.BACKWARD, node, certain=certain, part=part)
    if frame.scope.module.hooks_gradients or frame.reader.module.hooks_gradients:
        frame.emit(Op.READ, node)
    return Unknown()


def zero_grad(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`zero_grad()` of an optimizer, or of a model; of something unknown it is taken for a model."""
    optimizers = optimizers_of(receiver)
    if isinstance(receiver, Engine):
        frame.emit(Op.CLEAR, node, *optimizers, certain=False)
    elif optimizers:
        frame.emit(Op.CLEAR, node, *optimizers, certain=len(optimizers) == 1)
    else:
        clear_networks(receiver, node, frame)
    return Unknown()


def clear_networks(receiver: Value, node: cst.Call, frame: Frame) -> None:
    """`model.zero_grad()`: surely for what is called so, perhaps for what it was made from by code nobody can see."""
    networks = receiver.networks()
    vague = isinstance(receiver, Unknown | Symbol) and (receiver.vague or getattr(receiver, "loose", False))
    inner = receiver.wraps if isinstance(receiver, Symbol) else networks
    own = networks - inner if vague else networks
    perhaps = frame.reader.joined(networks)
    certain = bool(own) or not networks
    frame.emit(Op.CLEAR, node, networks=own, inner=networks - own, perhaps=perhaps, certain=certain)


def zero_in_place(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`p.grad.zero_()`; a buffer, too, of which gradients were made views by hand, or that is called gradients."""
    if is_gradient(receiver):
        drop_read(frame)
    elif receiver in frame.reader.buffers:
        frame.emit(Op.CLEAR, node, certain=False)
        return receiver
    elif not named_like_gradients(node.func):
        return NOT_MINE
    clear_by_hand(owner_of(receiver), frame, node)
    return receiver


def named_like_gradients(method: cst.BaseExpression) -> bool:
    """Return whether the object of a method is called gradients, as in `self.flat_grad.zero_`."""
    return isinstance(method, cst.Attribute) and bool(facts.GRADIENTS_NAME.search(dotted(method.value) or ""))


def fill_in_place(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`p.grad.copy_(...)` and the like: filled by hand."""
    if not is_gradient(receiver):
        return NOT_MINE
    frame.emit(Op.WRITE, node)
    return receiver


def copy_in_place(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`p.grad.copy_(...)`, which is `p.grad = ...`."""
    if not is_gradient(receiver):
        return NOT_MINE
    set_gradient(owner_of(receiver), given[0].value if given else Unknown(), frame, node)
    return receiver


def scale_in_place(receiver: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value | object:
    """`p.grad.mul_(0)` clears; by any other factor gradients stay what they are."""
    if not is_gradient(receiver):
        return NOT_MINE
    if given and is_zero(given[0].value):
        return zero_in_place(receiver, given, node, frame)
    frame.emit(Op.CHANGE, node)
    return receiver


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
    "step_update": step_update,
    "backward": backward,
    "manual_backward": backward,
    "zero_grad": zero_grad,
    "zero_": zero_in_place,
    "mul_": scale_in_place,
    "copy_": copy_in_place,
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
    metric = scheduler is not None and takes_metric(scheduler.kind)
    closure = method == "step" and any(one.kind in facts.NEED_A_CLOSURE for one in optimizers)
    needs = "metric" if metric else "closure" if closure else ""
    frame.emit(Op.UNCALLED, node, *optimizers, method=method, scheduler=scheduler, needs=needs)
    if scheduler is not None:
        return
    if method == "step":
        frame.emit(Op.STEP, node, *optimizers)
    elif method == "zero_grad":
        frame.emit(Op.CLEAR, node, *optimizers, networks=receiver.networks())
    elif method == "backward":
        frame.emit(Op.BACKWARD, node)


def any_of(receiver: Either, act: object, frame: Frame) -> Value:
    """Do the same to each of several objects of which it is one: a branch nobody can decide."""
    assert callable(act)
    arms, results = [], []
    for option in receiver.options:
        with frame.block() as nodes:
            results.append(act(option))
        arms.append(as_block(nodes))
    if any(arm.nodes for arm in arms):
        there = Condition(("there", receiver), frozenset()) if NONE in receiver.options else None
        frame.out.append(Branch(tuple(arms), there))
    return Either(tuple(results))
