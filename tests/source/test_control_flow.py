"""Branches, jumps, tries and conditions."""

from __future__ import annotations

import pytest

from tests.source.reading import codes, functions

FLOW = {
    "if": ("if a:\n    optimizer.step()", "a?(step(optimizer) | )"),
    "if and else": (
        "if a:\n    optimizer.step()\nelse:\n    optimizer.zero_grad()",
        "a?(step(optimizer) | clear(optimizer))",
    ),
    "elif": (
        "if a:\n    optimizer.step()\nelif b:\n    optimizer.zero_grad()",
        "a?(step(optimizer) | b?(clear(optimizer) | ))",
    ),
    "an if in which nothing happens": ("if a:\n    b = 1\noptimizer.step()", "step(optimizer)"),
    "an event in the test": (
        "if optimizer.step():\n    optimizer.zero_grad()",
        "step(optimizer) (clear(optimizer) | )",
    ),
    "a ternary": ("x = optimizer.step() if a else optimizer.zero_grad()", "a?(step(optimizer) | clear(optimizer))"),
    "a ternary without events": ("x = 1 if a else 2\noptimizer.step()", "step(optimizer)"),
    "and": ("a and optimizer.step()", "(step(optimizer) | )"),
    "or": ("a or optimizer.step()", "(step(optimizer) | )"),
    "and, the left side": ("optimizer.step() and a", "step(optimizer)"),
    "continue": (
        "for x in things:\n    if a:\n        continue\n    optimizer.step()",
        "loop[a?(continue | ) step(optimizer)]",
    ),
    "break": ("for x in things:\n    optimizer.step()\n    if a:\n        break", "loop[step(optimizer) a?(break | )]"),
    "return": ("def go():\n    if a:\n        return\n    optimizer.step()", "a?(return | ) step(optimizer)"),
    "raise": ("def go():\n    if a:\n        raise\n    optimizer.step()", "a?(raise | ) step(optimizer)"),
    "try": (
        "try:\n    optimizer.step()\nexcept RuntimeError:\n    optimizer.zero_grad()",
        "try[step(optimizer)] except[clear(optimizer)]",
    ),
    "try, all of it": (
        "try:\n    loss.backward()\nexcept A:\n    raise\nexcept B as e:\n    pass\n"
        "else:\n    optimizer.step()\nfinally:\n    optimizer.zero_grad()",
        "try[backward] except[raise] except[] else[step(optimizer)] finally[clear(optimizer)]",
    ),
    "try finally": (
        "try:\n    optimizer.step()\nfinally:\n    optimizer.zero_grad()",
        "try[step(optimizer)] finally[clear(optimizer)]",
    ),
    "exception groups": (
        "try:\n    optimizer.step()\nexcept* OSError:\n    optimizer.zero_grad()",
        "try[step(optimizer)] except[clear(optimizer)]",
    ),
    "with": ("with a as b, c:\n    optimizer.step()", "step(optimizer)"),
    "an event in a with": ("with a(optimizer.step()):\n    optimizer.zero_grad()", "step(optimizer) clear(optimizer)"),
    "with as": ("with open(p) as optimizer.file:\n    optimizer.step()", "step(optimizer)"),
    "match": (
        "match kind:\n    case 'a':\n        optimizer.step()\n    case 'b':\n        optimizer.zero_grad()",
        "(step(optimizer) | clear(optimizer) | )",
    ),
    "match in which nothing happens": (
        "match kind:\n    case 'a':\n        b = 1\noptimizer.step()",
        "step(optimizer)",
    ),
    "if __name__": ("if __name__ == '__main__':\n    optimizer.step()", "step(optimizer)"),
    "pass": ("pass\n...\n'text'\noptimizer.step()", "step(optimizer)"),
}


@pytest.mark.parametrize(("code", "expected"), FLOW.values(), ids=FLOW)
def test_the_model_has_the_shape_of_the_code(code: str, expected: str) -> None:
    assert " ".join(filter(None, functions(code).values())) == expected


