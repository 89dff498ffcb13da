"""A script under `looplint run` cannot tell: its arguments, its paths, its exit status, its tracebacks."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed")

from tests.runtime_check.running import looplint, python

SCRIPT = """\
import sys, __main__, threading, atexit, time
print(sys.argv, sys.path[0], __name__, __file__, __package__, __spec__ and __spec__.name, sorted(vars(__main__)))
print(sys.modules["__main__"].__dict__ is globals())
threading.Thread(target=lambda: (time.sleep(0.1), print("a thread ends"))).start()
atexit.register(print, "at exit")

def end(how):
    if how == "boom":
        try:
            {}["key"]
        except KeyError:
            raise ValueError("boom")
    if how == "hook":
        sys.excepthook = lambda kind, error, trace: print("hooked", kind.__name__, trace.tb_frame.f_code.co_name)
        raise ValueError
    if how == "bad hook":
        def hook(*_):
            raise TypeError("worse")
        sys.excepthook = hook
        raise ValueError("bad")
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "text":
        sys.exit("bye")
    if how:
        sys.exit(int(how))

end("".join(sys.argv[1:2]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "application").mkdir()
    for name in ("script.py", "package/module.py", "package/__main__.py", "application/__main__.py"):
        (tmp_path / name).write_text(SCRIPT)
    (tmp_path / "broken.py").write_text("print('never')\nfor\n")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ["script.py"],
        ["script.py", "0", "--fail", "--", "-m", "--help"],
        ["../script.py"],
        ["-m", "package.module", "0", "--quiet"],
        ["-m", "package"],
        ["application", "3"],
        ["script.py", "boom"],
        ["-m", "package.module", "boom"],
        ["script.py", "hook"],
        ["script.py", "bad hook"],
        ["script.py", "text"],
        ["script.py", "-1"],
        ["broken.py"],
        ["-m", "missing"],
    ],
    ids=" ".join,
)
def test_a_script_does_what_it_does_under_python(command: list[str], folder: Path) -> None:
    cwd = folder / "package" if command[0].startswith("..") else folder
    bare, watched = python(*command, cwd=cwd), looplint(*command, cwd=cwd)
    assert watched.stdout == bare.stdout
    assert watched.returncode == bare.returncode
    lines = [line for line in watched.stderr.splitlines() if not line.startswith("looplint: ")]
    expected = [line for line in bare.stderr.splitlines() if not line.startswith('  File "<frozen runpy>"')]
    assert lines == expected


def test_an_interrupt_is_told_as_by_a_shell(folder: Path) -> None:
    done = looplint("script.py", "interrupt", cwd=folder)
    assert done.returncode == 130
    assert "KeyboardInterrupt" in done.stderr
    assert "runtime_check" not in done.stderr


def test_a_script_without_torch_is_not_called_right(folder: Path) -> None:
    assert looplint("script.py", cwd=folder).stderr.splitlines() == [
        "looplint: not judged: anything: torch was not imported",
        "looplint: found nothing in what was judged",
    ]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["nowhere.py"], "error: nowhere.py: no such file\n"),
        (["--fial", "script.py"], "error: no such option '--fial'"),
        (["--report", "script.py/page.html", "script.py"], "error: script.py/page.html: cannot be written: "),
        ([], "error: missing argument"),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_runs(command: list[str], message: str, folder: Path) -> None:
    done = looplint(*command, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr.lower().replace("did you mean", "")


def test_without_torch_looplint_says_what_is_missing(folder: Path) -> None:
    program = (
        "import sys\nsys.modules['torch'] = None\n"
        "from looplint.cli import main\nmain(['run', 'script.py'], standalone_mode=False)"
    )
    done = python("-c", program, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: looplint run watches torch, which is not installed for this Python: see `looplint[runtime]`\n"
    )
