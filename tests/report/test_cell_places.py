"""The code of a notebook is found again in the JSON of its file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplint.cell_places import CellPlaces
from looplint.finding import Location, Span
from looplint.notebook import Notebook, read
from tests.cli.notebooks import code, notebook, words


def place(text: str, cell: int, row: int, start: int, end: int, *, last: int = 0) -> tuple[str, int, int] | None:
    """What the file holds where the code is found, and in which rows."""
    line = "".join(read(text).lines(cell)[row - 1 : row])
    found = CellPlaces(text).place(Span("a.ipynb", Location(row, start), Location(last or row, end), cell), line)
    if found is None:
        return None
    rows = text.split("\n")
    offsets = [sum(len(one) + 1 for one in rows[: at.row - 1]) + at.column - 1 for at in found]
    return text[slice(*offsets)], found[0].row, found[1].row


TEXT = notebook(words("# one"), code("import torch", "é = '😀\t\"'"), code("for x in y:", "    step()", ""))


def row_of(part: str) -> int:
    return TEXT[: TEXT.index(part)].count("\n") + 1


def test_a_row_of_code_is_a_row_of_the_file() -> None:
    row = row_of("step()")
    assert place(TEXT, 3, 2, 5, 11) == ("step()", row, row)


def test_escapes_count_as_what_they_stand_for() -> None:
    row = row_of(r"\u00e9")
    assert place(TEXT, 2, 2, 1, 2) == (r"\u00e9", row, row)
    assert place(TEXT, 2, 2, 5, 9) == (r"'\ud83d\ude00\t\"", row, row)


def test_a_stretch_of_several_rows() -> None:
    found = place(TEXT, 3, 1, 5, 11, last=2)
    assert found is not None
    assert found[0].split() == ["x", "in", 'y:\\n",', '"', "step()"]
    assert found[2] == found[1] + 1


def test_a_source_of_one_text_and_other_ends_of_lines() -> None:
    text = json.dumps({"cells": [{"cell_type": "code", "source": "a\r\nb\rc = 1"}]})
    assert [place(text, 1, row, 1, 2) for row in (1, 2, 3)] == [("a", 1, 1), ("b", 1, 1), ("c", 1, 1)]


def test_a_column_behind_the_end_stands_for_the_end() -> None:
    found = place(TEXT, 3, 2, 11, 99)
    assert found is not None
    assert found[0] == r"\n"
    assert place(TEXT, 3, 3, 1, 2) == ("", row_of("step()") + 1, row_of("step()") + 1)


@pytest.mark.parametrize(("cell", "row", "last"), [(1, 1, 1), (2, 9, 9), (2, 1, 9), (7, 1, 1)])
def test_a_place_that_is_not_there(cell: int, row: int, last: int) -> None:
    assert place(TEXT, cell, row, 1, 2, last=last) is None


def test_another_file_than_the_one_that_was_read() -> None:
    where = Span("a.ipynb", Location(1, 1), Location(1, 2), 2)
    assert CellPlaces(TEXT).place(where, "import torch") is not None
    assert CellPlaces(TEXT).place(where, "import numpy") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"cells": 1}', '{"cells": [1]}', "[" * 100_000])
def test_what_is_no_notebook_has_no_places(text: str) -> None:
    assert CellPlaces(text).place(Span("a.ipynb", Location(1, 1), Location(1, 2), 1), "a") is None


LINES = st.lists(st.text(st.characters(exclude_characters="\r\n"), min_size=1, max_size=5), min_size=1, max_size=4)


@given(
    cells=st.lists(LINES, min_size=1, max_size=3),
    indent=st.none() | st.integers(0, 2),
    ascii_only=st.booleans(),
    split=st.booleans(),
    data=st.data(),
)
def test_every_character_is_found(
    cells: list[list[str]], indent: int | None, ascii_only: bool, split: bool, data: st.DataObject
) -> None:
    def source(rows: list[str]) -> Any:
        whole = "\n".join(rows)
        return [f"{row}\n" for row in rows[:-1]] + rows[-1:] if split else whole

    sources = [{"cell_type": "code", "source": source(rows)} for rows in cells]
    text = json.dumps({"cells": sources, "nbformat": 4}, indent=indent, ensure_ascii=ascii_only)
    cell = data.draw(st.integers(1, len(cells)))
    rows = read(text).lines(cell)
    row = data.draw(st.integers(1, len(rows)))
    start = data.draw(st.integers(0, len(rows[row - 1]) - 1))
    end = data.draw(st.integers(start + 1, len(rows[row - 1])))
    found = place(text, cell, row, start + 1, end + 1)
    assert found is not None
    assert json.loads(f'"{found[0]}"') == rows[row - 1][start:end]
    assert isinstance(read(text), Notebook)
