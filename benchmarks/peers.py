"""The linters that are compared: how each is installed, called and read, and which of its checks finds which fault.

Each is run as its users run it, through its command line, in one process for many files, and in an environment of its
own, with its dependencies pinned. A check of a peer is credited for a fault where its own description covers the fault;
no credit means that the peer has no check for it, and is no miss.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import looplint
from benchmarks.mutant import Mutant
from looplint.rule import catalogue
from tests.tools import ROOT
from tests.tools.all_pythons import interpreter

HOME = ROOT / "build" / "peers"
"""Where the environments are made."""

CLEARED_NOWHERE = frozenset({"zero-grad-deleted", "zero-grad-to-epoch-loop"})
"""The faults that leave a batch loop without any clearing, which is what one check of either peer asks for. A clearing
of the wrong optimizer (other-optimizer-zeroed) is one for both by their description, so it is not counted as missed."""


@dataclass
class Answer:
    """What a tool said of some files.

    Arguments:
        found: line and check of each finding, by the file's name.
        unparsed: files that it could not parse.
        crashed: files on which it failed or took too long, each with what happened.
        wall, cpu: seconds that passed, and that its processes computed.
    """

    found: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    unparsed: set[str] = field(default_factory=set)
    crashed: dict[str, str] = field(default_factory=dict)
    wall: float = 0.0
    cpu: float = 0.0

    def add(self, other: Answer) -> None:
        """Take over what was said of other files; not the times, which are measured over all."""
        self.found.update(other.found)
        self.unparsed |= other.unparsed
        self.crashed |= other.crashed


@dataclass(frozen=True)
class Tool:
    """A linter of the comparison.

    Arguments:
        name, version: which one.
        command: what to run; the names of files are appended, and it runs where they are.
        read: from what was printed to what it means.
        credited: from a mutant to the checks of which one has to report it; none where there is no check for it.
        checks: those that look at the order of a training loop, each with what it says it reports.
        trouble: the exit status that says that it could not do its job, for one file at least.
        settings: how it is configured and why, in a sentence or two.
    """

    name: str
    version: str
    command: Sequence[str]
    read: Callable[[str], Answer]
    credited: Callable[[Mutant], Sequence[str]]
    checks: Mapping[str, str]
    settings: str = ""
    trouble: int = 2


def environment(name: str, requirements: Sequence[str], python: Path) -> Path:
    """Return the `bin` folder of a tool's environment, made anew when its requirements have changed.

    Arguments:
        requirements: all of them, each with its version: nothing else is installed.

    Raises:
        subprocess.CalledProcessError: they cannot be installed.
    """
    home = HOME / name
    stamp, wanted = home / "requirements.txt", "".join(f"{one}\n" for one in requirements)
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        subprocess.run([python, "-m", "venv", "--clear", home], check=True)
        install = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", *requirements]
        subprocess.run(install, check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return home / "bin"


def configuration(name: str, text: str) -> str:
    """Write a configuration, so that a tool looks for no other, and return its path."""
    HOME.mkdir(parents=True, exist_ok=True)
    path = HOME / name
    path.write_text(text, encoding="utf-8")
    return str(path)


# -- looplint --------------------------------------------------------------------------------------------------------


def of_looplint() -> Tool:
    everything = configuration("looplint.toml", 'select = ["ALL"]\npreview = true\ntest-ignore = []\n')
    return Tool(
        name="looplint",
        version=looplint.__version__,
        command=[sys.executable, "-m", "looplint", "check", "--config", everything, "--output-format", "json"],
        read=read_looplint,
        credited=lambda mutant: mutant.expected,
        checks={code: rule.name for code, rule in sorted(catalogue().items()) if rule.reads},
        settings="All rules are on, also those that are off in test files by default.",
    )


def read_looplint(output: str) -> Answer:
    answer = Answer()
    for one in json.loads(output):
        if one["code"] in ("LL001", "LL002"):
            answer.unparsed.add(one["filename"])
        else:
            answer.found[one["filename"]].append((one["location"]["row"], one["code"]))
    return answer


# -- torch-preflight -------------------------------------------------------------------------------------------------

PREFLIGHT = [
    "torch-preflight==0.5.0",
    "libcst==1.9.0",
    "PyYAML==6.0.3",
    "rich==15.0.0",
    "markdown-it-py==4.3.0",
    "mdurl==0.1.2",
    "Pygments==2.21.0",
]


def of_preflight() -> Tool:
    checks = {
        "TG003": "backward() in a loop without a matching zero_grad()",
        "TG011": "eval() in an epoch loop with no matching train()",
    }
    program = environment("torch-preflight", PREFLIGHT, Path(sys.executable)) / "torch-preflight"
    nothing = configuration("torch-preflight.toml", "")
    options = ["--jobs", "1", "--format", "json", "--config", nothing, "--select", ",".join(checks)]
    return Tool(
        name="torch-preflight",
        version="0.5.0",
        command=[str(program), "check", *options],
        read=read_preflight,
        credited=lambda mutant: ["TG003"] if mutant.fault in CLEARED_NOWHERE else [],
        checks=checks,
        settings="Of its 13 checks the two that look at the order of calls in a training loop are selected, which "
        "makes it several times as fast; the others look at memory, devices, data loading, seeds, losses and their "
        "scale.",
    )


def read_preflight(output: str) -> Answer:
    answer, said = Answer(), json.loads(output)
    for one in said["diagnostics"]:
        answer.found[one["path"]].append((one["line"], one["code"]))
    for one in said["failures"]:
        if one["error"].startswith(("syntax error", "could not read")):
            answer.unparsed.add(one["path"])
        else:
            answer.crashed[one["path"]] = one["error"]
    return answer


# -- dslinter --------------------------------------------------------------------------------------------------------

DSLINTER = [
    "dslinter==2.0.9",
    "astroid==2.9.3",
    "pylint==2.12.2",
    "data-science-types==0.2.23",
    "isort==5.13.2",
    "lazy-object-proxy==1.12.0",
    "mccabe==0.6.1",
    "mypy==0.931",
    "mypy-extensions==1.2.0",
    "platformdirs==4.12.4",
    "setuptools==65.5.0",
    "toml==0.10.2",
    "tomli==2.5.0",
    "typing-extensions==4.16.0",
    "wrapt==1.13.3",
]
"""What it requires, without pyspark-stubs: those bring pyspark, which is large, for checks of pandas code."""

LINE = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+): (?P<code>[A-Z]\d{4}) ", re.MULTILINE)
GAVE_UP = re.compile(r"^ERROR: Could not finish .* on module (?P<module>\S+) at", re.MULTILINE)


def of_dslinter() -> Tool:
    """Return dslinter, in an environment of Python 3.10.

    Raises:
        RuntimeError: there is no Python 3.10, the last that the pylint which dslinter asks for can be installed on.
    """
    python = interpreter("3.10")
    if python is None:
        raise RuntimeError("dslinter 2.0.9 needs Python 3.10, and none is found")
    enabled = "gradient-clear-pytorch,syntax-error,astroid-error,parse-error,fatal"
    chosen = ["--load-plugins=dslinter", "--disable=all", f"--enable={enabled}"]
    told = ["--jobs=1", "--score=n", "--msg-template={path}:{line}: {msg_id} {msg}"]
    nothing = configuration("pylintrc", "")
    return Tool(
        name="dslinter",
        version="2.0.9",
        command=[str(environment("dslinter", DSLINTER, python) / "pylint"), f"--rcfile={nothing}", *chosen, *told],
        read=read_dslinter,
        credited=lambda mutant: ["W5517"] if mutant.fault in CLEARED_NOWHERE else [],
        checks={"W5517": "gradient-clear-pytorch: backward() and step() in a for loop without zero_grad()"},
        settings="It is a plugin of pylint, here pylint 2.12.2 on Python 3.10, the newest that it can be installed "
        "with. Everything of pylint is off, and of dslinter `gradient-clear-pytorch` is on; its other checks of "
        "PyTorch code look at seeds, hyperparameters, masks, metrics and calls of `forward`.",
        trouble=32,
    )


def read_dslinter(output: str) -> Answer:
    answer = Answer()
    for one in LINE.finditer(output):
        if one["code"] == "E0001":
            answer.unparsed.add(one["path"])
        elif one["code"].startswith("F"):
            answer.crashed[one["path"]] = one["code"]
        else:
            answer.found[one["path"]].append((int(one["line"]), one["code"]))
    for one in GAVE_UP.finditer(output):
        answer.crashed[f"{one['module']}.py"] = "a checker could not finish"
    return answer


# -- torchfix --------------------------------------------------------------------------------------------------------

TORCHFIX = [
    "torchfix==0.7.0",
    "flake8==7.3.0",
    "libcst==1.5.1",
    "mccabe==0.7.0",
    "pycodestyle==2.14.0",
    "pyflakes==3.4.0",
    "PyYAML==6.0.3",
]
"""A plugin of flake8, here the newest that Python 3.10 can have. It has no check of the order of a training loop, so it
is in benchmarks/speed.py only."""


def installed() -> list[Tool]:
    """Return the tools that are compared by what they find, looplint first."""
    return [of_looplint(), of_preflight(), of_dslinter()]
