"""The training loop as looplint understands it.

A `Program` holds `Function`s; a function holds a tree of `Block`, `Loop`, `Branch`, `Call`, `Try`, `Jump`, `Store` and
`Event`. A reader builds it: the source reader from code, an observer from a run. Calls stand in the tree expanded: a
helper called from two places is there twice, each time with its arguments bound, so that an event knows every loop
that it runs in. Nothing here imports anything of ours, LibCST or torch.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TypeAlias

Place: TypeAlias = Hashable
"""Where something stands. Only the reader that made it can turn it into a line and a column."""

Network: TypeAlias = tuple[Hashable, ...]
"""Who owns parameters: where the name is bound, the name, and the attributes that lead to the part; or an object."""


class Op(Enum):
    """What a training loop can do that a rule cares about."""

    BUILD = "build"  # the optimizer is constructed
    REBIND = "rebind"  # the variable of the optimizer receives something nobody can see
    BACKWARD = "backward"  # gradients are computed and added to `.grad`
    CLEAR = "clear"  # gradients are reset to None or zeros
    STEP = "step"  # the optimizer applies the gradients
    SCHEDULE = "schedule"  # a scheduler moves
    READ = "read"  # `.grad` is looked at by hand
    WRITE = "write"  # `.grad` is filled by hand
    CHANGE = "change"  # what is in `.grad` is changed by hand, as by scaling it
    LOSS = "loss"  # a loss is computed
    OPAQUE = "opaque"  # code nobody can see runs; it may have run a backward
    ESCAPE = "escape"  # code nobody can see has the optimizer; it may have done anything to it
    UNCALLED = "uncalled"  # a method is named but not called


class Cadence(Enum):
    """How often a scheduler is meant to move."""

    EPOCH = "epoch"
    STEP = "step"
    UNKNOWN = "unknown"


class LoopKind(Enum):
    """What one turn of a loop is."""

    EPOCH = "epoch"
    BATCH = "batch"
    MICRO_BATCH = "micro-batch"
    OTHER = "other"


class JumpKind(Enum):
    """The statements that leave a block early."""

    BREAK = "break"
    CONTINUE = "continue"
    RETURN = "return"
    RAISE = "raise"


@dataclass(frozen=True)
class Item:
    """One of a list or dict of optimizers that is not seen as a whole.

    Arguments:
        container: which (an identity of the reader).
        index: where in it; empty where it may be any.
    """

    container: Hashable
    index: str = ""

    def may_be(self, other: Item) -> bool:
        return self.container == other.container and ("" in (self.index, other.index) or self.index == other.index)


@dataclass(eq=False)
class Optimizer:
    """One optimizer of a program.

    Arguments:
        name: as the user writes it, such as `self.optimizer`.
        networks: what owns its parameters (identities of the reader); empty where unknown.
        item: which of a list it is, where it is one of a list.
        kind: the class that built it, such as `SGD`; empty where unknown.
        loose: it is reached through an item of something nobody can see into, so that it may be any other, too.
        moves: somewhere in the text it steps by its name, or may; whether that ever runs nobody knows.
    """

    name: str
    networks: frozenset[Network] = frozenset()
    item: Item | None = None
    kind: str = ""
    loose: bool = False
    moves: bool = True

    def __repr__(self) -> str:
        return f"Optimizer({self.name})"


@dataclass(eq=False)
class Scheduler:
    """One learning-rate scheduler of a program.

    Arguments:
        name: as the user writes it.
        kind: the class or factory that built it, such as `StepLR`; empty where unknown.
        cadence: how often it is meant to move, from its class and its arguments.
        optimizer: whose learning rate it sets; None where unknown.
        managed: a framework decides when a call takes effect.
        evidence: what told the cadence, such as `step_size=30`; empty where the class alone did.
        stated: words told it, such as `epochs` or `len(loader)`, and not the size of a number.
        instead: the optimizer over the same parameters that a run has seen step where `optimizer` never did.
    """

    name: str
    kind: str = ""
    cadence: Cadence = Cadence.UNKNOWN
    optimizer: Optimizer | None = None
    managed: bool = False
    evidence: str = ""
    stated: bool = False
    instead: Optimizer | None = None

    def turns_with(self, loop: Loop) -> bool:
        """Return whether it counts the very turns of a loop: its horizon, such as `max_iters`, is where that ends."""
        horizon = self.evidence.partition("=")[2]
        return bool(horizon) and re.search(rf"(?<![\w.]){re.escape(horizon)}(?![\w.])", loop.text) is not None


@dataclass(eq=False)
class Node:
    """Anything in the tree; `parent` is set by the node that holds it."""

    parent: Node | None = field(default=None, init=False, repr=False)

    def children(self) -> tuple[Node, ...]:
        """Return what this node holds, in the order of the text; it never changes."""
        return ()

    @cached_property
    def eventful(self) -> bool:
        """Whether an event is in this node."""
        return isinstance(self, Event) or any(child.eventful for child in self.children())

    @cached_property
    def jumps(self) -> bool:
        """Whether a jump is in this node."""
        return isinstance(self, Jump) or any(child.jumps for child in self.children())

    def adopt(self) -> None:
        for child in self.children():
            child.parent = self

    def ancestors(self) -> Iterator[Node]:
        """Yield what this node stands in, innermost first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def loops(self) -> list[Loop]:
        """Return the loops around this node, innermost first."""
        return [node for node in self.ancestors() if isinstance(node, Loop)]

    def following(self, *ops: Op) -> Iterator[Event]:
        """Yield the events that run after this node in the turn of the innermost loop, or in the function."""
        return self.following_in(next(iter(self.loops()), None), *ops)

    def following_in(self, loop: Loop | None, *ops: Op) -> Iterator[Event]:
        """Yield the events that run after this node in the turn of `loop`, or in the function for None."""
        node: Node = self
        for parent in self.ancestors():
            if parent is loop:
                return
            if isinstance(parent, Block):
                after = parent.nodes[parent.nodes.index(node) + 1 :]
                for sibling in after:
                    yield from sibling.events(*ops)
            node = parent

    def preceding(self) -> Iterator[Node]:
        """Yield what stands before this node in the blocks around it, with all that it holds."""
        node: Node = self
        for parent in self.ancestors():
            if isinstance(parent, Block):
                for sibling in parent.nodes[: parent.nodes.index(node)]:
                    yield from sibling.walk()
            node = parent

    def events(self, *ops: Op) -> Iterator[Event]:
        """Yield the events in this node in the order of the text; of these kinds only, where any are given."""
        for node in self.walk():
            if isinstance(node, Event) and (not ops or node.op in ops):
                yield node

    def walk(self) -> Iterator[Node]:
        """Yield this node and all that it holds, in the order of the text."""
        stack: list[Node] = [self]
        while stack:
            node = stack.pop()
            yield node
            held = node.children()
            if held:
                stack.extend(held[::-1])

    def stored(self) -> frozenset[Hashable]:
        """Return the names that are stored anywhere in this node."""
        return frozenset().union(*(node.names for node in self.walk() if isinstance(node, Store)))


