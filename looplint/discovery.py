"""Which files a user's paths stand for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from looplint.files import STDIN, absolute, join, upwards
from looplint.gitignore import Patterns, decide

SUFFIXES = (".py", ".ipynb")
"""What is read of a directory."""


class Found(NamedTuple):
    """A path to check: given by the user, or discovered below a directory that was.

    Arguments:
        name: the path.
        shown: what to call it: the path, unless it is standard input under another name.
        path: where it is, absolute.
    """

    name: str
    shown: str
    path: str


class Skipped(NamedTuple):
    """A path that is not checked, and why."""

    name: str
    reason: str


class Empty(NamedTuple):
    """A directory below which there is nothing to check."""

    name: str


def discover(
    names: Iterable[str], exclude: Sequence[Patterns], stdin_filename: str | None = None, *, force: bool = False
) -> Iterator[Found | Skipped | Empty]:
    """What the user's paths stand for, each file once, in the order of the paths and then of the names.

    Arguments:
        names: files, directories, or `-`. A file is taken as it is, whatever its suffix.
        exclude: what to leave out below the directories.
        stdin_filename: what to call `-`.
        force: leave out what the user names, too.
    """
    seen: set[str] = set()
    for name in names:
        shown = stdin_filename or name if name == STDIN else name
        path = absolute(shown)
        directory = name != STDIN and os.path.isdir(name)
        if force and any(one.covers(path, directory=directory) for one in exclude):
            yield Skipped(shown, "excluded")
            continue
        empty = directory
        for one in _walk(name, exclude) if directory else [Found(name, shown, path)]:
            if isinstance(one, Found):
                empty = False
                if one.path in seen:
                    continue
                seen.add(one.path)
            yield one
        if empty:
            yield Empty(name)


def _walk(top: str, exclude: Sequence[Patterns]) -> Iterator[Found | Skipped]:
    """The Python files and notebooks below a directory. Links to directories are not followed: they may lead back."""
    pending = [(top, absolute(top), _gitignores_above(absolute(top)))]
    while pending:
        directory, place, ignores = pending.pop()
        try:
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        except OSError:
            yield Found(directory, directory, place)  # reading it will fail again, and say why
            continue
        if any(entry.name in (".git", ".gitignore") for entry in entries):
            ignores = _gitignores_of(directory, ignores)
        below = []
        for entry in entries:
            is_directory = entry.is_dir(follow_symlinks=False)
            if not is_directory and not entry.name.endswith(SUFFIXES):
                continue
            name, path = os.path.normpath(entry.path), join(place, entry.name)
            if decide(exclude, path, directory=is_directory):
                yield Skipped(name, "excluded")
            elif decide(ignores, path, directory=is_directory):
                yield Skipped(name, "ignored by .gitignore")
            elif is_directory:
                below.append((name, path, ignores))
            elif _is_file(entry):
                yield Found(name, name, path)
            else:
                yield Skipped(name, "no regular file")
        pending.extend(reversed(below))


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself
        return False


def _gitignores_of(directory: str, above: tuple[Patterns, ...]) -> tuple[Patterns, ...]:
    """The patterns in force in a directory; a repository within another one starts anew, as in git."""
    repository = _is_repository(directory)
    names = [".git/info/exclude"] * repository + [".gitignore"]
    own = (_read_patterns(directory, name) for name in names)
    return (() if repository else above) + tuple(one for one in own if one)


def _gitignores_above(path: str) -> tuple[Patterns, ...]:
    """The patterns from the root of the repository down to, but without, the directory; none outside a repository."""
    patterns: tuple[Patterns, ...] = ()
    parents = list(upwards(path))
    repository = next((at for at, parent in enumerate(parents) if _is_repository(parent)), 0)
    for parent in reversed(parents[1 : repository + 1]):
        patterns = _gitignores_of(parent, patterns)
    return patterns


def _is_repository(directory: str) -> bool:
    return os.path.lexists(f"{directory}/.git")  # a folder, or in a worktree or submodule a file


def _read_patterns(directory: str, name: str) -> Patterns | None:
    try:
        with open(join(directory, name), encoding="utf-8-sig", errors="surrogateescape") as file:
            return Patterns(absolute(directory), file.read().split("\n"))
    except OSError:
        return None
