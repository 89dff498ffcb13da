"""Text that is safe to show, and colour.

Names, paths and source lines come from strangers: an escape sequence in one of them could rewrite what the terminal
shows, and a bidirectional control can make code read as what it is not.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TextIO

STYLES = {
    "code": "1;31",
    "place": "1;34",
    "good": "1;32",
    "warning": "1;33",
    "info": "1;36",
    "bold": "1",
    "related": "34",
}


def clean(text: str) -> str:
    """The text with all that does not print (controls, surrogates, invisible marks) as escapes such as `\\x1b`."""
    return text if text.isprintable() else "".join(map(_visible, text))


def visible(text: str) -> str:
    """Rows of a text with all that does not print, but for tabs, as escapes."""
    return "".join("\t".join(map(clean, line.split("\t"))) + "\n" for line in text.splitlines())


def _visible(char: str) -> str:
    return char if char.isprintable() or unicodedata.category(char) == "Zs" else repr(char)[1:-1]


def encodable(text: str) -> str:
    """The text without lone surrogates (bytes of a file name that are no UTF-8), which many JSON readers refuse."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def cells(char: str) -> int:
    """How many columns a character takes on a terminal."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to write colours: on a terminal, unless NO_COLOR (which wins) or FORCE_COLOR say otherwise."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return not stream.closed and stream.isatty() and environment.get("TERM") != "dumb"


class Paint:
    """Puts text into a style, or leaves it alone.

    Arguments:
        colour: whether to.
    """

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.colour and text else text
