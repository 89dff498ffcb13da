"""Whose gradients an event concerns: which optimizers a clear reaches, and which a backward is there for."""

from __future__ import annotations

from collections.abc import Iterable

from looplint.model import Event, Function, Network, Op, Optimizer


def reach(event: Event, optimizer: Optimizer, alone: bool) -> bool | None:
    """Return whether `event` happens to `optimizer`: surely (True), surely not (False), or perhaps (None).

    Arguments:
        alone: no other optimizer is in the function, so that a model nobody can resolve must be its own.
    """
    if event.optimizers is not None:
        if optimizer in event.optimizers:
            return True if event.certain else None
        if event.op is Op.CLEAR and event.certain and any(may_be(one, optimizer) for one in event.optimizers):
            return None
        return None if sharing(event, optimizer) else False
    if event.op is not Op.CLEAR:
        return True if event.certain else None
    if (event.networks or event.inner) and optimizer.networks:
        covered = {own for own in optimizer.networks if any(holds(cleared, own) for cleared in event.networks)}
        if covered and optimizer.networks - covered <= event.inner:
            return True if event.certain else None
        concerned = event.networks | event.inner | event.perhaps
        strange = all(relation(one, two) is False for one in concerned for two in optimizer.networks)
        return False if strange else None  # a part of its gradients, or those of another
    return True if event.certain and alone else None


def sharing(event: Event, optimizer: Optimizer) -> frozenset[Optimizer]:
    """Return the others that an event clears or steps and that have a network of `optimizer` too.

    Of each parameter of `optimizer` it is either theirs as well or not, once and for all: what is wrong in both cases
    is wrong, whatever they share.
    """
    others = event.optimizers or frozenset()
    if event.op not in (Op.CLEAR, Op.STEP) or not event.certain or optimizer in others:
        return frozenset()
    return frozenset(other for other in others if same_networks(other, optimizer))


def same_networks(one: Optimizer, other: Optimizer) -> bool:
    return any(relation(a, b) for a in one.networks for b in other.networks)


def may_be(one: Optimizer, other: Optimizer) -> bool:
    """Return whether two names may be of the same optimizer, as `optimizers[i]` and `optimizers[0]` may."""
    if one.loose:
        return True
    return one.item is not None and other.item is not None and one.item.may_be(other.item)


def relation(one: Network, other: Network) -> bool | None:
    """Return whether one network is the other, or a part of it.

    Networks are tuples: the scope or the object that binds the name, the name, and the attributes that lead to the
    part; of an object that the linted code has made it is the object alone, and its attributes are parts of it. Of
    names in one scope it is known, and of two such objects; a parameter of a function and an attribute may be the same:
    None.
    """
    short = min(len(one), len(other))
    if one[:short] == other[:short]:
        return True
    made = len(one) == len(other) == 1
    return False if made or one[0] == other[0] else None


def holds(network: Network, part: Network) -> bool:
    """Return whether one network is another, or has it as a part; what only wraps a network is that network."""
    while network[-1] in WRAPPED:
        network = network[:-1]
    return part[: len(network)] == network


WRAPPED = ("module", "_orig_mod")
"""What `DataParallel` and its like, and a compiled network, call the network that they wrap."""


def meant(backward: Event, function: Function) -> set[Optimizer]:
    """Return the optimizers that a backward is there for, of all those that it feeds.

    These are the ones that step behind it in the same turn, and whose gradients nothing clears on the way. Where the
    only thing between a clearing and the step is the clearing, the backward was meant for it all the same, unless it
    has served another by then. Where nobody steps, nobody can tell: it may be there for any.
    """
    optimizers = [one for one in function.optimizers() if backward.touches(one)]
    alone = len(optimizers) == 1
    scope = next((loop for loop in backward.loops() if next(loop.events(Op.STEP), None) is not None), None)
    found: set[Optimizer] = set()
    cleared: set[Optimizer] = set()
    refilled: set[Optimizer] = set()
    served = False
    for event in backward.following_in(scope, Op.STEP, Op.BACKWARD, Op.CLEAR):
        if event.op is Op.BACKWARD:
            refilled |= cleared
        for optimizer in optimizers:
            if event.op is Op.CLEAR and optimizer not in found and reach(event, optimizer, alone):
                cleared.add(optimizer)
                if served:
                    refilled.add(optimizer)
            if event.op is Op.STEP and event.touches(optimizer) and optimizer not in refilled:
                found.add(optimizer)
                served = served or optimizer not in cleared
    return found or set(optimizers)


def steps_for(step: Event, backward: Event, pending: Iterable[Event]) -> bool:
    """Return whether a step that finds a backward's gradients may be there for them.

    Behind the loop of the backward it is not where another backward has run since: what the last turn has left is
    then added to by accident.
    """
    loop = next(iter(backward.loops()), None)
    return loop in (None, *step.loops()) or all(loop in other.loops() for other in pending)
