"""`looplint`, and `python -m looplint`: what runs first, and last."""

from __future__ import annotations

import gc
import os
import sys

AT_WORK_IN_THE_END = frozenset({"looplint.runtime_check", "multiprocessing"})
"""Modules that leave something to be done when Python ends: a script has run here, or other processes have helped."""


def main() -> None:
    """Run the command line, and leave with its status."""
    try:
        gc.disable()  # nothing that is imported here is garbage, and to look for some takes as long as importing click
        from looplint.cli import main as run

        gc.enable()
        run()
    except KeyboardInterrupt:  # while it is being imported: later on it is its own affair
        sys.exit(130)
    except SystemExit as end:
        if AT_WORK_IN_THE_END.isdisjoint(sys.modules) and not os.environ.get("LOOPLINT_DEBUG"):
            _leave(end.code)
        raise


def _leave(status: object) -> None:
    """End at once, as all is said: Python would take each module apart first, a tenth of the time of a small run."""
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):  # Python knows what to say of a stream that is closed
        return
    if isinstance(status, int):
        os._exit(status)


if __name__ == "__main__":
    main()
