"""Edits of a text as it is judged, made in the text as it is: decoded, whatever its line breaks."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from looplint.finding import Location

LINE_BREAK = re.compile(r"\r\n|\r|\n")


class LineBreaksMeet(Exception):
    """An edit would bring a carriage return before a line feed, in a text where each is a line break of its own."""


@dataclass(frozen=True)
class Edit:
    """A stretch of a text that gives way to another one.

    Arguments:
        start: its first character, an offset into the text with `\\n` for every line break.
        end: one past its last character; an insertion ends where it starts.
        content: what is to stand there, with `\\n` for every line break.
        cell: the cell of a notebook into whose source the offsets point, counted from 1 among all cells.
    """

    start: int
    end: int
    content: str
    cell: int | None = None


def offset(text: str, place: Location) -> int:
    """Where a place stands in a text that has `\\n` for every line break, as the offset of its character."""
    return sum(len(line) + 1 for line in text.split("\n")[: place.row - 1]) + place.column - 1


def spliced(text: str, edits: Iterable[Edit]) -> list[tuple[int, int, str]]:
    """Edits as (start, end, content) for the text as it is, in order.

    A line break in a content becomes that of the line it stands in. What is inserted at the same place keeps the order
    in which it is given.

    Raises:
        ValueError: edits overlap, or point to what is not there.
        LineBreaksMeet: two line breaks would become one.
    """
    pairs = [pair.start() - number for number, pair in enumerate(re.finditer("\r\n", text))]
    length, last = len(text) - len(pairs), 0
    found = []
    for one in sorted(edits, key=lambda one: (one.start, one.end)):
        if not last <= one.start <= one.end <= length:
            raise ValueError(f"{one} overlaps another edit, or points to what is not there")
        last = one.end
        start, end = (place + bisect_left(pairs, place) for place in (one.start, one.end))
        content = one.content.replace("\n", _line_break(text, start)) if "\n" in one.content else one.content
        found.append((start, end, content))
    pieces = _pieces(text, found)
    if len(LINE_BREAK.findall("".join(pieces))) != sum(len(LINE_BREAK.findall(one)) for one in pieces):
        raise LineBreaksMeet
    return found


def edit(text: str, edits: Iterable[Edit]) -> str:
    """The text with some edits made; errors are those of `spliced`."""
    return "".join(_pieces(text, spliced(text, edits)))


def _pieces(text: str, found: Iterable[tuple[int, int, str]]) -> list[str]:
    """What the edits leave and what they bring, in order."""
    pieces, at = [], 0
    for start, end, content in found:
        pieces += [text[at:start], content]
        at = end
    return [*pieces, text[at:]]


def _line_break(text: str, at: int) -> str:
    """The line break of the line at an offset; for a last line without one, that of the line before."""
    if following := LINE_BREAK.search(text, at):
        return following[0]
    return next(reversed(LINE_BREAK.findall(text)), "\n")
