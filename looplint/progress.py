"""How far a run is, drawn on a terminal once it takes long, and gone in the end."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TextIO

DELAY = 2.0
"""Seconds: whoever waits less need not know for what."""

OFTEN = 0.1
"""Seconds between two drawings."""

WIDTH = 30
CLEAR = "\r\x1b[K"

Progress = Callable[[int, int], None]
"""Is told, after each file, how many have been judged, and of how many."""


@contextlib.contextmanager
def shown(stream: TextIO | None, environment: Mapping[str, str], *, wanted: bool) -> Iterator[Progress | None]:
    """What draws the progress of a run on a terminal; None where nobody looks: a pipe, a file, a CI job.

    Arguments:
        stream: where to draw; None where it was closed when Python began.
        environment: `CI` and `TERM` count.
        wanted: whether to draw at all.
    """
    silent = not wanted or environment.get("CI") or environment.get("TERM") == "dumb"
    if silent or stream is None or stream.closed or not stream.isatty():
        yield None
        return
    bar = _Bar(stream)
    try:
        yield bar.move
    finally:
        bar.clear()


class _Bar:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next = time.monotonic() + DELAY
        self._drawn = False

    def move(self, judged: int, total: int) -> None:
        """Draw how far the run is, if it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + OFTEN
        full = WIDTH * judged // total
        text = f"[{'#' * full}{'-' * (WIDTH - full)}] {judged} of {total} files"
        self._drawn = True  # before it is, as Ctrl-C may come in between
        self._write(f"{CLEAR}{text[: self._columns() - 1]}")

    def clear(self) -> None:
        """Leave the terminal as it was."""
        if self._drawn:
            self._write(CLEAR)

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80  # some do not know how wide they are
        except OSError:
            return 80

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the terminal is gone, and the run need not end for that
            self._stream.write(text)
            self._stream.flush()
