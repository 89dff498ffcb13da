"""`--fix`, `--unsafe-fixes` and `--diff`: what is printed, the exit status, and what becomes of the files."""

from __future__ import annotations

import json
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from looplint import fixing
from looplint.report.terminal import visible
from tests.cli.fake import Run

HEAD = """\
import torch
from torch.utils.data import DataLoader

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(data)
for x, y in loader:
"""
SAFE = HEAD + "    loss_fn(model(x), y).backward()\n    optimizer.step()\n"
SAFE_MENDED = SAFE.replace("    loss_fn", "    optimizer.zero_grad()\n    loss_fn")
UNSAFE = HEAD + "    loss_fn(model(x), y).backward()\n    optimizer.zero_grad()\n    optimizer.step()\n"
UNSAFE_MENDED = SAFE_MENDED
HOPELESS = SAFE.replace("step()", "step")
"""Called, the step would apply gradients that nothing clears: another finding."""

CONCISE = ("--output-format", "concise")
DIFF = """\
--- a.py
+++ a.py
@@ -5,5 +5,6 @@
 optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
 loader = DataLoader(data)
 for x, y in loader:
+    optimizer.zero_grad()
     loss_fn(model(x), y).backward()
     optimizer.step()
"""


def write(**contents: str | bytes) -> None:
    for name, content in contents.items():
        Path(f"{name}.py").write_bytes(content.encode() if isinstance(content, str) else content)


def read(name: str) -> str:
    return Path(f"{name}.py").read_bytes().decode()


def test_what_is_safe_is_mended(run: Run) -> None:
    write(a=SAFE, b=UNSAFE)
    done = run("--fix", *CONCISE, ".")
    assert (read("a"), read("b")) == (SAFE_MENDED, UNSAFE)
    assert (done.status, done.err) == (1, "")
    assert done.out.splitlines()[0].startswith("b.py:10:5: LL104 zero-grad-before-step: ")
    assert done.out.splitlines()[1:] == [
        "Found 2 errors (1 fixed, 1 remaining).",
        "No fixes available (1 hidden fix can be enabled with the `--unsafe-fixes` option).",
    ]


def test_what_is_unsafe_is_mended_when_asked_for(run: Run) -> None:
    write(a=SAFE, b=UNSAFE)
    done = run("--fix", "--unsafe-fixes", ".")
    assert (read("a"), read("b")) == (SAFE_MENDED, UNSAFE_MENDED)
    assert (done.status, done.out, done.err) == (0, "Found 2 errors (2 fixed, 0 remaining).\n", "")
    again = run("--fix", "--unsafe-fixes", ".")
    assert (again.status, again.out) == (0, "All checks passed!\n")
    assert (read("a"), read("b")) == (SAFE_MENDED, UNSAFE_MENDED)


def test_what_can_be_fixed_is_marked(run: Run) -> None:
    write(a=SAFE, b=UNSAFE)
    marks = [
        (line.split()[2] == "[*]", line.split()[1]) for line in run(*CONCISE, ".").out.splitlines() if ".py:" in line
    ]
    assert marks == [(True, "LL101"), (False, "LL104")]
    out = run("--unsafe-fixes", *CONCISE, ".").out
    assert out.count(" [*] ") == 2
    assert out.splitlines()[-1] == "[*] 2 fixable with `--fix --unsafe-fixes`."
    last = run(".").out.splitlines()[-1]
    assert last == "[*] 1 fixable with `--fix` (1 hidden fix can be enabled with the `--unsafe-fixes` option)."
    assert (read("a"), read("b")) == (SAFE, UNSAFE)


def test_a_fix_in_json_has_the_shape_of_ruff(run: Run) -> None:
    write(a=SAFE, b=UNSAFE)
    first, second = json.loads(run("--output-format", "json", ".").out)
    place = {"row": 8, "column": 1}
    assert first["fix"] == {
        "applicability": "safe",
        "message": "clear the gradients before `loss_fn(model(x), y).backward()`",
        "edits": [{"content": "    optimizer.zero_grad()\n", "location": place, "end_location": place}],
    }
    assert second["fix"]["applicability"] == "unsafe"


