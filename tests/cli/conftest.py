"""The world these tests run in: an empty directory, and a small engine instead of the real one."""

from __future__ import annotations

import io
import sys
import types
from pathlib import Path

import pytest

import looplint
from looplint.cli import main
from tests.cli.fake import RULES, FakeInvalidSyntax, Outcome, Run, Tree, judge, may_train


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> types.SimpleNamespace:
    """Put the fake engine in place, in an empty current directory; the namespace lets a test replace parts of it."""
    fakes = types.SimpleNamespace(
        judge=judge, render=lambda text, filename, path: f"{filename}: {len(text)}\nrow\x1b[2J"
    )
    monkeypatch.setattr("looplint.tree.may_train", may_train)
    for name in ("engine", "show"):
        monkeypatch.setitem(sys.modules, f"looplint.{name}", fakes)
        monkeypatch.setattr(looplint, name, fakes, raising=False)
    monkeypatch.setattr("looplint.source.InvalidSyntax", FakeInvalidSyntax, raising=False)
    monkeypatch.setattr("looplint.rule.catalogue", lambda: dict(RULES))
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR", "LOOPLINT_DEBUG"):
        monkeypatch.delenv(variable, raising=False)
    return fakes


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line in this process."""

    def command(*args: str | Path, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as left:
            main([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Outcome(left.value.code, captured.out, captured.err)  # type: ignore[arg-type]

    return command


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Write files below the current directory."""

    def write(files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    return write
