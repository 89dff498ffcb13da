"""What one turn of a loop is: an epoch, a batch, a micro-batch, or something else."""

from __future__ import annotations

import pytest

from looplint.source import Reader, Source
from tests.source.reading import codes, functions, module, program

TURN = "optimizer.zero_grad()\n    model(x).sum().backward()\n    optimizer.step()"
TRAINED = "clear(optimizer) backward step(optimizer)"

HEADS = {
    "a loader": ("for x, y in loader:", "batch*"),
    "enumerated": ("for i, (x, y) in enumerate(loader):", "batch*"),
    "enumerated from 1": ("for i, (x, y) in enumerate(loader, 1):", "batch*"),
    "a progress bar": ("from tqdm import tqdm\nfor x, y in tqdm(loader):", "batch*"),
    "a progress bar of a module": ("import tqdm\nfor x, y in tqdm.tqdm(loader, desc='train'):", "batch*"),
    "both": ("from tqdm.auto import tqdm\nfor i, (x, y) in enumerate(tqdm(loader)):", "batch*"),
    "both the other way": ("from tqdm import tqdm\nfor i, (x, y) in tqdm(enumerate(loader), total=9):", "batch*"),
    "a bar that is kept": ("from tqdm import tqdm\nbar = tqdm(loader)\nfor x, y in bar:", "batch*"),
    "zipped": ("for (x, y), (u, v) in zip(loader, other):", "batch*"),
    "zipped, the other first": ("for (x, y), (u, v) in zip(other, loader):", "batch*"),
    "an iterator": ("for x, y in iter(loader):", "batch*"),
    "an iterator that is kept": ("batches = iter(loader)\nfor x, y in batches:", "batch*"),
    "islice": ("from itertools import islice\nfor x, y in islice(loader, 10):", "batch*"),
    "cycle": ("from itertools import cycle\nfor x, y in cycle(loader):", "batch*"),
    "a list of it": ("for x, y in list(loader):", "batch*"),
    "its length": ("for i in range(len(loader)):", "batch*"),
    "its length, counted": ("n = len(loader)\nfor i in range(n):", "batch*"),
    "a bar over its length": ("from tqdm import tqdm\nfor i in tqdm(range(len(loader))):", "batch*"),
    "next in a range": ("batches = iter(loader)\nfor i in range(10):\n    x, y = next(batches)", "batch*"),
    "next in a while": ("batches = iter(loader)\nwhile i < 10:\n    x, y = next(batches)", "batch*"),
    "next for ever": ("batches = iter(loader)\nwhile True:\n    x, y = next(batches)", "batch*!"),
    "a subclass of a loader": ("class Own(DataLoader): ...\nfor x, y in Own(data):", "batch*"),
    "a loader of another package": ("from torch_geometric.loader import NeighborLoader as N\nfor x in N(g):", "batch*"),
    "built in place": ("for x, y in torch.utils.data.DataLoader(data):", "batch*"),
    "either of two": ("other = DataLoader(few)\nfor x, y in other:", "batch*"),
    "a range": ("for i in range(10):", "loop"),
    "an unknown list": ("for x in things:", "loop"),
    "a while": ("while error > 0.1:", "loop"),
    "for ever": ("while True:", "loop!"),
    "for ever, as a number": ("while 1:", "loop!"),
    "epochs of a full batch": ("for epoch in range(10):", "loop"),
    "something called a loader": ("for x, y in train_loader:", "loop"),
}


@pytest.mark.parametrize(("head", "kind"), HEADS.values(), ids=HEADS)
def test_what_a_loop_iterates(head: str, kind: str) -> None:
    assert module(f"{head}\n    {TURN}") == f"{kind}[{TRAINED}]"


