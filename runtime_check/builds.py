"""What a run builds: optimizers, and further groups of parameters of theirs."""

from __future__ import annotations

import torch
from looplint.runtime_check.events import Events
from looplint.runtime_check.gradients import parameters
from looplint.runtime_check.optimizers import Optimizers
from looplint.runtime_check.places import user_frame
from looplint.runtime_check.sampling import Sampling
from looplint.runtime_check.watched import CLEAN, UNKNOWN

from looplint.model import Op


class Builds:
    """What a run builds.

    Arguments:
        optimizers, sampling, events: of the run.
    """

    def __init__(self, optimizers: Optimizers, sampling: Sampling, events: Events) -> None:
        self.optimizers = optimizers
        self.sampling = sampling
        self.events = events

    def built(self, real: torch.optim.Optimizer) -> None:
        """An optimizer was constructed."""
        if self.optimizers.only is not None:
            return
        place = user_frame()
        one = self.optimizers.meet(real, (place.f_code, place.f_lasti) if place else type(real).__name__)
        if not self.sampling.quiet:
            one.phase = CLEAN if one.look.empty() and not any(p.grad is not None for p in parameters(real)) else UNKNOWN
            self.events.happen(Op.BUILD, one.number, (one,))

    def grown(self, real: torch.optim.Optimizer) -> None:
        """An optimizer was given a further group of parameters."""
        one = self.optimizers.known(real)
        if one is not None and one.look.closely:
            one.look.widen(real.param_groups[-1]["params"])
