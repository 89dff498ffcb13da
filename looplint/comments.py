"""The comments of a file, and the statements they stand in."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field

LAYOUT = {tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.ENCODING}


@dataclass(frozen=True)
class Comment:
    """One comment.

    Arguments:
        text: all of it, from the `#` on.
        row: its row, from 1.
        column: the column of its `#`, from 1.
        rows: the rows of the statement it stands in; only its own row where it stands alone.
    """

    text: str
    row: int
    column: int
    rows: range


@dataclass
class Layout:
    """What tokens tell about a file.

    A statement here is what Python calls a logical line: a call over five rows is one, and so is the head of a loop.

    Arguments:
        comments: the comments, in order.
        last_rows: for each row of a statement that has several, its last row.
    """

    comments: list[Comment] = field(default_factory=list)
    last_rows: dict[int, int] = field(default_factory=dict)


def layout(text: str, until: int) -> Layout:
    """The comments and the statements of a text, as far as it can be read: a broken file has some of them.

    Arguments:
        text: with `\\n` for every line ending.
        until: the last row of interest; Python's tokenizer needs seconds for a megabyte, so it is asked for no more.
    """
    found = Layout()
    inside: list[tokenize.TokenInfo] = []
    first = 0
    for token in _tokens(text):
        if token.type == tokenize.COMMENT:
            inside.append(token)
        elif token.type == tokenize.NEWLINE:
            rows = range(first or token.start[0], token.start[0] + 1)
            found.last_rows.update(dict.fromkeys(rows, rows[-1]) if len(rows) > 1 else {})
            found.comments += [_comment(one, rows) for one in inside]
            inside, first = [], 0
            if rows[-1] >= until:
                break
        elif token.type not in LAYOUT:
            first = first or token.start[0]
        elif not first:  # no statement has begun: the comments stand alone
            found.comments += [_comment(one, range(one.start[0], one.start[0] + 1)) for one in inside]
            inside = []
            if token.type == tokenize.NL and token.start[0] >= until:
                break
    return found


def _comment(token: tokenize.TokenInfo, rows: range) -> Comment:
    return Comment(token.string, token.start[0], token.start[1] + 1, rows)


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    if not text.endswith("\n"):
        text += "\n"  # without it, Python 3.11 ends no statement whose last row begins with a `#` in a string
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError):
        return
