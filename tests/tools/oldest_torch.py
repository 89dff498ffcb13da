"""Run the tests of the runtime with the oldest torch that looplint supports: `python -m tests.tools.oldest_torch`.

It gets an environment under `build/`. On Linux the index may have that torch with several GB of CUDA packages only. The
version is the one that pyproject.toml names; arguments go to pytest.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.tools import ROOT
from tests.tools.all_pythons import run

FLOOR = re.compile(r'"torch>=([\d.]+)"')
TESTS = ("tests/runtime_check", "tests/rules", "tests/gpu")


def oldest() -> str:
    """Return the version of torch that pyproject.toml asks for at least."""
    found = FLOOR.search((ROOT / "pyproject.toml").read_text())
    assert found is not None, "pyproject.toml names no oldest torch"
    return found[1]


def main(arguments: list[str]) -> int:
    version = oldest()
    home = ROOT / "build" / f"torch{version}"
    home.mkdir(parents=True, exist_ok=True)
    others = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("torch==")]
    constraints = home / "constraints.txt"
    constraints.write_text("\n".join([f"torch=={version}", *others]))
    requirements = ["--constraint", str(constraints), "--editable", ".[dev,runtime]"]
    return run(home, Path(sys.executable), requirements, ["-n", "auto", "--dist", "loadfile", *TESTS, *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
