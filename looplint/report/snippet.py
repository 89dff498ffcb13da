"""The code a finding is about, with its places underlined."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from looplint.finding import Span
from looplint.report.terminal import Paint, cells, clean

Lines = Callable[[Span], Sequence[str]]
"""Gives the lines of the file, or cell of a notebook, in which a span lies; none where it cannot be read."""

CONTEXT = 2
WIDTH = 160
TAB = "    "


@dataclass(frozen=True)
class Label:
    """A place to underline.

    Arguments:
        span: where.
        text: what to write beside it.
        mark: what to underline with.
        style: in which style.
    """

    span: Span
    text: str
    mark: str
    style: str


class _Underline(NamedTuple):
    start: int
    end: int
    text: str
    label: Label


def render(labels: Sequence[Label], lines: Sequence[str], paint: Paint, margin: int) -> Iterator[str]:
    """The rows around the labels of one file or cell, numbered, with the labels below them.

    Arguments:
        labels: at least one.
        lines: those of the file or cell.
        paint: puts text into styles.
        margin: how many columns the row numbers take.
    """
    underlines: dict[int, list[_Underline]] = {}
    for label in labels:
        for row, underline in _underlines(label, lines):
            underlines.setdefault(row, []).append(underline)
    rows = _rows(underlines, lines)
    bar = paint("place", "|")
    previous = None
    for row in rows:
        if previous is not None and row > previous + 1:
            yield paint("place", "...")
        previous = row
        here = sorted(underlines.get(row, []), key=lambda one: one.start)
        shift, text = _window(lines[row - 1], here)
        yield f"{paint('place', str(row).rjust(margin))} {bar} {''.join(map(_show, text))}".rstrip()
        for one in here:
            start, end = max(one.start - shift, 0), min(one.end - shift, len(text))
            blank = " " * _width(text[:start])
            mark = one.label.mark * max(_width(text[start:end]), 1)
            yield f"{' ' * margin} {bar} {blank}{paint(one.label.style, f'{mark} {clean(one.text)}'.rstrip())}"


def _rows(underlined: Collection[int], lines: Sequence[str]) -> list[int]:
    """The rows to show: those underlined and their neighbours, without blank rows at either end."""
    near = {other for row in underlined for other in range(row - CONTEXT, row + CONTEXT + 1)}
    rows = sorted(near.intersection(range(1, len(lines) + 1)))
    worth = [at for at, row in enumerate(rows) if row in underlined or lines[row - 1].strip()]
    return rows[worth[0] : worth[-1] + 1] if worth else []


def _underlines(label: Label, lines: Sequence[str]) -> Iterator[tuple[int, _Underline]]:
    """What to underline on the first and the last row of a span, as offsets in those lines."""
    start, end = label.span.start, label.span.end
    for row in sorted({start.row, end.row}):
        line = lines[row - 1] if row <= len(lines) else ""
        indent = len(line) - len(line.lstrip())
        first = start.column - 1 if row == start.row else indent
        last = end.column - 1 if row == end.row else len(line.rstrip())
        yield row, _Underline(first, max(last, first + 1), label.text if row == end.row else "", label)


def _window(line: str, underlines: Sequence[_Underline]) -> tuple[int, str]:
    """The part of a long line that holds what is underlined, and the offset at which it begins."""
    begin = 0
    if underlines and underlines[-1].end > WIDTH:
        begin = max(underlines[0].start - WIDTH // 4, 0)
    return begin, line[begin : begin + WIDTH]


def _show(char: str) -> str:
    return TAB if char == "\t" else clean(char)


def _width(text: str) -> int:
    return sum(map(cells, "".join(map(_show, text))))
