"""Texts that are no Python, places, and the texts of definitions."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import SimpleNamespace

import libcst as cst
import pytest

from looplint import check_source, engine, scan, show
from looplint.finding import Location
from looplint.source import InvalidSyntax, Source, parse
from looplint.source.parse import deeper_than, plain
from tests.source.reading import codes, module, program

REFUSED = {
    "a print statement": ("x = 1\nprint 'a'\n", Location(2, 1)),
    "a bracket that is never closed": ("f(1,\n", Location(1, 2)),
    "a name that begins with a digit": ("1a = 2\n", Location(1, 1)),
    "a NUL": ("a = 1\0\n", Location(1, 1)),
    "a surrogate": ("x = '\ud800'\n", Location(1, 1)),
}


@pytest.mark.parametrize(("text", "where"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_python_is_refused(text: str, where: Location) -> None:
    with pytest.raises(InvalidSyntax) as refused:
        engine.judge(text, "broken.py")
    assert refused.value.location == where
    assert refused.value.message == plain(refused.value.message) == str(refused.value)


@pytest.mark.parametrize(
    ("text", "row"), [("a = 1\n  b = 2\n", 2), ("a = 1\nx = " + "(" * 1000 + ")" * 1000, 2)], ids=["indent", "brackets"]
)
def test_the_row_of_what_is_refused_is_told(text: str, row: int) -> None:
    with pytest.raises(InvalidSyntax) as refused:
        Source(text, "broken.py")
    assert refused.value.location.row == row


def test_what_libcst_alone_refuses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(text: str) -> cst.Module:
        raise cst.ParserSyntaxError("Syntax Error.\nmore", lines=["pass"], raw_line=1, raw_column=0)

    monkeypatch.setattr(cst, "parse_module", refuse)
    with pytest.raises(InvalidSyntax, match=r"^syntax Error$"):
        Source("pass\n", "new.py")


def test_what_python_alone_refuses_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """looplint may run on an older Python than a text was written for."""

    def refuse(text: str) -> None:
        raise SyntaxError("invalid syntax")

    monkeypatch.setattr(parse, "ast", SimpleNamespace(parse=refuse))
    code = "def clear():\n    optimizer.zero_grad()\nfor x in loader:\n    clear()\n    optimizer.step()"
    assert module(code) == "batch*[clear{clear(optimizer)} step(optimizer)]"


def test_a_flaw_is_what_neither_of_the_parsers_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse.flaw("pass\n") is None
    found = parse.flaw("x = 1\nprint 'a'\n")
    assert found is not None
    assert found.location == Location(2, 1)

    def refuse(text: str) -> None:
        raise SyntaxError("invalid syntax")

    monkeypatch.setattr(parse, "ast", SimpleNamespace(parse=refuse))
    assert parse.flaw("pass\n") is None


@pytest.mark.parametrize("error", [RecursionError, MemoryError])
def test_what_overflows_the_parser_is_refused(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def refuse(text: str) -> None:
        raise error

    monkeypatch.setattr(parse, "ast", SimpleNamespace(parse=refuse))
    with pytest.raises(InvalidSyntax, match=r"^nested too deeply to be read$"):
        Source("pass\n", "deep.py")


FOUND = "\nfor x, y in loader:\n    model(x).sum().backward()\n    optimizer.step()"
DEEP = {
    "sums": "x = 1" + " + 1" * 600,
    "calls": "x = a" + ".b()" * 300,
    "elifs": "if a: pass\n" + "elif b: pass\n" * 400 + "else: optimizer.step()",
}


def refusal(read: Callable[[str, str], object], text: str) -> tuple[str, Location] | None:
    try:
        read(text, "deep.py")
    except InvalidSyntax as refused:
        return refused.message, refused.location
    return None


@pytest.mark.parametrize("deep", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("read", [engine.judge, show.render])
def test_a_deep_text_is_read_or_refused(deep: str, read: Callable[[str, str], object]) -> None:
    assert refusal(read, program(deep + FOUND)) in (None, ("nested too deeply to be read", Location(1, 1)))


PLACES = {
    "as it stands": ("    {}\n", 1, 5, 21),
    "behind a statement": ("    a = 1; {}\n", 1, 12, 28),
    "behind letters of several bytes": ("    é = '日本'; {}\n", 1, 15, 31),
    "behind a tab": ("\t{}\n", 1, 2, 18),
    "behind a continued line": ("    a = \\\n        1; {}\n", 2, 12, 28),
    "behind a long string": ("    a = '''\n  \n'''; {}\n", 3, 6, 22),
}


@pytest.mark.parametrize(("line", "row", "start", "end"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_places_are_rows_and_columns_of_characters(line: str, row: int, start: int, end: int, newline: str) -> None:
    head = "for x, y in loader:\n    model(x).sum().backward()\n".replace(
        "    ", "\t" if line.startswith("\t") else "    "
    )
    text = program("pass") + head + line.format("optimizer.step()")
    (found,) = engine.judge(text.replace("\n", newline), "places.py")
    above = (program("pass") + head).count("\n")
    assert found.span.start == Location(above + row, start)
    assert found.span.end == Location(above + row, end)
    assert found.filename == "places.py"


ODD = {"form feed": "\x0c", "next line": "s = '\x85'", "line separator": "s = '\u2028'", "vertical tab": "s = '\x0b'"}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_definitions_are_found_behind_odd_line_ends(odd: str) -> None:
    code = f"""
{odd}
{odd}
def other():
    return 1
