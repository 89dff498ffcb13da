"""Reads a source into a program: the module, and every function that nothing in it calls, each on its own."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import libcst as cst

from looplint.model import Event, Function, Loop, Network, Optimizer, Program
from looplint.source import definitions as _definitions  # noqa: F401  (registers the handlers of definitions)
from looplint.source import expressions as _expressions  # noqa: F401  (registers the handlers of expressions)
from looplint.source import statements as _statements  # noqa: F401  (registers the handlers of statements)
from looplint.source.configured import read_as_configured
from looplint.source.follow import bind_unknown
from looplint.source.frame import Frame, as_block
from looplint.source.frameworks import Framework
from looplint.source.imports import Imports
from looplint.source.launch import read_as_turn
from looplint.source.loops import settle_kinds
from looplint.source.module import STORED, WORDS, Module
from looplint.source.parse import Source
from looplint.source.project import Project
from looplint.source.roles import optimizers_of
from looplint.source.scope import Scope
from looplint.source.tree import holds_yield, statements, stored_names
from looplint.source.values import (
    ClassValue,
    Const,
    FunctionValue,
    Given,
    Instance,
    OptimizerValue,
    SchedulerValue,
    Symbol,
    Unknown,
    Value,
    networks_inside,
    reachable,
)

STATEMENTS = 60_000
"""How many statements are read for one function, with all that it calls, before it is given up."""

KEEPS = re.compile(r"\bself\.\w+\.append\(|\bgetattr\([\w.]+,\s*[A-Za-z_]")
"""A method that keeps what it is given in a list of the object, or calls a method by the name that it is given."""

FAR, FAR_IN_ALL = 4_000, 20_000
"""How many statements of other files are read for one function, and for one file, before theirs is unseen code."""


class TooLong(Exception):
    """A function, with all that it calls, is too long to be read."""


class Reader:
    """What is known of one file, and of those that its code leads to, while it is read.

    Arguments:
        source: the file.
        project: finds the files that its imports lead to.
        path: the absolute path of the file, where imports start from; empty where they lead nowhere.

    Attributes:
        lent: the optimizers whose gradients may be cleared at any time, by a hook or a step that was replaced.
    """

    def __init__(self, source: Source, project: Project | None = None, path: str = "") -> None:
        self.source = source
        self.imports = Imports(self, project or Project())
        self.module = Module(source.text, source.filename, path, source.outline)
        self.scope = self.imports.scope_of(self.module)
        self.entered: set[cst.CSTNode] = set()
        self.arms: list[int] = []  # when each of the branches around began to be read
        self.looped: dict[cst.CSTNode, Framework] = {}
        self.named_batches: set[Loop] = set()
        self.literal_loops: set[Loop] = set()
        self.buffers: set[Value] = set()
        self.lent: set[Optimizer] = set()
        self._defined: list[FunctionValue] = []
        self._known: set[cst.CSTNode] = set()
        self._texts: dict[cst.CSTNode, str] = {}
        self._words: dict[cst.CSTNode, frozenset[str]] = {}
        self._attributes: dict[cst.CSTNode, frozenset[str]] = {}
        self._stores_again: dict[tuple[cst.CSTNode, str], bool] = {}
        self._yields: dict[cst.CSTNode, bool] = {}
        self._stored: dict[cst.CSTNode, set[str]] = {}
        self._instances: dict[cst.CSTNode, Instance] = {}
        self._met: dict[Network, frozenset[Network]] = {}
        self._escapes: list[tuple[Event, list[Instance | Symbol]]] = []
        self._unread: list[str] = []
        self._spent = self._far = self._far_in_all = 0
        self._program = Program()

    # -- the program -------------------------------------------------------------------------------------------------

    def read(self) -> Program:
        """Return the module and the functions that nothing calls, in the order of the text."""
        self._root("", self.source.module, lambda frame: frame.run(statements(self.source.module)))
        counts = Counter(WORDS.findall(self.source.text))
        named_once = [one for one in self._defined if counts[last(one)] <= 1]
        for function in self._growing(named_once):
            if function.node not in self.entered:
                self._root(function.name, function.node, partial(self._alone, function))
        return self._program

    def _growing(self, first: list[FunctionValue]) -> Iterator[FunctionValue]:
        """Yield these functions, then every other one, also those that reading the former defines."""
        yield from first
        for index in itertools.count():
            if index >= len(self._defined):
                return
            yield self._defined[index]

    def _root(self, name: str, place: cst.CSTNode, read: Callable[[Frame], None]) -> None:
        self._spent, self._far, self._unread, self._escapes = 0, 0, [], []
        frame = Frame(self, self.scope, self.source)
        try:
            read(frame)
        except TooLong:
            self._unread.append(f"{name or 'the module'} is too long to be read with all that it calls")
            frame.out = []
        function = Function(name, as_block(frame.out), frame.at(place))
        self._late_escapes()
        settle_kinds(function, self.named_batches, self.literal_loops)
        function.unread = tuple(dict.fromkeys(self._unread))
        if function.unread or next(function.events(), None) is not None:
            self._program.functions.append(function)

    def _alone(self, function: FunctionValue, frame: Frame) -> None:
        self.entered.add(function.node)
        if not self.matters(function, ()):
            return
        if read_as_turn(function, self, frame) or read_as_configured(function, self, frame):
            return
        if function.owner is not None:
            function = function.bind(self.instance_of(function.owner))
        inner = Frame.of(function, self)
        bind_unknown(function, inner)
        inner.out = frame.out
        inner.run(statements(function.body))

    def instance_of(self, cls: ClassValue) -> Instance:
        """Return the object that `self` is in the methods of a class that are read on their own.

        Its attributes are those that `__init__`, and then every other method, stores.
        """
        found = self._instances.get(cls.node)
        if found is not None:
            return found
        instance = self._instances[cls.node] = Instance(cls, Scope.of_object(cls))
        members = [m for one in cls.lineage() for m in one.members.values() if isinstance(m, FunctionValue)]
        entered = set(self.entered)
        for member in sorted(members, key=lambda one: one.name.rpartition(".")[2] != "__init__"):
            if re.search(r"\bself\.\w+[^=\n]*=[^=]", self.text(member)) and self.matters(member, ()):
                bound = member.bind(instance)
                inner = Frame.of(bound, self)
                bind_unknown(bound, inner)
                known = dict(instance.attributes.names)
                inner.run(statements(member.body))
                instance.attributes.names.update(known)
        self.entered = entered
        return instance

    # -- what the handlers ask ---------------------------------------------------------------------------------------

    def spend(self, source: Source) -> None:
        """Count a statement of a text that is read.

        Raises:
            TooLong: it is one too many.
        """
        self._spent += 1
        if source.filename != self.source.filename:
            self._far += 1
            self._far_in_all += 1
        if self._spent > STATEMENTS:
            raise TooLong

    def reaches(self, function: FunctionValue) -> bool:
        """Return whether a function is near enough to be read: in this file, or in one of those not yet worn out."""
        near = function.source.filename == self.source.filename
        return near or (self._far < FAR and self._far_in_all < FAR_IN_ALL)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Read something that is no part of the function that is read: it costs it nothing."""
        before = self._spent, self._unread, set(self.entered)
        self._spent, self._unread = 0, []
        try:
            yield
        except TooLong:
            pass
        finally:
            self._spent, self._unread, self.entered = before

    def define(self, function: FunctionValue) -> None:
        if function.source is self.source and function.node not in self._known:
            self._known.add(function.node)
            self._defined.append(function)

    def functions(self) -> list[FunctionValue]:
        """Return the functions and methods that are known so far."""
        return list(self._defined)

    def give_up(self, why: str) -> None:
        self._unread.append(why)

    def text(self, defined: FunctionValue | ClassValue) -> str:
        node = defined.node
        if node not in self._texts:
            self._texts[node] = defined.scope.module.definition(node, defined.name)
        return self._texts[node]

    def matters(self, function: FunctionValue, given: Iterable[Given]) -> bool:
        """Return whether a function can have to do with training: by its words, or those of what it calls.

        A method that is given an object may keep it, such as a hook, and call a method of it later, by a name.
        """
        if any(isinstance(one.value, FunctionValue | OptimizerValue | SchedulerValue) for one in given):
            return True
        text = self.text(function)
        if function.owner is not None and "getattr(self" in text:
            return True  # it may call any method
        told = isinstance(function.receiver, Instance) and any(isinstance(one.value, Instance | Const) for one in given)
        if told and KEEPS.search(text):
            return True
        return self.imports.matters(text, function.scope.module)

    def assigns_attribute(self, cls: ClassValue, name: str) -> bool:
        """Return whether a class stores `self.name` somewhere."""
        return any(name in self._assigned(one) for one in cls.lineage())

    def stores_again(self, cls: ClassValue, name: str) -> bool:
        """Return whether an attribute is stored in more than one place: of its class, or by others that have it."""
        if (cls.node, name) not in self._stores_again:
            lineage = list(cls.lineage())
            own = [base for one in lineage for base in bases_stored(name, self.text(one)) if base == "self."]
            modules = dict.fromkeys((*(one.scope.module for one in lineage), self.module))
            apart = (one.text for one in modules if one.text.count(f".{name}") > one.text.count(f"self.{name}"))
            others = (base for text in apart for base in bases_stored(name, text))
            self._stores_again[cls.node, name] = len(own) > 1 or any(base != "self." for base in others)
        return self._stores_again[cls.node, name]

    def _assigned(self, cls: ClassValue) -> frozenset[str]:
        if cls.node not in self._attributes:
            self._attributes[cls.node] = frozenset(re.findall(r"\bself\.(\w+)\b(?=[^=(\n]*=[^=])", self.text(cls)))
        return self._attributes[cls.node]

    def yields(self, function: FunctionValue) -> bool:
        """Return whether a function is a generator."""
        if function.node not in self._yields:
            in_text = "yield" in self.text(function) and not isinstance(function.node, cst.Lambda)
            self._yields[function.node] = in_text and holds_yield(function.whole.node)
        return self._yields[function.node]

    def stored_names(self, node: cst.CSTNode, source: Source) -> set[str]:
        """Return the names that a node of a text stores; looked up once for each node."""
        if node not in self._stored:
            self._stored[node] = stored_names(node, in_expressions=":=" in source.text)
        return self._stored[node]

    def reachable_optimizers(self, value: Value) -> Iterator[Optimizer]:
        """Yield the optimizers that somebody who is given `value` can get at."""
        for one in reachable(value):
            if isinstance(one, Const):
                continue
            yield from optimizers_of(one)
            if isinstance(one, Symbol):
                if not one.scope.optimizers:
                    continue
                inside = f"{one.path}."
                yield from (o for path, o in one.scope.optimizers.items() if path.startswith((inside, f"{one.path}[")))
            if isinstance(one, Instance):
                yield from one.attributes.optimizers.values()
            if isinstance(one, FunctionValue):
                for word in self._words_of(one):
                    captured = one.scope.find(word)
                    if isinstance(captured, OptimizerValue | Symbol):
                        yield from optimizers_of(captured)

    def _words_of(self, function: FunctionValue) -> frozenset[str]:
        if function.node not in self._words:
            self._words[function.node] = frozenset(WORDS.findall(self.text(function)))
        return self._words[function.node]

    def meet(self, *values: Value) -> None:
        """Remember that several networks were given to one another: one of them may be a part of another by now."""
        found = [networks for one in values if (networks := part_of_networks(one))]
        if len(found) > 1:
            together = frozenset().union(*found)
            for network in together:
                self._met[network[:2]] = self._met.get(network[:2], frozenset()) | together

    def joined(self, networks: frozenset[Network]) -> frozenset[Network]:
        """Return the networks that may have become parts of others."""
        return frozenset().union(*(self._met.get(one[:2], ()) for one in networks)) - networks

    def note_escape(self, event: Event, held: Sequence[Instance | Symbol]) -> None:
        """Remember that objects escaped: which optimizers they hold is known only when the function has been read."""
        if held:
            self._escapes.append((event, list(held)))

    def _late_escapes(self) -> None:
        known: dict[Instance | Symbol, frozenset[Optimizer]] = {}  # the same few objects escape again and again
        for event, held in self._escapes:
            for one in held:
                if one not in known:
                    known[one] = frozenset(self.reachable_optimizers(one))
            event.optimizers = (event.optimizers or frozenset()).union(*(known[one] for one in held))

    def note_buffers(self, value: Value) -> None:
        """Remember what a gradient was made of by hand: to zero that is to clear it, where it is a view."""
        if value not in self.buffers and isinstance(value, Unknown | Symbol):
            self.buffers.add(value)
            for one in value.made_from if isinstance(value, Unknown) else ():
                self.note_buffers(one)

    def note_stored(self, container: Symbol, value: Value) -> None:
        """`optimizers.append(optimizer)` on a list that came from elsewhere."""
        for optimizer in optimizers_of(value):
            container.scope.optimizers.setdefault(f"{container.path}[*]", optimizer)


def part_of_networks(value: Value) -> frozenset[Network]:
    """Return the networks among what a call was given, and those that it is a part of by its name."""
    if isinstance(value, Symbol) and (head := value.scope.symbols.get(re.split(r"[.\[]", value.path)[0])) is not None:
        return value.networks() if head.owns_parameters else networks_inside(value)
    return networks_inside(value)


def bases_stored(name: str, text: str) -> list[str]:
    """Return of what an attribute of a name is stored in a text, such as `self.`, each time that it is."""
    return re.findall(STORED.format(name), text, re.MULTILINE) if f".{name}" in text else []


def last(defined: FunctionValue | ClassValue) -> str:
    return defined.node.name.value if not isinstance(defined.node, cst.Lambda) else ""
