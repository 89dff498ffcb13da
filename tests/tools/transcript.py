"""Write docs/first-commit.md, README's way to a clean commit as typed and printed: `python -m tests.tools.transcript`.

It needs pre-commit, and an index that pip reaches. What is typed comes from README.md, which a reader is meant to need
alone; besides there are only git, `ls` and `cat`. Everything is run in a scratch folder.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.tools import ROOT
from tests.tools.broken import FILES
from tests.tools.repositories import commit_checkout, environment
from tests.tools.snippets import PLACEHOLDERS, Snippet, filled, snippets

PAGE = ROOT / "docs" / "first-commit.md"
SHOWN = snippets((ROOT / "README.md").read_text(encoding="utf-8"))
HOOK = "Before each commit"
CI = "In a CI job"

HEAD = """\
# From nothing to a clean commit

Three training scripts and a notebook, each with a mistake of its own, and what README.md says to do, as typed and
printed. This page is written by `make transcript`, which does all of it in a scratch folder; a test does it again and
compares.

`https://{HOST}/{OWNER}/looplint` stands for the place of your copy of looplint; git is told to find it in
`~/looplint`. pip installs the versions of constraints.txt in a new virtual environment, and is told to print errors
only. What differs from one time to the next is replaced: the scratch folder by `~`, the hash of looplint's commit by
{COMMIT}, and those of the user's commits by 0000001 and 0000002.
"""


class Failed(Exception):
    """Something did not end as the page says that it does, or README.md does not show what is to be typed."""


def shown(heading: str, language: str) -> str:
    """Return what a section of README.md shows in a language.

    Raises:
        Failed: it is not exactly one text.
    """
    found = [one for one in SHOWN.get(heading, ()) if one.language == language]
    if len(found) != 1:
        raise Failed(f"README.md shows {len(found)} times {language} in its section {heading!r}, and not once")
    return found[0].text


def commands(heading: str) -> list[str]:
    """Return the commands that a section of README.md shows, without the comments behind them."""
    return [re.sub(r"\s+#.*", "", line) for line in shown(heading, "sh").splitlines()]


@dataclass(frozen=True)
class Step:
    """A command that was run."""

    folder: str
    command: str
    status: int
    printed: str


@dataclass
class Session:
    """A user in a scratch folder, where `looplint` is the copy of looplint and `training` what they work on.

    Arguments:
        root: the scratch folder, empty.
    """

    root: Path
    steps: list[Step] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root = self.root.resolve()
        self.commit = commit_checkout(self.root / "looplint")
        self.training = self.root / "training"
        self.training.mkdir()
        subprocess.run([sys.executable, "-m", "venv", self.root / "venv"], check=True)
        path = f"{self.root / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        place = f"https://{PLACEHOLDERS['HOST']}/{PLACEHOLDERS['OWNER']}/looplint"
        # By variables, since pre-commit and pip hand those on to git.
        told = {"init.defaultBranch": "main", f"url.{self.root / 'looplint'}.insteadOf": place}
        settings = {"GIT_CONFIG_COUNT": str(len(told))}
        for number, (key, value) in enumerate(told.items()):
            settings |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        pip = {"PIP_QUIET": "2", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
        home = {"PRE_COMMIT_HOME": str(self.root / "pre-commit"), "XDG_CACHE_HOME": str(self.root / "cache")}
        self.environment = environment(**settings, **pip, **home, PATH=path, LC_ALL="C.UTF-8", COLUMNS="120")
        for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
            self.environment.pop(name, None)

    def tell(self, text: str) -> None:
        """Say something to the reader of the page."""
        self.parts.append(text + "\n")

    def write(self, name: str, snippet: Snippet) -> str:
        """Write a file of the user's, filled in, as in an editor; return what is written."""
        text = filled(snippet.text, {**PLACEHOLDERS, "COMMIT": self.commit})
        path = self.training / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.parts.append(f"`{name}`:\n\n```{snippet.language}\n{self.stable(text)}```\n")
        return text

    def type(self, *typed: str, folder: str = "training", ends: int = 0) -> None:
        """Run commands in a shell, one after the other.

        Arguments:
            ends: the status that the last one has to end with; the others have to succeed.

        Raises:
            Failed: one ends with another status.
        """
        wanted = [0] * (len(typed) - 1) + [ends]
        lines = []
        for command, status in zip(typed, wanted, strict=True):
            done = self.ran(command, folder)
            if done.returncode != status:
                raise Failed(f"`{command}` ended with {done.returncode} and not with {status}:\n{done.stdout}")
            self.steps.append(Step(folder, command, done.returncode, done.stdout))
            lines.append(f"~/{folder}$ {self.stable(command)}\n{self.stable(done.stdout)}")
        self.parts.append(f"```console\n{''.join(lines)}```\n")

    def ran(self, command: str, folder: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a shell, with all that it prints in the order in which it prints it."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.root / folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )

    def page(self) -> str:
        """Return the page so far."""
        return "\n".join(self.parts)

    def stable(self, text: str) -> str:
        """Return a text with what differs from one time to the next replaced, as the head of the page says."""
        text = text.replace(str(self.root), "~").replace(self.commit, PLACEHOLDERS["COMMIT"])
        command = ["git", "-C", str(self.training), "rev-list", "--all", "--reverse", "--abbrev-commit"]
        made = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        for number, commit in enumerate(made.stdout.split(), 1):
            text = re.sub(rf"\b{commit}\b", f"{number:07}", text)
        return text


def install(session: Session) -> None:
    session.tell("## Installing\n\nIn the checkout of looplint:")
    command, _ = commands("The two commands")
    session.type(command, folder="looplint")


def refuse(session: Session) -> None:
    session.tell("## A hook, and a commit that it refuses\n\nThis is what is to be committed:")
    for name, text in FILES.items():
        (session.training / name).write_text(text)
    session.type("git init", "ls", *(f"cat {name}" for name in FILES if name.endswith(".py")))
    session.tell("The hook is configured and installed:")
    session.write(".pre-commit-config.yaml", Snippet("yaml", shown(HOOK, "yaml")))
    session.type(*commands(HOOK))
    session.tell("The first commit makes pre-commit install looplint for itself, and is refused:")
    session.type("git add --all", 'git commit --message "Train four networks"', ends=1)


def mend(session: Session) -> None:
    session.tell(
        "## Fixes\n\nTwo of the mistakes can be mended in one way only. The other two are left, with status 1:"
    )
    safe, look, unsafe = commands("Fixes")
    session.type(safe, ends=1)
    session.tell("What could be done about them, and doing it:")
    session.type(look, ends=1)
    session.type(unsafe)
    session.tell("All that has changed:")
    session.type("git diff")


def accept(session: Session) -> None:
    session.tell("## A commit that is accepted\n\nNothing is found any more:")
    session.type("git add --all", 'git commit --message "Train four networks"')


def continuous_integration(session: Session) -> None:
    session.tell("## The same in CI")
    written = session.write(".github/workflows/looplint.yml", Snippet("yaml", shown(CI, "yaml")))
    session.tell("What the job is to run, run here:")
    session.type(*(step["run"] for step in yaml.safe_load(written)["jobs"]["looplint"]["steps"] if "run" in step))
    session.tell("It finds nothing, so the workflow is committed:")
    session.type("git add --all", 'git commit --message "Check training loops in CI"', "git status")
    session.tell("And the second of the two commands:")
    _, check = commands("The two commands")
    session.type(check.replace("path/to/your/code", "."))


def walk(root: Path) -> Session:
    """Go all the way in a scratch folder.

    Raises:
        Failed: a command did not end as the page says, or README.md does not show what is to be typed.
    """
    session = Session(root)
    session.tell(HEAD.format(**PLACEHOLDERS).rstrip())
    for part in (install, refuse, mend, accept, continuous_integration):
        part(session)
    return session


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        try:
            walked = walk(Path(folder))
        except Failed as error:
            sys.exit(f"transcript: {error}")
    PAGE.write_text(walked.page(), encoding="utf-8")
