"""The linter never imports torch, and no LibCST before a file needs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TRAINING = """\
import torch

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    loss_fn(model(x), y).backward()
    optimizer.step()
"""

CHECK = """\
import looplint.cli, sys
sys.argv = ["looplint", "check", "--isolated", {path!r}]
try:
    looplint.cli.main()
except SystemExit as stop:
    assert stop.code == {status}, stop.code
"""


def imported_by(statements: str, *path: Path) -> set[str]:
    """Return the top-level modules that a fresh Python has imported after `statements`.

    Arguments:
        statements: what it runs.
        path: folders in which it looks for modules first.
    """
    report = "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    before = [str(folder) for folder in path] + [os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-c", statements + report],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, before))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


@pytest.mark.parametrize("module", ["looplint", "looplint.cli", "looplint.rules"])
def test_an_import_leaves_torch_out(module: str) -> None:
    assert "torch" not in imported_by(f"import {module}")


def test_the_whole_catalogue_leaves_torch_and_libcst_out() -> None:
    assert imported_by("from looplint.rule import catalogue\nassert catalogue()").isdisjoint({"torch", "libcst"})


def test_a_check_leaves_torch_out(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(TRAINING)
    modules = imported_by(CHECK.format(path=str(path), status=1))
    assert "torch" not in modules
    assert "libcst" in modules, "the file was not read"


def test_a_check_of_other_code_leaves_libcst_out(tmp_path: Path) -> None:
    path = tmp_path / "hello.py"
    path.write_text("print('hello')\n")
    assert imported_by(CHECK.format(path=str(path), status=0)).isdisjoint({"torch", "libcst"})


@pytest.mark.parametrize("statement", ["import torch", "import torch.optim", "import innocent"])
def test_an_import_of_torch_would_be_seen(statement: str, tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").touch()
    (tmp_path / "torch" / "optim.py").touch()
    (tmp_path / "innocent.py").write_text("def late():\n    import torch\n\nlate()\n")
    assert "torch" in imported_by(statement, tmp_path)
