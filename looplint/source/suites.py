"""Statements as they stand in a text: their rows, their neighbours, and how one is put in or taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from looplint.finding import Location, Replacement, Span
from looplint.source.parse import Source
from looplint.source.tree import walk

SUITES = (cst.IndentedBlock, cst.SimpleStatementSuite, cst.Module)
SCOPES = (cst.FunctionDef, cst.ClassDef, cst.Lambda)

REMARK = re.compile(r"#+ *(?!fmt:|In\[|noqa|type:|yapf:|(?:end)?region\b)\w")
"""A comment in words; no ruler, no mark of a cell or of a tool."""


class CannotMend(Exception):
    """A text in which something cannot be done, or would not mean what is wanted; says why."""


@dataclass(frozen=True)
class Rows:
    """Rows of a text, to be put in elsewhere.

    Arguments:
        rows: the text.
        indent: what those begin with that are to be indented anew.
    """

    rows: tuple[str, ...]
    indent: str = ""

    def indented(self, indent: str) -> list[str]:
        """Return them with another indentation; what lies further to the left stays, as the end of a bracket may."""
        old = self.indent
        return [indent + row[len(old) :] if row.startswith(old) and row.strip() else row for row in self.rows]

    def inline(self) -> str:
        """Return them as a statement among others of a row.

        Raises:
            CannotMend: it needs rows of its own.
        """
        text = self.rows[0].strip().rstrip(";")
        if len(self.rows) > 1 or "#" in text:
            raise CannotMend("it has rows of its own, and is to come among others")
        return text


@dataclass(frozen=True)
class Statement:
    """A statement in the suite that it stands in.

    Arguments:
        source: the text.
        suite: the suite.
        index: which member of the suite it is, or is in.
        small: which of several on its row it is; None where it is a compound one.
    """

    source: Source
    suite: cst.IndentedBlock | cst.SimpleStatementSuite | cst.Module
    index: int
    small: int | None = None

    @property
    def member(self) -> cst.CSTNode:
        return self.suite.body[self.index]

    @property
    def node(self) -> cst.CSTNode:
        """The statement itself, without the others on its row."""
        member = self.member
        return member.body[self.small or 0] if isinstance(member, cst.SimpleStatementLine) else member

    @property
    def siblings(self) -> Sequence[cst.CSTNode]:
        return self.suite.body

    @property
    def crowd(self) -> Sequence[cst.CSTNode]:
        """The statements on its row; itself where it is a compound one."""
        if isinstance(self.suite, cst.SimpleStatementSuite):
            return self.suite.body
        member = self.member
        return member.body if isinstance(member, cst.SimpleStatementLine) else (member,)

    @property
    def number(self) -> int:
        """Which of the statements on its row it is."""
        return self.index if isinstance(self.suite, cst.SimpleStatementSuite) else self.small or 0

    def at(self, index: int) -> Statement:
        """Return another member of the suite; the last one on its row."""
        member = self.suite.body[index]
        small = len(member.body) - 1 if isinstance(member, cst.SimpleStatementLine) else None
        return Statement(self.source, self.suite, index, small)

    # -- where it stands in the text ---------------------------------------------------------------------------------

    def _span(self, node: cst.CSTNode) -> Span:
        """Return the place of a node, with rows counted in this text."""
        span, before = self.source.span(node), self.source.row - 1
        start, end = span.start, span.end
        return Span(span.filename, Location(start.row - before, start.column), Location(end.row - before, end.column))

    def _change(self, start: Location, end: Location, content: str) -> Replacement:
        before = self.source.row - 1
        return Replacement(Location(start.row + before, start.column), Location(end.row + before, end.column), content)

    @property
    def indent(self) -> str:
        """What its row begins with."""
        start = self._span(self.member).start
        indent = self.source.rows[start.row - 1][: start.column - 1]
        if indent.strip():
            raise CannotMend("its row does not begin with it")
        return indent

    # -- changes -----------------------------------------------------------------------------------------------------

    def before(self, new: Rows) -> Replacement:
        """Return the change that puts something before it."""
        if self.number or isinstance(self.suite, cst.SimpleStatementSuite):
            place = self._span(self.crowd[self.number]).start
            return self._change(place, place, f"{new.inline()}; ")
        place = Location(self._span(self.member).start.row, 1)
        return self._change(place, place, "".join(f"{row}\n" for row in new.indented(self.indent)))

    def behind(self, new: Rows) -> Replacement:
        """Return the change that puts something behind it."""
        if self.number < len(self.crowd) - 1 or isinstance(self.suite, cst.SimpleStatementSuite):
            place = self._span(self.crowd[self.number]).end
            return self._change(place, place, f"; {new.inline()}")
        row = self._last_row()
        place = Location(row, len(self.source.rows[row - 1]) + 1)
        return self._change(place, place, "".join(f"\n{row}" for row in new.indented(self.indent)))

    def _last_row(self) -> int:
        """Return its last row; comments that are indented deeper belong to it."""
        row, deeper = self._span(self.member).end.row, f"{self.indent}[ \t]+#"
        for number, text in enumerate(self.source.rows[row:], row + 1):
            if re.match(deeper, text):
                row = number
            elif text.strip():
                break
        return row

    def taken(self) -> tuple[Rows, Replacement]:
        """Return its text, with the remarks that are about it alone, and the change that takes it out.

        Raises:
            CannotMend: nothing would be left in its suite, or its rows cannot be told from others.
        """
        if len(self.crowd) > 1:
            return self._cut()
        if isinstance(self.suite, cst.SimpleStatementSuite) or len(self.suite.body) == 1:
            raise CannotMend("nothing would be left where it stands")
        span, rows, indent = self._span(self.member), self.source.rows, self.indent
        for node in walk(self.member):
            if isinstance(node, cst.SimpleString | cst.FormattedString):
                place = self._span(node)
                if place.start.row != place.end.row:
                    raise CannotMend("a text of several rows stands in it")
        first, last = span.start.row - self._remarks(), span.end.row
        text = Rows(tuple(rows[first - 1 : last]), indent)
        if last < len(rows):
            return text, self._change(Location(first, 1), Location(last + 1, 1), "")
        end = Location(last, len(rows[last - 1]) + 1)
        return text, self._change(Location(first - 1, len(rows[first - 2]) + 1), end, "")

    def _remarks(self) -> int:
        """Return how many rows above it hold remarks about it: none, where they head several statements."""
        span, rows, indent = self._span(self.member), self.source.rows, self.indent
        following = rows[span.end.row].strip() if span.end.row < len(rows) else ""
        if self.index < len(self.siblings) - 1 and following and not following.startswith("#"):
            return 0
        count = 0
        for row in reversed(rows[: span.start.row - 1]):
            if not (row.startswith(indent) and REMARK.match(row[len(indent) :])):
                break
            count += 1
        return count

    def _cut(self) -> tuple[Rows, Replacement]:
        """Return one of several on a row, and the change that takes it out with its semicolon."""
        crowd, number = self.crowd, self.number
        own = self._span(crowd[number])
        if own.start.row != own.end.row:
            raise CannotMend("it shares a row with others and has several")
        text = self.source.rows[own.start.row - 1][own.start.column - 1 : own.end.column - 1]
        if number:
            return Rows((text,)), self._change(self._span(crowd[number - 1]).end, own.end, "")
        return Rows((text,)), self._change(own.start, self._span(crowd[1]).start, "")


def around(source: Source, node: cst.CSTNode) -> Iterator[Statement]:
    """Yield the statements that a node is in, innermost first, up to the function."""
    small = None
    while (parent := source.parents.get(node)) is not None:
        if isinstance(parent, cst.SimpleStatementLine):
            small = place_of(node, parent.body)
        elif isinstance(parent, SUITES):
            line = isinstance(node, cst.SimpleStatementLine)
            yield Statement(source, parent, place_of(node, parent.body), small if line else None)
            small = None
        elif isinstance(parent, SCOPES):
            return
        node = parent


def place_of(node: cst.CSTNode, nodes: Sequence[cst.CSTNode]) -> int:
    """Return the index of a node by what it is, and not by what it looks like."""
    return next(index for index, one in enumerate(nodes) if one is node)
