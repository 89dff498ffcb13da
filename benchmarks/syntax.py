"""A file as stdlib `ast` sees it: its blocks, what each statement clears, differentiates or steps, who calls whom.

Nothing here knows looplint: what is found has to be independent of what is measured.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

Loop = ast.For | ast.AsyncFor | ast.While
Definition = ast.FunctionDef | ast.AsyncFunctionDef

OPTIMIZER = re.compile(r"(^|[._\]])\w*(opt|optim|optimi[sz]er)(\w{0,2}|_\w+|s?\[.*\])$", re.IGNORECASE)
NOT_OPTIMIZER = re.compile(r"sched|ema|env|(^|[._])lr_|prof|bar|engine", re.IGNORECASE)
SCHEDULER = re.compile(r"sched", re.IGNORECASE)
EPOCHWISE = frozenset({"StepLR", "MultiStepLR", "ExponentialLR", "ReduceLROnPlateau", "CosineAnnealingLR"})
"""Schedulers of torch.optim.lr_scheduler that are documented as stepped after each epoch."""


@dataclass(frozen=True)
class Act:
    """One statement that clears, differentiates or steps.

    Arguments:
        kind: `clear`, `backward` or `step`.
        who: the optimizer, or the network that is cleared, as it is written; empty for a backward.
        at: its index in the block.
    """

    kind: str
    who: str
    at: int


@dataclass(eq=False)
class Block:
    """A list of statements, and what it stands in.

    Arguments:
        owner: the statement that holds it.
        nodes: the statements.
        loops: the loops around it in the same function, innermost first.
        function: the innermost function around it, or None at module level.
        cls: the class whose method that function is, if it is one.
    """

    owner: ast.AST
    nodes: list[ast.stmt]
    loops: tuple[Loop, ...] = ()
    function: Definition | None = None
    cls: ast.ClassDef | None = None
    acts: list[Act] = field(default_factory=list)


class Code:
    """One file as `ast` sees it. Raises SyntaxError or ValueError where it is not Python 3."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.tree = ast.parse(text)
        self.home: dict[Definition, Code] = {}

    def imported(self, func: ast.expr) -> list[tuple[Code, Definition]]:
        """Return the functions of other files that a callee stands for, each with its file: none, of a file alone."""
        return []

    def called_elsewhere(self, depth: int) -> set[Definition]:
        """Return the functions that loops of other files call, through `depth` files at most: none, of a file alone."""
        return set()

    @cached_property
    def blocks(self) -> list[Block]:
        """Every block, in the order of the text."""
        return list(self._blocks(self.tree, (), None, None))

    def _blocks(
        self, node: ast.AST, loops: tuple[Loop, ...], function: Definition | None, cls: ast.ClassDef | None
    ) -> Iterator[Block]:
        for name in ("body", "orelse", "finalbody"):
            nodes = getattr(node, name, None)
            if not isinstance(nodes, list) or not nodes:
                continue
            inside = (node, *loops) if isinstance(node, Loop) and name == "body" else loops
            block = Block(node, nodes, inside, function, cls)
            block.acts = [act for at, one in enumerate(nodes) if (act := self.act(one, at)) is not None]
            yield block
            for one in nodes:
                if isinstance(one, Definition):
                    yield from self._blocks(one, (), one, node if isinstance(node, ast.ClassDef) else None)
                elif isinstance(one, ast.ClassDef):
                    yield from self._blocks(one, (), function, None)
                else:
                    yield from self._blocks(one, inside, function, cls)
        for handler in getattr(node, "handlers", []):
            yield from self._blocks(handler, loops, function, cls)

    def act(self, node: ast.stmt, at: int) -> Act | None:
        """Return what a statement does, if it is one of the three."""
        if isinstance(node, ast.With) and len(node.body) == 1 and isinstance(node.body[0], ast.Expr):
            inner = self.act(node.body[0], at)
            return inner if inner is not None and inner.kind == "backward" else None
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            return None
        found = told(node.value)
        if found is None or (found[0] == "step" and not self.is_optimizer(found[1])):
            return None
        return Act(*found, at)

    @cached_property
    def calls(self) -> set[tuple[str, str]]:
        """(receiver, method) of every method call of the file."""
        return {
            (ast.unparse(node.func.value), node.func.attr)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }

    @cached_property
    def built(self) -> dict[str, list[ast.expr]]:
        """What is assigned to each name or attribute of the file."""
        found: dict[str, list[ast.expr]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    found.setdefault(ast.unparse(target), []).append(node.value)
        return found

    def is_optimizer(self, who: str) -> bool:
        """Return whether what is stepped is an optimizer: by its name, or because it can clear too."""
        if NOT_OPTIMIZER.search(who) or (who, "backward") in self.calls:
            return False
        return OPTIMIZER.search(who) is not None or (who, "zero_grad") in self.calls

    def is_scheduler(self, who: str) -> bool:
        return bool(SCHEDULER.search(who)) or bool(self.classes_of(who) & EPOCHWISE)

    def is_managed(self, who: str) -> bool:
        """Return whether an object is handed to a framework, as in `accelerator.prepare(model, scheduler)`, or in
        `deepspeed.initialize(lr_scheduler=scheduler)`."""
        return any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("prepare", "prepare_scheduler", "initialize")
            and who in map(ast.unparse, [*node.args, *(one.value for one in node.keywords)])
            for node in ast.walk(self.tree)
        )

    @cached_property
    def is_driven(self) -> bool:
        """Return whether the file hands its training to DeepSpeed through Accelerate.

        There `backward` steps and clears, and the optimizer's own `step` and `zero_grad` do nothing.
        """
        calls = (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return any(last_name(call) == "DeepSpeedPlugin" for call in calls)

    def classes_of(self, who: str) -> set[str]:
        """Return the last names of what builds an object: where it is assigned, in the function that returns it, or in
        the annotation of a parameter."""
        found = set(self._annotated.get(who, ()))
        for value in self.built.get(who, []):
            found |= self._classes_of(value)
        for target, values in self.built.items():
            names = [one.strip() for one in target.strip("()").split(",")]
            if len(names) > 1 and who in names:
                for value in values:
                    found |= self._classes_of(value, names.index(who))
        return found

    @cached_property
    def _annotated(self) -> dict[str, set[str]]:
        """The last names of the classes that parameters of a name are annotated with."""
        found: dict[str, set[str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.arg) and node.annotation is not None:
                found.setdefault(node.arg, set()).add(ast.unparse(node.annotation).rpartition(".")[2])
        return found

    def _classes_of(self, value: ast.expr, at: int | None = None) -> set[str]:
        """Return the last names of what builds a value, or its part at an index: also in a function that is called."""
        found: set[str] = set()
        if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
            return {last_name(value)} if at is None else found
        for function in self.resolve(value.func, Block(self.tree, [])):
            home = self.home.get(function, self)
            for node in ast.walk(function):
                part = node.value if isinstance(node, ast.Return) else None
                if at is not None and isinstance(part, ast.Tuple) and at < len(part.elts):
                    part = part.elts[at]
                if isinstance(part, ast.Name):
                    found.update(map(last_name, home.built.get(part.id, [])))
                elif part is not None:
                    found.add(last_name(part))
        return found or ({last_name(value)} if at is None else found)

    @cached_property
    def looped(self) -> set[Definition]:
        """The functions that are called in a loop, directly or through others that are."""
        return self.looped_from(self.called_elsewhere(2))

    def looped_from(self, outside: set[Definition]) -> set[Definition]:
        """Return the functions that loops of this file call, directly or through others.

        Arguments:
            outside: those of which it is known that loops of other files do.
        """
        found = set(outside)
        while True:
            more = {
                called
                for block in self.blocks
                if block.loops or block.function in found
                for node in block.nodes
                for called in self.called_by(node, block)
            }
            if more <= found:
                return found
            found |= more

    def called_by(self, node: ast.stmt, block: Block) -> Iterator[Definition]:
        """Yield the functions that a statement calls, outside of the blocks that it holds."""
        for part in own_parts(node):
            if isinstance(part, ast.Call):
                yield from self.resolve(part.func, block)

    def resolve(self, func: ast.expr, block: Block) -> Iterator[Definition]:
        """Yield the functions that a callee can be: a function's name, `self.method`, or the method of an object."""
        if imported := self.imported(func):
            self.home.update((one, code) for code, one in imported)
            yield from (one for _, one in imported)
        elif isinstance(func, ast.Name):
            yield from self.functions.get(func.id, [])
        elif isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "self":
            yield from (one for one in self.methods.get(func.attr, []) if block.cls is self.owners[one])
        elif isinstance(func, ast.Attribute):
            classes = self.classes_of(ast.unparse(func.value))
            yield from (one for one in self.methods.get(func.attr, []) if self.owners[one].name in classes)

    @cached_property
    def owners(self) -> dict[Definition, ast.ClassDef]:
        classes = (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))
        return {one: cls for cls in classes for one in cls.body if isinstance(one, Definition)}

    @cached_property
    def methods(self) -> dict[str, list[Definition]]:
        found: dict[str, list[Definition]] = {}
        for one in self.owners:
            found.setdefault(one.name, []).append(one)
        return found

    @cached_property
    def functions(self) -> dict[str, list[Definition]]:
        """The functions of the file by their names, methods aside."""
        found: dict[str, list[Definition]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, Definition) and node not in self.owners:
                found.setdefault(node.name, []).append(node)
        return found


def told(call: ast.Call) -> tuple[str, str] | None:
    """Return (kind, who) of a call that clears, differentiates or steps; a step of nobody knows whom is of `?`."""
    if not isinstance(call.func, ast.Attribute):
        return None
    who, method = ast.unparse(call.func.value), call.func.attr
    if method == "zero_grad":
        return "clear", who
    if method in ("backward", "manual_backward"):
        return "backward", ""
    if method == "optimizer_step" and call.args and OPTIMIZER.search(ast.unparse(call.args[0])):
        return "step", ast.unparse(call.args[0])
    if method == "step" and not call.args and not call.keywords:
        return "step", who
    if method == "step" and re.search("scaler", who, re.IGNORECASE) and call.args:
        return "step", ast.unparse(call.args[0])
    if method == "step" and OPTIMIZER.search(who) and not NOT_OPTIMIZER.search(who):
        return "step", "?"
    return None


def last_name(value: ast.expr) -> str:
    """Return the last name of what is called, `?` where a value is no call."""
    return ast.unparse(value.func).rpartition(".")[2] if isinstance(value, ast.Call) else "?"


def own_parts(node: ast.stmt) -> Iterator[ast.AST]:
    """Yield the parts of a statement that are not in a block of its own."""
    stack: list[ast.AST] = [node]
    while stack:
        one = stack.pop()
        yield one
        if isinstance(one, Definition | ast.ClassDef):
            continue
        parts = ast.iter_child_nodes(one)
        stack.extend(part for part in parts if not isinstance(part, ast.stmt | ast.excepthandler))


def stored(node: ast.AST) -> set[str]:
    """Return the names and attributes that are stored anywhere in a node, as they are written."""
    parts = (one for one in ast.walk(node) if isinstance(one, ast.Name | ast.Attribute))
    return {ast.unparse(one) for one in parts if isinstance(one.ctx, ast.Store)}


def names_stored(node: ast.AST) -> set[str]:
    """Return the plain names that are stored anywhere in a node."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}


def names_read(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
