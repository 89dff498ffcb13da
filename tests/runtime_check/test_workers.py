"""`looplint run` beside the processes that a run needs for itself: the workers of its loaders, and its other ranks."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed")

from tests.runtime_check.running import FAULT, TRAIN, WATCHED, looplint, python

WORKERS = {
    "fork": "num_workers=2, multiprocessing_context='fork'",
    "fork, persistent": "num_workers=2, multiprocessing_context='fork', persistent_workers=True",
    "spawn": "num_workers=1, multiprocessing_context='spawn'",
    "spawn, persistent": "num_workers=1, multiprocessing_context='spawn', persistent_workers=True",
}

RIGHT = ["trained", f"looplint: {WATCHED}", "looplint: all checks passed"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


@pytest.mark.parametrize("made", WORKERS.values(), ids=WORKERS)
def test_workers_of_a_loader_say_nothing(made: str, folder: Path) -> None:
    (folder / "train.py").write_text(TRAIN.replace("num_workers=workers", made))
    done = looplint("--output-format", "concise", "train.py", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "arguments: []\n"), done.stderr
    told, trained, first, counted, last = done.stderr.splitlines()
    assert told.startswith(f"looplint: train.py:{FAULT}:13: LL101 missing-zero-grad: ")
    assert (trained, first, last) == (*RIGHT[:2], "looplint: found 1 error in 1 file")
    assert counted.startswith(f"train.py:{FAULT}:13: LL101 missing-zero-grad: ")
    assert counted.endswith(" times)"), "and not by whom: nobody else has trained"


@pytest.mark.parametrize("made", WORKERS.values(), ids=WORKERS)
def test_a_run_whose_loader_has_workers_is_called_right(made: str, folder: Path) -> None:
    (folder / "train.py").write_text(TRAIN.replace("num_workers=workers", made))
    done = looplint("--fail", "train.py", "clear", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "arguments: ['clear']\n")
    assert done.stderr.splitlines() == RIGHT


LAUNCHED = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]


@pytest.mark.parametrize("word", ["", "clear"], ids=["wrong", "right"])
@pytest.mark.parametrize(
    "command",
    [[*LAUNCHED, "-m", "looplint", "run", "--fail"], ["-m", "looplint", "run", "--fail", *LAUNCHED]],
    ids=["each rank", "the launcher"],
)
def test_ranks_fail_on_a_finding(command: list[str], word: str, folder: Path) -> None:
    done = python(*command, "train.py", word, cwd=folder, TMPDIR=str(folder))
    assert (done.returncode == 0) == (word == "clear"), done.stderr
    assert ("LL101 missing-zero-grad" in done.stderr) == (word != "clear")
    assert ("looplint: all checks passed" in done.stderr.splitlines()) == (word == "clear")
