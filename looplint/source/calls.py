"""Calls: who is called, and what that is known, followed, or feared to do."""

from __future__ import annotations

import re
from dataclasses import replace

import libcst as cst

from looplint.model import Op, Optimizer
from looplint.source import facts, frameworks
from looplint.source.attributes import attribute_of
from looplint.source.binding import named, set_gradient
from looplint.source.cadence import build_scheduler
from looplint.source.follow import (
    TRAINS,
    arguments,
    base_name,
    inline,
    instantiate,
    is_optimizer_class,
    iterated,
    lend,
    owners,
    unseen,
)
from looplint.source.frame import Frame
from looplint.source.launch import engine, handed_back, handed_out
from looplint.source.loops import collected, element_of
from looplint.source.roles import is_launcher, is_loader, is_scaler, last_name, may_be_loss, optimizers_of, scheduler_of
from looplint.source.schedulers import is_schedule
from looplint.source.sight import is_a_loss, is_tensor_function
from looplint.source.training import METHODS, NOT_MINE, any_of, first_argument, step_of
from looplint.source.tree import dotted
from looplint.source.values import (
    NONE,
    Bound,
    ClassValue,
    Const,
    Either,
    Engine,
    External,
    FunctionValue,
    Given,
    Inert,
    Instance,
    Items,
    Launcher,
    Loader,
    LossFunction,
    Mapping,
    ModuleValue,
    OptimizerValue,
    Parameters,
    Range,
    Scaler,
    SchedulerValue,
    Sequence,
    Super,
    Symbol,
    Unknown,
    Value,
    counts_batches,
    from_gradients,
    holds_loss,
    kept,
    options,
)


def call(node: cst.Call, frame: Frame) -> Value:
    """Read a call."""
    if isinstance(node.func, cst.Attribute):
        receiver = frame.evaluate(node.func.value)
        given = arguments(node.args, frame)
        return method_call(receiver, node.func.attr.value, given, node, frame)
    callee = frame.evaluate(node.func)
    return apply(callee, arguments(node.args, frame), node, frame)


def method_call(receiver: Value, method: str, given: list[Given], node: cst.Call, frame: Frame) -> Value:
    """Read `receiver.method(...)`."""
    if isinstance(receiver, Either):
        if method in METHODS and optimizers_of(receiver):
            return any_of(receiver, lambda option: method_call(option, method, given, node, frame), frame)
        instances = [option for option in receiver.options if isinstance(option, Instance | FunctionValue)]
        if len(instances) == 1 and NONE not in receiver.options:
            receiver = instances[0]
        elif instances:
            return any_of(receiver, lambda option: method_call(option, method, given, node, frame), frame)
    if isinstance(receiver, Const) and receiver.value is None:
        return Unknown()  # an optimizer that is None here: the line cannot be reached
    if isinstance(receiver, External | ModuleValue):
        return apply(attribute_of(receiver, method, node, frame), given, node, frame)
    if isinstance(receiver, Super) and receiver.member(method) is None:
        return inherited(receiver.instance, method, tuple(one.value for one in given), node, frame)
    if isinstance(receiver, Instance | ClassValue | Super):
        member = attribute_of(receiver, method, node, frame)
        if not isinstance(member, Bound):
            return apply(member, given, node, frame)
    if method == "apply" and given and isinstance(given[0].value, FunctionValue):
        return inline(given[0].value, [Given(receiver)], node, frame)
    keeps = () if is_known(receiver, frame) or is_of_tensor(method, given) else kept(receiver)
    if method in METHODS and not keeps:
        result = METHODS[method](receiver, given, node, frame)
        if isinstance(result, Value):
            return result
        assert result is NOT_MINE
    if is_launcher(receiver) and method in frameworks.HANDED_BACK:
        return handed_back(frameworks.HANDED_BACK[method], given)
    if method in facts.PARAMETERS:
        parameters = Parameters(receiver.networks())
        return Unknown((parameters,), role="named") if method == "named_parameters" else parameters
    if method in ("view_as", "reshape_as", "expand_as", "type_as"):  # takes no values of what it is given
        return Unknown((receiver,), keeps=keeps)
    if isinstance(receiver, Mapping):
        return mapping_method(receiver, method, given)
    if isinstance(receiver, Items) and method in ("items", "values"):  # a dict whose keys nobody knows
        return Items(Sequence([Unknown(), receiver.element])) if method == "items" else receiver
    if isinstance(receiver, Sequence | Items) and method == "append" and given:
        return append(receiver, given[0].value, node, frame)
    if isinstance(receiver, Symbol) and method == "append" and given:
        frame.reader.meet(receiver, given[0].value)
        frame.reader.note_stored(receiver, given[0].value)
        return Unknown()
    if method in frameworks.OPTIMIZERS_OF_SELF and isinstance(receiver, Instance):
        return handed_out(receiver, method, node, frame)
    if method in frameworks.SCHEDULERS_OF_SELF and isinstance(receiver, Instance):
        return Unknown((receiver,), role="scheduler")
    optimizers = optimizers_of(receiver)
    values = tuple(one.value for one in given)
    if optimizers:
        if method not in facts.QUIET_OPTIMIZER_METHODS:
            frame.emit(Op.ESCAPE, node, *optimizers)
        lend(values, frame, optimizers)
        return Unknown((receiver, *values))
    if method in frameworks.STEPPERS and values and optimizers_of(values[0]):
        step_of(optimizers_of(values[0]), given[1:], node, frame, first_argument(node))
        return Unknown()
    if keeps and not facts.QUIET_CALLS.match(method):
        if method in facts.OF_TENSORS:
            return Unknown((*values, receiver), keeps=keeps)
        frame.emit(Op.ESCAPE, node, *keeps)
        return Unknown(values, keeps=keeps)
    if isinstance(receiver, Instance):
        return inherited(receiver, method, values, node, frame)
    return unknown_call(method, values, node, frame, receiver)


