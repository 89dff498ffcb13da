"""Calls that are followed, calls that are not, and what escapes through these."""

from __future__ import annotations

import pytest

from looplint.source import values
from tests.source.reading import codes, functions, module, unread

FOLLOWED = {
    "a function": ("def go():\n    optimizer.step()\ngo()", "go{step(optimizer)}"),
    "twice": ("def go():\n    optimizer.step()\ngo()\ngo()", "go{step(optimizer)} go{step(optimizer)}"),
    "defined behind its use": (
        "def one():\n    two()\ndef two():\n    optimizer.step()\none()",
        "one{two{step(optimizer)}}",
    ),
    "a nested function": (
        "def go():\n    def inner():\n        optimizer.step()\n    inner()\ngo()",
        "go{inner{step(optimizer)}}",
    ),
    "a closure that is returned": (
        "def make(one):\n    def go():\n        one.step()\n    return go\nmake(optimizer)()",
        "go{step(optimizer)}",
    ),
    "a lambda": ("go = lambda one: one.step()\ngo(optimizer)", "lambda{step(optimizer)}"),
    "a function under another name": ("def go():\n    optimizer.step()\nrun = go\nrun()", "go{step(optimizer)}"),
    "one of two functions": (
        "def a():\n    optimizer.step()\ndef b():\n    optimizer.zero_grad()\ngo = a if x else b\ngo()",
        "(a{step(optimizer)} | b{clear(optimizer)})",
    ),
    "a function in a dict": (
        "def a():\n    optimizer.step()\ngo = {'a': a}\ngo['a']()",
        "a{step(optimizer)}",
    ),
    "a partial": (
        "from functools import partial\ndef go(one, two):\n    two.step()\nrun = partial(go, 1)\nrun(optimizer)",
        "go{step(optimizer)}",
    ),
    "a partial of a partial": (
        "import functools\ndef go(one, two):\n    two.step()\n"
        "run = functools.partial(functools.partial(go, 1), optimizer)\nrun()",
        "go{step(optimizer)}",
    ),
    "a partial with a keyword": (
        "from functools import partial\ndef go(one, two):\n    two.step()\nrun = partial(go, two=optimizer)\nrun(1)",
        "go{step(optimizer)}",
    ),
    "a partial of a method": (
        "from functools import partial\nclass A:\n    def go(self, one):\n        one.step()\n"
        "run = partial(A().go, optimizer)\nrun()",
        "A.go{step(optimizer)}",
    ),
    "a method that is kept": ("run = optimizer.step\nrun()", "step(optimizer)"),
    "an object that is called": (
        "class A:\n    def __call__(self):\n        optimizer.step()\nA()()",
        "A.__call__{step(optimizer)}",
    ),
    "a forward": ("class A:\n    def forward(self):\n        optimizer.step()\nA()()", "A.forward{step(optimizer)}"),
    "a constructor": (
        "class A:\n    def __init__(self):\n        optimizer.step()\nA()",
        "A.__init__{step(optimizer)}",
    ),
    "an inherited method": (
        "class A:\n    def go(self):\n        optimizer.step()\nclass B(A): ...\nB().go()",
        "A.go{step(optimizer)}",
    ),
    "super": (
        "class A:\n    def go(self):\n        optimizer.step()\n"
        "class B(A):\n    def go(self):\n        super().go()\nB().go()",
        "B.go{A.go{step(optimizer)}}",
    ),
    "a base class by name": (
        "class A:\n    def go(self):\n        optimizer.step()\n"
        "class B(A):\n    def go(self):\n        A.go(self)\nB().go()",
        "B.go{A.go{step(optimizer)}}",
    ),
    "an object that is kept": (
        "class A:\n    def __init__(self, one):\n        self.one = one\n    def go(self):\n        self.one.step()\n"
        "a = A(optimizer)\na.go()",
        "A.go{step(optimizer)}",
    ),
    "an object that is passed on": (
        "class A:\n    def __init__(self, one):\n        self.optimizer = one\n"
        "def go(a):\n    a.optimizer.step()\ngo(A(optimizer))",
        "go{step(optimizer)}",
    ),
    "a callback": ("def go(back):\n    back()\ngo(lambda: optimizer.step())", "go{lambda{step(optimizer)}}"),
    "what it returns": ("def go(one):\n    return one\ngo(optimizer).step()", "step(optimizer)"),
    "one of several that it returns": (
        "def go(one, two):\n    if x:\n        return one\n    return two\ngo(optimizer, optimizer).step()",
        "step(optimizer)",
    ),
    "several at once": ("def go(one):\n    return 1, one\n_, same = go(optimizer)\nsame.step()", "step(optimizer)"),
    "an argument that does something": (
        "def go(one):\n    optimizer.step()\ngo(optimizer.zero_grad())",
        "clear(optimizer) go{step(optimizer)}",
    ),
    "async": (
        "async def go():\n    optimizer.step()\nasync def main():\n    await go()\nmain()",
        "main{go{step(optimizer)}}",
    ),
    "decorated": ("@wrap\ndef go():\n    optimizer.step()\ngo()", "go{step(optimizer)}"),
}


