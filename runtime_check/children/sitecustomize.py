"""Begins the watch in a process that a watched run has started, once that imports torch.

Python imports the first `sitecustomize` on its path when it starts. This one takes its folder off the path again, runs
the one that it stands before, and waits. Whatever goes wrong in it is noted for the summary and hurts nobody.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

HERE = str(Path(__file__).parent)


def wait() -> None:
    """Watch this process from its first import of torch on, in the run that its environment names."""
    folder = os.environ.get("LOOPLINT_RUN", "")
    if not folder or not Path(folder).is_dir():
        return
    try:
        from looplint.runtime_check.late import when_imported

        def begin() -> None:
            from looplint.runtime_check.session import join

            join(Path(folder))

        when_imported("torch", begin)
    except Exception as error:
        with contextlib.suppress(OSError):
            Path(folder, f"note-{os.getpid()}").write_text(f"process {os.getpid()}: {type(error).__name__}: {error}")


def chain() -> None:
    """Run the `sitecustomize` that this one stands before, under its name; Python reports what goes wrong in it."""
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        module = sys.modules["sitecustomize"] = module_from_spec(spec)
        spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    sys.path[:] = [entry for entry in sys.path if entry != HERE]
    wait()
    chain()
