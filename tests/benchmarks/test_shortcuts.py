"""What the reader leaves out for speed changes no finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import recall, shortcuts
from looplint import scan
from tests.tools import ROOT

LOOPS = ROOT / "benchmarks" / "loops"
FILES = sorted(LOOPS.rglob("*.py"))
EACH = 3
"""How many mutants of a file are compared; `make shortcuts` compares other files."""

CODE = """\
import torch

def train(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x in loader:
        model(x).sum().backward()
        optimizer.step()
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(LOOPS)))
def test_loops_and_their_mutants(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    mutants = list(recall.mutants_of(LOOPS, path))
    chosen = mutants[:: max(len(mutants) // EACH, 1)][:EACH]
    for one in (text, *(mutant.text for mutant in chosen)):
        assert shortcuts.compared(path, one) == (set(), set())


def test_a_shortcut_that_loses_a_finding_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.py").write_text(CODE)
    (tmp_path / "broken.py").write_text("def f(:\n")
    assert shortcuts.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 files, 0 with other findings\n"
    monkeypatch.setattr(scan, "may_train", lambda _: False)
    assert shortcuts.main([str(tmp_path)]) == 1
    assert "main.py:7 LL101" in capsys.readouterr().out
