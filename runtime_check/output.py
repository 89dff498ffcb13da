"""What is printed of a run, and the source lines that it shows."""

from __future__ import annotations

import contextlib
import linecache
from collections.abc import Sequence
from pathlib import Path

from looplint.finding import Span
from looplint.report.snippet import Lines


def lines_of(base: Path) -> Lines:
    """Return what gives the lines around a span, whose file is named as seen from `base`; none where it cannot."""

    def lines(span: Span) -> Sequence[str]:
        name = span.filename if span.filename.startswith("<") else str(base / span.filename)
        return [line.rstrip("\r\n") for line in linecache.getlines(name)]

    return lines


def put(text: str, stream: object) -> None:
    """Print, in whatever encoding; a stream that is closed is nobody's loss."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))  # type: ignore[attr-defined]
        stream.flush()  # type: ignore[attr-defined]
