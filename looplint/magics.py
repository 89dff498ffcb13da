"""What IPython adds to Python in a cell: magics, shell commands and help, stepped over without moving a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

KEEPS_PYTHON = frozenset(
    "capture debug heat ipytest memit mprun prun pyinstrument scalene snakeviz time timeit wandb".split()
)
"""Cell magics that run the cell as Python in the notebook's own process; all others do something else with it."""

AUTOMAGIC = re.compile(
    r"\s*(?:autoreload|cat|cd|conda|cp|env|load_ext|ls|mamba|matplotlib|mkdir|mv|pip|pylab|reload_ext|rm|rmdir|run"
    r"|set_env|uv)[ \t]+(?!(?:and|if|in|is|not|or)\b)[\w./~\"'-][^\n]*\s*"
)
"""A cell of one line in which IPython does not need the `%`."""

CELL_MAGIC = re.compile(r"[ \t]*%%(?P<name>[^\s?]*)")
STATEMENT_MAGIC = re.compile(
    r"(?P<indent>[ \t]*)%(?:time|timeit(?:[ \t]+-(?:[nrp][ \t]*\d+|[tcqov]+))*)[ \t]+(?=[^\s#-])"
)
"""`%time` in front of a statement, which is code as any other."""

REST = r"(?:[^\\\n]|\\[\s\S])*\\?"  # to the end of the line; a backslash at its end joins the next one
TARGET = r"[^\W\d][\w.]*(?:\[[^\]\n]*\])?"
COMMAND = re.compile(
    rf"(?P<assigned>[ \t]*{TARGET}(?:[ \t]*,[ \t]*{TARGET})*[ \t]*=[ \t]*)[!%]{REST}"
    rf"|(?P<indent>[ \t]*)(?=\S)(?:[%!?,;/]{REST}|[^#'\"\n]*\?[ \t]*(?=\n|\Z))"
)
"""What begins no statement of Python, or ends in a `?`."""

UNSEEN = "get_ipython()"
"""What a command gives to whom it is assigned."""

PIECE = re.compile(
    r"""(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>\n)
    |'''(?:[^\\]|\\[\s\S])*?(?:'''|\Z)|\"\"\"(?:[^\\]|\\[\s\S])*?(?:\"\"\"|\Z)
    |'(?:[^'\\\n]|\\[\s\S])*'?|"(?:[^"\\\n]|\\[\s\S])*"?
    |\#[^\n]*|\\\n?|[^'"\#()\[\]{}\\\n]+""",
    re.VERBOSE,
)


@dataclass
class Code:
    """A cell as Python: each row of it is the same row of the cell.

    Arguments:
        text: the code; blank where the cell is none.
        shifts: by row, from 1, how many columns further to the right its code stands in the cell.
    """

    text: str
    shifts: dict[int, int] = field(default_factory=dict)


def as_python(cell: str) -> Code:
    """A cell without what only IPython understands.

    Arguments:
        cell: its text, with `\\n` for every line ending.

    Returns:
        Code in which a magic, a shell command or a request for help is a `pass` of the same indentation, or the
        assignment of something unseen. A cell that another language or program reads is blank.
    """
    blank = Code("\n" * cell.count("\n"))
    if AUTOMAGIC.fullmatch(cell):
        return blank
    lines = cell.split("\n")
    for at, line in enumerate(lines):
        if magic := CELL_MAGIC.match(line):
            if magic["name"] not in KEEPS_PYTHON:
                return blank
            lines[at] = ""
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    code = _dedented(lines)
    pieces = list(_pieces(code.text, code.shifts))
    return Code("".join(pieces), code.shifts)


def _dedented(lines: list[str]) -> Code:
    """The lines without the indentation that the first of them has: to IPython a cell may be indented as a whole."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    shifts = {row: len(indent) for row, line in enumerate(lines, 1) if indent and line.startswith(indent)}
    return Code("\n".join(line[len(indent) :] if row in shifts else line for row, line in enumerate(lines, 1)), shifts)


def _pieces(text: str, shifts: dict[int, int]) -> Iterator[str]:
    """The code in place of each statement or command; adds to the shifts."""
    at, row = 0, 1
    while at < len(text):
        if timed := STATEMENT_MAGIC.match(text, at):
            end = timed.end()
            shifts[row] = shifts.get(row, 0) + end - timed.end("indent")
            yield timed["indent"]
        elif command := COMMAND.match(text, at):
            end = command.end()
            code = f"{command['indent']}pass" if command["assigned"] is None else command["assigned"] + UNSEEN
            yield code + "\n" * text.count("\n", at, end)
        else:
            end = _end_of_statement(text, at)
            yield text[at:end]
        row += text.count("\n", at, end)
        at = end


def _end_of_statement(text: str, start: int) -> int:
    """Where the line of code ends that begins at `start`: behind the first line break outside brackets and strings."""
    depth = 0
    for piece in PIECE.finditer(text, start):
        if piece["open"]:
            depth += 1
        elif piece["close"]:
            depth = max(depth - 1, 0)
        elif piece["end"] and not depth:
            return piece.end()
    return len(text)
