"""What the speed is measured on: trees out of mirrors or packages, single files, copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import inputs

LOOP = b"""\
for x, y in loader:
    optimizer.zero_grad()
    loss_fn(model(x), y).backward()
    optimizer.step()
"""
PLAIN = b"print(1)\n"


def test_an_input_holds_what_linters_read_and_nothing_else(tmp_path: Path) -> None:
    files = [("a.py", LOOP), ("build/b.py", LOOP), ("sub/c.py", PLAIN), ("notes.txt", b"")]
    inputs.project(tmp_path / "one", iter(files))
    one = inputs.made("a", "one", tmp_path / "one")
    assert (one.files, one.training) == (("a.py", "sub/c.py"), 1)
    assert sorted(path.name for path in one.folder.rglob("*.py")) == ["a.py", "c.py"]


def test_the_densest_repositories_are_taken_whole_as_long_as_they_fit() -> None:
    files = {"dense": "LL", "half": "LP", "none": "PP", "empty": "", "large": "LLLLLL"}
    every = {
        name: [(f"{at}.py", LOOP if one == "L" else PLAIN) for at, one in enumerate(text)]
        for name, text in files.items()
    }
    assert inputs.densest(every, 5) == ["dense", "half"]
    assert inputs.densest(every, 3) == ["dense"]
    assert inputs.densest(every, 1) == []


def test_inputs_come_out_of_mirrors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = LOOP + b"\n" * 296
    every = {
        inputs.ORDINARY: [("a.py", LOOP), ("b.py", PLAIN), ("c.py", PLAIN * 290)],
        "ann/nets": [("train.py", LOOP), ("long.py", loop)],
    }
    monkeypatch.setattr(inputs, "of_mirror", lambda mirrors, name, commit: every[name])
    made = inputs.build(tmp_path, tmp_path, [(name, "c0ffee") for name in every])
    assert [(one.key, len(one.files), one.training) for one in made] == [
        ("a", 3, 1),
        ("b", 2, 2),
        ("c", 1, 1),
        ("d", 1, 0),
        ("e", 0, 0),
        ("b x 2", 4, 4),
        ("b x 4", 8, 8),
        ("b x 8", 16, 16),
    ]
    assert made[1].what == "dense with training code: nets"
    assert made[2].what == "one file that trains, 300 lines: ann__nets/long.py"
    assert made[3].what == "one file without training code, 290 lines: c.py"
    assert len({path.read_bytes() for path in made[5].folder.rglob("train.py")}) == 2
    assert len(list(made[5].folder.rglob(".git"))) == 2


def test_without_mirrors_there_are_the_packages_and_our_own_examples(tmp_path: Path) -> None:
    ordinary, dense = inputs.of_packages(tmp_path, 100)
    assert 90 < len(ordinary.files) <= 100  # without those that linters leave out
    assert "examples/classifier.py" in dense.files
    assert dense.training > len(dense.files) / 2
