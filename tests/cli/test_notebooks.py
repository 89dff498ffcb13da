"""Notebooks on the command line and from Python: places by cell, suppression, and all that can be wrong with one."""

from __future__ import annotations

import json
import types
from pathlib import Path

import pytest

from looplint import Location, Span, check_source
from tests.cli.fake import Outcome, Run, Tree
from tests.cli.notebooks import code, notebook, words

STEP = "optimizer.step()"
BAD = "LL101 missing-zero-grad: `optimizer.step()` is wrong"
TRAINING = notebook(
    words("# Training\n\noptimizer.step()"),
    code("import torch", "", "%matplotlib inline"),
    code("%%time", "for x in data:", "    loss.backward()"),
    code(""),
    code("!ls", STEP),
)


def concise(run: Run, *args: str, stdin: str = "") -> list[str]:
    return run("check", "--quiet", "--output-format", "concise", *args, stdin=stdin.encode()).out.splitlines()


def test_the_code_is_shown_by_cell(tree: Tree, run: Run) -> None:
    tree({"a.ipynb": TRAINING})
    assert run("check") == Outcome(
        1,
        f"""\
{BAD}
 --> a.ipynb:cell 5:2:1
  |
1 | !ls
2 | optimizer.step()
  | ^^^^^^^^^^^^^^^^
  |
 ::: a.ipynb:cell 3:3:5
  |
1 | %%time
2 | for x in data:
3 |     loss.backward()
  |     --------------- added to here
  |
help: write it right

Found 1 error in 1 file.
""",
        "",
    )


def test_places_are_given_by_cell(tree: Tree, run: Run) -> None:
    tree({"a.ipynb": TRAINING})
    (found,) = json.loads(run("check", "--output-format", "json").out)
    assert (found["cell"], found["location"], found["noqa_row"]) == (5, {"row": 2, "column": 1}, 2)
    (related,) = found["related"]
    assert (related["cell"], related["location"]) == (3, {"row": 3, "column": 5})
    assert concise(run) == [f"a.ipynb:cell 5:2:1: {BAD}"]


def test_findings_are_in_order_of_the_cells(tree: Tree, run: Run) -> None:
    tree({"a.ipynb": notebook(code("a = 1", "b = 2", STEP), code(STEP)), "b.py": STEP})
    assert concise(run) == [f"a.ipynb:cell 1:3:1: {BAD}", f"a.ipynb:cell 2:1:1: {BAD}", f"b.py:1:1: {BAD}"]


def test_code_behind_a_magic_is_placed_where_it_stands(tree: Tree, run: Run) -> None:
    tree({"a.ipynb": notebook(code("if x:", f"    %time {STEP}"))})
    (found,) = json.loads(run("check", "--output-format", "json").out)
    assert (found["location"], found["end_location"]) == ({"row": 2, "column": 11}, {"row": 2, "column": 27})


def test_standard_input_can_be_a_notebook(run: Run) -> None:
    name = ["-", "--stdin-filename", "d/x.ipynb"]
    assert concise(run, *name, stdin=TRAINING) == [f"d/x.ipynb:cell 5:2:1: {BAD}"]
    assert "2 | optimizer.step()\n" in run("check", *name, stdin=TRAINING.encode()).out
    assert concise(run, "-", stdin=TRAINING)[0].endswith(": `optimizer.step()` is wrong")  # JSON is Python, nearly


def test_from_python() -> None:
    (found,) = check_source(TRAINING, "a.ipynb")
    assert found.span == Span("a.ipynb", Location(2, 1), Location(2, 17), cell=5)
    assert check_source(notebook(code("a = 1")), "a.ipynb") == []
    assert check_source(notebook(code(STEP), language="R"), "a.ipynb") == []
    assert [one.code for one in check_source("optimizer.step()", "a.ipynb")] == ["LL002"]
    assert check_source("optimizer.step()", "a.ipynb", ignore=["LL002"]) == []


# -- suppression -----------------------------------------------------------------------------------------------------


