"""Which parameters a run trains: those that no gradient reaches, and those that belong to no optimizer."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import torch
from looplint.runtime_check.alive import living, names_of, roots
from looplint.runtime_check.gradients import parameters

from looplint.law import Outsiders, Untrained
from looplint.model import Event, Optimizer

ENOUGH = 20
"""After so many steps a parameter without a gradient has none."""

FOLLOWED = 64
"""So many parameters without a gradient are looked at in each step that is judged; more only now and then."""

Trained: TypeAlias = "tuple[torch.optim.Optimizer, Optimizer]"
"""An optimizer that trains, and what it is in the model."""


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

    def untrained(self, one: Optimizer, step: Event, steps: int) -> Iterator[Untrained]:
        """Yield what the end of a run shows of an optimizer that has stepped `steps` times, one of them at `step`."""
        if without := self.without():
            yield Untrained(step, one, tuple(without), self.total, steps)

    def without(self) -> list[str]:
        """Return the names of the parameters that had no gradient; none where all had none, or the run was short."""
        alive = [(reference(), name) for reference, name in (self.never or {}).values()]
        found = [name for one, name in alive if one is None or one.grad is None]
        return found if self.last >= ENOUGH and len(found) < self.total else []


class Outside:
    """The parameters that receive gradients and are in no optimizer, as two looks a while apart agree on them."""

    def __init__(self) -> None:
        self.next = 2
        self.seen: list[tuple[set[int], list[tuple[Optimizer, str, list[tuple[int, str]]]]]] = []

    def look(self, trained: Sequence[Trained]) -> None:
        """Look at every module that these optimizers train; the gradients of the last backward are still there.

        At no other: a thread of its own may be computing the gradients there, which torch would not survive.
        """
        self.next = ENOUGH if not self.seen else 0
        owned = {id(parameter) for one in living(torch.optim.Optimizer) for parameter in parameters(one)}
        found: list[tuple[Optimizer, str, list[tuple[int, str]]]] = []
        for root in roots():
            named = [
                (f"{prefix}.{name}" if prefix else name, parameter, module.training)
                for prefix, module in root.named_modules()
                for name, parameter in module._parameters.items()
                if parameter is not None
            ]
            inside = {id(parameter) for _, parameter, _ in named} & owned
            shares = [(sum(id(p) in inside for p in parameters(real)), known) for real, known in trained]
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
            if names and one in steps:
                yield Outsiders(steps[one], one, names, module)
