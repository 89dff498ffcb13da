"""Text to tree, and nodes of the tree back to places in the text."""

from __future__ import annotations

from functools import cached_property

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from looplint.finding import Location, Span


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


class Source:
    """One parsed text.

    Arguments:
        text: decoded, without a byte order mark.
        filename: as the user gave it.

    Raises:
        InvalidSyntax: the text is not Python 3, or nested too deeply to be read.
    """

    def __init__(self, text: str, filename: str) -> None:
        self.filename = filename
        try:
            self.module = cst.parse_module(text)
        except cst.ParserSyntaxError as error:
            location = Location(max(error.editor_line, 1), max(error.editor_column, 1))
            raise InvalidSyntax(plain(error.message), location) from None
        except (RecursionError, MemoryError):
            raise InvalidSyntax("nested too deeply to be read", Location(1, 1)) from None

    @cached_property
    def _positions(self) -> dict[cst.CSTNode, object]:
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        return dict(wrapper.resolve(PositionProvider))

    def span(self, node: object) -> Span:
        """Return where a node stands. Positions are worked out on the first call: most files have no finding."""
        found = self._positions[node]  # type: ignore[index]
        start, end = found.start, found.end  # type: ignore[attr-defined]
        return Span(self.filename, Location(start.line, start.column + 1), Location(end.line, end.column + 1))

    def code(self, node: cst.CSTNode, limit: int = 60) -> str:
        """Return the text of a node on one line, shortened in the middle to about `limit` characters."""
        text = " ".join(self.module.code_for_node(node).split())
        if len(text) <= limit:
            return text
        return f"{text[: limit // 2]}...{text[-limit // 2 :]}"


def plain(message: str) -> str:
    """Return the parser's message in our style."""
    first = message.strip().splitlines()[0].rstrip(".")
    return first[:1].lower() + first[1:]
