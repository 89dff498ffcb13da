"""Checkpointing, torch.compile, threads of the engine: what happens to the graph changes nothing."""

from __future__ import annotations

import pytest

from tests.runtime_check.programs import check, programs

pytest.importorskip("torch")

LOOP = """
{first}
for epoch in range(epochs):
    for x, y in loader:
        {clear}
        {backward}
        {step}{mark}
"""
CHECKPOINT = "from torch.utils.checkpoint import checkpoint, checkpoint_sequential"
DEEP = "nn.Sequential(*(nn.Linear(2, 2) for _ in range(4)))"
EAGER = 'backend="eager"'
STEP = "optimizer.step()"

GRAPHS = {
    "checkpointing, reentrant": (
        CHECKPOINT,
        "x.requires_grad_(); loss_fn(checkpoint(model, x, use_reentrant=True), y).backward()",
        STEP,
    ),
    "checkpointing, not reentrant": (
        CHECKPOINT,
        "loss_fn(checkpoint(model, x, use_reentrant=False), y).backward()",
        STEP,
    ),
    "checkpointing, nested": (
        f"{CHECKPOINT}; deep = {DEEP}; optimizer = torch.optim.SGD(deep.parameters(), lr=0.01)",
        "out = checkpoint_sequential(deep, 2, x.requires_grad_(), use_reentrant=True); out.square().sum().backward()",
        STEP,
    ),
    "a compiled model": (
        f"compiled = torch.compile(model, {EAGER})",
        "loss_fn(compiled(x), y).backward()",
        STEP,
    ),
    "a compiled model, through AOT": (
        'compiled = torch.compile(model, backend="aot_eager")',
        "loss_fn(compiled(x), y).backward()",
        STEP,
    ),
    "a compiled step": (
        f"@torch.compile({EAGER})\ndef apply():\n    optimizer.step()MARK",
        "loss_fn(model(x), y).backward()",
        "apply()",
    ),
    "a function of autograd": (
        "class Twice(torch.autograd.Function):\n"
        "    @staticmethod\n"
        "    def forward(ctx, x):\n"
        "        return 2 * x\n"
        "    @staticmethod\n"
        "    def backward(ctx, g):\n"
        "        return 2 * g\n",
        "loss_fn(Twice.apply(model(x)), y).backward()",
        STEP,
    ),
    "torch.autograd.backward": ("pass", "torch.autograd.backward([loss_fn(model(x), y)])", STEP),
    "torch.autograd.backward, by another name": (
        "from torch.autograd import backward as back",
        "back(loss_fn(model(x), y))",
        STEP,
    ),
    "several roots": ("pass", "torch.autograd.backward([loss_fn(model(x), y), model(x).mean()])", STEP),
    "a hook that runs a backward": (
        "w = torch.ones(2, requires_grad=True)\n"
        "model[2].weight.register_hook(lambda g: torch.enable_grad()(lambda: w.sum().backward())())",
        "loss_fn(model(x), y).backward()",
        STEP,
    ),
}


def graph(name: str, *, clear: str, mark: str) -> str:
    first, backward, step = GRAPHS[name]
    if "MARK" in first:  # the step stands there
        first, mark = first.replace("MARK", mark), ""
    return LOOP.format(first=first, clear=clear, backward=backward, step=step, mark=mark)


@programs(
    {
        **{name: graph(name, clear="optimizer.zero_grad()", mark="") for name in GRAPHS},
        **{f"{name}, never cleared": graph(name, clear="pass", mark="  # LL101") for name in GRAPHS},
    }
)
def test_graphs(program: str, exact: bool) -> None:
    check(program, exact=exact)


WHOLE = """
{more}
def train(x, y):
    {clear}
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step(){mark}
    return loss

compiled = torch.compile(train, backend="eager")
for epoch in range(epochs):
    for x, y in loader:
        compiled(x, y)
"""


@programs(
    {
        "right": WHOLE.format(clear="optimizer.zero_grad()", mark="", more=""),
        "never cleared": WHOLE.format(clear="pass", mark="  # LL101", more=""),
    }
)
def test_a_training_step_that_is_compiled(program: str, exact: bool) -> None:
    check(program, exact=exact)
