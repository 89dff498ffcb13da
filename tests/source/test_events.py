"""What happens in an expression or a statement, in the order in which Python evaluates it."""

from __future__ import annotations

import pytest

from tests.source.reading import codes, functions, module

ORDER = {
    "one after the other": (
        "optimizer.zero_grad()\nmodel(x).sum().backward()\noptimizer.step()",
        "clear(optimizer) backward step(optimizer)",
    ),
    "on one line": ("optimizer.zero_grad(); optimizer.step()", "clear(optimizer) step(optimizer)"),
    "the receiver before the call": ("loss_fn(x).backward()", "loss backward"),
    "the arguments before the call": (
        "log(optimizer.step(), optimizer.zero_grad())",
        "step(optimizer) clear(optimizer)",
    ),
    "keywords too": ("log(b=optimizer.step(), a=optimizer.zero_grad())", "step(optimizer) clear(optimizer)"),
    "the value before the target": (
        "things[optimizer.step()] = optimizer.zero_grad()",
        "clear(optimizer) step(optimizer)",
    ),
    "a tuple": ("a, b = optimizer.step(), optimizer.zero_grad()", "step(optimizer) clear(optimizer)"),
    "a dict": ("a = {optimizer.step(): optimizer.zero_grad()}", "step(optimizer) clear(optimizer)"),
    "a subscript": ("a = optimizer.step()[optimizer.zero_grad()]", "step(optimizer) clear(optimizer)"),
    "a slice": ("a = x[optimizer.step():optimizer.zero_grad()]", "step(optimizer) clear(optimizer)"),
    "operators": ("a = -optimizer.step() + optimizer.zero_grad()", "step(optimizer) clear(optimizer)"),
    "a comparison": ("a = optimizer.step() < optimizer.zero_grad()", "step(optimizer) clear(optimizer)"),
    "a formatted string": ("print(f'{optimizer.step()}: {optimizer.zero_grad()}')", "step(optimizer) clear(optimizer)"),
    "a walrus": ("print(a := optimizer.step())", "step(optimizer)"),
    "await": ("async def go():\n    await optimizer.step()", "step(optimizer)"),
    "yield": (
        "def go():\n    yield optimizer.step()\n    yield from optimizer.zero_grad()\n    yield",
        "step(optimizer) escape clear(optimizer) escape escape",
    ),
    "an assertion": ("assert optimizer.step() is None", "step(optimizer)"),
    "a return": ("def go():\n    return optimizer.step()", "step(optimizer) return"),
    "a raise": ("def go():\n    raise Stop(optimizer.step())", "step(optimizer) raise"),
    "an augmented assignment": ("total += optimizer.step()", "step(optimizer)"),
    "a star": ("print(*[optimizer.step()], **{'a': optimizer.zero_grad()})", "step(optimizer) clear(optimizer)"),
    "a lambda is not called": ("f = lambda: optimizer.step()", ""),
    "a name is not called": ("f = optimizer.step", ""),
    "a delete": ("del things[optimizer.step()]", "step(optimizer)"),
    "a delete of a name": ("del things\noptimizer.step()", "step(optimizer)"),
    "a type annotation": ("a: int = optimizer.step()\nb: int", "step(optimizer)"),
    "a decorator": ("@torch.no_grad()\ndef go():\n    optimizer.step()", "step(optimizer)"),
}


@pytest.mark.parametrize(("code", "expected"), ORDER.values(), ids=ORDER)
def test_events_come_in_the_order_of_evaluation(code: str, expected: str) -> None:
    assert " ".join(filter(None, functions(code).values())) == expected


