"""`looplint show`: the loops of a text as looplint understands them."""

from __future__ import annotations

from textwrap import dedent

import pytest

from looplint.show import render
from tests.source.reading import PRELUDE, program


def shown(code: str, prelude: str = PRELUDE) -> str:
    return render(program(code, prelude), "shown.py")


PLAIN = (
    """
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)
    loss_fn = torch.nn.MSELoss()
    for epoch in range(90):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    """,
    """\
    module
      optimizer `optimizer`
      scheduler `scheduler`, StepLR(step_size=30), of `optimizer`, counts epochs
          5  built      `optimizer`: `optimizer = torch.optim.SGD(model.parameters(), lr=0.1)`
          9  epoch loop `for epoch in range(90)`
           10  batch loop `for x, y in loader` over a DataLoader
             11  clear      `optimizer.zero_grad()`
             12  loss       `loss_fn(model(x), y)`
             12  backward   `loss_fn(model(x), y).backward()`
             13  step       `optimizer.step()`
           14  schedule   `scheduler.step()`
    """,
)
BRANCHES = (
    """
    def go(model, optimizer, scaler, fast):
        for part in parts:
            model.zero_grad()
            if fast:
                scaler.scale(model(part)).backward()
                scaler.step(optimizer)
                continue
            else:
                model(part).backward()
            try:
                optimizer.step()
            finally:
                rate.step
    """,
    """\
    go
      optimizer `optimizer`
          2  other loop `for part in parts`
            3  clear      `model.zero_grad()`
               either
              5  backward   `scaler.scale(model(part)).backward()`
              6  step       `optimizer`: `scaler.step(optimizer)`
                 continue
               or
              9  backward   `model(part).backward()`
           11  step       `optimizer.step()`
    """,
)
CALLS = (
    """
    def update(one):
        one.step()

    def clear():
        helper(optimizer)

    for x, y in loader:
        clear()
        model(x).backward(inputs=[x])
        update(optimizer)
    """,
    """\
    module
      optimizer `optimizer`
          5  built      `optimizer`: `optimizer = torch.optim.SGD(model.parameters(), lr=0.1)`
         13  batch loop `for x, y in loader` over a DataLoader
           14  call of `clear`
             11  unseen code has `optimizer`: `helper(optimizer)`
           15  backward   perhaps `model(x).backward(inputs=[x])`
           16  call of `update`
              8  step       `optimizer`: `one.step()`
    """,
)
SEVERAL = (
    """
    def one(sched):
        sched.step()

    def two(optimizers):
        for p in net.parameters():
            p.grad = None
        p.grad = q
        print(p.grad)
        loss.backward()
        optimizers[i or j].step()
        go(x)
        optimizers = make(optimizers)
        optimizers.step
    """,
    """\
    one
      scheduler `sched`, its unit is unknown
          2  schedule   `sched.step()`

    two
      optimizer `optimizers[i or j]`
      optimizer `optimizers`
          5  other loop `for p in net.parameters()`
            6  clear      `p.grad = None`
          7  gradients written by hand `p.grad = q`
          8  gradients read by hand `p.grad`
          9  backward   `loss.backward()`
         10  step       `optimizers[i or j].step()`
         11  unseen code `go(x)`
         12  unseen code has `optimizers`, `optimizers[i or j]`: `make(optimizers)`
         12  bound to something unseen `optimizers`: `optimizers = make(optimizers)`
         13  named, not called `optimizers.step`
         13  step       `optimizers.step`
    """,
)
TEXTS = {"plain": (*PLAIN, PRELUDE), "branches": (*BRANCHES, ""), "calls": (*CALLS, PRELUDE), "several": (*SEVERAL, "")}


@pytest.mark.parametrize(("code", "expected", "prelude"), TEXTS.values(), ids=TEXTS)
def test_what_is_shown(code: str, expected: str, prelude: str) -> None:
    assert shown(code, prelude) == dedent(expected)


def test_a_text_without_a_loop() -> None:
    assert shown("print(1)") == "no training loop found\n"


def test_what_was_not_judged_is_told() -> None:
    code = "def go(one):\n    one.step()\n    go(one)\ngo(optimizer)"
    assert "  not judged: the call of go is not followed: it is recursive or too deep\n" in shown(code)


def test_a_scheduler_whose_class_tells() -> None:
    code = "rate = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)\nrate.step(x)"
    assert "  scheduler `rate`, ReduceLROnPlateau, of `optimizer`, counts epochs\n" in shown(code)


def test_an_event_of_several_optimizers() -> None:
    code = "one = torch.optim.SGD(p) if a else optimizer\nhelper([optimizer, other_optimizer])\nmodel.zero_grad()"
    assert " unseen code has `optimizer`, `other_optimizer`: `helper([optimizer, other_optimizer])`\n" in shown(code)


def test_an_engine_has_every_optimizer() -> None:
    code = "import colossalai\nengine, a, b, c = colossalai.initialize(model)\nengine.step()\nmodel.zero_grad()"
    assert " unseen code has every optimizer: `engine.step()`\n" in shown(code)
