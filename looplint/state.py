"""How things stand for one optimizer, and how an event moves them: what the walk and an observer of a run carry on."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

from looplint.law import LAW, Gradients
from looplint.model import Condition, Event, Node, Op, Optimizer

Hidden = int
NOT_HIDDEN, UNTIL_A_LOSS, HIDDEN = range(3)
"""Whether unseen code may have computed gradients: not, or not for a loss that is computed in sight later, or so."""


class State(NamedTuple):
    """One way things can stand for one optimizer.

    `fed` and `stepped` have a bit for the function and one for each loop around, outermost first: whether a backward,
    or a step, has run since it was entered or since its present turn began. `last` is the step that ran last;
    `hidden` says that unseen code may have computed gradients since they were cleared, `lent` that unseen code has
    had the optimizer since.
    """

    gradients: Gradients = Gradients.UNKNOWN
    fed: tuple[bool, ...] = (False,)
    stepped: tuple[bool, ...] = (False,)
    pending: frozenset[Event] = frozenset()
    cause: Event | None = None
    known: frozenset[tuple[Condition, bool]] = frozenset()
    hidden: Hidden = NOT_HIDDEN
    last: Event | None = None
    lent: bool = False


States = frozenset[State]
NOTHING: States = frozenset()
NO_EVENTS: frozenset[Event] = frozenset()


@dataclass(eq=False)
class Resumed(Node):
    """A place in the model of a run before which something is left out, and how things stand there.

    Arguments:
        states: what is known of each optimizer; of any other nothing is.
    """

    states: Mapping[Optimizer, State]

    def resume(self, optimizer: Optimizer, state: State) -> State:
        """Return the state in which the walk goes on."""
        known = self.states.get(optimizer, State())
        fed = (state.fed[0] or known.fed[0], *state.fed[1:])
        return known._replace(fed=fed, stepped=state.stepped, known=state.known)


def move(event: Event, state: State, *, meant: bool = True) -> State:
    """Return the state after an event that reaches the optimizer.

    Arguments:
        meant: a backward is there for this optimizer.
    """
    op = event.op
    if op is Op.OPAQUE:
        return state._replace(hidden=max(state.hidden, HIDDEN if event.certain else UNTIL_A_LOSS))
    if op is Op.LOSS and event.certain and state.hidden == UNTIL_A_LOSS:
        return state._replace(hidden=NOT_HIDDEN)
    if op not in LAW:
        return state
    gradients = LAW[op][state.gradients]
    fed, stepped, pending, cause = state.fed, state.stepped, state.pending, state.cause
    if op is Op.WRITE or (op is Op.BACKWARD and meant):
        fed = (True,) * len(fed)
    if op in (Op.STEP, Op.ESCAPE):
        stepped = (True,) * len(stepped)
    if op is Op.CLEAR and state.gradients is Gradients.ESCAPED and pending:
        gradients = Gradients.ERASED  # whatever unseen code has done before, nothing applied what came behind it
    if op is Op.CLEAR and state.gradients is Gradients.FRESH and not pending:
        gradients = Gradients.CLEAN  # what was computed before the optimizer was built was another's
    if op is Op.BACKWARD:
        pending |= {event}
    if op is Op.STEP and gradients is Gradients.CLEAN:
        pending = NO_EVENTS
    elif op in (Op.STEP, Op.CLEAR):
        pending, cause = NO_EVENTS, event
    elif op in (Op.BUILD, Op.REBIND, Op.ESCAPE, Op.WRITE):
        pending, cause = NO_EVENTS, None
    hidden = NOT_HIDDEN if op in (Op.CLEAR, Op.STEP) else HIDDEN if op is Op.ESCAPE else state.hidden
    last = event if op is Op.STEP else state.last
    lent = (state.lent or op is Op.ESCAPE) and op is not Op.CLEAR
    return State(gradients, fed, stepped, pending, cause, state.known, hidden, last, lent)


def called_again(states: States) -> States:
    """Return the states in which a function is entered again, by a caller nobody knows.

    What it has left clean is clean: the caller has no gradients to add. Of anything else he may have disposed.
    """
    clean = (Gradients.CLEAN, Gradients.ERASED)
    return frozenset(State(state.gradients, cause=state.cause) for state in states if state.gradients in clean)


def split(states: States, condition: Condition, holds: bool) -> States:
    """Return the states in which `condition` can have this value, remembering that it has."""
    out = set()
    for state in states:
        if (condition, not holds) not in state.known:
            out.add(state._replace(known=state.known | {(condition, holds)}))
    return frozenset(out)


def forget(states: States, names: frozenset[Hashable]) -> States:
    """Return the states without what was known of conditions on these names."""
    if not names:
        return states
    return frozenset(
        state._replace(known=frozenset(one for one in state.known if one[0].names.isdisjoint(names)))
        for state in states
    )


def without(states: States, conditions: Set[Condition]) -> States:
    """Return the states without what was known of these conditions."""
    return frozenset(
        state._replace(known=frozenset(one for one in state.known if one[0] not in conditions))
        if state.known
        else state
        for state in states
    )


def outside(states: Iterable[State], depth: int) -> States:
    """Return states of whatever loops as they are where only so many loops are around."""
    return frozenset(state._replace(fed=state.fed[: depth + 1], stepped=state.stepped[: depth + 1]) for state in states)


def pop(states: States) -> States:
    """Return the states as they are outside of the innermost loop."""
    return frozenset(state._replace(fed=state.fed[:-1], stepped=state.stepped[:-1]) for state in states)