GRADIENTS = {
    "None": ("model.weight.grad = None", "clear?"),
    "None for each parameter": ("for p in model.parameters():\n    p.grad = None", "loop[clear<model>]"),
    "None for each named parameter": ("for n, p in model.named_parameters():\n    p.grad = None", "loop[clear<model>]"),
    "None for a list of parameters": (
        "ps = list(model.parameters())\nfor p in ps:\n    p.grad = None",
        "loop[clear<model>]",
    ),
    "None for chosen parameters": (
        "ps = [p for p in model.parameters() if p.requires_grad]\nfor p in ps:\n    p.grad = None",
        "loop[clear?<model>]",
    ),
    "zero_ for each parameter": ("for p in model.parameters():\n    p.grad.zero_()", "loop[clear<model>]"),
    "zero_ of the data": ("for p in model.parameters():\n    p.grad.data.zero_()", "loop[clear<model>]"),
    "zero_ behind detach_": (
        "for p in model.parameters():\n    p.grad.detach_()\n    p.grad.zero_()",
        "loop[read clear<model>]",
    ),
    "zero_ where there are some": (
        "for p in model.parameters():\n    if p.grad is not None:\n        p.grad.zero_()",
        "loop[p.grad is None?( | clear<model>)]",
    ),
    "zeros": ("for p in model.parameters():\n    p.grad = torch.zeros_like(p)", "loop[clear<model>]"),
    "of several networks": (
        "for some in (model.parameters(), net.parameters()):\n    for p in some:\n        p.grad = None",
        "loop[loop[clear<model, net>]]",
    ),
    "of a comprehension of networks": (
        "for some in [one.parameters() for one in nets]:\n    for p in some:\n        p.grad = None",
        "loop[loop[clear?]]",
    ),
    "zero_ through a name": (
        "for p in model.parameters():\n    g = p.grad\n    norm = g.norm()\n    g.zero_()",
        "loop[read clear<model>]",
    ),
    "of the groups of an optimizer": (
        "for group in optimizer.param_groups:\n    for p in group['params']:\n        p.grad = None",
        "loop[loop[clear?]]",
    ),
    "zero_ of something else": ("x.zero_()", ""),
    "zero_ of a tensor": ("w.grad.zero_()", "clear?"),
    "written": ("for p in model.parameters():\n    p.grad = p - q", "loop[write]"),
    "copied into": ("for p in model.parameters():\n    p.grad.copy_(q)", "loop[read write]"),
    "filled": ("for p in model.parameters():\n    p.grad.fill_(0.01)", "loop[read write]"),
    "added to": ("for p in model.parameters():\n    p.grad += q", "loop[read write]"),
    "subtracted from": ("for p in model.parameters():\n    p.grad -= q", "loop[read write]"),
    "scaled": ("for p in model.parameters():\n    p.grad *= 0.5", "loop[read change]"),
    "divided": ("for p in model.parameters():\n    p.grad /= 2", "loop[read change]"),
    "changed by a function": ("torch.nn.init.zeros_(model.weight.grad)", "read change"),
    "changed by a function for many": (
        "torch._foreach_mul_([p.grad for p in model.parameters()], 0)",
        "loop[read] change",
    ),
    "changed by another method": ("g = model.weight.grad\ng.sub_(g)", "read change"),
    "a slice of it": ("model.weight.grad[:] = 0", "read change"),
    "a slice of it, in place": ("g = model.weight.grad\ng[0] *= 2", "read change"),
    "a function of others": ("torch.nn.init.zeros_(model.weight)", ""),
    "zero_ of a buffer of gradients": ("buffers.flat_grad.zero_()", "clear?"),
    "read": ("norm = model.weight.grad.norm()", "read"),
    "read for each": ("norm = sum(p.grad.norm() for p in model.parameters())", "loop[read]"),
    "only asked for": ("a = model.weight.grad is None", ""),
    "compared otherwise": ("a = model.weight.grad == 0", "read"),
    "copied from a name": ("x.copy_(y)\nx.add_(y)\nx.fill_(0)", ""),
    "an attribute of a package": ("g = torch.autograd.grad(loss, w)", ""),
    "a backward": ("loss.backward()", "backward"),
    "a backward of certain inputs": ("loss.backward(inputs=[x])", "backward?"),
    "a backward of no certain inputs": ("loss.backward(inputs=None)", "backward"),
    "torch.autograd.backward": ("torch.autograd.backward([loss])", "backward"),
    "a backward that is imported": ("from torch.autograd import backward\nbackward([loss])", "backward"),
}


