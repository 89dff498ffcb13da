"""The comparison with other linters, with stand-ins for them: what is shown, counted, given up and written."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import batches, compare, peers, recall
from benchmarks.mutant import Mutant
from benchmarks.peers import Answer, Tool
from benchmarks.shown import Case, Shown, cases, drawn, drawn_by_fault, untouched

LOOP = """\
import torch

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
"""
WRONG = LOOP.replace("    optimizer.zero_grad()\n", "")
# Says F1 of each backward in a file without a clearing, and F2 of each line that holds "style".
FAKE = """\
import json, sys, time
for name in sys.argv[1:]:
    text = open(name).read()
    if "crash" in text:
        raise RuntimeError("out of luck")
    if "endless" in text:
        time.sleep(60)
    for row, line in enumerate(text.splitlines(), 1):
        if "backward()" in line and "zero_grad" not in text:
            print(json.dumps([name, row, "F1"]))
        if "style" in line:
            print(json.dumps([name, row, "F2"]))
    if text.startswith("print "):
        print(json.dumps([name, 0, "E"]))
"""


def read_fake(output: str) -> Answer:
    answer = Answer()
    for name, row, code in map(json.loads, output.splitlines()):
        if code == "E":
            answer.unparsed.add(name)
        else:
            answer.found[name].append((row, code))
    return answer


@pytest.fixture
def fake(tmp_path: Path) -> Tool:
    script = tmp_path / "fake.py"
    script.write_text(FAKE)
    return Tool(
        name="fake",
        version="7",
        command=[sys.executable, str(script)],
        read=read_fake,
        credited=lambda mutant: ["F1"] if mutant.fault == "zero-grad-deleted" else [],
        checks={"F1": "nothing clears"},
    )


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    for name in ("ann__nets", "bob__loops"):
        (folder / name).mkdir(parents=True)
    (folder / "ann__nets" / "train.py").write_text(LOOP)
    (folder / "ann__nets" / "wrong.py").write_text(WRONG + "    style = 1\n")
    (folder / "bob__loops" / "other.py").write_text(LOOP.replace("loss_fn", "criterion"))
    return folder


def shown(folder: Path, corpus: Path) -> Shown:
    folder.mkdir()
    return Shown(folder, cases(corpus, 1), untouched(corpus, {"ann/nets": "c0ffee"}))


# -- what is shown, and counted --------------------------------------------------------------------------------------


def test_a_fault_counts_as_found_by_the_check_credited_for_it(tmp_path: Path, corpus: Path, fake: Tool) -> None:
    one = shown(tmp_path / "shown", corpus)
    outcomes = one.outcomes(fake, one.to(fake, 1))
    found = {(each.case.key[0], each.case.mutant.fault) for each in outcomes if each.found}
    assert found == {("ann/nets", "zero-grad-deleted"), ("bob/loops", "zero-grad-deleted")}
    assert {code for each in outcomes for code in each.others} == set()


def test_what_is_reported_without_the_fault_too_is_no_find(tmp_path: Path, corpus: Path, fake: Tool) -> None:
    one = shown(tmp_path / "shown", corpus)
    case = next(each for each in one.cases if each.mutant.fault == "zero-grad-deleted")
    answer = Answer()
    answer.found[one.originals[case.file]] = [(7, "F1")]
    answer.found[one.mutants[case]] = [(6, "F1"), (1, "F2")]
    (outcome,) = [each for each in one.outcomes(fake, answer) if each.case == case]
    assert (outcome.found, outcome.others) == (False, {"F2"})


@pytest.mark.parametrize("failed", ["original", "mutant"])
def test_a_mutant_that_could_not_be_judged_is_missed(tmp_path: Path, corpus: Path, fake: Tool, failed: str) -> None:
    one = shown(tmp_path / "shown", corpus)
    case = next(each for each in one.cases if each.mutant.fault == "zero-grad-deleted")
    answer = one.to(fake, 1)
    answer.crashed[one.originals[case.file] if failed == "original" else one.mutants[case]] = "out of luck"
    assert [each.found for each in one.outcomes(fake, answer) if each.case == case] == [False]


def test_the_findings_in_untouched_files_are_those_of_the_checks_that_count(
    tmp_path: Path, corpus: Path, fake: Tool
) -> None:
    one = shown(tmp_path / "shown", corpus)
    (finding,) = one.findings(fake, one.to(fake, 1))
    assert finding.key == ("ann/nets", "c0ffee", "wrong.py", None, 6, "F1")


def test_files_are_shown_as_they_are_and_by_names_of_their_own(tmp_path: Path, corpus: Path) -> None:
    data = b"\xef\xbb\xbf" + LOOP.replace("\n", "\r\n").encode()
    (corpus / "ann__nets" / "windows.py").write_bytes(data)
    one = shown(tmp_path / "shown", corpus)
    assert (one.folder / one.originals[corpus / "ann__nets" / "windows.py"]).read_bytes() == data
    names = [*one.originals.values(), *one.mutants.values()]
    assert len(set(names)) == len(names) == len(list(one.folder.iterdir()))


def test_a_sample_is_the_same_for_the_same_seed_only() -> None:
    things = list(range(100))
    assert drawn(things, 10, 1) == drawn(things, 10, 1) == sorted(drawn(things, 10, 1))
    assert drawn(things, 10, 1) != drawn(things, 10, 2)
    assert drawn(things, 0, 1) == drawn(things, 200, 1) == things


def test_so_many_of_each_fault_are_drawn(corpus: Path) -> None:
    every = cases(corpus, 1)
    faults = [one.mutant.fault for one in drawn_by_fault(every, 1, 1)]
    assert len(faults) == len(set(faults)) == len({one.mutant.fault for one in every})


# -- batches ---------------------------------------------------------------------------------------------------------


def test_a_file_that_crashes_or_never_ends_costs_the_others_nothing(
    tmp_path: Path, fake: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SECONDS", 2)
    monkeypatch.setattr(batches, "MORE", 0)
    texts = {"a.py": WRONG, "b.py": "crash", "c.py": "endless", "d.py": WRONG, "e.py": "print 1"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    answer = batches.run(fake, tmp_path, list(texts), 2)
    assert dict(answer.found) == {"a.py": [(6, "F1")], "d.py": [(6, "F1")]}
    assert answer.crashed == {"b.py": "RuntimeError: out of luck", "c.py": "took longer than 2 s"}
    assert answer.unparsed == {"e.py"}
    assert answer.wall > 0


def test_a_tool_that_tells_trouble_and_goes_on_has_given_up(tmp_path: Path, fake: Tool) -> None:
    program = "import sys; print('broken rule', file=sys.stderr); sys.exit('b.py' in sys.argv and 2)"
    command = [sys.executable, "-c", program]
    tool = Tool(fake.name, fake.version, command, read_fake, fake.credited, {})
    assert batches.asked(tool, tmp_path, ["a.py", "b.py", "c.py"]).crashed == {"b.py": "broken rule"}


def test_output_that_cannot_be_read_is_a_crash(tmp_path: Path, fake: Tool) -> None:
    command = [sys.executable, "-c", "print('usage: fake')"]
    answer = batches.asked(Tool(fake.name, fake.version, command, read_fake, fake.credited, {}), tmp_path, ["a.py"])
    assert answer.crashed["a.py"].startswith("said what cannot be read: ")


# -- the tools -------------------------------------------------------------------------------------------------------


def test_looplint_is_run_as_by_its_users_with_every_rule_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "HOME", tmp_path / "peers")
    (tmp_path / "test_wrong.py").write_text(LOOP.replace("    optimizer.step()\n", ""))
    (tmp_path / "old.py").write_text("print optimizer.step()\n")
    answer = batches.run(peers.of_looplint(), tmp_path, ["test_wrong.py", "old.py"], 1)
    assert dict(answer.found) == {"test_wrong.py": [(7, "LL105")]}
    assert answer.unparsed == {"old.py"}
    assert answer.crashed == {}


def test_what_torch_preflight_says_is_read() -> None:
    said = {
        "diagnostics": [{"code": "TG003", "path": "a.py", "line": 6}],
        "failures": [
            {"path": "b.py", "error": "syntax error: Syntax Error @ 1:1."},
            {"path": "c.py", "error": "file too deeply nested to analyze"},
        ],
    }
    answer = peers.read_preflight(json.dumps(said))
    assert dict(answer.found) == {"a.py": [(6, "TG003")]}
    assert (answer.unparsed, set(answer.crashed)) == ({"b.py"}, {"c.py"})


def test_what_dslinter_says_is_read() -> None:
    said = (
        "************* Module a\n"
        "a.py:4: W5517 The optimizer.zero_grad() is not used in pytorch code.\n"
        "b.py:1: E0001 invalid syntax (<unknown>, line 1)\n"
        "c.py:1: F0002 c.py: Fatal error while checking 'c.py'.\n"
        "ERROR: Could not finish processing the checker gradient-clear-pytorch on module d at line 3. Continuing.\n"
    )
    answer = peers.read_dslinter(said)
    assert dict(answer.found) == {"a.py": [(4, "W5517")]}
    assert (answer.unparsed, set(answer.crashed)) == ({"b.py"}, {"c.py", "d.py"})


def test_an_environment_is_made_once_for_the_same_requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []

    def install(command: list[object], check: bool) -> None:
        calls.append([str(one) for one in command])
        (tmp_path / "fake").mkdir(exist_ok=True)

    monkeypatch.setattr(peers, "HOME", tmp_path)
    monkeypatch.setattr(peers.subprocess, "run", install)
    for wanted in (["a==1"], ["a==1"], ["a==2"]):
        assert peers.environment("fake", wanted, Path("python")) == tmp_path / "fake" / "bin"
    assert [one[-1] for one in calls if "pip" in one] == ["a==1", "a==2"]


def test_dslinter_without_its_python_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "interpreter", lambda version: None)
    with pytest.raises(RuntimeError, match=r"needs Python 3\.10"):
        peers.of_dslinter()


# -- the page --------------------------------------------------------------------------------------------------------


def compared(tmp_path: Path, corpus: Path, *tools: Tool) -> str:
    """Return the page that a comparison writes."""
    page, verdicts, table = tmp_path / "page.md", tmp_path / "verdicts.jsonl", tmp_path / "repositories.tsv"
    page.write_text("before\n<!-- begin results -->\nold\n<!-- end results -->\nafter\n")
    place = {"repository": "ann/nets", "commit": "c0ffee", "path": "wrong.py", "line": 6, "code": "F1"}
    verdicts.write_text(json.dumps({**place, "verdict": "bug", "why": "nothing clears"}) + "\n")
    table.write_text("repository\tcommit\nann/nets\tc0ffee\n")
    tables = ["--repositories", str(table), "--verdicts", str(verdicts), "--page", str(page)]
    assert compare.main([str(corpus), "--jobs", "1", "--seed", "5", *tables], tools) == 0
    return page.read_text()


def test_the_page_has_a_row_for_each_fault_and_a_column_for_each_tool(tmp_path: Path, corpus: Path, fake: Tool) -> None:
    never = Tool("never", "1", [sys.executable, "-c", ""], read_fake, lambda mutant: mutant.expected, {"LL101": "x"})
    lines = compared(tmp_path, corpus, never, fake).splitlines()
    assert (lines[0], lines[1], lines[-2], lines[-1]) == (
        "before",
        "<!-- begin results -->",
        "<!-- end results -->",
        "after",
    )
    assert "old" not in lines
    assert any("--seed 5`: never 1, fake 7; Python " in line for line in lines)
    for expected in (
        "| fault | never | fake |",
        "| zero-grad-deleted | 0.0% (0 / 2) | 100.0% (2 / 2) |",
        "| step-deleted | 0.0% (0 / 2) | - |",
        "| all that every tool has a check for | 0.0% (0 / 2) | 100.0% (2 / 2) |",
        "| - with one optimizer in the loop | 0.0% (0 / 2) | 100.0% (2 / 2) |",
        "| all that the tool has a check for | 0.0% (0 / 12) | 100.0% (2 / 2) |",
        "2 files of 1 repositories.",
        "| findings | 0 | 1 |",
        "| findings in 1,000 files | 0.0 | 500.0 |",
        "| files with a finding | 0 | 1 |",
        "| findings with a verdict | 0 | 1 |",
        "| precision: no false alarm | - | 100.0% (1 / 1) |",
        "| fake | F1 | nothing clears | 1 | 1 | 0 | 0 |",
        "| files given up: crash or time limit | 0 | 0 |",
    ):
        assert expected in lines


def test_what_is_not_credited_is_told(tmp_path: Path, corpus: Path, fake: Tool) -> None:
    nothing = Tool(fake.name, fake.version, fake.command, read_fake, lambda mutant: [], fake.checks)
    page = compared(tmp_path, corpus, nothing)
    assert "- fake, zero-grad-deleted: F1 2 times\n" in page
    assert "| zero-grad-deleted | - |" in page


def test_the_committed_page_has_the_markers_and_the_verdicts_can_be_read() -> None:
    found = compare.BLOCK.search(compare.PAGE.read_text(encoding="utf-8"))
    assert found
    assert found[2] == "results"
    judged = compare.ecosystem.judged_of(compare.TABLES / "peers.jsonl")
    assert judged
    assert all(one.verdict in compare.VERDICTS and one.why for one in judged)
    assert len({one.key for one in judged}) == len(judged)


def test_a_case_has_the_key_of_a_result() -> None:
    mutant = Mutant("step-deleted", 8, "optimizer.step()", "", "loop", "0", "")
    case = Case(Path("sources"), Path("sources/ann__nets/train.py"), mutant)
    assert case.key == recall.Result("ann/nets", "train.py", mutant, True).key
