"""The files of a project, opened as imports lead to them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from looplint import files
from looplint.lookup import Lookup, Trail, digest, shown_as
from looplint.source.module import Module
from looplint.source.parse import InvalidSyntax

HELD = 16_000_000
"""How many characters of files are kept open."""


class Project:
    """Finds and opens the files that imports lead to.

    Arguments:
        shown: what to call files, by their absolute path; others are called by their path.
        contents: what is in files, by their absolute path, where it is not what is on disk.

    Attributes:
        lookup: tells where imports lead, and keeps what an answer depends on.
        matters: which names of the files have to do with training, as far as it has been worked out, and what that
            rests on.
    """

    def __init__(self, shown: Mapping[str, str] | None = None, contents: Mapping[str, bytes] | None = None) -> None:
        self.lookup = Lookup()
        self.matters: dict[tuple[Hashable, ...], tuple[bool, Trail]] = {}
        self._shown = shown or {}
        self._contents = contents or {}
        self._here = files.absolute(".")
        self._modules: dict[str, tuple[Module | None, str]] = {}
        self._held = 0

    def open(self, path: str) -> Module | None:
        """Return a file by its outline; None where it cannot be read, or is a folder.

        Arguments:
            path: absolute.
        """
        if not path.endswith(".py"):
            return None
        shown = shown_as(path, self._shown, self._here)
        if path not in self._modules:
            if self._held > HELD:
                self._modules, self._held = {}, 0
                self.matters.clear()
            self._modules[path] = module, _ = self._read(path, shown)
            self._held += len(module.text) if module is not None else 0
        module, content = self._modules[path]
        self.lookup.note_read(path, shown, content)
        return module

    def _read(self, path: str, shown: str) -> tuple[Module | None, str]:
        """Return a file, and the digest of what is in it."""
        content = ""
        try:
            data = self._contents[path] if path in self._contents else files.read(path)
            content = digest(data)
            return Module(files.decode(data), shown, path), content
        except (files.Unreadable, InvalidSyntax):
            return None, content