@pytest.mark.parametrize(("code", "expected"), GRADIENTS.values(), ids=GRADIENTS)
def test_gradients_by_hand(code: str, expected: str) -> None:
    assert " ".join(filter(None, functions(code).values())) == expected


NETWORKS = {
    "the network": ("model.zero_grad()", []),
    "its whole": ("class Wrap: ...\nmodel.zero_grad()", []),
    "another network": ("other = torch.nn.Linear(2, 1)\nother.zero_grad()", [("LL101", 5)]),
    "wrapped before": ("parallel = torch.nn.DataParallel(model)\nparallel.zero_grad()", []),
    "wrapped under its own name": ("model = torch.nn.DataParallel(model)\nmodel.zero_grad()", []),
    "moved": ("model = model.to(device)\nmodel.zero_grad()", []),
    "compiled": ("fast = torch.compile(model)\nfast.zero_grad()", []),
    "what is inside a wrapper": ("parallel = torch.nn.DataParallel(model)\nparallel.module.zero_grad()", []),
    "a part of it": ("model.fc.zero_grad()", []),
    "its parameters by hand": ("for p in model.parameters(): p.grad = None", []),
    "the parameters of another": (
        "other = torch.nn.Linear(2, 1)\nfor p in other.parameters(): p.grad = None",
        [("LL101", 5)],
    ),
}


@pytest.mark.parametrize(("clear", "expected"), NETWORKS.values(), ids=NETWORKS)
def test_a_network_clears_its_own_optimizer(clear: str, expected: list[tuple[str, int]]) -> None:
    first, _, second = clear.rpartition("\n")
    if second.startswith(" "):
        first, second = "", clear
    code = f"{first or 'pass'}\nfor x, y in loader:\n    {second}\n    model(x).sum().backward()\n    optimizer.step()"
    lines = [(name, line - 1 + (first or "pass").count("\n") + 1) for name, line in expected]
    assert codes(code) == lines


OWNERS = {
    "the parameters": "net.parameters()",
    "filtered": "filter(lambda p: p.requires_grad, net.parameters())",
    "chosen": "[p for p in net.parameters() if p.requires_grad]",
    "a list": "list(net.parameters())",
    "named": "[p for n, p in net.named_parameters()]",
    "groups": "[{'params': net.parameters(), 'lr': 0.1}]",
    "groups of parts": "[{'params': net.head.parameters()}, {'params': net.body.parameters()}]",
    "a keyword": "params=net.parameters()",
    "added lists": "list(net.head.parameters()) + list(net.body.parameters())",
    "groups of a comprehension": "[{'params': net.head.parameters()} for one in range(2)]",
    "a list of iterators, chained": "itertools.chain.from_iterable([net.head.parameters(), net.body.parameters()])",
    "chained": "itertools.chain(net.head.parameters(), net.body.parameters())",
}


@pytest.mark.parametrize("given", OWNERS.values(), ids=OWNERS)
def test_whose_parameters_an_optimizer_has(given: str) -> None:
    """Clearing its network clears it, clearing another one does not."""
    code = """
        import itertools
        net, other = Net(), Net()
        tuner = torch.optim.SGD({given})
        for x, y in loader:
            {cleared}.zero_grad()
            net(x).sum().backward()
            other(x).sum().backward()
            tuner.step()
    """
    assert codes(code.format(given=given, cleared="net")) == []
    assert codes(code.format(given=given, cleared="other")) == [("LL101", 8)]


@pytest.mark.parametrize("given", ["groups(net)", "net", "None", "[x]", "x, 0.1", "[*net.parameters(), *more]"])
def test_where_nobody_can_tell_any_network_may_clear(given: str) -> None:
    code = f"""
        tuner = torch.optim.SGD({given})
        for x, y in loader:
            other.zero_grad()
            net(x).sum().backward()
            tuner.step()
            optimizer.step()
    """
    assert ("LL101", 5) not in codes(code)


