"""The check of repositories out of mirrors: what is read, compared and told."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import ecosystem
from looplint.finding import Finding
from looplint.source import Project

RIGHT = """\
for x, y in loader:
    optimizer.zero_grad()
    loss_fn(model(x), y).backward()
    optimizer.step()
"""
WRONG = RIGHT.replace("    optimizer.zero_grad()\n", "")
Run = Callable[..., int]


def git(folder: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    people = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
    environment |= dict.fromkeys(people, "ann@example.org")
    done = subprocess.run(
        ["git", "-c", "commit.gpgsign=false", *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror with a work tree, as a clone has it."""
    repo = tmp_path / "mirrors" / "ann+nets" / "repo"
    repo.mkdir(parents=True)
    git(repo, "init", "--quiet")
    (repo / "src").mkdir()
    (repo / "src" / "wrong loop.py").write_text(WRONG)
    (repo / "right.py").write_text(RIGHT)
    (repo / "none.py").write_text("print(1)\n")
    (repo / "old.py").write_text("print optimizer.step()\n")
    (repo / "README.md").write_text(WRONG)
    (repo / "link.py").symlink_to("right.py")
    git(repo, "add", ".")
    git(repo, "commit", "--quiet", "--message", "one")
    (repo / "right.py").write_text(WRONG)  # not in the commit
    return repo


@pytest.fixture
def run(tmp_path: Path, mirror: Path) -> Run:
    commit = git(mirror, "rev-parse", "HEAD")
    (tmp_path / "repositories.tsv").write_text(f"repository\tcommit\nann/nets\t{commit}\n")

    def run(*known: dict[str, object], arguments: tuple[str, ...] = ()) -> int:
        lines = [json.dumps({"repository": "ann/nets", "commit": commit, **one}) + "\n" for one in known]
        (tmp_path / "findings.jsonl").write_text("".join(lines))
        tables = ["--repositories", str(tmp_path / "repositories.tsv"), "--findings", str(tmp_path / "findings.jsonl")]
        mirrors = ["--mirrors", str(tmp_path / "mirrors"), "--jobs", "1"]
        return ecosystem.main([*mirrors, *tables, *arguments])

    return run


def entry(**changed: object) -> dict[str, object]:
    return {
        "path": "src/wrong loop.py",
        "line": 3,
        "code": "LL101",
        "verdict": "bug",
        "second": "bug",
        "why": "nothing clears",
    } | changed


