"""looplint finds nothing in its own files, and would find something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from looplint.settings import DEFAULT_TEST_FILES
from tests.tools import ROOT

OWN = ["looplint", "rules", "runtime_check"]  # `make lint` checks the tests, too, which takes half a minute


def check(*paths: Path | str) -> subprocess.CompletedProcess[str]:
    configured = ["--config", "pyproject.toml", "--output-format", "concise"]
    command = [sys.executable, "-m", "looplint", "check", *configured, *paths]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_looplint_is_clean_on_itself() -> None:
    done = check(*OWN)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_a_mistake_in_it_would_be_found(tmp_path: Path) -> None:
    assert "tests/" in DEFAULT_TEST_FILES
    (tmp_path / "tests").mkdir()
    path = tmp_path / "tests" / "test_wrong.py"
    path.write_text("for x, y in loader:\n    loss_fn(model(x), y).backward()\n    optimizer.step()\n")
    done = check(tmp_path)
    assert done.returncode == 1
    assert "LL101" in done.stdout
