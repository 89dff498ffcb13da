"""Reading files, whatever lies in wait: no permission, a pipe, a broken or an unknown encoding."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from looplint.finding import Location

STDIN = "-"
NOTEBOOK = ".ipynb"
BOM = b"\xef\xbb\xbf"
COOKIE = re.compile(  # PEP 263: a comment on the first line, or on the second one below a blank or a comment
    rb"\A(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))??[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)"
)
EDITOR_SUFFIX = re.compile(r"(?i)(?<=^utf-8)-(?!sig$).*")  # `utf-8-unix`, which Python reads as UTF-8 too


class Unreadable(Exception):
    """A file that gives no text.

    Arguments:
        message: why, in a few words.
        location: where in the file; its beginning if that is not known.
    """

    def __init__(self, message: str, location: Location | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.location = location or _location(b"", 0)


def absolute(name: str | os.PathLike[str]) -> str:
    """An absolute path with `/` between its parts and links left as they are, as patterns want it."""
    return os.path.abspath(name).replace(os.sep, "/")


def above(path: str) -> str:
    """The folder that a file or folder is in; the root of the file system is in itself."""
    return path.rpartition("/")[0] or "/"


def upwards(folder: str) -> Iterator[str]:
    """A folder and those around it, up to the root of the file system."""
    while True:
        yield folder
        if above(folder) == folder:
            return
        folder = above(folder)


def join(folder: str, *names: str) -> str:
    """The path of what is below a folder."""
    return "/".join((folder.rstrip("/"), *names)) if names else folder


def is_notebook(name: str) -> bool:
    """Whether a name is that of a notebook."""
    return name.endswith(NOTEBOOK)


def read(name: str) -> bytes:
    """The bytes of a file, or of standard input for `-`.

    Arguments:
        name: the path.

    Raises:
        Unreadable: there is no such file, it may not be read, or it is a directory, pipe or device (which might
            never end).
    """
    try:
        if name == STDIN:
            if sys.stdin is None:
                raise Unreadable("cannot be read: standard input is closed")
            return sys.stdin.buffer.read()
        mode = os.stat(name).st_mode
        if stat.S_ISDIR(mode):
            os.listdir(name)  # only a directory that cannot be listed comes here, and this says why
        if not stat.S_ISREG(mode):
            raise Unreadable("is no regular file, and might never end; `-` reads standard input")
        with open(name, "rb", buffering=0) as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot be read: {_reason(error)}") from None


def standard_input(name: str | None) -> dict[str, bytes]:
    """Standard input by its absolute path, for who has to read it twice; nothing where it cannot be read.

    Arguments:
        name: what it is called, if it has a name.
    """
    try:
        return {absolute(name or STDIN): read(STDIN)}
    except Unreadable:
        return {}


def _reason(error: OSError | ValueError) -> str:
    """What the operating system says, in the style of our messages."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return text[:1].lower() + text[1:]


def encoding(data: bytes) -> str:
    """The encoding of a Python file: UTF-8 (`utf-8-sig`, as there may be a byte order mark), or what it declares."""
    declared = _declared(data)
    return EDITOR_SUFFIX.sub("", declared[1].decode("ascii", "replace")) if declared else "utf-8-sig"


def decode(data: bytes) -> str:
    """The text of a Python file, normalised.

    Arguments:
        data: the bytes, in UTF-8 (with or without a byte order mark) or as declared by a PEP 263 comment.

    Raises:
        Unreadable: they are no such text.
    """
    if b"\0" in data:
        raise Unreadable("contains a NUL byte, so it is no text", _location(data, data.index(b"\0")))
    cookie, name = _declared(data), encoding(data)
    try:
        text = data.decode(name)
        if cookie and "coding" not in text:
            raise LookupError  # not even the declaration can be read: Python refuses UTF-16 and its like
        return normalise(text)
    except UnicodeDecodeError as error:
        claim = f"`{name}`, which the file declares" if cookie else "UTF-8, and the file declares no other encoding"
        message = f"the byte 0x{error.object[error.start]:02x} is not valid in {claim}"
        raise Unreadable(message, _location(error.object, error.start)) from None
    except (LookupError, ValueError):  # codecs such as rot13 and idna are found, but do not decode a text
        place = _location(data, cookie.start(1) if cookie else 0)
        raise Unreadable(f"declares the encoding `{name}`, which Python does not know", place) from None


def _declared(data: bytes) -> re.Match[bytes] | None:
    return None if data.startswith(BOM) else COOKIE.match(data)


def normalise(text: str) -> str:
    """The text with `\\n` for every line ending, so that a row means the same to every reader of it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _location(data: bytes, offset: int) -> Location:
    from looplint.finding import Location  # here, as most files can be read

    before = re.split(rb"\r\n|\r|\n", data[:offset])
    return Location(len(before), len(before[-1].decode("utf-8", "replace").removeprefix("\ufeff")) + 1)
