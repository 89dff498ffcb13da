"""The commands, their options and their exit status."""

from __future__ import annotations

import errno
import json
import os
import sys
import types
from pathlib import Path

import pytest

from looplint import __version__
from looplint.report import FORMATS
from tests.cli.fake import LOOP, RULES, Outcome, Run, Tree

FOUND = "a.py:3:5: LL101 missing-zero-grad: `optimizer.step()` is wrong\n"
SUMMARY = "Found 1 error in 1 file.\n"


def concise(run: Run, *args: str, stdin: bytes = b"") -> Outcome:
    return run("check", "--output-format", "concise", *args, stdin=stdin)


def test_findings_give_one(tree: Tree, run: Run) -> None:
    tree({"a.py": LOOP})
    assert run("check") == Outcome(
        1,
        """\
LL101 missing-zero-grad: `optimizer.step()` is wrong
 --> a.py:3:5
  |
1 | for x in data:
2 |     loss(x).backward()
3 |     optimizer.step()
  |     ^^^^^^^^^^^^^^^^
  |
help: write it right

Found 1 error in 1 file.
""",
        "",
    )
    assert concise(run) == Outcome(1, FOUND + SUMMARY, "")


def test_a_clean_file_gives_zero(tree: Tree, run: Run) -> None:
    tree({"a.py": "a = 1\n"})
    assert run("check", "a.py") == Outcome(0, "All checks passed!\n", "")
    assert run("check", "--quiet", "a.py") == Outcome(0, "", "")
    assert run("check", "--output-format", "json", "a.py") == Outcome(0, "[]\n", "")


def test_exit_zero(tree: Tree, run: Run) -> None:
    tree({"a.py": LOOP})
    assert concise(run, "--exit-zero") == Outcome(0, FOUND + SUMMARY, "")


def test_quiet_prints_findings_only(tree: Tree, run: Run) -> None:
    tree({"a.py": LOOP, "d/a.txt": ""})
    assert concise(run, "--quiet", "a.py", "d", "--extend-select", "LL204") == Outcome(1, FOUND, "")


def test_verbose_says_what_was_read_and_what_not(tree: Tree, run: Run) -> None:
    tree(
        {
            "a.py": LOOP,
            "b.py": "",
            "c.py": "x.step\n",
            "build/x.py": "",
            ".gitignore": "g*",
            "g.py": "",
            "s.py": ".step",
        }
    )
    assert concise(run, "-v", ".", "missing") == Outcome(
        1,
        FOUND + "missing:1:1: LL002 unreadable-file: cannot be read: no such file or directory\n"
        "s.py:1:1: LL001 invalid-syntax: not Python\nFound 3 errors in 3 files.\n",
        "skipped b.py: no training code\nskipped build: excluded\nskipped g.py: ignored by .gitignore\n"
        "skipped missing: cannot be read\nchecked a.py: 1 finding\nchecked c.py: 0 findings\nchecked s.py: 1 finding\n",
    )


def test_a_directory_without_python_is_warned_of(tree: Tree, run: Run) -> None:
    tree({"d/a.txt": ""})
    assert run("check", "d") == Outcome(0, "All checks passed!\n", "warning: no Python files or notebooks under `d`\n")


def test_standard_input(tree: Tree, run: Run) -> None:
    text = LOOP.encode()
    assert concise(run, "-", stdin=text) == Outcome(1, FOUND.replace("a.py", "-") + SUMMARY, "")
    assert concise(run, "-", "--stdin-filename", "d/a.py", stdin=text).out == "d/" + FOUND + SUMMARY
    tree({"looplint.toml": "extend-exclude = ['d/']"})
    assert concise(run, "-", "--stdin-filename", "d/a.py", "--force-exclude", stdin=text).status == 0
    assert "   |\n" not in run("check", "-", stdin=b"x.step(\n").out


def test_the_code_of_standard_input_is_shown(run: Run) -> None:
    assert run("check", "-", stdin=LOOP.encode()).out.split("\n")[1:3] == [" --> -:3:5", "  |"]


