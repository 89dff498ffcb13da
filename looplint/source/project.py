"""The files that imports lead to."""

from __future__ import annotations

import os
import sys
from collections.abc import Hashable, Iterator, Mapping
from functools import cache
from pathlib import Path

from looplint import files
from looplint.source.module import Module
from looplint.source.parse import InvalidSyntax

MARKS = ("pyproject.toml", "setup.py", "setup.cfg", "looplint.toml")
"""What stands at the top of a project, where no version control says so."""

LAYOUTS = ("src", "lib", "python")
"""Folders that hold packages without being one."""

FOREIGN = sys.stdlib_module_names | {"torch"}
"""Absolute imports of these never mean a file of the tree, whatever lies there."""

HELD = 16_000_000
"""How many characters of files are kept open."""


class Project:
    """Finds and opens the files that imports lead to; nothing outside the project of the importing file.

    Arguments:
        shown: what to call files, by their absolute path; others are called by their path.
        texts: what is in files, by their absolute path, where it is not what is on disk.
    """

    def __init__(self, shown: Mapping[str, str] | None = None, texts: Mapping[str, str] | None = None) -> None:
        self._shown = shown or {}
        self._texts = texts or {}
        self._found: dict[tuple[Path, int, str], Path | None] = {}
        self._modules: dict[Path, Module | None] = {}
        self._held = 0
        self.matters: dict[tuple[Hashable, ...], bool] = {}
        """Which names of the files have to do with training, as far as it has been worked out."""

    def find(self, importer: Path, level: int, name: str) -> Path | None:
        """Return the file or folder that a dotted name leads to, or None where it is none of the project's.

        The nearest counts, as it does for a script: first the folder of the file, then those around it and the `src`
        folders there, up to the top of the project.

        Arguments:
            importer: the absolute path of the file with the import.
            level: the number of dots before the name.
            name: such as `engine.training`.
        """
        key = importer.parent, level, name
        if key not in self._found:
            self._found[key] = self._search(*key)
        return self._found[key]

    def _search(self, folder: Path, level: int, name: str) -> Path | None:
        parts = name.split(".") if name else []
        if level:
            base = folder.joinpath(*[".."] * (level - 1)) if level > 1 else folder
            base = Path(os.path.normpath(base))
            return python_file(base.joinpath(*parts)) or python_folder(base.joinpath(*parts))
        if not parts or parts[0] in FOREIGN:
            return None
        roots = [root for above in upwards(folder) for root in (above, *(above / layout for layout in LAYOUTS))]
        places = [root.joinpath(*parts) for root in roots if (root / parts[0]).is_dir() or len(parts) == 1]
        found = [*map(python_file, places), *map(python_folder, places)]
        return next((one for one in found if one is not None), None)

    def open(self, path: Path) -> Module | None:
        """Return a file by its outline, or None where it cannot be read."""
        if path not in self._modules:
            if self._held > HELD:
                self._modules, self._held = {}, 0
                self.matters.clear()
            self._modules[path] = module = self._read(path)
            self._held += len(module.text) if module is not None else 0
        return self._modules[path]

    def _read(self, path: Path) -> Module | None:
        try:
            text = self._texts.get(str(path))
            if text is None:
                text = files.decode(files.read(str(path)))
            return Module(text, self._shown.get(str(path)) or shown_as(path), path)
        except (files.Unreadable, InvalidSyntax):
            return None


def shown_as(path: Path) -> str:
    """Return what to call a file that the user has not named: its path from where looplint runs, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def python_file(place: Path) -> Path | None:
    """Return the file of a module or a package."""
    package = place / "__init__.py"
    if package.is_file():
        return package
    file = Path(f"{place}.py")  # the root of the file system, which too many dots lead to, has no name to change
    return file if file.is_file() else None


def python_folder(place: Path) -> Path | None:
    """Return the folder of a package without a file of its own."""
    return place if place.is_dir() else None


def submodule(package: Path, name: str) -> Path | None:
    """Return the file or folder of a module inside a package, which is its `__init__.py` or its folder."""
    if package.suffix and package.name != "__init__.py":
        return None
    place = (package.parent if package.suffix else package) / name
    return python_file(place) or python_folder(place)


def upwards(folder: Path) -> Iterator[Path]:
    """Yield a folder and those around it, up to the top of its project."""
    top = top_of(folder)
    for one in (folder, *folder.parents):
        yield one
        if one == top:
            return


@cache
def top_of(folder: Path) -> Path:
    """Return the top of the project that a folder belongs to; the folder itself where nothing tells."""
    around = (folder, *folder.parents)
    for one in around:
        if (one / ".git").exists():
            return one
    marked = [one for one in around if any((one / mark).is_file() for mark in MARKS)]
    if marked:
        return marked[-1]
    packages = folder
    while (packages / "__init__.py").is_file() and packages.parent != packages:
        packages = packages.parent
    return packages
