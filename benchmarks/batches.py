"""Runs a tool over many files, few processes for all of them, and bears with those that crash or never end."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.peers import Answer, Tool

SECONDS = 30
"""How long one file may take."""
MORE = 3
"""How many seconds each further file of a batch adds: most take a fraction of one."""
BATCH = 50
"""How many files one process is given."""


def run(tool: Tool, folder: Path, names: Sequence[str], jobs: int) -> Answer:
    """Return what a tool says of the files of a folder.

    Arguments:
        names: the files; each is called by a name of its own, whatever folder it came from.
        jobs: how many processes at a time.
    """
    answer = Answer()
    wall, cpu = time.perf_counter(), of_children()
    batches = [names[at : at + BATCH] for at in range(0, len(names), BATCH)]
    with ThreadPoolExecutor(jobs) as pool:
        for part in pool.map(lambda batch: asked(tool, folder, batch), batches):
            answer.add(part)
    answer.wall, answer.cpu = time.perf_counter() - wall, of_children() - cpu
    return answer


def of_children() -> float:
    """Return the seconds that ended processes of ours have computed."""
    times = os.times()
    return times.children_user + times.children_system


def asked(tool: Tool, folder: Path, names: Sequence[str]) -> Answer:
    """Return what a tool says of a batch; of a batch that fails, each half is tried again."""
    try:
        limit = SECONDS + MORE * (len(names) - 1)
        done = subprocess.run(
            [*tool.command, *names], cwd=folder, capture_output=True, text=True, timeout=limit, check=False
        )
        if done.returncode != tool.trouble and "Traceback (most recent call last)" not in done.stderr:
            return tool.read(done.stdout)
        problem = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
    except subprocess.TimeoutExpired:
        problem = f"took longer than {SECONDS} s"
    except (ValueError, KeyError) as error:
        problem = f"said what cannot be read: {error}"
    if len(names) == 1:
        return Answer(crashed={names[0]: problem})
    answer = Answer()
    for half in (names[: len(names) // 2], names[len(names) // 2 :]):
        answer.add(asked(tool, folder, half))
    return answer
