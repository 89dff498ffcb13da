"""Jupyter notebooks: their cells in order as one program, and the places of that program in the cells."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from looplint.files import Unreadable, is_notebook, normalise
from looplint.finding import Finding, Fix, Location, Replacement, Span
from looplint.magics import Code, as_python


class OtherLanguage(Exception):
    """A notebook that is not written in Python.

    Arguments:
        language: what it is written in.
    """

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.language = language


class Flaw(Protocol):
    """What is wrong with a text, and where."""

    message: str
    location: Location


@dataclass(frozen=True)
class Cell:
    """A cell of code.

    Arguments:
        number: counted from 1 among all cells, those with text too, as ruff does.
        first: the row of the program at which it begins.
        source: its text.
        code: the same as Python, row by row.
    """

    number: int
    first: int
    source: str
    code: Code

    @property
    def rows(self) -> int:
        return self.source.count("\n") + 1

    def in_program(self, location: Location) -> Location:
        """Where a place of the cell's code stands in the program; what lies behind the code is in its last row."""
        return Location(self.first - 1 + min(location.row, self.rows), location.column)

    def replacement(self, change: Replacement) -> Replacement | None:
        """A change of the program as one of the cell; None where it reaches into rows that are not as in the cell."""
        sources, codes = self.source.split("\n"), self.code.text.split("\n")
        first, last = (place.row - self.first + 1 for place in (change.start, change.end))
        start, end, content = Location(first, change.start.column), Location(last, change.end.column), change.content
        if last == self.rows + 1 and end.column == 1 and first > 1 and start.column == 1:  # whole rows, to the end
            start, end = (Location(row - 1, len(codes[row - 2]) + 1) for row in (first, last))
            content = f"\n{content}".removesuffix("\n")
        rows = slice(start.row - 1, end.row)
        if not 1 <= start.row <= end.row <= self.rows or sources[rows] != codes[rows]:
            return None
        return Replacement(start, end, content)


class Notebook:
    """The code of a notebook as one program.

    Arguments:
        sources: the number and the text of each cell of code, in order.
    """

    def __init__(self, sources: Sequence[tuple[int, str]]) -> None:
        self.cells: list[Cell] = []
        row = 1
        for number, source in sources:
            self.cells.append(Cell(number, row, source, as_python(source)))
            row += self.cells[-1].rows

    @property
    def text(self) -> str:
        """The program."""
        return "".join(f"{cell.code.text}\n" for cell in self.cells)

    def sift(self, flaw: Callable[[str], Flaw | None]) -> tuple[str, list[tuple[Location, str]]]:
        """The program without the cells that are no Python; and of each of those, where in the program, and why.

        Arguments:
            flaw: tells what is wrong with the text of a cell, if anything is.
        """
        flaws = [(cell, found) for cell in self.cells if (found := flaw(cell.code.text))]
        without = {cell.number for cell, _ in flaws}
        text = "".join("\n" * cell.rows if cell.number in without else f"{cell.code.text}\n" for cell in self.cells)
        return text, [(cell.in_program(found.location), found.message) for cell, found in flaws]

    def lines(self, number: int | None) -> list[str]:
        """The lines of a cell; none if there is no such cell of code."""
        return next((cell.source.split("\n") for cell in self.cells if cell.number == number), [])

    def placed(self, finding: Finding, filename: str) -> Finding:
        """A finding in the program as one in the notebook: by cell, and row of the cell.

        Arguments:
            finding: its places in other files stay as they are.
            filename: what the notebook is called in the finding.
        """

        def stretch(span: Span) -> Span:
            if span.filename != filename:
                return span
            cell, start = self.place(span.start)
            return Span(filename, start, self.place(span.end)[1], cell)

        row, fix = finding.noqa_row, finding.fix
        if row is not None and finding.filename == filename:
            row = self.place(Location(row, 1))[1].row
        related = tuple(replace(one, span=stretch(one.span)) for one in finding.related)
        if fix is not None and finding.filename == filename:
            fix = self._fix(fix, stretch(finding.span).cell)
        return replace(finding, span=stretch(finding.span), related=related, noqa_row=row, fix=fix)

    def _fix(self, fix: Fix, number: int | None) -> Fix | None:
        """A fix of the program as one of a cell; None where it reaches further, or to what is no Python there."""
        cell = next(cell for cell in self.cells if cell.number == number)
        edits = [cell.replacement(one) for one in fix.edits]
        return replace(fix, edits=tuple(one for one in edits if one)) if all(edits) else None

    def place(self, location: Location) -> tuple[int, Location]:
        """The cell in which a place of the program stands, and where in it."""
        cell = self.cells[max(bisect_right(self.cells, location.row, key=lambda cell: cell.first) - 1, 0)]
        row = min(location.row - cell.first + 1, cell.rows)
        return cell.number, Location(row, location.column + cell.code.shifts.get(row, 0))


def code_of(text: str, filename: str) -> str | Notebook:
    """What is to be judged of a file; errors are those of `read`."""
    return read(text) if is_notebook(filename) else text


def read(text: str) -> Notebook:
    """The notebook that a file holds.

    Arguments:
        text: the file, which is JSON in nbformat 4.

    Raises:
        looplint.files.Unreadable: it is no such notebook.
        OtherLanguage: it is one, in a language other than Python.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        why = error.msg[:1].lower() + error.msg[1:]
        raise Unreadable(f"is no notebook, since it is not JSON: {why}", Location(error.lineno, error.colno)) from None
    except (RecursionError, ValueError):  # nested too deeply; a number of thousands of digits
        raise Unreadable("is no notebook, since it is not JSON that can be read") from None
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        if isinstance(found, dict) and "worksheets" in found:
            raise Unreadable("is a notebook of format 3; `jupyter nbconvert --to notebook` writes format 4")
        raise Unreadable("is no notebook: it has no list of cells")
    language = _language(found)
    if not language.lower().startswith(("python", "ipython")):
        raise OtherLanguage(language)
    numbered = enumerate(found["cells"], 1)
    return Notebook([(number, _source(number, cell)) for number, cell in numbered if _is_code(number, cell)])


def _language(notebook: dict[str, Any]) -> str:
    return _text_at(notebook, "metadata", "language_info", "name") or (
        _text_at(notebook, "metadata", "kernelspec", "language") or "python"
    )


def _is_code(number: int, cell: object) -> bool:
    if not isinstance(cell, dict):
        raise Unreadable(f"is no notebook: its cell {number} is no object")
    language = _text_at(cell, "metadata", "vscode", "languageId")
    return cell.get("cell_type") == "code" and language in ("", "python")


def _source(number: int, cell: dict[str, Any]) -> str:
    source = cell.get("source")
    lines = [source] if isinstance(source, str) else source
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Unreadable(f"is no notebook: the source of its cell {number} is neither a text nor a list of lines")
    return normalise("".join(lines))


def _text_at(value: object, *keys: str) -> str:
    """The text under some keys, one within the other; empty if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
