"""The run over a folder of repositories: what is found, missed, not counted, and how it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import recall
from benchmarks.mutant import EXPECTED, PER_FILE

LOOP = """\
import torch

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
"""
UPDATE = """\
def update(model, loss_fn, batch, optimizer):
    x, y = batch
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
"""
CALLER = """\
import torch
from update import update

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for batch in loader:
    update(model, loss_fn, batch, optimizer)
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for name in ("ann__nets", "bob__loops"):
        (tmp_path / name).mkdir()
    (tmp_path / "ann__nets" / "train.py").write_text(LOOP)
    (tmp_path / "ann__nets" / "again.py").write_text(LOOP)  # equal functions are judged once
    (tmp_path / "bob__loops" / "old.py").write_text("print 'optimizer.step()'\n")
    (tmp_path / "bob__loops" / "none.py").write_text("print(1)\n")
    hidden = LOOP.replace("    loss.backward()", "    helper(optimizer)\n    loss.backward()")
    (tmp_path / "bob__loops" / "hidden.py").write_text(hidden)  # nobody knows what helper does
    return tmp_path


def outcome(results: list[recall.Result]) -> dict[str, bool]:
    return {one.mutant.fault: one.found for one in results}


def test_every_fault_of_a_plain_loop_is_found(corpus: Path) -> None:
    results = list(recall.run(corpus, only="ann__nets", jobs=1))
    assert outcome(results) == dict.fromkeys(
        [
            "backward-deleted",
            "step-before-backward",
            "step-behind-batch-loop",
            "step-deleted",
            "zero-grad-between",
            "zero-grad-deleted",
        ],
        True,
    )
    assert {(one.repository, one.path) for one in results} == {("ann/nets", "again.py")}


def test_one_fault_of_files_by_name(corpus: Path) -> None:
    results = list(recall.run(corpus, only="hidden", fault="zero-grad-deleted", jobs=1))
    assert [(one.key, one.found) for one in results] == [(("bob/loops", "hidden.py", 5, "zero-grad-deleted"), False)]
    place = "bob/loops/hidden.py:5 zero-grad-deleted (loop)"
    assert str(results[0]) == f"{place}: optimizer.zero_grad()"


def test_no_more_than_a_few_of_a_fault_come_from_one_file(tmp_path: Path) -> None:
    bodies = [LOOP.replace("loss_fn", f"loss_{number}") for number in range(PER_FILE + 2)]
    functions = [
        f"def train_{at}():\n" + "".join(f"    {line}\n" for line in one.splitlines()) for at, one in enumerate(bodies)
    ]
    path = tmp_path / "ann__nets" / "many.py"
    path.parent.mkdir()
    path.write_text("\n".join(functions))
    chosen = recall.choose([path], [recall.injected(tmp_path, path)], "step-deleted")
    assert [one.function for one in chosen[path]] == [f"train_{at}" for at in range(PER_FILE)]


def test_a_sample_is_spread_over_the_files(corpus: Path) -> None:
    results = list(recall.run(corpus, jobs=1, size=1))
    assert len(results) == len({one.mutant.fault for one in results}) == 6


def test_a_finding_elsewhere_in_the_file_is_none(corpus: Path) -> None:
    other = (
        "\n\ndef other(loader, optimizer):\n    for x in loader:\n        f(x).backward()\n        optimizer.step()\n"
    )
    assert recall.findings(corpus, corpus / "train.py", LOOP + other) == {("other#1", "LL101"): 1}


def test_functions_of_the_same_name_are_told_apart() -> None:
    text = "class A:\n    def f(self): pass\nclass B:\n    def f(self):\n        def g(): pass\nf()\n"
    assert recall.functions_by_line(text)[1:] == ["", "f#1", "", "f#2", "g#1", "", ""]


