"""What a run has done so far, in bounded space: each turn of a loop that differs from those before, once.

A run is a tree of passes over loaders and events. Of a loop every *distinct* turn is kept, together with how things
stood for each optimizer when it was entered; a turn that has been there before is counted and forgotten. So the
history is the model that the source reader builds from text, and the very same rules judge it: anew whenever a turn
is new, which in a steady loop never happens again.

A pass over a loader is a loop, and so are several passes over one loader: an epoch loop. Where something is reached
again and again outside of any pass, that is a loop as well: its head is what comes again first. A loop whose head
comes no more has ended, and another goes on with what still comes again; where the head comes back after all, both are
one turn of its loop.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterator, Sequence

from looplint.runtime_check.folding import steady
from looplint.runtime_check.places import Spot
from looplint.runtime_check.portrait import Portrait, Shown, States
from looplint.runtime_check.turns import Fault, Item, Key, Open, Passed, Turn

from looplint.judge import Verdict, judge
from looplint.model import Event, Function, Op
from looplint.rule import Rule
from looplint.state import State, move

DISTINCT = 48
"""How many turns of one loop may differ before it is given up: a program that never repeats itself has no order."""

SETTLED = 4
"""After so many turns outside of any pass it is believed where one begins."""

LONGEST = 2_000
"""How many events a turn may have; a longer one is none."""


class History:
    """The history of one run.

    Arguments:
        rules: all that a run can tell.
        prepare: is called before the rules are asked, to bring the model's schedulers up to date.
        shown: returns what else the run has shown, given a step of each optimizer.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        prepare: Callable[[], None] = lambda: None,
        shown: Shown = lambda _: (),
    ) -> None:
        self.rules = rules
        self.prepare = prepare
        self.shown = shown
        self.events: list[Event] = []
        self.since: list[int] = []
        self.now = 0
        self.root = Open(None, begun=True)
        self.open: list[Open] = [self.root]
        self.closely = True
        self.suspect = False
        self.given_up = False
        self.passes_seen: dict[int, int] = {}
        self.numbers: dict[Hashable, int] = {}
        self.turned = False
        self._kinds: list[int] = []
        self._kind_numbers: dict[Hashable, int] = {}
        self._states: list[States] = [frozenset()]
        self._state_numbers: dict[States, int] = {frozenset(): 0}
        self._after: dict[tuple[int, tuple[int, ...]], int] = {}
        self._turns: dict[tuple[int | None, Key], Turn] = {}
        self._repeated: dict[tuple[int | None, bool, int, tuple[int, ...]], tuple[Turn, int]] = {}
        self._passed: list[Passed] = []
        self._pass_numbers: dict[Hashable, int] = {}
        self.prologue = Turn((True, 0, ()))

    # -- what happens ------------------------------------------------------------------------------------------------

    def learn(self, key: Hashable, event: Event, place: Hashable = None) -> int:
        """Return the number of an event that was never met before.

        Arguments:
            key: tells it from all others, in `numbers`.
            place: what happens, and where: the same for whichever optimizers it happens to.
        """
        number = self.numbers[key] = len(self.events)
        self.events.append(event)
        self._kinds.append(self._kind_numbers.setdefault(key if place is None else place, number))
        return number

    def add(self, number: int) -> None:
        """An event happens."""
        innermost = self.open[-1]
        if innermost is self.root and self._begins_turn(self._kinds[number]):
            self._turn_ends(innermost)
            innermost.rounds += 1
            self.turned = innermost.rounds >= SETTLED
        self.since.append(number)
        if len(self.since) > LONGEST:
            self.gap()

    def gap(self) -> None:
        """What happens from here to the end of this turn is not seen, and what it leaves is unknown."""
        self.skip()
        for one in self.open:
            one.discard = True

    def skip(self) -> None:
        """Turns were passed over: how things stand is unknown."""
        innermost = self.open[-1]
        self.since.clear()
        fed = {optimizer: State(fed=state.fed) for optimizer, state in self._states[self.now] if state.fed[0]}
        self.now = innermost.entry = self._number_of(frozenset(fed.items()))
        innermost.items = []
        innermost.discard = innermost is self.root

    def enter(self, loader: int, place: Spot) -> Open:
        """A pass over a loader begins with its first batch."""
        innermost = self.open[-1]
        if innermost is self.root and self._begins_turn(-1 - loader):
            self._turn_ends(innermost)
        self._flush(innermost)
        one = Open(loader, place, entry=self.now)
        self.open.append(one)
        self.passes_seen[loader] = self.passes_seen.get(loader, 0) + 1
        return one

    def batch(self, one: Open) -> None:
        """A turn of a pass begins."""
        while self.open[-1] is not one:
            self._leave(self.open[-1])
        if one.begun:
            self._turn_ends(one)
        one.begun = True

    def leave(self, one: Open) -> None:
        """A pass ends."""
        while one in self.open:
            self._leave(self.open[-1])

    def close(self) -> None:
        """The run ends."""
        while self.open[-1] is not self.root:
            self._leave(self.open[-1])
        self._turn_ends(self.root)
        self.judge()

    # -- turns -------------------------------------------------------------------------------------------------------

    def _begins_turn(self, number: int) -> bool:
        """Return whether an event or a pass outside of any pass begins a turn: it has been there before.

        What comes again first is the head of the loop, but a pass goes before any event, and what stood in front of
        the first turn before what stands in it.
        """
        root = self.root
        if number == root.head:
            return True
        if root.head is None:
            rivals = [*map(self._head_of, root.items), *(self._kinds[one] for one in self.since)]
        elif number < 0 <= root.head:
            rivals = [self._head_of(item) for item in self._all_of(root)]
        elif root.head < 0 <= number or not root.before:
            rivals = []
        else:
            rivals = list(map(self._head_of, root.before))
        if number not in rivals:
            return root.head is not None and len(self.since) >= root.patience and self._goes_on_without_head(number)
        self._flush(root)
        items = self._all_of(root)
        index = [self._head_of(item) for item in items].index(number)
        root.before, root.items, root.head, root.first = items[:index], items[index:], number, True
        root.rounds = 0
        for turn in root.turns:
            self._turns.pop((None, turn.key), None)
        self._repeated.clear()
        root.turns = {}
        now, root.entry = self.now, self._replayed(root.before)
        self.now = now
        return True

    def _goes_on_without_head(self, number: int) -> bool:
        """Return whether an event begins a turn of a loop that goes on where the head of the last one comes no more.

        The turns that it has begun since the head came last are counted now, but for the first: that has the head.
        """
        root, since = self.root, self.since
        starts = self._begun_by(number)[1:]
        if not starts:
            return False
        self.since = since[: starts[0]]
        self._turn_ends(root)
        root.before += self._ended(root)
        root.turns, root.head, root.first, root.rounds = {}, number, True, 0
        root.patience *= 2  # two loops that take turns are one in the end
        for start, end in itertools.pairwise([*starts, len(since)]):
            if start != starts[0]:
                self._turn_ends(root)
            self.since = since[start:end]
            root.rounds += 1
        return True

    def _begun_by(self, number: int) -> list[int]:
        """Return where an event has begun turns since the head came last; nowhere where it is not fit to be one.

        Only a backward is, the first behind a step: what clears, or moves a scheduler, may cease as well.
        """
        if number < 0 or self.events[number].op is not Op.BACKWARD:
            return []
        kinds = [self._kinds[one] for one in self.since]
        ops = [op for kind in kinds if (op := self.events[kind].op) in (Op.BACKWARD, Op.STEP)]
        if kinds.count(number) < SETTLED or (Op.STEP in ops and ops[-1] is not Op.STEP):
            return []
        return [index for index, kind in enumerate(kinds) if kind == number]

    def _all_of(self, root: Open) -> list[Item]:
        """Return all that is kept of what happened outside of any pass, in order."""
        return [*root.before, *(item for turn in root.turns for item in turn.key[2]), *root.items]

    def _replayed(self, items: Sequence[Item]) -> int:
        """Return the number of the states behind these items, from the beginning of the run."""
        self.now = 0
        for item in items:
            self.now = self._advanced((item,)) if isinstance(item, int) else item[1]
        return self.now

    def _head_of(self, item: Item) -> int | None:
        return self._kinds[item] if isinstance(item, int) else self._passed[item[0]].head

    def _loader_of(self, item: Item) -> int | None:
        return None if isinstance(item, int) else self._passed[item[0]].loader

    def _flush(self, one: Open) -> None:
        """Move what has happened since the last boundary into the present turn of `one`."""
        if self.since:
            events = tuple(self.since)
            self.since.clear()
            one.items += events
            self.now = self._advanced(events)

    def _advanced(self, events: tuple[int, ...]) -> int:
        """Return the number of the states after these events."""
        known = self._after.get((self.now, events))
        if known is None:
            states = dict(self._states[self.now])
            for number in events:
                event = self.events[number]
                for optimizer in event.optimizers or ():
                    if event.certain:
                        states[optimizer] = move(event, states.get(optimizer, State()))
            known = self._after[self.now, events] = self._number_of(frozenset(states.items()))
        return known

    def _number_of(self, states: States) -> int:
        number = self._state_numbers.setdefault(states, len(self._states))
        if number == len(self._states):
            self._states.append(states)
        return number

    def _turn_ends(self, one: Open) -> None:
        """The present turn of a loop has ended: count it, and where it is new, judge."""
        events = tuple(self.since)
        self.since.clear()
        plain = not one.items and not one.discard
        if plain and (known := self._repeated.get((one.loader, one.first, one.entry, events))) is not None:
            same, self.now = known
            one.entry = self.now
            self._count(one, same)
            return
        before = one.loader, one.first, one.entry, events
        items = steady((*one.items, *events) if one.items else events, self._loader_of)
        key = (one.first, one.entry, items)
        if events:
            self.now = self._advanced(events)
        one.entry = self.now
        if one.items:
            one.items = []
        if one.discard:
            one.discard = False
            one.first = False
            return
        if not items:
            return
        turn = self._turns.get((one.loader, key))
        if turn is None:
            if len(one.turns) >= DISTINCT:
                one.first = False
                self.given_up = True
                return
            turn = self._turns[one.loader, key] = Turn(key)
            one.turns[turn] = None
            one.patience = max(one.patience, 2 * len(events))
            self.judge()
        self._count(one, turn)
        if plain:
            if len(self._repeated) >= LONGEST:
                self._repeated.clear()
            self._repeated[before] = turn, self.now

    def _count(self, one: Open, turn: Turn) -> None:
        """A turn was there, for the first time or again."""
        one.first = False
        one.turns[turn] = None
        turn.times += self.closely
        self.suspect = self.suspect or bool(turn.faults)

    def _leave(self, one: Open) -> None:
        assert one.loader is not None
        self._turn_ends(one)
        self.open.remove(one)
        self.open[-1].items += self._ended(one)

    def _ended(self, one: Open) -> list[Item]:
        """Return what is kept of a loop that has ended; nothing where none of its turns was seen."""
        turns = tuple(one.turns)
        if not turns:
            return []
        head = one.head if one.loader is None else -1 - one.loader
        number = self._pass_numbers.setdefault((one.loader, head, frozenset(turns)), len(self._passed))
        if number == len(self._passed):
            self._passed.append(Passed(one.loader, one.place, turns, one.kind, head))
        return [(number, self.now)]

    # -- what is wrong -------------------------------------------------------------------------------------------------

    def judge(self) -> None:
        """Ask the rules about all that has been there, and note what is wrong with each turn."""
        self.prepare()
        portrait = self._portrait()
        verdicts, _ = judge(portrait.function, self.rules)
        for turn in (self.prologue, *self._turns.values()):
            turn.faults = {}
        for verdict in verdicts:
            of, number = portrait.placed.get(verdict.violation.at, (None, -1))
            if of is not None:
                of.faults[verdict.rule.code, number] = verdict

    def faults(self) -> Iterator[tuple[Fault, Verdict, int]]:
        """Yield what is wrong, with the number of turns in which it was seen closely."""
        found: dict[Fault, tuple[Verdict, int]] = {}
        for turn in (self.prologue, *self._turns.values()):
            for fault, verdict in turn.faults.items():
                known = found.get(fault)
                times = turn.times + self._again(fault[1]) if turn is self.prologue else turn.times
                found[fault] = (known[0] if known else verdict, times + (known[1] if known else 0))
        for fault, (verdict, times) in found.items():
            yield fault, verdict, times

    def _again(self, number: int) -> int:
        """Return how often what happened before the first turn of the loop was seen: with those in the loop."""
        return 1 + sum(turn.times for turn in self.root.turns if number in turn.key[2])

    def function(self) -> Function:
        """Return the run so far as the model has it."""
        return self._portrait().function

    def _portrait(self) -> Portrait:
        return Portrait(self.events, self._states, self._passed, self.open, self.since, self.prologue, self.shown)
