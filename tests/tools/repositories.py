"""Git repositories for tests: one that pre-commit and pip can install looplint from, and commands in those of users."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.tools import ROOT, project


def environment(**settings: str) -> dict[str, str]:
    """Return variables for a command, without what a hook that runs the tests has set for its own repository.

    Arguments:
        settings: variables besides.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "NO_COLOR": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        own |= {f"GIT_{who}_NAME": "Ann", f"GIT_{who}_EMAIL": "ann@example.org"}
    return inherited | own | settings


def called(*command: str | Path, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; the settings are those of `environment`."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def must(*command: str | Path, cwd: Path, **settings: str) -> str:
    """Run a command that has to succeed, and return what it prints."""
    done = called(*command, cwd=cwd, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commit_checkout(folder: Path) -> str:
    """Make a repository with the files of this checkout as they are now, and return the hash of its only commit.

    Arguments:
        folder: an empty one, or one to be made.
    """
    for path in project.sources():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    must("git", "init", "--quiet", cwd=folder)
    must("git", "add", "--all", cwd=folder)
    must("git", "commit", "--quiet", "--message", "looplint", cwd=folder)
    return must("git", "rev-parse", "HEAD", cwd=folder).strip()
