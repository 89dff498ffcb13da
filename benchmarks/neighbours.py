"""The other files of a repository: what a name stands for that is imported from one of them, and who imports a file."""

from __future__ import annotations

import ast
import re
from functools import cached_property, lru_cache
from pathlib import Path

from benchmarks.syntax import Code, Definition


class Folder:
    """The Python files below a folder, each parsed when it is asked for.

    Arguments:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.paths = sorted(path for path in root.rglob("*.py") if path.is_file())
        self._texts: dict[Path, str] = {}
        self._codes: dict[Path, Code | None] = {}
        self._importers: dict[Path, list[Code]] = {}

    def text(self, path: Path) -> str:
        if path not in self._texts:
            self._texts[path] = path.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n")
        return self._texts[path]

    def code(self, path: Path) -> Code | None:
        """Return a file that is Python 3, or None."""
        if path not in self._codes:
            try:
                self._codes[path] = Neighbour(self.text(path), self, path)
            except (SyntaxError, ValueError, RecursionError):
                self._codes[path] = None
        return self._codes[path]

    def module(self, words: list[str], level: int, path: Path) -> Path | None:
        """Return the file of a module as `path` names it in an import, or None where there is none, or several.

        Arguments:
            words: the parts of its dotted name.
            level: the dots before it.
        """
        if not words:
            return None
        near = path.parents[max(level - 1, 0)].joinpath(*words).with_suffix(".py")
        if level or near in self.paths:
            return near if near in self.paths else None
        ending = tuple(words)
        found = [one for one in self.paths if one.with_suffix("").parts[-len(ending) :] == ending]
        return found[0] if len(found) == 1 and len(ending) > 1 else None

    def importers(self, path: Path) -> list[Code]:
        """Return the other files that may import this one."""
        if path not in self._importers:
            word = re.compile(rf"^\s*(from|import)\b.*\b{re.escape(path.stem)}\b", re.MULTILINE)
            texts = [other for other in self.paths if other != path and word.search(self.text(other))]
            self._importers[path] = [code for other in texts if (code := self.code(other)) is not None]
        return self._importers[path]


class Neighbour(Code):
    """One file of a folder, which sees the functions that it imports from the others, and the loops that call its own.

    Arguments:
        text, path: the file.
        folder: where it lies.
    """

    def __init__(self, text: str, folder: Folder, path: Path) -> None:
        super().__init__(text)
        self.folder = folder
        self.path = path

    def imported(self, func: ast.expr) -> list[tuple[Code, Definition]]:
        """Return the functions of other files that a callee stands for, each with its file."""
        head, _, name = ast.unparse(func).rpartition(".")
        found: list[tuple[Code, Definition]] = []
        for words, level, original in self._imports.get(head or name, []):
            inside = [*words, original] if head and original else words
            path = self.folder.module(inside, level, self.path)
            other = self.folder.code(path) if path is not None and path != self.path else None
            if other is not None:
                found += [(other, one) for one in other.functions.get(name if head else original, [])]
        for cls in self.classes_of(head) & self._imports.keys() if head and head != "self" else ():
            for words, level, original in self._imports[cls]:
                path = self.folder.module(words, level, self.path)
                other = self.folder.code(path) if path is not None and path != self.path else None
                if other is not None:
                    found += [(other, one) for one in other.methods.get(name, []) if other.owners[one].name == original]
        return found

    @cached_property
    def _imports(self) -> dict[str, list[tuple[list[str], int, str]]]:
        """For each imported name the module's words and dots, and the name there: empty for the module itself."""
        found: dict[str, list[tuple[list[str], int, str]]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                words = node.module.split(".") if node.module else []
                for one in node.names:
                    found.setdefault(one.asname or one.name, []).append((words, node.level, one.name))
            elif isinstance(node, ast.Import):
                for one in node.names:
                    found.setdefault(one.asname or one.name, []).append((one.name.split("."), 0, ""))
        return found

    def called_elsewhere(self, depth: int) -> set[Definition]:
        own = {one for ones in (*self.functions.values(), *self.methods.values()) for one in ones}
        if not own or not depth:
            return set()
        others = self.folder.importers(self.path)
        return {one for other in others for one in other.looped_from(other.called_elsewhere(depth - 1)) if one in own}


@lru_cache(maxsize=1)
def folder_of(root: Path) -> Folder:
    """Return a folder; only the last one is kept."""
    return Folder(root)


def code_of(text: str, root: Path | None, path: Path | None) -> Code:
    """Return a file as `ast` sees it: among its neighbours where its folder is known.

    Raises:
        SyntaxError, ValueError, RecursionError: it is not Python 3.
    """
    if root is None or path is None:
        return Code(text)
    code = folder_of(root).code(path)
    return code if code is not None else Code(text)
