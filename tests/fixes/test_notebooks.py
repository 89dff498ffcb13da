"""Fixes in notebooks: the source of a cell changes, and nothing else in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.fake import Run
from tests.cli.notebooks import code, notebook, words

SETUP = (
    "import torch",
    "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)",
    "loader = torch.utils.data.DataLoader(data)",
)
LOOP = ("for x, y in loader:", "    loss(model(x), y).backward()", "    optimizer.step()")
CLEARED = (LOOP[0], "    optimizer.zero_grad()", *LOOP[1:])
EPOCH = ("for x, y in loader:", "    optimizer.zero_grad()", "    loss(model(x), y).backward()")


def fixed(run: Run, text: str) -> tuple[str, str]:
    """Return what becomes of a notebook, and what is printed last."""
    Path("n.ipynb").write_text(text)
    printed = run("--fix", "--unsafe-fixes", ".")
    assert printed.err == ""
    return Path("n.ipynb").read_text(), printed.out.splitlines()[-1]


def output() -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": ["optimizer.step()\n", "é\n"]}


@pytest.mark.parametrize("indent", [1, 4, None])
def test_a_cell_is_mended(run: Run, indent: int | None) -> None:
    def text(*loop: str) -> str:
        cells = json.loads(notebook(words("# the loop"), code(*SETUP), code("%matplotlib inline", *loop)))
        cells["cells"][2]["outputs"] = [output()]
        return json.dumps(cells, indent=indent)

    assert fixed(run, text(*LOOP)) == (text(*CLEARED), "Found 1 error (1 fixed, 0 remaining).")


def test_a_source_that_is_one_text_stays_one(run: Run) -> None:
    def text(*loop: str) -> str:
        return notebook(code(*SETUP), code(*loop) | {"source": "\n".join(loop)})

    assert fixed(run, text(*LOOP))[0] == text(*CLEARED)


def test_a_row_at_the_end_of_a_cell_can_go(run: Run) -> None:
    before = notebook(code(*SETUP), code(*EPOCH, "", "optimizer.step()"), code("print(1)"))
    cell = code(*EPOCH, "    optimizer.step()", "")
    after = notebook(code(*SETUP), cell | {"source": cell["source"][:-1]}, code("print(1)"))
    assert fixed(run, before)[0] == after


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param((code(*EPOCH), code("print(1)", "optimizer.step()")), id="in two cells"),
        pytest.param((code(*EPOCH, "%time optimizer.step()"),), id="behind a magic"),
        pytest.param((code(*(f"  {row}" for row in (*EPOCH, "optimizer.step()"))),), id="indented as a whole"),
    ],
)
def test_what_is_not_as_it_is_judged_is_left_alone(run: Run, cells: tuple[Any, ...]) -> None:
    text = notebook(code(*SETUP), *cells)
    assert fixed(run, text) == (text, "Found 1 error in 1 file.")


def test_a_diff_is_by_cell(run: Run) -> None:
    Path("n.ipynb").write_text(notebook(words("# the loop"), code(*SETUP), code(*LOOP)))
    assert run("--diff", "--quiet", ".").out.splitlines() == [
        "--- n.ipynb:cell 3",
        "+++ n.ipynb:cell 3",
        "@@ -1,3 +1,4 @@",
        f" {LOOP[0]}",
        f"+{CLEARED[1]}",
        *(f" {row}" for row in LOOP[1:]),
    ]


def test_standard_input_may_be_a_notebook(run: Run) -> None:
    def text(*loop: str) -> str:
        return notebook(code(*SETUP), code(*loop))

    assert run("--fix", "--stdin-filename", "n.ipynb", "-", stdin=text(*LOOP).encode()).out == text(*CLEARED)
