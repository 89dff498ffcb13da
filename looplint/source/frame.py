"""One activation of the code that is read: its names, and the part of the model that it has produced so far."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import libcst as cst

from looplint.model import Block, Event, Node, Op, Optimizer, Store
from looplint.source.parse import Position, Source
from looplint.source.scope import Scope
from looplint.source.values import NONE, ClassValue, Instance, Unknown, Value, join

if TYPE_CHECKING:
    from looplint.source.reader import Reader
    from looplint.source.values import FunctionValue

Handler = Callable[[Any, "Frame"], Value | None]
HANDLERS: dict[type[cst.CSTNode], Handler] = {}
"""What to do with each kind of node; the modules of this package fill it."""


def handles(*kinds: type[cst.CSTNode]) -> Callable[[Handler], Handler]:
    """Register a function as the one that reads these kinds of nodes."""

    def register(handler: Handler) -> Handler:
        for kind in kinds:
            HANDLERS[kind] = handler
        return handler

    return register


@dataclass(eq=False)
class Frame:
    """One activation.

    Arguments:
        reader: what is known of the program.
        scope: the names.
        source: the text that is read.
        stack: the functions that are being read, outermost first: no function is read inside itself.
        out: the nodes of the model so far.
        returns: what the function may return, each with the expression that stands in the text.
        receiver: what `self` is.
        owner: the class whose method is read.
        around: the statements of the suite that is read, and which of them.
        turn: the statements of the innermost loop's body.
        over_loader: that loop surely gets a batch of a loader in each turn.
    """

    reader: Reader
    scope: Scope
    source: Source
    stack: tuple[cst.CSTNode, ...] = ()
    out: list[Node] = field(default_factory=list)
    returns: list[tuple[cst.BaseExpression, Value]] = field(default_factory=list)
    receiver: Value | None = None
    owner: ClassValue | None = None
    elsewhere: dict[str, Scope] = field(default_factory=dict)
    pulls: list[bool] = field(default_factory=list)
    around: tuple[Sequence[cst.CSTNode], int] = ((), 0)
    turn: Sequence[cst.CSTNode] = ()
    over_loader: bool = False

    @classmethod
    def of(cls, function: FunctionValue, reader: Reader, stack: tuple[cst.CSTNode, ...] = ()) -> Frame:
        """Return the activation in which a function is read, called from those on `stack`; nothing is bound yet."""
        scope = Scope.inside(function.scope)
        stack = (*stack, function.node)
        return cls(reader, scope, function.whole.source, stack, receiver=function.receiver, owner=function.owner)

    def evaluate(self, node: cst.CSTNode) -> Value:
        """Read an expression: what happens in it goes to `out`, what it stands for is returned."""
        handler = HANDLERS.get(type(node))
        if handler is None:
            return self.evaluate_parts(node)
        return handler(node, self) or NONE

    def evaluate_parts(self, node: cst.CSTNode) -> Value:
        from looplint.source.tree import children

        parts = tuple(self.evaluate(child) for child in children(node) if is_evaluated(type(child)))
        return Unknown(parts)

    def run(self, nodes: Any) -> None:
        """Read statements one after the other."""
        around = self.around
        for index, node in enumerate(nodes):
            self.reader.spend(self.source)
            handler = HANDLERS.get(type(node))
            if handler is not None:
                if isinstance(node, cst.BaseCompoundStatement | cst.SimpleStatementLine):
                    self.around = nodes, index
                handler(node, self)
        self.around = around

    @contextmanager
    def block(self) -> Iterator[list[Node]]:
        """Let what happens inside go to a list of its own."""
        before, self.out = self.out, []
        try:
            yield self.out
        finally:
            self.out = before

    def emit(self, op: Op, place: cst.CSTNode, *optimizers: Optimizer, **details: Any) -> Event:
        """Add an event; with no optimizers named it happens to all of them."""
        details.setdefault("text", self.source.code(place))
        event = Event(op, self.at(place), optimizers=frozenset(optimizers) if optimizers else None, **details)
        self.out.append(event)
        return event

    def at(self, node: cst.CSTNode) -> Position:
        """Return where a node of the text that is read stands."""
        return Position(self.source, node)

    def store(self, names: set[str]) -> None:
        """Add that these names change."""
        if names:
            self.out.append(Store(self.keys(names)))

    def keys(self, names: set[str]) -> frozenset[Hashable]:
        """Return names as the model knows them: with the scope or the object that they belong to."""
        return frozenset(self.key(name) for name in names)

    def key(self, name: str) -> Hashable:
        head, _, rest = name.partition(".")
        scope = self.elsewhere.get(head) or self.scope.owner(head)
        if rest and isinstance(value := scope.names.get(head), Instance):
            return value.attributes.key, rest
        return scope.key, name

    def returned(self) -> Value:
        values = [value for _, value in self.returns]
        return functools.reduce(join, values) if values else NONE


_EVALUATED = (
    cst.BaseExpression, cst.Element, cst.DictElement, cst.StarredElement, cst.StarredDictElement,
    cst.ComparisonTarget, cst.Index, cst.Slice, cst.SubscriptElement, cst.FormattedStringExpression,
)  # fmt: skip


@functools.cache
def is_evaluated(kind: type[cst.CSTNode]) -> bool:
    """Return whether what is of this type is read as a part of an expression."""
    return issubclass(kind, _EVALUATED)


def has_events(nodes: list[Node]) -> bool:
    """Return whether anything happens in these nodes."""
    return any(node.eventful for node in nodes)


def as_block(nodes: list[Node]) -> Block:
    return Block(tuple(nodes))
