"""The switch that turns every watch into nothing."""

from __future__ import annotations

import os

SWITCH = "LOOPLINT_RUNTIME"
"""The environment variable: `LOOPLINT_RUNTIME=off`."""


def switched_off() -> bool:
    return os.environ.get(SWITCH, "").lower() in ("off", "0", "false", "no")
