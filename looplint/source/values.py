"""What an expression can stand for, as far as training code is concerned."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from looplint.model import Network, Optimizer, Scheduler

if TYPE_CHECKING:
    from looplint.source.parse import Position, Source
    from looplint.source.scope import Scope


@dataclass(eq=False)
class Value:
    """Anything. What is not said by a subclass is unknown."""

    def networks(self) -> frozenset[Network]:
        """What owns the parameters that this value may have."""
        return frozenset()

    def holds(self) -> Iterator[Value]:
        """Yield the values that somebody who has this one can reach."""
        return iter(())


WIDE = 6
"""A value made from more networks than this says nothing of whose parameters it has."""


MANY = 12
"""Of more values than this that something may be, objects of one class count once, and names that are alike: each time
that a property is read which makes what it returns the first time, there is one more."""


@dataclass(eq=False)
class Unknown(Value):
    """The result of code nobody can see; it may be, or contain, what that code was given.

    Arguments:
        made_from: what the code was given.
        role: what it is known to be all the same ("optimizer", "scheduler", "zipped", ...), or empty.
        counts: it was computed from the length of something that yields batches.
        keeps: the optimizers that the code which made it was given.
        loss: it is a loss, or one that is scaled or added to another.
        vague: of the networks that it was made from it may have parts only, or none.
    """

    made_from: tuple[Value, ...] = ()
    role: str = ""
    counts: bool = False
    keeps: tuple[Optimizer, ...] = ()
    loss: bool = False
    vague: bool = False

    def __post_init__(self) -> None:
        # Worked out at once: values are made from values, in circles too once names come into it.
        networks = frozenset(network for value in self.made_from for network in networks_inside(value))
        self._networks = networks if len(networks) <= WIDE else frozenset()
        self.counts = self.counts or any(counts_batches(value) for value in self.made_from)
        others = [value for value in self.made_from if not isinstance(value, Const)]
        self.gradients = self.role == "gradients" or (bool(others) and all(map(from_gradients, others)))

    def networks(self) -> frozenset[Network]:
        return self._networks


@dataclass(eq=False)
class Symbol(Value):
    """A name, or an attribute or item reached from one, of which nothing else is known.

    Arguments:
        scope: the scope that binds it.
        path: as the user writes it, such as `args.optimizer`.
        owns_parameters: it is used as networks are.
        loose: it is an item of something nobody can see into, so that its name does not tell it from other networks.
        wraps: the networks of what was bound to it, such as those inside a `DataParallel`.
        counts, keeps, loss, vague: as in `Unknown`; whoever uses it may use the optimizers that it keeps.
        gradients: it was computed from gradients and numbers alone.
        owned: a framework keeps it, and hands it out by a call: it is called what it is bound to.
    """

    scope: Scope
    path: str
    owns_parameters: bool = False
    loose: bool = False
    wraps: frozenset[Network] = frozenset()
    counts: bool = False
    keeps: tuple[Optimizer, ...] = ()
    loss: bool = False
    vague: bool = False
    gradients: bool = False
    owned: bool = False

    def networks(self) -> frozenset[Network]:
        parts = re.split(r"[.\[]", self.path)
        head = () if parts[0] == "self" else self.scope.head
        own: Network = (self.scope.key, *head, *parts)
        return self.wraps if self.loose else frozenset({own}) | self.wraps


def networks_inside(value: Value) -> frozenset[Network]:
    """Return the networks among what a call was given: names that are not used as networks are none."""
    if isinstance(value, Symbol):
        return value.networks() if value.owns_parameters else value.wraps
    if isinstance(value, Sequence | Items | Mapping | Either):
        return frozenset(network for held in value.holds() for network in networks_inside(held))
    return value.networks()


def kept(value: Value) -> tuple[Optimizer, ...]:
    """Return the optimizers that the code which made a value was given: whoever uses the value may use them."""
    if isinstance(value, Unknown) and value.role in ("enumerated", "zipped", "iterator"):
        return tuple(dict.fromkeys(one for part in value.made_from for one in kept(part)))
    if isinstance(value, Unknown | Symbol):
        return value.keeps
    return tuple(dict.fromkeys(one for option in options(value) if option is not value for one in kept(option)))


def counts_batches(value: Value) -> bool:
    """Return whether a number was computed from the length of a loader, such as `len(loader) * epochs`."""
    return isinstance(value, Unknown | Symbol) and value.counts


def holds_loss(value: Value) -> bool:
    """Return whether a value is known to be a loss, or may be one."""
    return any(isinstance(one, Unknown | Symbol) and one.loss for one in options(value))


def from_gradients(value: Value) -> bool:
    """Return whether a value was computed from gradients and numbers alone: they are still these gradients, scaled."""
    if isinstance(value, Unknown | Symbol):
        return value.gradients
    held = list(value.holds()) if isinstance(value, Sequence | Items) else []
    return bool(held) and all(map(from_gradients, held))


@dataclass(eq=False)
class Const(Value):
    """A literal."""

    value: object


@dataclass(eq=False)
class OptimizerValue(Value):
    """An optimizer. `fresh` until it is bound to a name: only then is it known what the user calls it."""

    optimizer: Optimizer
    fresh: bool = False


@dataclass(eq=False)
class SchedulerValue(Value):
    """A learning-rate scheduler."""

    scheduler: Scheduler
    fresh: bool = False


@dataclass(eq=False)
class Scaler(Value):
    """A GradScaler: its `step(optimizer)` steps the optimizer."""


@dataclass(eq=False)
class LossFunction(Value):
    """An object that computes a loss, such as `nn.MSELoss()`."""


@dataclass(eq=False)
class Engine(Value):
    """Something of a framework that has a backward and a step; these are known where it has an `optimizer`."""

    optimizer: Optimizer | None = None
    fresh: bool = False


@dataclass(eq=False)
class Launcher(Value):
    """An Accelerator or a Fabric: hands back what it is given, made ready."""


@dataclass(eq=False)
class Loader(Value):
    """A DataLoader, or something that yields the batches of one; `whole` where all data are one batch."""

    whole: bool = False


@dataclass(eq=False)
class Range(Value):
    """`range(...)`; over the batches of a loader where it counts its length."""

    over_loader: bool = False


@dataclass(eq=False)
class Parameters(Value):
    """Parameters of networks, in a list, an iterator or a group."""

    owners: frozenset[Network]
    whole: bool = True

    def networks(self) -> frozenset[Network]:
        return self.owners


@dataclass(eq=False)
class Parameter(Value):
    """One parameter of some networks; where a loop leaves some of them out, it is not the `whole`."""

    owners: frozenset[Network]
    whole: bool = True

    def networks(self) -> frozenset[Network]:
        return self.owners


@dataclass(eq=False)
class External(Value):
    """Something of another package, by its full name, such as `torch.optim.Adam`."""

    name: str

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(eq=False)
class Elsewhere(Value):
    """Something that another file of the tree is said to define; looked up when it is used.

    Arguments:
        path: the file, or the folder of a package without one.
        name: what is asked of it; empty for the module itself.
        external: what it is taken for where it cannot be found.
    """

    path: str
    name: str
    external: External


@dataclass(eq=False)
class ModuleValue(Value):
    """A module of the linted tree; `external` as in `Elsewhere`."""

    path: str
    external: External


@dataclass(eq=False)
class Inert(External):
    """A function or class of the linted tree that by its words has nothing to do with training.

    Arguments:
        origin: where it is defined, should it be given something that does.
    """

    origin: Elsewhere


@dataclass(eq=False)
class Bound(Value):
    """A method of something that is not code of this file."""

    receiver: Value
    method: str

    def holds(self) -> Iterator[Value]:
        yield self.receiver


@dataclass(frozen=True)
class Given:
    """One argument of a call: its value, its keyword if it has one, and its stars."""

    value: Value
    keyword: str = ""
    star: str = ""


@dataclass(eq=False)
class FunctionValue(Value):
    """A function, method or lambda of the linted code.

    Arguments:
        node: its definition.
        scope: where it was defined.
        source: the text it stands in.
        owner: the class it is a method of.
        receiver: what it is bound to.
        given: arguments already bound by `functools.partial`.
    """

    node: cst.FunctionDef | cst.Lambda
    scope: Scope
    source: Source
    owner: ClassValue | None = None
    receiver: Value | None = None
    given: tuple[Given, ...] = ()

    @property
    def name(self) -> str:
        if isinstance(self.node, cst.Lambda):
            return "lambda"
        return f"{self.owner.name}.{self.node.name.value}" if self.owner else self.node.name.value

    @property
    def whole(self) -> Position:
        """Where it stands with its body; `node` may be the head alone."""
        return self.source.whole(self.node)

    @property
    def body(self) -> cst.BaseSuite | cst.BaseExpression:
        function = self.whole.node
        assert isinstance(function, cst.FunctionDef | cst.Lambda)
        return function.body

    def bind(self, receiver: Value) -> FunctionValue:
        return replace(self, receiver=receiver)

    def holds(self) -> Iterator[Value]:
        if self.receiver is not None:
            yield self.receiver
        yield from (one.value for one in self.given)


@dataclass(eq=False)
class ClassValue(Value):
    """A class of the linted code."""

    node: cst.ClassDef
    scope: Scope
    source: Source
    bases: tuple[Value, ...] = ()
    members: dict[str, Value] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.node.name.value

    def lineage(self) -> Iterator[ClassValue]:
        """Yield this class and those of its bases that are linted code, nearest first."""
        stack, seen = [self], set()
        while stack:
            one = stack.pop(0)
            if id(one) not in seen:
                seen.add(id(one))
                yield one
                stack.extend(base for base in one.bases if isinstance(base, ClassValue))

    def member(self, name: str) -> Value | None:
        return next((one.members[name] for one in self.lineage() if name in one.members), None)

    def outer_bases(self) -> list[Value]:
        """Return the bases that are not linted code."""
        return [base for one in self.lineage() for base in one.bases if not isinstance(base, ClassValue)]


@dataclass(eq=False)
class Instance(Value):
    """An object of a class of the linted code; its attributes live in a scope."""

    cls: ClassValue
    attributes: Scope

    def networks(self) -> frozenset[Network]:
        """Its own, and those of the objects that it is made of: their parameters are among its own."""
        found: dict[Instance, None] = {self: None}
        wrapped: set[Network] = set()
        for one in (pending := [self]):
            for value in one.attributes.names.values():
                if isinstance(value, Symbol):
                    wrapped |= value.wraps
                elif isinstance(value, Instance) and value not in found:
                    found[value] = None
                    pending.append(value)
        objects = {network for network in wrapped if len(network) == 1}
        return frozenset({(one.attributes.key,) for one in found} | objects)

    def holds(self) -> Iterator[Value]:
        yield from self.attributes.names.values()
        yield from self.attributes.symbols.values()


@dataclass(eq=False)
class Super(Value):
    """`super()` in a method: the object, and the class whose method speaks."""

    instance: Instance
    owner: ClassValue

    def member(self, name: str) -> Value | None:
        lineage = list(self.instance.cls.lineage())
        behind = lineage[lineage.index(self.owner) + 1 :] if self.owner in lineage else []
        return next((one.members[name] for one in behind if name in one.members), None)


_made = itertools.count()


def now() -> int:
    """Return a number that is greater than that of each list made before, and smaller than those of later ones."""
    return next(_made)


@dataclass(eq=False)
class Sequence(Value):
    """A tuple or list whose items are known; one that may be there or not is either itself or None.

    Arguments:
        number: tells which list was made first.
    """

    items: list[Value]
    number: int = field(default_factory=now)

    def networks(self) -> frozenset[Network]:
        return frozenset(network for item in self.items for network in item.networks())

    def holds(self) -> Iterator[Value]:
        yield from self.items


@dataclass(eq=False)
class Items(Value):
    """A list or an iterator of any length, whose items are all alike."""

    element: Value

    def networks(self) -> frozenset[Network]:
        return self.element.networks()

    def holds(self) -> Iterator[Value]:
        yield self.element


@dataclass(eq=False)
class Mapping(Value):
    """A dict with literal keys."""

    items: dict[object, Value]

    def networks(self) -> frozenset[Network]:
        return frozenset(network for item in self.items.values() for network in item.networks())

    def holds(self) -> Iterator[Value]:
        yield from self.items.values()


@dataclass(eq=False)
class Either(Value):
    """One of several values; nobody can tell which."""

    options: tuple[Value, ...]

    def networks(self) -> frozenset[Network]:
        return frozenset(network for option in self.options for network in option.networks())

    def holds(self) -> Iterator[Value]:
        yield from self.options


NONE = Const(None)


def join(one: Value, other: Value) -> Value:
    """Return what a name holds after two branches have bound it."""
    if one is other or (isinstance(one, Const) and isinstance(other, Const) and one.value == other.value):
        return one
    if isinstance(one, Const) and one.value is None:
        return other
    if isinstance(other, Const) and other.value is None:
        return one
    if isinstance(one, OptimizerValue) and isinstance(other, OptimizerValue) and one.optimizer is other.optimizer:
        return one
    if isinstance(one, SchedulerValue) and isinstance(other, SchedulerValue) and one.scheduler is other.scheduler:
        return one
    if isinstance(one, Const) and isinstance(other, Const):
        return Unknown()
    flat = list(dict.fromkeys((*options(one), *options(other))))
    if len(flat) > MANY:
        flat = list({alike(value): value for value in reversed(flat)}.values())[::-1]
    return Either(tuple(flat))


def alike(value: Value) -> object:
    """Return what a value has in common with those that need not be told apart from it where there are too many."""
    if isinstance(value, Instance):
        return value.cls.node
    return value.path if isinstance(value, Symbol) else value


def options(value: Value) -> tuple[Value, ...]:
    """Return the values that `value` may be."""
    return value.options if isinstance(value, Either) else (value,)


def reachable(value: Value, depth: int = 3) -> list[Value]:
    """Return a value and what can be reached from it in a few steps, each once, the nearest first."""
    found = {value: None}
    level: Iterable[Value] = found
    for _ in range(depth):
        level = dict.fromkeys(held for one in list(level) for held in one.holds() if held not in found)
        found.update(level)
    return list(found)
