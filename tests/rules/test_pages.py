"""Every example of every page is linted and run with real torch; both report exactly the marked lines."""

from __future__ import annotations

import pytest

from looplint.rule import Example, Rule, catalogue
from tests.rules.examples import Spoken, linted, ran

RULES = list(catalogue().values())
EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples()]

every_example = pytest.mark.parametrize(
    ("rule", "example"), EXAMPLES, ids=[f"{rule.name}-{example.section}-{example.line}" for rule, example in EXAMPLES]
)


def marked(rule: Rule, example: Example, reader: str) -> Spoken:
    return {(rule.code, line) for line in example.marked(reader)}


@every_example
def test_the_source_is_reported_as_marked(rule: Rule, example: Example) -> None:
    assert linted(example.code) == marked(rule, example, "source")


@every_example
def test_the_run_is_reported_as_marked(rule: Rule, example: Example) -> None:
    pytest.importorskip("torch")
    spoken = ran(example.code)
    if not rule.runs:  # what it finds has consequences, and those are all that a run shows
        spoken = {(code, line) for code, line in spoken if code == rule.code}
    assert spoken == marked(rule, example, "run")


@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.runs], ids=lambda rule: rule.name)
def test_a_rule_that_no_run_can_tell_marks_nothing_for_the_run(rule: Rule) -> None:
    assert [line for example in rule.examples() for line in example.marked("run")] == []


LOOP = """\
for x, y in loader:
    {zero}
    loss_fn(model(x), y).backward()
    optimizer.step(){mark}
"""
UNMARKED = LOOP.format(zero="pass", mark="")
MARKED = LOOP.format(zero="pass", mark="  # error")
WRONGLY_MARKED = LOOP.format(zero="optimizer.zero_grad()", mark="  # error")
SOURCE_ONLY = LOOP.format(zero="pass", mark="  # error: source only")
RUN_ONLY = LOOP.format(zero="pass", mark="  # error: run only")


@pytest.mark.parametrize(
    ("code", "fails"),
    [
        (MARKED, set()),
        (UNMARKED, {"source", "run"}),
        (WRONGLY_MARKED, {"source", "run"}),
        (SOURCE_ONLY, {"run"}),
        (RUN_ONLY, {"source"}),
    ],
)
def test_an_example_that_is_marked_wrongly_fails(code: str, fails: set[str]) -> None:
    pytest.importorskip("torch")
    rule, example = catalogue()["LL101"], Example(code, "Bad", 0)
    failed = set()
    for reader, test in (
        ("source", test_the_source_is_reported_as_marked),
        ("run", test_the_run_is_reported_as_marked),
    ):
        try:
            test(rule, example)
        except AssertionError:
            failed.add(reader)
    assert failed == fails


def test_an_example_that_cannot_run_fails() -> None:
    pytest.importorskip("torch")
    with pytest.raises(NameError):
        ran("undefined()")
