"""What gradients hold, asked of the device without waiting for it.

On a CPU a value can simply be read. On a GPU reading waits for all that was asked for before, which would make every
run slower: so the question is asked on the device, the answer is copied to pinned memory while the run goes on, and it
is read once it has arrived, some iterations later. Of devices that cannot be asked like that nothing is ever known.
"""

from __future__ import annotations

import weakref

import torch

SMALL = 100_000
"""Gradients of more numbers than this are not copied, to see whether they are still the same."""


class Question:
    """A yes or no that a device is asked for.

    Arguments:
        answer: a tensor of one boolean, on the device.
    """

    __slots__ = ("_answer", "_arrived")

    def __init__(self, answer: torch.Tensor) -> None:
        self._answer = answer
        self._arrived: torch.cuda.Event | None = None
        if answer.device.type == "cuda":
            self._answer = torch.empty((), dtype=torch.bool, pin_memory=True)
            self._answer.copy_(answer, non_blocking=True)
            self._arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._arrived.record()

    @property
    def answer(self) -> bool | None:
        """The answer; None as long as it has not arrived."""
        if self._arrived is not None and not self._arrived.query():  # type: ignore[no-untyped-call]
            return None
        return bool(self._answer)


def is_far(gradient: torch.Tensor) -> bool:
    """Return whether a gradient lies where reading it waits for a device."""
    return local(gradient).device.type != "cpu"


def is_blank(gradient: torch.Tensor) -> bool | None:
    """Return whether a gradient is all zeros; None where to ask would wait for a device."""
    return None if is_far(gradient) else not bool(local(gradient).any())


def can_be_asked(gradient: torch.Tensor) -> bool:
    """Return whether a gradient lies where it can be looked at without waiting."""
    kind = gradient.device.type
    return kind == "cpu" or (kind == "cuda" and not torch.cuda.is_current_stream_capturing())


def local(gradient: torch.Tensor) -> torch.Tensor:
    """Return the numbers of a gradient that are here: the part of a `DTensor`, the values of a sparse tensor."""
    part = getattr(gradient, "_local_tensor", gradient).detach()
    return part._values() if part.is_sparse else part


class Snapshot:
    """A copy of the smallest of some gradients, where it lies, to see later whether it is still the same."""

    __slots__ = ("_copy", "_parameter", "far")

    def __init__(self, parameter: torch.Tensor, gradient: torch.Tensor) -> None:
        self._parameter = weakref.ref(parameter)
        self._copy = local(gradient).clone()
        self.far = is_far(gradient)

    @classmethod
    def of(cls, parameters: list[torch.Tensor]) -> Snapshot | None:
        """Return a copy of the smallest gradient of some parameters, unless all are too large or out of reach."""
        sized = [
            (size, index)
            for index, one in enumerate(parameters)
            if one.grad is not None and not one.grad.is_sparse and can_be_asked(one.grad)
            if (size := local(one.grad).numel())
        ]
        size, index = min(sized, default=(SMALL + 1, 0))
        gradient = parameters[index].grad if size <= SMALL else None
        return None if gradient is None else cls(parameters[index], gradient)

    def is_still_there(self) -> Question | None:
        """Ask whether the gradient is what it was, and on a device not all zeros; None where it cannot be asked."""
        parameter = self._parameter()
        gradient = None if parameter is None else parameter.grad
        if gradient is None or not can_be_asked(gradient):
            return None
        now = local(gradient)
        if now.shape != self._copy.shape or now.device != self._copy.device:
            return None
        same = (now == self._copy).all()
        return Question(same & (now != 0).any() if self.far else same)
