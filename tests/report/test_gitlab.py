"""GitLab's Code Quality report."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from looplint.finding import Finding
from looplint.report import gitlab
from looplint.report.terminal import clean
from tests.cli.notebooks import code, notebook
from tests.report.findings import CODE, FINDINGS, lines, missing_zero_grad, no_lines


def written(*findings: Finding) -> Any:
    return json.loads(gitlab.render(findings, lines, False))


def test_an_issue() -> None:
    (issue,) = written(missing_zero_grad())
    assert re.fullmatch("[0-9a-f]{32}", issue.pop("fingerprint"))
    assert issue == {
        "description": "`optimizer.step()` is wrong",
        "check_name": "LL101 missing-zero-grad",
        "severity": "major",
        "location": {"path": "train.py", "lines": {"begin": 4, "end": 4}},
    }


def test_nothing_is_an_empty_list() -> None:
    assert gitlab.render([], no_lines, False) == "[]\n"


def test_the_fingerprint_stays_where_lines_move() -> None:
    moved = ["import os", "", *CODE.splitlines()]
    after = json.loads(gitlab.render([missing_zero_grad(row=6)], lambda _: moved, False))
    assert after[0]["location"]["lines"]["begin"] == 6
    assert after[0]["fingerprint"] == written(missing_zero_grad())[0]["fingerprint"]


def test_a_notebook_says_which_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    text = notebook(code(*CODE.splitlines()))
    Path("a.ipynb").write_text(text)
    (issue,) = written(missing_zero_grad("a.ipynb", cell=1))
    assert issue["description"] == "cell 1, row 4: `optimizer.step()` is wrong"
    assert "optimizer.step()" in text.split("\n")[issue["location"]["lines"]["begin"] - 1]
    (issue,) = written(missing_zero_grad("gone.ipynb", cell=1))
    assert issue["location"] == {"path": "gone.ipynb", "lines": {"begin": 1, "end": 1}}


@given(findings=FINDINGS)
def test_any_text_gives_a_report(findings: Sequence[Finding]) -> None:
    text = gitlab.render(findings, no_lines, True)
    assert text.isascii()
    found = json.loads(text)
    assert len({issue["fingerprint"] for issue in found}) == len(findings)
    for issue, finding in zip(found, findings, strict=True):
        assert issue["description"].endswith(clean(finding.message))
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert 1 <= issue["location"]["lines"]["begin"] <= issue["location"]["lines"]["end"]
        issue["location"]["path"].encode()
