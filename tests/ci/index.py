"""Whether pip reaches a package index, which some tests here need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def need_index(folder: Path) -> None:
    """Skip the test if pip cannot download a small package.

    Arguments:
        folder: an empty one to download it into.
    """
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries", "1", "--timeout", "20"]
    probe = subprocess.run([*pip, "--dest", folder, "click"], capture_output=True, text=True, check=False)
    if probe.returncode:
        pytest.skip(f"pip reaches no package index: {probe.stderr.strip().splitlines()[-1]}")
