"""Check the types of everything that is installed: `python -m tests.tools.typecheck`.

mypy does not see through the mapping of the folders in pyproject.toml: given the checkout it passes over errors in
`rules/` in silence. So it is given a plain copy, laid out as installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.tools import ROOT, project


def check(root: Path, site: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Install the packages of `root` into `site` and run mypy on them.

    Arguments:
        root: a checkout, or a copy of its sources.
        site: a folder for the plain copy; what it holds is removed first.
        cache: mypy's cache.
    """
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as build:
        # Built elsewhere: setuptools would put files that `build/` still holds from last time into the wheel.
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
        subprocess.run([*pip, "--target", site, project.copy(Path(build), root)], check=True)
    mypy = [sys.executable, "-m", "mypy", "--config-file", root / "pyproject.toml", "--cache-dir", cache, "looplint"]
    # The current directory comes first on mypy's path, so it must be the copy.
    return subprocess.run(mypy, cwd=site, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    result = check(ROOT, ROOT / "build" / "site", ROOT / ".mypy_cache")
    print(result.stdout, end="")
    print(result.stderr, end="", file=sys.stderr)
    sys.exit(result.returncode)