UNCALLED = {
    "step": ("optimizer.step", "uncalled(optimizer.step) step(optimizer)"),
    "zero_grad": ("optimizer.zero_grad", "uncalled(optimizer.zero_grad) clear(optimizer)"),
    "zero_grad of a model": ("model.zero_grad", "uncalled(model.zero_grad) clear<model>"),
    "backward": ("loss.backward", "uncalled(loss.backward) backward"),
    "scheduler.step": ("scheduler.step", "uncalled(scheduler.step)"),
    "train": ("model.train", "uncalled(model.train)"),
    "eval": ("model.eval", "uncalled(model.eval)"),
    "step of something": ("env.step", ""),
    "train of a package": ("pipeline = 1\ntorch.train", ""),
    "with no_grad": ("with torch.no_grad:\n    pass", "uncalled(torch.no_grad)"),
    "with an imported no_grad": ("from torch import no_grad\nwith no_grad:\n    pass", "uncalled(no_grad)"),
    "with enable_grad": ("with torch.enable_grad:\n    pass", "uncalled(torch.enable_grad)"),
    "with inference_mode": ("with torch.inference_mode:\n    pass", "uncalled(torch.inference_mode)"),
    "with no_grad called": ("with torch.no_grad():\n    pass", ""),
    "one of them": ("stop = torch.no_grad if fast else torch.enable_grad\nwith stop():\n    pass", ""),
    "no_grad under another name": ("stop = torch.no_grad\nwith stop:\n    pass", "uncalled(stop)"),
}


@pytest.mark.parametrize(("code", "expected"), UNCALLED.values(), ids=UNCALLED)
def test_what_is_named_and_not_called(code: str, expected: str) -> None:
    assert " ".join(filter(None, functions(code).values())) == expected


LOSSES = {
    "a criterion": ("criterion = torch.nn.MSELoss()\ncriterion(x, y)", "loss"),
    "a criterion under any name": ("distance = torch.nn.MSELoss()\ndistance(x, y)", "loss"),
    "an attribute": (
        "class C:\n    def __init__(self):\n        self.optimizer, self.far = None, torch.nn.MSELoss()\n    "
        "def go(self, backward):\n        self.far(x, y)",
        "loss",
    ),
    "made and called": ("torch.nn.MSELoss()(x, y)", "loss"),
    "a function of torch": ("from torch.nn import functional as F\nF.cross_entropy(x, y)", "loss"),
    "a name": ("loss_fn(x, y)", "loss"),
    "arithmetic": ("loss = (a - b) ** 2", "loss?"),
    "a mean": ("loss = d.mean()", "loss"),
    "a negative": ("loss = -gain", "loss?"),
    "a model": ("loss = net(x)", "loss"),
    "a name that is passed on": ("loss = previous", ""),
    "a literal": ("loss = 0.0", ""),
    "no loss": ("total = a + b", ""),
}


@pytest.mark.parametrize(("code", "expected"), LOSSES.values(), ids=LOSSES)
def test_what_computes_a_loss(code: str, expected: str) -> None:
    found = functions(f"model.zero_grad()\n{code}")
    assert " ".join(filter(None, found.values())).removeprefix("clear<model>").strip() == expected


OPAQUE = {
    "a call whose result nobody takes": ("net.learn_something(x)", "opaque"),
    "a function whose result nobody takes": ("go(x)", "opaque"),
    "a quiet one": ("print(x)\nbar.update(1)\nwriter.add_scalar('a', 1)\nnet.train()\nlogging.info(x)", ""),
    "a call with a loss": ("done = spread(loss)", "opaque"),
    "a function of torch with a loss": ("n = torch.isnan(loss)", ""),
    "a name that promises a backward": ("result = engine.train_on(x)", "opaque"),
    "collections": ("y = dict(x), set(x), map(f, x)", ""),
    "a call": ("y = net(x)", ""),
    "awaited": ("async def go(optimizer):\n    await net.send(x)", "opaque"),
    "a replay": ("graph.replay()", "opaque"),
}


