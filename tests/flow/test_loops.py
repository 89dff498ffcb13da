"""Gradients as they pass from one turn of a loop to the next."""

from __future__ import annotations

import pytest

from looplint.model import Block, Loop, Op, Optimizer
from tests.flow.build import (
    BREAK,
    backward,
    batches,
    clear,
    epochs,
    event,
    found,
    function,
    jump,
    loop,
    loss,
    ran,
    step,
    when,
)

A, O = Optimizer("a"), Optimizer("o")


def test_a_clear_in_each_turn_is_right_wherever_it_stands() -> None:
    assert found(loop(clear(O), backward(), step(O))) == []
    assert found(loop(backward(), step(O), clear(O))) == []
    assert found(loop(loss(), clear(O), backward(), step(O))) == []


def test_gradients_that_are_never_cleared() -> None:
    one = step(O)
    assert found(loop(backward(), one)) == [("LL101", one)]


def test_a_clear_per_epoch_does_not_serve_the_batches() -> None:
    one = step(O)
    assert found(epochs(clear(O), batches(backward(), one))) == [("LL101", one)]


def test_a_clear_before_the_loop_does_not_serve_its_turns() -> None:
    one = step(O)
    assert found(clear(O), loop(backward(), one)) == [("LL101", one)]


def test_micro_batches_are_added_up() -> None:
    assert found(loop(clear(O), loop(backward()), step(O))) == []
    assert found(loop(loop(backward()), step(O), clear(O))) == []


def test_micro_batches_that_are_never_cleared() -> None:
    one = step(O)
    assert found(loop(loop(backward()), one)) == [("LL101", one)]


def test_one_shot_code_outside_any_loop_may_apply_gradients_twice() -> None:
    assert found(backward(), step(O), backward(), step(O)) == []


def test_the_step_before_the_backward() -> None:
    one = step(O)
    assert found(loop(clear(O), one, backward())) == [("LL102", one)]
    assert found(loop(one, backward(), clear(O))) == [("LL102", one)]


def test_the_step_before_the_backward_in_a_helper_that_has_no_loop() -> None:
    one = step(O)
    assert found(clear(O), one, backward()) == [("LL102", one)]


def test_a_step_that_primes_a_scheduler_comes_before_no_backward_meant_for_it() -> None:
    assert found(clear(O), step(O), loop(clear(O), backward(), step(O))) == []
    assert found(event(Op.BUILD, O), step(O), epochs(batches(clear(O), backward(), step(O)))) == []


def test_a_step_that_finds_nothing_leaves_nothing_behind() -> None:
    """It does not make the next gradients a sum: the first step of the loop is right."""
    assert found(event(Op.BUILD, O), step(O), loop(backward(), step(O), clear(O))) == []
    assert found(clear(O), step(O), loop(backward(), step(O), clear(O))) == []


def test_what_wraps_round_in_the_third_turn_only() -> None:
    """The first step finds nothing, the second is a turn late, the third is added to what the second applied."""
    one = step(O)
    assert found(event(Op.BUILD, O), loop(one, backward())) == [("LL102", one)]


def test_a_step_that_applies_what_the_turn_before_has_gathered() -> None:
    assert found(loop(step(O), clear(O), backward())) == []


def test_gradients_thrown_away() -> None:
    one = step(O)
    assert found(loop(backward(), clear(O), one)) == [("LL104", one)]
    assert found(backward(), clear(O), one) == [("LL104", one)]


def test_no_backward_in_the_loop() -> None:
    one = step(O)
    assert found(loop(clear(O), loss(), one)) == [("LL106", one)]


def test_no_backward_in_a_function_that_clears_nothing_either() -> None:
    one = step(O)
    assert found(loop(loss(), one)) == [("LL106", one)]
    assert found(event(Op.BUILD, O), loop(loss(), one)) == [("LL106", one)]


def test_a_search_along_one_gradient_steps_on_it_again() -> None:
    assert found(clear(O), backward(), loop(step(O), loss())) == []


def test_a_loss_of_another_loop_needs_no_backward() -> None:
    assert found(clear(O), step(O), loop(loss())) == []
    assert found(loop(clear(O), step(O), loop(loss()))) == []


def test_a_loop_without_a_loss_or_a_backward_is_somebody_elses() -> None:
    assert found(loop(clear(O), step(O))) == []