def test_comments_silence_findings_of_their_cell_or_of_the_notebook(tree: Tree, run: Run) -> None:
    silenced = code("a = 1", f"{STEP}  # noqa: LL101")
    tree({"a.ipynb": notebook(silenced, code("a = 1", STEP))})
    assert concise(run) == [f"a.ipynb:cell 2:2:1: {BAD}"]
    tree({"a.ipynb": notebook(code("# looplint: file-ignore[LL101]"), code(STEP))})
    assert concise(run) == []
    tree({"a.ipynb": notebook(code(f"%time {STEP}  # looplint: ignore[missing-zero-grad]"))})
    assert concise(run) == []


def test_a_comment_that_silences_nothing_is_found_in_its_cell(tree: Tree, run: Run) -> None:
    tree({"a.ipynb": notebook(code(STEP), words("b"), code("a = 1", "b = 2  # noqa: LL101"))})
    assert concise(run) == [
        f"a.ipynb:cell 1:1:1: {BAD}",
        "a.ipynb:cell 3:2:16: LL003 unused-suppression: `LL101` suppresses nothing here",
    ]


def test_comments_of_shell_and_text_are_none(tree: Tree, run: Run) -> None:
    tree({"a.ipynb": notebook(words("# noqa: LL104"), code("!ls # noqa: LL104"), code("%%bash", "# noqa: LL104"))})
    assert concise(run) == []


# -- what is wrong with a notebook ----------------------------------------------------------------------------------


def test_a_cell_that_is_no_python_stops_no_other(tree: Tree, run: Run) -> None:
    broken = code("a = 1  # noqa: LL101", "print 'a'")
    tree({"a.ipynb": notebook(code("x = 1"), broken, code("f(1,"), code(STEP))})
    assert concise(run) == [
        "a.ipynb:cell 2:2:1: LL001 invalid-syntax: missing parentheses in call to 'print'. Did you mean print(...)?",
        "a.ipynb:cell 3:1:2: LL001 invalid-syntax: '(' was never closed",
        f"a.ipynb:cell 4:1:1: {BAD}",
    ]
    assert "2 | print 'a'\n" in run("check").out
    assert concise(run, "--ignore", "LL001") == [f"a.ipynb:cell 4:1:1: {BAD}"]


def test_what_is_left_of_a_broken_notebook_has_no_unused_suppressions(tree: Tree, run: Run) -> None:
    tree({"a.ipynb": notebook(code("a = 1  # noqa: LL101"), code("def"), code(STEP))})
    assert [line.split()[2] for line in concise(run)] == ["LL001", "LL101"]


def test_no_cell_completes_another(tree: Tree, run: Run) -> None:
    tree({"a.ipynb": notebook(code("if x:"), code("    y = 1"), code('"""'), code(STEP), code('"""'))})
    assert [line.split()[1].split(":")[0] for line in concise(run) if "LL001" in line] == ["1", "3", "5"]
    assert concise(run)[2] == f"a.ipynb:cell 4:1:1: {BAD}"


def test_a_program_that_is_refused_as_a_whole(tree: Tree, run: Run, world: types.SimpleNamespace) -> None:
    from looplint.source import InvalidSyntax

    def refuse(*_: object) -> None:
        raise InvalidSyntax("nested too deeply to be read", Location(1, 1))

    world.judge = refuse
    tree({"a.ipynb": TRAINING})
    assert concise(run) == ["a.ipynb:cell 2:1:1: LL001 invalid-syntax: nested too deeply to be read"]


NO_JSON = "is no notebook, since it is not JSON: "


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (STEP, "1:1", f"{NO_JSON}expecting value"),
        ('{"cells": [\n  "a.step"', "2:11", f"{NO_JSON}expecting ',' delimiter"),
        ('<<<<<<< ours\n"a.step"', "1:1", f"{NO_JSON}expecting value"),
        ("[" * 100_000 + ".step", "1:1", "is no notebook, since it is not JSON that can be read"),
        ('["a.step"]', "1:1", "is no notebook: it has no list of cells"),
        ('{"a": ".step"}', "1:1", "is no notebook: it has no list of cells"),
        ('{"cells": ".step"}', "1:1", "is no notebook: it has no list of cells"),
        (
            '{"worksheets": [{"cells": [{"cell_type": "code", "input": ["a.step()"]}]}], "nbformat": 3}',
            "1:1",
            "is a notebook of format 3; `jupyter nbconvert --to notebook` writes format 4",
        ),
        (notebook(words(""), "a.step"), "1:1", "is no notebook: its cell 2 is no object"),
        (
            notebook({"cell_type": "code", "source": {"a": ".step"}}),
            "1:1",
            "is no notebook: the source of its cell 1 is neither a text nor a list of lines",
        ),
        (
            notebook({"cell_type": "code", "source": ["a.step", 1]}),
            "1:1",
            "is no notebook: the source of its cell 1 is neither a text nor a list of lines",
        ),
        (
            notebook({"cell_type": "code", "input": ["a.step"]}),
            "1:1",
            "is no notebook: the source of its cell 1 is neither a text nor a list of lines",
        ),
    ],
    ids=lambda value: value[:30],
)
def test_what_is_no_notebook(tree: Tree, run: Run, text: str, place: str, message: str) -> None:
    tree({"a.ipynb": text, "z.py": STEP})
    assert concise(run) == [f"a.ipynb:{place}: LL002 unreadable-file: {message}", f"z.py:1:1: {BAD}"]
    assert run("show", "a.ipynb") == Outcome(2, "", f"error: a.ipynb: {message}\n")


