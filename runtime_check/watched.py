"""What is known of one optimizer that is watched."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Hashable, Sequence
from typing import Any

import torch
from looplint.runtime_check.evidence import Evidence
from looplint.runtime_check.gradients import Held, Look
from looplint.runtime_check.parameters import Coverage

from looplint.model import Optimizer

UNKNOWN, CLEAN, FILLED, USED = range(4)
"""What the gradients of an optimizer were after its last event."""


class Watched:
    """An optimizer that is watched.

    Arguments:
        real: torch's.
        known: what it is in the model.
        number: tells it from others.
        closely: look at each of its parameters.

    Attributes:
        kind: its class.
        limit: why it can be judged in part only; empty where it cannot be said to.
        look: what its gradients were when last looked at.
        phase: what they were after its last event.
        evidence: what their values have told.
        coverage: its parameters that have had none.
        suspects: those that were there unchanged, though applied, when the present backward began.
        was_empty: none was there when the present backward began.
        thread: in which it was met.
        stepping: how many calls of `step` it is in, one inside the other.
        closures: how often the closure of the present step was evaluated.
        evaluating: whether it is being evaluated.
        opaque: how many CUDA graphs had been replayed when its gradients were last applied.
        steps: how often it has stepped.
        before: how often it had when its parameters were last chosen.
        fed: how often a backward has given it gradients.
    """

    __slots__ = (
        "before",
        "closures",
        "coverage",
        "evaluating",
        "evidence",
        "fed",
        "kind",
        "known",
        "limit",
        "look",
        "number",
        "opaque",
        "phase",
        "real",
        "stepping",
        "steps",
        "suspects",
        "thread",
        "was_empty",
    )

    def __init__(self, real: torch.optim.Optimizer, known: Optimizer, number: int, *, closely: bool) -> None:
        self.real = weakref.ref(real)
        self.kind = type(real).__name__
        self.limit = limit_of(real)
        self.known = known
        self.number = number
        self.look = Look(real, closely=closely)
        self.look.take()
        self.thread = threading.get_ident()
        self.phase = UNKNOWN
        self.evidence = Evidence()
        self.coverage = Coverage()
        self.suspects: list[Held] = []
        self.was_empty = False
        self.stepping = 0
        self.closures = 0
        self.evaluating = False
        self.opaque = 0
        self.steps = self.before = self.fed = 0

    @property
    def used(self) -> bool:
        """Whether it has taken part in the run: it has stepped, or was given gradients."""
        return bool(self.steps or self.fed)


def numbers(watched: Sequence[Watched]) -> Hashable:
    """Return what tells some optimizers from others."""
    return watched[0].number if len(watched) == 1 else tuple(one.number for one in watched)


def limit_of(optimizer: torch.optim.Optimizer) -> str:
    """Return why an optimizer can be judged in part only; empty where it cannot be said to."""
    parameters: list[Any] = [one for group in optimizer.param_groups for one in group["params"]]
    if any(getattr(one, "_fsdp_flattened", False) for one in parameters):
        return "FSDP1 makes new gradients in every iteration, so whether they are cleared (LL101) does not show"
    step: Any = type(optimizer).step
    if getattr(step, "hooked", False) and not hasattr(step, "__wrapped__"):
        return "its hooks were taken off (torch.compile does so), so its steps do not show"
    return ""
