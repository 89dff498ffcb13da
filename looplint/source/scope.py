"""Names and what they hold, in a module, a function call or an object."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import libcst as cst

from looplint.model import Optimizer, Scheduler
from looplint.source import facts
from looplint.source.module import Module
from looplint.source.usage import Usage
from looplint.source.values import (
    WIDE,
    ClassValue,
    Const,
    Symbol,
    Unknown,
    Value,
    counts_batches,
    from_gradients,
    holds_loss,
    join,
    kept,
)

_number = itertools.count()


@dataclass(eq=False)
class Scope:
    """The names of one module, one call of a function, or one object's attributes.

    Arguments:
        module: the file it belongs to.
        usage: which methods are called on which names in the texts that know these names.
        outer: where names are looked up that are not bound here.
        key: tells this scope from every other; the same for two objects never.
        stars: the modules all of whose names are imported here.
        expressions: what the names hold, as it is written; None for those that hold several things, one after another.
        scaled: the names that are multiplied or divided where they are: they no longer count what they are called.
        head: what stands before each name, in the scope of an object.
    """

    module: Module
    usage: Usage
    outer: Scope | None = None
    key: Hashable = field(default_factory=lambda: next(_number))
    names: dict[str, Value] = field(default_factory=dict)
    symbols: dict[str, Symbol] = field(default_factory=dict)
    optimizers: dict[str, Optimizer] = field(default_factory=dict)
    schedulers: dict[str, Scheduler] = field(default_factory=dict)
    stars: list[Value] = field(default_factory=list)
    expressions: dict[str, cst.BaseExpression | None] = field(default_factory=dict)
    scaled: set[str] = field(default_factory=set)
    head: tuple[str, ...] = ()

    @classmethod
    def of_module(cls, module: Module) -> Scope:
        return cls(module, module.usage)

    @classmethod
    def inside(cls, outer: Scope) -> Scope:
        return cls(outer.module, outer.usage, outer)

    @classmethod
    def of_object(cls, made: ClassValue) -> Scope:
        """Return the attributes of a new object; every file that has one of its classes knows them."""
        usages = dict.fromkeys(one.scope.module.usage for one in made.lineage())
        usage = next(iter(usages)) if len(usages) == 1 else Usage.joined(usages)
        return cls(made.scope.module, usage, head=("self",))

    @property
    def top(self) -> Scope:
        """The names of the file around."""
        return self if self.outer is None else self.outer.top

    def note_stored(self, name: str, expression: cst.BaseExpression | None) -> None:
        """Remember the expression that a name is about to hold, as long as it is the only thing that it ever held."""
        if self.expressions.get(name) is not expression or expression is None:
            self.expressions[name] = None if name in self.names or name in self.expressions else expression

    @contextmanager
    def looking_into(self, name: str) -> Iterator[cst.BaseExpression | None]:
        """Give the only expression that a name of this scope has held; inside it, the name stands for nothing."""
        expression = self.expressions.get(name)
        if expression is None:
            yield None
            return
        self.expressions[name] = None
        try:
            yield expression
        finally:
            self.expressions[name] = expression

    def find(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    def owner(self, name: str) -> Scope:
        """Return the scope that binds `name`; this one where none does."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope
            scope = scope.outer
        return self

    def symbol(self, path: str, origin: Value | None = None) -> Symbol:
        """Return the one symbol of this path; what it was made from adds up."""
        symbol = self.symbols.get(path)
        if symbol is None:
            used = self.usage.methods(path)
            symbol = self.symbols[path] = Symbol(self, path, owns_parameters=bool(used & facts.NETWORK_METHODS))
        if origin is not None:
            wraps = symbol.wraps | origin.networks() - symbol.networks()
            symbol.wraps = wraps if len(wraps) <= WIDE else frozenset()
            symbol.counts = symbol.counts or counts_batches(origin)
            symbol.keeps = kept(origin)
            symbol.gradients = from_gradients(origin)
            symbol.loss = holds_loss(origin)
            symbol.vague = symbol.vague or (isinstance(origin, Unknown | Symbol) and origin.vague)
        return symbol

    def merge(self, names: dict[str, Value]) -> None:
        """Join the names that another branch has bound into those of this one."""
        for name, value in names.items():
            mine = self.names.get(name)
            self.names[name] = value if mine is None else join(mine, value)

    def forget_constants(self, names: set[str]) -> None:
        """Forget the literals that these names hold: a loop is about to change them."""
        for name in names:
            if isinstance(self.names.get(name), Const):
                self.names[name] = self.symbol(name)