@pytest.mark.parametrize("op", [Op.WRITE, Op.ESCAPE])
def test_gradients_written_by_hand_or_by_unseen_code_need_no_backward(op: Op) -> None:
    assert found(loop(clear(O), loss(), event(op, O), step(O))) == []


def test_a_clear_takes_back_what_unseen_code_may_have_computed() -> None:
    one = step(O)
    assert found(epochs(event(Op.ESCAPE, O), loop(clear(O), loss(), one))) == [("LL106", one)]
    assert found(loop(event(Op.ESCAPE, O), clear(O), loss(), one)) == [("LL106", one)]
    assert found(epochs(event(Op.ESCAPE, O), loop(loss(), clear(O), one, backward()))) == [("LL102", one)]


def test_a_clear_takes_it_back_outside_of_loops_too() -> None:
    one = step(O)
    assert found(event(Op.ESCAPE, O), clear(O), loss(), one) == [("LL106", one)]
    assert found(event(Op.ESCAPE, O), clear(O), one, backward()) == [("LL102", one)]
    assert found(event(Op.ESCAPE, O), backward(), clear(O), one) == [("LL104", one)]
    assert found(event(Op.ESCAPE, O), loss(), one) == found(backward(), event(Op.ESCAPE, O), clear(O), one) == []


def test_what_is_computed_behind_a_step_and_cleared_at_once_was_meant_for_it() -> None:
    """Whatever unseen code has done before, nobody has these gradients."""
    unseen, one, two = event(Op.ESCAPE, O), step(O), step(O)
    assert found(unseen, one, backward(), clear(O)) == [("LL102", one)]
    assert found(loop(unseen, two, backward(), clear(O))) == [("LL102", two)]
    assert found(unseen, step(O), backward()) == []
    assert found(unseen, step(O), backward(), event(Op.READ, O), clear(O)) == []
    assert found(unseen, step(O), backward(), event(Op.OPAQUE, every=True), clear(O)) == []
    assert found(unseen, step(O), backward(), when(clear(O))) == []
    assert found(unseen, step(O), backward(), clear(O, certain=False)) == []
    assert found(unseen, step(O), when(backward()), clear(O)) == []
    assert found(unseen, backward(), step(O), clear(O)) == []
    assert found(unseen, step(O), backward(), clear(O), backward(), step(A)) == []


def test_where_nothing_clears_unseen_code_may_have_computed_what_is_applied() -> None:
    assert found(epochs(event(Op.ESCAPE, O), loop(loss(), step(O)))) == []
    assert found(epochs(event(Op.ESCAPE, O), loop(loss(), step(O), clear(O, certain=False)))) == []


def test_unseen_code_may_have_run_the_backward() -> None:
    assert found(loop(clear(O), loss(), event(Op.OPAQUE, every=True), step(O))) == []


def test_unseen_code_without_data_runs_no_backward_of_a_loss_that_comes_later() -> None:
    one, two = step(O), step(O)
    idle = event(Op.OPAQUE, every=True, certain=False)
    assert found(loop(clear(O), idle, loss(), one)) == [("LL106", one)]
    assert found(loop(clear(O), when(idle), loss(), two)) == [("LL106", two)]
    assert found(loop(clear(O), loss(), idle, step(O))) == []
    assert found(loop(clear(O), idle, event(Op.OPAQUE, every=True), loss(), step(O))) == []
    assert found(loop(clear(O), idle, event(Op.LOSS, every=True, certain=False), step(O))) == []
    assert found(loop(clear(O), idle, when(loss()), step(O))) == []


def test_gradients_that_nothing_applies() -> None:
    one = backward()
    assert found(loop(clear(O), one)) == [("LL105", one)]
    assert found(loop(one, clear(O))) == [("LL105", one)]


@pytest.mark.parametrize("op", [Op.READ, Op.ESCAPE])
def test_gradients_that_somebody_uses_need_no_step(op: Op) -> None:
    assert found(loop(clear(O), backward(), event(op, O))) == []


def test_a_backward_for_each_batch_and_a_step_behind_them() -> None:
    one = step(O)
    assert found(epochs(batches(clear(O), backward()), one)) == [("LL103", one)]
    assert found(epochs(batches(backward()), one, clear(O))) == [("LL103", one)]


def test_the_last_step_of_an_accumulation() -> None:
    assert found(epochs(batches(backward(), when(step(O), clear(O))), step(O), clear(O))) == []


