"""What becomes of the gradients of each backward, once every optimizer of a function has been walked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from looplint.attribution import reach, relation
from looplint.flow import Walk
from looplint.law import Backward
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


def idle(function: Function) -> Iterator[tuple[Event, tuple[Event, Optimizer]]]:
    """Yield the optimizers that are cleared for each turn of a loop in which others step, and that never step.

    Each is built in sight and given to nobody, shares no network with those that step, and nobody looks at gradients
    in that loop that may be its own: all that is ever done with them is to clear them. With each comes the clear, and
    before both the backward behind which its step is missing: the first that no other step follows at once.
    """
    for optimizer in function.optimizers():
        touching = [event for event in function.events() if event.touches(optimizer)]
        clears = [event for event in touching if event.op is Op.CLEAR and event.optimizers and event.certain]
        clear = next((event for event in clears if event.loops()), None)
        built = any(event.op is Op.BUILD for event in touching)
        if clear is None or not built or any(event.op in USES for event in touching) or function.unread:
            continue
        loop = clear.loops()[0]
        stepping = [one for one in function.optimizers() if loop.has(Op.STEP, one)]
        apart = all(strangers(optimizer, one) for one in stepping)
        handled = any(reach(event, optimizer, alone=False) is not False for event in loop.events(Op.READ, Op.WRITE))
        if not stepping or not apart or handled or next(clear.conditions(loop), None) is not None:
            continue
        for backward in loop.own(Op.BACKWARD):
            behind = next(backward.following(Op.BACKWARD, Op.STEP), None)
            if backward.certain and backward.touches(optimizer) and (behind is None or behind.op is Op.BACKWARD):
                yield backward, (clear, optimizer)
                break


USES = (Op.STEP, Op.ESCAPE, Op.REBIND, Op.UNCALLED)
"""What may apply the gradients of an optimizer, or means to."""


def strangers(one: Optimizer, other: Optimizer) -> bool:
    """Return whether two optimizers surely have no parameter in common."""
    known = bool(one.networks and other.networks)
    return known and all(relation(a, b) is False for a in one.networks for b in other.networks)
