"""A rule file that cannot be used stops the program, and says where and why."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from looplint.rule import BrokenRule, Uncalled, Violation, catalogue, load, rule

HEAD = """\
from __future__ import annotations
from collections.abc import Iterator
from looplint.rule import Step, Violation, rule

"""
GOOD = '''\
@rule("LL900")
def a_good_rule(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    Finds nothing
    at all. More.
    """
    yield from ()
'''
BROKEN = {
    "code": (GOOD.replace("LL900", "LL90"), "5: rule `a_good_rule` has the code `LL90`; a code is LL and three digits"),
    "no parameter": (
        GOOD.replace("step: Step", ""),
        "5: rule `a_good_rule` takes 0 parameters; it must take one, annotated with one of "
        "Step, ScheduleStep, Backward, Loop, Uncalled, Untrained, Outsiders",
    ),
    "no annotation": (
        GOOD.replace("step: Step", "step"),
        "5: rule `a_good_rule` must annotate `step` with one of "
        "Step, ScheduleStep, Backward, Loop, Uncalled, Untrained, Outsiders",
    ),
    "another annotation": (
        GOOD.replace("step: Step", "step: int"),
        "5: rule `a_good_rule` must annotate `step` with one of "
        "Step, ScheduleStep, Backward, Loop, Uncalled, Untrained, Outsiders",
    ),
    "an unknown annotation": (
        GOOD.replace("step: Step", "step: Stepp"),
        "5: rule `a_good_rule` has an annotation that cannot be resolved: name 'Stepp' is not defined",
    ),
    "no page": (
        '@rule("LL900")\ndef bare(step: Step) -> Iterator[Violation]:\n    yield from ()\n',
        "5: rule `bare` has no docstring; the docstring is its page",
    ),
    "no rule": ("x = 1\n", "1: holds 0 rules; a rule file holds one"),
    "two rules": (GOOD + GOOD.replace("a_good", "another"), "1: holds 2 rules; a rule file holds one"),
    "no python": ("x = (\n", "5: '(' was never closed"),
    "an error": ("def f():\n    return 1 / 0\n\nf()\n", "6: cannot be imported: ZeroDivisionError: division by zero"),
    "an error of its own making": (
        "import not_there_at_all\n",
        "5: cannot be imported: ModuleNotFoundError: No module named 'not_there_at_all'",
    ),
}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that can be imported as `one_rule`."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "one_rule.py"
    sys.modules.pop("one_rule", None)


def test_a_good_file_holds_its_rule(written: Path) -> None:
    written.write_text(HEAD + GOOD)
    one = load("one_rule")
    assert (one.code, one.name, one.source, one.preview) == ("LL900", "a-good-rule", written, False)
    assert one.summary == "Finds nothing at all."
    assert one.examples() == []


@pytest.mark.parametrize(("text", "why"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told(written: Path, text: str, why: str) -> None:
    written.write_text(HEAD + text)
    with pytest.raises(BrokenRule) as broken:
        load("one_rule")
    assert str(broken.value) == f"{written}:{why}"


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(BrokenRule, match=r"^not_there_at_all:1: cannot be imported: ModuleNotFoundError: "):
        load("not_there_at_all")


@pytest.mark.parametrize("change", [("LL900", "LL101"), ("a_good_rule", "missing_zero_grad")])
def test_a_rule_is_given_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str]) -> None:
    name = f"zz_{change[1]}"
    (tmp_path / f"{name}.py").write_text(HEAD + GOOD.replace(*change))
    rules = importlib.import_module("looplint.rules")
    monkeypatch.setattr(rules, "__path__", [*rules.__path__, str(tmp_path)])
    original = catalogue()["LL101"].source
    with pytest.raises(BrokenRule) as broken:
        catalogue.__wrapped__()
    sys.modules.pop(f"looplint.rules.{name}", None)
    assert str(broken.value) == f"{tmp_path / name}.py:1: repeats the code or the name of {original}"


def test_a_page_is_taken_as_it_is_indented() -> None:
    @rule("LL901", preview=True)
    def one(uncalled: Uncalled) -> Iterator[Violation]:
        """
        ## What it does
        One.

        ## Bad
        ```python
        a.step  # error
        b.step  # error: source only
        c.step  # error: run only
        ```
        """
        yield from ()

    made = one.__looplint_rule__  # type: ignore[attr-defined]
    (example,) = made.examples()
    assert made.preview
    assert made.page == dedent(one.__doc__ or "").strip() + "\n"
    assert (example.section, example.line) == ("Bad", 5)
    assert (example.marked("source"), example.marked("run")) == ({1, 2}, {1, 3})
