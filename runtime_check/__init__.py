"""The law of the training loop, verified while it trains (installed as `looplint.runtime_check`).

from looplint.runtime_check import watch

with watch(on_violation="raise"):
    train()
"""

from __future__ import annotations

from looplint.runtime_check.hooks import TrainingLoopError, TrainingLoopWarning
from looplint.runtime_check.watching import Watch, watch

__all__ = ["TrainingLoopError", "TrainingLoopWarning", "Watch", "watch"]
