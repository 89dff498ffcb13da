"""`--add-noqa`: what is found is silenced by a comment at its row, and nothing else in its file changes."""

from __future__ import annotations

import json
import stat
import types
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplint.edits import edit
from looplint.finding import Finding
from looplint.noqa import comments_for
from looplint.registry import every_rule
from looplint.rewrite import Original
from looplint.suppressions import apply
from tests.cli.fake import LOOP, Outcome, Run, Tree, judge
from tests.cli.notebooks import code, notebook, words
from tests.cli.test_rewrite import folder

ADDED = "added `# noqa` for {} in {}\n".format
CLEAN = "All checks passed!\n"

__all__ = ["folder"]  # the fixture


def found(text: str) -> list[Finding]:
    codes = frozenset(every_rule()) - {"LL204"}
    return apply(judge(text, "a.py"), text, "a.py", every_rule(), codes)


def silenced(text: str) -> str:
    edits, left = comments_for(found(text), text, every_rule())
    assert left == []
    return edit(text, edits)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("optimizer.step()", "optimizer.step()  # noqa: LL101"),
        ("optimizer.step() \t\f", "optimizer.step()  # noqa: LL101 \t\f"),
        ("optimizer.step()# why", "optimizer.step()# why  # noqa: LL101"),
        ("optimizer.step()  # why ", "optimizer.step()  # why  # noqa: LL101 "),
        ("optimizer.step()  # noqa: E501", "optimizer.step()  # noqa: E501, LL101"),
        ("optimizer.step()  #NoQA:E501,E502 # why", "optimizer.step()  #NoQA:E501,E502, LL101 # why"),
        ("optimizer.step()  # noqa : E501 E502 why", "optimizer.step()  # noqa : E501 E502, LL101 why"),
        ("optimizer.step()  # noqa: because", "optimizer.step()  # noqa: because  # noqa: LL101"),
        ("optimizer.step()  # noqa: LL104", "optimizer.step()  # noqa: LL104, LL101, LL003"),
        ("optimizer.step()  # type: ignore # noqa: E501", "optimizer.step()  # type: ignore # noqa: E501, LL101"),
        (
            "optimizer.step()  # looplint: ignore[LL104",
            "optimizer.step()  # looplint: ignore[LL104  # noqa: LL101, LL003",
        ),
        ("optimizer.step(); step.missing", "optimizer.step(); step.missing  # noqa: LL101, LL105"),
        ("optimizer.step(); optimizer.step()", "optimizer.step(); optimizer.step()  # noqa: LL101"),
        ("optimizer.step(\n    # why\n    a,\n)", "optimizer.step(\n    # why\n    a,\n)  # noqa: LL101"),
        ("optimizer.step(  # noqa: E501\n)", "optimizer.step(  # noqa: E501\n)  # noqa: LL101"),
        ("optimizer.step(a, '''\n# '''\n'''b''')", "optimizer.step(a, '''\n# '''\n'''b''')  # noqa: LL101"),
        ("a = '''\noptimizer.step()\n'''", "a = '''\noptimizer.step()\n'''  # noqa: LL101"),
        ("a = 1 + \\\n  optimizer.step() + \\\n  2", "a = 1 + \\\n  optimizer.step() + \\\n  2  # noqa: LL101"),
        ("for x in optimizer.step(\n):\n  x()", "for x in optimizer.step(\n):  # noqa: LL101\n  x()"),
        ("if x: optimizer.step()\nelse: pass", "if x: optimizer.step()  # noqa: LL101\nelse: pass"),
        ("@optimizer.step()\ndef f(): pass", "@optimizer.step()  # noqa: LL101\ndef f(): pass"),
        ("# looplint: file-ignore[LL104]\na", "# looplint: file-ignore[LL104]  # noqa: LL003\na"),
        ("a  # looplint: ignore", "a  # looplint: ignore  # noqa: LL003"),
        ("a  # noqa: LL199", "a  # noqa: LL199, LL003"),
        ("optimizer.step()  # noqa", "optimizer.step()  # noqa"),
    ],
)
def test_a_comment_is_added_at_the_end_of_the_statement(text: str, result: str) -> None:
    assert silenced(text) == result
    assert silenced(f"{text}\n") == f"{result}\n"


