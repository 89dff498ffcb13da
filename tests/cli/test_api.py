"""looplint as a library."""

from __future__ import annotations

import types
from importlib.metadata import version
from pathlib import Path

import pytest

import looplint
from looplint import Finding, InternalError, Location, Related, Span, check_paths, check_source
from looplint.selection import UnknownRule
from tests.cli.fake import LOOP, Tree


def expected(name: str) -> Finding:
    backward = Span(name, Location(2, 13), Location(2, 23))
    return Finding(
        "LL101",
        "missing-zero-grad",
        "`optimizer.step()` is wrong",
        Span(name, Location(3, 5), Location(3, 21)),
        "write it right",
        (Related(backward, "added to here"),) if name else (),
    )


def test_a_text() -> None:
    found = check_source(LOOP)
    assert [(one.code, one.filename, one.line, one.noqa_row) for one in found] == [("LL101", "<string>", 3, 3)]
    assert check_source(LOOP.replace("\n", "\r\n"), "b.py")[0].span == Span("b.py", Location(3, 5), Location(3, 21))
    assert check_source("a = 1\n") == []
    assert check_source(LOOP, select=["LL2"]) == []
    assert check_source(LOOP, ignore=["missing-zero-grad"]) == []
    assert [one.code for one in check_source("scheduler.step()", preview=True)] == ["LL204"]
    assert [one.code for one in check_source(".step")] == ["LL001"]


def test_a_text_that_cannot_be_judged(world: types.SimpleNamespace) -> None:
    cause = RecursionError("too deep")

    def fail(*_: object) -> None:
        raise cause

    world.judge = fail
    with pytest.raises(InternalError, match=r"^b\.py: internal error: RecursionError: too deep$") as raised:
        check_source(LOOP, "b.py")
    assert raised.value.__cause__ is cause


def test_an_unknown_rule() -> None:
    with pytest.raises(UnknownRule, match=r"^`select`: unknown rule `X1`$"):
        check_source("", select=["X1"])


def test_paths(tree: Tree, tmp_path: Path) -> None:
    tree({"d/b.py": LOOP, "d/a.py": LOOP, "looplint.toml": "ignore = ['ALL']"})
    assert [one.filename for one in check_paths(["d", tmp_path / "gone"])] == [
        str(tmp_path / "gone"),
        "d/a.py",
        "d/b.py",
    ]
    assert check_paths([Path("d")], select=["LL105"]) == []
    assert check_paths(["d/a.py"], ignore=["LL101"]) == []


def test_paths_are_all_read_before_a_defect_is_raised(tree: Tree, world: types.SimpleNamespace) -> None:
    seen = []

    def fail(_: str, filename: str, *__: object) -> None:
        seen.append(filename)
        raise ValueError("boom")

    tree({"a.py": LOOP, "b.py": LOOP})
    world.judge = fail
    with pytest.raises(InternalError, match=r"^a\.py: internal error: ValueError: boom$"):
        check_paths(["."])
    assert seen == ["a.py", "b.py"]


def test_the_version_is_that_of_the_distribution() -> None:
    assert looplint.__version__ == version("looplint")
    assert not hasattr(looplint, "nothing_of_the_kind")
    with pytest.raises(AttributeError, match=r"^module 'looplint' has no attribute 'nothing'$"):
        looplint.nothing  # noqa: B018
