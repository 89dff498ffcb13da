"""Results of earlier runs: what a run says never depends on whether there are any, nor on what happens to them."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from looplint import cache as caches
from looplint import check, memory, tree
from looplint.cache import Cache
from looplint.settings import Policy, Settings

MAIN = """\
import torch
{imports}

def main(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x in loader:
        {clear}
        model(x).sum().backward()
        {step}
"""
IMPORTED = (
    "from helpers import step",
    "from pkg.engine import step",
    "from pkg import step",
    "from .helpers import step",
)
MAINS = [
    MAIN.format(imports=line, clear=clear, step="step(optimizer)")
    for line in IMPORTED
    for clear in ("pass", "optimizer.zero_grad()")
]
STEPS = "def step(optimizer):\n    optimizer.step()\n"
CLEARS = "def step(optimizer):\n    optimizer.step()\n    optimizer.zero_grad()\n"
PASSES_ON = "from .engine import step\n"
STARS = "from .engine import *\n"
FROM_ABOVE = "from helpers import step\n"
NONE = "step = None\n"
BROKEN = "def step(optimizer:\n    optimizer.step()\n"
TEXTS = (STEPS, CLEARS, PASSES_ON, STARS, FROM_ABOVE, NONE, BROKEN, "")
PLACES = (
    "app/helpers.py",
    "helpers.py",
    "src/helpers.py",
    "helpers/__init__.py",
    "app/pkg/__init__.py",
    "app/pkg/engine.py",
    "pkg/__init__.py",
    "pkg/engine.py",
    "pkg/engine/__init__.py",
    "pkg/step.py",
    "src/pkg/engine.py",
    "app/pyproject.toml",
)
CHANGES = st.tuples(st.sampled_from(PLACES), st.sampled_from([*TEXTS, None]))


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write("pyproject.toml", "")
    return tmp_path


def write(name: str, text: str | None) -> None:
    """Write a file, or remove it."""
    path = Path(name)
    if text is None:
        path.unlink(missing_ok=True)
    elif not any(above.is_file() for above in path.parents):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_dir():
            path.write_text(text)


def run(cache: Cache | None, *names: str) -> list[object]:
    own = Settings()
    done = check.run(names or (".",), own, Policy(own), cache=cache)
    assert done.failures == []
    return list(done.findings)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the user calls the files that are judged from now on."""
    seen: list[str] = []
    judge = tree.judged

    def spy(file: tree.File, *args: object, **options: object) -> tree.Judged:
        seen.append(file.shown)
        return judge(file, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(tree, "judged", spy)
    return seen


# -- the same findings -------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    main=st.sampled_from(MAINS),
    first=st.lists(CHANGES, max_size=5),
    later=st.lists(st.lists(CHANGES, min_size=1, max_size=2), min_size=1, max_size=4),
)
def test_whatever_changes_the_findings_are_those_of_a_run_without_a_cache(
    main: str,
    first: list[tuple[str, str | None]],
    later: list[list[tuple[str, str | None]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = tmp_path_factory.mktemp("any")
    os.chdir(place)
    write("pyproject.toml", "")
    write("app/main.py", main)
    for changes in ([*first], *later, later[0]):
        for change in changes:
            write(*change)
        assert run(Cache(place / "cache")) == run(None)


def test_what_is_known_is_not_judged_again(tmp_path: Path, judged: list[str]) -> None:
    write("main.py", MAINS[0])
    write("helpers.py", STEPS)
    write("other.py", "x = 1\n")
    found = run(Cache(tmp_path / "c"))
    assert found
    assert sorted(judged) == ["helpers.py", "main.py"]
    judged.clear()
    assert run(Cache(tmp_path / "c")) == found
    assert judged == []


@pytest.mark.parametrize(
    ("place", "text", "again"),
    [
        ("helpers.py", CLEARS, True),
        ("helpers.py", STEPS + "# said\n", True),
        ("app/helpers.py", NONE, True),  # nearer than the one that was found
        ("app/helpers/__init__.py", NONE, True),
        ("other.py", STEPS, False),  # nobody asks for it
        ("app/src/other.py", STEPS, False),
    ],
)
def test_what_changes_the_answer_is_judged_again_and_nothing_else(
    place: str, text: str, again: bool, tmp_path: Path, judged: list[str]
) -> None:
    write("app/main.py", MAINS[0])
    write("helpers.py", STEPS)
    run(Cache(tmp_path / "c"))
    judged.clear()
    write(place, text)
    run(Cache(tmp_path / "c"), "app/main.py")
    assert judged == ["app/main.py"] * again


def test_a_name_that_was_looked_up_and_not_found_may_appear(tmp_path: Path, judged: list[str]) -> None:
    write("main.py", MAINS[0])
    assert run(Cache(tmp_path / "c")) == []
    write("helpers.py", STEPS)
    assert len(run(Cache(tmp_path / "c"))) == 1
    write("helpers.py", None)
    assert run(Cache(tmp_path / "c")) == []


def test_what_files_are_called_is_part_of_the_result(tmp_path: Path) -> None:
    write("app/main.py", MAINS[0])
    write("helpers.py", STEPS)
    run(Cache(tmp_path / "c"), "app/main.py", "helpers.py")
    for names in (["./app/main.py"], [str(tmp_path / "app/main.py"), "helpers.py"]):
        assert run(Cache(tmp_path / "c"), *names) == run(None, *names)
    os.chdir("app")
    assert run(Cache(tmp_path / "c"), "main.py") == run(None, "main.py")


def test_another_looplint_judges_again(tmp_path: Path, judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write("main.py", MAINS[0])
    run(Cache(tmp_path / "c"))
    monkeypatch.setattr(memory, "version", lambda: "another")
    run(Cache(tmp_path / "c"))
    assert judged == ["main.py", "main.py"]


def test_the_version_covers_the_rules_the_reader_and_libcst() -> None:
    names = {"/".join(Path(path).parts[-2:]) for path in memory.sources()}
    assert {"rules/missing_zero_grad.py", "source/reader.py", "looplint/flow.py", "libcst/_version.py"} <= names


def test_notebooks_are_remembered_too(tmp_path: Path, judged: list[str]) -> None:
    cells = '[{"cell_type": "code", "source": "print 1"}, {"cell_type": "code", "source": "%s"}]'
    text = MAINS[0].replace("step(optimizer)", "optimizer.step()").replace("\n", "\\n")
    write("a.ipynb", f'{{"cells": {cells % text}}}')
    write(
        "r.ipynb",
        '{"metadata": {"language_info": {"name": "R"}}, "cells": [{"cell_type": "code", "source": "x.backward()"}]}',
    )
    found = run(Cache(tmp_path / "c"))
    assert [one.code for one in found] == ["LL001", "LL101"]  # type: ignore[attr-defined]
    judged.clear()
    assert run(Cache(tmp_path / "c")) == found
    assert judged == []


# -- whatever happens to it --------------------------------------------------------------------------------------------


def filled(tmp_path: Path) -> Path:
    write("main.py", MAINS[0])
    write("helpers.py", STEPS)
    run(Cache(tmp_path / "c"))
    return tmp_path / "c" / caches.NAME


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_none_of_ours_is_begun_anew(content: bytes, tmp_path: Path, judged: list[str]) -> None:
    file = filled(tmp_path)
    file.write_bytes(content)
    for _ in range(2):
        assert len(run(Cache(tmp_path / "c"))) == 1
    judged.clear()
    run(Cache(tmp_path / "c"))
    assert judged == []


def test_a_file_that_is_cut_off_costs_nothing_but_time(tmp_path: Path) -> None:
    file = filled(tmp_path)
    whole = file.read_bytes()
    for length in range(0, len(whole), 1500):
        file.write_bytes(whole[:length])
        assert len(run(Cache(tmp_path / "c"))) == 1


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        "[]",
        "[1, 2]",
        "[[], {}]",
        '[[["LL101"]], []]',
        '[[["LL101","n","m",["f",[1],[2,3],null],"",[],"error",1,null]],[]]',
        "[" * 5000,
    ],
)
def test_what_is_no_result_of_ours_is_judged_again(value: str, tmp_path: Path, judged: list[str]) -> None:
    file = filled(tmp_path)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE results SET value = ?", (value,))
    connection.close()
    assert len(run(Cache(tmp_path / "c"))) == 1


@pytest.mark.parametrize(
    "fact", [("", "", "", ""), ("open", "a", "b", "c"), ("find", "a\0", "b", 1), ("read", "a\0", "", "x"), (1, 2, 3, 4)]
)
def test_what_is_no_fact_of_ours_does_not_hold(fact: tuple[object, ...], tmp_path: Path, judged: list[str]) -> None:
    file = filled(tmp_path)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE facts SET kind = ?, place = ?, name = ?, value = ? WHERE id = 1", fact)
    connection.close()
    judged.clear()
    assert len(run(Cache(tmp_path / "c"))) == 1
    assert judged


def test_a_fact_that_is_gone_does_not_hold(tmp_path: Path, judged: list[str]) -> None:
    file = filled(tmp_path)
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM facts")
    connection.close()
    judged.clear()
    assert len(run(Cache(tmp_path / "c"))) == 1
    assert judged


def test_a_folder_that_cannot_be_made_is_gone_without(tmp_path: Path) -> None:
    write("main.py", MAINS[0].replace("step(optimizer)", "optimizer.step()"))
    write("occupied", "")
    assert len(run(Cache(tmp_path / "occupied" / "c"))) == 1


def test_a_file_that_another_run_holds_is_gone_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = filled(tmp_path)
    monkeypatch.setattr(caches, "PATIENCE", 0.01)
    holding = sqlite3.connect(file)
    holding.execute("BEGIN EXCLUSIVE")
    assert len(run(Cache(tmp_path / "c"))) == 1
    holding.close()


def test_it_stays_within_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "BOUND", 100_000)
    cache = Cache(tmp_path / "c")
    for index in range(100):
        cache.put(str(index), "x" * 5_000, [caches.Fact("read", str(index), "y" * 5_000, "")])
        cache.close()
    assert (tmp_path / "c" / caches.NAME).stat().st_size < 200_000
    assert cache.get(["99"])
    cache.close()


# -- several at once ---------------------------------------------------------------------------------------------------


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "looplint", "check", "--isolated", "--output-format", "concise", *options, "."]


@pytest.fixture
def many() -> None:
    for index in range(30):
        write(f"main_{index}.py", MAINS[index % 2])
    write("helpers.py", STEPS)


@pytest.mark.usefixtures("many")
def test_runs_side_by_side_say_the_same(cache: Path) -> None:
    def outputs(count: int) -> Iterator[str]:
        running = [subprocess.Popen(command(), stdout=subprocess.PIPE, text=True) for _ in range(count)]
        for one in running:
            yield one.communicate()[0]

    alone = subprocess.run(command("--no-cache"), stdout=subprocess.PIPE, text=True, check=False).stdout
    assert alone.count("LL101") == 15
    assert not cache.exists()
    assert set(outputs(4)) == {alone}
    assert (cache / caches.NAME).exists()
    assert set(outputs(2)) == {alone}


@pytest.mark.usefixtures("many")
def test_a_run_that_is_killed_leaves_it_whole(tmp_path: Path) -> None:
    options = ("--cache-dir", str(tmp_path / "c"), "--jobs", "1")
    alone = subprocess.run(command("--no-cache"), stdout=subprocess.PIPE, text=True, check=False).stdout
    for tenth in range(2, 10, 2):
        running = subprocess.Popen(command(*options), stdout=subprocess.DEVNULL)
        time.sleep(tenth / 10)
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert subprocess.run(command(*options), stdout=subprocess.PIPE, text=True, check=False).stdout == alone


# -- the command line --------------------------------------------------------------------------------------------------


@pytest.fixture
def status() -> Callable[..., int]:
    def run_command(*options: str) -> int:
        return subprocess.run(command(*options), capture_output=True, check=False).returncode

    return run_command


def test_it_is_where_the_user_says(status: Callable[..., int], cache: Path, tmp_path: Path) -> None:
    write("main.py", MAINS[0])
    assert status("--cache-dir", "own") == 0
    assert (tmp_path / "own" / caches.NAME).is_file()
    assert (tmp_path / "own" / ".gitignore").read_text() == "*\n"
    assert not cache.exists()
    assert status("--no-cache") == 0
    assert not cache.exists()
    assert status() == 0
    assert (cache / caches.NAME).is_file()


def test_a_place_that_is_a_file_is_refused(status: Callable[..., int]) -> None:
    write("occupied", "")
    assert status("--cache-dir", "occupied") == 2


def test_without_xdg_it_is_in_the_home() -> None:
    assert caches.default_folder({}) == str(Path("~/.cache/looplint").expanduser())
    assert caches.default_folder({"XDG_CACHE_HOME": "relative"}) == str(Path("~/.cache/looplint").expanduser())
    assert caches.default_folder({"XDG_CACHE_HOME": "/there"}) == "/there/looplint"


def test_a_folder_that_cannot_even_be_looked_for_is_none(tmp_path: Path) -> None:
    assert Cache(tmp_path / ("x" * 300)).get(["key"]) == {}
