"""What happens to the gradients of one optimizer: seen by looking at them, for calls that clear or fill them lie.

Nothing is copied and nothing is read but the identity of each `.grad` and its version, which torch counts up whenever
a tensor is written in place: no value leaves the device. Weak references tell whether a gradient is still the same
object: asked for one more, Python gives the same reference again. (What a reference refers to is never asked: a
gradient that only torch keeps may be freed at that very moment by a thread of the engine.) Nothing here keeps a tensor
alive. What torch does and does not let one see in this way was measured, and is told in docs/runtime.md.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import torch
from looplint.runtime_check.values import is_blank

FEW = 3
"""How many parameters of an optimizer are looked at while nothing is suspected."""

Held: TypeAlias = "tuple[weakref.ref[torch.Tensor], weakref.ref[torch.Tensor] | None, int]"
"""A parameter, its gradient when last looked at, and the version of that."""


def version(gradient: torch.Tensor) -> int:
    """Return how often a gradient has been written to in place.

    Of a `DTensor` clearing counts on the wrapper and accumulation on the part that is here.
    """
    try:
        if type(gradient) is torch.Tensor:
            return gradient._version
        local = getattr(gradient, "_local_tensor", None)
        return gradient._version if local is None else gradient._version + local._version
    except RuntimeError:  # an inference tensor counts nothing
        return -1


def remains(held: Held) -> bool:
    """Return whether a gradient that was there before a backward is there still: added to, or left as it was."""
    parameter, gradient, _ = held
    one = parameter()
    now = None if one is None else one.grad
    return now is not None and weakref.ref(now) is gradient


def is_gone(held: Held) -> bool:
    """Return whether a parameter has no gradient by now, or zeros as far as can be told without waiting."""
    parameter = held[0]()
    gradient = None if parameter is None else parameter.grad
    return gradient is None or is_blank(gradient) is True


def parameters(optimizer: torch.optim.Optimizer) -> Iterator[torch.Tensor]:
    for group in optimizer.param_groups:
        yield from group["params"]


def seen(parameter: weakref.ref[torch.Tensor], one: torch.Tensor) -> Held:
    """Return what is remembered of a parameter and its gradient."""
    gradient = one.grad
    return (parameter, None, 0) if gradient is None else (parameter, weakref.ref(gradient), version(gradient))


class Look:
    """What the gradients of an optimizer were when last looked at.

    Arguments:
        optimizer: whose.
        closely: look at every parameter, not at a few.
    """

    __slots__ = ("_marked", "closely", "held")

    def __init__(self, optimizer: torch.optim.Optimizer, *, closely: bool) -> None:
        self.closely = closely
        self._marked: tuple[Held, ...] | None = None
        chosen = list(parameters(optimizer)) if closely else few(optimizer)
        self.held: list[Held] = [(weakref.ref(one), None, 0) for one in chosen]

    def take(self) -> bool:
        """Look again, and remember; return whether there are any gradients."""
        held: list[Held] = []
        some = False
        for parameter, _, _ in self.held:
            one = parameter()
            if one is not None:
                entry = seen(parameter, one)
                some = some or entry[1] is not None
                held.append(entry)
        self.held = held
        self._marked = None
        return some

    def mark(self) -> bool:
        """Look at the first gradient and the last only, unless closely; return whether there is any."""
        if self.closely:
            return self.take()
        self._marked = ()
        for parameter, _, _ in self.held[:1] + self.held[-1:]:
            one = parameter()
            if one is not None and one.grad is not None:
                self._marked += (seen(parameter, one),)
        return bool(self._marked) or not self.empty()

    def refresh(self) -> None:
        """Look at those too that were left out."""
        if self._marked is not None:
            self.take()

    @property
    def known(self) -> Sequence[Held]:
        """What is remembered: of all, or of those that were looked at."""
        return self.held if self._marked is None else self._marked

    def widen(self, more: Iterable[torch.Tensor]) -> None:
        """Look at these parameters too."""
        self.held += [seen(weakref.ref(one), one) for one in more]

    def empty(self) -> bool:
        """Return whether no parameter that is looked at has a gradient now."""
        for parameter, _, _ in self.held:
            one = parameter()
            if one is not None and one.grad is not None:
                return False
        return True

    def untouched(self) -> list[Held]:
        """Return the gradients that nobody has replaced or written to since the last look, but for frozen ones."""
        found: list[Held] = []
        for entry in self.known:
            parameter, gradient, counted = entry
            if gradient is not None:
                one = parameter()
                now = None if one is None or not one.requires_grad else one.grad
                if now is not None and weakref.ref(now) is gradient and version(now) == counted:
                    found.append(entry)
        return found

    def changed(self) -> bool:
        """Return whether a gradient has come into being, or was replaced or written to, since the last look."""
        for parameter, gradient, counted in self.known:
            one = parameter()
            now = None if one is None else one.grad
            if now is not None and (gradient is None or weakref.ref(now) is not gradient or version(now) != counted):
                return True
        return False

    def replaced(self) -> bool:
        """Return whether a gradient is another object than at the last look, or is one where there was none."""
        for parameter, gradient, _ in self.known:
            one = parameter()
            now = None if one is None else one.grad
            if now is not None and (gradient is None or weakref.ref(now) is not gradient):
                return True
        return False

    def present(self) -> list[torch.Tensor]:
        """Return the parameters that have gradients now."""
        alive = (one for parameter, _, _ in self.held if (one := parameter()) is not None)
        return [one for one in alive if one.grad is not None]

    def blank(self) -> bool | None:
        """Return whether every gradient is None or zeros; None where only the device knows."""
        for parameter, _, _ in self.held:
            one = parameter()
            gradient = None if one is None else one.grad
            if gradient is not None:
                empty = is_blank(gradient)
                if not empty:
                    return empty
        return True


def few(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    """Return a few parameters that have gradients: the first, the last, and the smallest of the outer groups."""
    groups = [[one for one in group["params"] if one.grad is not None] for group in optimizer.param_groups]
    groups = [group for group in groups if group]
    chosen: list[torch.Tensor] = []
    for group in (*groups[:1], *groups[-1:]):
        for one in (group[0], group[-1], min(group, key=torch.Tensor.numel)):
            if not any(one is other for other in chosen):
                chosen.append(one)
    return chosen[:FEW]