@dataclass(eq=False)
class Event(Node):
    """Something happens.

    Arguments:
        op: what.
        place: where.
        text: the user's own words, such as `optimizer.step()`.
        optimizers: to which optimizers; None means to every one.
        scheduler: the scheduler that moves (`SCHEDULE`), or whose method it is (`UNCALLED`).
        networks: whose gradients a `CLEAR` through a model resets; empty means unknown.
        inner: what these networks were made from by code nobody can see, so that it may reset those as well.
        perhaps: whose gradients it may reset besides, as code nobody can see may have joined the networks.
        certain: whether it surely reaches those optimizers. An uncertain one may or may not have happened to them; an
            uncertain `OPAQUE` had no data to train on, an uncertain `LOSS` may have been computed by unseen code.
        method: which method was not called (`UNCALLED`), given an explicit epoch (`SCHEDULE`), or a closure (`STEP`).
        setting: which setting tells a framework how often it happens, such as `interval`; empty where a call does it.
        vain: all that runs between the clear of its optimizer and this `STEP` is in sight, and no backward.
        whose: where the optimizer that steps is named, as `optimizer` is in `scaler.step(optimizer)` (`STEP` only).
        needs: what a method has to be given when it is called, such as `metric` (`UNCALLED` only).
        part: the loss is divided by the number of batches, or of all that is in them: it is one part of a mean over
            all the data (`BACKWARD` only).
    """

    op: Op
    place: Place
    text: str = ""
    optimizers: frozenset[Optimizer] | None = None
    scheduler: Scheduler | None = None
    networks: frozenset[Network] = frozenset()
    inner: frozenset[Network] = frozenset()
    perhaps: frozenset[Network] = frozenset()
    certain: bool = True
    method: str = ""
    setting: str = ""
    vain: bool = False
    whose: Place = None
    needs: str = ""
    part: bool = False

    def touches(self, optimizer: Optimizer) -> bool:
        return self.optimizers is None or optimizer in self.optimizers

    def conditions(self, within: Node) -> Iterator[Branch]:
        """Yield the branches between this event and the node `within`, innermost first."""
        for node in self.ancestors():
            if node is within:
                return
            if isinstance(node, Branch):
                yield node

    def goes_with(self, other: Event) -> bool:
        """Return whether it happens in every turn in which another event does: no condition or exception is its own."""
        common = set(other.ancestors())
        apart = [self, *itertools.takewhile(lambda node: node not in common, self.ancestors())]
        outer = next((node for node in self.ancestors() if node in common), None)
        pairs = itertools.pairwise([*apart, outer])
        return not any(
            isinstance(holder, Branch) or (isinstance(holder, Try) and node in holder.handlers)
            for node, holder in pairs
        )