def test_a_file_that_cannot_be_judged_is_a_miss_and_says_why(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(root: Path, path: Path, text: str) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(recall, "findings", crash)
    path = corpus / "ann__nets" / "train.py"
    results = recall.judged(corpus, path, recall.injected(corpus, path)[:1])
    assert [(one.found, one.error) for one in results] == [(False, "RecursionError: too deep")]
    assert str(results[0]).endswith("[RecursionError: too deep]: loss.backward()")


def test_the_report(corpus: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table = tmp_path / "equivalent.tsv"
    table.write_text("repository\tpath\tline\tfault\treason\n")
    arguments = [str(corpus), "--jobs", "1", "--fault", "zero-grad-deleted", "--equivalent", str(table)]
    assert recall.main([*arguments, "--misses", str(tmp_path / "misses")]) == 0
    out = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert out == [
        "fault all loop in view function only",
        "zero-grad-deleted LL101 1 / 2 50.0% 1 / 2 50.0% -",
        "total 1 / 2 50.0% 1 / 2 50.0% -",
        "",
        "repository all loop in view function only",
        "ann/nets 1 / 1 100.0% 1 / 1 100.0% -",
        "bob/loops 0 / 1 0.0% 0 / 1 0.0% -",
        "",
        "1 misses, 0 of them where the reader has to be silent",
        "1 new",
        "bob/loops/hidden.py:5 zero-grad-deleted (loop): optimizer.zero_grad() -- not explained yet",
        "0 equivalent mutants are not counted",
    ]
    missed = "bob/loops/hidden.py:5 zero-grad-deleted (loop): optimizer.zero_grad()\n"
    assert (tmp_path / "misses").read_text() == missed


def test_equivalent_mutants_are_not_counted(corpus: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table = tmp_path / "equivalent.tsv"
    rows = [
        "repository\tpath\tline\tfault\treason",
        "bob/loops\thidden.py\t5\tzero-grad-deleted\thelper clears",
        "ann/nets\tagain.py\t5\tzero-grad-deleted\twrongly listed",
    ]
    table.write_text("\n".join(rows) + "\n")
    recall.main([str(corpus), "--jobs", "1", "--fault", "zero-grad-deleted", "--equivalent", str(table)])
    out = capsys.readouterr().out
    assert "2 equivalent mutants are not counted" in out
    assert "reported although it is listed as equivalent: ann/nets/again.py:5" in out
    assert "helper" not in out


EXPLAINED = """\
repository\tpath\tline\tfault\tcategory\treason
bob/loops\thidden.py\t5\tzero-grad-deleted\tunseen-code\thelper may clear
ann/nets\tagain.py\t5\tzero-grad-deleted\tbudget\ttoo many ways
"""


def test_misses_are_told_by_what_they_come_of(corpus: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table = tmp_path / "misses.tsv"
    table.write_text(EXPLAINED)
    recall.main([str(corpus), "--jobs", "1", "--fault", "zero-grad-deleted", "--explained", str(table)])
    out = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    at = out.index("1 misses, 1 of them where the reader has to be silent")
    place = "zero-grad-deleted (loop): optimizer.zero_grad()"
    assert out[at + 1 : at + 4] == [
        "1 unseen-code",
        f"bob/loops/hidden.py:5 {place} -- helper may clear",
        f"found although it is listed as a miss: ann/nets/again.py:5 {place}",
    ]


def test_looplint_is_told_where_the_file_lies(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def judged(text: str, filename: str, *_: object) -> list[object]:
        asked.append(filename)
        return []

    monkeypatch.setattr("looplint.engine.judge", judged)
    path = corpus / "ann__nets" / "train.py"
    recall.judged(corpus, path, recall.injected(corpus, path)[:1])
    assert asked == [str(path), str(path)]


@pytest.mark.parametrize("started", ["here", "below"])
def test_what_a_caller_finds_in_the_file_counts_wherever_the_run_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: str
) -> None:
    folder = tmp_path / "eve__parts"
    folder.mkdir()
    (folder / "update.py").write_text(UPDATE)
    (folder / "train.py").write_text(CALLER)
    monkeypatch.chdir(folder if started == "below" else tmp_path)
    path = folder / "update.py"
    chosen = [one for one in recall.injected(tmp_path, path) if one.fault == "step-deleted"]
    assert outcome(recall.judged(tmp_path, path, chosen)) == {"step-deleted": True}


def test_one_mutant_is_shown_as_a_diff(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recall.main([str(corpus), "--show", "ann/nets/train.py:5 zero-grad-deleted"])
    out = capsys.readouterr().out.splitlines()
    assert [line for line in out if line.startswith("-")] == [
        "--- ann/nets/train.py",
        "-    optimizer.zero_grad()",
        "-- before",
        "-- after",
    ]
    assert out[-1].startswith("7: LL101 ")


def test_the_committed_table_of_equivalents_can_be_read() -> None:
    known = recall.equivalents(recall.EQUIVALENT)
    assert all(fault in EXPECTED and reason for (_, _, _, fault), reason in known.items())


def test_the_committed_table_of_misses_can_be_read() -> None:
    known = recall.explanations(recall.MISSES)
    assert all(fault in EXPECTED and all(said) for (_, _, _, fault), said in known.items())
    assert known.keys().isdisjoint(recall.equivalents(recall.EQUIVALENT))


def test_misses_are_judged_again(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    misses = tmp_path / "misses.txt"
    misses.write_text(
        "bob/loops/hidden.py:5 zero-grad-deleted (loop): optimizer.zero_grad()\nann/nets/gone.py:1 x: y\n"
    )
    recall.main([str(corpus), "--jobs", "1", "--again", str(misses), "--misses", str(misses)])
    assert [line.split()[1:5] for line in capsys.readouterr().out.splitlines() if line.startswith("total")] == [
        ["0", "/", "1", "0.0%"]
    ]
    assert misses.read_text().startswith("bob/loops/hidden.py:5 ")


def test_several_folders_are_one_table(
    corpus: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "eve__more").mkdir()
    (other / "eve__more" / "train.py").write_text(LOOP)
    recall.main([str(corpus), str(other), "--jobs", "1", "--fault", "step-deleted", "--only", "train.py"])
    out = capsys.readouterr().out
    assert "ann/nets" in out
    assert "eve/more" in out


def test_loops_of_our_own_give_each_fault_of_a_scheduler_often() -> None:
    folder = Path(recall.__file__).parent / "loops"
    made = [one for path in recall.files(folder, "") for one in recall.injected(folder, path)]
    assert sum(one.fault == "scheduler-into-batch-loop" for one in made) >= 82
    assert sum(one.fault == "scheduler-before-optimizer" for one in made) >= 80
