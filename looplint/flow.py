"""Walks a function of the model with sets of states, one optimizer at a time.

No paths are enumerated: a set of states goes in at the top, each event moves every state by the law, branches take
their share, and what comes together is merged. A loop is walked turn by turn; from source it has its body twice, so
that what wraps round is seen. What arrives at a step is kept by the step and the turns it was reached in, and
`looplint.judge` asks whether *all* of it violates a rule: universal over paths, existential over calling contexts.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from looplint.attribution import meant, reach, sharing, steps_for
from looplint.law import Gradients, ScheduleStep, Step
from looplint.model import (
    Block,
    Branch,
    Call,
    Condition,
    Event,
    Function,
    Jump,
    JumpKind,
    Loop,
    Node,
    Op,
    Optimizer,
    Store,
    Try,
)
from looplint.state import (
    NO_EVENTS,
    NOT_HIDDEN,
    NOTHING,
    Resumed,
    State,
    States,
    called_again,
    forget,
    move,
    outside,
    pop,
    split,
    without,
)

BUDGET = 400_000
"""How many states may pass through events before a function is given up as too branchy."""

MANY = 128
"""From this many states on, conditions are no longer told apart: more states, all of them weaker."""

Turns = tuple[int, ...]
Shown = TypeVar("Shown")


class TooManyStates(Exception):
    """The function branches too much to be judged."""


@dataclass
class Leaving:
    """The states that leave a node: at its end, and by each kind of jump."""

    end: States = NOTHING
    jumps: dict[JumpKind, States] = field(default_factory=dict)

    def jumped(self, kind: JumpKind) -> States:
        return self.jumps.get(kind, NOTHING)

    def add(self, jumps: dict[JumpKind, States], *caught: JumpKind) -> None:
        """Take over the jumps of a part, except those that are caught here."""
        for kind, states in jumps.items():
            if kind not in caught and states:
                self.jumps[kind] = self.jumped(kind) | states


class Walk:
    """One walk through one function for one optimizer.

    Results:
        steps, schedules: what arrives at each event, by the event and the turns of the loops it was reached in.
        uses: for each backward the events that may use its gradients.
        clears: which backwards wait unapplied at each clear, in each state that arrives.
    """

    def __init__(self, function: Function, optimizer: Optimizer, schedule_of: Callable[[Event], Optimizer | None]):
        self.function = function
        self.optimizer = optimizer
        self.schedule_of = schedule_of
        self.alone = function.optimizers() == [optimizer]
        self.steps: dict[tuple[Event, Turns], dict[Step, None]] = {}
        self.schedules: dict[tuple[Event, Turns], dict[ScheduleStep, None]] = {}
        self.clears: dict[tuple[Event, Turns], list[frozenset[Event]]] = {}
        self.uses: dict[Event, set[Event]] = defaultdict(set)
        self._budget = BUDGET
        self._turns: list[int] = []
        self._loops: list[Loop] = []
        self._raised: list[set[State]] = []
        self._followed: dict[Event, Event | None] = {}
        self._reached = {
            event: reached
            for event in function.events()
            if (reached := reach(event, optimizer, self.alone)) is not False
        }
        self._shared = {
            event: Condition(("shared with", others), frozenset())
            for event in self._reached
            if (others := sharing(event, optimizer))
        }
        self._position = {event: index for index, event in enumerate(self._reached)}
        jumps = [node for node in function.walk() if isinstance(node, Jump)]
        self._holding = {id(node) for one in (*self._reached, *jumps) for node in (one, *one.ancestors())}
        self._meant = {
            event
            for event in self._reached
            if event.op is Op.BACKWARD and self._reached[event] and optimizer in meant(event, function)
        }
        self._fed_in_run = function.observed and any(event.op in (Op.BACKWARD, Op.WRITE) for event in self._reached)
        self._passable = {event for event in self._own(Op.STEP) if can_be_passed_by(event)}
        self._with_backward = self._loops_with(Op.WRITE) | {loop for event in self._meant for loop in event.loops()}
        self._with_step = self._loops_with(Op.STEP)
        self._rebuilding = self._loops_with(Op.BUILD, Op.REBIND)
        self._tracked = self._repeated_conditions()
        self._done = self._last_tested()
        self._names = frozenset(name for condition in self._tracked for name in condition.names)
        self._losses = first_losses(function)
        self._visit = 0
        left = self._run(function.body, frozenset([State()]))
        if function.name:
            self._visit = 1
            self._run(function.body, called_again(left.end | left.jumped(JumpKind.RETURN)))

    def _own(self, *ops: Op) -> list[Event]:
        return [event for event in self._reached if event.op in ops and event not in self._shared]

    def arrivals(self) -> Iterator[list[Step]]:
        """Yield what arrives at each step, in each turn of the loops around it.

        A step that can be passed by has a first time in every turn: what arrives after its own last time decides.
        Any number of turns may lie between, and something may clear there: the later turns of its loop are one.
        """
        again: defaultdict[tuple[Event, Turns], list[Step]] = defaultdict(list)
        for (event, turns), views in self.steps.items():
            repeated = [view for view in views if view.again]
            if repeated and turns[-1] > 0:
                again[event, turns[:-1]] += repeated
            else:
                yield repeated or list(views)
        yield from again.values()

    def _loops_with(self, *ops: Op) -> set[Loop]:
        return {loop for event in self._own(*ops) for loop in event.loops()}

    def _repeated_conditions(self) -> set[Condition]:
        """The conditions that are tested more than once: in several places, or again in the next turn."""
        count: Counter[Condition] = Counter()
        for node in self.function.walk():
            if isinstance(node, Branch) and node.condition is not None and id(node) in self._holding:
                again = any(not node.varies_in(loop) for loop in node.loops()[:1])
                count[node.condition] += 2 if again else 1
        return {condition for condition, times in count.items() if times > 1}

    def _last_tested(self) -> dict[int, set[Condition]]:
        """The conditions that are not tested again once a node has run, by the node: what is known of them is no use.

        Where the next turn of a loop around may test it again, and with the same outcome, that is the loop.
        """
        tests: defaultdict[Condition, list[Branch]] = defaultdict(list)
        for node in self.function.walk():
            if isinstance(node, Branch) and node.condition in self._tracked and id(node) in self._holding:
                tests[node.condition].append(node)
        done: defaultdict[int, set[Condition]] = defaultdict(set)
        for condition, branches in tests.items():
            node = enclosing(branches)
            for loop in node.loops():
                if branches[0].varies_in(loop):
                    break
                node = loop
            done[id(node)].add(condition)
        return done

    # -- the walk ----------------------------------------------------------------------------------------------------

    def _run(self, node: Node, states: States) -> Leaving:
        if not states:
            return Leaving()
        left = self._through(node, states)
        done = self._done.get(id(node))
        if done:
            left.end = without(left.end, done)
            left.jumps = {kind: without(jumped, done) for kind, jumped in left.jumps.items()}
        return left

    def _through(self, node: Node, states: States) -> Leaving:
        if isinstance(node, Event):
            return Leaving(self._event(node, states) if node in self._reached else states)
        if isinstance(node, Block):
            return self._block(node, states)
        if isinstance(node, Branch):
            return self._branch(node, states)
        if isinstance(node, Loop):
            return self._loop(node, states)
        if isinstance(node, Call):
            inside = self._run(node.body, states)
            out = Leaving(inside.end | inside.jumped(JumpKind.RETURN))
            out.add(inside.jumps, JumpKind.RETURN)
            return out
        if isinstance(node, Try):
            return self._try(node, states)
        if isinstance(node, Jump):
            self._observe(states)
            return Leaving(NOTHING, {node.kind: states})
        if isinstance(node, Resumed):
            return Leaving(frozenset(node.resume(self.optimizer, state) for state in states))
        if isinstance(node, Store):
            return Leaving(forget(states, node.names & self._names))
        raise TypeError(f"{type(node).__name__} cannot stand in a function")

    def _block(self, block: Block, states: States) -> Leaving:
        out = Leaving(states)
        for node in block.nodes:
            part = self._run(node, out.end)
            out.end = part.end
            out.add(part.jumps)
            if not out.end:
                break
        return out

    def _branch(self, branch: Branch, states: States) -> Leaving:
        if id(branch) not in self._holding:
            return Leaving(forget(states, branch.stored() & self._names))
        condition = branch.condition
        if condition is None or condition not in self._tracked or len(branch.arms) != 2:
            shares = [states] * len(branch.arms)
        else:
            shares = [split(states, condition, holds) for holds in (True, False)]
        out = Leaving()
        for arm, share in zip(branch.arms, shares, strict=True):
            part = self._run(arm, share)
            out.end |= part.end
            out.add(part.jumps)
        if len(out.end) > MANY:
            out.end = frozenset(state._replace(known=frozenset()) for state in out.end)
        return out

    def _loop(self, loop: Loop, states: States) -> Leaving:
        if id(loop) not in self._holding:
            return Leaving(forget(states, loop.stores & self._names))
        out = Leaving()
        entering = frozenset(
            state._replace(fed=(*state.fed, False), stepped=(*state.stepped, False)) for state in states
        )
        self._loops.append(loop)
        ended, broken, seen = NOTHING, NOTHING, entering
        turns = list(loop.turns)
        for number, turn in enumerate(turns):
            self._turns.append(number)
            part = self._run(turn, entering)
            self._turns.pop()
            broken |= part.jumped(JumpKind.BREAK)
            out.add({kind: pop(left) for kind, left in part.jumps.items()}, JumpKind.BREAK, JumpKind.CONTINUE)
            around = part.end | part.jumped(JumpKind.CONTINUE)
            if turn is turns[-1] and not loop.endless:
                ended |= around
            entering = frozenset(
                state._replace(fed=(*state.fed[:-1], False), stepped=(*state.stepped[:-1], False), hidden=NOT_HIDDEN)
                for state in around
            )
            if number == 1 and turns == [turn, turn] and not entering <= seen:
                turns.append(turn)  # source, where something new still wraps round
            seen |= entering
        self._loops.pop()
        after = self._run(loop.orelse, pop(ended))
        out.add(after.jumps)
        out.end = after.end | pop(broken)
        return out

    def _try(self, node: Try, states: States) -> Leaving:
        self._raised.append(set(states))
        body = self._run(node.body, states)
        raised = outside(self._raised.pop(), len(self._loops)) | body.end
        inside = Leaving()
        inside.add(body.jumps, JumpKind.RAISE) if node.handlers else inside.add(body.jumps)
        orelse = self._run(node.orelse, body.end)
        inside.end |= orelse.end
        inside.add(orelse.jumps)
        for handler in node.handlers:
            part = self._run(handler, raised)
            inside.end |= part.end
            inside.add(part.jumps)
        final = self._run(node.final, inside.end)
        out = Leaving(final.end)
        out.add(final.jumps)
        for kind, left in inside.jumps.items():
            part = self._run(node.final, left)
            out.add({kind: part.end})
            out.add(part.jumps)
        return out

    def _observe(self, states: Iterable[State]) -> None:
        for seen in self._raised:
            seen.update(states)

    # -- events ------------------------------------------------------------------------------------------------------

    def _event(self, event: Event, states: States) -> States:
        self._budget -= len(states)
        if self._budget < 0:
            raise TooManyStates
        kept = NOTHING if self._reached[event] else states
        shared = self._shared.get(event)
        if shared is not None:
            states, kept = split(states, shared, True), split(states, shared, False)
        self._record(event, states)
        out = kept | frozenset(self._move(event, state) for state in states)
        self._observe(states)
        self._observe(out)
        return out

    def _move(self, event: Event, state: State) -> State:
        op = event.op
        if op is Op.STEP and event in self._shared:
            waiting = state.gradients not in (Gradients.CLEAN, Gradients.ERASED)
            return state._replace(gradients=Gradients.USED, pending=NO_EVENTS, cause=event) if waiting else state
        return move(event, state, meant=event in self._meant)

    def _record(self, event: Event, states: States) -> None:
        turns = tuple(self._turns)
        if event.op is Op.STEP and event not in self._shared:
            views = self.steps.setdefault((event, (self._visit, *turns)), {})
            views.update(dict.fromkeys(self._show_step(event, state) for state in states))
        if event.op is Op.CLEAR and self._reached[event]:
            unapplied = (Gradients.FRESH, Gradients.MIXED)
            waiting = [state.pending if state.gradients in unapplied else NO_EVENTS for state in states]
            self.clears.setdefault((event, turns), []).extend(waiting)
        if event.op in (Op.STEP, Op.READ, Op.ESCAPE, Op.REBIND):
            for state in states:
                for backward in state.pending:
                    if event.op is not Op.STEP or steps_for(event, backward, state.pending):
                        self.uses[backward].add(event)
        first = bool(turns) and turns[-1] == 0  # what ran before the loop may have left the gradients to somebody
        theirs = (Gradients.ESCAPED, Gradients.READ)
        if event.op is Op.BACKWARD and not first and any(state.gradients in theirs for state in states):
            self.uses[event].add(event)
        if event.op is Op.SCHEDULE and self.schedule_of(event) is self.optimizer:
            shown = self.schedules.setdefault((event, turns), {})
            shown.update(dict.fromkeys(self._show_schedule(event, state) for state in states))

    def _scope(self, holding: set[Loop]) -> int:
        """The index, among the bits of a state, of the innermost loop around that is in `holding`; 0 if none is."""
        return max((i for i, loop in enumerate(self._loops, 1) if loop in holding), default=0)

    def _show_step(self, event: Event, state: State) -> Step:
        scope = self._scope(self._with_backward)
        loop = self._loops[scope - 1] if scope else None
        fed, later = state.fed[scope or -1], self._later_backward(event, loop)
        return Step(
            event=event,
            optimizer=self.optimizer,
            gradients=state.gradients,
            repeats=scope == 0 or self._turns[scope - 1] > 0,
            fed=fed or (state.lent and not self._loops),
            ever_fed=state.fed[0] or state.lent or self._fed_in_run,
            later=later,
            lost=state.gradients is Gradients.ESCAPED and not fed and later is not None and self._is_lost(later),
            pending=tuple(sorted(state.pending, key=lambda one: self._position.get(one, -1))),
            cause=state.cause,
            loss=self._losses[self._loops[-1] if self._loops else None],
            hidden=state.hidden != NOT_HIDDEN,
            again=event in self._passable and event is state.last,
            loop=next((loop for loop in reversed(self._loops) if loop not in self._rebuilding), None),
            observed=self.function.observed,
            missed=self._missed(event) if self.function.observed else (),
        )

    def _missed(self, step: Event) -> tuple[Event, ...]:
        """Return the backwards of the turn up to a step that reach nothing of its optimizer."""
        turn = next((node for node in step.ancestors() if isinstance(node, Block)), self.function)
        passed = itertools.takewhile(lambda event: event is not step, turn.events(Op.BACKWARD, Op.STEP))
        return tuple(one for one in passed if one.op is Op.BACKWARD and not one.touches(self.optimizer))

    def _show_schedule(self, event: Event, state: State) -> ScheduleStep:
        scope = self._scope(self._with_step)
        loop = self._loops[scope - 1] if scope else None
        assert event.scheduler is not None
        later = next((e for e in event.following_in(loop, Op.STEP) if self._surely(e)), None)
        return ScheduleStep(
            event=event,
            scheduler=event.scheduler,
            optimizer=self.optimizer,
            stepped=state.stepped[scope],
            trains=any(one.op in (Op.BACKWARD, Op.ESCAPE, Op.OPAQUE) for one in self._reached),
            later=later,
            instead=self._instead(event),
            guarded=any(self._may_pass(branch, event, later) for branch in event.conditions(self.function)),
        )

    def _may_pass(self, branch: Branch, event: Event, later: Event | None) -> bool:
        """Return whether a condition around an event may let it run in some turns, and not those of a later one."""
        varies = branch.condition is None or any(branch.varies_in(around) for around in self._loops)
        if not varies or later is None or branch in set(later.ancestors()):
            return varies and later is None
        if branch.condition is None:
            return True
        twins = (one for one in later.ancestors() if isinstance(one, Branch) and one.condition == branch.condition)
        if all(one.arm_of(later) != branch.arm_of(event) for one in twins):
            return True
        nodes = itertools.dropwhile(lambda node: node is not event, self.function.walk())
        between = itertools.takewhile(lambda node: node is not later, nodes)
        return any(isinstance(one, Store) and not branch.condition.names.isdisjoint(one.names) for one in between)

    def _instead(self, event: Event) -> Event | None:
        """Return the step of another optimizer over the parameters of this one, where this one never steps."""
        other = event.scheduler.instead if event.scheduler is not None else None
        steps = self.function.events(Op.STEP) if other is not None else ()
        return next((one for one in steps if other is not None and one.touches(other)), None)

    def _surely(self, event: Event) -> bool:
        return self._reached.get(event, False) is True

    def _is_lost(self, backward: Event) -> bool:
        """Return whether the gradients of a backward, the only optimizer's, are cleared before anybody has them."""
        block = backward.parent
        if not self.alone or not isinstance(block, Block):
            return False
        behind = block.nodes[block.nodes.index(backward) + 1 :]
        first = next((e for node in behind for e in node.events() if e in self._reached and e.op is not Op.LOSS), None)
        return first is not None and first.op is Op.CLEAR and first.parent is block and self._surely(first)

    def _later_backward(self, event: Event, loop: Loop | None) -> Event | None:
        if event not in self._followed:
            self._followed[event] = next(self._later_backwards(event, loop), None)
        return self._followed[event]

    def _later_backwards(self, step: Event, loop: Loop | None) -> Iterator[Event]:
        """Yield the backwards behind a step that are meant for its optimizer.

        Where none is, each that comes before a clear is: behind that another optimizer's update begins.
        """
        around = step.loops()
        loop = loop or next(iter(around), None)  # what comes behind the loop of a step is not of its turn
        own = not self._meant.isdisjoint((loop or self.function).events(Op.BACKWARD))
        for event in step.following_in(loop, Op.BACKWARD) if own else step.following(Op.BACKWARD, Op.CLEAR):
            if loop is None and not set(event.loops()) <= set(around):
                continue  # a step before the loop primes a scheduler
            if event.op is Op.CLEAR:
                return
            if event in self._meant or (not own and self._surely(event)):
                yield event