PIECES = [
    "optimizer.step()",
    "optimizer.step(\n    closure,  # noqa: E501\n)  ",
    "optimizer.step(closure)\t# noqa:E501,E502 - why",
    "optimizer.step(); step.missing  # noqa: LL105",
    "a = 1 + \\\n    optimizer.step()",
    "a = f'''{optimizer.step()}\n#'''",
    "if a: optimizer.step()  # type: ignore",
    "for a in optimizer.step(): a()  # \u884c",
    "while optimizer.step(\n): # why\n    step.missing",
    "# looplint: ignore[LL104]",
    "# noqa: LL199, E501",
    "a()  # looplint: ignore",
    "optimizer.step()  # looplint: ignore[missing-zero-grad]",
    "optimizer.step()  # noqa: why",
    "# optimizer",
    "",
]


@given(st.lists(st.sampled_from(PIECES)), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_nothing_is_found_afterwards_and_nothing_else_has_changed(
    pieces: list[str], line_break: str, last: bool
) -> None:
    text = "\n".join(pieces) + "\n" * last
    edits, left = comments_for(found(text), text, every_rule())
    data = text.replace("\n", line_break).encode()
    original = Original("a.py", Original("a.py", data).edited(edits))
    assert (left, found(original.text), comments_for(found(original.text), original.text, every_rule())) == (
        [],
        [],
        ([], []),
    )
    assert all(one.start == one.end and one.content.startswith(("  # noqa: LL", ", LL")) for one in edits)
    assert original.data.count(line_break.encode()) == data.count(line_break.encode())


# The command line


def test_a_second_run_finds_and_adds_nothing(tree: Tree, run: Run) -> None:
    tree({"a.py": LOOP, "b.py": f"a()  # noqa: LL101\n{LOOP}    step.missing\n"})
    assert run("check", "--add-noqa") == Outcome(0, CLEAN, ADDED("4 findings", "2 files"))
    assert Path("a.py").read_text() == LOOP.rstrip() + "  # noqa: LL101\n"
    before = Path("b.py").read_bytes()
    assert run("check") == Outcome(0, CLEAN, "")
    assert run("check", "--add-noqa", "--quiet") == Outcome(0, "", "")
    assert Path("b.py").read_bytes() == before


def test_only_what_is_told_is_silenced(tree: Tree, run: Run) -> None:
    tree({"a.py": LOOP, "b.py": f"{LOOP}    step.missing\n"})
    run("check", "a.py", "--baseline", "known.json", "--write-baseline")
    outcome = run("check", "--baseline", "known.json", "--select", "LL101", "--add-noqa")
    assert (outcome.status, outcome.err) == (0, ADDED("1 finding", "1 file"))
    assert Path("a.py").read_text() == LOOP
    assert Path("b.py").read_text() == LOOP.rstrip() + "  # noqa: LL101\n    step.missing\n"


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (
            b"\xef\xbb\xbfoptimizer.step()\r\n\xc3\xa9 = 1\n",
            b"\xef\xbb\xbfoptimizer.step()  # noqa: LL101\r\n\xc3\xa9 = 1\n",
        ),
        (
            b"# coding: latin-1\r'\xe9'; optimizer.step()\r",
            b"# coding: latin-1\r'\xe9'; optimizer.step()  # noqa: LL101\r",
        ),
        (b"x = '\x0c\xe2\x80\xa8'\noptimizer.step()", b"x = '\x0c\xe2\x80\xa8'\noptimizer.step()  # noqa: LL101"),
    ],
)
def test_bytes_that_are_not_concerned_stay(tree: Tree, run: Run, data: bytes, result: bytes) -> None:
    tree({"a.py": data})
    Path("a.py").chmod(0o750)
    assert run("check", "--add-noqa").status == 0
    assert (Path("a.py").read_bytes(), stat.S_IMODE(Path("a.py").stat().st_mode)) == (result, 0o750)
    assert run("check").status == 0


