"""Which parameters a run trains: those that no gradient reaches, and those that belong to no optimizer."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, compress, repeat
from typing import TYPE_CHECKING, TypeVar

import torch
from looplint.runtime_check.gradients import parameters

from looplint.law import Outsiders, Untrained
from looplint.model import Event, Optimizer

if TYPE_CHECKING:
    from looplint.runtime_check.observer import Watched

ENOUGH = 20
"""After so many steps a parameter without a gradient has none."""

FOLLOWED = 64
"""So many parameters without a gradient are looked at in each step that is judged; more only now and then."""


T = TypeVar("T")


class Coverage:
    """The trainable parameters of one optimizer that have had no gradient so far."""

    __slots__ = ("last", "never", "next", "total")

    def __init__(self) -> None:
        self.never: dict[int, tuple[weakref.ref[torch.Tensor], str]] | None = None
        self.next = 1
        self.last = 0
        self.total = 0

    def stepped(self, real: torch.optim.Optimizer, steps: int) -> None:
        """The optimizer has stepped for the `steps`th time; its gradients are still there."""
        if steps >= self.next:
            self.next = max(steps + 1, int(1.6 * steps))
            self.last = steps
            every = list(parameters(real))
            self.total = len(every)
            # A shard of a parameter that lies elsewhere is empty here, and never has a gradient.
            without = [one for one in every if one.grad is None and one.requires_grad and one.numel()]
            if self.never is not None:
                before = self.never
                without = [one for one in without if id(one) in before and before[id(one)][0]() is one]
            # They may be gone when the watch ends.
            names = names_of(without) if steps >= ENOUGH and without else [""] * len(without)
            self.never = {id(one): (weakref.ref(one), name) for one, name in zip(without, names, strict=True)}
        elif self.never and len(self.never) <= FOLLOWED:
            for key, (reference, _) in list(self.never.items()):
                one = reference()
                if one is None or one.grad is not None:
                    del self.never[key]

    def without(self) -> list[str]:
        """Return the names of the parameters that had no gradient; none where all had none, or the run was short."""
        alive = [(reference(), name) for reference, name in (self.never or {}).values()]
        found = [name for one, name in alive if one is None or one.grad is None]
        return found if self.last >= ENOUGH and len(found) < self.total else []


def untrained(watched: Iterable[Watched], steps: dict[Optimizer, Event]) -> Iterator[Untrained]:
    """Yield what the end of a run shows of each optimizer that has stepped."""
    for one in watched:
        without = one.coverage.without()
        if without and one.known in steps:
            yield Untrained(steps[one.known], one.known, tuple(without), one.coverage.total, one.steps)


def living(kind: type[T]) -> list[T]:
    """Return the objects of a class that are alive.

    Iterators of C do it all, amidst which no other thread runs: one that is just building a tuple would fail there if
    somebody else had a reference to that tuple, as whoever asks for all objects has
    (https://github.com/python/cpython/issues/59313). Objects are told by their type, as `__class__` may be anybody's
    code.
    """
    everything = chain.from_iterable(map(repeat, map(gc.get_objects, (None,)), (2,)))  # the list of all objects, twice
    types = map(map, repeat(type), everything)
    wanted = map(map, repeat(partial(type.__subclasscheck__, kind)), types)
    found = chain.from_iterable(map(compress, everything, wanted))
    collects = gc.isenabled()
    gc.disable()  # what a collection calls may be Python
    try:
        return list(found)
    finally:
        if collects:
            gc.enable()


def roots() -> list[torch.nn.Module]:
    """Return the modules that are part of no other."""
    modules = [one for one in living(torch.nn.Module) if "_modules" in vars(one)]
    inner = {id(part) for one in modules for part in one._modules.values() if part is not None}
    return [one for one in modules if id(one) not in inner]


def names_of(tensors: list[torch.Tensor]) -> list[str]:
    """Return what parameters are called in the module that has them, or their shapes where none does."""
    names = {id(one): name for root in roots() for name, one in root.named_parameters()}
    return [names.get(id(one), f"a parameter of shape {tuple(one.shape)}") for one in tensors]


class Outside:
    """The parameters that receive gradients and are in no optimizer, as two looks a while apart agree on them."""

    def __init__(self) -> None:
        self.next = 2
        self.seen: list[tuple[set[int], list[tuple[Watched, str, list[tuple[int, str]]]]]] = []

    def look(self, watched: list[Watched]) -> None:
        """Look at every module that these optimizers train; the gradients of the last backward are still there.

        At no other: a thread of its own may be computing the gradients there, which torch would not survive.
        """
        self.next = ENOUGH if not self.seen else 0
        owned = {id(parameter) for one in living(torch.optim.Optimizer) for parameter in parameters(one)}
        found: list[tuple[Watched, str, list[tuple[int, str]]]] = []
        for root in roots():
            named = [
                (f"{prefix}.{name}" if prefix else name, parameter, module.training)
                for prefix, module in root.named_modules()
                for name, parameter in module._parameters.items()
                if parameter is not None
            ]
            inside = {id(parameter) for _, parameter, _ in named} & owned
            shares = [(sum(id(p) in inside for p in parameters(real)), one) for one in watched if (real := one.real())]
            share, owner = max(shares, key=lambda pair: pair[0], default=(0, None))
            if not share or owner is None:
                continue
            outside = [
                (id(parameter), name)
                for name, parameter, training in named
                if id(parameter) not in owned and training and parameter.requires_grad and parameter.grad is not None
            ]
            if outside and len(outside) < len(inside):
                found.append((owner, type(root).__name__, outside))
        self.seen.append(({key for _, _, outside in found for key, _ in outside}, found))

    def outsiders(self, steps: dict[Optimizer, Event]) -> Iterator[Outsiders]:
        """Yield what was seen in both looks."""
        if len(self.seen) < 2:
            return
        before = self.seen[0][0]
        for one, module, outside in self.seen[-1][1]:
            names = tuple(name for key, name in outside if key in before)
            if names and one.known in steps:
                yield Outsiders(steps[one.known], one.known, names, module)
