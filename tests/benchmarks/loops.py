"""The loop that the tests of the faults begin with, and what they ask of a text."""

from __future__ import annotations

from textwrap import dedent

from benchmarks.faults import mutants
from benchmarks.mutant import Mutant
from looplint import engine

LOOP = """\
import torch

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    print(epoch)
"""

HEAD, _, BODY = LOOP.partition("        optimizer.zero_grad()\n")
TAIL = "    print(epoch)\n"


def dedented(text: str) -> str:
    return dedent(text).lstrip("\n")


def made(text: str, fault: str) -> list[Mutant]:
    return [one for one in mutants(text) if one.fault == fault]


def texts(text: str, fault: str) -> list[str]:
    return [one.text for one in made(text, fault)]


def codes(text: str) -> list[str]:
    return [one.code for one in engine.judge(text, "loop.py")]


def loop(*lines: str, before: str = "", after: str = "") -> str:
    return HEAD.replace("    for x", f"{before}    for x") + "".join(f"        {one}\n" for one in lines) + after + TAIL


CLEAR, LOSS, BACKWARD, STEP = (
    "optimizer.zero_grad()",
    "loss = loss_fn(model(x), y)",
    "loss.backward()",
    "optimizer.step()",
)
