"""The law of the training loop, verified while it trains (installed as `looplint.runtime_check`).

from looplint.runtime_check import watch

with watch(on_violation="raise"):
    train()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from looplint.runtime_check.hooks import TrainingLoopError, TrainingLoopWarning
    from looplint.runtime_check.watching import Watch, watch

__all__ = ["TrainingLoopError", "TrainingLoopWarning", "Watch", "watch"]


def __getattr__(name: str) -> Any:
    # Torch is imported with the first of these names, not with the package: the pytest plugin and the child processes
    # of `looplint run` wait in here for somebody else to import it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from looplint.runtime_check import hooks, watching

    value = globals()[name] = getattr(hooks if name.startswith("Training") else watching, name)
    return value