def test_a_diff_shows_what_would_change(run: Run) -> None:
    write(a=SAFE, b=UNSAFE)
    done = run("--diff", ".")
    assert (done.status, done.out) == (1, DIFF)
    assert done.err.splitlines() == [
        "Would fix 1 error.",
        "No fixes available (1 hidden fix can be enabled with the `--unsafe-fixes` option).",
    ]
    assert run("--diff", "--quiet", "--exit-zero", ".").status == 0
    assert run("--diff", "b.py").out == ""
    assert run("--diff", "b.py").status == 0
    assert run("--diff", "--unsafe-fixes", "b.py").status == 1
    assert (read("a"), read("b")) == (SAFE, UNSAFE)
    assert run("--diff", "--output-file", "x", ".").err.startswith("error: --diff and --output-file exclude")


def test_a_diff_is_one_that_patch_understands(run: Run) -> None:
    write(
        a=SAFE.rstrip("\n")
        .replace("optimizer.step()", "optimizer.step")
        .replace("    loss", "    model.zero_grad()\n    loss")
        .encode()
    )
    out = run("--diff", ".").out
    tail = "-    optimizer.step\n\\ No newline at end of file\n+    optimizer.step()\n\\ No newline at end of file\n"
    assert out.endswith(tail)


def test_standard_input_goes_to_standard_output(run: Run) -> None:
    done = run("--fix", "-", stdin=SAFE.encode())
    assert (done.status, done.out, done.err) == (0, SAFE_MENDED, "Found 1 error (1 fixed, 0 remaining).\n")
    done = run("--fix", "--stdin-filename", "d/a.py", *CONCISE, "-", stdin=UNSAFE.encode())
    assert (done.status, done.out) == (1, UNSAFE)
    assert done.err.startswith("d/a.py:10:5: LL104 ")
    done = run("--fix", "-", stdin=b"a = 1\r\n")
    assert (done.status, done.out) == (0, "a = 1\r\n")
    done = run("--diff", "--stdin-filename", "a.py", "-", stdin=SAFE.encode())
    assert (done.status, done.out) == (1, DIFF)


def test_standard_input_that_is_closed_is_a_finding() -> None:
    command = f"{shlex.quote(sys.executable)} -m looplint check --isolated --fix --output-format concise - <&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("-:1:1: LL002 unreadable-file: cannot be read: ")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (SAFE.replace("step()", "step()  # noqa: LL101"), ()),
        (SAFE + "# looplint: file-ignore[LL101]\n", ()),
        (SAFE, ("--ignore", "LL101")),
        (SAFE, ("--select", "LL102")),
    ],
)
def test_what_is_not_reported_is_not_mended(run: Run, text: str, options: tuple[str, ...]) -> None:
    write(a=text)
    assert run("--fix", *options, ".").out == "All checks passed!\n"
    assert read("a") == text


def test_a_fix_that_brings_something_else_is_not_made(run: Run) -> None:
    write(a=HOPELESS, b=SAFE)
    done = run("--fix", *CONCISE, ".")
    assert (read("a"), read("b")) == (HOPELESS, SAFE_MENDED)
    assert done.status == 1
    assert done.err == (
        "warning: a.py:9:5: LL110 is not fixed: something else would be found then, or it would still be\n"
    )
    assert done.out.splitlines()[-2] == "Found 2 errors (1 fixed, 1 remaining)."
    assert run("--fix", "--quiet", ".").err == ""


def test_several_in_a_file_are_mended(run: Run) -> None:
    loop = SAFE.removeprefix(HEAD)
    text = SAFE + "for x, y in loader:\n" + loop.replace("step()", "step()  # twice") + "model.eval\n"
    write(a=text)
    assert run("--fix", ".").out == "Found 3 errors (3 fixed, 0 remaining).\n"
    assert read("a").count("    optimizer.zero_grad()\n    loss_fn") == 2
    assert read("a").endswith("model.eval()\n")


def test_fixes_at_one_place_are_made_one_after_the_other(run: Run) -> None:
    text = """\
import torch

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
other = torch.optim.SGD(head.parameters(), lr=0.1)
for x, y in torch.utils.data.DataLoader(data):
    loss_fn(head(model(x)), y).backward()
    optimizer.step()
    other.step()
"""
    write(a=text)
    assert run("--fix", "--unsafe-fixes", ".").out == "Found 2 errors (2 fixed, 0 remaining).\n"
    cleared = "    optimizer.zero_grad()\n    other.zero_grad()\n    loss_fn"
    assert read("a") in (
        text.replace("    loss_fn", cleared),
        text.replace("    loss_fn", "    other.zero_grad()\n    optimizer.zero_grad()\n    loss_fn"),
    )


