"""Places for programs that read a report: paths from the root of the project, and rows of files in notebooks too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from looplint import files
from looplint.finding import Location, Span
from looplint.report.concise import position
from looplint.report.snippet import Lines

if TYPE_CHECKING:
    from looplint.cell_places import CellPlaces

ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""What GitHub and GitLab call the folder that they have checked the project out into."""


def root(environment: Mapping[str, str]) -> str:
    """The folder that paths in a report start from, absolute.

    It is what the CI system says; the current folder where none does, or where the run is not in what it says.
    """
    here = files.absolute(".")
    said = [files.absolute(environment[name]) for name in ROOTS if environment.get(name)]
    return next((one for one in said if f"{here}/".startswith(f"{one.rstrip('/')}/")), here)


class Places:
    """Where the findings of one report are.

    Arguments:
        lines: gives the lines around a span.

    Attributes:
        root: the folder that paths start from, absolute.
    """

    def __init__(self, lines: Lines) -> None:
        self.root = root(os.environ)
        self._lines = lines
        self._notebooks: dict[str, CellPlaces] = {}

    def path(self, span: Span) -> str:
        """The path of the file from the root, with `/` between its parts; absolute if it lies elsewhere."""
        return files.absolute(span.filename).removeprefix(f"{self.root.rstrip('/')}/")

    def bounds(self, span: Span) -> tuple[Location, Location] | None:
        """Where in the file a span begins and ends; in a notebook in its JSON, or None where that cannot be read."""
        if span.cell is None:
            return span.start, span.end
        if span.filename not in self._notebooks:
            from looplint.cell_places import CellPlaces  # here, as most runs have no need of it

            try:
                text = files.decode(files.read(span.filename))
            except files.Unreadable:  # such as one that came by standard input
                text = ""
            self._notebooks[span.filename] = CellPlaces(text)
        line = next(iter(self._lines(span)[span.start.row - 1 : span.start.row]), "")
        return self._notebooks[span.filename].place(span, line)

    def shown(self, span: Span) -> str:
        """A place in words: `path:row:column`, and in a notebook `path:cell 3:row:column`."""
        return position(replace(span, filename=self.path(span)))


def in_cell(span: Span) -> str:
    """`cell 3, row 2` for the beginning of a span in a notebook; nothing for one elsewhere."""
    return "" if span.cell is None else f"cell {span.cell}, row {span.start.row}"
