"""Our reading of .gitignore files, against a table and against git itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from looplint.gitignore import Patterns, decide

TABLE = [
    ("", "a", False),
    ("# a", "# a", False),
    (r"\#a", "#a", True),
    (r"\!a", "!a", True),
    ("a ", "a", True),
    (r"a\ ", "a ", True),
    (r"a\\ ", "a\\", True),
    ("a\\", "a", False),
    ("a", "d/a", True),
    ("/a", "d/a", False),
    ("d/a", "d/a", True),
    ("d/a", "e/d/a", False),
    ("a/", "a", False),
    ("d/", "d/a", True),
    ("*.py", "d/a.py", True),
    ("d/*.py", "d/e/a.py", False),
    ("?.py", "a.py", True),
    ("**/a", "d/e/a", True),
    ("**/a", "a", True),
    ("d/**", "d/e/a", True),
    ("d/**", "d", False),
    ("d/**/a", "d/a", True),
    ("d/**/a", "d/e/f/a", True),
    ("d**a", "d/a", False),
    ("d**a", "dea", True),
    ("[ab]", "b", True),
    ("[!ab]", "b", False),
    ("[^ab]", "c", True),
    ("[a-c]", "b", True),
    ("[c-a]", "b", False),
    ("[]a]", "]", True),
    (r"[\]]", "]", True),
    ("[a-]", "-", True),
    ("[[:digit:]]", "7", True),
    ("[[:digits:]]", "7", False),
    ("[a", "[a", False),
    ("d[/]a", "d/a", False),
    ("d[!x]a", "d/a", False),
    ("!", "!", False),
    ("a.c", "abc", False),
    ("ä", "ä", True),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), TABLE)
def test_one_pattern(pattern: str, path: str, expected: bool) -> None:
    assert Patterns("/r", [pattern]).covers(f"/r/{path}") == expected


def test_the_last_pattern_that_fits_decides() -> None:
    patterns = Patterns("/r", ["*.py", "!keep.py"])
    assert (patterns.covers("/r/a.py"), patterns.covers("/r/keep.py")) == (True, False)


def test_what_lies_in_a_covered_directory_cannot_be_taken_out_again() -> None:
    assert Patterns("/r", ["d/", "!d/keep.py"]).covers("/r/d/keep.py")


def test_the_nearer_list_goes_first() -> None:
    stack = [Patterns("/r", ["*.py"]), Patterns("/r/d", ["!a.py"])]
    assert decide(stack, "/r/d/a.py", directory=False) is False
    assert decide(stack, "/r/d/b.py", directory=False) is True
    assert decide(stack, "/r/d/b.txt", directory=False) is False


def test_outside_the_base_only_names_count() -> None:
    patterns = Patterns("/r", ["tests/", "/x.py", "a/b.py"])
    assert patterns.covers("/other/tests/a.py")
    assert not patterns.covers("/other/x.py")
    assert not patterns.covers("/other/a/b.py")


def test_above_the_base_nothing_counts() -> None:
    assert not Patterns("/tests/r", ["tests/"]).covers("/tests/r/a.py")


FILES = [
    "a",
    "b.py",
    "d/a",
    "d/b.py",
    "d/e/a",
    "d/e/b.py",
    "e/a",
    "e/d/a",
    "ab/ba",
    "]",
    "a-b",
    "d/[a]",
    "#a",
    "!b",
    "a b",
]
PIECES = [
    "a",
    "b",
    "d",
    "e",
    "py",
    ".",
    "*",
    "**",
    "?",
    "/",
    "!",
    "#",
    "[",
    "]",
    "-",
    "^",
    "\\",
    " ",
    "[ab]",
    "[!a]",
    "[[:alpha:]]",
]
LINES = st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("git"):
        pytest.skip("there is no git to compare with")
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", root], check=True)
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(above=LINES, below=LINES)
def test_git_reads_the_same(repository: Path, above: list[str], below: list[str]) -> None:
    lists = {repository: above, repository / "d": below}
    for directory, lines in lists.items():
        (directory / ".gitignore").write_text("\n".join(lines))
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    asked = "".join(f"{name}\0" for name in FILES)
    command = ["git", "check-ignore", "--no-index", "--stdin", "-z"]
    answer = subprocess.run(
        command, cwd=repository, input=asked, capture_output=True, text=True, check=False, env=environment
    )
    stack = {directory: Patterns(str(directory), lines) for directory, lines in lists.items()}
    ours = [name for name in FILES if _ignored(repository, name, stack)]
    assert ours == answer.stdout.split("\0")[:-1]


def _ignored(root: Path, name: str, stack: dict[Path, Patterns]) -> bool:
    path = root / name
    for one in (*reversed(path.relative_to(root).parents[:-1]), path.relative_to(root)):
        whole = root / one
        known = [patterns for directory, patterns in stack.items() if directory in whole.parents]
        if decide(known, str(whole), directory=whole.is_dir()):
            return True
    return False
