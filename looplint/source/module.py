"""One file of the linted tree: its outline, and its parts parsed as they are needed."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import libcst as cst

from looplint.source.parse import InvalidSyntax, Source, probe
from looplint.source.usage import Usage

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_UNREAD = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Expr)
"""Statements at the top of a file that an importer does not look into: they run, and define little."""


@dataclass(frozen=True)
class Import:
    """Where a name comes from: `from ..a.b import c` has level 2, module `a.b` and name `c`."""

    level: int
    module: str
    name: str = ""


class Module:
    """One file, by its outline, which costs little; what is needed of it is parsed.

    Arguments:
        text: decoded, without a byte order mark.
        filename: as the user gave it.
        path: where it is, for the imports in it; None where it is no file.
        whole: the file, if it has been parsed already.
    """

    def __init__(self, text: str, filename: str, path: Path | None = None, whole: Source | None = None) -> None:
        self.text = text
        self.filename = filename
        self.path = path
        self.usage = Usage(text)
        self._tree = whole.outline if whole is not None else probe(text)[0]
        self._parts: dict[ast.stmt, Source | None] = {}

    @cached_property
    def _lines(self) -> list[str]:
        return re.findall(r"[^\r\n]*(?:\r\n|\r|\n|\Z)", self.text)  # as `ast` counts them: no form feed ends a line

    @cached_property
    def _definitions(self) -> dict[str, list[str]]:
        """The texts of the functions and classes by name, methods by that of their class too.

        `ast` finds their bounds: generating the code of every function costs as much as parsing it.
        """
        found: dict[str, list[str]] = defaultdict(list)
        stack: list[tuple[ast.AST, str]] = [(self._tree, "")] if self._tree is not None else []
        while stack:
            node, owner = stack.pop()
            inside = ""
            if isinstance(node, Definition):
                found[f"{owner}{node.name}"].append("".join(self._lines[node.lineno - 1 : node.end_lineno]))
                inside = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
            stack += [
                (child, inside)
                for child in ast.iter_child_nodes(node)
                if isinstance(child, ast.stmt | ast.excepthandler)
            ]
        return found

    @cached_property
    def _by_last_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name, texts in self._definitions.items():
            found[name.rpartition(".")[2]] += texts
        return found

    def definition(self, node: cst.CSTNode, qualified: str) -> str:
        """Return the text of a function or class."""
        texts = self._definitions.get(qualified, [])
        return texts[0] if len(texts) == 1 else cst.Module([]).code_for_node(node)

    def defined(self, name: str) -> list[str]:
        """Return the texts of all functions, methods and classes of this name."""
        return self._by_last_name.get(name, [])

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of what is defined or imported anywhere in the file."""
        return frozenset(self._by_last_name) | frozenset(self.imports)

    @cached_property
    def stars(self) -> list[Import]:
        """The modules all of whose names are imported."""
        return [
            Import(node.level, node.module or "")
            for node in ast.walk(self._tree or ast.Module([], []))
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        ]

    @cached_property
    def imports(self) -> dict[str, Import]:
        """What the names that are imported anywhere in the file stand for."""
        found: dict[str, Import] = {}
        for node in ast.walk(self._tree or ast.Module([], [])):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    found.setdefault(alias.asname or alias.name, Import(node.level, node.module or "", alias.name))
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    whole = alias.name if alias.asname else alias.name.partition(".")[0]
                    found.setdefault(alias.asname or whole, Import(0, whole))
        return found

    @cached_property
    def _binding(self) -> dict[str, list[ast.stmt]]:
        """The statements at the top of the file by the names that they bind."""
        found: dict[str, list[ast.stmt]] = defaultdict(list)
        for statement in self._tree.body if self._tree is not None else ():
            if not isinstance(statement, _UNREAD):
                for name in sorted(set(bound_names(statement))):
                    found[name].append(statement)
        return found

    def binding(self, name: str) -> list[ast.stmt]:
        """Return the statements at the top of the file that bind a name, in order; `*` for imports of everything."""
        return self._binding.get(name, [])

    def part(self, statement: ast.stmt) -> Source | None:
        """Return a statement at the top of the file, parsed, or None where LibCST cannot parse it."""
        if statement not in self._parts:
            decorators = statement.decorator_list if isinstance(statement, Definition) else []
            first = min([statement.lineno, *(one.lineno for one in decorators)])
            text = "".join(self._lines[first - 1 : statement.end_lineno])
            try:
                self._parts[statement] = Source(text, self.filename, first, part=True)
            except InvalidSyntax:
                self._parts[statement] = None
        return self._parts[statement]


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds, itself and in the statements inside it."""
    if isinstance(statement, Definition):
        yield statement.name
        return
    for node in ast.iter_child_nodes(statement):
        if isinstance(node, ast.alias):
            yield node.asname or (node.name.partition(".")[0] if isinstance(statement, ast.Import) else node.name)
        elif isinstance(node, ast.stmt):
            yield from bound_names(node)
        elif isinstance(node, ast.ExceptHandler):
            for inner in node.body:
                yield from bound_names(inner)
        elif isinstance(node, ast.expr):
            yield from (
                one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            )