@pytest.mark.parametrize(("code", "expected"), FOLLOWED.values(), ids=FOLLOWED)
def test_a_call_is_followed(code: str, expected: str) -> None:
    found = {name: read for name, read in functions(code).items() if read}
    assert found == {"module": expected}


def test_a_recursive_call_is_not_followed() -> None:
    code = "def go(one, n):\n    one.step()\n    go(one, n - 1)\ngo(optimizer, 3)"
    assert module(code) == "go{step(optimizer) escape(optimizer)}"
    assert unread(code) == ["the call of go is not followed: it is recursive or too deep"]


def chained(depth: int) -> str:
    links = [f"def f{i}(one):\n    f{i + 1}(one)\n" for i in range(1, depth)]
    return "".join(links) + f"def f{depth}(one):\n    one.step()\nf1(optimizer)"


def test_calls_are_followed_eight_deep() -> None:
    assert "{step(optimizer)}" in module(chained(8))
    assert unread(chained(8)) == []


def test_calls_are_followed_no_deeper() -> None:
    assert "f8{escape(optimizer)}" in functions(chained(9))["module"]
    assert unread(chained(9)) == ["the call of f9 is not followed: it is recursive or too deep"]


def test_a_function_that_is_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("looplint.source.reader.STATEMENTS", 20)
    code = "def go():\n" + "    optimizer.step()\n" * 30 + "go()"
    assert module(code) == ""
    assert unread(code) == ["the module is too long to be read with all that it calls"]
    code = "def go(optimizer):\n" + "    optimizer.step()\n" * 30
    assert functions(code)["go"] == ""
    assert unread(code) == ["go is too long to be read with all that it calls"]


def test_a_function_that_is_called_is_not_read_on_its_own() -> None:
    code = "def go(optimizer):\n    optimizer.step()\n{}"
    assert functions(code.format(""), "") == {"go": "step(optimizer)"}
    assert functions(code.format("go(opt_a)"), "") == {"module": "go{step(opt_a)}"}


def test_what_is_named_once_is_read_before_what_is_named_more_often() -> None:
    code = "def one(optimizer):\n    optimizer.step()\ndef two(optimizer):\n    one(optimizer)"
    assert functions(code, "") == {"two": "one{step(optimizer)}"}


def test_a_cycle_of_functions_is_entered_once() -> None:
    code = "def one(optimizer):\n    two(optimizer)\ndef two(optimizer):\n    optimizer.step()\n    one(optimizer)"
    assert functions(code, "") == {"one": "two{step(optimizer) escape(optimizer)}"}


