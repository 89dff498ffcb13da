"""Changing files: only what is to change does, and nobody ever finds a file half written."""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from looplint import files
from looplint.cells import edit_cells
from looplint.edits import Edit, LineBreaksMeet, edit
from looplint.notebook import is_notebook


class NotWritten(Exception):
    """A file that has been left as it was; the text says which, and why."""


@dataclass(frozen=True)
class Original:
    """A file as it was read.

    Arguments:
        name: its path.
        data: its bytes.
    """

    name: str
    data: bytes

    @classmethod
    def read(cls, name: str) -> Original:
        """Read a file; errors are those of `looplint.files.read`."""
        return cls(name, files.read(name))

    @property
    def text(self) -> str:
        """The file decoded, with `\\n` for every line break; errors are those of `looplint.files.decode`."""
        return files.decode(self.data)

    def edited(self, edits: Iterable[Edit]) -> bytes:
        """The bytes with some edits made; what these do not touch stays as it is, line breaks and all.

        Arguments:
            edits: in any order. Of a notebook each names a cell.

        Raises:
            NotWritten: the encoding of the file cannot express it.
            ValueError: edits overlap, or point to what is not there.
        """
        mark = files.BOM if self.data.startswith(files.BOM) else b""
        body = self.data[len(mark) :]
        encoding = files.encoding(self.data)
        if codecs.lookup(encoding).name == "utf-8-sig":
            encoding = "utf-8"  # the mark is there, or is not to be
        text = body.decode(encoding)
        try:
            changed = (edit_cells if is_notebook(self.name) else edit)(text, edits)
            if text.encode(encoding) == body:
                return mark + changed.encode(encoding)
        except LineBreaksMeet:
            raise NotWritten(f"{self.name}: its line breaks are of several kinds, and two would become one") from None
        except UnicodeEncodeError as error:
            what = ascii(error.object[error.start : error.end])
            raise NotWritten(f"{self.name}: its encoding `{encoding}` cannot express {what}") from None
        raise NotWritten(f"{self.name}: its encoding `{encoding}` does not give back the bytes that it was read from")

    def replace(self, data: bytes) -> None:
        """Put other bytes in the place of the file; whoever opens it finds all of the old ones or all of the new ones.

        Permissions, owner and extended attributes stay, as far as the system lets them. A symbolic link stays one, and
        what it leads to is replaced; another hard link to the file keeps the old bytes.

        Raises:
            NotWritten: the file has changed since it was read, or may not be written.
        """
        target = Path(os.path.realpath(self.name))
        try:
            with _draft(target, data, 0o600) as draft:
                _dress(draft, target)
                with target.open("r+b") as file:  # to replace it, the permissions of its folder would be enough
                    if file.read() != self.data:
                        raise NotWritten(f"{self.name}: has changed since it was read, so it is left as it is")
                draft.replace(target)
        except FileNotFoundError:
            raise NotWritten(f"{self.name}: is gone since it was read") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise NotWritten(f"{self.name}: cannot be written: {reason[:1].lower()}{reason[1:]}") from None


def write(name: str | Path, data: bytes) -> None:
    """Write a file of looplint's own, new or not; whoever opens it finds it whole. A symbolic link to it stays one.

    Raises:
        OSError: it cannot be written.
    """
    target = Path(os.path.realpath(name))
    target.parent.mkdir(parents=True, exist_ok=True)
    with _draft(target, data, 0o666) as draft:
        if target.exists():
            _dress(draft, target)
        draft.replace(target)


@contextlib.contextmanager
def _draft(target: Path, data: bytes, mode: int) -> Iterator[Path]:
    """A new file beside the target, safe on its disk, which is gone in the end unless it has been renamed.

    Arguments:
        mode: its permissions, less what the user wants no new file to have.
    """
    draft = target.with_name(f".looplint-{os.urandom(8).hex()}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(draft, flags, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _dress(draft: Path, target: Path) -> None:
    """Give a draft the owner, the permissions and the extended attributes of the target, but the time of now."""
    like, mine = target.stat(), draft.stat()
    if hasattr(os, "chown") and (like.st_uid, like.st_gid) != (mine.st_uid, mine.st_gid):
        with contextlib.suppress(PermissionError):  # only the superuser may give files away
            os.chown(draft, like.st_uid, like.st_gid)
    shutil.copystat(target, draft)
    os.utime(draft)
