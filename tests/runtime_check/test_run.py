"""`looplint run` on scripts that train: what it says, and what of it the processes of a run see."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed")

from tests.runtime_check.running import FAULT, TRAIN, WATCHED, looplint, python

LINE = (
    f"train.py:{FAULT}:13: LL101 missing-zero-grad: `optimizer.step()` applies gradients again that an earlier step "
    "has applied: nothing clears them"
)

SPAWN = """\
import os, subprocess, sys
import torch.multiprocessing
import train

def work(rank):
    train.train(False, workers=1)

if __name__ == "__main__":
    torch.multiprocessing.spawn(work, nprocs=1)
    torch.multiprocessing.start_processes(work, nprocs=1, start_method="fork")
    environment = subprocess.run(["env"], capture_output=True, text=True).stdout
    print("others see", [line for line in environment.splitlines() if "LOOPLINT" in line or "PYTHONPATH" in line])
    command = f"A=1 {sys.executable} -c 'import os; print(os.environ.get(\\"LOOPLINT_RUN\\") is not None)'"
    print("a shell's Python joins:", subprocess.run(command, shell=True, capture_output=True, text=True).stdout, end="")
    isolated = [sys.executable, "-I", "-c", "import os; print('isolated sees', 'LOOPLINT_RUN' in os.environ)"]
    sys.stdout.flush()
    subprocess.run(isolated)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "spawn.py").write_text(SPAWN)
    return tmp_path


def counts(text: str) -> list[str]:
    """Return the lines of a report without how often something was seen: that depends on how closely one looks."""
    return re.sub(r"seen \d+ times", "seen N times", text).splitlines()


def test_findings_are_told_as_they_occur_and_counted_at_the_end(folder: Path) -> None:
    done = looplint("--fail", "train.py", "--lr", "1", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "arguments: ['--lr', '1']\n")
    told, _, ended = done.stderr.partition("trained\n")
    assert told.startswith(f"looplint: LL101 missing-zero-grad: {LINE.split(': ', 2)[2]}\n  --> train.py:{FAULT}:13\n")
    assert (
        f"{FAULT} |             optimizer.step()\n   |             ^^^^^^^^^^^^^^^^ gradients are applied here\n"
        in told
    )
    assert counts(ended) == [f"looplint: {WATCHED}", f"{LINE} (seen N times)", "looplint: found 1 error in 1 file"]


def test_a_right_run_is_called_right(folder: Path) -> None:
    done = looplint("--fail", "train.py", "clear", cwd=folder)
    assert done.returncode == 0
    assert done.stderr.splitlines() == ["trained", f"looplint: {WATCHED}", "looplint: all checks passed"]


def test_the_report_may_be_json_in_a_file_and_nothing_else_is_left_behind(folder: Path) -> None:
    (folder / "names.py").write_text("import os, torch, train\ntrain.train(False)\nprint(os.environ['LOOPLINT_RUN'])")
    options = ["-q", "--exact", "--output-format", "json", "--output-file", "out/report.json"]
    done = looplint(*options, "names.py", cwd=folder, TMPDIR=str(folder))
    (finding,) = json.loads((folder / "out" / "report.json").read_text())
    assert (finding["code"], finding["filename"], finding["location"]["row"]) == ("LL101", "train.py", FAULT)
    assert done.returncode == 0, "findings fail with --fail alone"
    assert done.stderr.startswith("looplint: LL101"), "told as they occur, all the same"
    assert "seen" not in done.stderr, "and nothing at the end"
    assert Path(done.stdout.strip()).parent == folder
    assert not Path(done.stdout.strip()).exists()


def test_the_switch_turns_it_off(folder: Path) -> None:
    asks = "import os, sys\nprint(any('looplint' in str(one) for one in sys.meta_path), os.environ.get('LOOPLINT_RUN'))"
    (folder / "script.py").write_text(asks.replace("str(one)", "type(one).__module__"))
    done = looplint("--fail", "--report", "page.html", "script.py", cwd=folder, LOOPLINT_RUNTIME="off")
    assert (done.returncode, done.stdout) == (0, "False None\n")
    assert done.stderr.splitlines() == ["looplint: nothing is watched: LOOPLINT_RUNTIME=off"]
    assert not (folder / "page.html").exists()


