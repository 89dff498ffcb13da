"""The outline of a file: what it defines and imports, and the statements at its top, each by its rows.

It is what is kept of a file most of whose code is never parsed, so it holds names and numbers, and no tree.
"""

from __future__ import annotations

import ast
import re
from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

_UNREAD = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Expr)
"""Statements at the top of a file that an importer does not look into: they run, and define little."""

_SUITES = ("body", "handlers", "orelse", "finalbody", "cases")
"""The fields of a statement that hold statements, or hold what holds them."""

_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

_ROW = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True)
class Import:
    """Where a name comes from: `from ..a.b import c` has level 2, module `a.b` and name `c`."""

    level: int
    module: str
    name: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Definition:
    """A function or a class.

    Arguments:
        name: what it is called.
        owner: the class that it stands in, and a dot; empty elsewhere.
        first, row, end: the rows of its first decorator, of its own beginning, and of its end.
        body: the row and the column, from 0, where the first statement in it begins.
        methods: of a class, the functions that stand in it.
    """

    name: str
    owner: str
    first: int
    row: int
    end: int
    body: tuple[int, int]
    methods: list[Definition] = field(default_factory=list)


@dataclass(frozen=True, eq=False, slots=True)
class Statement:
    """A statement at the top of a file that binds names.

    Arguments:
        first, end: its rows.
        definition: the function or class that it is, if it is one.
    """

    first: int
    end: int
    definition: Definition | None


@dataclass
class Outline:
    """What is known of a file before any of it is read.

    Arguments:
        definitions: every function and class in it, the outer ones first.
        imports: what is imported anywhere in it, by the name that it gets.
        stars: the modules all of whose names are imported.
        binding: the statements at its top by the names that they bind; `*` for imports of everything.
    """

    definitions: list[Definition] = field(default_factory=list)
    imports: dict[str, Import] = field(default_factory=dict)
    stars: list[Import] = field(default_factory=list)
    binding: dict[str, list[Statement]] = field(default_factory=dict)


def outlined(tree: ast.Module | None) -> Outline:
    """Return the outline of a file; an empty one where CPython's parser cannot read it."""
    outline = Outline()
    known: dict[ast.AST, Definition] = {}
    queue: deque[tuple[ast.AST, Definition | None]] = deque([(tree, None)] if tree is not None else [])
    while queue:
        node, owner = queue.popleft()
        if isinstance(node, _DEFINES):
            known[node] = definition = _definition(node, owner)
            outline.definitions.append(definition)
            if owner is not None and not isinstance(node, ast.ClassDef):
                owner.methods.append(definition)
            owner = definition if isinstance(node, ast.ClassDef) else None
        elif isinstance(node, ast.stmt):
            _note_imports(node, outline)
            owner = None
        queue.extend((child, owner) for suite in _SUITES for child in getattr(node, suite, ()))
    for statement in tree.body if tree is not None else ():
        if not isinstance(statement, _UNREAD):
            one = Statement(_first_row(statement), _last_row(statement), known.get(statement))
            for name in sorted(set(_bound_names(statement))):
                outline.binding.setdefault(name, []).append(one)
    return outline


def _definition(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, owner: Definition | None) -> Definition:
    inside = f"{owner.name}." if owner is not None else ""
    first = node.body[0]
    body = _first_row(first), first.col_offset
    return Definition(node.name, inside, _first_row(node), node.lineno, _last_row(node), body)


def _note_imports(node: ast.stmt, outline: Outline) -> None:
    if isinstance(node, ast.ImportFrom):
        level, module = node.level, node.module or ""
        if node.names[0].name == "*":
            outline.stars.append(Import(level, module))
        for alias in node.names:
            outline.imports.setdefault(alias.asname or alias.name, Import(level, module, alias.name))
    elif isinstance(node, ast.Import):
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            outline.imports.setdefault(alias.asname or whole, Import(0, whole))


def _first_row(statement: ast.stmt) -> int:
    """Return the row on which a statement begins, with its decorators."""
    decorators = statement.decorator_list if isinstance(statement, _DEFINES) else []
    return min([statement.lineno, *(one.lineno for one in decorators)])


def _last_row(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def _bound_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds, itself and in the statements inside it."""
    if isinstance(statement, _DEFINES):
        yield statement.name
        return
    for node in ast.iter_child_nodes(statement):
        if isinstance(node, ast.alias):
            yield node.asname or (node.name.partition(".")[0] if isinstance(statement, ast.Import) else node.name)
        elif isinstance(node, ast.stmt):
            yield from _bound_names(node)
        elif isinstance(node, ast.ExceptHandler):
            for inner in node.body:
                yield from _bound_names(inner)
        elif isinstance(node, ast.expr):
            yield from (
                one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            )


class Rows:
    """A text by its rows, as `ast` counts them: no form feed ends one.

    Arguments:
        text: of which every row is known by where it ends.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = array("L", [0, *(one.end() for one in _ROW.finditer(text))])

    def between(self, first: int, last: int) -> str:
        """Return the text of some rows, with their ends.

        Arguments:
            first, last: counted from 1; those that are not there are empty.
        """
        most = len(self._ends) - 1
        return self._text[self._ends[min(first - 1, most)] : self._ends[min(last, most)]]
