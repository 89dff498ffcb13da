"""Workflow commands of GitHub Actions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from looplint.finding import Finding
from looplint.report import github
from looplint.report.terminal import clean
from looplint.severity import Severity
from tests.cli.notebooks import code, notebook
from tests.report.findings import CODE, FINDINGS, lines, missing_zero_grad, no_lines, span

COMMAND = re.compile(r"::(?P<command>[a-z]+) (?P<properties>[^:]*)::(?P<message>.*)")


def unescaped(text: str) -> str:
    """What GitHub reads of an escaped text."""
    for escape, char in {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}.items():
        text = text.replace(escape, char)
    return text


def parsed(text: str) -> list[tuple[str, dict[str, str], list[str]]]:
    """The command, the properties and the lines of the message of each line."""
    found = []
    for line in text.removesuffix("\n").split("\n") if text else []:
        match = COMMAND.fullmatch(line)
        assert match, line
        pairs = (pair.partition("=")[::2] for pair in match["properties"].split(","))
        properties = {name: unescaped(value) for name, value in pairs}
        found.append((match["command"], properties, unescaped(match["message"]).split("\n")))
    return found


def test_an_annotation() -> None:
    assert github.render([missing_zero_grad()], lines, True) == (
        "::error title=LL101 missing-zero-grad,file=train.py,line=4,endLine=4,col=5,endColumn=20"
        "::`optimizer.step()` is wrong%0Atrain.py:4:5: applied here%0Atrain.py:3:5: added to here"
        "%0Ahelp: write it right\n"
    )


def test_nothing_is_printed_of_nothing() -> None:
    assert github.render([], no_lines, False) == ""


def test_a_warning_without_more_to_say() -> None:
    one = Finding("LL003", "unused-suppression", "100 %: a, b", span(2, 1, 4, file="a,b:c.py", last=3))
    assert github.render([replace(one, severity=Severity.WARNING)], lines, False) == (
        "::warning title=LL003 unused-suppression,file=a%2Cb%3Ac.py,line=2,endLine=3::100 %25: a, b\n"
    )


def test_a_notebook_is_annotated_where_its_code_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    text = notebook(code(*CODE.splitlines()))
    Path("a.ipynb").write_text(text)
    ((_, properties, message),) = parsed(github.render([missing_zero_grad("a.ipynb", cell=1)], lines, False))
    assert properties["title"] == "LL101 missing-zero-grad (cell 1, row 4)"
    assert "optimizer.step()" in text.split("\n")[int(properties["line"]) - 1]
    assert message[1] == "a.ipynb:cell 1:4:5: applied here"
    Path("a.ipynb").unlink()
    ((_, properties, _),) = parsed(github.render([missing_zero_grad("a.ipynb", cell=1)], lines, False))
    assert set(properties) == {"title", "file"}


@given(findings=FINDINGS)
def test_nothing_escapes(findings: Sequence[Finding]) -> None:
    text = github.render(findings, no_lines, True)
    assert clean(text.replace("\n", "")) == text.replace("\n", "")
    found = parsed(text)
    assert len(found) == len(findings)
    for (command, properties, message), finding in zip(found, findings, strict=True):
        assert command == github.COMMANDS[finding.severity]
        assert properties["title"].startswith(f"{finding.code} some-rule")
        assert properties["file"].endswith(clean(Path(finding.filename).name))
        assert message[0] == clean(finding.message)
        assert len(message) == 1 + len(finding.related) + bool(finding.help)
