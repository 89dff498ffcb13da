"""Walking LibCST nodes without its visitors, which cost several times as much as this reader needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import libcst as cst

_LAYOUT = (
    "whitespace", "lpar", "rpar", "leading_lines", "lines_after", "header", "footer", "comma", "semicolon", "colon",
    "equal", "trailing_whitespace", "lbracket", "rbracket", "lbrace", "rbrace", "dot",
)  # fmt: skip


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(name for name in kind.__dataclass_fields__ if not name.startswith(_LAYOUT))


@cache
def is_node(kind: type[object]) -> bool:
    """Return whether what is of this type is a node; to ask an abstract class each time takes long."""
    return issubclass(kind, cst.CSTNode)


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the parts of a node that mean something, in the order of the text."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if is_node(value.__class__):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from (item for item in value if is_node(item.__class__))


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield a node and all that it holds."""
    stack = [node]
    while stack:
        one = stack.pop()
        yield one
        stack.extend(children(one))


def dotted(node: cst.CSTNode) -> str | None:
    """Return `a.b.c` for a chain of attributes of a name, or None for anything else."""
    parts = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join([node.value, *reversed(parts)])


def decorators(node: cst.CSTNode) -> set[str]:
    """Return the last names of the decorators of a function or class: `dataclass` for `@dataclasses.dataclass(...)`."""
    if not isinstance(node, cst.FunctionDef | cst.ClassDef):
        return set()
    found = [one.decorator for one in node.decorators]
    return {(dotted(one.func if isinstance(one, cst.Call) else one) or "").rpartition(".")[2] for one in found}


_SCOPES = {cst.FunctionDef, cst.ClassDef, cst.Lambda}
_STORES = {cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.NamedExpr}


@cache
def _is_expression(kind: type[object]) -> bool:
    return issubclass(kind, cst.BaseExpression)


def stored_names(node: cst.CSTNode, *, in_expressions: bool = True) -> set[str]:
    """Return the plain names and `self.x` chains that a node stores anywhere in it, outside nested functions.

    Arguments:
        in_expressions: look into expressions, too, which store something by `:=` only.
    """
    found: set[str] = set()
    stack = [node]
    while stack:
        one = stack.pop()
        kind = one.__class__
        if kind in _SCOPES:
            continue
        if kind in _STORES:
            found |= target_names(one.target)  # type: ignore[attr-defined]
        elif isinstance(one, cst.AsName):
            found |= target_names(one.name)
        stack.extend(part for part in children(one) if in_expressions or not _is_expression(part.__class__))
    return found


def target_names(target: cst.CSTNode) -> set[str]:
    """Return the names that an assignment to `target` stores."""
    if isinstance(target, cst.Tuple | cst.List):
        return set().union(*(target_names(element.value) for element in target.elements))
    if isinstance(target, cst.StarredElement | cst.Subscript):
        return target_names(target.value)
    name = dotted(target)
    return {name} if name else set()


def statements(body: cst.BaseSuite | cst.Module | cst.BaseExpression) -> Sequence[cst.CSTNode]:
    """Return the statements of a suite or a module; a lambda has none."""
    return () if isinstance(body, cst.BaseExpression) else body.body


def holds_yield(function: cst.CSTNode) -> bool:
    """Return whether a function yields, itself and not by a function inside it."""
    stack = list(children(function))
    while stack:
        one = stack.pop()
        if isinstance(one, cst.Yield):
            return True
        if not isinstance(one, cst.FunctionDef | cst.ClassDef | cst.Lambda):
            stack.extend(children(one))
    return False
