"""The Makefile and `.ci/run`, with stand-ins for what they call."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools import ROOT

LOG = '#!/bin/sh\necho "$(basename "$0") $*" >> "{log}"\nexit {status}\n'


def script(path: Path, log: Path, status: int = 0) -> None:
    """Write a program that notes how it was called and exits with `status`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(LOG.format(log=log, status=status))
    path.chmod(0o755)


def make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # A make that runs the tests must not hand its own variables down.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that has been set up already, with stand-ins in its `.venv`."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
        os.utime(tmp_path / name, (1, 1))
    log = tmp_path / "log"
    log.touch()
    for name in ("python", "looplint", "ruff"):
        script(tmp_path / ".venv" / "bin" / name, log)
    for stamp in (".demo", ".dev"):
        (tmp_path / ".venv" / stamp).touch()
    return tmp_path


@pytest.mark.parametrize(("found", "succeeds"), [(0, False), (1, True), (2, False)])
def test_the_demo_succeeds_when_looplint_finds_something(checkout: Path, found: int, succeeds: bool) -> None:
    log = checkout / "log"
    script(checkout / ".venv" / "bin" / "looplint", log, status=found)
    done = make(checkout, "demo")
    assert (done.returncode == 0) is succeeds, done.stderr
    assert log.read_text() == "looplint check examples\n"


def test_what_is_set_up_is_not_set_up_again(checkout: Path) -> None:
    assert make(checkout, "test", "ARGS=-x").returncode == 0
    assert (checkout / "log").read_text() == "python -m pytest -n auto --dist loadfile -x\n"


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed_once(checkout: Path, changed: str) -> None:
    for stamp in (".demo", ".dev"):
        os.utime(checkout / ".venv" / stamp, (2, 2))
    os.utime(checkout / changed, (3, 3))
    for _ in range(2):
        assert make(checkout, "test").returncode == 0
    install = "python -m pip install --quiet --constraint constraints.txt --editable .[dev,runtime,frameworks]\n"
    assert (checkout / "log").read_text() == install + 2 * "python -m pytest -n auto --dist loadfile\n"


def test_the_demo_installs_neither_torch_nor_tools(checkout: Path) -> None:
    (checkout / ".venv" / ".demo").unlink()
    make(checkout, "demo")
    first = (checkout / "log").read_text().splitlines()[0]
    assert first == "python -m pip install --quiet --constraint constraints.txt --editable ."


def test_the_benchmark_of_speed_is_given_the_mirrors_if_there_are_any(checkout: Path) -> None:
    assert make(checkout, "bench").returncode == 0
    assert make(checkout, "bench", "MIRRORS=folder", "ARGS=--rounds 9").returncode == 0
    lines = (checkout / "log").read_text().splitlines()
    assert [line for line in lines if "speed" in line] == [
        "python benchmarks/speed.py",
        "python benchmarks/speed.py --mirrors folder --rounds 9",
    ]
    assert "python -m pip install --quiet --constraint constraints.txt --editable .[benchmarks]" in lines


def test_a_python_that_is_too_old_is_told(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    script(checkout / "old", checkout / "log", status=1)
    done = make(checkout, "demo", "PYTHON=./old")
    assert done.returncode != 0
    assert "sys.version_info < (3, 10)" in (checkout / "log").read_text()
    assert "venv" not in (checkout / "log").read_text()


def test_every_command_is_listed_and_explained(checkout: Path) -> None:
    text = (ROOT / "Makefile").read_text()
    phony = set(re.findall(r"\S+", " ".join(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE))))

    def listed() -> set[str]:
        return {line.split()[0] for line in make(checkout).stdout.splitlines()}

    assert listed() == phony
    described = (ROOT / "CONTRIBUTING.md").read_text()
    assert {command for command in phony if f"make {command}" not in described} == {"help"}


@pytest.mark.parametrize("broken", [None, "test", "format-check", "lint", "types"])
def test_ci_runs_everything_and_stops_at_the_first_failure(broken: str | None, tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    stand_in = tmp_path / "bin" / "make"
    script(stand_in, tmp_path / "log")
    stand_in.write_text(stand_in.read_text().replace("exit 0", f'[ "$1" != "{broken}" ]'))
    environment = {**os.environ, "PATH": f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([tmp_path / ".ci" / "run"], env=environment, check=False, stdin=subprocess.DEVNULL)
    steps = ["test", "format-check", "lint", "types"]
    expected = steps[: steps.index(broken) + 1] if broken else steps
    assert (tmp_path / "log").read_text().splitlines() == [f"make {step}" for step in expected]
    assert (done.returncode == 0) is (broken is None)