def test_a_helper_of_another_file_is_mended_there(run: Run) -> None:
    helper = "def train(net, opt, batches):\n    for x, y in batches:\n        net(x).backward()\n        opt.step()\n"
    write(
        helper=helper,
        main=HEAD.partition("for x")[0] + "from helper import train\n\ntrain(model, optimizer, loader)\n",
    )
    assert run("--fix", "--unsafe-fixes", ".").out == "Found 1 error (1 fixed, 0 remaining).\n"
    assert "        opt.zero_grad()\n        net(x).backward()\n" in read("helper")


def test_several_processes_judge_what_the_fixes_make(run: Run) -> None:
    write(**{f"f{number}": SAFE for number in range(9)}, hopeless=HOPELESS)
    done = run("--fix", "--jobs", "2", *CONCISE, ".")
    assert done.out.splitlines()[-2] == "Found 10 errors (9 fixed, 1 remaining)."
    assert [read(f"f{number}") for number in range(9)] == [SAFE_MENDED] * 9


def test_what_is_kept_of_earlier_runs_can_be_mended(run: Run, tmp_path: Path) -> None:
    write(a=SAFE, b=HOPELESS)
    cache = ("--cache-dir", str(tmp_path / "cache"))
    first, second = (run("--output-format", "json", *cache, ".").out for _ in range(2))
    assert first == second
    assert [one["fix"] is not None for one in json.loads(second)] == [True, True]
    done = run("--fix", *cache, *CONCISE, ".")
    assert (read("a"), read("b")) == (SAFE_MENDED, HOPELESS)
    assert done.out.splitlines()[-2] == "Found 2 errors (1 fixed, 1 remaining)."
    again = run("--fix", *cache, *CONCISE, ".")
    assert again.out.splitlines()[-2] == "Found 1 error in 1 file."


def test_what_fixes_make_of_other_files_is_no_memory_of_theirs(run: Run, tmp_path: Path) -> None:
    write(
        helper="def step(net, opt, x):\n    net(x).backward()\n    opt.step()\n",
        main=HEAD.replace("for x", "from helper import step\nfor x") + "    step(model, optimizer, x)\n",
    )
    cache = ("--cache-dir", str(tmp_path / "cache"))
    assert run("--diff", "--unsafe-fixes", *cache, ".").status == 1
    assert run(*cache, *CONCISE, ".").out.startswith("helper.py:3:5: LL101 ")
    assert run("--fix", "--unsafe-fixes", *cache, ".").status == 0
    assert run(*cache, ".").status == 0


def test_what_is_in_the_baseline_is_not_mended(run: Run) -> None:
    write(a=SAFE)
    assert run("--baseline", "known.json", "--write-baseline", ".").status == 0
    write(b=SAFE)
    done = run("--baseline", "known.json", "--fix", ".")
    assert (done.status, done.err) == (0, "")
    assert done.out == "Found 1 error (1 fixed, 0 remaining).\n1 finding of the baseline is not shown.\n"
    assert (read("a"), read("b")) == (SAFE, SAFE_MENDED)


@pytest.mark.parametrize("other", ["--add-noqa", "--write-baseline"])
@pytest.mark.parametrize("fix", ["--fix", "--diff"])
def test_nothing_is_mended_and_silenced_at_once(run: Run, fix: str, other: str) -> None:
    done = run(fix, other, "--baseline", "known.json", ".")
    assert (done.status, done.out) == (2, "")
    assert f"{fix} and {other} exclude each other" in done.err


FUNCTION = """\
# below a row of its own


def learn(net, opt, x):
    net(x).backward()
    opt.step()
"""
METHOD = """\
class Trainer:
    def __init__(self, net, opt):
        self.net, self.opt = net, opt

    def learn(self, x):
        self.net.train()
        y = self.net(x)
        loss = y.mean()
        loss.backward()
        self.opt.step()
"""


