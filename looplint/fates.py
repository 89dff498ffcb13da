"""What becomes of the gradients of each backward, once every optimizer of a function has been walked."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from looplint.attribution import reach, relation
from looplint.flow import Walk
from looplint.law import Backward, Idle
from looplint.model import Event, Function, Loop, Op, Optimizer


def fates(function: Function, walks: Iterable[Walk]) -> Iterable[Backward]:
    """Yield what becomes of each backward of a function, over the walks of all its optimizers.

    An optimizer that steps in the same loop applies other gradients: what it clears before is no loss of its own.
    """
    walks = list(walks)
    left_out = dict(idle(function))
    for event in function.events(Op.BACKWARD):
        if event.certain:
            loop = next(iter(event.loops()), None)
            waiting = [walk for walk in walks if loop is None or not loop.has(Op.STEP, walk.optimizer)]
            erased = next(erasures(event, loop, waiting), None)
            uses = set().union(*(walk.uses[event] for walk in walks))
            if erased is not None and loop is not None and not loop.can_end_behind(event):
                uses = {use for use in uses if loop in use.loops() or use.op in (Op.STEP, Op.READ)}
            yield Backward(event=event, applied=bool(uses), erased=erased, idle=left_out.get(event), loop=loop)


def erasures(backward: Event, loop: Loop | None, walks: Iterable[Walk]) -> Iterator[tuple[Event, Optimizer]]:
    """Yield the events that clear the gradients of a backward unapplied, in every later turn of its innermost loop."""
    around = set(backward.ancestors())
    for walk in walks:
        unbuilt = before_it_is_built(walk)
        for (clear, turns), waiting in walk.clears.items():
            late = (not turns or turns[-1] > 0) and clear not in unbuilt
            own = loop is None or loop in clear.loops()
            certain = around.issuperset(clear.conditions(walk.function))
            if late and own and certain and any(backward in one for one in waiting):
                yield clear, walk.optimizer


def before_it_is_built(walk: Walk) -> set[Event]:
    """Return what happens before the optimizer of a walk is built, if it is: that trains nothing of its own."""
    events = list(walk.function.events())
    built = next((i for i, one in enumerate(events) if one.op is Op.BUILD and one.touches(walk.optimizer)), 0)
    return set(events[:built])


def idle(function: Function) -> Iterator[tuple[Event, Idle]]:
    """Yield the optimizers that are cleared in a loop with a backward and that never step, each with a backward.

    Each is built in sight and given to nobody, and nobody looks at gradients in that loop that may be its own: all that
    is ever done with them is to clear them.
    """
    for optimizer in function.optimizers():
        touching = [event for event in function.events() if event.touches(optimizer)]
        if not any(event.op in USES for event in touching) and not function.unread:
            built = any(event.op is Op.BUILD for event in touching)
            reached = (one for one in function.events(Op.CLEAR) if one.certain and reach(one, optimizer, alone=False))
            found = (unapplied(optimizer, clear, function, built) for clear in reached)
            yield from itertools.islice((one for one in found if one is not None), 1)


def unapplied(optimizer: Optimizer, clear: Event, function: Function, built: bool) -> tuple[Event, Idle] | None:
    """Return the backward behind which the step of an idle optimizer is missing, in the loop in which it is cleared.

    Where others step in that loop, it shares no network with them, and is cleared in every turn. The backward is one
    from the clear on that no step follows at once. One that another's step follows had that written for its own, where
    no step of it stands anywhere in the text and the other has stepped before on gradients that nothing has cleared
    since. Otherwise its network is only kept clean here.

    Arguments:
        built: the optimizer is built in the function. Elsewhere somebody else may step it, unless the step of another
            applies gradients again for which nobody clears.
    """
    loop = next(iter(clear.loops()), None)
    stepping = [one for one in function.optimizers() if loop is not None and loop.has(Op.STEP, one)]
    if loop is None or not all(strangers(optimizer, one) for one in stepping):
        return None
    seen = (loop if stepping else function).events(Op.READ, Op.WRITE)
    handled = any(reach(event, optimizer, alone=False) is not False for event in seen)
    if handled or (stepping and next(clear.conditions(loop), None) is not None):
        return None
    later = set(clear.following(Op.BACKWARD))
    own = [one for one in loop.events(Op.BACKWARD) if one.certain and one.touches(optimizer) and one.loops()[0] is loop]
    behind = [(one, next(one.following(Op.BACKWARD, Op.STEP), None)) for one in own if one in later or not later]
    replaced = [] if optimizer.moves else [(one, step) for one, step in behind if step and step.op is Op.STEP]
    again = [(one, step) for one, step in replaced if steps_again(step, loop)]
    missing = [(one, None) for one, step in behind if step is None or step.op is Op.BACKWARD]
    choice = [*again, *missing] if built else again if optimizer.kind else []
    return next(((backward, Idle(optimizer, clear, step)) for backward, step in choice), None)


def steps_again(step: Event, loop: Loop) -> bool:
    """Return whether in a turn of a loop an optimizer steps that has stepped before, and nothing has cleared it."""
    before = itertools.takewhile(lambda one: one is not step, loop.events(Op.STEP, Op.CLEAR))
    own = [one for one in before for each in step.optimizers or () if reach(one, each, alone=False) is not False]
    return bool(own) and own[-1].op is Op.STEP


USES = (Op.STEP, Op.ESCAPE, Op.REBIND, Op.UNCALLED)
"""What may apply the gradients of an optimizer, or means to."""


def strangers(one: Optimizer, other: Optimizer) -> bool:
    """Return whether two optimizers surely have no parameter in common.

    Where both have networks of the same scopes, those of one scope are compared: a constructor is read several times.
    """
    ones, others = ({network[0] for network in each.networks} for each in (one, other))
    pairs = [(a, b) for a in one.networks for b in other.networks if ones != others or a[0] == b[0]]
    return bool(pairs) and all(relation(a, b) is False for a, b in pairs)
