"""The hooks, run by the real pre-commit in a repository of its own, with this checkout as the hook repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from looplint.cli import main
from tests.ci.index import need_index
from tests.ci.loops import BAD, GOOD
from tests.cli.notebooks import code, notebook
from tests.tools import ROOT
from tests.tools.repositories import called, commit_checkout, must

pytest.importorskip("pre_commit", reason="pre-commit is not installed")

MANIFEST = ROOT / ".pre-commit-hooks.yaml"


def hooks() -> dict[str, Any]:
    return {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text())}


def pre_commit(*arguments: str | Path) -> list[str | Path]:
    return [sys.executable, "-m", "pre_commit", *arguments]


@pytest.fixture(scope="module")
def hook_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the files of this checkout as they are now, committed."""
    folder = tmp_path_factory.mktemp("hooks")
    commit_checkout(folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environment of the hooks, which it makes with pip."""
    folder = tmp_path_factory.mktemp("home")
    need_index(folder / "probe")
    return folder


class Repository:
    """A user's repository, in which a hook is installed."""

    def __init__(self, folder: Path, hook_repository: Path, home: Path, hook: str) -> None:
        self.folder = folder
        self.home = home
        revision = must("git", "rev-parse", "HEAD", cwd=hook_repository).strip()
        repo = {"repo": str(hook_repository), "rev": revision, "hooks": [{"id": hook}]}
        (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [repo]}))
        must("git", "init", "--quiet", cwd=folder)
        must(*pre_commit("install"), cwd=folder, PRE_COMMIT_HOME=str(home))

    def commit(self, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Write files and commit everything there is."""
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)
        must("git", "add", "--all", cwd=self.folder)
        return called("git", "commit", "--message", "work", cwd=self.folder, PRE_COMMIT_HOME=str(self.home))

    def commits(self) -> int:
        return int(must("git", "rev-list", "--all", "--count", cwd=self.folder))


def test_the_manifest_is_one_to_pre_commit(tmp_path: Path) -> None:
    must(*pre_commit("validate-manifest", MANIFEST), cwd=ROOT)
    broken = tmp_path / "hooks.yaml"
    broken.write_text(MANIFEST.read_text().replace("language: python", "language: parseltongue", 1))
    assert called(*pre_commit("validate-manifest", broken), cwd=ROOT).returncode == 1


def test_the_hooks_are_what_their_names_say() -> None:
    assert list(hooks()) == ["looplint", "looplint-fix"]
    for name, hook in hooks().items():
        program, command, *options = hook["entry"].split()
        assert (program, command) == ("looplint", "check")
        assert ("--fix" in options) == (name == "looplint-fix")
        known = {option for one in main.commands["check"].params for option in one.opts}
        assert set(options) - known <= {"--fix"}
        assert hook["require_serial"], "calls are followed from file to file"
        assert set(hook["types_or"]) == {"python", "jupyter"}


def test_a_commit_with_a_mistake_is_refused_in_files_and_in_notebooks(
    tmp_path: Path, hook_repository: Path, home: Path
) -> None:
    repository = Repository(tmp_path, hook_repository, home, "looplint")
    bad = {"train.py": BAD, "train.ipynb": notebook(code(*BAD.splitlines()))}
    refused = repository.commit({**bad, "README.md": BAD})
    said = refused.stdout + refused.stderr
    assert (refused.returncode, repository.commits()) == (1, 0), said
    assert "--> train.py:6:5" in said
    assert "--> train.ipynb:cell 1:6:5" in said
    assert "Found 2 errors in 2 files." in said

    excluded = repository.commit({"looplint.toml": 'exclude = ["train.py"]\n'})
    assert excluded.returncode == 1
    assert "Found 1 error in 1 file." in excluded.stdout + excluded.stderr

    passed = repository.commit({"train.py": GOOD, "train.ipynb": notebook(code(*GOOD.splitlines()))})
    assert (passed.returncode, repository.commits()) == (0, 1), passed.stdout + passed.stderr


def test_a_mistake_is_mended_and_shown_before_it_is_committed(
    tmp_path: Path, hook_repository: Path, home: Path
) -> None:
    repository = Repository(tmp_path, hook_repository, home, "looplint-fix")
    refused = repository.commit({"train.py": BAD, "train.ipynb": notebook(code(*BAD.splitlines()))})
    assert "files were modified by this hook" in refused.stdout + refused.stderr
    assert (refused.returncode, repository.commits()) == (1, 0)
    for name in ("train.py", "train.ipynb"):
        assert "optimizer.zero_grad()" in (tmp_path / name).read_text()
    passed = repository.commit({})
    assert (passed.returncode, repository.commits()) == (0, 1), passed.stdout + passed.stderr