@pytest.mark.parametrize(("code", "expected"), OPAQUE.values(), ids=OPAQUE)
def test_code_nobody_can_see(code: str, expected: str) -> None:
    found = functions(f"model.zero_grad()\n{code}")
    assert " ".join(filter(None, found.values())).removeprefix("clear<model>").strip() == expected


STEPS = {
    "nothing": ("optimizer.step()", "step(optimizer)"),
    "None": ("optimizer.step(None)", "step(optimizer)"),
    "closure=None": ("optimizer.step(closure=None)", "step(optimizer)"),
    "a lambda": ("optimizer.step(lambda: loss_fn(x).backward())", "lambda{loss backward} step(optimizer)"),
    "a function": (
        "def again():\n    loss.backward()\noptimizer.step(again)",
        "again{backward} step(optimizer)",
    ),
    "a function by keyword": (
        "def again():\n    loss.backward()\noptimizer.step(closure=again)",
        "again{backward} step(optimizer)",
    ),
    "a partial": (
        "from functools import partial\ndef again(x):\n    model(x).backward()\noptimizer.step(partial(again, x))",
        "again{backward} step(optimizer)",
    ),
    "something unseen": ("optimizer.step(again)", "escape(optimizer) step(optimizer)"),
    "several arguments": ("optimizer.step(*rest)", "escape(optimizer) step(optimizer)"),
}


@pytest.mark.parametrize(("code", "expected"), STEPS.values(), ids=STEPS)
def test_a_closure_runs_inside_the_step(code: str, expected: str) -> None:
    assert module(code) == expected


OTHERS = {
    "an environment": "state = env.step(action)",
    "an average": "ema.step(model.parameters())",
    "a profiler": "profiler.step()",
    "a noise scheduler": "x = scheduler.step(noise, t, x)",
    "a noise scheduler with keywords": "x = scheduler.step(noise, t, sample=x, return_dict=False)",
    "a noise scheduler by its other methods": "scheduler.add_noise(x)\nscheduler.step(t)",
    "a noise scheduler by name": "noise_scheduler.step(t)",
    "a solver": "x = self.solver.step(t, x)",
    "a function": "step(optimizer_free)",
}


@pytest.mark.parametrize("code", OTHERS.values(), ids=OTHERS)
def test_other_things_step_too(code: str) -> None:
    found = " ".join(functions(f"model.zero_grad()\n{code}").values())
    assert "step(" not in found
    assert "schedule" not in found


CLEARS = {
    "set to None by name": "for p in model.parameters():\n        setattr(p, 'grad', None)",
    "set to None by name, mapped": "list(map(lambda p: setattr(p, 'grad', None), model.parameters()))",
    "deleted": "for p in model.parameters():\n        del p.grad",
    "multiplied by nothing": "for p in model.parameters():\n        p.grad *= 0",
    "multiplied by nothing, in place": "for p in model.parameters():\n        p.grad.mul_(0)",
    "its data replaced": "for p in model.parameters():\n        p.grad.data = torch.zeros_like(p.grad)",
    "filled with nothing": "for p in model.parameters():\n        p.grad.fill_(0)",
    "all at once": "torch._foreach_zero_([p.grad for p in model.parameters()])",
    "through the groups": "for g in optimizer.param_groups:\n        for p in g['params']:\n            p.grad.zero_()",
    "by each part": "for part in model.children():\n        part.zero_grad()",
    "by a part that is applied": "model.apply(lambda part: part.zero_grad())",
    "by a function that is mapped": "list(map(lambda part: part.zero_grad(), (model, other)))",
    "by a list of networks": "for part in [model, other]:\n        part.zero_grad()",
    "by a helper of networks": "clear(model, other)",
}


@pytest.mark.parametrize("clear", CLEARS.values(), ids=CLEARS)
def test_there_are_many_ways_to_clear(clear: str) -> None:
    helper = "def clear(*networks):\n    for one in networks:\n        one.zero_grad()\n"
    assert codes(f"{helper}for x, y in loader:\n    model(x).sum().backward()\n    optimizer.step()\n    {clear}") == []