def is_of_tensor(method: str, given: list[Given]) -> bool:
    """Return whether a call is the backward of a tensor: that of an engine is given the loss."""
    return method == "backward" and all(one.keyword for one in given)


def is_known(receiver: Value, frame: Frame) -> bool:
    """Return whether a value is one that the law speaks of."""
    return bool(optimizers_of(receiver)) or scheduler_of(receiver) is not None or is_scaler(receiver)


def inherited(receiver: Instance, method: str, values: tuple[Value, ...], node: cst.Call, frame: Frame) -> Value:
    """A method of a base class nobody can see: it has the object, and all that the object holds."""
    if method in facts.MODULE_METHODS or facts.QUIET_CALLS.match(method):
        return unknown_call(method, values, node, frame)
    note_backward(method, values, node, frame)
    return unseen(values, node, frame, receiver)


def apply(callee: Value, given: list[Given], node: cst.Call, frame: Frame) -> Value:
    """Read the call of something that has been looked up."""
    values = tuple(one.value for one in given)
    if isinstance(callee, FunctionValue):
        return inline(callee, [*callee.given, *given], node, frame)
    if isinstance(callee, ClassValue):
        return instantiate(callee, given, node, frame)
    if isinstance(callee, Inert):
        if not any(isinstance(one, FunctionValue | OptimizerValue | SchedulerValue | Bound) for one in values):
            return Unknown(values)
        callee = frame.reader.imports.opened(callee)
        return apply(callee, given, node, frame)
    if isinstance(callee, External):
        return external_call(callee, given, node, frame)
    if isinstance(callee, Bound):
        return method_call(callee.receiver, callee.method, given, node, frame)
    if isinstance(callee, Either):
        known = [one for one in callee.options if isinstance(one, FunctionValue | ClassValue | External)]
        if known and len(known) == len(callee.options):
            return any_of(callee, lambda option: apply(option, given, node, frame), frame)
    if isinstance(callee, Instance):
        if any(name.endswith("Loss") for name in (callee.cls.name, *map(base_name, callee.cls.outer_bases()))):
            frame.emit(Op.LOSS, node)
        for name in ("__call__", "forward"):
            member = callee.cls.member(name)
            if isinstance(member, FunctionValue):
                return inline(member.bind(callee), given, node, frame)
        return unknown_call(callee.cls.name, values, node, frame)
    if all(isinstance(one, LossFunction) for one in options(callee)):
        frame.emit(Op.LOSS, node)
        return Unknown(values, loss=True)
    name = last_name(callee.path) if isinstance(callee, Symbol) else ""
    if isinstance(callee, Symbol) and name in METHODS and "." in callee.path:  # a method that was kept under a name
        head = callee.path.rpartition(".")[0]
        return method_call(callee.scope.names.get(head) or callee.scope.symbol(head), name, given, node, frame)
    if kept(callee):
        frame.emit(Op.ESCAPE, node, *kept(callee))
        return Unknown(values, keeps=kept(callee))
    if isinstance(callee, Symbol) and callee.owns_parameters:
        name = ""  # a network computes, be it called `train_model`
    return unknown_call(name, values, node, frame)