def clear():
    optimizer.zero_grad()
def another():
    return 2
for x, y in loader:
    clear()
    model(x).sum().backward()
    optimizer.step()
"""
    assert codes(code) == []


DEFINITIONS = {
    "two of one name": "def clear():\n    pass\ndef clear():\n    optimizer.zero_grad()",
    "one in each branch": "if a:\n    def clear():\n        pass\n    def clear():\n        optimizer.zero_grad()",
    "in a try": "try:\n    def clear():\n        optimizer.zero_grad()\nexcept OSError:\n    pass",
    "in a handler": "try:\n    pass\nexcept OSError:\n    def clear():\n        optimizer.zero_grad()",
    "a lambda": "clear = lambda: optimizer.zero_grad()",
    "in a with": "with a:\n    def clear():\n        optimizer.zero_grad()",
}


@pytest.mark.parametrize("helper", DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_definition_is_found_wherever_it_stands(helper: str) -> None:
    code = f"{helper}\nfor x, y in loader:\n    clear()\n    model(x).sum().backward()\n    optimizer.step()"
    assert codes(code) == []


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("a", 60, "a"),
        ("f(\n    a,\n    b,\n)", 60, "f( a, b, )"),
        ("abcdefghij", 10, "abcdefghij"),
        ("abcdefghijk", 10, "abcde...ghijk"),
    ],
)
def test_code_is_shown_on_one_line(text: str, limit: int, shown: str) -> None:
    source = Source(f"{text}\n", "code.py")
    assert source.code(source.module.body[0], limit) == shown


MAY_TRAIN = {
    "loss.backward()": True,
    "optimizer.zero_grad()": True,
    "self.manual_backward(x)": True,
    "xm.optimizer_step(o)": True,
    "optimizer.step()": True,
    "opt.step()": True,
    "torch.optim.SGD(p); o . step()": True,
    "env.step(a)": False,
    "import torch": False,
    "with torch.no_grad:\n    pass": True,
    "with torch.no_grad():\n    pass": False,
    "  model.eval  # forgotten": True,
    "model.train\r\nx = 1": True,
    "model.eval()": False,
    "x = model.eval": False,
    "stepping = 1": False,
    "loader = DataLoader(data)": True,
    "from torch.utils.data import DataLoader": False,
    "model.optimize_parameters()": True,
    "trainer.train_step(batch)": True,
    "engine.train_one_batch(batch)": True,
    "agent.update_parameters(memory)": True,
    "policy.train(replay)": True,
    "model.train()": False,
    "model.train(mode=True)": False,
    "agent.learn(batch)": True,
}


@pytest.mark.parametrize(("text", "may"), MAY_TRAIN.items())
def test_a_scan_tells_what_is_worth_parsing(text: str, may: bool) -> None:
    assert scan.may_train(text) is may
    assert scan.may_train(text.encode()) is may


def test_a_rule_that_is_off_still_silences_those_behind_it() -> None:
    text = program("for x, y in loader:\n    optimizer.zero_grad\n    model(x).sum().backward()\n    optimizer.step()")
    both = [(one.code, one.line) for one in engine.judge(text, "a.py")]
    assert [code for code, _ in both] == ["LL110"]
    assert check_source(text, select=["LL101"]) == []


def test_findings_come_in_the_order_of_their_places() -> None:
    turn = "for x, y in loader:\n    model(x).sum().backward()\n    {}.step()\n"
    code = (
        "def go(one):\n    "
        + turn.format("one").replace("\n", "\n    ").rstrip()
        + "\n"
        + turn.format("optimizer")
        + "go(optimizer)"
    )
    assert codes(code) == [("LL101", 4), ("LL101", 7)]


def test_a_mistake_of_one_optimizer_does_not_hide_that_of_another() -> None:
    code = """
        a = torch.optim.SGD(one.parameters())
        b = torch.optim.SGD(two.parameters())
        for x, y in loader:
            a.zero_grad
            one(x).sum().backward()
            a.step()
            two(x).sum().backward()
            b.step()
    """
    assert codes(code) == [("LL110", 4), ("LL101", 8)]


def test_a_function_of_too_many_ways_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("looplint.flow.BUDGET", 3)
    assert codes("for x, y in loader:\n    model(x).sum().backward()\n    optimizer.step()") == []


def test_many_states_are_told_apart_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    tests = "".join(f"    if {name}: optimizer.zero_grad()\n" for name in "abab")
    code = f"for x, y in loader:\n{tests}    model(x).sum().backward()\n    optimizer.step()"
    assert codes(code) == []
    monkeypatch.setattr("looplint.flow.MANY", 1)
    assert codes(code) == []


@pytest.mark.parametrize(("depth", "deeper"), [(5, True), (6, False)])
def test_how_deep_a_tree_is(depth: int, deeper: bool) -> None:
    assert deeper_than(ast.parse("x = a.b.c"), depth) is deeper  # module, assignment, a.b.c, a.b, a, load
