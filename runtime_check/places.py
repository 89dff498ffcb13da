"""Where in the user's code something happens: the nearest frame that is neither torch's nor ours."""

from __future__ import annotations

import itertools
import linecache
import os
import re
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeAlias

import torch

from looplint.finding import Location, Span

OWN = str(Path(__file__).resolve().parent) + os.sep
STDLIB = sysconfig.get_paths()["stdlib"] + os.sep
LIBRARIES = (OWN, str(Path(torch.__file__).resolve().parent) + os.sep, STDLIB, "<frozen ")
"""Whose frames are never the user's."""

INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
"""Frames of other packages are the user's only where nothing else is."""

_ranks: dict[str, int] = {}


def rank(filename: str) -> int:
    """Return whose a file is: 0 the user's, 1 an installed package's, 2 torch's, Python's or ours."""
    known = _ranks.get(filename)
    if known is None:
        installed = any(part in filename for part in INSTALLED)
        library = filename.startswith(LIBRARIES) and not (filename.startswith(STDLIB) and installed)
        known = _ranks[filename] = 2 if library else int(installed)
    return known


def user_frame() -> FrameType | None:
    """Return the innermost frame of the user's code, or of an installed package's where there is none."""
    frame: FrameType | None = sys._getframe(1)
    package = None
    while frame is not None:
        whose = _ranks.get(frame.f_code.co_filename)
        if whose is None:
            whose = rank(frame.f_code.co_filename)
        if whose == 0:
            return frame
        if whose == 1 and package is None:
            package = frame
        frame = frame.f_back
    return package


def user_frames() -> tuple[tuple[CodeType, int], ...]:
    """Return the lines of the user's code that are being run, innermost first: how a place was reached."""
    found = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if rank(frame.f_code.co_filename) == 0:
            found.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return tuple(found)


@dataclass(frozen=True)
class Spot:
    """A stretch of the user's code, and its text.

    Arguments:
        filename: as Python knows it.
        line, column, end_line, end_column: from 1; the end is one past the last character.
        text: what stands there, in one line.
    """

    filename: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str

    @property
    def span(self) -> Span:
        return Span(self.filename, Location(self.line, self.column), Location(self.end_line, self.end_column))


NOWHERE = Spot("<unknown>", 1, 1, 1, 1, "")


At: TypeAlias = "tuple[CodeType, int, int]"
"""A place in code: the code, the instruction, and the line."""


def at(frame: FrameType | None) -> At | None:
    """Return where a frame is, without keeping the frame."""
    return None if frame is None else (frame.f_code, frame.f_lasti, frame.f_lineno or frame.f_code.co_firstlineno)


def spot_of(place: At | None) -> Spot:
    """Return what stands at a place: the very expression where Python remembers it (3.11 and later), else the line."""
    if place is None:
        return NOWHERE
    code, instruction, line = place
    lines = linecache.getlines(code.co_filename)
    positions = getattr(code, "co_positions", None)
    if positions is not None and instruction >= 0:
        exact: tuple[Any, ...] = next(itertools.islice(positions(), instruction // 2, None), (None,))
        if None not in exact:
            start, end, first, last = exact
            begin, finish = characters(lines, start, first), characters(lines, end, last)
            text = stretch(lines, start, begin, end, finish)
            return Spot(code.co_filename, start, begin + 1, end, finish + 1, text)
    text = lines[line - 1] if line <= len(lines) else ""
    indent = len(text) - len(text.lstrip())
    text = text.strip()
    return Spot(code.co_filename, line, indent + 1, line, indent + 1 + len(text), text)


def characters(lines: list[str], line: int, offset: int) -> int:
    """Return how many characters the first `offset` bytes of a line are."""
    return len(lines[line - 1].encode()[:offset].decode(errors="replace")) if line <= len(lines) else offset


def stretch(lines: list[str], start: int, begin: int, end: int, finish: int) -> str:
    """Return the text between two places, in one line."""
    if end > len(lines):
        return ""
    if start == end:
        return lines[start - 1][begin:finish]
    parts = [lines[start - 1][begin:], *lines[start : end - 1], lines[end - 1][:finish]]
    return re.sub(r"\s+", " ", " ".join(part.strip() for part in parts))
