"""What a call of `zero_grad` has cleared, and of whom: the gradients tell, for the call may do nothing."""

from __future__ import annotations

from typing import Any

import torch
from looplint.runtime_check.events import Events
from looplint.runtime_check.history import History
from looplint.runtime_check.optimizers import Optimizers, steps_itself
from looplint.runtime_check.watched import CLEAN, FILLED, USED


class Clears:
    """The calls of a run that clear gradients.

    Arguments:
        history, optimizers, events: of the run.
    """

    def __init__(self, history: History, optimizers: Optimizers, events: Events) -> None:
        self.history = history
        self.optimizers = optimizers
        self.events = events

    def called(self, real: Any) -> None:
        """Somebody has called `zero_grad` of an optimizer or a module.

        What an optimizer clears in a step of its own, `Steps` sees behind that step: the gradients are applied by then.
        """
        cleared = []
        if isinstance(real, torch.optim.Optimizer) and self.optimizers.known(real) is None and steps_itself(real):
            one = self.optimizers.of(real)
            if one is not None and one.look.blank() is not False:
                one.phase = CLEAN
                cleared.append(one)
            elif one is not None:
                one.phase = FILLED
                self.events.written(one)
        for one in self.optimizers.watched:
            if one.stepping and not one.closures:
                continue
            if one.phase in (FILLED, USED) and (one.look.empty() or (one.look.changed() and not one.look.replaced())):
                if self.history.closely and one.look.blank() is False:
                    continue
                one.phase = CLEAN
                one.look.take()
                cleared.append(one)
        if cleared:
            self.events.cleared(cleared)
