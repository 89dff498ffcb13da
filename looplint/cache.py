"""What earlier runs have found out, kept between runs: texts under keys, in a file of SQLite.

SQLite sees to it that runs side by side, or one that is killed, leave it whole. It is only ever a help: where it cannot
be used, a run goes without, and what cannot be read is thrown away.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    import sqlite3

_Result = TypeVar("_Result")

NAME = "results-2.sqlite"
"""The number changes with the tables."""

BOUND = 64_000_000
"""How many bytes the file may have; a larger one is begun anew."""

EVERY = 2.0
"""After how many seconds what is new is written, so that a run that is killed loses little."""

PATIENCE = 1.0
"""How many seconds to wait for another run that writes."""

AT_ONCE = 500
"""How many results or facts are asked for in one question."""

TABLES = """
    CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, value TEXT NOT NULL, facts TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS facts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL, place TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
        UNIQUE (place, name, kind, value)
    );
"""


class Fact(NamedTuple):
    """What was so when a result was kept: looked at in this way, a place said this of a name."""

    kind: str
    place: str
    name: str
    value: str


class Result(NamedTuple):
    """What is kept under a key.

    Arguments:
        value: a text.
        facts: the numbers of what has to be so for the value to hold.
    """

    value: str
    facts: tuple[int, ...] = ()


def default_folder(environment: Mapping[str, str]) -> str:
    """Return where the cache is if nobody says: below XDG_CACHE_HOME, or ~/.cache."""
    base = environment.get("XDG_CACHE_HOME", "")
    return os.path.join(base if base.startswith("/") else os.path.expanduser("~/.cache"), "looplint")


class Cache:
    """Results under keys, in a folder that is made when there is something to keep.

    The results of the files of a tree rest on much the same facts, so each fact is kept once.

    Arguments:
        folder: where.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = os.fspath(folder)
        self._file = os.path.join(self._folder, NAME)
        self._open: sqlite3.Connection | None = None
        self._usable = True
        self._new: dict[str, tuple[str, Sequence[Fact]]] = {}
        self._written = time.monotonic()

    def get(self, keys: Iterable[str]) -> dict[str, Result]:
        """Return what is kept, by its key; one under which nothing is kept is left out."""
        found: dict[str, Result] = {}
        for key, value, facts in self._rows("SELECT key, value, facts FROM results WHERE key", keys):
            with contextlib.suppress(ValueError):
                found[str(key)] = Result(str(value), tuple(map(int, str(facts).split())))
        return found

    def facts(self, numbers: Iterable[int]) -> dict[int, Fact]:
        """Return facts by their numbers; one that is not known is left out."""
        rows = self._rows("SELECT id, kind, place, name, value FROM facts WHERE id", numbers)
        return {number: Fact(*map(str, texts)) for number, *texts in rows}

    def put(self, key: str, value: str, facts: Sequence[Fact] = ()) -> None:
        """Keep a text under a key, and what has to be so for it to hold; nothing where it can be no text of SQLite."""
        try:
            "".join((value, *(text for fact in facts for text in fact))).encode()
        except UnicodeEncodeError:  # a path that is no text
            return
        self._new[key] = value, facts
        if time.monotonic() - self._written > EVERY:
            self.close()

    def close(self) -> None:
        """Write what is new, and let go of the file, as has to be done before another process is begun."""
        if self._new:
            self._use(self._write)
            self._new = {}
        self._let_go()
        self._written = time.monotonic()

    def _let_go(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _rows(self, question: str, keys: Iterable[object]) -> Iterator[tuple[Any, ...]]:
        """Yield what a question finds for any of these keys, which are asked for some at a time."""
        wanted = list(dict.fromkeys(keys))
        for begin in range(0, len(wanted), AT_ONCE):
            some = wanted[begin : begin + AT_ONCE]
            yield from self._asked(f"{question} IN ({','.join('?' * len(some))})", some)

    def _asked(self, question: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        if self._open is None and not os.path.exists(self._file):
            return []
        return self._use(lambda connection: connection.execute(question, values).fetchall()) or []

    def _write(self, connection: sqlite3.Connection) -> None:
        with connection:  # all of it or nothing
            if os.path.getsize(self._file) > BOUND:
                connection.execute("DELETE FROM results")
                connection.execute("DELETE FROM facts")
            named = sorted({fact for _, facts in self._new.values() for fact in facts})
            connection.executemany("INSERT OR IGNORE INTO facts (kind, place, name, value) VALUES (?, ?, ?, ?)", named)
            ask = "SELECT id FROM facts WHERE kind = ? AND place = ? AND name = ? AND value = ?"
            number = {fact: str(connection.execute(ask, fact).fetchone()[0]) for fact in named}
            connection.executemany(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?)",
                [(key, value, " ".join(number[one] for one in facts)) for key, (value, facts) in self._new.items()],
            )

    def _use(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result | None:
        """Do something with the file; None where it cannot be used: then it is not tried again."""
        if not self._usable:
            return None
        import sqlite3  # here, as a run with nothing to check has no need of it

        try:
            return act(self._open or self._begin())
        except (sqlite3.OperationalError, OSError):  # another run has it for too long; it is not ours to write
            self._usable = False
            self._let_go()
        except sqlite3.DatabaseError:  # it is no such file, or a broken one
            self._usable = False
            self._let_go()
            with contextlib.suppress(OSError):
                os.unlink(self._file)
        return None

    def _begin(self) -> sqlite3.Connection:
        import sqlite3

        if not os.path.exists(self._folder):
            os.makedirs(self._folder)
            with open(os.path.join(self._folder, ".gitignore"), "w", encoding="utf-8") as file:
                file.write("*\n")  # the folder may be in somebody's checkout
        self._open = sqlite3.connect(self._file, timeout=PATIENCE)
        self._open.execute("PRAGMA synchronous = NORMAL")
        self._open.execute("PRAGMA auto_vacuum = FULL")
        self._open.executescript(TABLES)
        return self._open
