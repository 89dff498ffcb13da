"""The least that a reader built on LibCST takes: what of a tree it is given to parse."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import libcst

from benchmarks import floor
from tests.tools import ROOT

TEXT = """\
import torch

class Trainer:
    lr = 0.1

    def fit(self):
        for x in self.loader:
            self.loss(x).backward()
            self.optimizer.step()

    def loss(self, x):
        return self.model(x).sum()

for x in loader:
    optimizer.zero_grad()
"""


def test_what_trains_is_taken_out_of_a_text() -> None:
    loop, fit = floor.parts(TEXT)
    assert fit.startswith("def fit(self):\n    for x")
    assert fit.endswith("self.optimizer.step()\n")
    assert loop == "for x in loader:\n    optimizer.zero_grad()\n"
    assert all(libcst.parse_module(one).body for one in (fit, loop))
    assert list(floor.parts("print 'x.step()'")) == []


def test_files_in_which_nothing_trains_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name, text in {"a.py": TEXT, "inner/b.py": f"# step\n{TEXT}", "c.py": "stepping = 1\n", "d.txt": TEXT}.items():
        (tmp_path / name).write_text(text)
    assert sorted(floor.texts(str(tmp_path))) == sorted([TEXT, f"# step\n{TEXT}"])
    command = [sys.executable, str(ROOT / "benchmarks" / "floor.py"), str(tmp_path)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=True)
    assert outcome.stdout == "2 files in which something trains\n"
