"""What goes to the terminal: text in any encoding, whatever becomes of the reader."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def write(text: str, stream: TextIO | None = None) -> None:
    """Print a text, in whatever encoding; when the reader has closed the pipe (`| head`) the rest is nobody's loss.

    Arguments:
        stream: where; standard output if nothing is said.
    """
    stream = stream or sys.stdout
    try:
        stream.write(encodable(text, stream))
        stream.flush()
    except BrokenPipeError:
        _let_go(stream)


def write_bytes(data: bytes) -> None:
    """Print bytes on standard output as they are, whatever its encoding."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _let_go(sys.stdout)


def _let_go(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or Python complains when it exits


def note(text: str) -> None:
    """Say something on standard error, on a line of its own; nothing where that is closed."""
    from looplint.report.terminal import clean  # here, as most runs have nothing to say

    if sys.stderr is not None and not sys.stderr.closed:
        sys.stderr.write(encodable(f"{clean(text)}\n", sys.stderr))
        sys.stderr.flush()


def warn(message: str) -> None:
    note(f"warning: {message}")


def complain(message: str, error: BaseException | None = None) -> None:
    """Say what went wrong.

    Arguments:
        error: shown with its traceback where LOOPLINT_DEBUG is set.
    """
    note(f"error: {message}")
    if error is not None and os.environ.get("LOOPLINT_DEBUG"):
        import traceback

        traceback.print_exception(error)


def encodable(text: str, stream: TextIO) -> str:
    """Return a text as a stream can take it, with escapes for what its encoding lacks."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
