"""The action for GitHub: its own steps are run as the runner runs them, those of others are only looked at."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import looplint
from tests.ci.index import need_index
from tests.ci.loops import BAD, GOOD
from tests.tools import ROOT, all_pythons, project

ACTION = ROOT / "action.yml"
CONTENT = yaml.safe_load(ACTION.read_text())
STEPS = CONTENT["runs"]["steps"]
DEFAULTS = {name: one["default"] for name, one in CONTENT["inputs"].items()}
EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")
CONDITION = re.compile(r"inputs\.([\w-]+) == '(.*)'")

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


@dataclass
class Job:
    """A job in which the action runs.

    Attributes:
        folder: what has been checked out.
        temporary: the runner's folder for temporary files.
        action: where the action is.
        outputs: of the steps, by their ids.
        log: what the steps have printed.
        used: the actions of others that would have run, with what they are given.
    """

    folder: Path
    temporary: Path
    action: Path
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    log: str = ""
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def run(self, **given: str) -> int:
        """Run the steps that have not run yet with some inputs, and return the status of the one that ended the job."""
        inputs = DEFAULTS | {name.replace("_", "-"): value for name, value in given.items()}
        steps = (step for step in STEPS if step.get("id") not in self.outputs)
        return next((status for step in steps if (status := self.step(step, inputs))), 0)

    def step(self, step: dict[str, Any], inputs: dict[str, str]) -> int:
        """Run one step, and return its status."""
        if "if" in step:
            condition = CONDITION.fullmatch(step["if"])
            assert condition, step["if"]
            if inputs[condition[1]] != condition[2]:
                return 0
        if "uses" not in step:
            return self._shell(step, inputs)
        values = {name: self._value(value, inputs) for name, value in step["with"].items()}
        self.used.append((step["uses"], values))
        if step["uses"].startswith("actions/setup-python@"):
            self.outputs[step["id"]] = {"python-path": sys.executable}
        return 0

    def _value(self, text: str, inputs: dict[str, str]) -> str:
        known = {f"inputs.{name}": value for name, value in inputs.items()} | {"runner.temp": str(self.temporary)}
        for step, outputs in self.outputs.items():
            known |= {f"steps.{step}.outputs.{name}": value for name, value in outputs.items()}
        return EXPRESSION.sub(lambda found: known[found[1]], text)

    def _shell(self, step: dict[str, Any], inputs: dict[str, str]) -> int:
        assert step["shell"] == "bash"
        script, output = self.temporary / "step.sh", self.temporary / "output"
        script.write_text(step["run"])
        output.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self.folder / self._value(step.get("working-directory", "."), inputs),
            env={
                **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")},
                **{name: self._value(value, inputs) for name, value in step.get("env", {}).items()},
                "GITHUB_ACTION_PATH": str(self.action),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_WORKSPACE": str(self.folder),
                "RUNNER_TEMP": str(self.temporary),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.log += done.stdout + done.stderr
        if "id" in step:
            lines = output.read_text().splitlines()
            self.outputs[step["id"]] = {name: value for name, _, value in (line.partition("=") for line in lines)}
        return done.returncode

    def report(self) -> Any:
        """The results in the report for code scanning."""
        return json.loads((self.temporary / "looplint.sarif").read_text())["runs"][0]["results"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A job after the first two steps, which install looplint from a copy of this checkout."""
    need_index(tmp_path_factory.mktemp("probe"))
    action = project.copy(tmp_path_factory.mktemp("action") / "looplint")
    job = Job(tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("runner"), action)
    assert [job.step(step, DEFAULTS) for step in STEPS[:2]] == [0, 0], job.log
    return job


@pytest.fixture
def job(tmp_path: Path, installed: Job) -> Job:
    (installed.temporary / "looplint.sarif").unlink(missing_ok=True)
    return replace(installed, folder=tmp_path, outputs=dict(installed.outputs), used=[], log="")


