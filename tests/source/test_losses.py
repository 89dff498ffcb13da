"""Losses that nobody calls backward on: where one is in sight, and where unseen code may have done it."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from tests.source.reading import codes

ELSEWHERE = """\
import torch
from torch import nn
import torch.nn.functional as F
from elsewhere import run, anomaly_score

class Counter:
    def __init__(self):
        self.seen = 0

    def count(self, x):
        self.seen += len(x)

counter = Counter()
optimizer = torch.optim.Adam(model.parameters())
"""


def turn(code: str) -> list[tuple[str, int]]:
    """Return what is reported of a loop that clears, does this, and steps."""
    body = "optimizer.zero_grad()\n" + dedent(code).strip("\n") + "\noptimizer.step()\n"
    return codes("for x, y in data:\n" + indent(body, "    "), ELSEWHERE)


LOSSES = {
    "put into words": "loss = loss_fn(model(x), y)\nlines.append('loss {:.3f}'.format(loss))",
    "reduced, and nothing else": "loss = loss_fn(model(x), y)\nloss.mean()",
    "with the smallest so far": "loss = loss_fn(model(x), y)\nbest = min(best, loss)",
    "behind a method that has nothing to do with it": "loss = loss_fn(model(x), y)\ncounter.count(x)",
    "of a loss function": "loss = loss_fn(model(x), y)",
    "kept in a list": "losses.append(loss_fn(model(x), y))",
    "under any name, and a number of it": "z = loss_fn(model(x), y)\nshown = handle(z.item(), z.detach().numpy())",
    "printed": "print(loss_fn(model(x), y))",
    "of torch": "cost = torch.mean((model(x) - y) ** 2)",
    "by a method of a tensor": "first_loss = model(x).norm(p=2)",
    "summed up": "loss = sum(losses_of(model(x), y))",
    "divided": "task_loss /= count",
    "of a network": "loss = model(x, y)",
    "of a network with a name like training": "train_model.train()\nloss = train_model(x, y).loss",
    "of several": "loss, parts = model(x, y)",
    "behind a call of the network without data": "model.train()\nmodel.unshard()\nloss = model(x, y)",
    "behind a call of a part of it": "model.eval()\nmodel.inner.redraw()\nloss = (model(x) - y).abs()",
    "behind a call that is given the network alone": "model.train()\nif normed:\n    normalise(model, 1)\n"
    "loss = loss_fn(model(x), y)",
    "with data of a generator for training": "x = elsewhere.train_gen(4)\nloss = loss_fn(model(x), y)",
    "of arithmetic": "loss = (model(x) - y) ** 2",
    "taken out for a log": "loss = loss_fn(model(x), y)\ncurrent_loss = loss.item()",
    "put into an array for a log": "loss = loss_fn(model(x), y)\nlosses[i] = loss.item()",
    "cut into parts": "loss = loss_fn(model(x), y)\nwon_loss, lost_loss = loss.chunk(2)",
    "of all processes": "loss = loss_fn(model(x), y)\navg_loss = launcher.gather(loss.repeat(4)).mean().item()",
    "of all processes, as they are": "loss = loss_fn(model(x), y)\nall_loss = launcher.reduce(loss)",
}


@pytest.mark.parametrize("code", LOSSES.values(), ids=LOSSES)
def test_a_loss_without_a_backward_is_found(code: str) -> None:
    assert turn(code) == [("LL106", code.count("\n") + 4)]


NO_LOSSES = {
    "a method of the loss that nobody knows": "loss = loss_fn(model(x), y)\ngrads = (-loss).differentiate()",
    "such a method of a loss by its name alone": "loss = model(x, y)\ngrads = loss.differentiate()",
    "a method that nobody can see": "loss = loss_fn(model(x), y)\nunseen.count(x)",
    "nothing is computed": "pass",
    "what computes losses": "loss_fn = nn.MSELoss()",
    "what computes losses, made by a function": "loss_func = choose(x)",
    "what sums losses up": "loss_meter = Meter()",
    "plain numbers for a log": "total_loss += numbers.item()",
    "unseen code may run the backward": "loss = run(model, x, y)",
    "a method of unseen code may run the backward": "loss = learner.process(x, y)",
    "a method of unseen code may run the backward of several": "loss, parts = learner.process(x, y)",
    "a number that unseen code returns": "train_loss = learner.process(x, y).item()",
    "parts of what unseen code returns": "won_loss, lost_loss = learner.process(x, y).detach().chunk(2)",
    "a call of the network behind the loss": "model.train()\nloss = model(x, y)\nmodel.finish()",
    "a call of the network with data": "model.train()\nmodel.digest(x, y)\nloss = loss_fn(model(x), y)",
    "a call of the network by the name of one that runs": "model.train()\nmodel.run_once()\nloss = model(x, y)",
    "a call of the network that leaves its loss behind": "model.train()\nmodel.finish()\nloss = model.loss.item()",
    "a call of the network before what it has gathered": "model.train()\nmodel.finish()\nloss = model.total / 4",
    "a call of what is no network": "learner.finish()\nloss = loss_fn(model(x), y)",
    "unseen code is given the loss": "loss = loss_fn(model(x), y)\nkept = handle(loss)",
    "unseen code is given a loss without a name": "run(loss_fn(model(x), y))",
    "unseen code is given a loss of torch": "run(F.mse_loss(model(x), y))",
    "unseen code is given a loss under any name": "z = loss_fn(model(x), y)\nrun(z)",
    "unseen code is given a mean": "run((loss_fn(model(x), y) / 4).mean())",
    "unseen code is given a sum": "out = model(x)\na, b = loss_fn(out, y), loss_fn(out, -y)\nrun(a - 2 * b)",
    "unseen code is given a list": "run([-loss_fn(model(x), y)])",
    "unseen code is given a dictionary": "engine.turn({'loss': loss_fn(model(x), y)})",
    "unseen code is given a loss by a keyword": "run(total=loss_fn(model(x), y))",
    "a method that a method makes": "go = operator.methodcaller('backward')\ngo(loss_fn(model(x), y))",
    "a function by the name of one that trains": "loss = train_batch(x, y)",
}


@pytest.mark.parametrize("code", NO_LOSSES.values(), ids=NO_LOSSES)
def test_what_is_no_loss_in_sight_is_passed_over(code: str) -> None:
    assert turn(code) == []


def test_a_loss_of_linted_code_is_in_sight() -> None:
    prelude = ELSEWHERE + "def distance(out, y):\n    return (out - y).abs().mean()\n"
    code = "for x, y in data:\n    optimizer.zero_grad()\n    loss = distance(model(x), y)\n    optimizer.step()\n"
    assert codes(code, prelude) == [("LL106", 4)]


def test_a_backward_in_linted_code_is_in_sight() -> None:
    prelude = ELSEWHERE + "def distance(out, y):\n    loss = (out - y).mean()\n    loss.backward()\n    return loss\n"
    code = "for x, y in data:\n    optimizer.zero_grad()\n    loss = distance(model(x), y)\n    optimizer.step()\n"
    assert codes(code, prelude) == []


def test_what_is_called_like_a_loss_function_computes_whatever_it_is_out_there() -> None:
    prelude = ELSEWHERE + "def total(out, y, loss_func):\n    loss = loss_func(out, y)\n    return loss\n"
    code = (
        "for x, y in data:\n    optimizer.zero_grad()\n    loss = total(model(x), y, made(x))\n    optimizer.step()\n"
    )
    assert codes(code, prelude) == [("LL106", 4)]


def test_a_loss_of_a_class_of_the_file_is_in_sight() -> None:
    prelude = ELSEWHERE + dedent("""\
        class Masked(nn.CrossEntropyLoss):
            def forward(self, out, y, weights):
                return (super().forward(out, y) * weights).mean(dim=1)

        criterion = Masked()
        """)
    code = (
        "for x, y in data:\n    optimizer.zero_grad()\n    l = criterion(model(x), y, 1).sum()\n    optimizer.step()\n"
    )
    assert codes(code, prelude) == [("LL106", 4)]


def test_one_of_several_loss_functions_makes_a_loss() -> None:
    prelude = ELSEWHERE + "if args.binary:\n    measure = nn.BCELoss()\nelse:\n    measure = nn.MSELoss()\n"
    code = "for x, y in data:\n    optimizer.zero_grad()\n    l = measure(model(x), y)\n    optimizer.step()\n"
    assert codes(code, prelude) == [("LL106", 4)]


def test_unseen_code_before_the_clear_computes_what_it_likes() -> None:
    code = "for x in data:\n    loss, _, _ = anomaly_score(x)\n    optimizer.zero_grad()\n    optimizer.step()\n"
    assert codes(code, ELSEWHERE) == [("LL106", 4)]


def test_a_step_that_primes_a_scheduler_is_passed_over() -> None:
    code = """\
    def evaluate():
        return F.mse_loss(model(all_x), all_y).item()

    loss = evaluate()
    optimizer.zero_grad()
    optimizer.step()
    for x, y in data:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    """
    assert codes(code, ELSEWHERE) == []


BASES = """\
class Trainer(Base):
    def fit(self, data, optimizer):
        for x, y in data:
            optimizer.zero_grad()
            {}
            optimizer.step()
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("self.propagate(loss_fn(model(x), y))", []),
        ("loss = loss_fn(model(x), y); self.propagate(loss)", []),
        ("loss = loss_fn(model(x), y); self.log('loss', loss)", [("LL106", 6)]),
        ("self.loss = loss_fn(model(x), y); self.propagate()", []),
        ("loss = loss_fn(model(x), y); kept = self.propagate(x)", [("LL106", 6)]),
    ],
)
def test_a_method_of_an_unseen_base_is_given_the_loss(line: str, found: list[tuple[str, int]]) -> None:
    assert codes(BASES.format(line), ELSEWHERE) == found
