"""What holds for all tests."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

_numbers = itertools.count()


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all caches."""
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def cache(caches: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test: what one replaces for its purpose must not reach another, nor the user's."""
    home = caches / str(next(_numbers))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    return home / "looplint"
