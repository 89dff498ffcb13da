"""What a run remembers of earlier ones: of each file, what was found in the program that begins in it.

A result is kept under the content of its file, where that is and what it is called, and the code of looplint. With it
go the facts that the reading depended on; unless all of them are as they were, the file is judged again.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from looplint import files
from looplint.cache import Cache, Fact
from looplint.lookup import Lookup, Trail, digest, shown_as

if TYPE_CHECKING:
    from looplint.tree import File, Judged

APART = ("report", "rules", "runtime_check")
"""Folders of looplint that have no part in a finding, or that are found otherwise."""

NOTHING = "[[], []]"
"""What is kept of a program in which nothing was found."""


class Memory:
    """The results of earlier runs, as far as they still hold.

    Arguments:
        cache: keeps them.
        shown: what the user calls files, by their absolute path.
        contents: what is in files, by their absolute path, where it is not what is on disk.
    """

    def __init__(self, cache: Cache, shown: Mapping[str, str], contents: Mapping[str, bytes]) -> None:
        self._cache = cache
        self._shown = shown
        self._contents = {path: digest(data) for path, data in contents.items()}
        self._lookup = Lookup()
        self._here = files.absolute(".")

    @cached_property
    def _version(self) -> str:
        return version()

    def judged(self, files: Iterable[File]) -> dict[str, Judged]:
        """Return what was found in programs, where nothing that it depends on has changed, by the name of the file."""
        keys = {file.shown: self._key_of(file) for file in files}
        kept = self._cache.get(keys.values())
        facts = self._cache.facts(number for one in kept.values() for number in one.facts)
        true = {number for number, fact in facts.items() if self._is_so(fact)}
        return {
            shown: judged
            for shown, key in keys.items()
            if (one := kept.get(key)) and true.issuperset(one.facts) and (judged := read(one.value)) is not None
        }

    def keep(self, file: File, judged: Judged) -> None:
        """Remember what was found in a program."""
        value = NOTHING
        if judged.found or judged.broken:
            import json

            from looplint.plain import encode

            value = json.dumps([encode(judged.found), encode(judged.broken)])
        self._cache.put(self._key_of(file), value, facts_of(judged.trail) if judged.trail else [])

    def close(self) -> None:
        """Write what is new."""
        self._cache.close()

    def _key_of(self, file: File) -> str:
        whole = "\0".join((self._version, file.path, file.shown, file.content))
        return digest(whole.encode("utf-8", "surrogatepass"))

    def _is_so(self, fact: Fact) -> bool:
        """Return whether something is as it was when it was noted."""
        kind, place, name, value = fact
        if kind == "find":
            return self._lookup.find_from(place, name) == value
        if kind == "member":
            return self._lookup.member(place, name) == value
        known = kind == "read" and shown_as(place, self._shown, self._here) == name
        return known and self._content(place) == value

    def _content(self, path: str) -> str:
        if path not in self._contents:
            try:
                self._contents[path] = digest(files.read(path))
            except files.Unreadable:
                self._contents[path] = ""
        return self._contents[path]


def facts_of(trail: Trail) -> list[Fact]:
    """Return what has to be so for a result to hold."""
    return [
        *(Fact("read", path, *one) for path, one in trail.reads.items()),
        *(Fact("find", *key, to) for key, to in trail.finds.items()),
        *(Fact("member", *key, to) for key, to in trail.members.items()),
    ]


def read(value: str) -> Judged | None:
    """Return what was found in a program, as it was kept; None where that is none of ours."""
    from looplint.tree import Judged

    if value == NOTHING:
        return Judged()
    import json  # here, as in most files nothing is found

    from looplint.finding import Finding
    from looplint.plain import decode

    try:
        found, broken = json.loads(value)
        return Judged(decode(list[Finding], found), decode(list[Finding], broken))
    except (ValueError, TypeError, RecursionError):
        return None


def version() -> str:
    """Return what stands for everything but the files that a finding depends on: looplint's code, Python and LibCST."""
    return digest(b"".join([repr(sys.version_info[:3]).encode(), *map(files.read, sources())]))


def sources() -> Iterator[str]:
    """Yield the files whose code has a part in a finding, in a fixed order."""
    own = os.path.dirname(__file__)
    folders = [own, *(one.path for one in sorted_entries(own) if one.is_dir() and one.name not in APART)]
    for folder in (*folders, *_places("looplint.rules")):
        yield from (one.path for one in sorted_entries(folder) if one.name.endswith(".py"))
    for place in _places("libcst"):
        yield from (one.path for one in sorted_entries(place) if one.name == "_version.py")


def sorted_entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _places(package: str) -> list[str]:
    spec = importlib.util.find_spec(package)
    return list(spec.submodule_search_locations or ()) if spec is not None else []
