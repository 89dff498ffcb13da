"""What looplint says of the scripts in `examples/`, and that they run."""

from __future__ import annotations

import runpy
import warnings

import pytest

import looplint
from tests.tools import ROOT

EXPECTED = {
    "amp_accumulation.py": set(),
    "autoencoder.py": {("LL110", "            optimizer.step")},
    "classifier.py": {("LL101", "        optimizer.step()")},
    "fine_tuning.py": {("LL201", "            scheduler.step()")},
    "gan.py": {("LL101", "            optimizer_d.step()")},
    "one_cycle.py": {("LL203", "        scheduler.step()")},
    "regression.py": {("LL103", "        optimizer.step()")},
    "schedule.py": {("LL202", "        scheduler.step()")},
    "segmentation.py": {("LL104", "            optimizer.step()")},
    "trainer.py": set(),
}
"""The code and the line of every finding; README.md shows the same as looplint prints it."""

SCRIPTS = sorted((ROOT / "examples").glob("*.py"))

every_script = pytest.mark.parametrize("name", EXPECTED)


def test_every_script_is_expected() -> None:
    assert [path.name for path in SCRIPTS] == list(EXPECTED)


@every_script
def test_a_script_is_reported_exactly_where_it_is_wrong(name: str) -> None:
    path = ROOT / "examples" / name
    lines = path.read_text().splitlines()
    findings = looplint.check_paths([path])
    assert {(finding.code, lines[finding.line - 1]) for finding in findings} == EXPECTED[name]


@every_script
def test_a_mended_script_is_clean(name: str) -> None:
    text = (ROOT / "examples" / name).read_text()
    for wrong, right in MENDED.get(name, ()):
        assert text.count(wrong) == 1
        text = text.replace(wrong, right)
    assert looplint.check_source(text, filename=name) == []


MENDED = {
    "autoencoder.py": [("optimizer.step\n", "optimizer.step()\n")],
    "classifier.py": [("loss.backward()", "optimizer.zero_grad()\n        loss.backward()")],
    "fine_tuning.py": [("            scheduler.step()", "        scheduler.step()")],
    "gan.py": [("optimizer_g.zero_grad()\n            fake =", "optimizer_d.zero_grad()\n            fake =")],
    "one_cycle.py": [("        scheduler.step()", "            scheduler.step()")],
    "regression.py": [("        optimizer.step()", "            optimizer.step()")],
    "schedule.py": [
        ("        scheduler.step()\n", ""),
        ("        print(", "        scheduler.step()\n        print("),
    ],
    "segmentation.py": [
        ("            optimizer.zero_grad()\n", ""),
        ("            loss.backward()", "            optimizer.zero_grad()\n            loss.backward()"),
    ],
}
"""What to replace in a script, and with what, to make it right."""


@every_script
def test_a_script_runs(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="running the examples needs torch")
    monkeypatch.setattr("sys.argv", [name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of some of the mistakes
        runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")
    assert "epoch 1" in capsys.readouterr().out
