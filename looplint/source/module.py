"""One file of the linted tree: its outline, and its parts parsed as they are needed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache, cached_property, partial

import libcst as cst

from looplint.source.outline import Definition, Import, Outline, Rows, Statement
from looplint.source.parse import InvalidSyntax, Position, Source, probe
from looplint.source.usage import Usage

_SAID = re.compile(r'''("""|\'{3})(?:\\.|[^\\])*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\r\n]*''', re.DOTALL)
"""Comments and strings; only of those in three quotes it is told that they are."""

WORDS = re.compile(r"[A-Za-z_]\w*")
"""The names in code."""

HOOKS = re.compile(r"\.register_(\w*backward_(pre_)?|post_accumulate_grad_)?hook\(")
DOTTED = re.compile(r"\b([A-Za-z_]\w*)(?=\.(\w+))")
"""A name, and an attribute of it."""

_EMBEDDED = re.compile(r"\{[^{}]*\}")
"""An expression in an f-string."""

STORED = (
    r"(?:^|[:;])[ \t]*(?:for[ \t]+)?(?:[\w.\[\]]+[ \t]*[,=][ \t]*)*((?:\w+\.)+){}\b[ \t]*"
    r"(?:in\b|(?::[^=\n]*|,[\w., \t]*|(?:[-+*/%&|^@]|//|\*\*|<<|>>))?=(?!=))"
)
"""A statement that stores an attribute: alone, beside others, counted on, or by a loop."""

SHORT = 3
"""A method with a body of more lines than this is parsed only when it is read."""


class Module:
    """One file, by its outline, which costs little; what is needed of it is parsed.

    Arguments:
        text: decoded, without a byte order mark.
        filename: as the user gave it.
        path: where it is, absolute, for the imports in it; empty where it is no file.
        outline: what is known of it already.
    """

    def __init__(self, text: str, filename: str, path: str = "", outline: Outline | None = None) -> None:
        self.text = text
        self.filename = filename
        self.path = path
        self.usage = Usage(text)
        self._outline = outline if outline is not None else probe(text)[0]
        self._parts: dict[Statement, Source | None] = {}
        self._named: dict[str, list[tuple[str, tuple[str, ...]]]] = {}

    @cached_property
    def _rows(self) -> Rows:
        return Rows(self.text)

    @cached_property
    def _definitions(self) -> dict[str, list[str]]:
        """The code of the functions and classes by name, methods by that of their class too; no comments and texts.

        The outline has their bounds: generating the code of every function costs as much as parsing it.
        """
        code = Rows(_SAID.sub(unsaid, self.text))  # what is only spoken of does not happen
        found: dict[str, list[str]] = defaultdict(list)
        for one in self._outline.definitions:
            found[f"{one.owner}{one.name}"].append(code.between(one.row, one.end))
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
    def hooks_gradients(self) -> bool:
        """Whether it registers hooks that see the gradients of a backward: nothing tells which backwards."""
        return HOOKS.search(self.text) is not None

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

    def shares(self, name: str) -> bool:
        """Return whether a function of the file stores a name of the scopes around it."""
        return name in self._shared

    @cached_property
    def _shared(self) -> frozenset[str]:
        lines = re.findall(r"^\s*(?:global|nonlocal)\b(.*)", self.text, re.MULTILINE)
        return frozenset(word for line in lines for word in WORDS.findall(line))

    @property
    def stars(self) -> list[Import]:
        """The modules all of whose names are imported."""
        return self._outline.stars

    @property
    def imports(self) -> dict[str, Import]:
        """What the names that are imported anywhere in the file stand for."""
        return self._outline.imports

    def binding(self, name: str) -> list[Statement]:
        """Return the statements at the top of the file that bind a name, in order; `*` for imports of everything."""
        return self._outline.binding.get(name, [])

    def part(self, statement: Statement) -> Source | None:
        """Return a statement at the top of the file, parsed, or None where LibCST cannot parse it."""
        if statement not in self._parts:
            cut = list(self._long_methods(statement.definition)) if statement.definition is not None else []
            try:
                text = self._without(cut, statement)
                self._parts[statement] = source = Source(text, self.filename, statement.first, part=True)
                if cut:
                    source.bodies = dict(self._bodies(source, {one.name: one for one in cut}))
            except InvalidSyntax:
                self._parts[statement] = None
        return self._parts[statement]

    def _without(self, cut: list[Definition], statement: Statement) -> str:
        """Return the text of a statement with bodies that say nothing, as long as they are, for some methods in it."""
        pieces, row = [], statement.first
        for one in cut:
            begin, column = one.body
            indent, lines = self._rows.between(begin, begin)[:column], "\n" * (one.end - begin)
            pieces += [self._rows.between(row, begin - 1), f'{indent}"""{lines}"""\n']
            row = one.end + 1
        return "".join([*pieces, self._rows.between(row, statement.end)])

    def _long_methods(self, cls: Definition) -> Iterator[Definition]:
        """Yield the methods of a class whose bodies are left out until they are read: most never are."""
        if len(self._definitions[cls.name]) > 1:
            return
        for one in cls.methods:
            if len(self._definitions[f"{cls.name}.{one.name}"]) == 1:
                begin, column = one.body
                alone = not self._rows.between(begin, begin)[:column].strip()
                if alone and begin > one.row and one.end - begin >= SHORT:
                    yield one

    def _bodies(
        self, source: Source, cut: dict[str, Definition]
    ) -> Iterator[tuple[cst.CSTNode, Callable[[], Position | None]]]:
        cls = source.module.body[0]
        assert isinstance(cls, cst.ClassDef)
        for one in cls.body.body:
            if isinstance(one, cst.FunctionDef) and one.name.value in cut:
                yield one, cache(partial(self._method, cut[one.name.value]))

    def _method(self, method: Definition) -> Position | None:
        """Return a method with its body, or None where LibCST cannot parse it."""
        text = "class _:\n" + self._rows.between(method.first, method.end)
        try:
            source = Source(text, self.filename, method.first - 1, part=True)
        except InvalidSyntax:
            return None
        cls = source.module.body[0]
        assert isinstance(cls, cst.ClassDef)
        return Position(source, cls.body.body[0])


def unsaid(found: re.Match[str]) -> str:
    """Return what stands for a comment or a string: its line ends, the expressions in it, and a single word."""
    text = found[0]
    if found[1] is None and not text.startswith("#"):
        if " " not in text:
            return text  # a key, or the name of an attribute
        formatted = found.string[max(found.start() - 2, 0) : found.start()].rstrip("rR")[-1:] in ("f", "F")
        return f"'{' '.join(_EMBEDDED.findall(text))}'" if formatted else "''"
    return "".join(re.findall(r"\r\n|\r|\n", text))
