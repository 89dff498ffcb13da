"""The contract between gradients, optimizer and schedule, and what a rule is shown of it.

    CLEAN --backward--> FRESH --step--> USED --zero_grad--> CLEAN
    USED  --backward--> MIXED     new gradients were added to ones already applied
    FRESH --zero_grad--> ERASED   gradients were thrown away before anything applied them

The law only says what state follows; the rules say which step breaks it. The source reader feeds it sets of states by
data flow (`looplint.flow`); an observer of a run feeds it one state at a time.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import Enum

from looplint.model import Branch, Event, Jump, JumpKind, Loop, Op, Optimizer, Scheduler


class Gradients(Enum):
    """What the gradients of one optimizer hold."""

    UNKNOWN = "unknown"  # nothing is known: the function was just entered
    CLEAN = "clean"  # None or zeros
    FRESH = "fresh"  # computed and not yet applied
    READ = "read"  # filled or looked at by hand: whoever did it has a use of his own for them
    USED = "used"  # applied by a step
    MIXED = "mixed"  # new ones added to ones already applied
    ERASED = "erased"  # cleared before anything applied them
    ESCAPED = "escaped"  # code nobody can see had the optimizer


_U, _C, _F, _R = Gradients.UNKNOWN, Gradients.CLEAN, Gradients.FRESH, Gradients.READ
_S, _M, _E, _X = Gradients.USED, Gradients.MIXED, Gradients.ERASED, Gradients.ESCAPED

LAW: dict[Op, dict[Gradients, Gradients]] = {
    # A freshly built optimizer starts anew, but gradients computed before it was built are there for it to apply.
    Op.BUILD: {_U: _C, _C: _C, _F: _F, _R: _R, _S: _C, _M: _C, _E: _C, _X: _C},
    Op.REBIND: {_U: _U, _C: _U, _F: _U, _R: _U, _S: _U, _M: _U, _E: _U, _X: _X},
    Op.BACKWARD: {_U: _F, _C: _F, _F: _F, _R: _R, _S: _M, _M: _M, _E: _F, _X: _X},
    Op.CLEAR: {_U: _C, _C: _C, _F: _E, _R: _C, _S: _C, _M: _E, _E: _E, _X: _C},
    # Where nothing waits to be applied nothing is: what comes next is not added to anything.
    Op.STEP: dict.fromkeys(Gradients, _S) | {_C: _C, _E: _C},
    # Looking at gradients gives the backward a use of its own; it does not clear what was applied.
    Op.READ: {_U: _U, _C: _C, _F: _R, _R: _R, _S: _S, _M: _M, _E: _E, _X: _X},
    Op.WRITE: dict.fromkeys(Gradients, _R) | {_X: _X},
    # Gradients stay what they are when they are scaled. Who does so behind the step has not forgotten them.
    Op.CHANGE: {one: one for one in Gradients} | {_S: _R},
    Op.ESCAPE: dict.fromkeys(Gradients, _X),
}
"""LAW[op][state] is the state after the operation; operations that are not here leave gradients alone."""


@dataclass(frozen=True)
class Step:
    """An optimizer steps, in one of the states in which it can.

    Arguments:
        event: the step.
        optimizer: whose.
        gradients: what its gradients hold.
        repeats: an earlier turn of the loop around it has been through, or there is no loop.
        fed: a backward has run since this turn of the innermost loop with a backward began. Where no loop around
            holds one: since this turn of the innermost loop, or since the function was entered.
        ever_fed: a backward, or unseen code that may have run one, has run since the function was entered; in a run,
            at any time.
        later: the first backward that follows in that turn and is meant for this optimizer.
        lost: unseen code had the gradients before, and those of the backward that follows are cleared at once.
        pending: the backwards whose gradients are waiting.
        cause: for USED and MIXED the step that applied them, for CLEAN and ERASED the event that cleared them.
        loss: a loss that is computed in that turn.
        hidden: since the gradients were cleared, in this turn, unseen code has run that may have computed some.
        again: it can be passed by, and was the last step of its optimizer that ran before.
        loop: the innermost loop around it that the optimizer outlives: it is not built anew in there.
        observed: it was seen in a run: nothing of what it stands in is guessed.
        missed: the backwards before it in that turn that surely reach none of its parameters.
    """

    event: Event
    optimizer: Optimizer
    gradients: Gradients
    repeats: bool = True
    fed: bool = False
    ever_fed: bool = False
    later: Event | None = None
    lost: bool = False
    pending: tuple[Event, ...] = ()
    cause: Event | None = None
    loss: Event | None = None
    hidden: bool = False
    again: bool = False
    loop: Loop | None = None
    observed: bool = False
    missed: tuple[Event, ...] = ()

    @property
    def per_batch(self) -> bool:
        """Whether it stands in a loop over a loader, and its optimizer is not built anew in there."""
        return self.loop is not None and any(loop.loader for loop in (self.loop, *self.loop.loops()))

    def primes(self) -> bool:
        """Return whether it stands before a loop in which its optimizer steps: for the sake of a scheduler."""
        around = set(self.event.loops())
        later = (one for one in self.event.following(Op.STEP) if one.touches(self.optimizer))
        return any(not around.issuperset(one.loops()) for one in later)

    def beginning(self, end: Event) -> Event | None:
        """Return the first of the backwards before `end` that it is there for: behind the step of any other update."""
        events = list(self.loop.events(Op.BACKWARD, Op.STEP, end.op)) if self.loop is not None else []
        own = self.pending or [one for one in events if one.op is Op.BACKWARD and one.touches(self.optimizer)]
        found = None
        for event in reversed(list(itertools.takewhile(lambda one: one is not end, events))):
            if event in own:
                found = event
            elif event.op is Op.STEP and found is not None:
                break
        return found

    def ends(self, backward: Event) -> bool:
        """Return whether it runs whenever a backward has: no gradients are added up on purpose."""
        if self.loop is None:
            return False
        around = set(backward.ancestors())
        arms = (node for node in self.event.ancestors() if isinstance(node.parent, Branch) and node not in around)
        return self.loop not in (loop for arm in arms for loop in arm.loops()) and not self.is_skipped_behind(backward)

    def is_skipped_behind(self, backward: Event) -> bool:
        """Return whether a jump between a backward and this step can leave the step out."""
        assert self.loop is not None
        around = set(self.event.ancestors())
        nodes = itertools.takewhile(lambda node: node is not self.event, self.loop.body.walk())
        between = itertools.dropwhile(lambda node: node is not backward, nodes)
        jumps = (node for node in between if isinstance(node, Jump) and node.kind is not JumpKind.RAISE)
        return any((target := jump.target()) is None or target in around for jump in jumps)

    def is_all_that_follows(self, backward: Event) -> bool:
        """Return whether a turn is but a backward and this step, of an optimizer built in sight: no doubt is left."""
        loop, block = self.loop, self.event.parent
        if loop is None or backward.parent is not block or block not in loop.turns or not self.optimizer.kind:
            return False
        others = loop.events(Op.CLEAR, Op.READ, Op.WRITE, Op.ESCAPE, Op.OPAQUE)
        if any(event.certain for event in others):
            return False
        return list(loop.events(Op.BACKWARD, Op.STEP)) == [backward, self.event]


@dataclass(frozen=True)
class ScheduleStep:
    """A scheduler moves, in one of the states in which its optimizer can be.

    Arguments:
        event: the move.
        scheduler: whose.
        optimizer: the optimizer that it drives.
        stepped: that optimizer has stepped since this turn of the innermost loop with a step of it began, or since
            the function was entered.
        later: the step of that optimizer that follows in that turn.
        guarded: it stands behind a condition that can change from turn to turn.
        trains: gradients are computed in the function that is read.
        instead: the step of another optimizer over the same parameters, where its own optimizer never steps.
    """

    event: Event
    scheduler: Scheduler
    optimizer: Optimizer
    stepped: bool
    later: Event | None = None
    guarded: bool = False
    trains: bool = True
    instead: Event | None = None


@dataclass(frozen=True)
class Idle:
    """An optimizer that never steps, though it is cleared in a loop in which gradients are computed for it.

    Arguments:
        optimizer: which.
        clear: where it is cleared.
        instead: the step of another optimizer that stands where its own is missing.
    """

    optimizer: Optimizer
    clear: Event
    instead: Event | None = None


@dataclass(frozen=True)
class Backward:
    """What becomes of the gradients of one backward, over all turns and all optimizers.

    Arguments:
        event: the backward.
        applied: some step applies them, or somebody reads them, or code nobody can see may do either. Where each turn
            of the loop clears them, what unseen code finds behind the loop, of the last turn, does not count.
        erased: the event that clears them unapplied in every turn of the loop, and the optimizer that it clears.
        idle: an optimizer that never steps though its step is missing behind it.
        loop: the innermost loop around it.
    """

    event: Event
    applied: bool
    erased: tuple[Event, Optimizer] | None
    idle: Idle | None
    loop: Loop | None


@dataclass(frozen=True)
class Uncalled:
    """A method that is named in a statement of its own and not called.

    Arguments:
        event: where; its `method` is the name of the method.
    """

    event: Event


@dataclass(frozen=True)
class Untrained:
    """Trainable parameters of an optimizer that no backward of a run has reached.

    Arguments:
        event: a step of the optimizer.
        optimizer: whose.
        names: what they are called, such as `head.weight`; in the order of the optimizer.
        total: how many parameters it has.
        steps: how many steps there were.
    """

    event: Event
    optimizer: Optimizer
    names: tuple[str, ...]
    total: int
    steps: int


@dataclass(frozen=True)
class Outsiders:
    """Parameters of a module in training that receive gradients, and that no optimizer has.

    Arguments:
        event: a step of the optimizer that has others of that module.
        optimizer: that one.
        names: what they are called, such as `head.weight`.
        module: the class of the module.
    """

    event: Event
    optimizer: Optimizer
    names: tuple[str, ...]
    module: str
