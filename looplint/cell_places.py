"""Where the code of a notebook's cells stands in its JSON, for readers of a report who know only files and rows."""

from __future__ import annotations

import json
from bisect import bisect_right
from itertools import accumulate

from looplint import notebook
from looplint.cells import CHARACTER, sources
from looplint.files import Unreadable
from looplint.finding import Location, Span


class CellPlaces:
    """The places of a notebook's code in its file.

    Arguments:
        text: the file, normalised. If it is no notebook, nothing is found in it.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        try:
            notebook.read(text)
            self._sources = sources(text)
        except (Unreadable, notebook.OtherLanguage):
            self._sources = []
        self._rows = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]

    def place(self, span: Span, line: str) -> tuple[Location, Location] | None:
        """The first character of a stretch of a cell in the file, and one past its last; None if it is not there.

        Arguments:
            span: in a cell. A column behind the end of its row stands for the end.
            line: the row in which it begins, which tells whether this is the file that was read.
        """
        code, bounds = self._written(span.cell)
        lines = code.split("\n")

        def offset(location: Location) -> int:
            before = sum(len(one) + 1 for one in lines[: location.row - 1])
            return before + min(location.column - 1, len(lines[location.row - 1]))

        if not bounds or span.end.row > len(lines) or lines[span.start.row - 1] != line:
            return None
        first = offset(span.start)
        last = max(offset(span.end) - 1, first)
        return self._location(bounds[first][0]), self._location(bounds[last][1])

    def _written(self, number: int | None) -> tuple[str, list[tuple[int, int]]]:
        """The code of a cell, and where in the file each of its characters, and its end, begins and ends.

        There is not even an end where there is no such cell.
        """
        strings = self._sources[number - 1] if number is not None and number <= len(self._sources) else []
        if not strings:
            return "", []
        code = "".join(json.loads(f'"{self._text[begin:end]}"') for begin, end in strings)
        written = [one.span() for begin, end in strings for one in CHARACTER.finditer(self._text, begin, end)]
        kept = [at for at in range(len(code)) if code[at : at + 2] != "\r\n"]  # which is one end of a line, not two
        end = strings[-1][1]
        return "".join(code[at] for at in kept).replace("\r", "\n"), [*(written[at] for at in kept), (end, end)]

    def _location(self, offset: int) -> Location:
        row = bisect_right(self._rows, offset)
        return Location(row, offset - self._rows[row - 1] + 1)
