"""The file that `make rule` writes: a whole rule once what is marked TODO is filled in."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from looplint import scaffold
from tests.tools import ROOT, project

BAD = """\
for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()  # error"""
GOOD = """\
for x, y in loader:
        loss_fn(model(x), y)"""

FILLED_IN = {
    "TODO: what the rule finds, in a line.": "Optimizers that step.",
    'TODO: a sentence that begins with "Finds".': "Finds an optimizer that steps in a loop.",
    "## Why is this bad?\n    TODO": "## Why is this bad?\n    It is no worse than it looks.",
    "TODO: mark the line that is reported with `# error`": BAD,
    "## Good\n    ```python\n    TODO": f"## Good\n    ```python\n    {GOOD}",
    "wrong = False  # TODO: when does what is shown break the contract?": "wrong = step.loop is not None",
    "TODO: what happens": "is there",
    "TODO: what to write instead": "take it away",
}
"""What an author writes for each TODO."""

PAGE_TESTS = ("tests/conventions/test_pages.py", "tests/conventions/test_messages.py", "tests/rules/test_pages.py")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A plain copy of what is installed, with the tests of the pages beside it."""
    folder = project.plain(tmp_path / "site")
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def make(folder: Path, code: str, name: str) -> subprocess.CompletedProcess[str]:
    """Run the scaffold as `make rule` does, in the folder that holds `rules/`."""
    return subprocess.run(
        [sys.executable, "-m", "looplint.scaffold", code, name], cwd=folder, capture_output=True, text=True, check=False
    )


def run_tests(site: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run those tests of the copy that are about the new rule."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "stepping-optimizer", *tests],
        cwd=site,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_rule_passes_once_it_is_filled_in(site: Path) -> None:
    made = make(site / "looplint", "LL999", "stepping-optimizer")
    assert made.returncode == 0, made.stderr
    path = site / "looplint" / "rules" / "stepping_optimizer.py"
    assert str(path.relative_to(site / "looplint")) in made.stdout

    empty = run_tests(site, PAGE_TESTS[0])
    assert empty.returncode == 1, empty.stdout
    assert "is not filled in: a TODO stands" in empty.stdout

    text = path.read_text()
    for blank, answer in FILLED_IN.items():
        assert text.count(blank) == 1, blank
        text = text.replace(blank, answer)
    assert "TODO" not in text
    path.write_text(text)
    full = run_tests(site, *PAGE_TESTS)
    assert full.returncode == 0, full.stdout
    assert " passed" in full.stdout


def test_the_unfilled_rule_is_a_module_that_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    path = scaffold.scaffold("LL999", "stepping-optimizer", tmp_path)
    assert path == tmp_path / "stepping_optimizer.py"
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    assert [function.name for function in functions] == ["stepping_optimizer"]
    environment: dict[str, object] = {}
    exec(compile(path.read_text(), path, "exec"), environment)
    check = environment["stepping_optimizer"]
    assert callable(check)
    assert list(check(None)) == []


@pytest.mark.parametrize(
    ("code", "name", "why"),
    [
        ("LL1", "stepping-optimizer", "is not a code"),
        ("LL1000", "stepping-optimizer", "is not a code"),
        ("ll999", "stepping-optimizer", "is not a code"),
        ("LL004", "stepping-optimizer", "LL0xx are about files"),
        ("", "stepping-optimizer", "is not a code"),
        ("LL999", "stepping", "is not a name"),
        ("LL999", "Stepping-Optimizer", "is not a name"),
        ("LL999", "stepping_optimizer", "is not a name"),
        ("LL999", "stepping-", "is not a name"),
        ("LL999", "../stepping-optimizer", "is not a name"),
        ("LL999", "missing-zero-grad", "is taken by"),
        ("LL101", "stepping-optimizer", "is taken by"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(code: str, name: str, why: str) -> None:
    before = sorted((ROOT / "rules").iterdir())
    with pytest.raises(scaffold.CannotScaffold, match=why):
        scaffold.scaffold(code, name, ROOT / "rules")
    assert sorted((ROOT / "rules").iterdir()) == before


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(scaffold.CannotScaffold, match="go to the root of a checkout"):
        scaffold.scaffold("LL999", "stepping-optimizer", tmp_path / "rules")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "usage: make rule"), (["", ""], "usage: make rule"), (["LL1", "stepping-optimizer"], "is not a code")],
)
def test_a_wrong_command_line_is_told(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert scaffold.main(arguments) == 2
    assert words in capsys.readouterr().err


def test_a_right_command_line_writes_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    assert scaffold.main(["LL999", "stepping-optimizer"]) == 0
    assert (tmp_path / "rules" / "stepping_optimizer.py").is_file()
    assert "rules/stepping_optimizer.py: fill in" in capsys.readouterr().out
