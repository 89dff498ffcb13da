"""How much a finding weighs."""

from __future__ import annotations

from enum import Enum


class Severity(str, Enum):
    """How much a finding weighs, from most to least; reports map it to their own levels."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    def reaches(self, level: Severity) -> bool:
        """Whether this weighs as much as a level, or more."""
        order = list(Severity)
        return order.index(self) <= order.index(level)
