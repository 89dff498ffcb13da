"""What becomes of the gradients of a backward, over all turns and all optimizers."""

from __future__ import annotations

import pytest

from looplint.model import Event, Node, Op, Optimizer
from tests.flow.build import BREAK, RETURN, backward, call, clear, epochs, event, found, jump, loop, step, when

A, O = Optimizer("a"), Optimizer("o")
D, G = Optimizer("d", frozenset([("here", "disc")])), Optimizer("g", frozenset([("here", "gen")]))


@pytest.mark.parametrize("op", [Op.ESCAPE, Op.REBIND])
def test_what_has_the_optimizer_behind_the_loop_finds_the_last_turn_only(op: Op) -> None:
    one = backward()
    assert found(loop(clear(O), one), event(op, O)) == [("LL105", one)]
    assert found(epochs(event(op, O), loop(clear(O), one))) == [("LL105", one)]
    assert found(epochs(event(op, O), loop(one, clear(O)))) == [("LL105", one)]
    assert found(epochs(loop(one, clear(O)), event(op, O))) == [("LL105", one)]


@pytest.mark.parametrize("op", [Op.ESCAPE, Op.READ])
def test_what_has_the_gradients_in_the_loop_has_those_of_every_turn(op: Op) -> None:
    assert found(loop(clear(O), backward(), event(op, O)), event(Op.ESCAPE, O)) == []
    assert found(loop(clear(O), backward(), loop(event(op, O)))) == []
    assert found(epochs(event(Op.READ, O), loop(clear(O), backward(), event(op, O)))) == []


def test_whoever_looks_at_the_gradients_of_the_last_turn_wants_them() -> None:
    assert found(loop(clear(O), backward()), event(Op.READ, O)) == []


def test_a_loop_that_a_turn_can_end_may_search_for_the_turn_that_counts() -> None:
    assert found(loop(clear(O), backward(), when(jump(BREAK))), event(Op.ESCAPE, O)) == []
    assert found(call(loop(clear(O), backward(), when(jump(RETURN)))), event(Op.ESCAPE, O)) == []


def test_a_jump_that_ends_something_else_does_not_end_the_loop() -> None:
    one = backward()
    assert found(loop(clear(O), one, loop(when(jump(BREAK)))), event(Op.ESCAPE, O)) == [("LL105", one)]
    assert found(loop(clear(O), one, call(when(jump(RETURN)))), event(Op.ESCAPE, O)) == [("LL105", one)]
    assert found(loop(clear(O), when(jump(BREAK)), one), event(Op.ESCAPE, O)) == [("LL105", one)]


def test_a_step_that_has_a_backward_of_its_own_is_not_there_for_the_last_turn_of_another_loop() -> None:
    one = backward()
    usual = loop(backward(), step(O), clear(O))
    assert found(loop(one, clear(O)), usual) == [("LL105", one)]
    assert found(epochs(loop(one, clear(O)), usual)) == [("LL105", one)]
    assert found(epochs(loop(clear(O), one), usual)) == [("LL105", one)]


def test_a_step_behind_the_loop_without_another_backward_applies_its_last_turn() -> None:
    one = step(O)
    assert found(loop(clear(O), backward()), one) == [("LL103", one)]
    assert found(epochs(step(O), loop(clear(O), backward()))) == []


def test_the_clear_of_the_loop_itself_counts_whichever_optimizer_was_built_first() -> None:
    """The other one clears in the outer loop: the critic of a WGAN that never steps."""
    for first, second in ((A, O), (O, A)):
        one = backward()
        built = [event(Op.BUILD, first), event(Op.BUILD, second)]
        assert found(*built, loop(loop(clear(O), one), clear(A), backward(), step(A))) == [("LL105", one)]


def test_an_optimizer_that_never_steps_beside_one_that_does() -> None:
    """The backward that another one follows has no step: the last may be there for both."""
    one = backward()
    assert found(event(Op.BUILD, D), loop(clear(G), clear(D), one, backward(), step(G))) == [("LL105", one)]
    last = backward()
    assert found(event(Op.BUILD, D), loop(clear(G), backward(), step(G), last, clear(D))) == [("LL105", last)]


def beside(*nodes: Node, twin: Optimizer = G) -> list[tuple[str, Event]]:
    """What is found where the discriminator's optimizer is cleared and does not step, with these events."""
    return found(event(Op.BUILD, D), loop(clear(twin), clear(D), backward(), backward(), step(twin), *nodes))


def test_an_optimizer_that_somebody_may_step_is_not_idle() -> None:
    assert [code for code, _ in beside()] == ["LL105"]
    assert beside(event(Op.ESCAPE, D)) == []
    assert beside(event(Op.ESCAPE, every=True)) == []
    assert beside(event(Op.REBIND, D)) == []
    assert beside(event(Op.READ, D)) == []
    assert beside(event(Op.WRITE, D)) == []
    assert beside(twin=Optimizer("unknown")) == []
    assert beside(twin=Optimizer("part", frozenset([("here", "disc", "head")]))) == []
    assert beside(twin=Optimizer("given", frozenset([("there", "net")]))) == []


def test_only_an_optimizer_that_is_built_in_sight_and_cleared_in_every_turn_is_idle() -> None:
    assert found(loop(clear(G), clear(D), backward(), backward(), step(G))) == []
    assert found(event(Op.BUILD, D), loop(clear(G), when(clear(D)), backward(), backward(), step(G))) == []
    assert found(event(Op.BUILD, D), loop(clear(G), clear(D, certain=False), backward(), backward(), step(G))) == []
    assert found(event(Op.BUILD, D), clear(D), loop(clear(G), backward(), backward(), step(G))) == []


def test_where_each_backward_has_its_step_the_other_network_is_only_kept_clean() -> None:
    assert found(event(Op.BUILD, D), loop(clear(G), clear(D), backward(), step(G))) == []


def test_gradients_that_are_cleared_now_and_then_and_never_applied() -> None:
    one = backward()
    assert found(event(Op.BUILD, O), loop(one, when(clear(O)))) == [("LL105", one)]
    assert found(event(Op.BUILD, O), clear(O), loop(one, when(clear(O)))) == [("LL105", one)]
    assert found(loop(backward(), when(clear(O)))) == []
    assert found(event(Op.BUILD, O), loop(backward(), when(clear(O))), event(Op.READ, O)) == []
    assert found(event(Op.BUILD, O), loop(backward(), when(clear(O))), step(O)) == []


def test_where_no_step_stands_anywhere_in_the_text_the_one_behind_the_backward_is_another_mistaken_for_it() -> None:
    still = Optimizer("d", D.networks, kind="Adam", moves=False)
    assert found(event(Op.BUILD, still), loop(clear(G), clear(still), backward(), step(G))) == []
    two, last = backward(), step(G)
    turn = [clear(G), backward(), step(G), clear(still), two, last]
    assert found(loop(*turn)) == [("LL105", two)]
    assert found(event(Op.BUILD, still), loop(*turn)) == [("LL105", two)]
    assert found(loop(*turn[:3], clear(still), clear(G), backward(), step(G))) == []
    unknown = Optimizer("d", D.networks, moves=False)
    assert found(loop(*turn[:3], clear(unknown), two, last)) == [("LL101", last)]