PRUNED = {
    "True": ("if True:\n    optimizer.step()", "step(optimizer)"),
    "False": ("if False:\n    optimizer.step()\nmodel.zero_grad()", "clear<model>"),
    "a number": ("if 0:\n    optimizer.step()\nelse:\n    optimizer.zero_grad()", "clear(optimizer)"),
    "a name": ("fast = 1\nif fast:\n    optimizer.step()", "step(optimizer)"),
    "not": ("fast = 1\nif not fast:\n    optimizer.step()\nmodel.zero_grad()", "clear<model>"),
    "not, unknown": ("if not a:\n    optimizer.step()", "a?( | step(optimizer))"),
    "and": ("fast = 0\nif fast and a:\n    optimizer.step()\nmodel.zero_grad()", "clear<model>"),
    "and, both": ("fast = 1\nif fast and True:\n    optimizer.step()", "step(optimizer)"),
    "and, unknown": ("fast = True\nif fast and a:\n    optimizer.step()", "fast and a?(step(optimizer) | )"),
    "or": ("fast = 1\nif a or fast:\n    optimizer.step()", "step(optimizer)"),
    "or, unknown": ("fast = False\nif a or fast:\n    optimizer.step()", "a or fast?(step(optimizer) | )"),
    "a flag at the top": ("fast = True\nif fast:\n    optimizer.step()", "fast?(step(optimizer) | )"),
    "a flag in a function": (
        "def go():\n    fast = True\n    if fast:\n        optimizer.step()\ngo()",
        "go{step(optimizer)}",
    ),
    "equal": ("mode = 'train'\nif mode == 'train':\n    optimizer.step()", "step(optimizer)"),
    "not equal": ("mode = 'train'\nif mode != 'train':\n    optimizer.step()\nmodel.zero_grad()", "clear<model>"),
    "less": ("n = 1\nif n < 2:\n    optimizer.step()", "n < 2?(step(optimizer) | )"),
    "chained": ("n = 1\nif 0 < n < 2:\n    optimizer.step()", "0 < n < 2?(step(optimizer) | )"),
    "is None": ("if optimizer is None:\n    model.zero_grad()\nelse:\n    optimizer.step()", "step(optimizer)"),
    "is not None": ("if optimizer is not None:\n    optimizer.step()", "step(optimizer)"),
    "an optimizer": ("if optimizer:\n    optimizer.step()", "step(optimizer)"),
    "None is None": ("a = None\nif a is None:\n    optimizer.step()", "step(optimizer)"),
    "a scheduler": (
        "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 30)\nif scheduler:\n    scheduler.step()",
        "schedule(scheduler)",
    ),
    "a class is something": ("class A: ...\nif A is not None:\n    optimizer.step()", "step(optimizer)"),
    "a package is something": (
        "import apex\nif apex is None:\n    optimizer.step()\nmodel.zero_grad()",
        "clear<model>",
    ),
    "unknown is None": ("if a is None:\n    optimizer.step()", "a is None?(step(optimizer) | )"),
    "a ternary": ("fast = 1\noptimizer.step() if fast else model.zero_grad()", "step(optimizer)"),
    "changed in a loop": (
        "first = True\nfor x in things:\n    if first:\n        optimizer.step()\n    first = False",
        "loop[first?(step(optimizer) | )]",
    ),
    "counted up": ("n = 0\nn += 1\nif n:\n    optimizer.step()", "n?(step(optimizer) | )"),
    "two values": (
        "if a:\n    n = 1\nelse:\n    n = 2\nif n == 1:\n    optimizer.step()",
        "n == 1?(step(optimizer) | )",
    ),
    "the same value": ("if a:\n    n = 1\nelse:\n    n = 1\nif n == 1:\n    optimizer.step()", "step(optimizer)"),
    "a test with a call": ("if is_there(a):\n    optimizer.step()", "(step(optimizer) | )"),
    "a while that never runs": ("while False:\n    optimizer.step()", "loop[step(optimizer)]"),
}


@pytest.mark.parametrize(("code", "expected"), PRUNED.values(), ids=PRUNED)
def test_a_test_that_the_code_decides(code: str, expected: str) -> None:
    assert " ".join(filter(None, functions(code).values())) == expected


ARGUMENTS = {
    "given": ("go(True)", [("LL101", 6)]),
    "given by keyword": ("go(train=True)", [("LL101", 6)]),
    "given, the other": ("go(False)", []),
    "a default": ("go()", []),
    "unknown": ("go(flag)", [("LL101", 6)]),
}


