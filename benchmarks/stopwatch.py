"""Runs a command and prints what it took: `python -I -S stopwatch.py OUTPUT ERRORS COMMAND...`, as JSON.

It is a process of its own, and a small one: a new process is counted at least the memory of the one that began it.
"""

import json
import os
import sys
import time


def main(output: str, errors: str, *command: str) -> None:
    """Run the command, its output and its errors going into files, and print what it and its children took.

    Prints the exit status, seconds of wall time, seconds of processor time of all processes, and the most bytes that
    the largest of them has held (in units of 1,024, as Linux counts).
    """
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, writing, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, errors, writing, 0o600),
    ]
    begun = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=streams)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - begun
    cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
    print(json.dumps({"status": os.waitstatus_to_exitcode(status), "wall": wall, "cpu": cpu, "memory": memory}))


if __name__ == "__main__":
    main(*sys.argv[1:])
