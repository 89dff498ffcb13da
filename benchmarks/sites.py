"""Training loops whose order is plainly right, found without looplint: stdlib `ast`, sibling statements.

A site is one optimizer whose clearing, backward and step stand beside one another in one block, in a legal order,
with nothing else in the loop around that could clear, differentiate or step it a second time.
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


@dataclass(eq=False)
class Site:
    """One optimizer in one block.

    Arguments:
        clear, step: the statements' indices in the block.
        backwards: those of the backwards whose gradients the step applies.
        view: `loop` (a loop stands around it), `called` (its function is called in a loop of the file) or `function`.
        crowded: another optimizer is stepped in the same loop.
        looked_at: the function looks at `.grad` by hand, so that a backward has a use besides the step.
    """

    block: Block
    optimizer: str
    clear: Act
    backwards: list[Act]
    step: Act
    view: str
    crowded: bool
    looked_at: bool


class Code:
    """One file as `ast` sees it. Raises SyntaxError or ValueError where it is not Python 3."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.tree = ast.parse(text)

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
        """Return whether an object is handed to a framework, as in `accelerator.prepare(model, scheduler)`."""
        return any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("prepare", "prepare_scheduler")
            and who in map(ast.unparse, node.args)
            for node in ast.walk(self.tree)
        )

    def classes_of(self, who: str) -> set[str]:
        """Return the last names of what builds an object in this file."""
        values = self.built.get(who, [])
        return {ast.unparse(one.func).rpartition(".")[2] if isinstance(one, ast.Call) else "?" for one in values}

    @cached_property
    def looped(self) -> set[Definition]:
        """The functions that are called in a loop of this file, directly or through others that are."""
        found: set[Definition] = set()
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
        """Yield the functions of this file that a statement calls, outside of the blocks that it holds."""
        for part in own_parts(node):
            if isinstance(part, ast.Call):
                yield from self.resolve(part.func, block)

    def resolve(self, func: ast.expr, block: Block) -> Iterator[Definition]:
        """Yield the functions that a callee can be: a function's name, `self.method`, or the method of an object."""
        if isinstance(func, ast.Name):
            yield from self._functions.get(func.id, [])
        elif isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "self":
            yield from (one for one in self._methods.get(func.attr, []) if block.cls is self._classes[one])
        elif isinstance(func, ast.Attribute):
            classes = self.classes_of(ast.unparse(func.value))
            yield from (one for one in self._methods.get(func.attr, []) if self._classes[one].name in classes)

    @cached_property
    def _classes(self) -> dict[Definition, ast.ClassDef]:
        classes = (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))
        return {one: cls for cls in classes for one in cls.body if isinstance(one, Definition)}

    @cached_property
    def _methods(self) -> dict[str, list[Definition]]:
        found: dict[str, list[Definition]] = {}
        for one in self._classes:
            found.setdefault(one.name, []).append(one)
        return found

    @cached_property
    def _functions(self) -> dict[str, list[Definition]]:
        found: dict[str, list[Definition]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, Definition) and node not in self._classes:
                found.setdefault(node.name, []).append(node)
        return found

    # -- sites -------------------------------------------------------------------------------------------------------

    def sites(self) -> Iterator[Site]:
        """Yield the optimizers that are plainly handled right."""
        for block in self.blocks:
            for step in block.acts:
                if step.kind == "step" and (site := self._site(block, step)) is not None:
                    yield site

    def _site(self, block: Block, step: Act) -> Site | None:
        scope = block.loops[0] if block.loops else block.function or self.tree
        whole = block.loops[-1] if block.loops else scope
        around = [told(node) for node in ast.walk(whole) if isinstance(node, ast.Call)]
        steps = {one[1] for one in around if one is not None and one[0] == "step" and self.is_optimizer(one[1])}
        if around.count(("step", step.who)) != 1 or touches_by_hand(whole) or ("step", "?") in around:
            return None
        inside = [found for node in ast.walk(scope) if isinstance(node, ast.Call) and (found := told(node))]
        if sum(kind == "backward" for kind, _ in inside) != sum(act.kind == "backward" for act in block.acts):
            return None
        clear = self._clear(block, step, steps, [who for kind, who in inside if kind == "clear"])
        if clear is None:
            return None
        backwards = group(block, step, clear)
        if not backwards or not legal(clear, backwards, step):
            return None
        view = "loop" if block.loops else "called" if block.function in self.looped else "function"
        return Site(block, step.who, clear, backwards, step, view, len(steps) > 1, looks_at(block.function or whole))

    def _clear(self, block: Block, step: Act, steps: set[str], clears: list[str]) -> Act | None:
        """Return the only statement that clears for a step, or None where there is no telling."""
        others = steps - {step.who}
        own = [act for act in block.acts if act.kind == "clear" and act.who == step.who]
        foreign = [who for who in clears if who != step.who and who not in others]
        if own:
            return own[0] if len(own) == 1 and clears.count(step.who) == 1 and not foreign else None
        if clears.count(step.who):
            return None
        through = [act for act in block.acts if act.kind == "clear" and act.who not in others]
        if len(through) != len(foreign):
            return None
        if not others:
            return through[0] if len(through) == 1 else None
        return segment(block, step)


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


def touches_by_hand(scope: ast.AST) -> bool:
    """Return whether gradients are set by hand: `p.grad = ...`, `p.grad.zero_()`."""
    for node in ast.walk(scope):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(one, ast.Attribute) and one.attr == "grad" for one in targets):
            return True
        if isinstance(node, ast.Attribute) and node.attr in ("zero_", "fill_") and ".grad" in ast.unparse(node.value):
            return True
    return False


def looks_at(scope: ast.AST) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in ast.walk(scope))


def group(block: Block, step: Act, clear: Act) -> list[Act]:
    """Return the backwards whose gradients a step applies: since its clearing, or else back to the step before them."""
    before = [act for act in block.acts if act.at < step.at]
    if clear.at < step.at:
        return [act for act in before if act.kind == "backward" and act.at > clear.at]
    found: list[Act] = []
    for act in reversed(before):
        if act.kind == "backward":
            found.insert(0, act)
        elif found and act.kind == "step":
            break
    return found


def segment(block: Block, step: Act) -> Act | None:
    """Return the clearing of a step where a block is nothing but (clear, backward..., step) over and over."""
    shape = re.sub("b+", "b", "".join(act.kind[0] for act in block.acts))
    if not re.fullmatch("(cbs)+", shape):
        return None
    before = [act for act in block.acts if act.kind == "clear" and act.at < step.at]
    return before[-1] if before else None


def legal(clear: Act, backwards: list[Act], step: Act) -> bool:
    """Return whether the order is clear, backward, step or backward, step, clear."""
    first, last = backwards[0].at, backwards[-1].at
    return clear.at < first <= last < step.at or first <= last < step.at < clear.at


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


def names_stored(node: ast.AST) -> set[str]:
    """Return the plain names that are stored anywhere in a node."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}


def names_read(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
