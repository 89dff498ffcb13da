"""The bad examples of the pages: which can be mended, each fix proven, and which not."""

from __future__ import annotations

import pytest

from looplint.rule import Example, Rule, catalogue
from tests.fixes.making import mended
from tests.rules.examples import PRELUDE

FIXABLE = ("LL101", "LL102", "LL103", "LL104", "LL110", "LL201", "LL202")

BAD = [
    (rule, example)
    for rule in catalogue().values()
    for example in rule.examples()
    if example.section == "Bad" and example.marked("source")
]

UNMENDED = {
    "missing-zero-grad: Another optimizer is cleared in its place",
    "step-before-backward: Nothing clears the gradients either",
    "step-before-backward: One step too many, before the backward",
    "step-before-backward: One step too many, at the top of the loop",
    "step-before-backward: The gradients are cleared at the end, and code that cannot be read has the optimizer",
    "optimizer-step-outside-batch-loop: The loop over the batches can be left early, and the step is repeated",
    "optimizer-step-outside-batch-loop: Together with the scheduler, and the clear has moved to the top",
    "zero-grad-before-step: In every turn, where the step is made in some",
    "zero-grad-before-step: In a helper that is called too late",
    "scheduler-before-optimizer: In one of two phases, at the top, as tutorials had it",
    "scheduler-step-in-batch-loop: For each batch, and once per epoch as well",
    "scheduler-step-in-batch-loop: A plateau that is measured on single batches",
}
"""Those of the fixable rules for which no fix is offered: a move alone would not do, or it is another function's."""


def title(rule: Rule, example: Example) -> str:
    """Return the rule and the line above an example."""
    above = rule.page.splitlines()[example.line - 2]
    return f"{rule.name}: {above.rstrip(':')}"


@pytest.mark.parametrize(("rule", "example"), BAD, ids=[title(*one) for one in BAD])
def test_a_fix_is_proven_or_not_offered(rule: Rule, example: Example) -> None:
    done = mended(example.code, rule.code, PRELUDE)
    assert (done is not None) == (rule.code in FIXABLE and title(rule, example) not in UNMENDED)


@pytest.mark.parametrize("rule", [one for one in catalogue().values() if one.code in FIXABLE], ids=lambda one: one.name)
def test_a_page_says_what_its_fix_does(rule: Rule) -> None:
    text = rule.page.partition("\n## Fix\n")[2]
    offered = {done[0] for one, example in BAD if one is rule and (done := mended(example.code, rule.code, PRELUDE))}
    assert offered
    assert "unsafe" in text  # of LL110 in programs of which the pages have none
    assert ("is safe" in text) == ("safe" in offered)
