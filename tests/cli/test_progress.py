"""The progress of a long run: on a terminal only, only once it is long, and gone in the end."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from looplint import check, progress
from looplint.registry import every_rule
from looplint.settings import Policy, Settings
from tests.cli.fake import LOOP, Run, Tree
from tests.cli.test_process import TRAINING

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")

FINDINGS = "a.py:6:5: LL101"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr(progress, "OFTEN", 0.0)
    return Terminal()


@contextlib.contextmanager
def drawn(terminal: io.StringIO, environment: dict[str, str] | None = None, *, wanted: bool = True) -> Iterator[None]:
    """Judge four files meanwhile."""
    with progress.shown(terminal, environment or {}, wanted=wanted) as bar:
        for judged in range(1, 5):
            if bar is not None:
                bar(judged, 4)
        yield


def test_a_bar_grows_and_is_cleared(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "DELAY", 0.0)
    with drawn(terminal):
        assert terminal.getvalue().split(progress.CLEAR) == [
            "",
            "[#######-----------------------] 1 of 4 files",
            "[###############---------------] 2 of 4 files",
            "[######################--------] 3 of 4 files",
            "[##############################] 4 of 4 files",
        ]
    assert terminal.getvalue().endswith(f"4 of 4 files{progress.CLEAR}")


def test_it_is_drawn_once_in_a_while(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "DELAY", 0.0)
    monkeypatch.setattr(progress, "OFTEN", 60.0)
    with drawn(terminal):
        assert terminal.getvalue().count("files") == 1


def test_a_short_run_has_none(terminal: Terminal) -> None:
    with drawn(terminal):
        pass
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"TERM": "dumb"}])
def test_where_nobody_looks_there_is_none(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    monkeypatch.setattr(progress, "DELAY", 0.0)
    for stream, about, wanted in ((terminal, environment, True), (terminal, {}, False), (io.StringIO(), {}, True)):
        with drawn(stream, about, wanted=wanted):
            pass
        assert stream.getvalue() == ""


def test_it_is_cleared_when_a_run_is_interrupted(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "DELAY", 0.0)
    with pytest.raises(KeyboardInterrupt), drawn(terminal):
        raise KeyboardInterrupt
    assert terminal.getvalue().endswith(progress.CLEAR)


@pytest.mark.parametrize("jobs", [1, 2])
def test_each_file_is_told(tree: Tree, run: Run, jobs: int) -> None:
    tree({f"{number}.py": LOOP for number in range(9)} | {"none.py": ""})
    told: list[tuple[int, int]] = []
    policy = Policy(Settings(), every_rule())
    check.run(["."], Settings(), policy, jobs=jobs, progress=lambda *counts: told.append(counts))
    assert told == [(number, 9) for number in range(1, 10)]


# On a pseudo-terminal


PROGRAM = "from looplint import cli, progress\nprogress.DELAY = progress.OFTEN = 0\ncli.main({})"


def ordinary() -> dict[str, str]:
    """The environment of somebody who looks."""
    return {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm"}


def read(leader: int) -> bytes:
    """What has been written to a pseudo-terminal that nobody writes to any more."""
    told = b""
    with contextlib.suppress(OSError):  # what it says at its end
        while part := os.read(leader, 4096):
            told += part
    os.close(leader)
    return told


def said(*args: str, piped: bool = False, **environment: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error, which is a terminal, of a run that is long at once."""
    leader, follower = os.openpty()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(["check", "--isolated", *args])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if piped else follower,
        env=ordinary() | environment,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(follower)
    told = read(leader).decode()
    return done.returncode, done.stdout, done.stderr if piped else told


def test_a_terminal_shows_it(tree: Tree) -> None:
    tree({"a.py": TRAINING, "b.py": TRAINING})
    status, out, told = said("--output-format", "concise")
    assert (status, out.startswith(FINDINGS)) == (1, True)
    assert "1 of 2 files" in told
    assert told.endswith(f"2 of 2 files{progress.CLEAR}")


def test_all_else_is_silent(tree: Tree) -> None:
    tree({"a.py": TRAINING, "b.py": TRAINING})
    assert said("--quiet")[2] == ""
    assert said(piped=True)[2] == ""
    assert said(CI="1")[2] == ""
    assert said("-v")[2] == "checked a.py: 1 finding\r\nchecked b.py: 1 finding\r\n"


def test_ctrl_c_clears_it(tree: Tree) -> None:
    tree({f"{number}.py": TRAINING * 40 for number in range(60)})
    leader, follower = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(["check", "--isolated", "-j", "2"])],
        stdout=subprocess.PIPE,
        stderr=follower,
        env=ordinary(),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    os.close(follower)
    told = os.read(leader, 4096)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    told += read(leader)
    assert (process.returncode, out) == (130, b"")
    assert b" of 60 files" in told
    assert told.endswith(f"{progress.CLEAR}\r\n".encode())
    assert b"Traceback" not in told
