"""The child processes of a watched run: which of them are watched too, and that the others do not notice.

A process that Python starts for `multiprocessing` inherits the environment, and so does whatever goes through
`subprocess`, from compilers to package managers. Those that are no Python of this installation get it back as it was.
"""

from __future__ import annotations

import functools
import inspect
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

FOLDER = "LOOPLINT_RUN"
"""The environment variable that names the folder of the run."""

CHILDREN = str(Path(__file__).resolve().parent / "children")
"""Stands first on the path of child processes."""

WORKER = "LOCAL_RANK"
"""What launchers of training set for each of their workers."""


def mark(environment: MutableMapping[str, str], folder: Path) -> None:
    """Let the Python processes that get this environment join a run."""
    environment[FOLDER] = str(folder)
    path = [entry for entry in environment.get("PYTHONPATH", "").split(os.pathsep) if entry != CHILDREN]
    environment["PYTHONPATH"] = os.pathsep.join([CHILDREN, *filter(None, path)])


def unmark(environment: MutableMapping[str, str]) -> None:
    """Put an environment back as it was before `mark`."""
    environment.pop(FOLDER, None)
    path = [entry for entry in environment.get("PYTHONPATH", "").split(os.pathsep) if entry and entry != CHILDREN]
    if path:
        environment["PYTHONPATH"] = os.pathsep.join(path)
    else:
        environment.pop("PYTHONPATH", None)


def deaf() -> str | None:
    """Return why the Python processes that `multiprocessing` starts cannot be watched; None where they can."""
    for flag, name in (("isolated", "-I"), ("ignore_environment", "-E"), ("no_site", "-S")):
        if getattr(sys.flags, flag):
            return f"child processes: Python runs with {name}, and hands that on to them"
    return None


class Children:
    """Chooses among the children that `subprocess` starts, until `close`.

    Arguments:
        unwatched: is called with why a training worker cannot be watched.
    """

    def __init__(self, unwatched: Callable[[str], None]) -> None:
        self.unwatched = unwatched
        self._original = subprocess.Popen.__init__
        self._replaced = self._choosing(self._original)
        setattr(subprocess.Popen, "__init__", self._replaced)  # noqa: B010 - mypy knows that a method is none to assign

    def close(self) -> None:
        if subprocess.Popen.__init__ is self._replaced:
            setattr(subprocess.Popen, "__init__", self._original)  # noqa: B010

    def _choosing(self, original: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(original)

        @functools.wraps(original)
        def __init__(*args: Any, **kwargs: Any) -> None:
            try:
                bound = signature.bind(*args, **kwargs)
                given = bound.arguments.get("env")
                environment = dict(os.environ if given is None else given)
                if FOLDER in environment and not self._joins(bound.arguments, environment):
                    unmark(environment)
                    bound.arguments["env"] = environment
                    args, kwargs = bound.args, bound.kwargs
            except Exception:
                pass  # arguments that make no sense are the original's to complain about, and the shell's
            original(*args, **kwargs)

        return __init__

    def _joins(self, given: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
        if WORKER in environment and environment.get(WORKER) != os.environ.get(WORKER):
            return True  # a launcher's own worker, whatever starts it
        command = words(given["args"])
        program = given.get("executable") or command[0]
        if given.get("shell"):
            command = shell_words(command[0])
            program = command[0]
        if not is_python(os.fsdecode(program), environment.get("PATH")):
            return False
        ignored = next((option for option in options(command) if set(option[1:]) & set("IES")), None)
        if ignored is not None:
            self.unwatched(f"a child process: Python was started with {ignored}")
            return False
        return True


def words(args: Any) -> list[str]:
    return [os.fsdecode(args)] if isinstance(args, (str, bytes, os.PathLike)) else [os.fsdecode(one) for one in args]


def shell_words(text: str) -> list[str]:
    """Return the words of a shell's command behind the variables that it sets; those of its first program at least."""
    command = shlex.split(text)
    return command[next((at for at, word in enumerate(command) if "=" not in word), 0) :]


def options(command: Sequence[str]) -> list[str]:
    """Return the options of an interpreter that its command begins with, as far as they are single letters."""
    found = []
    for word in command[1:]:
        if not word.startswith("-") or word in ("-c", "-m", "-", "--"):
            break
        if not word.startswith("--"):
            found.append(word)
    return found


def is_python(program: str, path: str | None) -> bool:
    """Return whether a program is this Python, or a script that it runs."""
    found = shutil.which(program, path=path)
    if found is None:
        return False
    if same(found):
        return True
    try:
        with Path(found).open("rb") as file:
            head = file.readline(512)
    except OSError:
        return False
    interpreter = head[2:].split() if head.startswith(b"#!") else []
    if interpreter[:1] == [b"/usr/bin/env"]:
        which = shutil.which(os.fsdecode(interpreter[1]), path=path) if len(interpreter) > 1 else None
        return which is not None and same(which)
    return bool(interpreter) and same(os.fsdecode(interpreter[0]))


def same(program: str) -> bool:
    """Return whether a program is the Python that runs this: in the same environment, not merely the same file."""
    here = Path(sys.executable)
    path = Path(program)
    return path.parent.resolve() == here.parent.resolve() and path.resolve() == here.resolve()
