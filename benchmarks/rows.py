"""What the speed of is measured: looplint in each of its ways, other linters, and Python that imports a module.

Each linter is a program in an environment of its own, looplint as installed from this checkout: an editable install
would begin more slowly. A row says how it is called, which exit status says that it did its job, and how many files it
says it has read, so that a crash does not count as speed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import peers
from benchmarks.inputs import Input
from benchmarks.measured import Taken
from tests.tools import ROOT, project

Count = Callable[[Taken], int | None]


@dataclass(frozen=True)
class Row:
    """One thing that is run on the inputs.

    Arguments:
        tool: what it belongs to, for `--only`.
        name: what the tables call it.
        command: what to run in the folder of an input; empty where it cannot be asked about that one.
        fine: the exit statuses that say that it did its job.
        count: from a run to the number of files that it read; None where it does not say.
        telling: arguments with which it says so, in a run apart; without any it says so in every run.
        before: what to do before each run, and not to time.
        agrees: whether it has to print what other rows print that have to agree.
    """

    tool: str
    name: str
    command: Callable[[Input], list[str]]
    fine: Sequence[int] = (0, 1)
    count: Count = field(default=lambda taken: None)
    telling: Sequence[str] = ()
    before: Callable[[Input], None] = field(default=lambda one: None)
    agrees: bool = False

    def trouble(self, taken: Taken) -> str:
        """Return what went wrong in a run, or nothing."""
        if taken.status is None or taken.status in self.fine:
            return ""
        said = (taken.errors.strip() or taken.output.strip() or "nothing").splitlines()[-1]
        return f"exit status {taken.status}: {said}"


def counted(pattern: str) -> Count:
    """Return what reads a number of files off the output: that in the group of a pattern, or how often it is there."""
    wanted = re.compile(pattern, re.MULTILINE)

    def count(taken: Taken) -> int:
        found = [one.groups() for one in wanted.finditer(taken.output + taken.errors)]
        return int(found[-1][0]) if found and found[-1] else len(found)

    return count


def always(*command: str) -> Callable[[Input], list[str]]:
    """Return a command that is the same for every input."""
    return lambda one: list(command)


# -- looplint, and Python as its measure -----------------------------------------------------------------------------

ONE, COLD = "looplint, 1 process", "looplint, 2 processes"
FILLING, WARM = "looplint, filling a cache", "looplint, from the cache"
LIBCST, CLICK = 'python -c "import libcst"', 'python -c "import click"'
FLOOR = "libcst alone, parsing what trains"


def pinned(heading: str) -> list[str]:
    """Return the requirements of constraints.txt under a heading."""
    blocks = (ROOT / "constraints.txt").read_text(encoding="utf-8").split("\n\n")
    (block,) = [one for one in blocks if f"# {heading}" in one.splitlines()]
    return [line for line in block.splitlines() if not line.startswith("#")]


def of_looplint(scratch: Path) -> list[Row]:
    """Install looplint and return its rows, with those of Python in the same environment.

    Arguments:
        scratch: where caches are kept.
    """
    programs = peers.environment("looplint", pinned("What looplint needs"), Path(sys.executable))
    with tempfile.TemporaryDirectory() as build:  # setuptools leaves something in the folder that it builds from
        pip = [programs / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall"]
        subprocess.run([*pip, project.copy(Path(build) / "looplint")], check=True)
    return [*ways(str(programs / "looplint"), scratch), *baselines(str(programs / "python"))]


def ways(program: str, scratch: Path) -> list[Row]:
    """Return the ways in which looplint is run: cold, filling a cache, and from one that was filled before."""

    def row(name: str, jobs: int, cache: Callable[[Input], list[str]], before: Callable[[Input], None]) -> Row:
        def command(one: Input) -> list[str]:
            return [program, "check", "--isolated", "--jobs", str(jobs), *cache(one), "."]

        count = counted(r"^(?:checked |skipped .*: no training code$)")
        return Row("looplint", name, command, count=count, telling=["--verbose"], before=before, agrees=True)

    def folder(kind: str, one: Input) -> Path:
        return scratch / kind / one.folder.name

    def kept(kind: str) -> Callable[[Input], list[str]]:
        return lambda one: ["--cache-dir", str(folder(kind, one))]

    def emptied(one: Input) -> None:
        shutil.rmtree(folder("filled", one), ignore_errors=True)

    filling = row(FILLING, 2, kept("filled"), emptied)

    def filled(one: Input) -> None:
        if not folder("warm", one).is_dir():
            subprocess.run(warm.command(one), cwd=one.folder, capture_output=True, check=False)

    warm = row(WARM, 2, kept("warm"), filled)
    cold = [row(name, jobs, lambda one: ["--no-cache"], lambda one: None) for name, jobs in ((ONE, 1), (COLD, 2))]
    return [*cold, filling, warm]


def baselines(python: str) -> list[Row]:
    """Return Python that does nothing but import what looplint needs, and LibCST that does nothing but parse."""
    names = {LIBCST: "libcst", CLICK: "click"}
    imports = [Row("python", name, always(python, "-c", f"import {module}"), [0]) for name, module in names.items()]
    return [*imports, Row("libcst", FLOOR, always(python, str(ROOT / "benchmarks" / "floor.py"), "."), [0])]


# -- the others ------------------------------------------------------------------------------------------------------

RUFF, SHORT = "ruff check --no-cache", "ruff, one line a finding"
PREFLIGHT, ORDER = "torch-preflight 0.5.0", "torch-preflight, 2 of its 13 checks"
TORCHFIX, DSLINTER = "flake8 with torchfix 0.7.0", "dslinter 2.0.9"


def of_ruff() -> list[Row]:
    """Return ruff as it comes, and with a report that takes less time to print."""
    (version,) = [one for one in pinned("looplint[dev]") if one.startswith("ruff==")]
    command = [str(peers.environment("ruff", [version], Path(sys.executable)) / "ruff"), "check", "--isolated"]
    count = counted(r"Checked (\d+) files? in")
    return [
        Row("ruff", name, always(*command, "--no-cache", *more, "."), count=count, telling=["-v"])
        for name, more in ((RUFF, []), (SHORT, ["--output-format", "concise"]))
    ]


def of_preflight() -> list[Row]:
    """Return torch-preflight as it comes, and with the two checks that benchmarks/compare.py compares."""
    program = peers.environment("torch-preflight", peers.PREFLIGHT, Path(sys.executable)) / "torch-preflight"
    command = [str(program), "check", "--jobs", "2", "--config", peers.configuration("torch-preflight.toml", "")]
    count = counted(r" in (\d+) file\(s\)")
    chosen = ["--select", ",".join(peers.of_preflight().checks)]
    return [
        Row("torch-preflight", name, always(*command, *more, "."), count=count)
        for name, more in ((PREFLIGHT, []), (ORDER, chosen))
    ]


def of_torchfix() -> list[Row]:
    """Return flake8 with torchfix: what it reports is torchfix's only, but its other plugins run all the same."""
    program = peers.environment("torchfix", peers.TORCHFIX, Path(sys.executable)) / "flake8"
    command = always(str(program), "--isolated", "--select", "TOR", "--jobs", "2", "--benchmark", ".")
    return [Row("torchfix", TORCHFIX, command, count=counted(r"^(\d+) +total files processed"))]