def unknown_call(
    name: str, values: tuple[Value, ...], node: cst.Call, frame: Frame, receiver: Value | None = None
) -> Value:
    """A call of code nobody can see.

    It may step, clear or differentiate through any optimizer it is given, unless its name says that it only looks.
    What torch calls `zeros_` and the like changes in place what it is given.
    """
    had = (receiver,) if receiver is not None else ()
    if name.endswith("_") and any(map(from_gradients, (*values, *had))):
        frame.emit(Op.CHANGE, node)
    if facts.LOSS_CALL.match(name) and not name[:1].isupper():
        frame.emit(Op.LOSS, node)
        return Unknown((*values, *had), loss=True)
    owners = frozenset(network for one in (*values, *had) for network in one.networks())
    if facts.CLEARS_BY_NAME.match(name):
        frame.emit(Op.CLEAR, node, networks=owners, certain=False)
    elif owners and facts.LOOKS_BY_NAME.search(name):
        frame.emit(Op.READ, node)
    if name == "deepcopy" and any(one.networks() for one in values) and not any(map(from_gradients, values)):
        return Unknown()  # another network, with gradients of its own
    if facts.QUIET_CALLS.match(name):
        return Unknown((*values, *had), vague=not facts.HANDS_ON_NETWORK.match(name))
    frame.reader.meet(*values, *had)
    if name in facts.OPTIMIZER_FACTORIES:
        return Unknown(values, role="optimizer")
    note_backward(name, values, node, frame, receiver)
    made = unseen(values, node, frame)
    keeps = made.keeps if isinstance(made, Unknown) else ()
    result = Unknown((*values, *had), keeps=keeps, vague=not facts.HANDS_ON_NETWORK.match(name))
    computes = is_tensor_function(node) or (receiver is not None and from_gradients(receiver))
    result.gradients = result.gradients and computes  # unseen code may add those of earlier turns
    result.loss = receiver is not None and holds_loss(receiver) and name in facts.STAYS_A_LOSS
    return result


def note_backward(
    name: str, values: tuple[Value, ...], node: cst.Call, frame: Frame, receiver: Value | None = None
) -> None:
    """Say that code nobody can see may run a backward: by its name, as it is given a loss, or as it is a loss's own."""
    if facts.QUIET_STATEMENTS.match(name) or isinstance(receiver, Const):  # a text is put together
        return
    given = any(map(may_be_loss, values)) and not is_tensor_function(node)
    own = receiver is not None and name not in facts.OF_TENSORS and is_a_loss(receiver)
    if given or own or facts.TRAINS_INSIDE.search(name):
        frame.emit(Op.OPAQUE, node)


