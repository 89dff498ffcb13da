"""Comments in the code and the configuration decide which findings of a run are told, as they do for `check`."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed")

from looplint.runtime_check import watch

from tests.runtime_check.running import FAULT, TRAIN, looplint

STEP = "optimizer.step()\n"


def silenced(comment: str) -> str:
    return TRAIN.replace(STEP, f"optimizer.step()  {comment}\n")


COMMENTS = {
    "noqa": ("# noqa", True),
    "a code": ("# noqa: LL101", True),
    "a code among others": ("# noqa: E501, LL101", True),
    "ours": ("# looplint: ignore[missing-zero-grad]", True),
    "another code": ("# noqa: LL102", False),
    "another linter": ("# noqa: E501", False),
    "prose": ("# no quality assurance", False),
}


@pytest.mark.parametrize(("comment", "silent"), COMMENTS.values(), ids=COMMENTS)
@pytest.mark.parametrize("exact", [True, False], ids=["exact", "sampled"])
def test_comments_silence_a_watch(comment: str, silent: bool, exact: bool, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(silenced(comment))
    with watch(exact=exact, on_violation="collect") as watched:
        runpy.run_path(str(script))["train"](False)
    assert [(one.code, one.line) for one in watched.findings] == ([] if silent else [("LL101", FAULT)])


def test_a_whole_file_is_silenced(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(f"# looplint: file-ignore[LL101]\n{TRAIN}")
    with watch(exact=True, on_violation="raise"):
        runpy.run_path(str(script))["train"](False)


def test_code_that_is_in_no_file_is_judged() -> None:
    space: dict[str, object] = {"__name__": "training"}
    exec(compile(silenced("# noqa"), "<somewhere>", "exec"), space)
    with watch(exact=True, on_violation="collect") as watched:
        space["train"](False)  # type: ignore[operator]
    assert [one.code for one in watched.findings] == ["LL101"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TRAIN)
    spawn = "import torch.multiprocessing as mp, train\nif __name__ == '__main__':\n    mp.spawn(train.train)\n"
    (tmp_path / "spawn.py").write_text(spawn)
    return tmp_path


CONFIGURED = {
    "by option": (["--ignore", "LL101"], ""),
    "by option, another selected": (["--select", "LL2"], ""),
    "by configuration": ([], 'ignore = ["LL1"]'),
    "for the file": ([], 'per-file-ignores = {"train.py" = ["missing-zero-grad"]}'),
    "in tests": ([], 'test-files = ["train.py"]\ntest-ignore = ["LL101"]'),
}


@pytest.mark.parametrize(("options", "table"), CONFIGURED.values(), ids=CONFIGURED)
def test_a_rule_that_is_off_is_not_told(options: list[str], table: str, folder: Path) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.looplint]\n{table}\n")
    done = looplint("--fail", "--report", "page.html", *options, "train.py", cwd=folder)
    assert (done.returncode, "LL101" in done.stderr) == (0, False)
    assert done.stderr.endswith("looplint: all checks passed\n")
    assert "LL101" not in (folder / "page.html").read_text()


def test_configuration_can_be_left_aside(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.looplint]\nignore = ["LL101"]\noutput-format = "json"\n')
    done = looplint("--fail", "--isolated", "-q", "train.py", cwd=folder)
    assert done.returncode == 1
    done = looplint("--fail", "--extend-select", "LL101", "train.py", cwd=folder)
    assert done.returncode == 1
    assert [one["code"] for one in json.loads(done.stderr.partition("trained\n")[2])] == ["LL101"]


def test_processes_of_a_run_go_by_its_configuration(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.looplint]\nper-file-ignores = {"train.py" = ["LL101"]}\n')
    done = looplint("--fail", "spawn.py", cwd=folder)
    assert (done.returncode, "LL101" in done.stderr) == (0, False)
    done = looplint("--fail", "--isolated", "spawn.py", cwd=folder)
    assert (done.returncode, "LL101" in done.stderr) == (1, True)


@pytest.mark.parametrize("script", ["train.py", "spawn.py"])
def test_what_is_no_error_is_told_and_does_not_fail(folder: Path, script: str) -> None:
    (folder / "looplint.toml").write_text('severity = { LL101 = "warning" }\n')
    done = looplint("--fail", script, cwd=folder)
    assert (done.returncode, done.stderr.count("warning: LL101")) == (0, 2)
    assert done.stderr.endswith("looplint: found 1 warning in 1 file\n")
    (folder / "looplint.toml").write_text('fail-on = "warning"\nseverity = { LL101 = "warning" }\n')
    assert looplint("--fail", script, cwd=folder).returncode == 1


@pytest.mark.parametrize(
    ("options", "table", "message"),
    [
        (["--select", "LL9"], "", "error: --select: unknown rule `LL9`\n"),
        ([], 'ignore = ["LL9"]', "error: pyproject.toml: `ignore`: unknown rule `LL9`\n"),
        ([], "select = 1", "error: pyproject.toml: `select` must be a list of strings, not a number\n"),
        (["--output-format", "xml"], "", "error: --output-format must be one of "),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(options: list[str], table: str, message: str, folder: Path) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.looplint]\n{table}\n")
    done = looplint(*options, "train.py", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
