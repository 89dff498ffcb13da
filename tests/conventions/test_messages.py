"""The style of what looplint says, on everything it says of the examples of all pages."""

from __future__ import annotations

import pytest

import looplint
from looplint.rule import Example, Rule, catalogue
from tests.rules.examples import PRELUDE, watched
from tests.tools import messages

EXAMPLES = [(one, example) for one in catalogue().values() for example in one.examples()]


def said(rule: Rule, example: Example) -> list[looplint.Finding]:
    if not rule.reads:
        pytest.importorskip("torch")
        return watched(example.code).findings
    return looplint.check_source(PRELUDE + example.code, filename="example.py")


@pytest.mark.parametrize(
    ("rule", "example"),
    EXAMPLES,
    ids=[f"{one.name}-{example.section}-{example.line}" for one, example in EXAMPLES],
)
def test_what_looplint_says_of_an_example_is_in_style(rule: Rule, example: Example) -> None:
    for finding in said(rule, example):
        assert messages.faults(finding.message) == []
        assert messages.faults(finding.help) == []
        assert [fault for related in finding.related for fault in messages.faults(related.message)] == []
        assert messages.QUOTED.search(finding.message), "a message names the user's own objects"


def test_every_rule_has_something_to_say() -> None:
    bad = [(one, example) for one, example in EXAMPLES if example.section == "Bad"]
    codes = {finding.code for one, example in bad for finding in said(one, example) if finding.code == one.code}
    assert codes == set(catalogue())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Gradients are never cleared",
        "gradients are never cleared.",
        "gradients are never cleared!",
        " gradients are never cleared",
        "gradients are\nnever cleared",
        "optimizer.step() applies old gradients",
        "call zero_grad in every turn",
        "`optimizer.step applies old gradients",
        "`optimizer.step()` TODO: what happens",
    ],
)
def test_a_fault_of_style_is_found(text: str) -> None:
    assert messages.faults(text) != []


def test_good_style_is_let_pass() -> None:
    assert messages.faults("`optimizer.step()` applies old gradients: nothing clears them") == []
    assert messages.faults("the next ones are added here") == []