ESCAPES = {
    "as an argument": ("go(optimizer)", "escape(optimizer)"),
    "in a generator, which runs when it pleases": (
        "def go():\n    optimizer.step()\n    yield 1\nmade = go()",
        "escape(optimizer)",
    ),
    "as a keyword": ("go(a=optimizer)", "escape(optimizer)"),
    "in a list": ("go([optimizer])", "escape(optimizer)"),
    "in a dict": ("go({'a': optimizer})", "escape(optimizer)"),
    "in a star": ("go(*[optimizer])", "escape(optimizer)"),
    "to a method": ("helper.go(optimizer)", "escape(optimizer)"),
    "to a package": ("import helpers\nhelpers.go(optimizer)", "escape(optimizer)"),
    "a method of its own": ("optimizer.first_step()", "escape(optimizer)"),
    "in an object": (
        "class A:\n    def __init__(self, one):\n        self.one = one\ngo(A(optimizer))",
        "escape(optimizer)",
    ),
    "in a closure": ("def back():\n    optimizer.step()\ngo(back)", "escape(optimizer)"),
    "in a lambda": ("go(lambda: optimizer.step())", "escape(optimizer)"),
    "in a method": (
        "class A:\n    def __init__(self, one):\n        self.one = one\n    def back(self):\n        pass\n"
        "go(A(optimizer).back)",
        "escape(optimizer)",
    ),
    "by what was made of it": ("engine = make(optimizer)\nengine.go()", "escape(optimizer) escape(optimizer)"),
    "by what was made of it, its step": (
        "engine = make(optimizer)\nengine.step()",
        "escape(optimizer) escape(optimizer)",
    ),
    "by what was made of it, called": (
        "engine = make(optimizer)\ny = engine(x)",
        "escape(optimizer) escape(optimizer)",
    ),
    "by a part of what was made of it": (
        "engine = make(optimizer)\ny = engine.hooks.run(x)",
        "escape(optimizer) escape(optimizer)",
    ),
    "by what was made of it, in a list": (
        "engines = [make(optimizer)]\nfor one in engines:\n    y = one.run(x)",
        "escape(optimizer) loop[escape(optimizer)]",
    ),
    "by what was made of it, quietly": ("engine = make(optimizer)\nengine.save(p)", "escape(optimizer)"),
    "to a quiet function": ("print(optimizer)\nsave_checkpoint(optimizer)\nadjust_lr(optimizer)\nlen(optimizer)", ""),
    "to clipping": ("scaler.unscale_(optimizer)\ntorch.nn.utils.clip_grad_norm_(model.parameters(), 1)", ""),
    "quiet methods of its own": ("optimizer.state_dict()\noptimizer.load_state_dict(s)\noptimizer.train()", ""),
    "its attributes": ("for group in optimizer.param_groups:\n    group['lr'] = 1", ""),
    "its parameters": ("go(model.parameters())", "opaque"),
    "the model": ("y = go(model)", ""),
    "to a scaler that is given something else": ("scaler.step(make(optimizer))", "escape(optimizer)"),
    "an attribute of what came from elsewhere": (
        "args.optimizer.step()\ngo(args)",
        "step(args.optimizer) escape(args.optimizer)",
    ),
    "an item of what came from elsewhere": (
        "optimizers[0].step()\ngo(optimizers)",
        "step(optimizers[0]) escape(optimizers, optimizers[0])",
    ),
    "a list that was filled": ("things.append(optimizer)\nthings.run()", "opaque escape(optimizer)"),
}


@pytest.mark.parametrize(("code", "expected"), ESCAPES.values(), ids=ESCAPES)
def test_what_unseen_code_can_reach_escapes(code: str, expected: str) -> None:
    found = functions(f"model.zero_grad()\n{code}")["module"]
    assert found.removeprefix("clear<model>").strip() == expected


HELD = {
    "an unseen method of an unseen base": (
        "class A(Base):\n    def __init__(self):\n        self.optimizer = torch.optim.SGD(p)\n"
        "    def go(self):\n        self.prepare()\n        self.optimizer.step()",
        "escape(self.optimizer) step(self.optimizer)",
    ),
    "a quiet method of an unseen base": (
        "class A(torch.nn.Module):\n    def __init__(self):\n        self.optimizer = torch.optim.SGD(p)\n"
        "    def go(self):\n        self.train()\n        self.log('a', 1)\n        self.optimizer.step()",
        "step(self.optimizer)",
    ),
    "self is given away": (
        "class A:\n    def __init__(self):\n        self.optimizer = torch.optim.SGD(p)\n"
        "    def go(self):\n        hooks.call(self)\n        self.optimizer.step()",
        "escape(self.optimizer) step(self.optimizer)",
    ),
    "an attribute nobody stores": (
        "class A:\n    def go(self):\n        self.optimizer.step()\n        self.helper.run(self.optimizer)",
        "step(self.optimizer) escape(self.optimizer)",
    ),
    "an attribute of an unseen base": (
        "class A(Base):\n    def go(self):\n        self.optimizer.step()",
        "step(self.optimizer)",
    ),
    "what it stores itself, two at once": (
        "class A(Base):\n    def __init__(self):\n        self.optimizer = torch.optim.SGD(p)\n"
        "    def take(self, batch):\n        self.x, self.y = batch\n"
        "    def go(self):\n        z = torch.cat([self.x, self.y])\n        self.optimizer.step()",
        "step(self.optimizer)",
    ),
    "known only later": (
        "class A(Base):\n    def go(self):\n        self.prepare()\n        self.optimizer.step()",
        "escape(self.optimizer) opaque step(self.optimizer)",
    ),
}


