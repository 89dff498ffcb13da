"""The model of a run so far, as the rules judge it, made of what its history keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from looplint.runtime_check.folding import folded
from looplint.runtime_check.places import NOWHERE
from looplint.runtime_check.turns import Item, Open, Passed, Turn

from looplint.model import Block, Event, Function, Loop, LoopKind, Node, Op, Optimizer
from looplint.state import Resumed, State

States: TypeAlias = "frozenset[tuple[Optimizer, State]]"
"""How things stand for each optimizer."""

Shown: TypeAlias = "Callable[[dict[Optimizer, Event]], Iterable[object]]"
"""Returns what else a run has shown, given a step of each optimizer."""


class Portrait:
    """A run so far.

    Arguments:
        events, states, passed: what the numbers in turns stand for.
        running: the loops that are being run, outermost first; the first is what is outside of any pass.
        since: what has happened since the last boundary.
        prologue: the turn that stands for what was before the first one outside of any pass.
        shown: what else the run has shown.

    Attributes:
        placed: the events of the model, each with the turn in which it is and the number of what it stands for.
        function: the run as a function.
    """

    def __init__(
        self,
        events: Sequence[Event],
        states: Sequence[States],
        passed: Sequence[Passed],
        running: Sequence[Open],
        since: Sequence[int],
        prologue: Turn,
        shown: Shown,
    ) -> None:
        self.events = events
        self.states = states
        self.passed = passed
        self.running = running
        self.since = since
        self.placed: dict[Event, tuple[Turn | None, int]] = {}
        self._left_out: list[tuple[Resumed, States]] = []
        self.function = self._drawn(prologue, shown)

    def _drawn(self, prologue: Turn, shown: Shown) -> Function:
        root = self.running[0]
        if root.head is None:
            nodes = [*(node for turn in root.turns for node in self._nodes(turn.key[2], turn)), *self._present(0)]
        else:
            nodes = [*self._nodes(root.before, prologue), self._loop_of(0)]
        function = Function("", Block(tuple(nodes)), observed=True)
        instances: dict[Event, Event] = {}
        steps: dict[Optimizer, Event] = {}
        for event, (turn, number) in self.placed.items():
            instances.setdefault(self.events[number], event)
            if event.op is Op.STEP and turn is not None:
                for optimizer in event.optimizers or ():
                    steps.setdefault(optimizer, event)
        function.shown = tuple(shown(steps))
        for resumed, states in self._left_out:
            resumed.states = {optimizer: located(state, instances) for optimizer, state in states}
        return function

    def _loader_of(self, item: Item) -> int | None:
        return None if isinstance(item, int) else self.passed[item[0]].loader

    def _loop_of(self, depth: int) -> Loop:
        """Return a loop that is being run, with what its present turn has done so far."""
        one = self.running[depth]
        blocks = [self._block(turn) for turn in one.turns]
        if present := self._present(depth):
            blocks.append(Block((self._resumed(one.entry), *present)))
        return drawn(one, blocks)

    def _present(self, depth: int) -> list[Node]:
        """Return what the present turn of a loop has done so far."""
        last = depth == len(self.running) - 1
        nodes = self._nodes((*self.running[depth].items, *(self.since if last else ())), None)
        return nodes if last else [*nodes, self._loop_of(depth + 1)]

    def _block(self, turn: Turn) -> Block:
        _, entry, items = turn.key
        return Block((self._resumed(entry), *self._nodes(items, turn)))

    def _nodes(self, items: Sequence[Item], turn: Turn | None) -> list[Node]:
        nodes: list[Node] = []
        for item in folded(items, self._loader_of):
            if isinstance(item, int):
                nodes.append(self._event(item, turn))
            elif isinstance(item, list):
                blocks = tuple(Block(tuple(self._nodes(part, turn))) for part in item)
                nodes.append(Loop(blocks, NOWHERE, kind=LoopKind.OTHER))
            else:
                one = self.passed[item[0]]
                nodes += [drawn(one, map(self._block, one.turns)), self._resumed(item[1])]
        return nodes

    def _event(self, number: int, turn: Turn | None) -> Event:
        seen = self.events[number]
        event = Event(
            seen.op, seen.place, seen.text, seen.optimizers, seen.scheduler, certain=seen.certain, method=seen.method
        )
        self.placed[event] = (turn, number)
        return event

    def _resumed(self, states: int) -> Node:
        resumed = Resumed({})
        self._left_out.append((resumed, self.states[states]))
        return resumed


def drawn(one: Open | Passed, blocks: Iterable[Block]) -> Loop:
    """Return a loop of the model, given its turns."""
    return Loop(tuple(blocks), one.place, text=one.place.text, kind=one.kind, loader=one.loader is not None)


def located(state: State, instances: dict[Event, Event]) -> State:
    """Return a state with the events it remembers as they stand in the model."""
    pending = frozenset(instances.get(event, event) for event in state.pending)
    cause = None if state.cause is None else instances.get(state.cause, state.cause)
    return state._replace(pending=pending, cause=cause)
