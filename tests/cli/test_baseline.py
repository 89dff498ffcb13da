"""Baselines: what was there before is known again and not told, what is new is, and what is gone is named."""

from __future__ import annotations

import json
import os
import textwrap
import types
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplint.baseline import Baseline, Compared
from looplint.finding import Finding
from tests.cli.fake import LOOP, Outcome, Run, Tree, judge
from tests.cli.notebooks import code, notebook

FOUND = "{}:3:5: LL101 missing-zero-grad: `optimizer.step()` is wrong\n"
FILE = ("--baseline", "known.json")


def check(run: Run, *args: str) -> Outcome:
    return run("check", "--output-format", "concise", *args)


def written(path: str = "known.json") -> Any:
    return json.loads(Path(path).read_text())["findings"]


# What is known again


BLOCKS = [
    "for x in data:\n    loss(x).backward()\n    optimizer.step()\n",
    "while True:\n    optimizer.step(closure)\n",
    "step.missing\n",
]


def beside(text: str, baseline: Baseline) -> Compared:
    return baseline.compare(judge(text, "a.py"), lambda _: text.split("\n"), lambda *_: True)


def baseline_of(text: str) -> Baseline:
    return Baseline(Path("known.json")).renewed(judge(text, "a.py"), lambda _: text.split("\n"), lambda *_: True)


@st.composite
def moved(draw: st.DrawFn) -> str:
    """The blocks again, with others between them, with lines in them that are no code, and indented."""
    text = ""
    for block in BLOCKS:
        text += "".join(
            draw(st.lists(st.sampled_from(["", "# a step\n", "def other():\n    pass\n", "\n\n", "x = 1\n"])))
        )
        lines = block.splitlines(keepends=True)
        text += "".join(draw(st.sampled_from(["", "\n", "    # as before\n", "\t\n"])) + line for line in lines)
    return f"def train():\n{textwrap.indent(text, '  ')}" if draw(st.booleans()) else text


@given(moved())
def test_findings_that_move_are_known_again(text: str) -> None:
    assert beside(text, baseline_of("".join(BLOCKS))) == Compared([], len(BLOCKS), [])


@given(st.permutations(BLOCKS), st.sampled_from(BLOCKS))
def test_a_second_one_of_the_same_is_new(blocks: list[str], again: str) -> None:
    text = "".join([*blocks, again])
    compared = beside(text, baseline_of("".join(BLOCKS)))
    assert compared == Compared([judge(text, "a.py")[-1]], len(BLOCKS), [])


@given(st.sets(st.integers(0, len(BLOCKS) - 1)))
def test_what_is_gone_is_named(left: set[int]) -> None:
    baseline = baseline_of("".join(BLOCKS))
    compared = beside("".join(block for number, block in enumerate(BLOCKS) if number in left), baseline)
    gone = [one for number, one in enumerate(baseline.entries) if number not in left]
    assert (compared.new, compared.known, compared.obsolete) == ([], len(left), gone)


# The command line


def test_what_is_in_the_baseline_is_not_told(tree: Tree, run: Run) -> None:
    tree({"src/a.py": LOOP, "src/b.py": f"\n{LOOP}"})
    assert check(run, *FILE, "--write-baseline") == Outcome(
        0, "All checks passed!\n2 findings of the baseline are not shown.\n", "2 findings written to known.json\n"
    )
    assert written()[0] == {
        "path": "src/a.py",
        "code": "LL101",
        "identity": written()[0]["identity"],
        "row": 3,
        "message": "`optimizer.step()` is wrong",
    }
    tree({"src/b.py": "", "src/c.py": LOOP, "src/a.py": f"import a\n{LOOP}"})
    warning = "warning: 1 entry of the baseline is no longer found; `--write-baseline` writes it anew\n"
    summary = "Found 1 error in 1 file.\n1 finding of the baseline is not shown.\n"
    assert check(run, *FILE) == Outcome(1, FOUND.format("src/c.py") + summary, warning)
    assert "  no longer found: src/b.py:4: LL101\n" in check(run, *FILE, "-v").err
    assert check(run, *FILE, "--quiet") == Outcome(1, FOUND.format("src/c.py"), "")
    assert [one["filename"] for one in json.loads(run("check", *FILE, "--output-format", "json").out)] == ["src/c.py"]
    run("check", *FILE, "--write-baseline")
    assert [one["path"] for one in written()] == ["src/a.py", "src/c.py"]


