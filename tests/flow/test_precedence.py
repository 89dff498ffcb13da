"""One mistake, one finding."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from looplint.judge import PRECEDENCE, judge
from looplint.law import Step, Uncalled
from looplint.model import Event, Node, Op, Optimizer
from looplint.rule import Rule, Violation
from tests.flow.build import backward, batches, clear, epochs, event, found, function, loop, loss, step

A, O = Optimizer("a"), Optimizer("o")


def objecting(code: str, *events: Event) -> Rule:
    """A rule that objects to each of these steps."""

    def check(shown: Step) -> Iterator[Violation]:
        if shown.event in events:
            yield Violation("no", at=shown.event, optimizer=shown.optimizer)

    return Rule(code, code.lower(), Step, check, "", Path())


def spoken(rules: list[Rule], *nodes: Node) -> list[tuple[str, Any]]:
    return [(verdict.rule.code, verdict.violation.at) for verdict in judge(function(*nodes), rules)[0]]


@pytest.mark.parametrize(("ahead", "behind"), [pair for row in PRECEDENCE for pair in combinations(row, 2)])
def test_of_two_rules_the_first_speaks(ahead: str, behind: str) -> None:
    one = step(O)
    rules = [objecting(behind, one), objecting(ahead, one)]
    assert spoken(rules, loop(one)) == [(ahead, one)]


@pytest.mark.parametrize("code", [code for row in PRECEDENCE for code in row])
def test_a_rule_that_stands_outside_is_silenced_by_none(code: str) -> None:
    one = step(O)
    assert spoken([objecting(code, one), objecting("LL202", one)], loop(one)) == [(code, one), ("LL202", one)]


def test_rows_do_not_silence_one_another() -> None:
    one = step(O)
    assert spoken([objecting("LL101", one), objecting("LL604", one)], loop(one)) == [("LL101", one), ("LL604", one)]


def test_two_optimizers_are_two_mistakes() -> None:
    one, other = step(A), step(O)
    rules = [objecting("LL104", one), objecting("LL101", other)]
    assert spoken(rules, loop(one, other)) == [("LL104", one), ("LL101", other)]


def test_two_loops_are_two_mistakes() -> None:
    one, other = step(O), step(O)
    rules = [objecting("LL104", one), objecting("LL101", other)]
    assert spoken(rules, loop(one), loop(other)) == [("LL104", one), ("LL101", other)]


def test_one_nest_of_loops_is_one_mistake() -> None:
    inner, outer = step(O), step(O)
    rules = [objecting("LL104", inner), objecting("LL101", outer)]
    assert spoken(rules, loop(loop(inner), outer)) == [("LL104", inner)]
    rules = [objecting("LL104", outer), objecting("LL101", inner)]
    assert spoken(rules, loop(loop(inner), outer)) == [("LL104", outer)]


def test_a_mistake_outside_of_all_loops_is_another_one() -> None:
    inner, outer = step(O), step(O)
    rules = [objecting("LL102", outer), objecting("LL106", inner)]
    assert spoken(rules, loop(inner), outer) == [("LL106", inner), ("LL102", outer)]
    assert spoken(rules, outer, loop(inner)) == [("LL102", outer), ("LL106", inner)]
    rules = [objecting("LL102", outer), objecting("LL101", other := step(O))]
    assert spoken(rules, outer, other) == [("LL102", outer)]


def test_one_place_of_a_helper_that_is_called_inside_and_outside_of_a_loop_is_one_mistake() -> None:
    inner = step(O)
    outer = Event(Op.STEP, inner.place, inner.text, inner.optimizers)
    rules = [objecting("LL102", inner), objecting("LL104", outer)]
    assert spoken(rules, loop(inner), outer) == [("LL102", inner)]


def test_a_step_behind_the_loop_silences_what_it_explains_in_there() -> None:
    """It is about the first backward of the loop: the second and the clear belong to the same mistake."""
    one = step(O)
    assert found(loop(clear(O), backward(), clear(O), backward()), one) == [("LL103", one)]


def test_a_missing_backward_is_not_a_late_one_of_something_else_behind_the_loop() -> None:
    inner, outer = step(O), step(O)
    assert found(event(Op.BUILD, O), loop(clear(O), loss(), inner), outer, backward()) == [
        ("LL106", inner),
        ("LL102", outer),
    ]


def test_findings_stand_in_the_order_of_the_text() -> None:
    first, second = step(O), step(A)
    assert spoken([objecting("LL102", second), objecting("LL101", first)], loop(first, second)) == [
        ("LL101", first),
        ("LL102", second),
    ]


def test_an_uncalled_method_silences_its_optimizer_only() -> None:
    named = event(Op.UNCALLED, O, method="zero_grad")
    other = step(A)
    assert found(loop(named, clear(A), backward(), step(O), step(A))) == [("LL110", named)]
    assert found(loop(named, backward(), step(O), other)) == [("LL110", named), ("LL101", other)]


def test_an_uncalled_method_of_a_model_silences_every_optimizer() -> None:
    named = event(Op.UNCALLED, every=True, method="zero_grad")
    assert found(loop(named, backward(), step(O))) == [("LL110", named)]


def test_an_uncalled_method_silences_what_follows_from_it() -> None:
    named = event(Op.UNCALLED, O, method="step")
    assert found(loop(clear(O), backward(), named)) == [("LL110", named)]


def test_a_step_behind_the_batches_is_the_mistake_and_not_the_clear_in_them() -> None:
    one = step(O)
    assert found(epochs(batches(backward(), clear(O)), one)) == [("LL103", one)]


def test_the_order_is_the_mistake_and_not_the_missing_clear() -> None:
    one = step(O)
    assert found(loop(one, backward())) == [("LL102", one)]


def test_gradients_thrown_away_are_not_missing() -> None:
    one = step(O)
    assert found(loop(loss(), backward(), clear(O), one)) == [("LL104", one)]


def test_a_missing_backward_is_told_from_one_that_comes_late() -> None:
    one = step(O)
    assert found(loop(clear(O), loss(), one, backward())) == [("LL102", one)]
    assert found(loop(clear(O), loss(), one)) == [("LL106", one)]


def test_only_those_that_are_asked_are_heard() -> None:
    def uncalled(shown: Uncalled) -> Iterator[Violation]:
        yield Violation("no", at=shown.event)

    named = event(Op.UNCALLED, O)
    rules = [Rule("LL110", "ll110", Uncalled, uncalled, "", Path())]
    assert spoken(rules, loop(named, backward(), step(O))) == [("LL110", named)]
