"""Editing the cells of a notebook within its JSON: all that an edit does not touch stays as it was written."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence

from looplint.edits import Edit, spliced

CHARACTER = re.compile(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u\w{4}|\\.|[^\\]", re.DOTALL)
"""What stands for one character in a string of JSON."""

SPACE = re.compile(r"[ \t\r\n]*")
DECODER = json.JSONDecoder()


def edit_cells(text: str, edits: Iterable[Edit]) -> str:
    """The JSON of a notebook with some edits made.

    A source that is a list of lines stays one, and gets an element for each line that an edit adds. Outputs, metadata,
    other cells, and the spelling of every string and number stay as they are.

    Arguments:
        text: the JSON of a notebook that `looplint.notebook` can read.
        edits: each names a cell.

    Raises:
        ValueError: edits overlap, or point to what is not there.
        looplint.edits.LineBreaksMeet: two line breaks would become one.
    """
    by_cell: dict[int | None, list[Edit]] = {}
    for one in edits:
        by_cell.setdefault(one.cell, []).append(one)
    cells = list(_values(text, _value(text, SPACE.match(text).end(), "cells")[0]))  # type: ignore[union-attr]
    pieces, at = [], 0
    for number, (_, begin, _) in enumerate(cells, 1):
        if wanted := by_cell.pop(number, None):
            start, end = _value(text, begin, "source")
            pieces += [text[at:start], _edited(text[start:end], wanted)]
            at = end
    if by_cell:
        raise ValueError(f"the notebook has {len(cells)} cells: {by_cell}")
    return "".join([*pieces, text[at:]])


def sources(text: str) -> list[list[tuple[int, int]]]:
    """Of each cell the bounds of the strings that hold its source, without their quotation marks.

    Arguments:
        text: as for `edit_cells`.
    """
    found = []
    for _, begin, _ in _values(text, _value(text, SPACE.match(text).end(), "cells")[0]):  # type: ignore[union-attr]
        values = {key: (start, end) for key, start, end in _values(text, begin)}
        start, end = values.get("source", (begin, begin))  # which a cell of text may lack
        places = _values(text, start) if text[start] == "[" else [("", start, end)] if text[start] == '"' else []
        found.append([(one + 1, other - 1) for _, one, other in places])
    return found


def _values(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Key, start and end of each value in the object or list that begins at an offset; in a list the key is empty."""

    def behind_space(place: int) -> int:
        space = SPACE.match(text, place)
        return space.end() if space else place

    keyed = text[at] == "{"
    at = behind_space(at + 1)
    while text[at] not in "]}":
        key = ""
        if keyed:
            key, at = DECODER.raw_decode(text, at)
            at = behind_space(behind_space(at) + 1)
        end = DECODER.raw_decode(text, at)[1]
        yield key, at, end
        at = behind_space(end)
        if text[at] == ",":
            at = behind_space(at + 1)


def _value(text: str, at: int, wanted: str) -> tuple[int, int]:
    """Start and end of a value in the object that begins at an offset; of several, the last one counts in JSON."""
    return {key: (start, end) for key, start, end in _values(text, at)}[wanted]


def _edited(source: str, edits: Sequence[Edit]) -> str:
    """The JSON of a cell's source, which is a string or a list of strings, with some edits made."""
    listed = source.startswith("[")
    places = [(start, end) for _, start, end in _values(source, 0)] if listed else [(0, len(source))]
    first, last = (places[0][0], places[-1][1]) if places else (1, len(source) - 1)
    between = [source[one[1] : other[0]] for one, other in itertools.pairwise(places)]
    usual = (between or [f",{source[1:first] or ' '}"])[0] if listed else ""
    flow: list[tuple[str, str]] = []  # how each character is written, and what stands behind the string it ends, if any
    for (start, end), behind in itertools.zip_longest(places, between):
        written = CHARACTER.findall(source, start + 1, end - 1)
        flow += [(one, "") for one in written]
        if written:
            flow[-1] = written[-1], behind or (usual if written[-1] == r"\n" else "")
    text = "".join(json.loads(source[start:end]) for start, end in places)
    for start, end, content in reversed(spliced(text, edits)):
        flow[start:end] = [(json.dumps(one, ensure_ascii=False)[1:-1], usual * (one == "\n")) for one in content]
    strings = "".join(f'{one}"{behind}"' if behind else one for one, behind in flow[:-1])
    return f'{source[:first]}"{strings}{flow[-1][0] if flow else ""}"{source[last:]}'
