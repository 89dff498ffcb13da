"""When Python looks for garbage."""

from __future__ import annotations

import gc


def collect_less() -> None:
    """Let Python look for garbage less often: little of what a run makes is, and each look goes over all of it."""
    gc.set_threshold(100_000, 20, 20)
