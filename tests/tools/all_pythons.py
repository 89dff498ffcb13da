"""Run the tests on every Python that looplint supports and this machine has: `python -m tests.tools.all_pythons`.

Each gets an environment under `build/`. torch comes into those where it is asked for, `TORCH_PYTHONS="3.11 3.12"`
(3.11 alone unless told otherwise); elsewhere the tests that need it are skipped and say so. Further arguments go to
pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.tools import ROOT

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
TORCH_PYTHONS = os.environ.get("TORCH_PYTHONS", "3.11").split()


def candidates(version: str) -> Iterator[Path]:
    """Yield the files that may be this Python: on the PATH, then among pyenv's."""
    if found := shutil.which(f"python{version}"):
        yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)


def interpreter(version: str) -> Path | None:
    """Return a Python of this version that runs (a shim of pyenv need not), or None."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    for path in candidates(version):
        answer = subprocess.run([path, "-c", ask], capture_output=True, text=True, check=False)
        if answer.stdout.strip() == version:
            return path
    return None


def run(home: Path, python: Path, requirements: list[str], arguments: list[str]) -> int:
    """Set up an environment and run the tests in it; return pytest's exit status.

    Arguments:
        home: where it is made, or lies already.
        python: what it is made of.
        requirements: what it gets besides looplint, as given to pip.
        arguments: for pytest.
    """
    own = home / "bin" / "python"
    if not own.exists():
        subprocess.run([python, "-m", "venv", home], check=True)
    subprocess.run([own, "-m", "pip", "install", "--quiet", *requirements], cwd=ROOT, check=True)
    return subprocess.run([own, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode


def main(arguments: list[str]) -> int:
    outcomes = {}
    for version in VERSIONS:
        python = interpreter(version)
        if python is None:
            outcomes[version] = "not found on this machine"
            continue
        print(f"== Python {version} ==", flush=True)
        extras = "dev,runtime" if version in TORCH_PYTHONS else "dev"
        requirements = ["--constraint", "constraints.txt", "--editable", f".[{extras}]"]
        status = run(ROOT / "build" / f"python{version}", python, requirements, arguments)
        outcomes[version] = "passed" if status == 0 else f"FAILED (pytest exited with {status})"
    for version, outcome in outcomes.items():
        print(f"Python {version}: {outcome}")
    return int(any(outcome.startswith("FAILED") for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