@pytest.mark.parametrize(("call", "expected"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_a_constant_argument_decides_a_branch(call: str, expected: list[tuple[str, int]]) -> None:
    code = f"""
        def go(train=False):
            for x, y in loader:
                model(x).sum().backward()
                if not train:
                    continue
                optimizer.step()
        for epoch in range(3):
            optimizer.zero_grad()
            {call}
    """
    assert codes(code) == expected


TWICE = {
    "the same test": ("args.amp", "args.amp", "", []),
    "the same test, spaced otherwise": ("a [ 0 ]", "a [ 0 ]", "", []),
    "a pure call": ("isinstance(x, int)", "isinstance(x, int)", "", []),
    "the opposite": ("a", "not a", "", [("LL101", 6)]),
    "another test": ("a", "b", "", []),
    "stored in between": ("a", "a", "a = read()", []),
    "another name stored in between": ("a", "a", "b = read()", []),
    "an attribute stored in between": ("c.a", "c.a", "c.a = read()", []),
}


@pytest.mark.parametrize(("first", "second", "between", "expected"), TWICE.values(), ids=TWICE)
def test_the_same_test_twice_is_the_same_branch(
    first: str, second: str, between: str, expected: list[tuple[str, int]]
) -> None:
    code = f"""
        for x, y in loader:
            if {first}: optimizer.zero_grad()
            {between or "pass"}
            model(x).sum().backward()
            if {second}:
                optimizer.step()
    """
    assert codes(code) == expected


SAME = """
    for x, y in loader:
        if {test}:
            model(x).sum().backward()
        {between}
        if {test}:
            optimizer.step()
        {after}
"""


@pytest.mark.parametrize("between", ["pass", "b = 1", "print(x)"])
def test_a_branch_that_is_known_is_followed(between: str) -> None:
    assert codes(SAME.format(test="a", between=between, after="")) == [("LL101", 6)]


@pytest.mark.parametrize(
    ("test", "conditions"),
    [
        ("i % 4 == 0", 1),
        ("len(x) > 1", 1),
        ("x.size(0) > 1", 0),
        ("(n := 1)", 0),
        ("check()", 0),
        ("(lambda: 1)", 0),
    ],
)
def test_which_tests_can_be_recognised(test: str, conditions: int) -> None:
    found = functions(f"if {test}:\n    optimizer.step()")["module"]
    assert found == (f"{test}?" if conditions else "") + "(step(optimizer) | )"


BINDINGS = {
    "bound in both branches": (
        "if a:\n    one = optimizer\nelse:\n    one = other\none.step()",
        "(step(optimizer) | step(other))",
    ),
    "bound in one that returns": (
        "def go():\n    one = optimizer\n    if a:\n        one = other\n        return\n    one.step()",
        "a?(return | ) step(optimizer)",
    ),
    "bound in a try": (
        "try:\n    one = optimizer\nexcept OSError:\n    one = other\none.step()",
        "try[] except[] (step(optimizer) | step(other))",
    ),
    "bound in a case": (
        "one = other\nmatch a:\n    case 1:\n        one = optimizer\none.step()",
        "(step(optimizer) | step(other))",
    ),
    "bound in a loop": (
        "one = other\nfor x in things:\n    one = optimizer\none.step()",
        "(step(optimizer) | step(other))",
    ),
    "both branches leave": (
        "def go():\n    if a:\n        return\n    else:\n        raise\n    optimizer.step()",
        "a?(return | raise) step(optimizer)",
    ),
    "a global": ("one = other\ndef go():\n    global one\n    one = optimizer\ngo()\none.step()", "step(optimizer)"),
    "a nonlocal": (
        "def go():\n    one = other\n    def inner():\n        nonlocal one\n        one = optimizer\n"
        "    inner()\n    one.step()\ngo()",
        "go{step(optimizer)}",
    ),
}


@pytest.mark.parametrize(("code", "expected"), BINDINGS.values(), ids=BINDINGS)
def test_what_a_name_holds_behind_a_branch(code: str, expected: str) -> None:
    found = functions(f"other = torch.optim.SGD(p)\n{code}")
    read = " ".join(filter(None, found.values())).removeprefix("build(other) ")
    assert read == expected


MANAGED = {
    "a generator": """
        @contextmanager
        def update(one):
            one.zero_grad()
            yield
            one.step()
        for x, y in loader:
            with update(optimizer):
                model(x).sum().backward()
    """,
    "a class": """
        class Update:
            def __init__(self, one):
                self.one = one
            def __enter__(self):
                self.one.zero_grad()
            def __exit__(self, *rest):
                self.one.step()
        for x, y in loader:
            with Update(optimizer):
                model(x).sum().backward()
    """,
    "a class that clears in the end": """
        class Clear:
            def __init__(self, one):
                self.one = one
            def __enter__(self):
                pass
            def __exit__(self, *rest):
                self.one.zero_grad()
        for x, y in loader:
            with Clear(optimizer):
                model(x).sum().backward()
                optimizer.step()
    """,
    "something unseen": """
        for x, y in loader:
            with update(optimizer):
                model(x).sum().backward()
    """,
    "a generator that is iterated": """
        def batches():
            for x, y in loader:
                optimizer.zero_grad()
                yield x
        for x in batches():
            model(x).sum().backward()
            optimizer.step()
    """,
}


@pytest.mark.parametrize("code", MANAGED.values(), ids=MANAGED)
def test_what_runs_around_a_block(code: str) -> None:
    assert codes(code) == []


FLAGS = {
    "is not None": ("train = one is not None", "go(optimizer)\ngo(None)"),
    "is not None by default": ("train = one is not None", "go(optimizer)\ngo()"),
    "a mode": ("train = mode == 'train'", "go(optimizer, 'train')\ngo(None, 'test')"),
    "not": ("train = not one is None", "go(optimizer)\ngo()"),
    "the optimizer itself": ("train = one", "go(optimizer)\ngo()"),
    "bool": ("train = bool(one)", "go(optimizer)\ngo()"),
    "a ternary": ("train = True if one is not None else False", "go(optimizer)\ngo()"),
}


@pytest.mark.parametrize(("flag", "calls"), FLAGS.values(), ids=FLAGS)
def test_a_flag_that_a_call_decides(flag: str, calls: str) -> None:
    code = f"""
def go(one=None, mode="train"):
    {flag}
    for x, y in loader:
        loss = loss_fn(model(x), y)
        if train:
            one.zero_grad()
            loss.backward()
            one.step()
{calls}
"""
    assert codes(code) == []