def test_a_loop_that_is_not_over_a_loader_may_gather() -> None:
    assert found(epochs(clear(O), loop(backward()), step(O))) == []


@pytest.mark.parametrize("op", [Op.WRITE, Op.ESCAPE])
def test_what_is_done_by_hand_in_the_loop_may_be_all_there_is_to_do(op: Op) -> None:
    assert found(epochs(batches(clear(O), backward(), event(op, O)), step(O))) == []


@pytest.mark.parametrize("op", [Op.WRITE, Op.BACKWARD])
def test_gradients_that_come_behind_the_loop_are_those_that_are_applied(op: Op) -> None:
    assert found(epochs(batches(backward()), clear(O), event(op, O), step(O), clear(O))) == []


def test_a_clear_that_is_not_certain_does_not_make_a_loop_one_of_batches() -> None:
    one = step(O)
    assert found(epochs(loop(clear(O), backward()), one)) == [("LL103", one)]
    assert found(epochs(loop(clear(O, certain=False), backward()), one)) == []


def test_a_backward_of_another_optimizer_is_none_of_this_ones() -> None:
    assert found(epochs(batches(clear(A), backward(A), step(A)), backward(O), step(O), clear(O))) == []
    assert found(epochs(backward(O), batches(clear(A), backward(A), step(A)), step(O), clear(O))) == []


def test_an_optimizer_that_is_built_in_each_turn_starts_anew() -> None:
    assert found(loop(event(Op.BUILD, O), backward(), step(O))) == []


def test_an_optimizer_that_is_built_in_each_epoch_is_the_same_for_its_batches() -> None:
    one = step(O)
    assert found(epochs(event(Op.BUILD, O), batches(backward(), one))) == [("LL101", one)]
    assert found(epochs(event(Op.BUILD, O), batches(clear(O), backward(), step(O)))) == []


def test_an_optimizer_whose_variable_is_stored_is_another_one() -> None:
    assert found(loop(event(Op.REBIND, O), backward(), step(O))) == []


def test_what_runs_behind_a_loop_that_was_not_left() -> None:
    one = step(O)
    orelse = Block((clear(O), one))
    body = Block((clear(O), backward()))
    whole = Loop((body, body), 0, orelse=orelse)
    assert found(backward(), step(A), whole) == [("LL104", one)]


def test_a_step_behind_a_loop_that_searches_for_its_last_turn() -> None:
    leave = when(jump(BREAK))
    assert found(epochs(loop(clear(O), backward(), leave), step(O))) == []
    one, two, three = step(O), step(O), step(O)
    assert found(epochs(loop(backward(), leave, clear(O)), one)) == [("LL103", one)]
    assert found(epochs(batches(clear(O), backward(), when(jump(BREAK))), two)) == [("LL103", two)]
    assert found(epochs(loop(clear(O), backward(), loop(when(jump(BREAK)))), three)) == [("LL103", three)]
    four = step(O)
    assert found(epochs(loop(clear(O), when(jump(BREAK)), backward()), four)) == [("LL103", four)]


def test_an_endless_loop_ends_nowhere() -> None:
    one = backward()
    assert found(loop(clear(O), one, endless=True), step(O)) == [("LL105", one)]


def test_an_endless_loop_is_left_by_a_break() -> None:
    assert found(loop(clear(O), backward(), when(jump(BREAK)), endless=True), step(O)) == []


def test_an_inner_loop_runs_at_least_once() -> None:
    assert found(loop(loop(clear(O)), backward(), step(O))) == []


def test_a_run_is_walked_once_and_each_turn_is_its_own() -> None:
    first, second = step(O), step(O)
    turns = [Block((clear(O), backward(), first)), Block((backward(), second))]
    assert found(ran(*turns)) == [("LL101", second)]


def test_a_run_leaves_its_loop_behind_the_last_turn_only() -> None:
    whole = ran(Block((clear(O), backward(), step(O))), Block((clear(O), backward())))
    one = step(O)
    assert found(whole, clear(O), one) == [("LL104", one)]
    assert found(ran(Block((backward(),)), Block((step(O),))), backward(), clear(O)) == []


def test_loops_are_listed_outermost_first() -> None:
    inner = loop(backward())
    outer = loop(inner, step(O))
    other = loop(clear(O))
    assert function(outer, loop(), other).all_loops() == [outer, inner, other]
