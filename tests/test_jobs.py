"""Checking in several processes: the same findings, whatever happens to a process, and an end at once on Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from looplint import check, engine, tree, workers
from looplint.check import Run
from looplint.settings import Policy, Settings

LOOP = """\
import torch
from helpers import step

def train(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x in loader:
        {clear}
        model(x).sum().backward()
        {step}
"""
HELPERS = """\
def step(optimizer):
    optimizer.step()
"""
BROKEN = "import torch\nfor x in loader\n    optimizer.step()\n"

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="what is put in place here reaches a process by fork only")


NOTEBOOK = {"cells": [{"cell_type": "code", "source": "print 'a'"}, {"cell_type": "code", "source": "loss.backward()"}]}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("helpers.py").write_text(HELPERS)
    for index in range(12):
        clear = "optimizer.zero_grad()" if index % 3 else "pass"
        step = "step(optimizer)" if index % 2 else "optimizer.step()"
        Path(f"train_{index}.py").write_text(LOOP.format(clear=clear, step=step))
    Path("broken.py").write_text(BROKEN)
    return tmp_path


def checked(jobs: int, notes: list[str] | None = None) -> Run:
    settings = Settings()
    note = None if notes is None else notes.append
    return check.run(["."], settings, Policy(settings), jobs=jobs, note=note)


def summed(run: Run) -> list[tuple[str, int, str]]:
    return [(one.filename, one.line, one.code) for one in run.findings]


def test_the_findings_are_the_same() -> None:
    alone, together = checked(1), checked(3)
    assert vars(together) == vars(alone)
    assert summed(alone) == [
        ("broken.py", 2, "LL001"),
        ("train_0.py", 9, "LL101"),
        ("train_3.py", 9, "LL101"),
        ("train_6.py", 9, "LL101"),
        ("train_9.py", 9, "LL101"),
    ]


@forks
def test_they_come_from_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*_: object, **__: object) -> tree.Judged:
        time.sleep(0.05)  # so that each has a share
        return tree.Judged(unread=[f"process {os.getpid()}"])

    monkeypatch.setattr(workers, "judged", told)
    notes: list[str] = []
    checked(3, notes)
    seen = {note for note in notes if "process" in note}
    assert len(seen) > 1
    assert not any(note.endswith(f" {os.getpid()}") for note in seen)


def test_cells_that_are_no_python_are_told_of(folder: Path) -> None:
    Path("broken.ipynb").write_text(json.dumps(NOTEBOOK))
    assert ("broken.ipynb", 1, "LL001") in summed(checked(3))
    assert summed(checked(3)) == summed(checked(1))


def test_a_few_files_are_not_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_begun", lambda *_, **__: pytest.fail("a process was begun"))
    for index in range(8):
        Path(f"train_{index}.py").unlink()
    assert len(checked(3).findings) == 2


@forks
def test_a_process_that_dies_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = summed(checked(1))
    mine = os.getpid()

    def dies(file: tree.File, *rest: Any, **options: Any) -> tree.Judged:
        if file.shown == "train_5.py" and os.getpid() != mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return tree.judged(file, *rest, **options)

    monkeypatch.setattr(workers, "judged", dies)
    assert summed(checked(3)) == expected


@forks
def test_a_defect_is_told_of_its_file_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.judge

    def fails(text: str, filename: str, *rest: Any) -> Any:
        if filename == "train_4.py":
            raise KeyError("x")
        return real(text, filename, *rest)

    monkeypatch.setattr(engine, "judge", fails)
    done = checked(3)
    assert [str(one) for one in done.failures] == ["train_4.py: internal error: KeyError: 'x'"]
    assert len(done.findings) == 5


def children(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to see the processes of a process")
def test_an_interrupt_ends_all_at_once_without_a_traceback() -> None:
    for index in range(150):
        Path(f"more_{index}.py").write_text(
            "\n".join(LOOP.format(clear="pass", step="step(optimizer)") for _ in range(40))
        )
    command = [sys.executable, "-m", "looplint", "check", "-j", "2"]
    run = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell that works behind may ignore it
    )
    while not (begun := children(run.pid)):
        assert run.poll() is None, "it has ended by itself"
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    at = time.monotonic()
    out, errors = run.communicate(timeout=60)
    assert (run.returncode, out, errors.strip()) == (130, "", "")
    assert time.monotonic() - at < 5
    assert [one for one in begun if Path(f"/proc/{one}").exists()] == []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to see the processes of a process")
def test_a_run_that_is_killed_leaves_no_process_behind() -> None:
    for index in range(150):
        Path(f"more_{index}.py").write_text(
            "\n".join(LOOP.format(clear="pass", step="step(optimizer)") for _ in range(40))
        )
    run = subprocess.Popen([sys.executable, "-m", "looplint", "check", "--no-cache", "-j", "2"])
    while len(begun := children(run.pid)) < 2:
        assert run.poll() is None, "it has ended by itself"
        time.sleep(0.01)
    run.kill()
    run.wait()
    until = time.monotonic() + 20
    while left := [one for one in begun if is_running(one)]:
        assert time.monotonic() < until, f"{left} are still there"
        time.sleep(0.05)


def is_running(process: int) -> bool:
    """Return whether there is such a process, and nobody has only forgotten to ask how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
