"""What only a process of its own can show: signals, pipes, imports, and the real engine behind the command line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import click
import pytest

import looplint
from tests.cli.fake import Tree
from tests.cli.notebooks import code, notebook

COMMAND = [sys.executable, "-m", "looplint"]
TRAINING = """\
import torch

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    loss_fn(model(x), y).backward()
    optimizer.step()
"""


def ran(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *args], capture_output=True, text=True, timeout=120, check=False)


def imported(code: str) -> list[str]:
    """Which of the heavy packages a program imports."""
    program = f"import sys\n{code}\nprint([one for one in ('click', 'libcst', 'torch') if one in sys.modules])"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return json.loads(outcome.stdout.splitlines()[-1].replace("'", '"'))  # type: ignore[no-any-return]


def command(*args: str) -> str:
    return f"from looplint.cli import main\ntry:\n    main({list(args)})\nexcept SystemExit:\n    pass"


def test_the_package_is_light(tree: Tree) -> None:
    tree({"a.py": "import torch\n", "b.py": TRAINING})
    assert imported("import looplint") == []
    assert imported("import looplint\nlooplint.check_paths(['a.py'])\nlooplint.check_source('a = 1')") == []
    assert imported(command("check", "a.py")) == ["click"]
    assert imported(command("check", "b.py")) == ["click", "libcst"]


def test_a_run_with_nothing_to_judge_begins_quickly(tree: Tree) -> None:
    tree({"a.py": "import torch\n"})
    own, theirs = (str(Path(module.__file__ or "").parents[1]) for module in (looplint, click))
    slow = {"hashlib", "pathlib", "dataclasses", "json", "sqlite3", "looplint.rule", "looplint.finding"}
    program = (
        "import sys, click\nbefore = set(sys.modules)\n"
        f"{command('check', 'a.py')}\nprint(sorted({slow} & set(sys.modules) - before))"
    )
    light = [sys.executable, "-S", "-c", program]  # without what site imports for an editable install
    outcome = subprocess.run(
        light, env={"PYTHONPATH": os.pathsep.join((own, theirs))}, capture_output=True, text=True, check=True
    )
    assert outcome.stdout == "All checks passed!\n[]\n"


@pytest.mark.parametrize(("debug", "ended"), [("", ""), ("1", "Python ends\n")])
def test_the_end_waits_for_nothing_but_for_who_looks_for_a_defect(debug: str, ended: str, tree: Tree) -> None:
    tree({"a.py": TRAINING})
    program = "import atexit\natexit.register(print, 'Python ends')\nfrom looplint.__main__ import main\nmain()\n"
    outcome = subprocess.run(
        [sys.executable, "-c", program, "check", "--quiet", "--output-format", "concise", "a.py"],
        env={**os.environ, "LOOPLINT_DEBUG": debug},
        capture_output=True,
        text=True,
        check=False,
    )
    told, _, rest = outcome.stdout.partition("\n")
    assert (outcome.returncode, told[:16], rest, outcome.stderr) == (1, "a.py:6:5: LL101 ", ended, "")


def test_a_real_finding(tree: Tree) -> None:
    tree({"a.py": TRAINING})
    outcome = ran("check", "a.py", "--output-format", "json")
    assert [(one["code"], one["location"]) for one in json.loads(outcome.stdout)] == [
        ("LL101", {"row": 6, "column": 5})
    ]
    assert (outcome.returncode, outcome.stderr) == (1, "")
    assert ran("show", "a.py").returncode == 0


def test_head_may_close_the_pipe() -> None:
    command = [*COMMAND, "check", *(f"gone-{number}.py" for number in range(2000))]  # more than a pipe holds
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c(tree: Tree) -> None:
    tree({"a.py": ""})
    command = [*COMMAND, "check", "-v", "a.py", "-"]
    streams: dict[str, Any] = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # A shell that starts the tests in the background has them ignore SIGINT, and they would hand that down.
    with subprocess.Popen(
        command, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **streams
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "skipped a.py: no training code\n"  # now it waits for standard input
        process.send_signal(signal.SIGINT)
        assert process.stderr.read().strip() == ""
    assert process.returncode == 130


def test_standard_input_may_be_closed() -> None:
    command = " ".join([*COMMAND, "check", "--output-format", "concise", "--quiet", "-", "<&-"])
    outcome = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert outcome.stdout == "-:1:1: LL002 unreadable-file: cannot be read: standard input is closed\n"
    assert (outcome.returncode, outcome.stderr) == (1, "")


def test_standard_error_may_be_closed(tree: Tree) -> None:
    tree({"a.py": TRAINING})
    command = " ".join([*COMMAND, "check", "--output-format", "concise", "a.py", "2>&-"])
    outcome = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stdout[:15]) == (1, "a.py:6:5: LL101")


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 100_000 + ")" * 100_000,
        "[" * 150 + "]" * 150,
        "-" * 100_000 + "1",
        "1+" * 100_000 + "1",
        "a" + ".b" * 100_000,
        "a" + "()" * 100_000,
        "lambda: " * 20_000 + "1",
        "not " * 50_000 + "1",
        "1 if a else " * 50_000 + "1",
    ],
    ids=lambda expression: expression[:12],
)
def test_deep_nesting_does_not_stop_the_others(tree: Tree, expression: str) -> None:
    tree({"a.py": f"optimizer.step()\nx = {expression}\n", "b.py": TRAINING})
    outcome = ran("check", "a.py", "b.py", "--output-format", "concise")
    assert outcome.stderr == ""
    lines = outcome.stdout.splitlines()
    assert [line.split()[1] for line in lines[:-1] if line.startswith("b.py")] == ["LL101"]
    assert [line.split()[1] for line in lines if line.startswith("a.py")] in ([], ["LL001"])


def test_findings_of_the_examples_are_silenced(tree: Tree) -> None:
    examples = Path(__file__).parents[2] / "examples"
    tree({path.name: path.read_bytes() for path in examples.glob("*.py")})
    tree({"a.ipynb": notebook(*(code(*part.splitlines()) for part in TRAINING.split("\n\n")))})
    outcome = ran("check", "--add-noqa", "--quiet")
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "", "")
    assert ran("check").stdout == "All checks passed!\n"
    for path in examples.glob("*.py"):
        assert re.sub("  # noqa: LL[0-9]+$", "", Path(path.name).read_text(), flags=re.MULTILINE) == path.read_text()


def test_a_real_finding_is_known_where_it_moves(tree: Tree) -> None:
    baseline = ("--baseline", "known.json", "--output-format", "concise")
    tree({"a.py": TRAINING})
    assert ran("check", *baseline, "--write-baseline").returncode == 0
    moved = f"def train(model, loader, loss_fn):\n    # on one device\n{textwrap.indent(TRAINING, '    ')}"
    tree({"a.py": moved})
    assert ran("check", *baseline).stdout == "All checks passed!\n1 finding of the baseline is not shown.\n"
    tree({"a.py": f"{moved}\n{TRAINING}"})
    assert ran("check", *baseline).stdout.startswith("a.py:15:5: LL101")


def test_half_written_and_old_files(tree: Tree) -> None:
    tree({"a.py": "optimizer.step(\n", "b.py": "print 'a'\noptimizer.step()\n", "c.py": TRAINING})
    outcome = ran("check", "--output-format", "json")
    found = [(one["filename"], one["code"], one["location"]["row"]) for one in json.loads(outcome.stdout)]
    assert found == [("a.py", "LL001", 1), ("b.py", "LL001", 1), ("c.py", "LL101", 6)]
    assert outcome.stderr == ""


def test_python_dash_m_and_the_script_are_one(tree: Tree) -> None:
    tree({"a.py": TRAINING})
    script = Path(sys.executable).with_name("looplint")
    for start in (COMMAND, [str(script)]):
        outcome = subprocess.run([*start, "check", "-q", "a.py"], capture_output=True, text=True, check=False)
        assert (outcome.returncode, outcome.stdout[:5]) == (1, "LL101")


def test_an_interrupt_while_it_is_imported_ends_it_quietly(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "looplint", "check"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
