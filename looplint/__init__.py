"""A linter for PyTorch training loops."""

from __future__ import annotations

from looplint.check import check_paths, check_source
from looplint.finding import Finding, Location, Related, Severity, Span
from looplint.tree import InternalError

__all__ = [
    "Finding",
    "InternalError",
    "Location",
    "Related",
    "Severity",
    "Span",
    "__version__",
    "check_paths",
    "check_source",
]

__version__: str


def __getattr__(name: str) -> str:
    # The version stands in pyproject.toml alone; looking it up costs more than all the imports above.
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("looplint")
