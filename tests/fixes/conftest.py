"""The command line in an empty directory, with the real engine."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from looplint.cli import main
from tests.cli.fake import Outcome, Run


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `looplint check` in this process; what it prints is read as Latin-1, which loses nothing."""
    monkeypatch.chdir(tmp_path)

    def command(*args: str, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as left:
            main(["check", "--isolated", "--jobs", "1", *args])
        captured = capfdbinary.readouterr()
        return Outcome(left.value.code, captured.out.decode("latin-1"), captured.err.decode("latin-1"))  # type: ignore[arg-type]

    return command