def test_what_is_judged_and_found_again_is_fine(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(entry()) == 0
    out = capsys.readouterr().out
    assert "added: 0\nremoved: 0\n" in out
    assert "1 repositories, 4 files, 3 of them with training code\n" in out
    assert "1 findings (250.00 in 1,000 files), 1 files not Python 3\n" in out
    assert "crashes: 0\n" in out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "LL101 1 0 0 0 100.0%" in lines


def test_a_new_finding_is_told_with_its_message(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 1
    out = capsys.readouterr().out
    assert "added: 1\n  ann/nets/src/wrong loop.py:3 LL101 unjudged: `optimizer.step()` applies gradients" in out


def test_a_finding_that_is_gone_is_told(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(entry(), entry(path="gone.py", verdict="false-alarm")) == 1
    out = capsys.readouterr().out
    assert "removed: 1\n  ann/nets/gone.py:3 LL101 false-alarm: nothing clears\n" in out
    assert "LL101             1            0            0            0" in out  # what is gone counts no more


@pytest.mark.parametrize("verdict", ["", "maybe"])
def test_a_finding_without_a_verdict_is_no_good(run: Run, verdict: str) -> None:
    assert run(entry(verdict=verdict)) == 1


def test_findings_of_another_commit_are_others(run: Run) -> None:
    assert run(entry(commit="0" * 40)) == 1


def test_a_false_alarm_costs_precision(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(entry(verdict="false-alarm", second="false-alarm")) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "LL101 0 0 1 0 0.0%" in lines


def test_an_update_keeps_verdicts_and_adds_what_is_new(run: Run, tmp_path: Path) -> None:
    run(entry(path="gone.py"), arguments=("--update",))
    (one,) = ecosystem.judged_of(tmp_path / "findings.jsonl")
    assert (one.path, one.line, one.code, one.verdict) == ("src/wrong loop.py", 3, "LL101", "")
    run(entry(), arguments=("--update",))
    (one,) = ecosystem.judged_of(tmp_path / "findings.jsonl")
    assert (one.verdict, one.why) == ("bug", "nothing clears")


def test_an_update_of_some_repositories_leaves_the_others(run: Run, tmp_path: Path) -> None:
    run(entry(), arguments=("--update", "--only", "bob"))
    assert len(ecosystem.judged_of(tmp_path / "findings.jsonl")) == 1


def test_notebooks_are_read_by_cell(mirror: Path) -> None:
    cells = [{"cell_type": "code", "source": source} for source in ("print 1", f"%time x\n{WRONG}", "%%bash\nls")]
    (mirror / "wrong.ipynb").write_text(json.dumps({"cells": cells}))
    (mirror / "none.ipynb").write_text(json.dumps({"cells": cells[:1]}))
    (mirror / "r.ipynb").write_text(json.dumps({"cells": cells, "metadata": {"language_info": {"name": "R"}}}))
    git(mirror, "add", "*.ipynb")
    git(mirror, "commit", "--quiet", "--message", "two")
    read = ecosystem.run(mirror.parent.parent, [("ann/nets", git(mirror, "rev-parse", "HEAD"))], 1)
    assert (read.files, read.training, read.invalid, read.crashes) == (7, 5, 2, [])
    script, in_cell = sorted(read.found)
    assert (script.cell, script.line) == (None, 3)
    assert (in_cell.path, in_cell.cell, in_cell.line, in_cell.code) == ("wrong.ipynb", 2, 4, "LL101")
    assert str(in_cell).startswith("ann/nets/wrong.ipynb:cell 2:4 LL101 unjudged: `optimizer.step()` applies")


def test_only_findings_in_notebooks_name_a_cell(tmp_path: Path) -> None:
    ones = [ecosystem.Judged("ann/nets", "0", path, 1, "LL101", cell=cell) for path, cell in (("a.py", None), ("b", 3))]
    ecosystem.write(tmp_path / "findings.jsonl", ones)
    assert ['"cell"' in line for line in (tmp_path / "findings.jsonl").read_text().splitlines()] == [False, True]
    assert ecosystem.judged_of(tmp_path / "findings.jsonl") == ones
    assert len({one.key for one in (*ones, dataclasses.replace(ones[1], cell=4))}) == 3


def test_a_crash_is_told_and_stops_nothing(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = ecosystem.judge

    def crash(data: bytes, file: Path, project: Project) -> list[Finding]:
        if file.name == "right.py":
            raise ZeroDivisionError("oh")
        return judge(data, file, project)

    monkeypatch.setattr(ecosystem, "judge", crash)
    read = ecosystem.read(mirror, "ann/nets", "HEAD", ["right.py", "src/wrong loop.py"])
    assert read.crashes == ["ann/nets/right.py: ZeroDivisionError: oh"]
    assert [one.path for one in read.found] == ["src/wrong loop.py"]


def test_a_bare_mirror_is_read_too(mirror: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare" / "ann+nets"
    bare.mkdir(parents=True)
    git(tmp_path, "clone", "--quiet", "--bare", str(mirror), str(bare / "repo"))
    found = ecosystem.git_directory(tmp_path / "bare", "ann/nets")
    assert found == bare / "repo"
    paths = [path for path, _ in ecosystem.listed(found, "HEAD")]
    assert paths == ["none.py", "old.py", "right.py", "src/wrong loop.py"]


def test_a_mirror_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no mirror of ann/nets below"):
        ecosystem.git_directory(tmp_path, "ann/nets")


def test_a_blob_that_the_mirror_lacks_is_counted(mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ecosystem, "listed", lambda git, commit: [("lost.py", "0" * 40)])
    read = ecosystem.Read()
    assert ecosystem.written(tmp_path / "root", mirror / ".git", "HEAD", read) == []
    assert (read.files, read.absent, read.found) == (1, 1, [])


def test_what_two_files_do_together_is_found_once(mirror: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    (mirror / "steps.py").write_text("def apply(o):\n    o.step()\n")
    for name in ("one.py", "two.py"):
        calls = WRONG.replace("optimizer.step()", "apply(optimizer)")
        (mirror / name).write_text(f"from steps import apply\n{calls}")
    git(mirror, "add", "steps.py", "one.py", "two.py")
    git(mirror, "commit", "--quiet", "--message", "two")
    read = ecosystem.run(mirror.parent.parent, [("ann/nets", git(mirror, "rev-parse", "HEAD"))], 1)
    assert [(one.path, one.line) for one in read.found] == [("one.py", 4), ("src/wrong loop.py", 3), ("two.py", 4)]


def test_a_second_reader_has_to_have_judged(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(entry(second="")) == 1
    assert run(entry(second="style")) == 1
    assert "second reader: 1 of 1 findings, 1 judged otherwise" in capsys.readouterr().out
    assert run(entry(second="style", settled="the author says that it is none")) == 0
    assert "second: style; the author says that it is none" in capsys.readouterr().out


def test_a_sample_is_drawn_by_its_seed(
    mirror: Path, run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ecosystem, "FILES", 2)
    repositories = [("ann/nets", git(mirror, "rev-parse", "HEAD"))]
    samples = [ecosystem.drawn(mirror.parent.parent, repositories, seed)["ann/nets"] for seed in (*range(20), 0)]
    assert samples[0] == samples[-1]
    assert {len(one) for one in samples} == {2}
    assert len(set(map(frozenset, samples))) > 1
    clean = next(seed for seed, one in enumerate(samples) if "src/wrong loop.py" not in one)
    assert run(arguments=("--sample", str(clean))) == 0
    assert "1 repositories, 2 files" in capsys.readouterr().out
    assert run(arguments=("--sample", str(next(i for i, one in enumerate(samples) if "src/wrong loop.py" in one)))) == 1


def test_the_committed_tables_can_be_read() -> None:
    repositories = ecosystem.repositories_of(ecosystem.TABLES / "repositories.tsv", "")
    assert len(repositories) == len(dict(repositories)) == 56
    assert all(len(commit) == 40 for _, commit in repositories)
    judged = ecosystem.judged_of(ecosystem.TABLES / "findings.jsonl")
    assert {(one.repository, one.commit) for one in judged} <= set(repositories)