def test_processes_of_multiprocessing_are_watched_and_others_do_not_notice(folder: Path) -> None:
    done = looplint("--output-format", "concise", "--fail", "spawn.py", cwd=folder)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == ["others see []", "a shell's Python joins: True", "isolated sees False"]
    lines = done.stderr.splitlines()
    assert [line.partition(": ")[2] for line in lines if LINE in line and "seen" not in line] == [LINE], "told once"
    assert sum(line.endswith(f" {WATCHED}") for line in lines) == 2
    assert "looplint: not judged: a child process: Python was started with -I" in lines
    (counted,) = [line for line in lines if line.startswith(LINE)]
    assert counted.count("ForkProcess-") == counted.count("SpawnProcess-") == 1


LEAVES = """\
import os, train

if os.fork() == 0:
    train.train(False)
    os._exit(0)
os.wait()
"""


@pytest.mark.parametrize("form", ["concise", "json"])
def test_what_is_known_of_a_process_that_leaves_no_report_counts(form: str, folder: Path) -> None:
    (folder / "leaves.py").write_text(LEAVES)
    done = looplint("--fail", "--output-format", form, "leaves.py", cwd=folder)
    assert done.returncode == 1
    if form == "json":
        assert [one["code"] for one in json.loads(done.stderr)] == ["LL101"]
        return
    assert done.stderr.splitlines()[1:] == [
        "looplint: not judged: anything: no optimizer of torch has stepped",
        "looplint: not judged: what a process did after it was last heard of: it was ended, and left no report",
        f"{LINE} (seen once)",
        "looplint: found 1 error in 1 file",
    ]


def test_a_script_may_close_standard_error(folder: Path) -> None:
    (folder / "closes.py").write_text("import sys, train\ntrain.train(False)\nsys.stderr.close()\n")
    done = looplint("--fail", "closes.py", cwd=folder)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_isolated_python_says_whom_it_cannot_watch(folder: Path) -> None:
    (folder / "script.py").touch()
    done = python("-I", "-m", "looplint", "run", "script.py", cwd=folder)
    assert done.stderr.splitlines() == [
        "looplint: not judged: anything: torch was not imported",
        "looplint: not judged: child processes: Python runs with -I, and hands that on to them",
        "looplint: found nothing in what was judged",
    ]


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "looplint", "run"],
        ["-m", "looplint", "run", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"],
    ],
    ids=["each rank", "the launcher"],
)
def test_ranks_name_themselves_and_one_reports_for_all(command: list[str], folder: Path) -> None:
    options = ["--output-format", "concise"]
    at = command.index("run") + 1
    if command[0:2] == ["-m", "torch.distributed.run"]:
        at = len(command)
    done = python(*command[:at], *options, *command[at:], "train.py", cwd=folder, TMPDIR=str(folder))
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if "looplint" in line or "LL" in line]
    assert lines[0] in (f"looplint (rank 0): {LINE}", f"looplint (rank 1): {LINE}")
    assert counts("\n".join(lines[1:])) == [
        f"looplint: rank 0 {WATCHED}",
        f"looplint: rank 1 {WATCHED}",
        f"{LINE} (seen N times, by rank 0, rank 1)",
        "looplint: found 1 error in 1 file",
    ]
    assert not list(folder.glob("looplint-*"))


def test_a_sitecustomize_that_was_there_runs_too(folder: Path) -> None:
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text("import builtins; builtins.mark = __name__, __file__\n")
    child = "import sys, builtins; print(mark, [one for one in sys.path if 'children' in one], 'torch' in sys.modules)"
    (folder / "script.py").write_text(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])\n")
    done = looplint("-q", "script.py", cwd=folder, PYTHONPATH=str(folder / "site"))
    expected = ("sitecustomize", str(folder / "site" / "sitecustomize.py"))
    assert done.stdout.splitlines() == [f"{expected} [] False"], done.stderr


def test_only_this_python_and_its_scripts_join_a_run() -> None:
    from looplint.runtime_check import processes

    assert processes.is_python(sys.executable, os.environ["PATH"])
    assert not processes.is_python("sh", os.environ["PATH"])
    assert not processes.is_python("nowhere", os.environ["PATH"])
    assert processes.options(["python", "-u", "-IB", "-m", "x", "-E"]) == ["-u", "-IB"]
    assert processes.shell_words("A=1 B='2 3' python -u 'my train.py' | tee log")[:3] == ["python", "-u", "my train.py"]
    variables = {"PYTHONPATH": "a:b"}
    processes.mark(variables, Path("folder"))
    processes.mark(variables, Path("folder"))
    assert variables == {"PYTHONPATH": f"{processes.CHILDREN}:a:b", "LOOPLINT_RUN": "folder"}
    processes.unmark(variables)
    assert variables == {"PYTHONPATH": "a:b"}
