"""Text to tree, and nodes of the tree back to places in the text."""

from __future__ import annotations

import ast
import gc
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from looplint.finding import Location, Span
from looplint.source.outline import Outline, outlined
from looplint.source.tree import children, walk

DEEPEST = 1000
"""How many levels of a tree LibCST and this reader can be trusted with."""


class InvalidSyntax(Exception):
    """A text that is not Python.

    Arguments:
        message: what the parser says; lower case, no final period.
        location: where it stopped.
    """

    def __init__(self, message: str, location: Location) -> None:
        super().__init__(message)
        self.message = message
        self.location = location


@contextmanager
def nesting_is_a_syntax_error() -> Iterator[None]:
    """Turn a stack that is used up by a deeply nested text into `InvalidSyntax`."""
    try:
        yield
    except RecursionError:
        raise InvalidSyntax("nested too deeply to be read", Location(1, 1)) from None


@contextmanager
def growing() -> Iterator[None]:
    """Hold the garbage collector back while a tree is built: it finds nothing there, and takes half of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


class Source:
    """One parsed text: a file, or a part of one.

    Arguments:
        text: decoded, without a byte order mark.
        filename: as the user gave it.
        row: the row of the file on which the text begins, from 1.
        part: it is part of a text that has been probed.

    Attributes:
        bodies: reads the functions of which only the head stands in the text, with a body that says nothing.

    Raises:
        InvalidSyntax: the text is not Python 3, or nested too deeply to be read.
    """

    def __init__(self, text: str, filename: str, row: int = 1, *, part: bool = False) -> None:
        self.filename = filename
        self.text = text
        self.row = row
        self._codes: dict[cst.CSTNode, str] = {}
        self.bodies: dict[cst.CSTNode, Callable[[], Position | None]] = {}
        self.outline: Outline | None = None
        refused: InvalidSyntax | None = None
        if not part:
            self.outline, refused = probe(text)
        try:
            with growing():
                self.module = cst.parse_module(text)
        except cst.ParserSyntaxError as error:
            location = Location(max(error.editor_line, 1), max(error.editor_column, 1))
            raise refused or InvalidSyntax(plain(error.message), location) from None

    def whole(self, node: cst.CSTNode) -> Position:
        """Return where a function stands with its body, which is parsed when it is asked for."""
        read = self.bodies.get(node)
        return (read() if read is not None else None) or Position(self, node)

    @cached_property
    def _positions(self) -> dict[cst.CSTNode, object]:
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        return dict(wrapper.resolve(PositionProvider))

    @cached_property
    def parents(self) -> dict[cst.CSTNode, cst.CSTNode]:
        """What each node stands in. Worked out on the first call, as positions are."""
        return {child: node for node in walk(self.module) for child in children(node)}

    @cached_property
    def rows(self) -> list[str]:
        """The lines of the text."""
        return re.split(r"\r\n|\r|\n", self.text)

    def span(self, node: object) -> Span:
        """Return where a node stands. Positions are worked out on the first call: most files have no finding."""
        found = self._positions[node]  # type: ignore[index]
        start, end = found.start, found.end  # type: ignore[attr-defined]
        before = self.row - 1
        return Span(
            self.filename,
            Location(start.line + before, start.column + 1),
            Location(end.line + before, end.column + 1),
        )

    def code(self, node: cst.CSTNode, limit: int = 60) -> str:
        """Return the text of a node on one line, shortened in the middle to about `limit` characters."""
        if node not in self._codes:
            self._codes[node] = " ".join(self.module.code_for_node(node).split())
        text = self._codes[node]
        if len(text) <= limit:
            return text
        return f"{text[: limit // 2]}...{text[-limit // 2 :]}"


@dataclass(frozen=True)
class Position:
    """Where something stands: a node of a text."""

    source: Source
    node: cst.CSTNode

    @property
    def span(self) -> Span:
        return self.source.span(self.node)


def flaw(text: str) -> InvalidSyntax | None:
    """Return what is wrong with a text that is no Python, in half the time that it takes to read one that is."""
    try:
        if probe(text)[1] is not None:
            with nesting_is_a_syntax_error():
                Source(text, "")
    except InvalidSyntax as error:
        return error
    return None


def probe(text: str) -> tuple[Outline, InvalidSyntax | None]:
    """Return the outline of a text as CPython's own parser reads it, or what that has against it.

    It is asked first since LibCST has no limit: some thousand nested parentheses overflow its stack, and no exception
    tells of the end of the process. It also says better what is wrong. It cannot have the last word: looplint may run
    on an older Python than the text was written for.

    Raises:
        InvalidSyntax: the text is nested so deeply that LibCST must not see it, or holds what no source can.
    """
    try:
        with warnings.catch_warnings(), growing():
            warnings.simplefilter("ignore")  # of an invalid escape and the like
            tree = ast.parse(text)
    except SyntaxError as error:
        found = InvalidSyntax(plain(error.msg), Location(max(error.lineno or 1, 1), max(error.offset or 1, 1)))
        if error.msg.startswith("too many"):
            raise found from None
        return Outline(), found
    except (RecursionError, MemoryError):
        raise InvalidSyntax("nested too deeply to be read", Location(1, 1)) from None
    except ValueError as error:  # a NUL character, a lone surrogate
        raise InvalidSyntax(plain(str(error)), Location(1, 1)) from None
    if sys.version_info < (3, 11) and deeper_than(tree, DEEPEST):  # from 3.11 on the parser sees to it
        raise InvalidSyntax("nested too deeply to be read", Location(1, 1))
    return outlined(tree), None


def deeper_than(tree: ast.AST, depth: int) -> bool:
    """Return whether a tree has more than `depth` levels; level by level, as a recursion could not tell."""
    level = [tree]
    for _ in range(depth):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def plain(message: str) -> str:
    """Return the parser's message in our style."""
    first = message.strip().splitlines()[0].rstrip(".")
    return first[:1].lower() + first[1:]
