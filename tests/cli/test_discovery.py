"""Which files are found, and which are left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from looplint.discovery import Empty, Found, Skipped, discover
from looplint.gitignore import Patterns
from looplint.settings import Settings
from tests.cli.fake import Tree


def found(*names: str, exclude: tuple[str, ...] | None = None, force: bool = False) -> list[str]:
    """What is found, with marks for what is not: `(path: reason)`, and `(path)` for an empty directory."""
    patterns = Settings().excluded if exclude is None else (Patterns(str(Path.cwd()), exclude),)
    words = []
    for one in discover(names, patterns, force=force):
        if isinstance(one, Found):
            words.append(one.name)
        else:
            words.append(f"({one.name}: {one.reason})" if isinstance(one, Skipped) else f"({one.name})")
    return words


def test_a_directory_stands_for_its_python_files_and_notebooks_in_order(tree: Tree) -> None:
    tree({"b.py": "", "a.py": "", "a.txt": "", "d/c.py": "", "d/e/f.py": "", "n.ipynb": "", "c.pyi": ""})
    assert found(".") == ["a.py", "b.py", "n.ipynb", "d/c.py", "d/e/f.py"]
    assert found("d", "b.py") == ["d/c.py", "d/e/f.py", "b.py"]
    assert found("./d/") == ["d/c.py", "d/e/f.py"]


def test_notebooks_are_left_out_as_other_files(tree: Tree) -> None:
    tree({".gitignore": "draft*\n", "draft.ipynb": "", ".ipynb_checkpoints/a.ipynb": "", "x/a.ipynb": "", ".git/x": ""})
    assert found(".", exclude=("x/", ".git", ".ipynb_checkpoints")) == [
        "(.git: excluded)",
        "(.ipynb_checkpoints: excluded)",
        "(draft.ipynb: ignored by .gitignore)",
        "(x: excluded)",
        "(.)",
    ]
    assert "(.ipynb_checkpoints: excluded)" in found(".")


def test_an_absolute_directory_gives_absolute_names(tree: Tree, tmp_path: Path) -> None:
    tree({"d/c.py": ""})
    assert found(str(tmp_path / "d")) == [str(tmp_path / "d" / "c.py")]


def test_each_file_is_found_once(tree: Tree) -> None:
    tree({"d/a.py": "", "d/b.py": ""})
    assert found("d/b.py", "d", "./d/a.py") == ["d/b.py", "d/a.py"]


def test_a_named_file_is_taken_whatever_it_is_called(tree: Tree) -> None:
    tree({"script": "", "build/a.py": ""})
    assert found("script", "build/a.py", "missing.py") == ["script", "build/a.py", "missing.py"]


def test_a_directory_without_python_is_empty(tree: Tree) -> None:
    tree({"d/a.txt": "", "e/build/a.py": ""})
    assert found("d", "e") == ["(d)", "(e/build: excluded)", "(e)"]


@pytest.mark.parametrize(
    "name", [".git", ".venv", "venv", "node_modules", "build", "dist", "__pycache__", ".tox", ".nox"]
)
def test_the_usual_directories_are_left_out(tree: Tree, name: str) -> None:
    tree({f"{name}/a.py": "", f"d/{name}/a.py": "", "b.py": ""})
    assert sorted(found(".")) == sorted([f"({name}: excluded)", "b.py", f"(d/{name}: excluded)"])
    assert found(name) == [f"{name}/a.py"]


def test_forced_exclusion_holds_for_named_files_too(tree: Tree) -> None:
    tree({"d/a.py": "", "d/b.py": ""})
    assert found("d/a.py", "d", exclude=("d/",), force=True) == ["(d/a.py: excluded)", "(d: excluded)"]
    assert found("d/a.py", "d/b.py", exclude=("a.py",), force=True) == ["(d/a.py: excluded)", "d/b.py"]
    assert found("d/a.py", exclude=("a.py",)) == ["d/a.py"]


def test_standard_input_goes_by_its_name() -> None:
    assert list(discover(["-"], ())) == [Found("-", "-", str(Path.cwd() / "-"))]
    assert list(discover(["-"], (), "d/a.py")) == [Found("-", "d/a.py", str(Path.cwd() / "d/a.py"))]
    assert list(discover(["-"], [Patterns(str(Path.cwd()), ["d/"])], "d/a.py", force=True)) == [
        Skipped("d/a.py", "excluded")
    ]


def test_gitignore_is_respected_without_a_repository(tree: Tree) -> None:
    tree({".gitignore": "a.py\n", "a.py": "", "d/.gitignore": "!a.py\nb.py", "d/a.py": "", "d/b.py": ""})
    assert found(".") == ["(a.py: ignored by .gitignore)", "d/a.py", "(d/b.py: ignored by .gitignore)"]
    assert found("a.py") == ["a.py"]
    assert found("d") == ["d/a.py", "(d/b.py: ignored by .gitignore)"]


def test_gitignore_files_up_to_the_root_of_the_repository_count(tree: Tree) -> None:
    tree(
        {
            ".gitignore": "*.py",
            "r/.git/info/exclude": "x.py",
            "r/.gitignore": "\ufeffa.py\r\ngone/\r\n",
            "r/d/e/a.py": "",
            "r/d/e/b.py": "",
            "r/d/e/x.py": "",
            "r/d/gone/c.py": "",
        }
    )
    assert found("r/d") == [
        "(r/d/gone: ignored by .gitignore)",
        "(r/d/e/a.py: ignored by .gitignore)",
        "r/d/e/b.py",
        "(r/d/e/x.py: ignored by .gitignore)",
    ]


def test_a_repository_within_another_one_has_its_own_rules(tree: Tree) -> None:
    tree({".git/HEAD": "", ".gitignore": "a.py", "sub/.git": "gitdir: elsewhere", "sub/a.py": "", "a.py": ""})
    expected = ["(a.py: ignored by .gitignore)", "sub/a.py"]
    assert [one for one in found(".") if ".git:" not in one] == expected
    assert found("sub") == ["sub/a.py"]


def test_a_gitignore_that_is_a_directory_says_nothing(tree: Tree) -> None:
    tree({".gitignore/x": "", "a.py": ""})
    assert found(".") == ["a.py"]


def test_links_are_not_followed_into_directories(tree: Tree) -> None:
    tree({"d/a.py": ""})
    Path("d/loop").symlink_to("..", target_is_directory=True)
    Path("d/self.py").symlink_to("self.py")
    Path("d/dangling.py").symlink_to("nowhere.py")
    Path("d/link.py").symlink_to("a.py")
    assert found(".") == [
        "d/a.py",
        "(d/dangling.py: no regular file)",
        "d/link.py",
        "(d/self.py: no regular file)",
    ]


def test_a_pipe_in_a_directory_is_passed_over(tree: Tree) -> None:
    tree({"a.py": ""})
    os.mkfifo("pipe.py")
    assert found(".") == ["a.py", "(pipe.py: no regular file)"]


def test_a_directory_that_cannot_be_listed_is_left_to_the_reader(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree({"a.py": "", "d/b.py": ""})
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path == "d":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert found(".") == ["a.py", "d"]


def test_a_path_that_cannot_be_looked_at_is_left_to_the_reader() -> None:
    name = "x" * 5000
    assert list(discover([name], ())) == [Found(name, name, str(Path.cwd() / name))]


def test_an_entry_that_cannot_be_looked_at_is_no_file(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        name, path = "a.py", "./a.py"

        def is_dir(self, *, follow_symlinks: bool) -> bool:
            return follow_symlinks

        def is_file(self) -> bool:
            raise OSError(40, "Too many levels of symbolic links")

    tree({"a.py": ""})
    monkeypatch.setattr(os, "scandir", lambda _: [Entry()])
    assert found(".") == ["(a.py: no regular file)", "(.)"]


def test_an_empty_directory_is_reported_as_such(tmp_path: Path) -> None:
    assert list(discover([str(tmp_path)], ())) == [Empty(str(tmp_path))]
