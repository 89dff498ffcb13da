"""The pytest plugin: `looplint_watch` watches the training of a test, and fails the test on a finding.

pytest imports this file in every run of whoever has looplint installed, so it imports nothing that is not needed: torch
and the rest of looplint come with the first test that is watched.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from looplint.runtime_check import Watch

OPTION = "looplint_watch"
UNWATCHED = "looplint_unwatched"

WATCH: pytest.StashKey[Watch] = pytest.StashKey()
"""The watch of a test that has one."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(OPTION, "watch the training loops of every test, and fail those with findings", "bool", False)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{UNWATCHED}: {OPTION} = true leaves this test alone (looplint)")


@pytest.fixture
def looplint_watch(request: pytest.FixtureRequest) -> Generator[Watch, None, None]:
    """Watch what the test trains; the test fails where the order of gradients, optimizer and schedule is broken."""
    from looplint.runtime_check import watch

    with watch(exact=True, on_violation="collect") as watched:
        request.node.stash[WATCH] = watched
        yield watched


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Run a test; it fails on a finding unless it fails already."""
    call_off = _watch_all(item) if _wanted(item) else None
    try:
        result = yield
    except BaseException:
        found = _end(item, call_off)
        if found:
            item.add_report_section("call", "looplint", found)
        raise
    found = _end(item, call_off)
    if found:
        pytest.fail(found, pytrace=False)
    return result


def _wanted(item: pytest.Item) -> bool:
    return bool(item.config.getini(OPTION)) and item.get_closest_marker(UNWATCHED) is None and WATCH not in item.stash


def _watch_all(item: pytest.Item) -> Callable[[], None]:
    """Watch a test from its first import of torch on; return what calls that off."""
    from looplint.runtime_check.late import when_imported

    def begin() -> None:
        from looplint.runtime_check import watch

        item.stash[WATCH] = watch(exact=True, on_violation="collect")

    return when_imported("torch", begin)


def _end(item: pytest.Item, call_off: Callable[[], None] | None) -> str:
    """End the watch of a test and return what it found, as text."""
    if call_off is not None:
        call_off()
    if WATCH not in item.stash:
        return ""
    from pathlib import Path

    from looplint.runtime_check.output import lines_of
    from looplint.runtime_check.results import relative

    from looplint.report import FORMATS

    watched = item.stash[WATCH]
    del item.stash[WATCH]
    watched.close()
    findings = relative(watched.findings, Path.cwd())
    return FORMATS["full"](findings, lines_of(Path.cwd()), False).rstrip()