def external_call(callee: External, given: list[Given], node: cst.Call, frame: Frame) -> Value:
    """A call of another package, by what is known of it."""
    name, last = callee.name, callee.last
    values = tuple(one.value for one in given)
    first = values[0] if values else Unknown()
    if name in ("torch.nn.utils.clip_grad_norm_", "torch.autograd.grad"):
        if last != "grad" and any("inf" in frame.source.code(one) for one in node.args[1:2]):
            frame.emit(Op.READ, node)  # nothing is clipped: it is the norm that is asked for
        return Unknown(values)
    if frameworks.hides_gradients(name):
        return Engine()
    if name in frameworks.ENGINES:
        return engine(frameworks.ENGINES[name], given)
    if name in frameworks.HANDED_BACK:
        return handed_back(frameworks.HANDED_BACK[name], given)
    if name in frameworks.LOOPS and isinstance(first, FunctionValue):
        frame.reader.looped[first.node] = frameworks.LOOPS[name]
    if last.endswith("Loss") and last[:1].isupper():
        return LossFunction()
    if last == "GradScaler":
        return Scaler()
    if last in frameworks.LAUNCHERS:
        return Launcher()
    made_for = bool(optimizers_of(first)) and last.endswith(("Scheduler", "LR"))
    if made_for or is_schedule(name) or "lr_scheduler." in name or facts.SCHEDULE_FACTORY.match(last):
        return build_scheduler(name, given, node, frame)
    if is_optimizer_class(name) or (last == "?" and name.startswith("torch.optim")) or last in frameworks.WRAPPERS:
        if isinstance(first, OptimizerValue):
            return first  # an optimizer around another works on the gradients of that one
        return OptimizerValue(Optimizer(last, owners(given), kind=last), fresh=True)
    if facts.LOADERS.search(name):
        return Loader(whole=gives_all_at_once(node))
    if last in frameworks.STEPPERS:
        optimizers = optimizers_of(first)
        if optimizers:
            step_of(optimizers, [], node, frame, first_argument(node))
            return Unknown()
    if last == "backward":
        frame.emit(Op.BACKWARD, node)
        return Unknown()
    return builtin_call(name, last, given, node, frame)


def gives_all_at_once(node: cst.Call) -> bool:
    """Return whether a loader is built with a batch size that is the length of something: all data are one batch."""
    for index, one in enumerate(node.args):
        if one.keyword.value == "batch_size" if one.keyword else index == 1:
            size = one.value
            if isinstance(size, cst.Subscript):  # `x.shape[0]`
                size = size.value
            called = size.func if isinstance(size, cst.Call) else size
            return (dotted(called) or "").rpartition(".")[2] in ("len", "shape", "size", "numel")
    return False


def builtin_call(name: str, last: str, given: list[Given], node: cst.Call, frame: Frame) -> Value:
    """Calls of builtins and of small helpers that pass on what they are given."""
    values = tuple(one.value for one in given)
    first = values[0] if values else Unknown()
    if name == "setattr" and len(values) == 3 and isinstance(values[1], Const) and values[1].value == "grad":
        set_gradient(first, values[2], frame, node)
        return Unknown()
    if last in ("_foreach_zero_", "foreach_zero_"):
        frame.emit(Op.CLEAR, node, certain=False)
        return Unknown()
    if name == "getattr" and isinstance(first, External) and first.name == "torch.optim":
        return External("torch.optim.?")
    if name == "getattr" and len(values) > 1 and isinstance(values[1], Const) and isinstance(values[1].value, str):
        return attribute_of(first, values[1].value, node, frame)
    if name == "getattr":
        return looked_up(first, values, node, frame)
    if name == "super" and frame.owner is not None and isinstance(frame.receiver, Instance):
        return Super(frame.receiver, frame.owner)
    if name == "len":
        data = isinstance(first, Bound) and first.method == "dataset" and is_loader(first.receiver)
        return Unknown(values, counts=data or is_loader(first))
    if name == "range":
        return Range(any(map(counts_batches, values)))
    if name == "next":
        if frame.pulls and is_loader(first):
            frame.pulls[-1] = True
        if kept(first):
            frame.emit(Op.ESCAPE, node, *kept(first))
        return Unknown(values)
    if last == "partial" and isinstance(first, FunctionValue):
        return replace(first, given=(*first.given, *given[1:]))
    if last == "partial" and isinstance(first, External | ClassValue | Bound):
        return first
    if last == "enumerate":
        return Unknown((iterated(first, node, frame),), role="enumerated")
    if last == "zip":
        several = (one.value.element if one.star and isinstance(one.value, Items) else one.value for one in given)
        return Unknown(tuple(iterated(one, node, frame) for one in several), role="zipped")
    if last in (
        "list",
        "tuple",
        "iter",
        "reversed",
        "sorted",
        "tqdm",
        "trange",
        "cycle",
        "islice",
        "track",
        "copy",
        "filter",
    ):
        passed = values[1] if last == "filter" and len(values) > 1 else iterated(first, node, frame)
        if isinstance(passed, Parameters):
            return Parameters(passed.owners, whole=passed.whole and last != "filter")
        if last == "islice" and is_loader(passed):
            return Unknown((passed,), role="slice")
        if isinstance(passed, Sequence | Items | Loader | Range | Unknown):
            return passed
        return Unknown((passed,), role="iterator") if isinstance(passed, Symbol) else Unknown(values)
    if last == "chain":
        return Parameters(frozenset(network for value in values for network in value.networks()))
    if last in ("zeros_like", "zeros"):
        return Unknown(role="zeros")
    if last in facts.NAMESPACES and given and all(one.keyword for one in given):
        return Mapping({one.keyword: one.value for one in given})
    if name == "map" and len(values) > 1:
        return collected(apply(first, [Given(element_of(value)) for value in values[1:]], node, frame), whole=True)
    if last in ("dict", "set") and name == last:
        return Unknown(values)
    if last == "print":
        return Unknown()
    return unknown_call(last, values, node, frame)