@needs_bash
def test_looplint_is_installed_from_the_action_with_a_python_that_no_other_step_gets(installed: Job) -> None:
    ((uses, given),) = installed.used
    assert uses.startswith("actions/setup-python@")
    assert given == {"python-version": DEFAULTS["python-version"], "update-environment": "false"}
    program = Path(installed.outputs["install"]["program"])
    assert program.is_relative_to(installed.temporary)
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.split() == ["looplint", looplint.__version__]


@needs_bash
def test_what_is_found_is_uploaded_before_the_job_fails(job: Job) -> None:
    (job.folder / "src").mkdir()
    (job.folder / "src" / "train.py").write_text(BAD)
    assert job.run(working_directory="src") == 1
    assert "--> train.py:6:5" in job.log
    (result,) = job.report()
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "src/train.py"
    ((uses, given),) = job.used
    assert uses.startswith("github/codeql-action/upload-sarif@")
    assert given == {"sarif_file": str(job.temporary / "looplint.sarif"), "category": "looplint"}


@needs_bash
def test_nothing_found_is_uploaded_too_as_it_closes_alerts(job: Job) -> None:
    (job.folder / "train.py").write_text(GOOD)
    assert job.run() == 0
    assert "All checks passed!" in job.log
    assert job.report() == []
    assert len(job.used) == 1


@needs_bash
def test_without_code_scanning_there_are_annotations(job: Job) -> None:
    (job.folder / "train.py").write_text(BAD)
    assert job.run(upload_sarif="false") == 1
    assert job.log.startswith("::error title=LL101 missing-zero-grad,file=train.py,line=6,")
    assert not (job.temporary / "looplint.sarif").exists()
    assert job.used == []


@needs_bash
def test_what_looplint_cannot_do_ends_the_job_at_once(job: Job) -> None:
    assert job.run(args="--select LL999") == 2
    assert "unknown rule `LL999`" in job.log
    assert "status" not in job.outputs["check"]
    assert job.used == []


@needs_bash
def test_paths_and_arguments_are_no_code_and_no_patterns(job: Job) -> None:
    for name in ("a b.py", "-c.py", "$(touch d).py", "e.py", "*.py"):
        (job.folder / name).write_text(BAD)
    paths = ["a b.py", "-c.py", "$(touch d).py", "*.py"]
    assert job.run(paths="\n".join(paths) + "\n", args="--isolated  --select LL1", upload_sarif="false") == 1
    assert "e.py" not in job.log
    assert [job.log.count(f"file={name},") for name in paths] == [1, 1, 1, 1]
    assert not (job.folder / "d").exists()


def test_the_action_has_the_form_of_one() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", ACTION]
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def zizmor(path: Path, persona: str = "auditor") -> subprocess.CompletedProcess[str]:
    """Look for what is unsafe in an action or a workflow, without the network."""
    program = shutil.which("zizmor", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if program is None:
        pytest.skip("zizmor is not installed")
    command = [program, "--offline", "--no-config", "--persona", persona, path]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_action_is_safe() -> None:
    done = zizmor(ACTION)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("old", "new", "audit"),
    [
        ('exit "$STATUS"', 'exit "${{ inputs.args }}"', "template-injection"),
        ("upload-sarif@8aad20d150bbac5944a9f9d289da16a4b0d87c1e", "upload-sarif@v4", "unpinned-uses"),
    ],
)
def test_an_unsafe_action_is_found(old: str, new: str, audit: str, tmp_path: Path) -> None:
    assert old in ACTION.read_text()
    (tmp_path / "action.yml").write_text(ACTION.read_text().replace(old, new))
    done = zizmor(tmp_path / "action.yml")
    assert done.returncode != 0
    assert audit in done.stdout


def test_the_python_of_the_action_is_one_that_is_tested() -> None:
    assert DEFAULTS["python-version"] in all_pythons.VERSIONS
