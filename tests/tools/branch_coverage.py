"""Fail where the tests take too few branches: `python -m tests.tools.branch_coverage 95`.

`coverage report --fail-under` mixes lines and branches into one number; this looks at the branches alone, and at the
linter and the rules apart, since either could hide behind the other.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PARTS = ("looplint", "rules")


def shares(report: dict[str, dict[str, dict[str, dict[str, int]]]]) -> dict[str, tuple[int, int]]:
    """Return (taken, all) branches of each part, from a report of `coverage json`."""
    found = dict.fromkeys(PARTS, (0, 0))
    for filename, data in report["files"].items():
        part = Path(filename).parts[0]
        if part in found:
            taken, total = found[part]
            summary = data["summary"]
            found[part] = taken + summary["covered_branches"], total + summary["num_branches"]
    return found


def measured() -> Any:
    """Return the report of the last measurement."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        subprocess.run([sys.executable, "-m", "coverage", "json", "--quiet", "-o", path], check=True)
        return json.loads(path.read_text())


def main(floor: float) -> int:
    status = 0
    for part, (taken, total) in shares(measured()).items():
        percent = 100 * taken / total if total else 100.0
        status |= percent < floor
        print(f"{part}: {taken} of {total} branches taken, {percent:.1f} % (at least {floor:g} %)")
    return status


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
