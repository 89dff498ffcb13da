"""Findings for the reports of the tests here, harmless ones and hostile ones."""

from __future__ import annotations

import os
import string
from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st

from looplint.finding import Finding, Location, Related, Span
from looplint.registry import every_rule
from looplint.severity import Severity

CODE = """\
import torch
for x, y in loader:
    loss_fn(model(x), y).backward()
    optimizer.step()
"""


def no_lines(_: Span) -> Sequence[str]:
    """The lines of files that cannot be read."""
    return []


def lines(_: Span) -> Sequence[str]:
    """The lines of a file that holds `CODE`."""
    return CODE.splitlines()


def span(row: int, start: int, end: int, *, file: str = "train.py", last: int = 0, cell: int | None = None) -> Span:
    return Span(file, Location(row, start), Location(last or row, end), cell)


def missing_zero_grad(file: str = "train.py", *, row: int = 4, cell: int | None = None) -> Finding:
    """What looplint says of `CODE`, or of the same below other rows."""
    here, before = span(row, 5, 21, file=file, cell=cell), span(row - 1, 5, 36, file=file, cell=cell)
    related = Related(here, "applied here"), Related(before, "added to here")
    return Finding("LL101", "missing-zero-grad", "`optimizer.step()` is wrong", here, "write it right", related)


def below(folder: Path, name: str = "train.py") -> str:
    """The path of a file, as one may give it who works elsewhere."""
    return str(folder / name)


ANY = st.text(st.characters(), max_size=12) | st.text(st.sampled_from("%:,\r\n]>[()1\\&<\x1b\x85\u2028\ud800;é😀"))
NAMES = st.binary(min_size=1, max_size=12).map(lambda raw: os.fsdecode(raw.replace(b"\0", b"%"))).filter(
    lambda name: name.strip("/.")
) | st.text(string.ascii_letters + " %:#?é😀/", min_size=1).filter(lambda name: name.strip("/."))
"""What a file can be called, in any bytes but NUL."""

SPANS = st.builds(
    lambda file, row, column, rows, columns, cell: Span(
        file, Location(row, column), Location(row + rows, column + columns), cell
    ),
    NAMES,
    st.integers(1, 6),
    st.integers(1, 40),
    st.integers(0, 2),
    st.integers(1, 9),
    st.none() | st.integers(1, 3),
)
FINDINGS = st.lists(
    st.builds(
        Finding,
        st.sampled_from(list(every_rule())),
        st.just("some-rule"),
        ANY,
        SPANS,
        ANY,
        st.lists(st.builds(Related, SPANS, ANY), max_size=2).map(tuple),
        st.sampled_from(Severity),
        st.integers(1, 5),
    ),
    max_size=4,
)