def test_a_baseline_is_the_same_wherever_and_however_often_it_is_written(
    tree: Tree, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree({"src/b.py": LOOP * 2, "src/a.py": LOOP, "known.json": ""})
    Path("known.json").unlink()
    run("check", "src/b.py", "src/a.py", *FILE, "--write-baseline")
    before = Path("known.json").read_bytes()
    monkeypatch.chdir("src")
    assert run("check", "--baseline", "../known.json", "--write-baseline").status == 0
    assert Path("../known.json").read_bytes() == before
    assert [(one["path"], one["row"]) for one in written("../known.json")] == [
        ("src/a.py", 3),
        ("src/b.py", 3),
        ("src/b.py", 6),
    ]


def test_a_baseline_may_stand_in_a_folder_of_its_own(tree: Tree, run: Run) -> None:
    tree({"a.py": LOOP})
    assert run("check", "--baseline", "ci/known.json", "--write-baseline").status == 0
    assert [one["path"] for one in written("ci/known.json")] == ["../a.py"]
    assert run("check", "--baseline", "ci/known.json").status == 0
    assert [path.name for path in Path("ci").iterdir()] == ["known.json"]


def test_the_configuration_may_name_it(tree: Tree, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tree({"src/a.py": LOOP, "looplint.toml": "baseline = 'known.json'"})
    assert run("check", "--write-baseline").status == 0
    monkeypatch.chdir("src")
    assert run("check") == Outcome(0, "All checks passed!\n1 finding of the baseline is not shown.\n", "")
    assert run("check", "--isolated").status == 1


def test_of_a_notebook_the_cell_is_told(tree: Tree, run: Run) -> None:
    tree({"a.ipynb": notebook(code("x = 1"), code(*LOOP.splitlines()))})
    run("check", *FILE, "--write-baseline")
    assert [(one["cell"], one["row"]) for one in written()] == [(2, 3)]
    tree({"a.ipynb": notebook(code(*LOOP.splitlines()), code("x = 1"))})
    assert check(run, *FILE).status == 0
    tree({"a.ipynb": notebook(code("x = 1"))})
    assert "  no longer found: a.ipynb:cell 2:3: LL101\n" in check(run, *FILE, "-v").err


# What a run does not judge


@pytest.mark.parametrize("args", [["b.py"], ["--ignore", "LL101"], ["--exclude", "a.py"]], ids=str)
def test_what_is_not_judged_is_not_obsolete_and_stays(tree: Tree, run: Run, args: list[str]) -> None:
    tree({"a.py": LOOP, "b.py": ""})
    run("check", *FILE, "--write-baseline")
    before = Path("known.json").read_bytes()
    assert check(run, *FILE, *args) == Outcome(0, "All checks passed!\n", "")
    assert run("check", *FILE, "--write-baseline", *args).status == 0
    assert Path("known.json").read_bytes() == before


def test_what_is_behind_an_error_of_syntax_is_not_obsolete(tree: Tree, run: Run) -> None:
    tree({"a.py": LOOP})
    run("check", *FILE, "--write-baseline")
    tree({"a.py": f"{LOOP}print 1\n"})
    assert check(run, *FILE) == Outcome(1, "a.py:4:1: LL001 invalid-syntax: not Python\nFound 1 error in 1 file.\n", "")
    run("check", *FILE, "--write-baseline")
    assert [one["code"] for one in written()] == ["LL101", "LL001"]
    assert run("check", *FILE).status == 0


@pytest.mark.parametrize("content", ["", "a = 1\n", "optimizer.stepping\n", None])
def test_a_file_without_training_code_or_no_file_is_obsolete(tree: Tree, run: Run, content: str | None) -> None:
    tree({"a.py": LOOP, "b.py": ""})
    run("check", *FILE, "--write-baseline")
    if content is None:
        Path("a.py").unlink()
    else:
        tree({"a.py": content})
    assert "1 entry of the baseline is no longer found" in check(run, *FILE).err
    run("check", *FILE, "--write-baseline")
    assert written() == []


def test_what_cannot_be_read_is_told_all_the_same(tree: Tree, run: Run) -> None:
    tree({"a.py": b"x.step('\xff')"})
    outcome = run("check", "missing.py", "a.py", *FILE, "--write-baseline")
    assert (outcome.status, outcome.out.count("LL002"), written()) == (1, 2, [])


def test_a_defect_of_looplint_leaves_the_baseline_alone(tree: Tree, run: Run, world: types.SimpleNamespace) -> None:
    tree({"a.py": LOOP, "b.py": LOOP})
    run("check", *FILE, "--write-baseline")
    before = Path("known.json").read_bytes()

    def broken(text: str, filename: str, *rest: object) -> list[Finding]:
        if filename == "b.py":
            raise ZeroDivisionError
        return []

    world.judge = broken
    outcome = check(run, *FILE, "--write-baseline", "--no-cache")
    assert outcome.status == 2
    assert outcome.err.endswith("error: known.json: is not written, as not every file could be judged\n")
    assert Path("known.json").read_bytes() == before
    assert "no longer found" not in check(run, *FILE, "--no-cache").err


# Wrong ones


ENTRY = {"path": "a.py", "code": "LL101", "identity": "0", "row": 1, "message": ""}


def of(*entries: object, version: object = 1) -> str:
    return json.dumps({"looplint-baseline": version, "findings": entries})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "known.json: cannot be read: no such file or directory; `--write-baseline` writes it"),
        ("", "known.json:1:1: is no baseline, since it is not JSON: expecting value"),
        ('{\n<<<<<<< ours\n"a": 1}', "known.json:2:1: is no baseline, since it is not JSON: expecting property name"),
        (b'{\n"\xff"}', "known.json:2: is no baseline: it is not in UTF-8"),
        ("[" * 100_000, "known.json: is no baseline, since it is not JSON that can be read"),
        ("9" * 5_000, "known.json: is no baseline, since it is not JSON that can be read"),
        ("[]", "known.json: is no baseline of looplint"),
        ('{"findings": []}', "known.json: is no baseline of looplint"),
        ('{"looplint-baseline": 1}', "known.json: is no baseline of looplint"),
        (of(version=2), "known.json: is a baseline of format 2, and this looplint knows format 1 only"),
        (of(version="x"), 'known.json: is a baseline of format "x", and this looplint knows format 1 only'),
        (of(ENTRY, 1), "known.json: entry 2 is no object"),
        (of(ENTRY | {"path": 1}), "known.json: entry 1 has no text under `path`"),
        (of(ENTRY | {"row": "1"}), "known.json: entry 1 has no number under `row`"),
        (of(ENTRY | {"cell": None}), "known.json: entry 1 has no number under `cell`"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_wrong_baseline_is_refused_with_its_place(
    tree: Tree, run: Run, content: str | bytes | None, message: str
) -> None:
    tree({"a.py": LOOP} | ({} if content is None else {"known.json": content}))
    outcome = check(run, *FILE)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {message}")
    if content is not None:  # it may be something else, and dear to somebody
        assert check(run, *FILE, "--write-baseline") == outcome
        assert Path("known.json").read_bytes() == (content.encode() if isinstance(content, str) else content)


def test_a_baseline_has_to_be_named(run: Run) -> None:
    assert check(run, "--write-baseline") == Outcome(
        2,
        "",
        "error: --write-baseline needs a file: --baseline FILE, or `baseline` in the configuration "
        "(see `looplint check --help`)\n",
    )


def test_a_baseline_that_cannot_be_written(tree: Tree, run: Run) -> None:
    tree({"a.py": LOOP, "d": ""})
    outcome = run("check", "--baseline", "d/known.json", "--write-baseline")
    assert (outcome.status, outcome.err) == (2, "error: d/known.json: cannot be written: file exists\n")


def test_a_path_may_be_no_text(run: Run) -> None:
    name = os.fsdecode(b"\xff.py")
    Path(name).write_text(LOOP)
    assert run("check", *FILE, "--write-baseline").status == 0
    assert (written()[0]["path"], run("check", *FILE).status) == (name, 0)