@pytest.mark.parametrize(
    ("args", "codes"),
    [
        ([], ["LL101"]),
        (["--select", "LL105"], ["LL105"]),
        (["--select", "LL101,LL105"], ["LL101", "LL105"]),
        (["--select", "LL101", "--select", " LL105 ,"], ["LL101", "LL105"]),
        (["--select", "ALL", "--ignore", "LL101"], ["LL105"]),
        (["--select", "LL1", "--extend-ignore", "missing-step"], ["LL101"]),
        (["--extend-select", "LL105"], ["LL101", "LL105"]),
        (["--preview"], ["LL101", "LL204"]),
        (["--preview", "--select", "LL2"], ["LL204"]),
        (["--preview", "--no-preview"], ["LL101"]),
        (["--isolated"], ["LL101", "LL105"]),
        (["--config", "other.toml"], ["LL105"]),
    ],
)
def test_options_go_before_the_configuration(tree: Tree, run: Run, args: list[str], codes: list[str]) -> None:
    tree(
        {
            "looplint.toml": "ignore = ['LL105']\noutput-format = 'full'",
            "other.toml": "select = ['LL105']",
            "a.py": LOOP + "    scheduler.step()\n    step.missing\n",
        }
    )
    found = json.loads(run("check", "a.py", "--output-format", "json", *args).out)
    assert [one["code"] for one in found] == sorted(codes, key=lambda code: {"LL204": 4, "LL105": 5}.get(code, 3))


def test_a_preview_rule_that_stays_off_is_warned_of(tree: Tree, run: Run) -> None:
    tree({"a.py": "scheduler.step()\n"})
    warning = "warning: `LL204` is a preview rule, and stays off without --preview\n"
    assert run("check", "--select", "LL204") == Outcome(0, "All checks passed!\n", warning)
    assert run("check", "--select", "LL204", "--preview", "-q").err == ""


def test_what_to_leave_out(tree: Tree, run: Run) -> None:
    tree({"a.py": LOOP, "b/a.py": LOOP, "build/a.py": LOOP, "looplint.toml": "exclude = ['b/']"})

    def names(*args: str) -> list[str]:
        found = json.loads(run("check", "--output-format", "json", *args).out)
        return [one["filename"] for one in found]

    assert names() == ["a.py", "build/a.py"]
    assert names("--isolated") == ["a.py", "b/a.py"]
    assert names("--exclude", "a.py") == []
    assert names("--exclude", "/a.py,build") == ["b/a.py"]
    assert names("--extend-exclude", "/a.py") == ["build/a.py"]
    assert names("b/a.py") == ["b/a.py"]
    assert names("b/a.py", "--force-exclude") == []


