"""JUnit's XML, which an independent reader of it reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from junitparser import Failure, JUnitXml

from looplint.finding import Finding
from looplint.report import full, junit
from looplint.report.terminal import clean
from tests.cli.notebooks import code, notebook
from tests.report.findings import CODE, FINDINGS, lines, missing_zero_grad, no_lines


def read(text: str) -> tuple[Any, list[Any]]:
    """The only suite of a report, and its tests."""
    report = JUnitXml.fromstring(text.encode())
    (suite,) = report
    assert (report.tests, report.failures, report.errors) == (suite.tests, suite.failures, suite.errors)
    return suite, list(suite)


def test_a_failed_test() -> None:
    suite, (test,) = read(junit.render([missing_zero_grad("src/train.py")], lines, True))
    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == ("looplint", 1, 1, 0, 0)
    assert (test.classname, test.name) == ("src.train", "LL101 missing-zero-grad")
    assert (test._elem.get("file"), test._elem.get("line")) == ("src/train.py", "4")
    (failure,) = test.result
    assert isinstance(failure, Failure)
    assert (failure.type, failure.message) == ("error", "src/train.py:4:5: `optimizer.step()` is wrong")
    assert failure.text == full.render([missing_zero_grad("src/train.py")], lines, False)


def test_a_run_that_finds_nothing_has_one_test_that_passes() -> None:
    suite, (test,) = read(junit.render([], no_lines, False))
    assert (suite.tests, suite.failures, test.name, test.is_passed) == (1, 0, "no findings", True)


def test_no_two_tests_have_the_same_name() -> None:
    twice = [missing_zero_grad(), missing_zero_grad(row=6), missing_zero_grad("train.ipynb", cell=1)]
    _, tests = read(junit.render(twice, lines, False))
    assert [(test.classname, test.name) for test in tests] == [
        ("train", "LL101 missing-zero-grad"),
        ("train", "LL101 missing-zero-grad (2)"),
        ("train.ipynb", "LL101 missing-zero-grad"),
    ]


def test_a_notebook_is_placed_by_the_row_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = notebook(code(*CODE.splitlines()))
    Path("a.ipynb").write_text(text)
    found = [missing_zero_grad("a.ipynb", cell=1), missing_zero_grad("gone.ipynb", cell=1)]
    _, (here, gone) = read(junit.render(found, lines, False))
    assert "optimizer.step()" in text.split("\n")[int(here._elem.get("line")) - 1]
    assert gone._elem.get("line") is None
    assert here.result[0].message.startswith("a.ipynb:cell 1:4:5: ")


@given(findings=FINDINGS)
def test_any_text_gives_xml(findings: Sequence[Finding]) -> None:
    text = junit.render(findings, no_lines, True)
    assert text.isascii()
    suites = ElementTree.fromstring(text)
    tests = suites.findall("testsuite/testcase")
    names = {(test.get("classname"), test.get("name")) for test in tests}
    assert len(names) == len(tests) == max(len(findings), 1) == int(suites.get("tests", ""))
    messages = [failure.get("message", "") for failure in suites.iter("failure")]
    assert len(messages) == len(findings)
    assert all(told.endswith(clean(one.message)) for told, one in zip(messages, findings, strict=True))
