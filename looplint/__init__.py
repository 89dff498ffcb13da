"""A linter for PyTorch training loops."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from looplint.check import check_paths, check_source
    from looplint.finding import Applicability, Finding, Fix, Location, Related, Replacement, Span
    from looplint.severity import Severity
    from looplint.tree import InternalError

    __version__: str

__all__ = [
    "Applicability",
    "Finding",
    "Fix",
    "InternalError",
    "Location",
    "Related",
    "Replacement",
    "Severity",
    "Span",
    "__version__",
    "check_paths",
    "check_source",
]

_WHERE = {
    "check_paths": "check",
    "check_source": "check",
    "InternalError": "tree",
    "Severity": "severity",
} | dict.fromkeys(("Applicability", "Finding", "Fix", "Location", "Related", "Replacement", "Span"), "finding")
"""The module of each name. Each is imported when it is asked for: pytest imports this package in every run of whoever
has looplint installed, for the plugin, and so do the child processes of `looplint run`."""


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        value = globals()[name] = getattr(importlib.import_module(f"looplint.{_WHERE[name]}"), name)
        return value
    # The version stands in pyproject.toml alone; looking it up costs more than all the imports above.
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("looplint")
