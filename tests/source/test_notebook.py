"""Cells as one program: what IPython adds is stepped over, and every row is found again."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplint import check_source, scan, show
from looplint.files import is_notebook
from looplint.finding import Finding, Location, Related, Span
from looplint.magics import as_python
from looplint.notebook import Notebook, read
from looplint.scan import unescaped
from looplint.source import flaw
from tests.cli.notebooks import code, notebook, words

STEPPED_OVER = {
    "line magics": ("%matplotlib inline\nx = 1\n%load_ext a", "pass\nx = 1\npass"),
    "shell commands": ("!pip install a 'b\n!!ls\nx = 1", "pass\npass\nx = 1"),
    "help": ("?a\na?\na.b??\n%time?\na[0]?\nx = 1", "pass\npass\npass\npass\npass\nx = 1"),
    "automatic calls": ("/f a\n,f a b\n;f a b", "pass\npass\npass"),
    "what is in a block": ("if x:\n    %pip install a\nelse:\n\t!ls", "if x:\n    pass\nelse:\n\tpass"),
    "lines that are joined": ("!ls \\\n  -l \\\n  -a\nx = 1", "pass\n\n\nx = 1"),
    "a backslash at the end": ("!ls \\", "pass"),
    "what is assigned": (
        "a = !ls\n  \nb, c.d = %sql SELECT\ne[0] = !ls \\\n -l\nf = !ls (",
        "a = get_ipython()\n  \nb, c.d = get_ipython()\ne[0] = get_ipython()\n\nf = get_ipython()",
    ),
    "magics in a row behind code": ("f(1,\n2)\n%a\n\nx = [\n]\n!b", "f(1,\n2)\npass\n\nx = [\n]\npass"),
    "a magic below a comment (": ("# (\n%a", "# (\npass"),
    "a magic below a string": ("'(' \"[\" '''{\n''' \"\"\"(\n\"\"\" '\\'('\n%a", None),
    "a magic below too many brackets": ("x = 1)\n%a", "x = 1)\npass"),
    "a second cell magic": ("x = 1\n%%bash", "x = 1\npass"),
}


@pytest.mark.parametrize(("cell", "python"), STEPPED_OVER.values(), ids=STEPPED_OVER)
def test_what_is_stepped_over(cell: str, python: str | None) -> None:
    assert as_python(cell).text == (cell.replace("%a", "pass") if python is None else python)


KEPT = {
    "a remainder in brackets": "x = ('%s'\n     % y\n     %z)",
    "a remainder behind a backslash": "x = y \\\n  %z",
    "a string of several rows": "x = '''\n%matplotlib inline\n!ls\na?\n'''",
    "a string with quotes in it": "x = '\\'\"\"\"'\ny = \"'''\"\nz = 1",
    "a string with a sign behind an =": "print('a = %d' % b, 'c =!', \"why?\")",
    "a string in an index": "a['b = %d' % c] = 1",
    "a comment": "x = 1  # why?\n# %matplotlib inline\n# why not?",
    "an unequal": "x = y != z\nx = a == b % c",
    "a semicolon": "plt.plot(x);\nx",
    "a decorator": "@a % b\ndef f(): pass",
    "an await": "await f()\nasync for x in y: pass",
    "a name that is a magic": "ls\ncd = 1\npip in x",
    "a line of blanks": "if x:\n    y\n    \n\n    z",
    "a string that nobody closes": "x = '''\n%a",
    "nothing": "",
}


@pytest.mark.parametrize("cell", KEPT.values(), ids=KEPT)
def test_what_is_python_stays(cell: str) -> None:
    assert as_python(cell).text == cell
    assert as_python(cell).shifts == {}


CELLS = {
    "a timed cell": ("%%time\nx = 1", "\nx = 1"),
    "a timed cell with options": ("%%timeit -n 1 y = 2\nx = 1", "\nx = 1"),
    "several, one in the other": ("%%capture out\n%%time\nx = 1", "\n\nx = 1"),
    "below blanks and comments": ("\n#@title A\n%%time\nx = 1", "\n#@title A\n\nx = 1"),
    "shell": ("%%bash\nfor x in y; do", "\n"),
    "shell that is timed": ("%%time\n%%bash\nls", "\n\n"),
    "a file": ("%%writefile a.py\noptimizer.step()", "\n"),
    "what nobody knows": ("%%something\nx = 1", "\n"),
    "no name": ("%%\nx = 1", "\n"),
    "help": ("%%time?", ""),
    "an installation": ("pip install torch\n", "\n"),
    "a folder": ("cd ..", ""),
}


@pytest.mark.parametrize(("cell", "python"), CELLS.values(), ids=CELLS)
def test_cell_magics(cell: str, python: str) -> None:
    assert as_python(cell).text == python


@pytest.mark.parametrize(
    ("cell", "python", "shifts"),
    [
        ("%time f(x)", "f(x)", {1: 6}),
        ("if x:\n    %time f(1,\n2)", "if x:\n    f(1,\n2)", {2: 6}),
        ("%timeit -n 10 -r3 -q f(x)", "f(x)", {1: 21}),
        ("%time !ls", "pass", {1: 6}),
        ("%time %time f()", "f()", {1: 12}),
        ("x = 1\n%time", "x = 1\npass", {}),
        ("%time # f()", "pass", {}),
        ("%timeit -x f()", "pass", {}),
        ("%timer f()", "pass", {}),
        ("  x = 1\n    %time y\n\nz", "x = 1\n  y\n\nz", {1: 2, 2: 8}),
        ("%%time\n\n  if x:\n    y", "\n\nif x:\n  y", {3: 2, 4: 2}),
    ],
)
def test_code_that_stands_further_to_the_left(cell: str, python: str, shifts: dict[int, int]) -> None:
    assert as_python(cell).text == python
    assert as_python(cell).shifts == shifts


# -- places ----------------------------------------------------------------------------------------------------------

LINES = st.sampled_from(
    [
        *"x = 1|if x:|    %matplotlib inline|    !ls|%time f(x)|  y|f(1,|2)|'''|\"|# a?|a?|%%time|%%bash|!ls \\".split(
            "|"
        ),
        *("", "\\", "x = !ls", "\t%time x", "pip install x", "loss.backward()", "\u2028\x0c\x85", "\ud800"),
    ]
)
SOURCES = st.lists(LINES, max_size=8).map("\n".join)


@given(st.lists(SOURCES, min_size=1, max_size=6))
def test_each_row_of_a_cell_is_found_again(sources: list[str]) -> None:
    numbered = [(2 * at, source) for at, source in enumerate(sources, 1)]
    book = Notebook(numbered)
    rows = iter(book.text.split("\n"))
    program = 0
    for number, source in numbered:
        for row, line in enumerate(source.split("\n"), 1):
            program += 1
            code = next(rows)
            cell, place = book.place(Location(program, 1))
            assert (cell, place.row) == (number, row)
            if code.strip() and line.endswith(code):
                column = len(code) - len(code.lstrip()) + 1
                assert line[book.place(Location(program, column))[1].column - 1 :] == code.lstrip()
    assert list(rows) == [""]


@given(st.lists(SOURCES, max_size=6))
def test_cells_that_are_no_python_leave_no_trace(sources: list[str]) -> None:
    book = Notebook(list(enumerate(sources, 1)))
    text, flaws = book.sift(flaw)
    assert text.count("\n") == book.text.count("\n")
    assert flaw(text) is None
    for location, _ in flaws:
        assert flaw(book.cells[book.place(location)[0] - 1].code.text) is not None


def test_a_finding_is_placed_with_all_it_says() -> None:
    book = Notebook([(2, "a\nb"), (5, "%time c\nd")])
    other = Related(Span("b.py", Location(3, 1), Location(3, 2)), "elsewhere")
    here = Related(Span("a.ipynb", Location(2, 1), Location(2, 2)), "here")
    found = Finding("LL1", "x", "y", Span("a.ipynb", Location(3, 1), Location(4, 2)), related=(other, here), noqa_row=4)
    placed = book.placed(found, "a.ipynb")
    assert placed.span == Span("a.ipynb", Location(1, 7), Location(2, 2), 5)
    assert placed.noqa_row == 2
    assert placed.related == (other, Related(Span("a.ipynb", Location(2, 1), Location(2, 2), 2), "here"))
    elsewhere = replace(found, span=other.span)
    assert book.placed(elsewhere, "a.ipynb") == replace(elsewhere, related=placed.related)
    assert book.placed(elsewhere, "a.ipynb").noqa_row == 4


def test_what_lies_behind_the_last_row_is_in_it() -> None:
    book = Notebook([(1, "a\nb")])
    assert book.place(Location(9, 1)) == (1, Location(2, 1))
    assert book.cells[0].in_program(Location(9, 3)) == Location(2, 3)
    assert (book.lines(1), book.lines(2)) == (["a", "b"], [])


# -- the file --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["a\nb", ["a\n", "b"], ["a\r\nb"], "a\rb"])
def test_a_source_is_a_text_or_a_list_of_lines(source: object) -> None:
    book = read(notebook({"cell_type": "raw", "source": "c"}, {"cell_type": "code", "source": source}))
    assert [(cell.number, cell.first, cell.source) for cell in book.cells] == [(2, 1, "a\nb")]


def test_names_of_notebooks() -> None:
    assert [is_notebook(name) for name in ("a.ipynb", "-", "a.py", "ipynb")] == [True, False, False, False]


TRAINS = [
    "loss\\\nbackward()",
    "\nbackward()",
    "\tbackward()",
    "é=1;\nmodel.train",
    "if x:\n\tmodel.eval\t# a \"b\" 'c'\n",
    "with torch.no_grad\t:",
    "optimizer = 1\nx.\n\n  step()",
    '"\\n"\noptimizer_step()',
]


@pytest.mark.parametrize("source", TRAINS)
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("split", [True, False])
def test_the_scan_sees_through_json(source: str, indent: int | None, split: bool) -> None:
    cell: dict[str, Any] = {"cell_type": "code", "source": source.splitlines(keepends=True) if split else source}
    data = json.dumps({"cells": [cell]}, indent=indent)
    assert scan.may_train(read(data).cells[0].source)
    assert scan.may_train(unescaped(data.encode()))


@given(st.lists(st.sampled_from([*TRAINS, "x = 1", "", "a.step"]), max_size=5).map("".join), st.booleans())
def test_the_scan_misses_nothing(source: str, ascii_only: bool) -> None:
    data = json.dumps({"cells": [code(*source.split("\n"))]}, ensure_ascii=ascii_only)
    assert scan.may_train(unescaped(data.encode())) >= scan.may_train(source)


# -- with the real reader --------------------------------------------------------------------------------------------

BOOK = notebook(
    words("# A loop"),
    code("import torch", "%matplotlib inline"),
    code("!ls", "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)"),
    code("def batch(x, y):", "    loss_fn(model(x), y).backward()", "    %time optimizer.step()"),
    code("raise ="),
    code("%%time", "for x, y in loader:", "    batch(x, y)"),
)


def test_a_loop_is_read_across_cells() -> None:
    found, broken = check_source(BOOK, "a.ipynb")
    assert (broken.code, broken.span.cell, broken.span.start) == ("LL001", 5, Location(1, 7))
    assert found.code == "LL101"
    assert found.span == Span("a.ipynb", Location(3, 11), Location(3, 27), 4)
    assert {(one.span.cell, one.span.start.row) for one in found.related} == {(4, 2), (4, 3)}


def test_the_loops_of_a_notebook_are_shown() -> None:
    assert show.render(read(BOOK), "a.ipynb").splitlines() == [
        "module",
        "  optimizer `optimizer`",
        "    3:2  built      `optimizer`: `optimizer = torch.optim.SGD(model.parameters(), lr=0.1)`",
        "    6:2  other loop `for x, y in loader`",
        "      6:3  call of `batch`",
        "        4:2  loss       `loss_fn(model(x), y)`",
        "        4:2  backward   `loss_fn(model(x), y).backward()`",
        "        4:3  step       `optimizer.step()`",
        "not read: 5:1: invalid syntax",
    ]
    assert show.render(read(notebook(code("a = 1"))), "a.ipynb") == "no training loop found\n"


def test_what_a_magic_leaves_can_be_parsed() -> None:
    for cell, _ in [*STEPPED_OVER.values(), *CELLS.values()]:
        if cell != STEPPED_OVER["a magic below too many brackets"][0]:
            ast.parse(as_python(cell).text)
