"""How fast looplint is meant to be, and whether a run of benchmarks/speed.py has shown it to be.

The targets are ratios of medians of one run, or sizes. Where a run was ended at the time limit, its ratio is a bound;
what the bound does not decide is not known.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.measured import Taken
from benchmarks.rows import CLICK, COLD, LIBCST, PREFLIGHT, RUFF, WARM

MB = 1_000_000
WORST = "slowest file"
"""The row of the file that looplint takes longest for."""
EVEN = 1.2
"""What counts as linear: a file of the largest tree takes so many times what one of the smallest does, at most."""


@dataclass
class Result:
    """What has come of a row on an input.

    Arguments:
        files: how many files were to be read.
        seen: how many the tool says it has read; None where it does not say.
        memory: the most bytes that its processes held together.
        runs: those that were timed.
        ended: the time limit, where it took longer.
        trouble: what went wrong, if anything: then there are no times.
    """

    files: int = 0
    seen: int | None = None
    memory: int = 0
    runs: list[Taken] = field(default_factory=list)
    ended: float | None = None
    trouble: str = ""

    @property
    def wall(self) -> float | None:
        """The median of the wall time, in seconds; of what was ended, the limit."""
        return statistics.median(one.wall for one in self.runs) if self.runs else self.ended

    @property
    def cpu(self) -> float | None:
        """The median of the processor time, in seconds; None where it was ended."""
        return statistics.median(one.cpu for one in self.runs) if self.runs else None


Results = Mapping[tuple[str, str], Result]
"""By the name of a row, and the key of an input."""


@dataclass(frozen=True)
class Value:
    """A number that was measured, or a bound of it.

    Arguments:
        bound: `<` or `>` where the true number is known to be below or above it; empty where it is that number.
    """

    number: float
    bound: str = ""

    def __str__(self) -> str:
        digits = 2 if self.number < 10 else 1 if self.number < 100 else 0
        return f"{self.bound} {self.number:.{digits}f}".lstrip()


def ratio(results: Results, over: tuple[str, str], under: tuple[str, str]) -> Value | None:
    """Return how many times the wall time of one result is that of another; None where nothing can be said."""
    one, other = results.get(over), results.get(under)
    if one is None or other is None or not one.wall or not other.wall:
        return None
    if not one.runs and not other.runs:
        return None
    return Value(one.wall / other.wall, "" if one.runs and other.runs else "<" if one.runs else ">")


@dataclass(frozen=True)
class Target:
    """Something that looplint is meant to reach.

    Arguments:
        what: what is measured.
        value: from the results to the number; None where it was not measured.
        bound: what it is to be at most, or at least.
        least: at least.
        unit: of the number.
    """

    what: str
    value: Callable[[Results], Value | None]
    bound: float
    least: bool = False
    unit: str = "x"

    @property
    def asked(self) -> str:
        return f"at {'least' if self.least else 'most'} {self.bound:g} {self.unit}"

    def judged(self, value: Value | None) -> str:
        """Return whether a number meets the target."""
        if value is None:
            return "not measured"
        if (value.bound == ">" and value.number < self.bound) or (value.bound == "<" and value.number > self.bound):
            return "not known"
        exact = value.number >= self.bound if self.least else value.number <= self.bound
        reached = exact if not value.bound else self.least is (value.bound == ">")
        return "met" if reached else "missed"


def times(what: str, row: str, key: str, other: str, bound: float) -> Target:
    """Return the target that a row takes at most so many times what another takes on the same input."""
    return Target(f"({key}) {what}", lambda results: ratio(results, (row, key), (other, key)), bound)


def memory(results: Results) -> Value | None:
    """Return the most MB that looplint held, in any way, on any input: at least, where a run was ended."""
    found = [one for (row, _), one in results.items() if row.startswith("looplint") and one.memory]
    most = max((one.memory for one in found), default=0) / MB
    return Value(most, ">" * any(one.ended is not None for one in found)) if found else None


def worst(results: Results) -> Value | None:
    """Return the seconds of processor time that the slowest file took."""
    found = [one.cpu for (row, _), one in results.items() if row == WORST and one.cpu is not None]
    return Value(max(found)) if found else None


def evenness(results: Results) -> Value | None:
    """Return what a file of the largest tree of copies takes, over what one of the smallest does."""
    found = ratio(results, (COLD, "b x 8"), (COLD, "b"))
    return found and Value(found.number / 8, found.bound)


TARGETS = [
    times("cold, over ruff", COLD, "a", RUFF, 1.5),
    times("cold, over ruff", COLD, "b", RUFF, 5),
    Target(
        "(b) torch-preflight, over cold", lambda found: ratio(found, (PREFLIGHT, "b"), (COLD, "b")), 100, least=True
    ),
    times("from the cache, over ruff", WARM, "a", RUFF, 1),
    times("from the cache, over ruff", WARM, "b", RUFF, 1),
    times("cold, over importing libcst", COLD, "c", LIBCST, 2),
    times("cold, over importing click", COLD, "d", CLICK, 1.3),
    times("cold, over importing click", COLD, "e", CLICK, 1.3),
    Target("peak memory of looplint, on any input", memory, 300, unit="MB"),
    Target("a file of 8 copies of (b), over a file of (b)", evenness, EVEN),
    Target("the slowest file of (a) and (b)", worst, 2, unit="s"),
]