def looked_up(holder: Value, values: tuple[Value, ...], node: cst.Call, frame: Frame) -> Value:
    """Return what `getattr(holder, name)` gives: whoever calls it may call any method that the name can be of."""
    if not isinstance(holder, Instance):
        return Unknown(values)
    parts = getattr(node.args[1].value, "parts", ()) if len(node.args) > 1 else ()
    said = [re.escape(one.value) if isinstance(one, cst.FormattedStringText) else r"\w*" for one in parts]
    pattern = "".join(said) or r"\w*"
    members = {name: member for one in holder.cls.lineage() for name, member in one.members.items()}
    meant = [one for name, one in members.items() if isinstance(one, FunctionValue) and re.fullmatch(pattern, name)]
    trains = any(TRAINS.search(frame.reader.text(one)) for one in meant if one.node not in frame.stack)
    return Unknown(values, keeps=tuple(frame.reader.reachable_optimizers(holder)) if trains else ())


def mapping_method(receiver: Mapping, method: str, given: list[Given]) -> Value:
    key = given[0].value if given else None
    if method == "get" and isinstance(key, Const):
        return receiver.items.get(key.value) or Unknown((receiver,))
    if method == "values":
        return Sequence(list(receiver.items.values()))
    if method == "items":
        return Sequence([Sequence([Const(key), value]) for key, value in receiver.items.items()])
    if method == "keys":
        return receiver  # a loop over a dict is one over its keys
    if method == "update":
        for one in given:
            if isinstance(one.value, Mapping) and not one.keyword:
                receiver.items.update(one.value.items)
            else:  # by keyword, or under keys that nobody can see
                receiver.items[one.keyword or id(one.value)] = one.value
    return Unknown((receiver,))


def append(receiver: Sequence | Items, value: Value, node: cst.Call, frame: Frame) -> Value:
    if isinstance(value, OptimizerValue | SchedulerValue) and value.fresh:
        text = frame.source.code(node.func).rpartition(".")[0]
        index = len(receiver.items) if isinstance(receiver, Sequence) else "*"
        value = named(value, frame.scope, f"{text}[{index}]", f"{text}[{index}]", frame, node)
    if isinstance(receiver, Sequence):
        perhaps = bool(frame.reader.arms) and frame.reader.arms[-1] > receiver.number
        receiver.items.append(Either((value, NONE)) if perhaps and isinstance(value, Instance) else value)
    return Unknown()
