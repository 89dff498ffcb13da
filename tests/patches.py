"""Makes torch tell a recorder what happens, for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from looplint.model import Op

if TYPE_CHECKING:
    from tests.recorder import Recorder


def subclasses(kind: type) -> Iterator[type]:
    yield kind
    for one in kind.__subclasses__():
        yield from subclasses(one)


def patch(recorder: Recorder, stack: contextlib.ExitStack) -> None:
    """Make torch tell `recorder` what happens, until `stack` is left."""

    def replace(owner: Any, name: str, make: Any) -> None:
        original = vars(owner).get(name)
        setattr(owner, name, make(getattr(owner, name)))
        stack.callback(delattr, owner, name) if original is None else stack.callback(setattr, owner, name, original)

    def init(original: Any) -> Any:
        def __init__(self: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            recorder.built(self)

        return __init__

    def backward(original: Any) -> Any:
        def run(*args: Any, **kwargs: Any) -> None:
            with recorder.outermost("backward") as outermost:
                if outermost:
                    recorder.sync()
                original(*args, **kwargs)
                if outermost:
                    recorder.fed()

        return run

    def zero_grad(original: Any) -> Any:
        def clear(self: Any, *args: Any, **kwargs: Any) -> None:
            recorder.sync()
            with recorder.outermost("zero_grad") as outermost:
                original(self, *args, **kwargs)
            if outermost and isinstance(self, torch.optim.Optimizer):
                recorder.cleared(recorder.optimizers[id(self)].parameters, owner=self)
            elif outermost:
                recorder.cleared(list(self.parameters()))

        return clear

    def schedule(original: Any) -> Any:
        def move(self: LRScheduler, *args: Any, **kwargs: Any) -> None:
            with recorder.outermost("schedule") as outermost:
                original(self, *args, **kwargs)
            if outermost and not getattr(self, "_is_initial", False):
                metric = isinstance(self, torch.optim.lr_scheduler.ReduceLROnPlateau)
                recorder.moved(self, "epoch" if (args or kwargs) and not metric else "")

        return move

    def attempt(original: Any) -> Any:
        def scaled(self: Any, optimizer: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> Any:
            before = len(recorder.here)
            out = original(self, optimizer, *args, **kwargs)
            if len(recorder.here) == before:
                recorder.stepped(optimizer, certain=False)  # infinite gradients: the scaler has skipped it
            return out

        return scaled

    def loss(original: Any) -> Any:
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            out = original(self, *args, **kwargs)
            if out.requires_grad:
                recorder.add(Op.LOSS)
            return out

        return call

    def iterate(original: Any) -> Any:
        def batches(self: Any) -> Iterator[Any]:
            one = recorder.passing(self)
            try:
                for batch in original(self):
                    recorder.batch(one)
                    yield batch
            finally:
                recorder.end(one)

        return batches

    def before(*_: Any) -> None:
        recorder.sync()
        recorder.depth["step"] += 1

    def after(real: torch.optim.Optimizer, *_: Any) -> None:
        recorder.depth["step"] -= 1
        if not recorder.depth["step"]:
            recorder.stepped(real)

    replace(torch.optim.Optimizer, "__init__", init)
    replace(torch.optim.Optimizer, "zero_grad", zero_grad)
    replace(torch.nn.Module, "zero_grad", zero_grad)
    replace(torch.autograd, "backward", backward)
    replace(torch.amp.GradScaler, "step", attempt)
    replace(torch.nn.modules.loss._Loss, "__call__", loss)
    replace(torch.utils.data.DataLoader, "__iter__", iterate)
    for kind in list(subclasses(LRScheduler)):
        if "step" in vars(kind):
            replace(kind, "step", schedule)
    stack.callback(register_optimizer_step_pre_hook(before).remove)
    stack.callback(register_optimizer_step_post_hook(after).remove)
