"""What a rule can ask of the model."""

from __future__ import annotations

import pytest

from looplint.attribution import relation
from looplint.law import LAW, Gradients
from looplint.model import Block, LoopKind, Network, Op, Optimizer, Try
from tests.flow.build import (
    backward,
    batches,
    block,
    call,
    clear,
    condition,
    either,
    epochs,
    function,
    loop,
    loss,
    step,
    when,
)

A, O = Optimizer("a"), Optimizer("o")


def test_events_come_in_the_order_of_the_text() -> None:
    one, two, three, four, five, six = clear(O), backward(), step(O), loss(), clear(A), step(A)
    whole = function(one, loop(two, either(block(three), block(four))), Try(block(five), final=block(call(six))))
    assert list(whole.events()) == [one, two, three, four, five, six]
    assert list(whole.events(Op.STEP)) == [three, six]
    assert list(whole.events(Op.STEP, Op.BACKWARD)) == [two, three, six]
    assert list(whole.events(Op.READ)) == []


def test_what_follows_ends_with_the_turn() -> None:
    before, one, two, after = clear(O), backward(), step(O), step(A)
    inner = loop(before, when(one), two)
    function(inner, after)
    assert list(one.following()) == [two]
    assert list(one.following_in(None)) == [two, after]
    assert list(one.following(Op.BACKWARD)) == []
    assert list(inner.following()) == [after]
    assert list(after.following()) == []


def test_what_follows_in_an_outer_loop() -> None:
    one, two, three = backward(), step(O), step(A)
    inner = loop(one, two)
    outer = loop(inner, three)
    function(outer, clear(O))
    assert list(one.following_in(inner)) == [two]
    assert list(one.following_in(outer)) == [two, three]


def test_loops_stand_innermost_first() -> None:
    one = backward()
    inner = batches(when(one))
    middle = loop(inner)
    outer = epochs(middle)
    assert one.loops() == [inner, middle, outer]
    assert inner.outer(LoopKind.EPOCH) is outer
    assert inner.outer(LoopKind.BATCH) is None
    assert outer.outer(LoopKind.EPOCH) is None


def test_a_loop_owns_what_stands_in_no_loop_inside_it() -> None:
    one, two, three = backward(), step(O), clear(O)
    inner = loop(one)
    outer = loop(inner, call(when(two)), three)
    assert list(outer.own()) == [two, three]
    assert list(outer.own(Op.STEP, Op.BACKWARD)) == [two]
    assert outer.has(Op.BACKWARD, A)
    assert outer.has(Op.STEP, O)
    assert not outer.has(Op.STEP, A)
    assert outer.body is outer.turns[0]


def test_a_loop_that_was_never_turned_has_an_empty_body() -> None:
    from tests.flow.build import ran

    assert ran().body.nodes == ()
    assert list(function(ran()).events()) == []


def test_the_conditions_around_an_event() -> None:
    one = step(O)
    inner, outer = when(one, on=condition("i")), condition("flag")
    whole = loop(when(inner, on=outer), stores=frozenset(["i"]))
    beyond = when(whole)
    function(beyond)
    assert [branch.condition for branch in one.conditions(whole)] == [condition("i"), outer]
    assert list(one.conditions(inner)) == []
    assert len(list(one.conditions(beyond))) == 2
    assert [branch.varies_in(whole) for branch in one.conditions(whole)] == [True, False]
    assert beyond.varies_in(whole)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("here", "net"), ("here", "net"), True),
        (("here", "net"), ("here", "net", "head"), True),
        (("here", "net", "head"), ("here", "net"), True),
        (("here", "net", "head"), ("here", "net", "body"), False),
        (("here", "net"), ("here", "other"), False),
        (("here", "net"), ("there", "net"), None),
        (("object 1",), ("object 2",), False),
        (("object 1",), ("object 1", "net"), True),
        (("object 1",), ("object 2", "net"), None),
    ],
)
def test_how_two_networks_are_related(one: Network, other: Network, same: bool | None) -> None:
    assert relation(one, other) is same
    assert relation(other, one) is same


@pytest.mark.parametrize("op", LAW)
def test_the_law_has_an_answer_for_every_state(op: Op) -> None:
    assert set(LAW[op]) == set(Gradients)


@pytest.mark.parametrize(
    ("ops", "end"),
    [
        ([Op.BACKWARD], Gradients.FRESH),
        ([Op.BACKWARD, Op.BACKWARD], Gradients.FRESH),
        ([Op.BACKWARD, Op.STEP], Gradients.USED),
        ([Op.BACKWARD, Op.STEP, Op.CLEAR], Gradients.CLEAN),
        ([Op.BACKWARD, Op.STEP, Op.BACKWARD], Gradients.MIXED),
        ([Op.BACKWARD, Op.STEP, Op.BACKWARD, Op.CLEAR], Gradients.ERASED),
        ([Op.BACKWARD, Op.CLEAR], Gradients.ERASED),
        ([Op.BACKWARD, Op.CLEAR, Op.BACKWARD], Gradients.FRESH),
        ([Op.BACKWARD, Op.READ, Op.CLEAR], Gradients.CLEAN),
        ([Op.WRITE, Op.BACKWARD], Gradients.READ),
        ([Op.BACKWARD, Op.CHANGE, Op.STEP, Op.BACKWARD, Op.CHANGE], Gradients.MIXED),
        ([Op.STEP, Op.CHANGE, Op.BACKWARD], Gradients.READ),
        ([Op.WRITE, Op.CLEAR], Gradients.CLEAN),
        ([Op.STEP, Op.BUILD], Gradients.CLEAN),
        ([Op.BACKWARD, Op.BUILD], Gradients.FRESH),
        ([Op.ESCAPE, Op.BACKWARD], Gradients.ESCAPED),
        ([Op.ESCAPE, Op.WRITE], Gradients.ESCAPED),
        ([Op.ESCAPE, Op.CLEAR], Gradients.CLEAN),
        ([Op.ESCAPE, Op.STEP], Gradients.USED),
        ([Op.STEP, Op.REBIND, Op.BACKWARD], Gradients.FRESH),
    ],
)
def test_the_law(ops: list[Op], end: Gradients) -> None:
    state = Gradients.UNKNOWN
    for op in ops:
        state = LAW[op][state]
    assert state is end


def test_a_block_knows_where_it_stands() -> None:
    one = backward()
    body = Block((one,))
    whole = function(body)
    assert list(one.ancestors()) == [body, whole.body, whole]
