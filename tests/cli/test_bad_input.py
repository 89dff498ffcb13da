"""Whatever is wrong with a file, its place is named, no traceback is shown, and the other files are checked."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from looplint.rule import BrokenRule
from tests.cli.fake import LOOP, Outcome, Run, Tree

GOOD = "zz.py:3:5: LL101 missing-zero-grad: `optimizer.step()` is wrong\n"


def check(run: Run, *args: str) -> tuple[int, str, str]:
    """Check a bad file together with a good one, and return the status and what is said about the bad one."""
    Path("zz.py").write_text(LOOP)
    outcome = run("check", "--quiet", "--output-format", "concise", *args, "zz.py")
    lines = outcome.out.splitlines(keepends=True)
    assert lines[-1] == GOOD
    return outcome.status, "".join(lines[:-1]), outcome.err


@pytest.mark.parametrize(
    ("data", "report"),
    [
        (b"a.step()\0\n", "a.py:1:9: LL002 unreadable-file: contains a NUL byte, so it is no text\n"),
        (
            b"x = 1\nx.step('\xff')\n",
            "a.py:2:9: LL002 unreadable-file: the byte 0xff is not valid in UTF-8, and the file declares no other "
            "encoding\n",
        ),
        (
            b"#!/usr/bin/python\n# coding: martian\nx.step()\n",
            "a.py:2:11: LL002 unreadable-file: declares the encoding `martian`, which Python does not know\n",
        ),
        (b"\xef\xbb\xbfoptimizer.step()\n", "a.py:1:1: LL101 missing-zero-grad: `optimizer.step()` is wrong\n"),
        (b"a = 1\r\noptimizer.step()\r\n", "a.py:2:1: LL101 missing-zero-grad: `optimizer.step()` is wrong\n"),
        (b"a = 1\roptimizer.step()\r", "a.py:2:1: LL101 missing-zero-grad: `optimizer.step()` is wrong\n"),
        (
            b"# coding: latin-1\n'\xe4'; optimizer.step()\n",
            "a.py:2:6: LL101 missing-zero-grad: `optimizer.step()` is wrong\n",
        ),
        (b"optimizer.step()\nprint 'python 2'\n", "a.py:2:1: LL001 invalid-syntax: not Python\n"),
        (b"optimizer.step(\n", "a.py:1:15: LL001 invalid-syntax: not Python\n"),
        (b"", ""),
        (b"\0\xff print 'no training code, so never looked at'", ""),
        (
            b"optimizer.step()\n" + b"x = '%s'\n" % (b"- " * 5_000_000),
            "a.py:1:1: LL101 missing-zero-grad: `optimizer.step()` is wrong\n",
        ),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_odd_files(tree: Tree, run: Run, data: bytes, report: str) -> None:
    tree({"a.py": data})
    assert check(run, "a.py") == (1, report, "")


def test_a_missing_path(run: Run) -> None:
    message = "gone.py:1:1: LL002 unreadable-file: cannot be read: no such file or directory\n"
    assert check(run, "gone.py") == (1, message, "")


def test_a_file_without_permission(tree: Tree, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, mode: str, **options: int) -> IO[Any]:
        if path == "a.py":
            raise PermissionError(13, "Permission denied", path)
        return Path(path).open(mode, **options)  # type: ignore[call-overload]

    tree({"a.py": LOOP})
    monkeypatch.setattr("looplint.files.open", refuse, raising=False)
    assert check(run, "a.py") == (1, "a.py:1:1: LL002 unreadable-file: cannot be read: permission denied\n", "")


def test_a_directory_without_permission(tree: Tree, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(list_: Callable[[Any], object]) -> Callable[[Any], object]:
        def refuse(path: str | Path) -> object:
            if Path(path).name == "d":
                raise PermissionError(13, "Permission denied", str(path))
            return list_(path)

        return refuse

    tree({"d/a.py": LOOP})
    monkeypatch.setattr(os, "scandir", refusing(os.scandir))
    monkeypatch.setattr(os, "listdir", refusing(os.listdir))
    assert check(run, "d") == (1, "d:1:1: LL002 unreadable-file: cannot be read: permission denied\n", "")


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_might_never_end_is_not_read(run: Run, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo("pipe")
    path = "pipe" if kind == "pipe" else "/dev/zero"
    message = "is no regular file, and might never end; `-` reads standard input"
    assert check(run, path) == (1, f"{path}:1:1: LL002 unreadable-file: {message}\n", "") or (
        check(run, path)[1] == ""  # sorted behind the good file
    )


def test_a_link_to_itself(run: Run) -> None:
    Path("a.py").symlink_to("a.py")
    status, report, err = check(run, "a.py")
    assert (status, err) == (1, "")
    assert report.startswith("a.py:1:1: LL002 unreadable-file: cannot be read: ")


def test_a_name_that_is_no_text(run: Run) -> None:
    name = os.fsdecode(b"\xff\x1b.py")
    Path(name).write_text(LOOP)
    found = "\\udcff\\x1b.py:3:5: LL101 missing-zero-grad: `optimizer.step()` is wrong\n"
    outcome = run("check", "--quiet", "--output-format", "concise")
    assert outcome == Outcome(1, found, "")
    assert run("check", "--output-format", "json").out.isascii()
    assert run("check", "-v").err == "checked \\udcff\\x1b.py: 1 finding\n"


def test_an_output_that_knows_no_such_letter(tree: Tree, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tree({"ä.py": LOOP})
    monkeypatch.setattr(type(sys.stdout), "encoding", "ascii", raising=False)
    assert run("check", "-q", "--output-format", "concise").out.startswith("\\xe4.py:3:5: LL101")


@pytest.mark.parametrize("error", [RecursionError("maximum recursion depth exceeded"), MemoryError(), KeyError("x")])
def test_a_defect_of_ours(
    tree: Tree, run: Run, world: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    judge = world.judge

    def fail(text: str, filename: str, *rest: object) -> object:
        if filename == "a.py":
            raise error
        return judge(text, filename, *rest)

    tree({"a.py": LOOP})
    world.judge = fail
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    assert check(run, "a.py") == (2, "", f"error: a.py: internal error: {what}\n")
    monkeypatch.setenv("LOOPLINT_DEBUG", "1")
    assert "Traceback" in check(run, "a.py")[2]
    assert run("check", "a.py", "--exit-zero").status == 2
    assert run("check", "a.py").out == ""


def test_a_broken_rule(tree: Tree, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise BrokenRule("rules/x.py:3: rule `x` takes 0 parameters")

    tree({"a.py": LOOP})
    monkeypatch.setattr("looplint.rule.catalogue", broken)
    for command in (["check"], ["rules"], ["explain", "LL001"]):
        assert run(*command) == Outcome(2, "", "error: rules/x.py:3: rule `x` takes 0 parameters\n")


def test_a_broken_configuration_on_the_way_up(tree: Tree, run: Run) -> None:
    tree({"pyproject.toml": "[tool\n", "a.py": LOOP})
    outcome = run("check")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("error: pyproject.toml:1:6: is not valid TOML: ")
    assert run("check", "--isolated").status == 1


@pytest.mark.parametrize("code", ["LL001", "LL002"])
def test_what_is_wrong_with_a_file_can_be_ignored(tree: Tree, run: Run, code: str) -> None:
    tree({"a.py": "x.step(" if code == "LL001" else "x.step()\0"})
    assert run("check", "--ignore", code, "a.py") == Outcome(0, "All checks passed!\n", "")
    tree({"looplint.toml": f"per-file-ignores = {{ 'a.py' = ['{code}'] }}"})
    assert run("check", "a.py").status == 0


def test_a_broken_file_has_no_unused_suppressions(tree: Tree, run: Run) -> None:
    tree({"a.py": "x.step()  # noqa: LL101\n((\n"})
    assert check(run, "a.py")[1].count("LL001") == 1
    assert "LL003" not in check(run, "a.py")[1]
