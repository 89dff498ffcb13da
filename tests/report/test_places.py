"""Paths start from the root of the project, and places in notebooks are rows of the file where it can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from looplint.finding import Location
from looplint.report import github, gitlab, sarif
from looplint.report.places import ROOTS, Places, in_cell, root
from looplint.severity import Severity
from tests.cli.notebooks import code, notebook
from tests.report.findings import CODE, lines, no_lines, span


@pytest.fixture(autouse=True)
def outside_ci(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ROOTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ROOTS)
def test_the_root_is_what_the_ci_system_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "src").mkdir()
    monkeypatch.chdir("src")
    monkeypatch.setenv(name, str(tmp_path))
    assert Places(no_lines).path(span(1, 1, 2, file="train.py")) == "src/train.py"
    assert Places(no_lines).path(span(1, 1, 2, file="../eval.py")) == "eval.py"


def test_the_root_is_the_current_folder_where_a_ci_system_speaks_of_another(tmp_path: Path) -> None:
    here = str(tmp_path)
    assert root({}) == here
    assert root({ROOTS[0]: ""}) == here
    assert root({ROOTS[0]: f"{here}/other", ROOTS[1]: f"{here[:-1]}"}) == here
    assert root({ROOTS[0]: "/"}) == "/"


def test_a_file_elsewhere_keeps_its_absolute_path(tmp_path: Path) -> None:
    elsewhere = str(tmp_path.parent / "train.py")
    assert Places(no_lines).path(span(1, 1, 2, file="../train.py")) == elsewhere


def test_a_place_in_words() -> None:
    places = Places(no_lines)
    assert places.shown(span(4, 5, 21, file="./a\x1b.py")) == "a\\x1b.py:4:5"
    assert places.shown(span(4, 5, 21, file="a.ipynb", cell=3)) == "a.ipynb:cell 3:4:5"
    assert (in_cell(span(4, 5, 21)), in_cell(span(4, 5, 21, cell=3))) == ("", "cell 3, row 4")


def test_a_notebook_has_the_rows_of_its_file(tmp_path: Path) -> None:
    text = notebook(code(*CODE.splitlines()))
    (tmp_path / "a.ipynb").write_text(text)
    row = next(number for number, line in enumerate(text.split("\n"), 1) if "optimizer.step()" in line)
    column = text.split("\n")[row - 1].index("optimizer") + 1
    bounds = Places(lines).bounds(span(4, 5, 21, file="a.ipynb", cell=1))
    assert bounds == (Location(row, column), Location(row, column + len("optimizer.step()")))
    assert Places(lines).bounds(span(4, 5, 21, file="gone.ipynb", cell=1)) is None
    assert Places(lines).bounds(span(4, 5, 21, file="a.py")) == (Location(4, 5), Location(4, 21))


@pytest.mark.parametrize("table", [github.COMMANDS, gitlab.SEVERITIES, sarif.LEVELS])
def test_every_severity_has_a_word_in_each_format(table: dict[Severity, str]) -> None:
    assert set(table) == set(Severity)
