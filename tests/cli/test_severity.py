"""What findings weigh: who says so, how they are shown, and what it means for the exit status."""

from __future__ import annotations

import json

import pytest

from looplint.registry import every_rule
from looplint.report import tally
from looplint.selection import UnknownRule, by_code
from looplint.settings import Policy, Settings
from looplint.severity import Severity
from tests.cli.fake import LOOP, Outcome, Run, Tree
from tests.cli.test_identity import at

BOTH = f"{LOOP}    step.missing  # LL105\n"
FOUND = "a.py:3:5: {}LL101 missing-zero-grad: `optimizer.step()` is wrong\n"
OTHER = "a.py:4:5: {}LL105 missing-step: `step.missing` is wrong\n"


def concise(run: Run, *args: str) -> Outcome:
    return run("check", "--output-format", "concise", "a.py", *args)


def test_the_most_specific_selector_counts() -> None:
    table = [("LL101", 1), ("ALL", 2), ("missing-step", 3), ("LL1", 4), ("missing-zero-grad", 5)]
    found = by_code(table, every_rule(), "{}")
    assert {code: found[code] for code in ("LL001", "LL101", "LL104", "LL105")} == {
        "LL001": 2,
        "LL101": 5,
        "LL104": 4,
        "LL105": 3,
    }


def test_an_unknown_rule_is_named_with_its_place() -> None:
    with pytest.raises(UnknownRule, match=r"x\.toml: `severity\.LL1O1`: unknown rule `LL1O1`"):
        Policy(Settings(severity=(("LL1O1", Severity.INFO),), where="x.toml"))


@pytest.mark.parametrize("level", [one.value for one in Severity])
def test_what_is_no_error_says_so_and_does_not_fail(tree: Tree, run: Run, level: str) -> None:
    tree({"a.py": LOOP, "looplint.toml": f"severity = {{ 'LL1' = '{level}' }}"})
    shown = "" if level == "error" else f"{level}: "
    summary = f"Found 1 {level} in 1 file.\n"
    assert concise(run) == Outcome(int(level == "error"), FOUND.format(shown) + summary, "")
    assert run("check", "a.py").out.startswith(f"{shown}LL101 missing-zero-grad: ")
    assert [one["severity"] for one in json.loads(run("check", "--output-format", "json").out)] == [level]


def test_one_error_among_others_fails(tree: Tree, run: Run) -> None:
    tree({"a.py": BOTH, "looplint.toml": "severity = { 'LL105' = 'warning' }"})
    summary = "Found 1 error and 1 warning in 1 file.\n"
    assert concise(run) == Outcome(1, FOUND.format("") + OTHER.format("warning: ") + summary, "")
    assert concise(run, "--exit-zero").status == 0


@pytest.mark.parametrize(
    ("level", "fails_on"), [("error", []), ("warning", ["warning"]), ("info", ["warning", "info"])]
)
def test_from_which_severity_on_a_run_fails(tree: Tree, run: Run, level: str, fails_on: list[str]) -> None:
    tree({"a.py": LOOP, "looplint.toml": f"fail-on = '{level}'\n[severity]\nLL1 = 'warning'"})
    assert concise(run).status == int("warning" in fails_on)
    assert concise(run, "--fail-on", "error").status == 0
    assert concise(run, "--fail-on", "info").status == 1


def test_fail_on_has_to_be_a_severity(run: Run) -> None:
    assert run("check", "--fail-on", "never").status == 2


def test_what_is_wrong_with_a_file_weighs_too(tree: Tree, run: Run) -> None:
    tree({"a.py": "optimizer.step(\n", "looplint.toml": "severity = { 'LL0' = 'info' }"})
    assert [(one["code"], one["severity"]) for one in json.loads(run("check", "--output-format", "json").out)] == [
        ("LL001", "info")
    ]
    assert run("check", "missing.py").status == 0


def test_each_severity_is_counted() -> None:
    levels = (*Severity, Severity.INFO)
    findings = [at(row) for row in range(1, 5)]
    assert tally([Policy(weights(level)).weighed(one) for one, level in zip(findings, levels, strict=True)]) == (
        "1 error, 1 warning and 2 infos in 1 file"
    )


def weights(level: Severity) -> Settings:
    return Settings(severity=(("ALL", level),))