@dataclass(eq=False)
class Block(Node):
    """Nodes that run one after the other."""

    nodes: tuple[Node, ...] = ()

    def __post_init__(self) -> None:
        self.adopt()

    def children(self) -> tuple[Node, ...]:
        return self.nodes


@dataclass(frozen=True)
class Condition:
    """A test whose value stays the same until a name in it is stored.

    Arguments:
        key: equal keys are equal tests.
        names: what it depends on.
        once: it holds in one turn only, as `i == 0` does.
    """

    key: Hashable
    names: frozenset[Hashable]
    once: bool = False


@dataclass(eq=False)
class Branch(Node):
    """One of several arms runs. With a condition: the first arm where it holds, the second where it does not."""

    arms: tuple[Block, ...]
    condition: Condition | None = None

    def __post_init__(self) -> None:
        self.adopt()

    def children(self) -> tuple[Node, ...]:
        return self.arms

    def arm_of(self, event: Event) -> int | None:
        """Return which arm an event stands in, if any."""
        around = set(event.ancestors())
        return next((index for index, arm in enumerate(self.arms) if arm in around), None)

    def varies_in(self, loop: Loop) -> bool:
        """Return whether the arm taken can differ from one turn of `loop` to the next."""
        return self.condition is None or not self.condition.names.isdisjoint(loop.stores)


