"""A finding stands where every path that arrives breaks the law."""

from __future__ import annotations

import pytest

from looplint import flow
from looplint.judge import judge
from looplint.model import Op, Optimizer
from looplint.rule import catalogue
from tests.flow.build import (
    backward,
    block,
    call,
    clear,
    clear_model,
    condition,
    either,
    event,
    found,
    function,
    loop,
    step,
    store,
    when,
)

O = Optimizer("o")


def test_one_path_that_clears_is_enough_to_be_silent() -> None:
    assert found(loop(when(clear(O)), backward(), step(O))) == []


def test_a_branch_that_never_clears_is_found_beside_one_that_does() -> None:
    bad, good = step(O), step(O)
    flag = condition("amp")
    first = block(backward(), bad)
    second = block(clear(O), backward(), good)
    assert found(loop(either(first, second, on=flag))) == [("LL101", bad)]


def test_the_same_condition_twice_is_the_same_branch() -> None:
    flag = condition("i")
    one = step(O)
    matched = loop(store("i"), when(clear(O), on=flag), backward(), when(one, on=flag), stores=frozenset(["i"]))
    assert found(matched) == []
    crossed = loop(
        store("i"),
        either(block(), block(clear(O)), on=flag),
        backward(),
        when(one, on=flag),
        clear(O),
        stores=frozenset(["i"]),
    )
    assert found(crossed) == []


def test_a_correlated_clear_that_never_serves_the_step() -> None:
    """The step runs only on the path on which nothing was cleared: both arms are told apart."""
    flag = condition("flag")
    one = step(O)
    assert found(loop(either(block(), block(clear(O)), on=flag), backward(), when(one, on=flag))) == [("LL101", one)]


def test_a_stored_name_forgets_the_condition() -> None:
    flag = condition("flag")
    one = step(O)
    arms = either(block(), block(clear(O)), on=flag)
    assert found(loop(store("flag"), arms, backward(), store("flag"), when(one, on=flag))) == []


def test_a_condition_of_the_loop_is_forgotten_in_the_next_turn() -> None:
    flag = condition("i")
    each = frozenset(["i"])
    assert found(loop(store("i"), backward(), when(step(O), clear(O), on=flag), stores=each)) == []
    assert found(loop(store("i"), when(clear(O), on=flag), backward(), step(O), stores=each)) == []


def test_a_condition_that_no_turn_stores_is_the_same_in_the_next() -> None:
    one = step(O)
    fixed = condition("flag")
    assert found(loop(backward(), either(block(one), block(step(O), clear(O)), on=fixed))) == [("LL101", one)]


def test_accumulation_that_clears_where_it_steps() -> None:
    assert found(loop(backward(), when(step(O), clear(O)))) == []


def test_accumulation_that_never_clears() -> None:
    one = step(O)
    assert found(loop(backward(), when(one))) == [("LL101", one)]
    assert found(clear(O), loop(loop(backward(), when(one)))) == [("LL101", one)]


def test_accumulation_that_clears_somewhere() -> None:
    assert found(loop(when(clear(O)), backward(), when(step(O)))) == []
    assert found(loop(backward(), when(step(O)), when(clear(O)))) == []


def test_the_arm_that_does_not_step_may_clear_for_the_one_that_does() -> None:
    """They may take turns: even ones clear, odd ones apply."""
    assert found(loop(either(block(clear(O)), block(backward(), step(O))))) == []
    assert found(loop(either(block(clear(O), backward()), block(backward(), step(O))))) == []
    one = step(O)
    assert found(loop(either(block(backward()), block(backward(), one)))) == [("LL101", one)]


def test_both_arms_step_and_only_one_clears_behind_it() -> None:
    other = step(O)
    assert found(loop(backward(), either(block(step(O), clear(O)), block(other)))) == [("LL101", other)]


@pytest.mark.parametrize("certain", [True, False])
def test_an_uncertain_clear_may_have_cleared(certain: bool) -> None:
    assert found(loop(clear(O, certain=certain), backward(), step(O))) == []


def test_an_uncertain_clear_may_not_have_erased() -> None:
    one = step(O)
    assert found(loop(backward(), clear(O, certain=True), one)) == [("LL104", one)]
    assert found(loop(backward(), clear(O, certain=False), step(O))) == []


def test_a_backward_that_an_uncertain_clear_may_have_left_alone() -> None:
    assert found(loop(clear(O, certain=False), backward())) == []
    assert found(loop(when(clear(O)), backward())) == []


def test_an_uncertain_backward_may_have_fed() -> None:
    assert found(loop(clear(O), step(O), backward(certain=False))) == []


def test_unseen_code_that_has_the_optimizer_may_clear() -> None:
    assert found(loop(event(Op.ESCAPE, O), backward(), step(O))) == []


def test_calls_are_read_where_they_are_made() -> None:
    one = step(O)
    assert found(loop(call(clear(O)), call(backward()), step(O))) == []
    assert found(loop(call(backward()), call(one))) == [("LL101", one)]


def test_one_calling_context_that_breaks_the_law_is_enough() -> None:
    bad = step(O)
    good = step(O)
    assert found(loop(clear(O), call(backward(), good)), loop(call(backward(), bad))) == [("LL101", bad)]


def test_a_model_that_cannot_be_resolved_is_its_own_where_there_is_but_one() -> None:
    assert found(loop(clear_model(), backward(), step(O))) == []
    one = step(O)
    assert found(loop(backward(), clear_model(), one)) == [("LL104", one)]


def test_a_function_with_too_many_ways_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = function(loop(backward(), step(O)))
    monkeypatch.setattr(flow, "BUDGET", 3)
    verdicts, unread = judge(whole, catalogue().values())
    assert verdicts == []
    assert unread == ["`o` is not judged: too many ways through train"]


def test_a_backward_is_not_judged_where_one_optimizer_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = function(loop(clear(O), backward()))
    assert [verdict.rule.code for verdict in judge(whole, catalogue().values())[0]] == ["LL105"]
    monkeypatch.setattr(flow, "BUDGET", 1)
    assert judge(whole, catalogue().values())[0] == []


def test_many_conditions_stay_within_the_budget() -> None:
    flags = [condition(f"flag{number}") for number in range(40)]
    one = step(O)
    branchy = [when(event(Op.OPAQUE), on=flag) for flag in [*flags, *flags]]
    assert found(loop(*branchy, backward(), one)) == [("LL101", one)]


def test_conditions_that_are_done_with_do_not_multiply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "BUDGET", 1_000)
    flags = [condition(f"flag{number}") for number in range(30)]
    one = step(O)
    twice = [when(event(Op.OPAQUE), on=flag) for flag in flags for _ in range(2)]
    assert found(*twice, backward(), loop(backward(), one)) == [("LL101", one)]


def test_a_condition_that_the_next_turn_tests_again_is_not_done_with() -> None:
    flag = condition("flag")
    assert found(loop(loop(when(clear(O), on=flag)), backward(), when(step(O), on=flag))) == []
