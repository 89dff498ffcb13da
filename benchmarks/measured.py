"""What a command takes, with all processes that it begins: wall time, processor time, memory.

The kernel counts time, and the memory of the largest process, to the end. What several processes hold together it does
not count, so that is looked at again and again while they run, pages that they share being counted once; and as
looking takes time itself, not in the runs that are timed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

STOPWATCH = Path(__file__).with_name("stopwatch.py")
PAUSE = 0.02
"""Seconds between two looks at the memory of a run."""


@dataclass(frozen=True)
class Taken:
    """What a run took.

    Arguments:
        status: its exit status; None where it was ended since it took too long.
        wall, cpu: seconds that passed, and that its processes computed. Of a run that was ended: the limit, and 0.
        memory: the most that it held at a time, in bytes; of one that was ended, as far as it was looked at.
        output, errors: what it printed.
    """

    status: int | None
    wall: float
    cpu: float = 0.0
    memory: int = 0
    output: str = ""
    errors: str = ""


def run(command: Sequence[str], folder: Path, limit: float, *, watched: bool = False) -> Taken:
    """Run a command, and end it with all its processes if it takes too long.

    Arguments:
        command: a program by its path, and its arguments.
        folder: where to run it.
        limit: how many seconds it may take.
        watched: look at the memory of all its processes together: not to be timed.

    Raises:
        FileNotFoundError: there is no such program.
    """
    if not Path(command[0]).is_file():
        raise FileNotFoundError(f"no program {command[0]}")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with tempfile.TemporaryDirectory() as scratch:
        streams = [Path(scratch) / "output", Path(scratch) / "errors"]
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(STOPWATCH), *map(str, streams), *command],
            cwd=folder,
            env=environment | {"NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that all can be ended together
        )
        deadline, peak = time.monotonic() + limit, 0
        try:
            while watched and process.poll() is None and time.monotonic() < deadline:
                peak = max(peak, held(process.pid))
                time.sleep(PAUSE)
            said = json.loads(process.communicate(timeout=max(0.0, deadline - time.monotonic()))[0])
        except subprocess.TimeoutExpired:
            return Taken(None, limit, memory=peak)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        output, errors = (one.read_text(encoding="utf-8", errors="replace") for one in streams)
    memory = max(peak, said["memory"])
    return Taken(said["status"], said["wall"], said["cpu"], memory, output, errors)


def held(pid: int) -> int:
    """Return how many bytes all processes below one hold, pages that some share being counted once."""
    total = 0
    with contextlib.suppress(psutil.Error):  # they come and go meanwhile
        for one in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                total += one.memory_full_info().pss
    return total