@dataclass(eq=False)
class Loop(Node):
    """A loop.

    Arguments:
        turns: what one turn does. Source has the same body twice, so that what wraps round is seen; a run has each.
        place: the place of its head.
        text: its head, such as `for x, y in loader`.
        kind: what one turn is.
        loader: it surely iterates a DataLoader.
        endless: it ends only by `break`, `return` or an exception.
        stores: the names that a turn stores.
        orelse: what runs when it ends without `break`.
    """

    turns: tuple[Block, ...]
    place: Place
    text: str = ""
    kind: LoopKind = LoopKind.OTHER
    loader: bool = False
    endless: bool = False
    stores: frozenset[Hashable] = frozenset()
    orelse: Block = field(default_factory=Block)

    def __post_init__(self) -> None:
        self.adopt()

    @property
    def body(self) -> Block:
        """What a turn does; where turns differ, the first."""
        return self.turns[0] if self.turns else Block()

    def children(self) -> tuple[Node, ...]:
        return (*dict.fromkeys(self.turns), self.orelse)

    def own(self, *ops: Op) -> Iterator[Event]:
        """Yield the events of this loop that stand in no loop inside it."""
        for event in self.events(*ops):
            loops = event.loops()
            if loops and loops[0] is self:
                yield event

    def has(self, op: Op, optimizer: Optimizer) -> bool:
        return any(event.touches(optimizer) for event in self.events(op))

    def can_end_behind(self, event: Event) -> bool:
        """Return whether a turn can end the loop behind an event, by `break` or `return`.

        It may then search for the turn that counts: what its last one leaves is what it is there for.
        """
        inside = {node for node in self.walk() if node is not self}
        ends = (JumpKind.BREAK, JumpKind.RETURN)
        jumps = (node for node in self.body.walk() if isinstance(node, Jump) and node.kind in ends)
        return any(jump.target() not in inside and event in jump.preceding() for jump in jumps)

    def outer(self, kind: LoopKind) -> Loop | None:
        """Return the nearest loop of this kind around this one."""
        return next((loop for loop in self.loops() if loop.kind is kind), None)


@dataclass(eq=False)
class Call(Node):
    """A call that was followed: `return` inside ends here."""

    name: str
    body: Block
    place: Place = None

    def __post_init__(self) -> None:
        self.adopt()

    def children(self) -> tuple[Node, ...]:
        return (self.body,)


@dataclass(eq=False)
class Try(Node):
    """A try statement."""

    body: Block
    handlers: tuple[Block, ...] = ()
    orelse: Block = field(default_factory=Block)
    final: Block = field(default_factory=Block)

    def __post_init__(self) -> None:
        self.adopt()

    def children(self) -> tuple[Node, ...]:
        return (self.body, *self.handlers, self.orelse, self.final)


@dataclass(eq=False)
class Jump(Node):
    """A statement that leaves a block early."""

    kind: JumpKind

    def target(self) -> Node | None:
        """Return the loop, for `return` the call, that it goes on with or leaves; None where that is the function."""
        sought = Call if self.kind is JumpKind.RETURN else Loop
        return next((node for node in self.ancestors() if isinstance(node, sought)), None)


@dataclass(eq=False)
class Store(Node):
    """Names are stored: what was known of conditions on them is forgotten."""

    names: frozenset[Hashable]


@dataclass(eq=False)
class Function(Node):
    """Something that is read on its own: a module, or a function that nothing in the program calls.

    Arguments:
        name: its name; empty for the module itself.
        body: what it does, with the calls it makes expanded.
        place: where it is defined.
        unread: why parts of it were not judged, for `--verbose`.
        observed: it is what a run has done, and not what a text may do.
        shown: what else a run has shown, for the rules that ask for it.
    """

    name: str
    body: Block
    place: Place = None
    unread: tuple[str, ...] = ()
    observed: bool = False
    shown: tuple[object, ...] = ()

    def __post_init__(self) -> None:
        self.adopt()

    def children(self) -> tuple[Node, ...]:
        return (self.body,)

    def optimizers(self) -> list[Optimizer]:
        """Return the optimizers that are built, cleared or stepped in it, in order of appearance."""
        named = (event.optimizers or () for event in self.events(Op.BUILD, Op.STEP, Op.CLEAR, Op.UNCALLED))
        return list(dict.fromkeys(sorted_by_name(named)))

    def all_loops(self) -> list[Loop]:
        """Return every loop in it that holds an event, outermost first."""
        found: dict[Loop, None] = {}
        for event in self.events():
            found.update(dict.fromkeys(reversed(event.loops())))
        return list(found)


def sorted_by_name(groups: Iterator[frozenset[Optimizer] | tuple[()]]) -> Iterator[Optimizer]:
    """Yield the optimizers of each group by name, so that results do not depend on hashing."""
    for group in groups:
        yield from sorted(group, key=lambda optimizer: optimizer.name)


@dataclass
class Program:
    """All that was read of one file, or of one run."""

    functions: list[Function] = field(default_factory=list)