@pytest.mark.parametrize(
    ("helper", "use", "old", "new"),
    [
        (FUNCTION, "learn(model, optimizer, x)", "    net(x)", "    opt.zero_grad()\n    net(x)"),
        (METHOD, "trainer.learn(x)", "        loss.back", "        self.opt.zero_grad()\n        loss.back"),
    ],
)
def test_what_only_a_caller_shows_is_mended_where_it_is(run: Run, helper: str, use: str, old: str, new: str) -> None:
    trainer = "from helper import *\ntrainer = Trainer(model, optimizer)\nfor x" if helper is METHOD else ""
    head = HEAD.replace("for x", trainer or "from helper import learn\nfor x")
    write(helper=helper, main=f"{head}    {use}\n")
    assert run("--fix", "--unsafe-fixes", ".").out == "Found 1 error (1 fixed, 0 remaining).\n"
    assert read("helper") == helper.replace(old, new)


def test_on_a_terminal_a_diff_has_nothing_that_does_not_print() -> None:
    assert visible("+\tprint('\x1b[2J')\n x\n") == "+\tprint('\\x1b[2J')\n x\n"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(lambda text: text.replace("\n", "\r").encode(), id="CR"),
        pytest.param(lambda text: b"\xef\xbb\xbf" + text.encode(), id="a byte order mark"),
        pytest.param(lambda text: f"# coding: latin-1\n# \xe4\n{text}".encode("latin-1"), id="latin-1"),
        pytest.param(lambda text: text.rstrip("\n").encode(), id="no break at the end"),
        pytest.param(lambda text: text.replace("    ", "\t").encode(), id="tabs"),
        pytest.param(lambda text: f"'''\x0c\u2028'''\n{text}".encode(), id="separators that end no row"),
        pytest.param(lambda text: text.replace("\n", "\r\n", 3).encode(), id="mixed line breaks"),
    ],
)
def test_the_bytes_of_all_else_stay(run: Run, change: object) -> None:
    assert callable(change)
    write(a=change(SAFE))
    assert run("--fix", ".").out == "Found 1 error (1 fixed, 0 remaining).\n"
    assert Path("a.py").read_bytes() == change(SAFE_MENDED)


def test_permissions_and_links_stay(run: Run) -> None:
    write(a=SAFE)
    Path("a.py").chmod(0o640)
    Path("b.py").symlink_to("a.py")
    assert run("--fix", "b.py").status == 0
    assert Path("b.py").is_symlink()
    assert read("a") == SAFE_MENDED
    assert stat.S_IMODE(Path("a.py").stat().st_mode) == 0o640


def test_a_link_beside_its_file_is_mended_with_it(run: Run) -> None:
    write(a=SAFE)
    Path("b.py").symlink_to("a.py")
    done = run("--fix", ".")
    assert (done.status, done.out, done.err) == (0, "Found 2 errors (2 fixed, 0 remaining).\n", "")
    assert Path("b.py").is_symlink()
    assert read("a") == SAFE_MENDED


def test_a_file_that_changes_meanwhile_is_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(a=SAFE, b=SAFE)
    fix = fixing.Fixer.fix

    def meanwhile(self: fixing.Fixer, found: object) -> fixing.Fixed:
        done = fix(self, found)  # type: ignore[arg-type]
        write(a=SAFE + "# more\n")
        return done

    monkeypatch.setattr(fixing.Fixer, "fix", meanwhile)
    done = run("--fix", *CONCISE, ".")
    assert done.status == 2
    assert done.err == "error: a.py: has changed since it was read, so it is left as it is\n"
    assert done.out.splitlines()[-2:-1] == ["Found 2 errors (1 fixed, 1 remaining)."]
    assert (read("a"), read("b")) == (SAFE + "# more\n", SAFE_MENDED)


def test_a_file_that_changes_while_it_is_judged_is_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(a=SAFE)
    fix = fixing.Fixer.fix

    def before(self: fixing.Fixer, found: object) -> fixing.Fixed:
        write(a="\n" + SAFE)
        return fix(self, found)  # type: ignore[arg-type]

    monkeypatch.setattr(fixing.Fixer, "fix", before)
    done = run("--fix", *CONCISE, ".")
    assert "has changed since it was read" in done.err
    assert read("a") == "\n" + SAFE


def test_a_file_that_is_gone_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(a=SAFE)
    write_all = fixing.Fixed.write
    monkeypatch.setattr(fixing.Fixed, "write", lambda self: (Path("a.py").unlink(), write_all(self))[1])
    done = run("--fix", *CONCISE, ".")
    assert (done.status, done.err.splitlines()[0]) == (2, "error: a.py: is gone since it was read")