NESTS = {
    "epochs around batches": (
        f"for e in range(3):\n  for x, y in loader:\n    {TURN}",
        f"epoch[batch*[{TRAINED}]]",
    ),
    "epochs around something called a loader": (
        f"for e in range(3):\n  for x, y in train_loader:\n    {TURN}",
        f"epoch[batch[{TRAINED}]]",
    ),
    "epochs by name": (
        f"for epoch in range(3):\n  for x, y in things:\n    {TURN}",
        f"epoch[batch[{TRAINED}]]",
    ),
    "epochs around the iterator of something called a loader": (
        f"for e in range(3):\n  for x, y in iter(train_loader):\n    {TURN}",
        f"epoch[batch[{TRAINED}]]",
    ),
    "epochs around what is called a batch": (
        f"for e in range(3):\n  for batch in things:\n    {TURN}",
        f"epoch[batch[{TRAINED}]]",
    ),
    "epochs around batches that are counted": (
        f"for e in range(3):\n  for batch_idx, (x, y) in enumerate(things):\n    {TURN}",
        f"epoch[batch[{TRAINED}]]",
    ),
    "epochs around inputs and targets of the training data": (
        f"for e in range(3):\n  for x, y in train_data:\n    {TURN}",
        f"epoch[batch[{TRAINED}]]",
    ),
    "single items of the training data": (
        f"for e in range(3):\n  for task in train_set:\n    {TURN}",
        f"loop[loop[{TRAINED}]]",
    ),
    "pairs of other data": (
        f"for task in tasks:\n  for x, y in task.support:\n    {TURN}",
        f"loop[loop[{TRAINED}]]",
    ),
    "the size of a batch": (
        f"for e in range(3):\n  for batch_size in sizes:\n    {TURN}",
        f"loop[loop[{TRAINED}]]",
    ),
    "one batch after the other": (
        f"for batch in things:\n  {TURN.replace('    ', '  ')}",
        f"loop[{TRAINED}]",
    ),
    "steps over what is called a batch": (
        f"for batch in things:\n  for k in range(4):\n    {TURN}",
        f"loop[loop[{TRAINED}]]",
    ),
    "neither by name": (
        f"for e in range(3):\n  for x, y in things:\n    {TURN}",
        f"loop[loop[{TRAINED}]]",
    ),
    "a while around batches": (
        f"while going:\n  for x, y in loader:\n    {TURN}",
        f"epoch[batch*[{TRAINED}]]",
    ),
    "folds around epochs": (
        f"for fold in folds:\n for epoch in range(3):\n  for x, y in loader:\n    {TURN}",
        f"epoch[epoch[batch*[{TRAINED}]]]",
    ),
    "micro-batches": (
        "for x, y in loader:\n  for part in x.chunk(4):\n    model(part).sum().backward()\n  optimizer.step()",
        "batch*[micro[backward] step(optimizer)]",
    ),
    "steps over one batch": (
        f"for x, y in loader:\n  for k in range(4):\n    {TURN}",
        f"batch*[loop[{TRAINED}]]",
    ),
    "a loader in a loader": (
        f"for x, y in loader:\n  for u, v in DataLoader(few):\n    {TURN}",
        f"batch*[loop*[{TRAINED}]]",
    ),
    "a backward for each item, a step outside": (
        "for i in range(3):\n  for x in things:\n    model(x).sum().backward()\n  optimizer.step()",
        "loop[micro[backward] step(optimizer)]",
    ),
    "batches with the backward, the step outside": (
        "for e in range(3):\n  for x in loader:\n    model(x).sum().backward()\n  optimizer.step()",
        "epoch[batch*[backward] step(optimizer)]",
    ),
    "epochs around a call": (
        f"def go():\n  for x, y in loader:\n    {TURN}\nfor e in range(3):\n  go()",
        f"epoch[go{{batch*[{TRAINED}]}}]",
    ),
    "a validation beside": (
        f"for e in range(3):\n  for x, y in loader:\n    {TURN}\n  "
        f"for x, y in loader:\n    print(loss_fn(model(x), y))",
        f"epoch[batch*[{TRAINED}] loop*[loss]]",
    ),
    "next of a generator outside": (
        "batches = iter(loader)\nx = next(batches)\nfor i in range(3):\n    optimizer.step()",
        "loop[step(optimizer)]",
    ),
}


@pytest.mark.parametrize(("code", "expected"), NESTS.values(), ids=NESTS)
def test_how_loops_are_nested(code: str, expected: str) -> None:
    assert module(code) == expected


