"""Whether the gradients of a step are still there when more are added: where torch counts no write, values tell.

On a device the question is asked without waiting. Until the answer has come nothing that depends on it is reported.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from looplint.runtime_check.values import Question, Snapshot, is_far

REFUTED = 3
"""So often a device has to say that gradients were cleared behind torch's back, until it is believed for good."""


class Evidence:
    """What the values of the gradients of one optimizer have told so far.

    Attributes:
        snapshot: one of those that were applied last, while every parameter is looked at.
    """

    __slots__ = ("_proven", "_question", "_refuted", "snapshot")

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None
        self._question: Question | None = None
        self._proven = False
        self._refuted = 0

    def denies(self) -> bool:
        """Return whether applied gradients are no longer what they were, though torch counts no write to them."""
        if self._refuted >= REFUTED:
            return True
        question = None if self.snapshot is None else self.snapshot.is_still_there()
        if question is None:
            return False
        if self.snapshot is not None and not self.snapshot.far:
            return question.answer is False
        if self._question is None and not self._proven:
            self._question = question
        return False

    def is_awaited(self, parameters: Iterable[torch.Tensor]) -> bool:
        """Return whether only a device can tell of the gradients of these parameters, and it has not yet."""
        return not self._proven and any(one.grad is not None and is_far(one.grad) for one in parameters)

    def listen(self) -> bool:
        """Return whether a device has answered since it was last listened to."""
        answer = None if self._question is None else self._question.answer
        if answer is None:
            return False
        self._question = None
        self._proven = answer
        self._refuted += not answer
        return True
