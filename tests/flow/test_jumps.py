"""Statements that leave a block early, and the blocks that run all the same."""

from __future__ import annotations

from looplint.model import Optimizer, Try
from tests.flow.build import (
    BREAK,
    CONTINUE,
    RAISE,
    RETURN,
    backward,
    batches,
    block,
    call,
    clear,
    epochs,
    found,
    jump,
    loop,
    step,
    when,
)

O = Optimizer("o")


def test_a_continue_leaves_out_the_clear_behind_it() -> None:
    assert found(loop(when(clear(O), jump(CONTINUE)), backward(), step(O))) == []
    one = step(O)
    assert found(loop(backward(), one, jump(CONTINUE), clear(O))) == [("LL101", one)]


def test_a_break_before_the_clear_leaves_the_loop() -> None:
    assert found(loop(backward(), step(O), when(jump(BREAK)), clear(O))) == []
    one = step(O)
    assert found(loop(backward(), one, jump(BREAK), clear(O)), clear(O)) == []
    assert found(epochs(batches(backward(), one, jump(BREAK), clear(O)))) == [("LL101", one)]


def test_a_continue_of_the_inner_loop_is_no_continue_of_the_outer() -> None:
    assert found(loop(loop(jump(CONTINUE), backward()), clear(O), backward(), step(O))) == []


def test_nothing_runs_behind_a_return() -> None:
    assert found(backward(), jump(RETURN), clear(O), step(O)) == []
    assert found(loop(backward(), step(O), when(jump(RETURN)), clear(O))) == []


def test_a_return_in_a_helper_ends_the_helper_only() -> None:
    one = step(O)
    assert found(loop(call(backward(), jump(RETURN), clear(O)), one)) == [("LL101", one)]
    assert found(loop(call(when(jump(RETURN)), clear(O)), backward(), step(O))) == []


def test_a_return_in_a_loop_of_a_helper_leaves_the_loop() -> None:
    assert found(loop(call(loop(when(clear(O), jump(RETURN)), jump(RETURN))), backward(), step(O))) == []
    one = step(O)
    assert found(loop(call(loop(jump(RETURN)), clear(O)), backward(), one)) == [("LL101", one)]


def test_a_loop_without_any_event_may_still_leave_the_function() -> None:
    one = step(O)
    assert found(backward(), clear(O), loop(jump(RETURN)), step(O)) == []
    assert found(backward(), clear(O), loop(when(jump(BREAK))), one) == [("LL104", one)]
    assert found(backward(), clear(O), loop(call(jump(RETURN))), one) == [("LL104", one)]


def test_a_raise_leaves_the_function() -> None:
    assert found(loop(backward(), step(O), jump(RAISE), clear(O))) == []


def test_a_handler_starts_from_every_state_of_its_body() -> None:
    assert found(loop(Try(block(clear(O), backward()), (block(clear(O)),)), step(O), clear(O))) == []
    assert found(loop(backward(), Try(block(step(O)), (block(),)))) == []
    assert found(loop(Try(block(backward()), (block(clear(O), jump(CONTINUE)),)), step(O))) == []


def test_a_step_that_a_jump_passes_by_has_a_first_time_in_every_turn() -> None:
    one, other, last = step(O), step(O), step(O)
    assert found(loop(when(jump(CONTINUE)), backward(), one)) == [("LL101", one)]
    assert found(loop(call(when(jump(RETURN)), backward(), other))) == [("LL101", other)]
    assert found(loop(Try(block(backward()), (block(jump(CONTINUE)),)), last)) == [("LL101", last)]
    assert found(loop(when(jump(CONTINUE)), backward(), step(O), clear(O))) == []
    assert found(loop(when(jump(CONTINUE)), clear(O), backward(), step(O))) == []


def test_what_passes_a_step_by_may_clear() -> None:
    assert found(loop(when(clear(O), jump(CONTINUE)), backward(), step(O))) == []
    assert found(loop(when(backward(), clear(O), jump(CONTINUE)), backward(), step(O))) == []


def test_a_handler_that_leaves_the_function_hides_nothing() -> None:
    one = step(O)
    assert found(loop(backward(), Try(block(one), (block(jump(RETURN)),)))) == [("LL101", one)]


def test_a_handler_that_clears_what_the_body_has_computed() -> None:
    assert found(loop(Try(block(backward(), step(O)), (block(),)), clear(O))) == []


def test_what_is_raised_is_caught() -> None:
    lost = backward()
    assert found(loop(Try(block(lost, jump(RAISE)), (block(),)), clear(O))) == [("LL105", lost)]
    one = step(O)
    assert found(loop(Try(block(jump(RAISE)), (block(backward()),)), clear(O), one)) == [("LL104", one)]


def test_a_final_block_runs_on_every_way_out() -> None:
    guarded = Try(block(backward(), step(O), when(jump(CONTINUE))), final=block(clear(O)))
    assert found(loop(guarded)) == []
    one = step(O)
    unguarded = Try(block(backward(), one, jump(CONTINUE)), orelse=block(clear(O)), final=block())
    assert found(loop(unguarded)) == [("LL101", one)]


def test_a_final_block_that_breaks_the_law_itself() -> None:
    one = step(O)
    assert found(loop(Try(block(backward(), jump(RETURN)), final=block(clear(O), one)))) == [("LL104", one)]


def test_the_else_of_a_try_runs_where_nothing_was_raised() -> None:
    assert found(loop(Try(block(backward()), (block(),), orelse=block(step(O), clear(O))))) == []
