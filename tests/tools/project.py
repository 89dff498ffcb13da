"""What the checkout consists of."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.tools import ROOT

PACKAGES = {"looplint": "looplint", "rules": "looplint.rules", "runtime_check": "looplint.runtime_check"}
"""Each folder that is installed, with the name it is installed under."""


def modules(root: Path = ROOT) -> Iterator[tuple[str, Path]]:
    """Yield (installed name, file) of every Python file that is installed, by path."""
    for folder, package in PACKAGES.items():
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root / folder).with_suffix("").parts
            yield ".".join([package, *(part for part in parts if part != "__init__")]), path


def sources(root: Path = ROOT) -> list[Path]:
    """Return the files of the checkout that git tracks or would track, by path; those that are text."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
        # A hook that runs the tests has set these for its own repository.
        env={name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    ).stdout
    paths = (root / name for name in sorted(set(listing.split("\0"))) if name)
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]


def copy(target: Path, root: Path = ROOT) -> Path:
    """Copy what a distribution is built from, so that no build leaves anything in the checkout; return `target`."""
    for folder in PACKAGES:
        shutil.copytree(root / folder, target / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, target / name)
    return target


def plain(target: Path, root: Path = ROOT) -> Path:
    """Copy the packages into `target`, laid out as installed; return `target`."""
    for folder, package in PACKAGES.items():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / folder, target / package.replace(".", "/"), ignore=ignored)
    return target
