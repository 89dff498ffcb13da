"""What pyproject.toml and constraints.txt say agrees, with each other and with what the tests run on."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version

import pytest

from tests.tools import ROOT, all_pythons, branch_coverage, oldest_torch

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS = re.findall(r"^([\w.-]+)==(\S+)(?: ; (.+))?$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", one)[0] for one in requirements}


def test_every_line_of_the_constraints_is_an_exact_version() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert len([line for line in lines if line and not line.startswith("#")]) == len(PINS)


def test_everything_required_is_pinned() -> None:
    extras = [one for extra in PROJECT["optional-dependencies"].values() for one in extra]
    assert names(PROJECT["dependencies"] + extras) <= {name for name, _, _ in PINS}


def test_the_classifiers_name_the_pythons_of_the_tests() -> None:
    found = re.findall(r"^Programming Language :: Python :: (3\.\d+)$", "\n".join(PROJECT["classifiers"]), re.MULTILINE)
    assert tuple(found) == all_pythons.VERSIONS
    assert PROJECT["requires-python"] == f">={found[0]}"


def test_the_floor_of_torch_is_the_version_of_its_own_tests() -> None:
    assert PROJECT["optional-dependencies"]["runtime"] == [f"torch>={oldest_torch.oldest()}"]


def test_the_tests_of_the_oldest_torch_are_there() -> None:
    assert all((ROOT / one).is_dir() for one in oldest_torch.TESTS)


def test_the_tests_run_on_the_torch_that_is_pinned() -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    found = version("torch").partition("+")[0]
    assert found == oldest_torch.oldest() or ("torch", found, "") in PINS


@pytest.mark.parametrize(("taken", "status"), [(95, 0), (94, 1)])
def test_too_few_branches_are_told(
    taken: int, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def summary(covered: int) -> dict[str, dict[str, int]]:
        return {"summary": {"covered_branches": covered, "num_branches": 100}}

    report = {"files": {"looplint/a.py": summary(100), "rules/b.py": summary(taken), "tests/c.py": summary(0)}}
    assert branch_coverage.shares(report) == {"looplint": (100, 100), "rules": (taken, 100)}
    monkeypatch.setattr(branch_coverage, "measured", lambda: report)
    assert branch_coverage.main(95) == status
    assert f"rules: {taken} of 100 branches taken" in capsys.readouterr().out
