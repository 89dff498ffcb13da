"""Runs a script or a module in this process as `python SCRIPT` and `python -m MODULE` would."""

from __future__ import annotations

import io
import os
import runpy
import sys
import threading
import zipfile
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType

import looplint

INTERRUPTED = 130

OURS = (str(Path(__file__).resolve().parent) + os.sep, str(Path(looplint.__file__).resolve().parent) + os.sep)
"""Where looplint's own files are: the user's tracebacks do not show them."""


def run(target: str, arguments: Sequence[str], *, module: bool) -> int:
    """Run a script or a module to its end, threads included; return its exit status.

    Arguments:
        target: the path of a script, of a folder or zip file with a `__main__.py`, or the name of a module.
        arguments: its arguments.
        module: `target` is the name of a module.
    """
    main = ModuleType("__main__")
    main.__dict__.update(__builtins__=sys.modules["builtins"], __annotations__={})
    sys.modules["__main__"] = main
    sys.argv[:] = [target, *arguments]
    archive = not module and (Path(target).is_dir() or zipfile.is_zipfile(target))
    if not getattr(sys.flags, "safe_path", False) or archive:
        first = str(Path.cwd()) if module else whole(target) if archive else str(Path(os.path.realpath(target)).parent)
        if getattr(sys.flags, "safe_path", False):
            sys.path.insert(0, first)
        else:
            sys.path[0] = first  # ours
    status = 0
    try:
        if module or archive:
            runpy._run_module_as_main("__main__" if archive else target, alter_argv=module)  # type: ignore[attr-defined]
        else:
            _run_file(target, main)
    except SystemExit as stop:
        status = _status(stop)
    except BaseException as error:
        status = INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
        show(error)
    try:
        for thread in threading.enumerate():  # Python waits for them, too
            if not thread.daemon and thread is not threading.current_thread():
                thread.join()
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _run_file(path: str, main: ModuleType) -> None:
    name = whole(path)
    main.__file__ = name
    main.__loader__ = SourceFileLoader("__main__", name)
    main.__dict__.update(__package__=None, __spec__=None, __cached__=None)
    with io.open_code(name) as file:
        source = file.read()
    exec(compile(source, name, "exec", dont_inherit=True), main.__dict__)


def whole(path: str) -> str:
    """Return a path as Python makes one of what it is to run: links, `.` and `..` stay as they are given."""
    return os.path.join(Path.cwd(), path)  # noqa: PTH118 - which pathlib does not


def _status(stop: SystemExit) -> int:
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code & 0xFF
    print(stop.code, file=sys.stderr)
    return 1


def show(error: BaseException) -> None:
    """Report an exception as Python would, or as the script wants it (`sys.excepthook`), without our frames."""
    seen: set[int] = set()
    stack: list[BaseException | None] = [error]
    while stack:
        one = stack.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = trimmed(one.__traceback__)
            stack += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except Exception as another:
        print("Error in sys.excepthook:", file=sys.stderr)
        another.__context__ = None  # Python handles none then
        trace = trimmed(another.__traceback__)
        sys.__excepthook__(type(another), another.with_traceback(trace), trace)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(error), error, error.__traceback__)


def trimmed(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without our frames, and without those of `runpy` that we called."""
    frames = []
    begun = False
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        ours = name.startswith(OURS)
        begun |= not ours and not name.startswith("<frozen runpy") and Path(name).name != "runpy.py"
        if begun and not ours:
            frames.append(trace)
        trace = trace.tb_next
    kept: TracebackType | None = None
    for one in reversed(frames):
        kept = TracebackType(kept, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return kept
