"""Patterns as git reads them: for `.gitignore` files, and for every list of paths in the configuration.

Why not ask git? looplint must also work without it (an sdist, a container, another version control), and two ways of
finding files would be two answers. Why not `pathspec`? Dependencies stay at libcst and click. The dialect is small and
frozen, and a test compares this reading with `git check-ignore` on generated patterns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

POSIX_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


SPECIAL = frozenset("*?[\\")
"""Characters that do not stand for themselves."""


class _Malformed(Exception):
    """A pattern that git accepts and that matches nothing."""


class _Pattern(NamedTuple):
    text: str
    plain: bool
    fits: Callable[[str], object]
    wanted: bool
    anchored: bool
    only_directories: bool


class Patterns:
    """The lines of one `.gitignore`, or of one option, read relative to a directory.

    Arguments:
        base: the absolute directory the patterns belong to, with `/` between its parts.
        lines: the patterns, as in a `.gitignore`.
    """

    def __init__(self, base: str, lines: Iterable[str]) -> None:
        self._prefix = base.rstrip("/") + "/"
        self._patterns = [one for line in lines if (one := _parse(line))]
        self._names = frozenset(one.text for one in self._patterns)
        self._by_name = all(one.plain and not one.anchored for one in self._patterns)

    def match(self, path: str, *, directory: bool) -> bool | None:
        """Whether the last pattern that fits covers this very path (its parents not considered); None if none fits."""
        name = path.rpartition("/")[2]
        if self._by_name and name not in self._names:  # as it is with nearly every path, and every list of names
            return None
        below = path.removeprefix(self._prefix) if path.startswith(self._prefix) else None
        for pattern in reversed(self._patterns):
            subject = below if pattern.anchored else name
            if (directory or not pattern.only_directories) and subject and pattern.fits(subject):
                return pattern.wanted
        return None

    def covers(self, path: str, *, directory: bool = False) -> bool:
        """Whether a path, or a directory above it, is covered; above the base only when the path lies outside it."""
        start = len(self._prefix) if path.startswith(self._prefix) else 1
        parents = (path[: slash.start()] for slash in re.finditer("/", path) if slash.start() >= start)
        return any(self.match(one, directory=True) for one in parents) or bool(self.match(path, directory=directory))


def decide(stack: Sequence[Patterns], path: str, *, directory: bool) -> bool:
    """Whether a path is covered by the last of several lists that has anything to say about it."""
    verdicts = (patterns.match(path, directory=directory) for patterns in reversed(stack))
    return next((verdict for verdict in verdicts if verdict is not None), False)


def _parse(line: str) -> _Pattern | None:
    if line.startswith("#"):
        return None
    text = _without_trailing_spaces(line)
    wanted = not text.startswith("!")
    text = text if wanted else text[1:]
    only_directories = text.endswith("/")
    text = text[:-1] if only_directories else text
    anchored = "/" in text
    text = text.removeprefix("/")
    if SPECIAL.isdisjoint(text):  # as most are, and each takes as long to compile as a file to read
        return _Pattern(text, True, text.__eq__, wanted, anchored, only_directories)
    try:
        regex = "".join(_translate(text))
    except _Malformed:
        return None
    return _Pattern(text, False, re.compile(regex, re.DOTALL).fullmatch, wanted, anchored, only_directories)


def _without_trailing_spaces(line: str) -> str:
    """Git drops trailing spaces except one behind a backslash."""
    bare = line.rstrip(" ")
    backslashes = len(bare) - len(bare.rstrip("\\"))
    return line[: len(bare) + 1] if backslashes % 2 else bare


def _translate(pattern: str) -> Iterator[str]:
    """The pieces of the regular expression for one pattern, after git's wildmatch.c."""
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            stars = re.compile(r"\*+").match(pattern, at)
            assert stars is not None
            alone = pattern[:at].endswith("/") or at == 0
            at = stars.end()
            deep = alone and len(stars[0]) > 1
            if deep and pattern[at : at + 1] == "/":
                at += 1
                yield "(?:.*/)?"
            else:
                yield ".*" if deep and at == len(pattern) else "[^/]*"
        elif char == "[":
            piece, at = _character_class(pattern, at)
            yield piece
        elif char == "\\":
            if at + 1 == len(pattern):
                raise _Malformed
            yield re.escape(pattern[at + 1])
            at += 2
        else:
            yield "[^/]" if char == "?" else re.escape(char)
            at += 1


ITEM = re.compile(r"\[:(?P<posix>[^\]\[]*):\]|(?P<first>\\.|[^\\])(?:-(?P<last>\\.|[^\\\]]))?", re.DOTALL)


def _character_class(pattern: str, at: int) -> tuple[str, int]:
    """The regular expression for the bracket at a position, and the position behind it."""
    at += 1
    negated = pattern[at : at + 1] in ("!", "^")
    at += negated
    items: list[str] = []
    first = at
    while at == first or pattern[at : at + 1] != "]":
        item = ITEM.match(pattern, at)
        if item is None or (item["posix"] is not None and item["posix"] not in POSIX_CLASSES):
            raise _Malformed  # never closed, or no such class
        if item["posix"] is not None:
            items.append(POSIX_CLASSES[item["posix"]])
        else:
            start, end = item["first"][-1], (item["last"] or item["first"])[-1]
            items.append(re.escape(start) + (f"{re.escape(start)}-{re.escape(end)}" if start <= end else ""))
        at = item.end()
    return (f"[^/{''.join(items)}]" if negated else f"(?!/)[{''.join(items)}]"), at + 1