PARTS = {
    "a loop in which nothing happens": ("for x in things:\n    print(x)\noptimizer.step()", "step(optimizer)"),
    "else": (
        "for x in loader:\n    optimizer.step()\nelse:\n    optimizer.zero_grad()",
        "batch*[step(optimizer)] else[clear(optimizer)]",
    ),
    "else of a while": (
        "while going:\n    optimizer.step()\nelse:\n    optimizer.zero_grad()",
        "loop[step(optimizer)] else[clear(optimizer)]",
    ),
    "a loop in which only the else does something": (
        "for x in things:\n    print(x)\nelse:\n    optimizer.step()",
        "loop[] else[step(optimizer)]",
    ),
    "the test of a while": ("while loss_fn(x) > 1:\n    optimizer.step()", "loop[loss step(optimizer)]"),
    "async for": (
        "async def go():\n    async for x in things:\n        optimizer.step()\n    await optimizer.step()",
        "loop[step(optimizer)] step(optimizer)",
    ),
    "networks": ("for net in nets:\n    net.zero_grad()", "loop[clear]"),
    "networks in a known list": (
        "for net in [one, two]:\n    net.zero_grad()",
        "loop[clear<one, two>]",
    ),
    "parameters": ("for p in model.parameters():\n    p.grad = None", "loop[clear<model>]"),
    "a dozen optimizers are told apart": (
        "many = [" + ", ".join(["torch.optim.SGD(p)"] * 12) + "]\nfor one in many:\n    one.step()",
        " ".join([f"build(many[{i}])" for i in range(12)] + [f"step(many[{i}])" for i in range(12)]),
    ),
    "a break among known objects": (
        "for one in (optimizer, optimizer):\n    if done:\n        break\n    one.step()",
        "loop[done?(break | ) step(optimizer)] loop[done?(break | ) step(optimizer)]",
    ),
    "a continue among known objects": (
        "other = torch.optim.SGD(p)\nfor one in (optimizer, other):\n    "
        "if one.frozen:\n        continue\n    one.step()",
        "build(other) loop[one.frozen?(continue | ) step(optimizer)] loop[one.frozen?(continue | ) step(other)]",
    ),
    "a list of optimizers that came from elsewhere": (
        "for one in optimizers:\n    one.step()",
        "step(optimizers[*])",
    ),
    "an index of it": ("for i in range(2):\n    optimizers[i].step()", "loop[step(optimizers[i])]"),
    "objects that have an optimizer each": (
        "for agent in agents:\n    agent.optimizer.step()",
        "step(agent.optimizer)",
    ),
    "objects that have an optimizer each, and a jump": (
        "for i, agent in enumerate(agents):\n    if agent.done:\n        continue\n    agent.optimizer.step()",
        "loop[agent.done?(continue | ) step(agent.optimizer)]",
    ),
    "pairs with an optimizer each": (
        "for pair in pairs:\n    pair[1].zero_grad()\n    pair[1].step()",
        "clear(pair[1]) step(pair[1])",
    ),
    "zipped lists that came from elsewhere": (
        "for one, sched in zip(optimizers, schedulers):\n    one.step()\n    sched.step()",
        "step(optimizers[*]) schedule(schedulers[*])",
    ),
    "zipped lists, one of them known": (
        "for (net, one) in zip(nets, [optimizer]):\n    net.zero_grad()\n    one.step()",
        "clear step(optimizer)",
    ),
}


@pytest.mark.parametrize(("code", "expected"), PARTS.values(), ids=PARTS)
def test_the_parts_of_a_loop(code: str, expected: str) -> None:
    assert " ".join(filter(None, functions(code).values())) == expected


def test_more_than_a_dozen_are_any_of_them() -> None:
    many = ", ".join(["torch.optim.SGD(p)"] * 13)
    turn = "for one in many: one.{}()"
    program = f"""
        many = [{many}]
        for x in loader:
            {turn.format("zero_grad")}
            model(x).sum().backward()
            {turn.format("step")}
    """
    assert codes(program) == []


def test_of_objects_with_an_optimizer_each_is_met_once_in_a_pass() -> None:
    program = """
        for x, y in loader:
            for agent in agents:
                agent.optimizer.zero_grad()
                loss_fn(agent(x), y).backward()
            for agent in agents:
                agent.optimizer.step()
    """
    assert codes(program) == []
    wrong = """
        for epoch in range(3):
            for agent in agents:
                for x, y in loader:
                    agent.optimizer.zero_grad()
                    loss_fn(agent(x), y).backward()
            for agent in agents:
                agent.optimizer.step()
    """
    assert codes(wrong) == [("LL103", 7)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("{optimizer.step() for x in things}", "loop[step(optimizer)]"),
        ("{x: optimizer.step() for x in things}", "loop[step(optimizer)]"),
        ("total = sum(optimizer.step() for x in things if x)", "loop[step(optimizer)]"),
        ("[optimizer.step() for x in things for y in x]", "loop[loop[step(optimizer)]]"),
        ("[p.grad.zero_() for p in model.parameters()]", "loop[clear<model>]"),
    ],
)
def test_a_comprehension_is_a_loop(code: str, expected: str) -> None:
    assert module(code) == expected


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("for x, y in loader:", "for x, y in loader"),
        ("while i < 3:", "while i < 3"),
        ("for i, (x, y) in enumerate(\n        loader):", "for i, (x, y) in enumerate( loader)"),
        (
            "for x in [" + "1234, " * 30 + "]:",
            "for x in [1234, 1234, 1234, 1234, 1234,...234, 1234, 1234, 1234, 1234, ]",
        ),
    ],
)
def test_the_head_of_a_loop_is_told_as_it_stands(code: str, text: str) -> None:
    function = Reader(Source(program(f"{code}\n    optimizer.step()"), "program.py")).read().functions[0]
    assert [loop.text for loop in function.all_loops()] == [text]
