"""Where the code of a notebook's cells stands in its JSON, for readers of a report who know only files and rows."""

from __future__ import annotations

import json
import json.scanner
import re
from bisect import bisect_right
from itertools import accumulate
from typing import Any

from looplint.finding import Location, Span

CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a character beyond U+FFFF takes two escapes
    r"|\\u[0-9a-fA-F]{4}|\\.|.",
    re.DOTALL,
)
"""One character of a text, as JSON may write it."""


class _Text(str):
    """A text in the JSON, which knows its bounds there: behind the first quotation mark, and before the last."""

    begin: int
    end: int


class CellPlaces:
    """The places of a notebook's code in its file.

    Arguments:
        text: the file, normalised. If it is no notebook, nothing is found in it.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._cells = _cells(text)
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
        cell = self._cells[number - 1] if number is not None and number <= len(self._cells) else None
        source = cell.get("source") if isinstance(cell, dict) else None
        texts = [one for one in (source if isinstance(source, list) else [source]) if isinstance(one, _Text)]
        if not texts:
            return "", []
        code = "".join(texts)
        written = [one.span() for text in texts for one in CHARACTER.finditer(self._text, text.begin, text.end)]
        kept = [at for at in range(len(code)) if code[at : at + 2] != "\r\n"]  # which is one end of a line, not two
        end = texts[-1].end
        return "".join(code[at] for at in kept).replace("\r", "\n"), [*(written[at] for at in kept), (end, end)]

    def _location(self, offset: int) -> Location:
        row = bisect_right(self._rows, offset)
        return Location(row, offset - self._rows[row - 1] + 1)


def _cells(text: str) -> list[Any]:
    """The cells of a notebook, whose texts know their bounds."""

    decoder: Any = json.JSONDecoder()
    plain = decoder.parse_string

    def text_at(source: str, begin: int, strict: bool) -> tuple[_Text, int]:
        value, end = plain(source, begin, strict)
        found = _Text(value)
        found.begin, found.end = begin, end - 1
        return found, end

    # The scanner written in Python asks the decoder for each text; the one written in C knows nothing of offsets.
    decoder.parse_string = text_at
    decoder.scan_once = json.scanner.py_make_scanner(decoder)  # type: ignore[attr-defined]
    try:
        found = decoder.decode(text)
    except (ValueError, RecursionError):
        return []
    cells = found.get("cells") if isinstance(found, dict) else None
    return cells if isinstance(cells, list) else []