def test_patterns_are_relative_to_where_they_are_written(tree: Tree, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tree({"looplint.toml": "extend-exclude = ['/d/a.py']", "d/a.py": LOOP, "d/b.py": LOOP, "d/c.py": LOOP})
    monkeypatch.chdir("d")
    outcome = run("check", "--output-format", "json", "--extend-exclude", "/b.py")
    assert [one["filename"] for one in json.loads(outcome.out)] == ["c.py"]


def test_the_report_may_go_to_a_file(tree: Tree, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    tree({"a.py": LOOP})
    assert concise(run, "--output-file", "d/report.txt") == Outcome(1, "", "")
    assert Path("d/report.txt").read_text() == FOUND + SUMMARY
    outcome = concise(run, "--output-file", "a.py/report.txt")
    assert outcome == Outcome(2, "", "error: a.py/report.txt: cannot be written: not a directory\n") or (
        outcome == Outcome(2, "", "error: a.py/report.txt: cannot be written: file exists\n")
    )


def test_colour_can_be_forced(tree: Tree, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tree({"a.py": LOOP})
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;31mLL101\x1b[0m" in concise(run).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in concise(run).out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["check", "--select", "LL1O1"], "--select: unknown rule `LL1O1`; did you mean `LL101`?"),
        (
            ["check", "--select", ","],
            "invalid value for '--select': names no rule (see `looplint check --help`)",
        ),
        (["check", "--ignore", "zzz"], "--ignore: unknown rule `zzz`"),
        (["check", "--extend-ignore", "zzz"], "--ignore: unknown rule `zzz`"),
        (
            ["check", "--extend-select", "missing-stop"],
            "--extend-select: unknown rule `missing-stop`; did you mean `missing-step`?",
        ),
        (
            ["check", "--output-format", "jason"],
            f"--output-format must be one of {', '.join(FORMATS)}, not `jason`; did you mean `json`? "
            "(see `looplint check --help`)",
        ),
        (
            ["check", "--config", "a.toml", "--isolated"],
            "--config and --isolated exclude each other (see `looplint check --help`)",
        ),
        (["check", "--config", "a.toml"], "a.toml: cannot be read: no such file or directory"),
        (["explain", "missing-zero-gard"], "unknown rule `missing-zero-gard`; did you mean `missing-zero-grad`?"),
        (["explain", "\x1b[2J"], "unknown rule `\\x1b[2J`"),
        (["show", "a.py"], "a.py: cannot be read: no such file or directory"),
    ],
)
def test_what_is_wrong_is_said_and_gives_two(run: Run, args: list[str], message: str) -> None:
    assert run(*args) == Outcome(2, "", f"error: {message}\n")


@pytest.mark.parametrize(
    "args",
    [["check", "--selct", "LL1"], ["chek"], ["rules", "--output-format", "x"], ["explain"], ["check", "--config"]],
)
def test_what_click_refuses_gives_two_in_one_line(run: Run, args: list[str]) -> None:
    outcome = run(*args)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith("error: ")
    assert outcome.err.endswith("--help`)\n")


def test_rules(run: Run) -> None:
    codes = ["LL001", "LL002", "LL003", *RULES]
    assert [line.split()[0] for line in run("rules").out.splitlines()] == codes
    assert [one["code"] for one in json.loads(run("rules", "--output-format", "json").out)] == codes


@pytest.mark.parametrize("word", ["LL101", "ll101", "missing-zero-grad", "Missing-Zero-Grad"])
def test_explain(run: Run, word: str) -> None:
    page = RULES["LL101"].page
    assert run("explain", word) == Outcome(0, f"# missing-zero-grad (LL101)\n\n{page}", "")


@pytest.mark.parametrize("code", ["LL001", "LL002", "LL003"])
def test_the_rules_about_files_have_pages_too(run: Run, code: str) -> None:
    outcome = run("explain", code)
    headings = [line for line in outcome.out.splitlines() if line.startswith("## ")]
    assert outcome.status == 0
    assert headings[:2] == ["## What it does", "## Why is this bad?"]
    assert headings[-1] == "## Limits"


def test_show(tree: Tree, run: Run) -> None:
    tree({"a.py": "ä\r\n"})
    assert run("show", "a.py") == Outcome(0, "a.py: 2\nrow\\x1b[2J\n", "")
    assert run("show", "-", stdin=b"abc").out.startswith("-: 3\n")


def test_show_of_a_broken_file(tree: Tree, run: Run, world: types.SimpleNamespace) -> None:
    tree({"a.py": "a = (\n"})
    world.render = lambda text, filename, path: world.judge(text, filename)
    assert run("show", "a.py") == Outcome(2, "", "error: a.py:1:5: not Python\n")


@pytest.mark.parametrize("args", [["--version"], ["check", "--help"], ["--help"], ["-h"]])
def test_version_and_help(run: Run, args: list[str]) -> None:
    outcome = run(*args)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"looplint {__version__}\n" if args == ["--version"] else "Usage: looplint ")


def test_ctrl_c_gives_130_and_no_traceback(tree: Tree, run: Run, world: types.SimpleNamespace) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    tree({"a.py": LOOP})
    world.judge = interrupt
    outcome = run("check")
    assert (outcome.status, outcome.out, outcome.err.strip()) == (130, "", "")


def test_a_reader_that_has_gone_is_nobodys_fault(tree: Tree, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: list[tuple[int, int]] = []

    def closed(*_: object, **__: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    tree({"a.py": LOOP})
    monkeypatch.setattr(type(sys.stdout), "write", closed)
    monkeypatch.setattr(os, "dup2", lambda new, old: replaced.append((new, old)))
    monkeypatch.setattr(os, "open", lambda *_: 99)
    monkeypatch.setattr(type(sys.stdout), "fileno", lambda _: 1, raising=False)
    assert run("check") == Outcome(1, "", "")
    assert replaced == [(99, 1)]


def test_any_other_defect_gives_two_and_no_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("looplint.registry.every_rule", fail)
    assert run("rules") == Outcome(2, "", "error: internal error: RuntimeError: boom\n")
    monkeypatch.setenv("LOOPLINT_DEBUG", "1")
    outcome = run("rules")
    assert outcome.status == 2
    assert "Traceback" in outcome.err


def test_no_arguments_show_the_help(run: Run) -> None:
    outcome = run()
    assert outcome.status == 2
    assert outcome.out.startswith("Usage: looplint [OPTIONS] COMMAND [ARGS]...\n\n  Check PyTorch training loops.\n")
    assert outcome.err == ""


def test_a_file_that_is_not_there_has_no_code(run: Run) -> None:
    outcome = run("check", "nowhere.py")
    assert outcome.out.splitlines()[:3] == [
        "LL002 unreadable-file: cannot be read: no such file or directory",
        " --> nowhere.py:1:1",
        "",
    ]
