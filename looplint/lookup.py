"""Where imports lead: looked up in the folders of a project, and remembered with what each answer depends on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from looplint.files import above, join, upwards

try:
    from _blake2 import blake2b  # what hashlib has, too, but beside OpenSSL, which takes ten times as long to load
except ImportError:
    from hashlib import blake2b

MARKS = ("pyproject.toml", "setup.py", "setup.cfg", "looplint.toml")
"""What stands at the top of a project, where no version control says so."""

LAYOUTS = ("src", "lib", "python")
"""Folders that hold packages without being one."""

FOREIGN = sys.stdlib_module_names | {"torch"}
"""Absolute imports of these never mean a file of the tree, whatever lies there."""


class Trail:
    """What was looked at on the way to an answer: the answer holds as long as all of it is what it was.

    Attributes:
        reads: the files that were opened, by their path: what they are called, and the digest of what is in them; an
            empty one for a file that cannot be read.
        finds: by folder and dotted name, with its dots in front: where an import leads.
        members: by file or folder of a package and name: where a module inside it is.
        others: further answers that this one rests on.
    """

    def __init__(self) -> None:
        self.reads: dict[str, tuple[str, str]] = {}
        self.finds: dict[tuple[str, str], str] = {}
        self.members: dict[tuple[str, str], str] = {}
        self.others: set[Trail] = set()

    def whole(self) -> Trail:
        """Return one that rests on no other."""
        found = Trail()
        pending, seen = [self], {self}
        while pending:
            one = pending.pop()
            found.reads.update(one.reads)
            found.finds.update(one.finds)
            found.members.update(one.members)
            pending += one.others - seen
            seen |= one.others
        return found


def digest(data: bytes) -> str:
    """Return what stands for the content of a file: 32 hexadecimal digits."""
    return blake2b(data, digest_size=16).hexdigest()


def shown_as(path: str, shown: Mapping[str, str], here: str) -> str:
    """Return what to call a file: as its user does, or else by its path from where looplint runs, if it is below.

    Arguments:
        path: absolute.
        shown: what the user calls files, by their absolute path.
        here: where looplint runs, absolute.
    """
    return shown[path] if path in shown else path.removeprefix(f"{here}/")


class Lookup:
    """Finds the files that imports lead to; nothing outside the project of the importing file.

    A folder is listed once: what comes and goes in it during a run is not seen.
    """

    def __init__(self) -> None:
        self._folders: dict[str, dict[str, bool]] = {}
        self._found: dict[tuple[str, str], str] = {}
        self._roots: dict[str, list[str]] = {}
        self._tops: dict[str, str] = {}
        self._trails: list[Trail] = []

    # -- what an answer depends on -----------------------------------------------------------------------------------

    @contextmanager
    def trail(self) -> Iterator[Trail]:
        """Keep what is looked at from here on; whatever is being worked out around rests on it too."""
        trail = Trail()
        self.rely_on(trail)
        self._trails.append(trail)
        try:
            yield trail
        finally:
            self._trails.pop()

    def rely_on(self, trail: Trail) -> None:
        """Let what is being worked out rest on an earlier answer."""
        if self._trails and self._trails[-1] is not trail:
            self._trails[-1].others.add(trail)

    def note_read(self, path: str, shown: str, content: str) -> None:
        """Note that a file was opened; the arguments are those of `Trail.reads`."""
        if self._trails:
            self._trails[-1].reads[path] = shown, content

    # -- names to files ----------------------------------------------------------------------------------------------

    def find(self, importer: str, name: str) -> str:
        """Return the file or folder that a dotted name leads to; empty where it is none of the project's.

        The nearest counts, as it does for a script: first the folder of the file, then those around it and the `src`
        folders there, up to the top of the project.

        Arguments:
            importer: the absolute path of the file with the import.
            name: such as `engine.training`, or with the dots of a relative import in front.
        """
        return self.find_from(above(importer), name)

    def find_from(self, folder: str, name: str) -> str:
        """Return what `find` does, for a file in a folder."""
        if name.partition(".")[0] in FOREIGN:
            return ""  # wherever it is asked, so no answer depends on it
        key = folder, name
        if key not in self._found:
            self._found[key] = self._search(folder, name)
        if self._trails:
            self._trails[-1].finds[key] = self._found[key]
        return self._found[key]

    def member(self, package: str, name: str) -> str:
        """Return the file or folder of a module inside a package; empty where there is none.

        Arguments:
            package: its `__init__.py` or its folder.
        """
        folder = package.removesuffix("/__init__.py")
        found = "" if folder.endswith(".py") else self._module(folder, name)
        if self._trails:
            self._trails[-1].members[package, name] = found
        return found

    def _search(self, folder: str, name: str) -> str:
        plain = name.lstrip(".")
        level = len(name) - len(plain)
        parts = plain.split(".") if plain else []
        if level:
            base = os.path.normpath(join(folder, *[".."] * (level - 1)))
            return self._below(base, parts) if parts else self._package(base) or (base if self.lists(base) else "")
        if not parts:
            return ""
        roots = [
            root
            for root in self._roots_of(folder)
            if self._is_folder(root, parts[0]) or (len(parts) == 1 and self._is_file(root, f"{parts[0]}.py"))
        ]
        found = [self._below(root, parts) for root in roots]
        files = [one for one in found if one.endswith(".py")]  # a folder without a file of its own counts last
        return next(iter(files or [one for one in found if one]), "")

    def _below(self, folder: str, parts: list[str]) -> str:
        return self._module(join(folder, *parts[:-1]), parts[-1])

    def _module(self, folder: str, name: str) -> str:
        """Return the file of a module or a package, or the folder of a package without one."""
        place = join(folder, name)
        if self._is_folder(folder, name):
            package = self._package(place)
            if package:
                return package
        if self._is_file(folder, f"{name}.py"):
            return f"{place}.py"
        return place if self._is_folder(folder, name) else ""

    def _package(self, folder: str) -> str:
        return join(folder, "__init__.py") if self._is_file(folder, "__init__.py") else ""

    def _roots_of(self, folder: str) -> list[str]:
        """Return the folders that absolute imports start from, nearest first."""
        if folder not in self._roots:
            top, found = self._top_of(folder), []
            for one in upwards(folder):
                found += [one, *(join(one, layout) for layout in LAYOUTS if self._is_folder(one, layout))]
                if one == top:
                    break
            self._roots[folder] = found
        return self._roots[folder]

    def _top_of(self, folder: str) -> str:
        """Return the top of the project that a folder belongs to; the folder itself where nothing tells."""
        if folder not in self._tops:
            self._tops[folder] = self._look_for_top(folder)
        return self._tops[folder]

    def _look_for_top(self, folder: str) -> str:
        around = list(upwards(folder))
        for one in around:
            if os.path.exists(join(one, ".git")):
                return one
        marked = [one for one in around if any(os.path.isfile(join(one, mark)) for mark in MARKS)]
        if marked:
            return marked[-1]
        packages = folder
        while self._package(packages) and above(packages) != packages:
            packages = above(packages)
        return packages

    # -- folders -----------------------------------------------------------------------------------------------------

    def lists(self, folder: str) -> Mapping[str, bool]:
        """Return what is in a folder, by name: whether it is a folder; nothing where it cannot be listed."""
        if folder not in self._folders:
            self._folders[folder] = listed(folder)
        return self._folders[folder]

    def _is_folder(self, folder: str, name: str) -> bool:
        return self.lists(folder).get(name) is True

    def _is_file(self, folder: str, name: str) -> bool:
        return self.lists(folder).get(name) is False


def listed(folder: str) -> dict[str, bool]:
    """Return the names in a folder, each with whether it is a folder; links count as what they lead to."""
    try:
        with os.scandir(folder) as entries:
            return {one.name: one.is_dir() for one in entries if one.is_dir() or one.is_file()}
    except (OSError, ValueError):
        return {}