def enclosing(nodes: Sequence[Node]) -> Node:
    """Return the node that has run when all of some nodes have: the last of them in the text, or one around it.

    Of a block that holds them all, it is what holds the last of them.
    """
    shared = set.intersection(*({node, *node.ancestors()} for node in nodes))
    path = [nodes[-1], *nodes[-1].ancestors()]
    index = next(index for index, node in enumerate(path) if node in shared)
    return path[index - 1] if index and isinstance(path[index], Block) else path[index]


def first_losses(function: Function) -> defaultdict[Loop | None, Event | None]:
    """Return the first loss that is computed in each loop itself, and, by None, in no loop."""
    found: defaultdict[Loop | None, Event | None] = defaultdict(lambda: None)
    for event in function.events(Op.LOSS):
        found.setdefault(next(iter(event.loops()), None), event)
    return found


def can_be_passed_by(step: Event) -> bool:
    """Return whether there are turns in which a step does not run, and others, more than one, in which it does."""
    around = set(step.ancestors())
    branches = [node for node in around if isinstance(node, Branch)]
    if any(one.condition is not None and one.condition.once for one in branches):
        return False
    skips = (JumpKind.CONTINUE, JumpKind.RETURN)
    jumps = (node for node in step.preceding() if isinstance(node, Jump) and node.kind in skips)
    return bool(branches) or any(jump.target() in around for jump in jumps)
