"""The processes that a launcher such as torchrun starts, each under `looplint run`: they find each other by a folder.

The first of a machine reports for all of that machine.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from pathlib import Path

PATIENCE = 60.0
"""So many seconds the first rank waits for another that is still running."""

START = 10.0
"""So many seconds it waits for one of which nothing is heard."""


def local_rank() -> tuple[int, int] | None:
    """Return which of how many processes of this machine this is; None where no launcher says so."""
    rank, size = os.environ.get("LOCAL_RANK", ""), os.environ.get("LOCAL_WORLD_SIZE", "")
    if rank.isdigit() and size.isdigit() and int(size) > 1:
        return int(rank), int(size)
    return None


def shared_folder() -> Path | None:
    """Return the folder of all processes that this one's parent has launched; None where it is somebody else's."""
    parent = os.getppid()
    run = re.sub(r"[^\w.-]", "_", os.environ.get("TORCHELASTIC_RUN_ID", ""))[:64]
    again = re.sub(r"\D", "", os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))
    name = f"looplint-{os.getuid()}-{parent}-{_begun(parent)}-{run}-{again}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return folder if private else None


def _begun(process: int) -> str:
    """Return when a process began, where the system says: its number alone may have been another's before."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "0"


def announce(folder: Path, rank: int) -> None:
    """Say that a rank runs."""
    (folder / f"begun-{rank}").write_text(str(os.getpid()))


def missing(folder: Path, size: int) -> list[str]:
    """Wait for the results of the other ranks; return, for those that left none, why."""
    begun = time.monotonic()
    while True:
        waiting, lost = [], []
        for rank in range(1, size):
            if not (folder / f"result-rank-{rank}").exists():
                state = _state(folder / f"begun-{rank}")
                waited = time.monotonic() - begun
                if state == "gone" or waited > (PATIENCE if state == "running" else START):
                    lost.append((rank, "still running" if state == "running" else "left no report"))
                else:
                    waiting.append(rank)
        if not waiting:
            return [f"local rank {rank}: {why}" for rank, why in lost]
        time.sleep(0.05)


def _state(begun: Path) -> str:
    try:
        process = int(begun.read_text())
        os.kill(process, 0)
    except (FileNotFoundError, ValueError):
        return "unknown"
    except OSError:
        return "gone"
    return "running"