@pytest.mark.parametrize(("code", "expected"), HELD.values(), ids=HELD)
def test_self_holds_its_optimizers(code: str, expected: str) -> None:
    assert functions(code)["A.go"] == expected


CLEARS = {
    "a helper": "def clear():\n    optimizer.zero_grad()",
    "a helper of a helper": "def clear():\n    inner()\ndef inner():\n    optimizer.zero_grad()",
    "a lambda": "clear = lambda: optimizer.zero_grad()",
    "an unseen one": "clear = lambda: unseen(optimizer)",
    "a model": "def clear():\n    model.zero_grad()",
    "by hand": "def clear():\n    for p in model.parameters():\n        p.grad = None",
    "a partial": "from functools import partial\nclear = partial(optimizer.zero_grad, set_to_none=True)",
    "a method that is kept": "clear = optimizer.zero_grad",
}


@pytest.mark.parametrize("helper", CLEARS.values(), ids=CLEARS)
def test_a_helper_may_clear(helper: str) -> None:
    turn = "for x, y in loader:\n    {}\n    model(x).sum().backward()\n    optimizer.step()"
    assert codes(f"{helper}\n{turn.format('clear()')}") == []
    assert [code for code, _ in codes(f"{helper}\n{turn.format('pass')}")] == ["LL101"]


CLASSES = {
    "attributes of the class": (
        "class A:\n    fast = True\n    def go(self, optimizer):\n        if self.fast:\n            optimizer.step()",
        {"A.go": "step(optimizer)"},
    ),
    "annotated attributes of the class": (
        "class A:\n    fast: bool = False\n    slow: bool\n    def go(self, optimizer):\n        if self.fast:\n"
        "            optimizer.step()\n        optimizer.zero_grad()",
        {"A.go": "clear(optimizer)"},
    ),
    "unknown attributes of the class": (
        "class A:\n    fast = read()\n    def go(self, optimizer):\n        "
        "if self.fast:\n            optimizer.step()",
        {"A.go": "self.fast?(step(optimizer) | )"},
    ),
    "a class in a function": (
        "def make(optimizer):\n    class A:\n        def go(self):\n            optimizer.step()\n    A().go()",
        {"make": "A.go{step(optimizer)}"},
    ),
    "statements in a class": (
        "class A:\n    'text'\n    for x in y:\n        pass\n    def go(self, optimizer):\n        optimizer.step()",
        {"A.go": "step(optimizer)"},
    ),
    "a method of the class": (
        "class A:\n    @classmethod\n    def go(cls, one):\n        one.step()\nA.go(optimizer)",
        {"module": "A.go{step(optimizer)}"},
    ),
    "a member nobody has": ("class A: ...\nA.go(optimizer)", {"module": "escape(optimizer)"}),
    "an object that is not called": ("class A: ...\nA()(optimizer)", {"module": "escape(optimizer)"}),
    "an overridden method": (
        "class A:\n    def go(self):\n        self.one()\n    def one(self):\n        optimizer.step()\n"
        "class B(A):\n    def one(self):\n        optimizer.zero_grad()\nB().go()",
        {"module": "A.go{B.one{clear(optimizer)}}", "A.one": "step(optimizer)"},
    ),
    "a diamond of bases": (
        "class A:\n    def go(self):\n        optimizer.step()\nclass B(A): ...\nclass C(A): ...\nclass D(B, C): ...\n"
        "D().went()\nD().go()",
        {"module": "opaque A.go{step(optimizer)}"},
    ),
    "a lambda in a class": (
        "class A:\n    go = lambda self: optimizer.step()\nA().go()",
        {"module": "lambda{step(optimizer)}"},
    ),
    "an object, or something unseen": (
        "class A:\n    def go(self):\n        optimizer.step()\na = A() if x else make()\na.go()",
        {"module": "A.go{step(optimizer)}"},
    ),
    "a base that is any value": (
        "class A(*bases):\n    def go(self, optimizer):\n        optimizer.step()\nA().go(optimizer)",
        {"module": "A.go{step(optimizer)}"},
    ),
    "a distributed optimizer": (
        "from torch.distributed.optim import DistributedOptimizer\nclass A(DistributedOptimizer): ...\n"
        "a = A()\na.step()\noptimizer.step()",
        {"module": "escape() step(optimizer)"},
    ),
    "a circle of bases": (
        "class A(B): ...\nclass B(A):\n    def go(self, optimizer):\n        optimizer.step()",
        {"B.go": "step(optimizer)"},
    ),
}


