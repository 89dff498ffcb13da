"""One file of the linted tree: its outline, and its parts parsed as they are needed."""

from __future__ import annotations

import ast
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, partial

import libcst as cst

from looplint.source.parse import InvalidSyntax, Position, Source, probe
from looplint.source.usage import Usage

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef

_UNREAD = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Expr)
"""Statements at the top of a file that an importer does not look into: they run, and define little."""

_SUITES = ("body", "handlers", "orelse", "finalbody", "cases")
"""The fields of a statement that hold statements, or hold what holds them."""

_SAID = re.compile(r'''("""|\'{3})(?:\\.|[^\\])*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\r\n]*''', re.DOTALL)
"""Comments and strings; only of those in three quotes it is told that they are."""

WORDS = re.compile(r"[A-Za-z_]\w*")
"""The names in code."""

DOTTED = re.compile(r"\b([A-Za-z_]\w*)(?=\.(\w+))")
"""A name, and an attribute of it."""

_EMBEDDED = re.compile(r"\{[^{}]*\}")
"""An expression in an f-string."""

SHORT = 3
"""A method with a body of more lines than this is parsed only when it is read."""


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
        path: where it is, absolute, for the imports in it; empty where it is no file.
        whole: the file, if it has been parsed already.
    """

    def __init__(self, text: str, filename: str, path: str = "", whole: Source | None = None) -> None:
        self.text = text
        self.filename = filename
        self.path = path
        self.usage = Usage(text)
        self._tree = whole.outline if whole is not None else probe(text)[0]
        self._statements = outlined(self._tree, keep=whole is not None)
        self._parts: dict[ast.stmt, Source | None] = {}
        self._named: dict[str, list[tuple[str, tuple[str, ...]]]] = {}

    @cached_property
    def _lines(self) -> list[str]:
        return as_lines(self.text)

    @cached_property
    def _code(self) -> list[str]:
        """The lines without comments, docstrings and messages: what is only spoken of does not happen."""
        return as_lines(_SAID.sub(unsaid, self.text))

    @cached_property
    def _definitions(self) -> dict[str, list[str]]:
        """The code of the functions and classes by name, methods by that of their class too.

        `ast` finds their bounds: generating the code of every function costs as much as parsing it.
        """
        found: dict[str, list[str]] = defaultdict(list)
        for node, owner in self._statements:
            if isinstance(node, Definition):
                found[f"{owner}{node.name}"].append("".join(self._code[node.lineno - 1 : node.end_lineno]))
        return found

    @cached_property
    def _by_last_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name, texts in self._definitions.items():
            found[name.rpartition(".")[2]] += texts
        return found

    def definition(self, node: cst.CSTNode, qualified: str) -> str:
        """Return the code of a function or class, without comments and docstrings."""
        texts = self._definitions.get(qualified, [])
        return texts[0] if len(texts) == 1 else _SAID.sub(unsaid, cst.Module([]).code_for_node(node))

    def defined(self, name: str) -> list[str]:
        """Return the code of all functions, methods and classes of this name."""
        return self._by_last_name.get(name, [])

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of what is defined or imported anywhere in the file."""
        return frozenset(self._by_last_name) | frozenset(self.imports)

    def names_in(self, text: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return the names of the file that stand in a part of it, and, of those imported, the attributes named."""
        if text not in self._named:
            words = sorted(self.names.intersection(WORDS.findall(text)))
            dotted = defaultdict(set)
            for base, attribute in DOTTED.findall(text):
                dotted[base].add(attribute)
            self._named[text] = [(word, tuple(sorted(dotted.get(word, ())))) for word in words]
        return self._named[text]

    @cached_property
    def stars(self) -> list[Import]:
        """The modules all of whose names are imported."""
        return [
            Import(node.level, node.module or "")
            for node, _ in self._statements
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        ]

    @cached_property
    def imports(self) -> dict[str, Import]:
        """What the names that are imported anywhere in the file stand for."""
        found: dict[str, Import] = {}
        for node, _ in self._statements:
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
            first = first_row(statement)
            lines = self._lines[first - 1 : statement.end_lineno]
            cut = list(self._long_methods(statement)) if isinstance(statement, ast.ClassDef) else []
            for method in cut:
                begin, end = first_row(method.body[0]), method.end_lineno or 0
                indent = re.match(r"[ \t\f]*", self._lines[begin - 1])
                assert indent is not None
                lines[begin - first] = f'{indent[0]}"""' + "\n" * (end - begin) + '"""\n'
                lines[begin - first + 1 : end - first + 1] = [""] * (end - begin)
            try:
                self._parts[statement] = source = Source("".join(lines), self.filename, first, part=True)
                if cut:
                    source.bodies = dict(self._bodies(source, {one.name: one for one in cut}))
            except InvalidSyntax:
                self._parts[statement] = None
        return self._parts[statement]

    def _long_methods(self, cls: ast.ClassDef) -> Iterator[Function]:
        """Yield the methods of a class whose bodies are left out until they are read: most never are."""
        if len(self._definitions[cls.name]) > 1:
            return
        for one in cls.body:
            if isinstance(one, Function) and len(self._definitions[f"{cls.name}.{one.name}"]) == 1:
                begin = first_row(one.body[0])
                alone = not self._lines[begin - 1][: one.body[0].col_offset].strip()
                if alone and begin > one.lineno and (one.end_lineno or 0) - begin >= SHORT:
                    yield one

    def _bodies(
        self, source: Source, cut: dict[str, Function]
    ) -> Iterator[tuple[cst.CSTNode, Callable[[], Position | None]]]:
        cls = source.module.body[0]
        assert isinstance(cls, cst.ClassDef)
        for one in cls.body.body:
            if isinstance(one, cst.FunctionDef) and one.name.value in cut:
                yield one, cache(partial(self._method, cut[one.name.value]))

    def _method(self, method: Function) -> Position | None:
        """Return a method with its body, or None where LibCST cannot parse it."""
        first = first_row(method)
        text = "".join(["class _:\n", *self._lines[first - 1 : method.end_lineno]])
        try:
            source = Source(text, self.filename, first - 1, part=True)
        except InvalidSyntax:
            return None
        cls = source.module.body[0]
        assert isinstance(cls, cst.ClassDef)
        return Position(source, cls.body.body[0])


def outlined(tree: ast.Module | None, *, keep: bool) -> list[tuple[ast.stmt, str]]:
    """Return every definition and import of a file, each with the class that it stands in, and a dot.

    Arguments:
        keep: leave the tree as it is. Otherwise the bodies of functions are cut out of it, most of a tree by far, and
            only the place of their first statement stays.
    """
    found: list[tuple[ast.stmt, str]] = []
    queue: deque[tuple[ast.AST, str]] = deque([(tree, "")] if tree is not None else [])
    while queue:
        node, owner = queue.popleft()
        if isinstance(node, Definition | ast.Import | ast.ImportFrom):
            found.append((node, owner))
            owner = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        elif isinstance(node, ast.stmt):
            owner = ""
        queue.extend((child, owner) for field in _SUITES for child in getattr(node, field, ()))
        if isinstance(node, Function) and not keep:
            first = node.body[0]
            node.body = [ast.Pass(lineno=first_row(first), col_offset=first.col_offset)]
    return found


def as_lines(text: str) -> list[str]:
    """Return the lines of a text as `ast` counts them: no form feed ends one."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n|\Z)", text)


def unsaid(found: re.Match[str]) -> str:
    """Return what stands for a comment or a string: its line ends, the expressions in it, and a single word."""
    text = found[0]
    if found[1] is None and not text.startswith("#"):
        if " " not in text:
            return text  # a key, or the name of an attribute
        formatted = found.string[max(found.start() - 2, 0) : found.start()].rstrip("rR")[-1:] in ("f", "F")
        return f"'{' '.join(_EMBEDDED.findall(text))}'" if formatted else "''"
    return "".join(re.findall(r"\r\n|\r|\n", text))


def first_row(statement: ast.stmt) -> int:
    """Return the row on which a statement begins, with its decorators."""
    decorators = statement.decorator_list if isinstance(statement, Definition) else []
    return min([statement.lineno, *(one.lineno for one in decorators)])


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
