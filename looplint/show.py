"""The training loops of a file as looplint understands them: why something is, or is not, reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from looplint.finding import Location
from looplint.model import (
    Block,
    Branch,
    Call,
    Event,
    Function,
    Jump,
    Loop,
    Node,
    Op,
    Optimizer,
    Program,
    Scheduler,
    Store,
    Try,
)
from looplint.notebook import Notebook

Row: TypeAlias = Callable[[Event | Loop | Call], int | str]
"""Tells the line on which something stands; in a notebook `cell:line`."""

WORDS = {
    Op.BUILD: "built",
    Op.REBIND: "bound to something unseen",
    Op.BACKWARD: "backward",
    Op.CLEAR: "clear",
    Op.STEP: "step",
    Op.SCHEDULE: "schedule",
    Op.READ: "gradients read by hand",
    Op.WRITE: "gradients written by hand",
    Op.CHANGE: "gradients changed by hand",
    Op.LOSS: "loss",
    Op.OPAQUE: "unseen code",
    Op.ESCAPE: "unseen code has",
    Op.UNCALLED: "named, not called",
}


def render(code: str | Notebook, filename: str, path: str = "") -> str:
    """Return the loops, events and objects of a program, one line each, indented as they are nested.

    Arguments:
        code: decoded, without a byte order mark; or a notebook, whose cells that are no Python come last.
        filename: as the user gave it.
        path: where the file is, absolute; without it its imports lead nowhere.

    Raises:
        looplint.source.InvalidSyntax: the text is not Python.
    """
    from looplint.engine import where
    from looplint.source import Project, Reader, Source, flaw, nesting_is_a_syntax_error

    text, broken = (code, []) if isinstance(code, str) else code.sift(flaw)
    with nesting_is_a_syntax_error():
        source = Source(text, filename)

        def row(node: Event | Loop | Call) -> int | str:
            span = where(node).span
            if span.filename != filename:
                return f"{Path(span.filename).name}:{span.start.row}"
            return span.start.row if isinstance(code, str) else place(code, span.start)

        program = Reader(source, Project(), path).read()
        lines = list(described_functions(program, row))[:-1] or ["no training loop found"]
    if isinstance(code, Notebook):
        lines += [f"not read: {place(code, location)}: {why}" for location, why in broken]
    return "\n".join(lines) + "\n"


def place(notebook: Notebook, location: Location) -> str:
    """Return where a place of the program stands in the notebook."""
    cell, within = notebook.place(location)
    return f"{cell}:{within.row}"


def described_functions(program: Program, row: Row) -> Iterator[str]:
    """Yield the lines of every function in which a law could be broken, with an empty one behind each."""
    for function in program.functions:
        if next(function.events(Op.BACKWARD, Op.STEP, Op.CLEAR, Op.SCHEDULE, Op.UNCALLED), None) is None:
            continue
        yield f"{function.name or 'module'}"
        yield from (f"  {line}" for line in objects(function))
        yield from (f"  {line}" for line in tree(function.body, row))
        yield from (f"  not judged: {why}" for why in function.unread)
        yield ""


def objects(function: Function) -> Iterator[str]:
    """Yield a line for each optimizer and scheduler of a function."""
    for optimizer in function.optimizers():
        yield f"optimizer `{optimizer.name}`"
    schedulers = (event.scheduler for event in function.events(Op.SCHEDULE))
    for scheduler in dict.fromkeys(one for one in schedulers if one is not None):
        yield f"scheduler {described(scheduler)}"


def described(scheduler: Scheduler) -> str:
    parts = [f"`{scheduler.name}`"]
    if scheduler.kind:
        parts.append(f"{scheduler.kind}({scheduler.evidence})" if scheduler.evidence else scheduler.kind)
    if scheduler.optimizer is not None:
        parts.append(f"of `{scheduler.optimizer.name}`")
    parts.append(
        f"counts {scheduler.cadence.value}s" if scheduler.cadence.value != "unknown" else "its unit is unknown"
    )
    return ", ".join(parts)


def tree(node: Node, row: Row) -> Iterator[str]:
    """Yield a line for each node that something happens in, with those inside it indented."""
    if isinstance(node, Event):
        yield f"{row(node):>5}  {WORDS[node.op]:<10} {target(node)}`{node.text}`"
    elif isinstance(node, Block):
        for child in node.nodes:
            yield from tree(child, row)
    elif isinstance(node, Loop):
        yield f"{row(node):>5}  {node.kind.value} loop `{node.text}`" + (" over a DataLoader" if node.loader else "")
        yield from indented(node.body, row)
    elif isinstance(node, Call):
        yield f"{row(node):>5}  call of `{node.name}`"
        yield from indented(node.body, row)
    elif isinstance(node, Branch):
        for number, arm in enumerate(arm for arm in node.arms if arm.nodes):
            yield "       " + ("or" if number else "either")
            yield from indented(arm, row)
    elif isinstance(node, Try):
        for child in node.children():
            yield from tree(child, row)
    elif isinstance(node, Jump):
        yield f"       {node.kind.value}"
    else:
        assert isinstance(node, Store)


def indented(node: Node, row: Row) -> Iterator[str]:
    for line in tree(node, row):
        yield f"  {line}"


def target(event: Event) -> str:
    """Return whom an event concerns, where its words alone do not tell."""
    names: list[Optimizer] = sorted(event.optimizers or (), key=lambda one: one.name)
    sure = "" if event.certain else "perhaps "
    if event.op is Op.ESCAPE or (len(names) == 1 and f"{names[0].name}." not in event.text):
        listed = ", ".join(f"`{one.name}`" for one in names) or (
            "every optimizer" if event.optimizers is None else "nobody"
        )
        return f"{sure}{listed}: "
    return sure