def of_dslinter() -> list[Row]:
    """Return dslinter, as benchmarks/compare.py runs it, but in two processes. It is given all files by their names,
    since this pylint looks into no folder that is no package; so it cannot be asked about nothing.

    Raises:
        RuntimeError: there is no Python 3.10.
    """
    tool = peers.of_dslinter()

    def command(one: Input) -> list[str]:
        return [*tool.command, "--jobs=2", *one.files] if one.files else []

    fine = [status for status in range(64) if not status & tool.trouble]  # bits: which kinds of messages there are
    return [Row("dslinter", DSLINTER, command, fine)]


PEERS = {"ruff": of_ruff, "torch-preflight": of_preflight, "torchfix": of_torchfix, "dslinter": of_dslinter}
"""What looplint is measured beside, by the name that `--only` has for it."""


def installed(scratch: Path, only: Sequence[str]) -> tuple[list[Row], list[str]]:
    """Install what is asked for.

    Arguments:
        scratch: where caches are kept.
        only: which of PEERS.

    Returns:
        The rows, those of looplint and of Python always among them, and why a tool is left out.

    Raises:
        subprocess.CalledProcessError: something cannot be installed.
    """
    found, left_out = of_looplint(scratch), []
    for name in only:
        try:
            found += PEERS[name]()
        except RuntimeError as error:
            left_out.append(f"{name} is left out: {error}")
    return found, left_out
