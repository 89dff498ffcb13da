"""The measurement of speed: what is run on what, what a run takes, what counts as done, and the targets."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("psutil", reason="needs `pip install looplint[benchmarks]`")

import psutil

from benchmarks import inputs, measured, peers, rows, speed, targets
from benchmarks.inputs import Input
from benchmarks.measured import Taken
from benchmarks.rows import CLICK, COLD, LIBCST, ONE, RUFF, WARM, Row
from benchmarks.targets import MB, Result, Target, Value

LOOP = b"""\
for x, y in loader:
    optimizer.zero_grad()
    loss_fn(model(x), y).backward()
    optimizer.step()
"""
PLAIN = b"print(1)\n"
# A looplint that leaves a file in its cache in every run.
FAKE = """\
#!{python}
import pathlib, sys
if "--cache-dir" in sys.argv:
    cache = pathlib.Path(sys.argv[sys.argv.index("--cache-dir") + 1])
    cache.mkdir(parents=True, exist_ok=True)
    (cache / str(len(list(cache.iterdir())))).touch()
if "--verbose" in sys.argv:
    print("checked a.py: 0 findings\\nskipped b.py: no training code\\nskipped .git: excluded", file=sys.stderr)
"""


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def stand_in(path: Path) -> str:
    """Write a program that does as looplint does."""
    path.write_text(FAKE.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def tree(tmp_path: Path) -> Input:
    inputs.project(tmp_path / "b", iter([("a.py", LOOP), ("sub/b.py", PLAIN)]))
    return inputs.made("b", "a small tree", tmp_path / "b")


# -- a run -----------------------------------------------------------------------------------------------------------


def test_a_run_takes_time_and_prints(tmp_path: Path) -> None:
    program = "import sys, time; time.sleep(0.2); print('out'); print('err', file=sys.stderr); sys.exit(3)"
    taken = measured.run(python(program), tmp_path, 60)
    assert (taken.status, taken.output, taken.errors) == (3, "out\n", "err\n")
    assert 0.2 < taken.wall < 60
    assert 0 < taken.cpu < taken.wall + 60
    assert MB < taken.memory < 200 * MB


def test_a_run_is_where_it_should_be_and_reads_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    program = "import os, sys; print(os.getcwd(), os.environ.get('PYTHONPATH'), repr(sys.stdin.read()))"
    assert measured.run(python(program), tmp_path, 60).output.split() == [str(tmp_path.resolve()), "None", "''"]


CHILD = "data = b'1' * 60_000_000; import time; time.sleep(0.5)"
TWO = f"import subprocess, sys; all = [subprocess.Popen([sys.executable, '-c', {CHILD!r}]) for _ in range(2)]; "


def test_the_processes_of_a_run_are_counted_together(tmp_path: Path) -> None:
    command = python(TWO + "[one.wait() for one in all]")
    together, largest = measured.run(command, tmp_path, 60, watched=True), measured.run(command, tmp_path, 60)
    assert together.memory > 120 * MB
    assert 60 * MB < largest.memory < 120 * MB


def test_the_time_of_child_processes_is_counted(tmp_path: Path) -> None:
    busy = "import time; end = time.process_time() + 0.5\nwhile time.process_time() < end: pass"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    assert measured.run(python(program), tmp_path, 60).cpu > 0.5


@pytest.mark.parametrize("watched", [True, False])
def test_a_run_that_takes_too_long_is_ended_with_its_children(tmp_path: Path, watched: bool) -> None:
    endless = "import time; time.sleep(60)"
    program = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {endless!r}]); "
    program += f"open('pid', 'w').write(str(child.pid)); {endless}"
    taken = measured.run(python(program), tmp_path, 2, watched=watched)
    assert (taken.status, taken.wall) == (None, 2)
    child = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 10
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no program"):
        measured.run(["/nowhere/looplint"], tmp_path, 1)


# -- rows ------------------------------------------------------------------------------------------------------------


def test_looplint_is_run_cold_filling_a_cache_and_from_it(tmp_path: Path, tree: Input) -> None:
    found = {one.name: one for one in rows.ways(stand_in(tmp_path / "looplint"), tmp_path / "caches")}
    for name, jobs in ((ONE, "1"), (COLD, "2")):
        assert found[name].command(tree)[2:] == ["--isolated", "--jobs", jobs, "--no-cache", "."]
    held = {}
    for name in (rows.FILLING, WARM):
        for _ in range(3):
            found[name].before(tree)
            assert measured.run(found[name].command(tree), tree.folder, 60).status == 0
        held[name] = len(list(Path(found[name].command(tree)[-2]).iterdir()))
    assert held == {rows.FILLING: 1, WARM: 4}  # begun anew each time; filled once before the three


def test_the_number_of_files_is_read_off_the_output(tmp_path: Path, tree: Input) -> None:
    (row, *_) = rows.ways(stand_in(tmp_path / "looplint"), tmp_path)
    told = measured.run([*row.command(tree), *row.telling], tree.folder, 60)
    assert row.count(told) == 2
    assert rows.counted(r"Checked (\d+) files? in")(Taken(0, 1, output="Checked 7 files in 3 s")) == 7
    assert rows.counted(r"Checked (\d+) files? in")(Taken(0, 1, errors="Traceback")) == 0


def test_only_what_is_asked_for_is_installed_and_what_cannot_be_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "of_looplint", lambda scratch: [Row("looplint", COLD, rows.always("looplint"))])
    monkeypatch.setattr(peers, "environment", lambda name, requirements, python: tmp_path / name)
    monkeypatch.setattr(peers, "interpreter", lambda version: None)
    found, left_out = rows.installed(tmp_path, ["ruff", "dslinter"])
    assert [one.name for one in found] == [COLD, RUFF, rows.SHORT]
    assert left_out == ["dslinter is left out: dslinter 2.0.9 needs Python 3.10, and none is found"]


def test_what_looplint_needs_is_pinned() -> None:
    assert {one.partition("==")[0] for one in rows.pinned("What looplint needs")} >= {"click", "libcst"}


# -- rounds ----------------------------------------------------------------------------------------------------------


def row(program: str, **other: object) -> Row:
    return Row("fake", "fake", rows.always(*python(program)), **other)  # type: ignore[arg-type]


@pytest.fixture
def result(tree: Input) -> Callable[..., Result]:
    def of(one: Row, rounds: int = 3, limit: float = 60) -> Result:
        return speed.run([(one, tree)], rounds, limit, 1)["fake", "b"]

    return of


def test_each_is_run_once_more_than_there_are_rounds(result: Callable[..., Result], tree: Input) -> None:
    found = result(row("open('log', 'a').write('x')"))
    assert (len(found.runs), found.trouble, found.ended) == (3, "", None)
    assert (tree.folder / "log").read_text() == "xxxx"


def test_one_that_would_take_long_in_all_rounds_has_fewer(result: Callable[..., Result]) -> None:
    assert len(result(row("import time; time.sleep(1.2)"), rounds=9, limit=4).runs) in (1, 2, 3)


def test_one_that_takes_too_long_is_not_run_again(result: Callable[..., Result], tree: Input) -> None:
    found = result(row("open('log', 'a').write('x'); import time; time.sleep(60)"), limit=2)
    assert (found.ended, found.runs, found.wall, found.cpu) == (2, [], 2, None)
    assert (tree.folder / "log").read_text() == "x"


def test_a_crash_is_no_speed(result: Callable[..., Result], tree: Input) -> None:
    found = result(row("raise SystemExit('out of luck')", fine=[0]))
    assert (found.trouble, found.runs) == ("exit status 1: out of luck", [])
    assert "| fake | failed: exit status 1: out of luck |" in speed.comparison({("fake", "b"): found}, tree)


def test_a_crash_in_a_later_round_is_none_either(result: Callable[..., Result]) -> None:
    program = "import pathlib, sys; log = pathlib.Path('log'); again = log.exists(); log.touch(); sys.exit(7 * again)"
    found = result(row(program))
    assert found.trouble.startswith("exit status 7")


def test_rows_that_report_otherwise_than_their_like_have_failed(tree: Input) -> None:
    said = {COLD: "print(1)", ONE: "print(1)", WARM: "print(2)"}
    chosen = [(Row("looplint", name, rows.always(*python(text)), agrees=True), tree) for name, text in said.items()]
    found = speed.run(chosen, 1, 60, 1)
    assert [name for (name, _), one in found.items() if one.trouble] == [WARM]


def test_every_tool_is_asked_about_what_concerns_it(tmp_path: Path, tree: Input) -> None:
    made = [tree, inputs.nothing(tmp_path), inputs.copied(tree, 2)]
    chosen = [
        Row("looplint", COLD, rows.always("looplint")),
        Row("looplint", WARM, rows.always("looplint")),
        Row("python", CLICK, rows.always("python")),
        Row("dslinter", "dslinter", lambda one: list(one.files)),
    ]
    assert [(one.name, each.key) for one, each in speed.cases(chosen, made)] == [
        (COLD, "b"),
        (WARM, "b"),
        ("dslinter", "b"),
        (COLD, "e"),
        (WARM, "e"),
        (CLICK, "e"),
        (COLD, "b x 2"),
    ]


# -- targets ---------------------------------------------------------------------------------------------------------


def of(*walls: float, **other: float) -> Result:
    return Result(runs=[Taken(0, one, one) for one in walls], **other)  # type: ignore[arg-type]


def test_medians_and_their_ratio() -> None:
    found = {(COLD, "a"): of(9, 2, 3), (RUFF, "a"): of(1, 2, 9)}
    assert (found[COLD, "a"].wall, found[COLD, "a"].cpu) == (3, 3)
    assert targets.ratio(found, (COLD, "a"), (RUFF, "a")) == Value(1.5)
    assert targets.ratio(found, (COLD, "a"), (RUFF, "b")) is None


def test_the_time_limit_gives_a_bound() -> None:
    found = {(COLD, "a"): of(2), (RUFF, "a"): Result(ended=10), (WARM, "a"): Result(ended=10), (ONE, "a"): Result()}
    assert targets.ratio(found, (COLD, "a"), (RUFF, "a")) == Value(0.2, "<")
    assert targets.ratio(found, (RUFF, "a"), (COLD, "a")) == Value(5, ">")
    assert targets.ratio(found, (RUFF, "a"), (WARM, "a")) is None
    assert targets.ratio(found, (ONE, "a"), (COLD, "a")) is None


@pytest.mark.parametrize(
    ("value", "most", "least"),
    [
        (Value(1.9), "met", "missed"),
        (Value(2), "met", "met"),
        (Value(2.1), "missed", "met"),
        (Value(1.9, ">"), "not known", "not known"),
        (Value(2.1, ">"), "missed", "met"),
        (Value(1.9, "<"), "met", "missed"),
        (Value(2.1, "<"), "not known", "not known"),
        (None, "not measured", "not measured"),
    ],
)
def test_a_number_or_its_bound_is_judged(value: Value | None, most: str, least: str) -> None:
    assert Target("", lambda found: value, 2).judged(value) == most
    assert Target("", lambda found: value, 2, least=True).judged(value) == least


def test_all_targets_are_judged_by_what_they_are_about() -> None:
    walls = {
        (COLD, "a"): 15, (RUFF, "a"): 10, (WARM, "a"): 11,
        (COLD, "b"): 2, (RUFF, "b"): 1, (WARM, "b"): 1, (targets.PREFLIGHT, "b"): 150,
        (COLD, "c"): 3, (LIBCST, "c"): 1, (COLD, "d"): 1.2, (CLICK, "d"): 1, (COLD, "e"): 1.4, (CLICK, "e"): 1,
        (COLD, "b x 8"): 20, (targets.WORST, "a, b"): 2.5,
    }  # fmt: skip
    found = {key: of(float(wall), memory=200 * MB) for key, wall in walls.items()}
    lines = [line.split(" | ")[-2:] for line in speed.judged(found).splitlines()[2:]]
    assert [(number, said.removesuffix(" |")) for number, said in lines] == [
        ("1.50 x", "met"),
        ("2.00 x", "met"),
        ("75.0 x", "missed"),
        ("1.10 x", "missed"),
        ("1.00 x", "met"),
        ("3.00 x", "missed"),
        ("1.20 x", "met"),
        ("1.40 x", "missed"),
        ("200 MB", "met"),
        ("1.25 x", "missed"),
        ("2.50 s", "missed"),
    ]


def test_memory_of_a_run_that_was_ended_is_a_bound() -> None:
    found = {
        (COLD, "a"): Result(memory=400 * MB, ended=9),
        (ONE, "a"): of(1, memory=2 * MB),
        (RUFF, "a"): of(1, memory=999 * MB),
    }
    assert targets.memory(found) == Value(400, ">")
    assert targets.memory({}) is None


# -- the page --------------------------------------------------------------------------------------------------------


def test_the_page_is_written_with_every_table(tmp_path: Path, tree: Input, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [tree, inputs.alone("c", "one file", tree, "a.py"), inputs.copied(tree, 8)]
    program = python("print('checked 2 files')")
    chosen = [
        Row("looplint", COLD, rows.always(*program), count=rows.counted(r"checked (\d+) files")),
        Row("ruff", RUFF, rows.always(*program)),
        Row("python", LIBCST, rows.always(*program)),
    ]
    monkeypatch.setattr(inputs, "build", lambda scratch, mirrors, repositories: made)
    monkeypatch.setattr(rows, "installed", lambda scratch, only: (chosen, ["dslinter is left out: no luck"]))
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- begin results -->\nold\n<!-- end results -->\nafter\n")
    assert speed.main(["--rounds", "2", "--only", "looplint,ruff", "--write", str(page)]) == 0
    text = page.read_text()
    assert text.startswith("before\n<!-- begin results -->\n2")
    assert "`python benchmarks/speed.py --rounds 2 --limit 120 --seed 1 --only looplint,ruff`:" in text
    assert "dslinter is left out: no luck.\n" in text
    assert "## (b) a small tree\n\n2 files, 1 with training code.\n" in text
    (line,) = [one for one in text.partition("## (b)")[2].partition("## (c)")[0].splitlines() if f"| {COLD} |" in one]
    assert line.endswith(" MB | 2 | 2 |")
    assert "| 2 of 1 | 2 |" in text.partition("## (c)")[2]
    assert f"| {LIBCST} |" in text
    assert "| (b x 8) | 16 | - | - |" in text
    assert "\nold\n" not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--only", "looplint,pylint"],
            "no tool 'pylint'; there are looplint, ruff, torch-preflight, torchfix, dslinter",
        ),
        (["--rounds", "0"], "--rounds"),
        (["--limit", "x"], "--limit"),
        (["--write", "no-such-page.md"], "no page no-such-page.md"),
    ],
)
def test_a_wrong_command_line_is_told(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        speed.main(arguments)
    assert stop.value.code == 2
    assert words in capsys.readouterr().err


def test_a_repository_without_a_mirror_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        speed.main(["--mirrors", str(tmp_path)])
    assert stop.value.code == 2
    assert f"no mirror of {inputs.ORDINARY} below" in capsys.readouterr().err


def test_a_tool_that_cannot_be_installed_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(scratch: Path, only: object) -> None:
        raise subprocess.CalledProcessError(1, ["pip", "install", "ruff"])

    monkeypatch.setattr(inputs, "build", lambda scratch, mirrors, repositories: [])
    monkeypatch.setattr(rows, "installed", fail)
    with pytest.raises(SystemExit) as stop:
        speed.main([])
    assert stop.value.code == 2
    assert "['pip', 'install', 'ruff']' returned non-zero exit status 1" in capsys.readouterr().err


def test_the_command_is_shown_without_paths() -> None:
    options = argparse.Namespace(mirrors=Path("/somewhere"), rounds=3, limit=9, seed=1, only=[*rows.PEERS])
    assert speed.how(options).endswith(", `python benchmarks/speed.py --mirrors DIR --rounds 3 --limit 9 --seed 1`:")


def test_the_committed_page_has_the_markers() -> None:
    found = speed.write.__globals__["BLOCK"].search((peers.ROOT / "docs" / "speed.md").read_text(encoding="utf-8"))
    assert found
    assert found[2] == "results"