def test_a_notebook_that_is_no_utf_8(tree: Tree, run: Run) -> None:
    tree({"a.ipynb": b'{"a.step": "\xff"}'})
    assert concise(run)[0].startswith("a.ipynb:1:13: LL002 unreadable-file: the byte 0xff is not valid in UTF-8")


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"cells": [code(STEP)]}),
        notebook(code(STEP), metadata=None),
        notebook(code(STEP), metadata={"language_info": "python", "kernelspec": []}),
        notebook(code(STEP), metadata={"language_info": {"name": "python"}, "kernelspec": {"language": "sage"}}),
        notebook(code(STEP), language="Python"),
        notebook(code(STEP), language="ipython3"),
        notebook({"cell_type": "code", "source": STEP, "metadata": {"vscode": {"languageId": "python"}}}),
        "\ufeff" + notebook(code(STEP)),
        notebook(code(STEP)).replace("\n", "\r\n"),
    ],
)
def test_what_other_tools_leave_out_or_add_does_no_harm(tree: Tree, run: Run, text: str) -> None:
    tree({"a.ipynb": text})
    assert concise(run) == [f"a.ipynb:cell 1:1:1: {BAD}"]


@pytest.mark.parametrize("language", ["R", "julia", "\x1b[2J"])
def test_a_notebook_in_another_language_is_skipped(tree: Tree, run: Run, language: str) -> None:
    tree({"a.ipynb": notebook(code("optimizer.step() <- {"), language=language)})
    shown = language.replace("\x1b", "\\x1b")
    assert run("check", "-v") == Outcome(0, "All checks passed!\n", f"skipped a.ipynb: its language is {shown}\n")
    assert run("show", "a.ipynb") == Outcome(2, "", f"error: a.ipynb: its language is {shown}\n")


def test_a_cell_in_another_language_is_passed_over(tree: Tree, run: Run) -> None:
    other = code("SELECT a.step") | {"metadata": {"vscode": {"languageId": "sql"}}}
    tree({"a.ipynb": notebook(other, code(STEP))})
    assert concise(run) == [f"a.ipynb:cell 2:1:1: {BAD}"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "{}",
        notebook(),
        notebook(code("a = 1")),
        notebook(words("optimizer.step()")),
        notebook(code("a = 1") | {"outputs": [{"text": ["optimizer.step()"]}]}),
        notebook(code("%%bash", "optimizer.step()")),
    ],
)
def test_a_notebook_without_training_code_is_not_judged(
    tree: Tree, run: Run, world: types.SimpleNamespace, text: str
) -> None:
    world.judge = None
    tree({"a.ipynb": text})
    assert run("check", "-v") == Outcome(0, "All checks passed!\n", "skipped a.ipynb: no training code\n")


def test_a_missing_notebook(run: Run) -> None:
    assert concise(run, "a.ipynb") == ["a.ipynb:1:1: LL002 unreadable-file: cannot be read: no such file or directory"]


def test_show_is_given_the_notebook(tree: Tree, run: Run, world: types.SimpleNamespace) -> None:
    world.render = lambda notebook, filename, path: f"{filename}: {len(notebook.cells)} cells"
    Path("a.ipynb").write_text(TRAINING)
    assert run("show", "a.ipynb").out == "a.ipynb: 4 cells\n"