@pytest.mark.parametrize(("code", "expected"), CLASSES.values(), ids=CLASSES)
def test_classes(code: str, expected: dict[str, str]) -> None:
    found = functions(code)
    assert {name: read for name, read in found.items() if read} == expected


def test_a_property_with_a_setter_is_still_a_property() -> None:
    code = """
    class Wrapper:
        def __init__(self, inner):
            self.inner = inner
        @property
        def optimizer(self):
            return self.inner
        @optimizer.setter
        def optimizer(self, other):
            self.inner = other
    wrapper = Wrapper(optimizer)
    for x in loader:
        model(x).backward()
        wrapper.optimizer.step()
    """
    assert codes(code, "import torch\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n") == [("LL101", 13)]


@pytest.mark.parametrize(("item", "expected"), [("print(p)", [("LL101", 11)]), ("optimizer.zero_grad()", [])])
def test_a_generator_in_which_nothing_happens_does_nothing(item: str, expected: list[tuple[str, int]]) -> None:
    code = f"""
    class Trainer:
        def optimized(self):
            for p in optimizer.param_groups:
                {item}
                yield p
        def fit(self):
            for x in loader:
                model(x).backward()
                for p in self.optimized():
                    print(p)
                optimizer.step()
    Trainer().fit()
    """
    assert codes(code, "import torch\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n") == expected


@pytest.mark.parametrize(("clear", "expected"), [("self.inner.zero_grad()", []), ("pass", [("LL101", 6)])])
def test_one_of_several_objects_is_asked(clear: str, expected: list[tuple[str, int]]) -> None:
    code = f"""
    class Plain:
        def __init__(self, inner):
            self.inner = inner
        def zero_grad(self):
            {clear}
        def step(self, args): self.inner.step()
    class Other(Plain):
        pass
    def build():
        inner = torch.optim.SGD(model.parameters(), lr=0.1)
        if args.plain:
            return Plain(inner)
        return Other(inner)
    def main():
        wrapped = build()
        for x in loader:
            wrapped.zero_grad()
            model(x).backward()
            wrapped.step(args)
    main()
    """
    assert codes(code, "import torch\n") == expected


LAZY = """
import torch

class Loop:
    def __init__(self, runner):
        self.runner = runner
        self.optimizer = torch.optim.SGD(runner.model.parameters(), lr=0.1)

    def turn(self, loss):
        {clear}
        loss.backward()
        self.optimizer.step()

class Runner:
    def __init__(self, model, loop):
        self.model, self._loop = model, loop

    @property
    def loop(self):
        self._loop = self.made(self._loop)
        return self._loop

    def made(self, loop):
        return loop if isinstance(loop, Loop) else Loop(self)

def main(model, config, loader):
    runner = Runner(model, config)
{reads}
    for x, y in loader:
        runner.loop.turn(loss_fn(model(x), y))
"""


@pytest.mark.parametrize(("clear", "found"), [("pass", ["LL101"]), ("self.optimizer.zero_grad()", [])])
def test_a_property_that_is_read_again_and_again_is_of_few_things(
    clear: str, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    widths: list[int] = []
    made = values.Either.__init__

    def noting(self: values.Either, options: tuple[values.Value, ...]) -> None:
        widths.append(len(options))
        made(self, options)

    monkeypatch.setattr(values.Either, "__init__", noting)
    reads = "\n".join(f"    log({number}, runner.loop)" for number in range(values.MANY + 4))
    assert [code for code, _ in codes(LAZY.format(clear=clear, reads=reads))] == found
    assert max(widths) == values.MANY
