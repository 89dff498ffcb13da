"""Steps between which and the clear all is in sight, and no backward; and what must not be taken for one."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from tests.source.reading import codes

PRELUDE = """\
import torch
from torch.utils.data import DataLoader
from elsewhere import helper, runner, data, scale_loss

loader = DataLoader(data)
model.load_state_dict(state)
optimizer = torch.optim.Adam(model.parameters())
other = torch.optim.Adam(critic.parameters())
"""


def between(code: str, head: str = "for x, y in data:") -> list[str]:
    """Return which rules speak of a loop that clears, does this, and steps."""
    body = "optimizer.zero_grad()\n" + dedent(code).strip("\n") + "\noptimizer.step()\n"
    return [code for code, _ in codes(f"{head}\n" + indent(body, "    "), PRELUDE)]


IN_SIGHT = {
    "a forward": "output = model(x)",
    "a forward of data that is moved": "x, y = x.to(device), y.cuda()\noutput = model(x)",
    "a forward, in a context": "with torch.autocast('cuda'):\n    output = model(x)",
    "a forward, and numbers": "output = model(x)\nright += (output.argmax(1) == y).sum().item()",
    "a forward, and assertions of gradients": "output = model(x)\nassert model.weight.grad is None",
    "a forward of another network": "output = critic(x)",
    "a forward, and the clear of another optimizer": "other.zero_grad()\noutput = model(x)",
    "a forward, and a clip": "output = model(x)\ntorch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
    "a criterion": "output = model(x)\ndistance = criterion(output, y)",
    "a mode": "model.train()\noutput = model(x)",
}


@pytest.mark.parametrize("code", IN_SIGHT.values(), ids=IN_SIGHT)
def test_a_forward_without_a_backward_is_found(code: str) -> None:
    assert "LL106" in between(code)
    assert between(f"{code}\noutput.mean().backward()") == []


FEARED = {
    "nothing": "pass",
    "a mode alone": "model.train()",
    "unseen code": "output = runner(x)",
    "unseen code that is given the output": "output = model(x)\nresult = helper(output)",
    "a method of the network": "output = model.process(x)",
    "a method of unseen code": "output = model(x)\nresult = runner.handle(output)",
    "a method of unseen code by the name of a builtin": "output = model(x)\nresult = runner.all(output)",
    "a method by the name of a network": "output = runner.model(x)",
    "a statement": "output = model(x)\nrunner.handle()",
    "what is called later": "output = model(x)\nrunner.later(lambda: output)",
    "a context": "with runner:\n    output = model(x)",
    "a branch": "output = model(x)\nif runner(output):\n    pass",
    "gradients by hand": "output = model(x)\nfor p in model.parameters():\n    p.grad = helper(p)",
    "gradients in a list": "output = model(x)\ngrads = [p.grad for p in pieces]\ntorch._foreach_add_(grads, moves)",
    "gradients that torch fills": "output = model(x)\ntorch.add(a, b, out=slot)",
    "gradients that a function fills": "output = model(x)\nhelper(model)",
    "gradients of torch.autograd": "output = model(x)\nmoves = torch.autograd.grad(output.sum(), points)",
    "a closure": "output = model(x)\ndef closure():\n    return output",
}


@pytest.mark.parametrize("code", FEARED.values(), ids=FEARED)
def test_what_may_run_a_backward_or_has_no_use_for_one_is_passed_over(code: str) -> None:
    assert between(code) == []


def test_a_batch_that_is_loaded_is_there_to_be_used() -> None:
    assert between("pass", "for x, y in loader:") == ["LL106"]
    assert between("x = x.to(device)", "for x, y in loader:") == ["LL106"]
    assert between("pass", "for x, y in data:") == []
    code = "for x, y in loader:\n    optimizer.zero_grad()\n    optimizer.step()\n    schedule.step()\n"
    assert codes(code, PRELUDE) == []
    assert between("x = runner(x)", "for x, y in loader:") == []


def test_the_clear_may_stand_at_the_end_of_a_turn() -> None:
    code = "{}\n    {}\n    output = model(x)\n    {}\n    optimizer.step()\n    optimizer.zero_grad()\n"
    loop = "for x, y in data:"
    assert codes(code.format(loop, "pass", "pass"), PRELUDE) == [("LL106", 5)]
    assert codes(code.format(loop, "pass", "output.mean().backward()"), PRELUDE) == []
    assert codes(code.format(loop, "result = runner(x)", "pass"), PRELUDE) == []
    assert codes(code.format("if x:", "pass", "pass"), PRELUDE) == []


def test_in_a_function_the_clear_comes_first() -> None:
    code = "def apply(x):\n    {}\n    output = model(x)\n    optimizer.step()\n    {}\n    return output\n"
    assert codes(code.format("optimizer.zero_grad()", "pass"), PRELUDE) == [("LL106", 4)]
    assert codes(code.format("pass", "optimizer.zero_grad()"), PRELUDE) == []


def test_a_step_that_primes_a_schedule_is_no_step_in_vain() -> None:
    code = """\
optimizer.zero_grad()
example = model(x)
optimizer.step()
for x, y in loader:
    optimizer.zero_grad()
    model(x).mean().backward()
    optimizer.step()
"""
    assert codes(code, PRELUDE) == []
