"""What no file of the checkout may hold, and what pyproject.toml has to say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tools import ROOT, project

# Joined from pieces, so that this file is no offender itself.
MACHINE = re.compile(r"(?<![\w.~$})>])/(?:home|root|Users|work)" + r"/[\w.]|\b[A-Z]:\\Users")
REGISTRY = re.compile(
    "|".join(
        [
            "--(?:extra-)?" + "index-url",
            "--find-" + "links",
            r"https?://[\w.-]*(?:pypi|pythonhosted|nexus|artifactory|jfrog)",
        ]
    )
)
IGNORE = re.compile(r"""^\s*"[A-Z]+\d*",?\s*(#.*)?$""")


def offences(text: str) -> list[str]:
    """Return the lines that name a path of somebody's machine, or a package registry."""
    return [
        f"{number}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE.search(line) or REGISTRY.search(line)
    ]


def bare_ignores(text: str) -> list[str]:
    """Return the lints that a pyproject.toml ignores without a reason beside them."""
    lists = re.findall(r"^(?:extend-)?ignore *= *\[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    for table in re.findall(r"^\[tool\.ruff\.lint\.(?:extend-)?per-file-ignores\]\n(.*?)(?=^\[|\Z)", text, re.M | re.S):
        lists += re.findall(r"= *\[(.*?)\]", table, re.DOTALL)
    return [
        entry.strip()
        for content in lists
        for entry in content.splitlines()
        if entry.strip() and not ((match := IGNORE.match(entry)) and match[1] and len(match[1]) > 10)
    ]


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = {str(path.relative_to(ROOT)): offences(path.read_text(encoding="utf-8")) for path in project.sources()}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "ROOT = '/" + "home/ann/looplint'",
        "see /" + "root/.venv",
        "cd /" + "Users/ann",
        r"C:" + r"\Users\ann",
        "pip install --extra-" + "index-url somewhere torch",
        "https://" + "pypi.example.org/simple",
    ],
)
def test_a_machine_or_a_registry_is_found(line: str) -> None:
    assert offences("fine\n" + line) == ["2: " + line]


@pytest.mark.parametrize("line", ["#!/usr/bin/env bash", "looplint/report/text.py", "exec </dev/null", "$HOME/work/x"])
def test_other_paths_are_let_pass(line: str) -> None:
    assert offences(line) == []


def test_every_ignored_lint_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert "per-file-ignores" in text
    assert bare_ignores(text) == []


@pytest.mark.parametrize(
    "text",
    [
        'ignore = ["E501"]',
        'ignore = [\n    "E501",\n]',
        'ignore = [\n    "E501", # no\n]',
        'extend-ignore = [\n    "E501", # lines may be long in this project\n    "B018",\n]',
        '[tool.ruff.lint.per-file-ignores]\n"a.py" = ["B018"]',
        '[tool.ruff.lint.per-file-ignores]\n"a.py" = [\n    "B018",\n]\n[tool.other]',
    ],
)
def test_an_ignored_lint_without_a_reason_is_found(text: str) -> None:
    assert bare_ignores(text) != []


def test_every_package_is_listed() -> None:
    found = {name if path.name == "__init__.py" else name.rpartition(".")[0] for name, path in project.modules()}
    text = (ROOT / "pyproject.toml").read_text()
    listed = re.search(r"^packages = \[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    assert listed
    assert set(re.findall(r'"([\w.]+)"', listed[1])) == found


def test_every_package_has_an_init() -> None:
    folders = {path.parent for _, path in project.modules()}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_what_runs_is_executable() -> None:
    assert Path(ROOT / ".ci" / "run").stat().st_mode & 0o111