def test_in_a_notebook_the_cell_gets_it(tree: Tree, run: Run) -> None:
    cells = (
        words("# optimizer.step()"),
        code("%%time", "for x in data:", "    optimizer.step()"),
        code("  optimizer.step(", "  )  # noqa: E501", "  %time optimizer.step()"),
        code("a()") | {"source": "!ls\nstep.missing\n", "outputs": [{"text": ["optimizer.step()"]}]},
    )
    tree({"a.ipynb": notebook(*cells)})
    before = Path("a.ipynb").read_text()
    assert run("check", "--add-noqa") == Outcome(0, CLEAN, ADDED("4 findings", "1 file"))
    changed = Path("a.ipynb").read_text()
    assert ["".join(one["source"]) for one in json.loads(changed)["cells"][1:]] == [
        "%%time\nfor x in data:\n    optimizer.step()  # noqa: LL101",
        "  optimizer.step(\n  )  # noqa: E501, LL101\n  %time optimizer.step()  # noqa: LL101",
        "!ls\nstep.missing  # noqa: LL105\n",
    ]
    assert changed.replace("  # noqa: LL101", "").replace("  # noqa: LL105", "").replace(", LL101", "") == before
    assert run("check", "--add-noqa") == Outcome(0, CLEAN, ADDED("0 findings", "0 files"))


def test_what_no_comment_silences_is_told(tree: Tree, run: Run) -> None:
    tree({"a.py": "optimizer.step(\n", "b.py": LOOP})
    outcome = run("check", "--output-format", "concise", "--add-noqa", "a.py", "b.py", "c.py")
    assert outcome == Outcome(
        1,
        "a.py:1:15: LL001 invalid-syntax: not Python\n"
        "c.py:1:1: LL002 unreadable-file: cannot be read: no such file or directory\nFound 2 errors in 2 files.\n",
        ADDED("1 finding", "1 file"),
    )
    assert Path("a.py").read_text() == "optimizer.step(\n"


@pytest.mark.parametrize("later", ["a = 1\n", "a = '\xff", None])
def test_a_file_that_has_changed_meanwhile_is_left_as_it_is(
    tree: Tree, run: Run, world: types.SimpleNamespace, later: str | None
) -> None:
    tree({"a.py": LOOP, "b.py": LOOP})

    def saved_meanwhile(text: str, filename: str, *rest: object) -> list[Finding]:
        if later is None:
            Path("a.py").unlink(missing_ok=True)
        else:
            Path("a.py").write_text(later, encoding="latin-1")
        return judge(text, filename, *rest)

    world.judge = saved_meanwhile
    outcome = run("check", "--output-format", "concise", "--add-noqa")
    assert outcome == Outcome(
        2,
        "a.py:3:5: LL101 missing-zero-grad: `optimizer.step()` is wrong\nFound 1 error in 1 file.\n",
        "error: a.py: has changed since it was judged, so it is left as it is\n" + ADDED("1 finding", "1 file"),
    )
    assert later is None or Path("a.py").read_text(encoding="latin-1") == later


def test_a_file_that_may_not_be_written_stops_no_other(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for name in ("a.py", "b.py"):
        Path(name).write_text(LOOP)
    Path("a.py").chmod(0o444)
    outcome = run("check", "--add-noqa", "--isolated", "--no-cache")
    assert (outcome.status, outcome.err) == (
        2,
        "error: a.py: cannot be written: permission denied\n" + ADDED("1 finding", "1 file"),
    )
    assert (Path("a.py").read_text(), Path("b.py").read_text().count("noqa")) == (LOOP, 1)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-"], "error: --add-noqa and standard input exclude each other (see `looplint check --help`)\n"),
        (
            ["--write-baseline"],
            "error: --add-noqa and --write-baseline exclude each other (see `looplint check --help`)\n",
        ),
    ],
)
def test_what_excludes_it(tree: Tree, run: Run, args: list[str], message: str) -> None:
    tree({"looplint.toml": "baseline = 'known.json'"})
    assert run("check", "--add-noqa", *args) == Outcome(2, "", message)
