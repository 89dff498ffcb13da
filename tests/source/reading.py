"""Small programs in, short strings out: what the reader makes of a text, and what the rules say of it.

    batch*[clear(optimizer) backward step(optimizer)]

`name{...}` is a call that was followed, `(a | b)` a branch, `test?(a | b)` one whose test is recognised when it is met
again, `kind[...]` a loop, with `*` where it surely iterates a DataLoader and `!` where it is endless. `?` behind a word
says that the event is uncertain.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent

from looplint import engine
from looplint.model import Block, Branch, Call, Event, Function, Jump, Loop, LoopKind, Node, Op, Store, Try
from looplint.source import Reader, Source

PRELUDE = """\
import torch
from torch.utils.data import DataLoader

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(data)
"""
"""Stands before most programs."""

BUILT = "build(optimizer)"
KINDS = {LoopKind.OTHER: "loop", LoopKind.MICRO_BATCH: "micro"}


def program(code: str, prelude: str = PRELUDE) -> str:
    """Return a snippet as it stands in a file."""
    return prelude + dedent(code).strip("\n") + "\n"


def functions(code: str, prelude: str = PRELUDE) -> dict[str, str]:
    """Return what is read of each function that is read on its own, by name; the module is `module`."""
    found = Reader(Source(program(code, prelude), "program.py")).read().functions
    return {one.name or "module": shape(one, prelude) for one in found}


def module(code: str, prelude: str = PRELUDE) -> str:
    """Return what is read of a program in which everything is read from the module."""
    found = functions(code, prelude)
    assert list(found) == ["module"]
    return found["module"]


def plain(code: str) -> str:
    """Return what is read of a program that builds everything itself."""
    return module(code, "import torch\n")


def unread(code: str) -> list[str]:
    """Return why parts of a program were not judged."""
    return [why for one in Reader(Source(program(code), "program.py")).read().functions for why in one.unread]


def codes(code: str, prelude: str = PRELUDE) -> list[tuple[str, int]]:
    """Return what is reported, with the lines of the snippet."""
    text = program(code, prelude)
    found = engine.judge(text, "program.py")
    return [(one.code, one.line - prelude.count("\n")) for one in found]


def shape(function: Function, prelude: str) -> str:
    words = list(shapes(function.body))
    if prelude is PRELUDE and words[:1] == [BUILT]:
        del words[0]
    return " ".join(words)


def shapes(node: Node) -> Iterator[str]:
    if isinstance(node, Event):
        yield event(node)
    elif isinstance(node, Jump):
        yield node.kind.value
    elif isinstance(node, Loop):
        marks = ("*" if node.loader else "") + ("!" if node.endless else "")
        yield f"{KINDS.get(node.kind, node.kind.value)}{marks}[{inside(node.body)}]"
        if node.orelse.nodes:
            yield f"else[{inside(node.orelse)}]"
    elif isinstance(node, Call):
        yield f"{node.name}{{{inside(node.body)}}}"
    elif isinstance(node, Branch):
        test = f"{node.condition.key[0]}?" if node.condition and isinstance(node.condition.key, tuple) else ""
        if any(arms := [inside(arm) for arm in node.arms]):
            yield f"{test}({' | '.join(arms)})"
    elif isinstance(node, Try):
        parts = [("try", node.body), *(("except", one) for one in node.handlers)]
        parts += [("else", node.orelse), ("finally", node.final)]
        yield " ".join(f"{word}[{inside(part)}]" for word, part in parts if part.nodes or word in ("try", "except"))
    elif not isinstance(node, Store):
        assert isinstance(node, Block)
        for child in node.nodes:
            yield from shapes(child)


def inside(node: Node) -> str:
    return " ".join(shapes(node))


def event(node: Event) -> str:
    word = node.op.value + ("" if node.certain else "?")
    if node.op is Op.UNCALLED:
        return f"{word}({node.text})"
    if node.scheduler is not None:
        return f"{word}({node.scheduler.name})"
    if node.optimizers is not None:
        return f"{word}({', '.join(sorted(one.name for one in node.optimizers))})"
    if node.networks:
        return f"{word}<{', '.join(sorted('.'.join(map(str, one[1:])) or 'object' for one in node.networks))}>"
    return word
