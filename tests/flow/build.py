"""Short words for models written by hand."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import count
from typing import Any

from looplint.judge import judge
from looplint.model import (
    Block,
    Branch,
    Cadence,
    Call,
    Condition,
    Event,
    Function,
    Jump,
    JumpKind,
    Loop,
    LoopKind,
    Node,
    Op,
    Optimizer,
    Scheduler,
    Store,
)
from looplint.rule import catalogue

PLACES = count(1)

BREAK, CONTINUE, RETURN, RAISE = JumpKind.BREAK, JumpKind.CONTINUE, JumpKind.RETURN, JumpKind.RAISE


def event(op: Op, *optimizers: Optimizer, every: bool = False, **more: Any) -> Event:
    """An event at a place of its own, to these optimizers, or to every one."""
    place = next(PLACES)
    return Event(op, place, f"{op.value} at {place}", None if every else frozenset(optimizers), **more)


def backward(*optimizers: Optimizer, **more: Any) -> Event:
    """A backward that feeds these optimizers; every one, where none is given."""
    return event(Op.BACKWARD, *optimizers, every=not optimizers, **more)


def clear(*optimizers: Optimizer, **more: Any) -> Event:
    return event(Op.CLEAR, *optimizers, **more)


def clear_model(*networks: Hashable, **more: Any) -> Event:
    """A clear through a model; of one that cannot be resolved, where no network is given."""
    return event(Op.CLEAR, every=True, networks=frozenset(networks), **more)


def step(optimizer: Optimizer, **more: Any) -> Event:
    return event(Op.STEP, optimizer, **more)


def loss() -> Event:
    return event(Op.LOSS, every=True)


def schedule(scheduler: Scheduler, **more: Any) -> Event:
    return event(Op.SCHEDULE, every=True, scheduler=scheduler, **more)


def scheduler(optimizer: Optimizer | None, cadence: Cadence = Cadence.EPOCH, **more: Any) -> Scheduler:
    return Scheduler("scheduler", "StepLR", cadence, optimizer, **more)


def jump(kind: JumpKind) -> Jump:
    return Jump(kind)


def store(*names: str) -> Store:
    return Store(frozenset(names))


def block(*nodes: Node) -> Block:
    return Block(nodes)


def loop(*nodes: Node, **more: Any) -> Loop:
    """A loop as source has it: the same body twice."""
    body = Block(nodes)
    return Loop((body, body), next(PLACES), **more)


def batches(*nodes: Node, **more: Any) -> Loop:
    return loop(*nodes, kind=LoopKind.BATCH, loader=True, **more)


def epochs(*nodes: Node, **more: Any) -> Loop:
    return loop(*nodes, kind=LoopKind.EPOCH, **more)


def ran(*turns: Block, kind: LoopKind = LoopKind.BATCH) -> Loop:
    """A loop as a run has it: each turn is what happened in it."""
    return Loop(turns, next(PLACES), kind=kind, loader=kind is LoopKind.BATCH)


def condition(*names: str) -> Condition:
    return Condition("if " + " and ".join(names), frozenset(names))


def either(*arms: Block, on: Condition | None = None) -> Branch:
    return Branch(arms, on)


def when(*nodes: Node, on: Condition | None = None) -> Branch:
    """An `if` without `else`."""
    return Branch((Block(nodes), Block()), on)


def call(*nodes: Node) -> Call:
    return Call("helper", Block(nodes))


def function(*nodes: Node) -> Function:
    return Function("train", Block(nodes))


def found(*nodes: Node) -> list[tuple[str, Event]]:
    """Return which rules speak in a function of these nodes, each with the event that it is about."""
    verdicts, unread = judge(function(*nodes), catalogue().values())
    assert unread == []
    return [(verdict.rule.code, verdict.violation.at) for verdict in verdicts]
