"""What must hold of every model, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplint.flow import Walk
from looplint.judge import judge
from looplint.model import Block, Event, Function, Jump, JumpKind, Loop, LoopKind, Node, Op, Optimizer, Try
from looplint.rule import catalogue
from looplint.state import States
from tests.flow.build import backward, block, clear, condition, either, event, loop, loss, step, when

A, O = Optimizer("a"), Optimizer("o")
RULES = list(catalogue().values())

KINDS = st.sampled_from(LoopKind)

steady = settings(deadline=None, derandomize=True)
"""The same models each time, however slow the machine is."""


def codes(body: Block) -> set[tuple[str, object]]:
    verdicts, _ = judge(Function("train", body), RULES)
    return {(verdict.rule.code, verdict.violation.at.place) for verdict in verdicts}


def nests(leaves: st.SearchStrategy[list[Node]]) -> st.SearchStrategy[Block]:
    """Blocks of these leaves, in any nest of loops, branches and tries; nothing leaves early."""

    def inside(blocks: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
        flags = st.none() | st.builds(condition, st.sampled_from("ijk"))
        looped = st.builds(lambda one, kind, ends: loop(one, kind=kind, endless=ends), blocks, KINDS, st.booleans())
        parts = (
            looped
            | st.builds(lambda one, two, flag: either(one, two, on=flag), blocks, blocks, flags)
            | st.builds(lambda one, two: Try(one, (two,)), blocks, blocks)
            | blocks
        )
        return st.lists(parts, min_size=1, max_size=3).map(lambda nodes: block(*nodes))

    return st.recursive(leaves.map(lambda nodes: block(*nodes)), inside, max_leaves=6)


def update() -> list[Node]:
    return [clear(O), backward(), step(O)]


def anything() -> st.SearchStrategy[list[Node]]:
    certain = st.booleans()
    one = (
        st.builds(lambda sure: clear(O, certain=sure), certain)
        | st.builds(lambda sure: backward(certain=sure), certain)
        | st.builds(lambda: step(O))
        | st.builds(lambda: step(A))
        | st.builds(loss)
        | st.sampled_from([Op.READ, Op.WRITE, Op.CHANGE, Op.ESCAPE, Op.BUILD, Op.REBIND, Op.OPAQUE]).map(
            lambda op: event(op, O)
        )
        | st.sampled_from(JumpKind).map(lambda kind: when(Jump(kind)))
    )
    return st.lists(one, max_size=4)


@steady
@given(nests(st.builds(update)))
def test_clear_backward_step_is_right_in_every_nest(body: Block) -> None:
    assert codes(body) == set()


@steady
@given(nests(st.builds(lambda: [backward(), step(O), clear(O)])))
def test_backward_step_clear_is_right_in_every_nest(body: Block) -> None:
    assert codes(body) == set()


@steady
@given(nests(anything()), st.data())
def test_what_is_less_certain_is_no_reason_for_a_step_to_be_reported(body: Block, data: st.DataObject) -> None:
    """What follows of a clear that may have happened follows of one that has, and of none at all."""
    clears = [one for one in body.events(Op.CLEAR) if one.certain]
    if not clears:
        return
    one = data.draw(st.sampled_from(clears))
    before = steps(body)
    one.certain = False
    assert steps(body) <= before & steps_without(body, one)


def steps(body: Block) -> set[tuple[str, object]]:
    """What the rules that are shown steps say, each on its own."""
    verdicts = [
        verdict
        for code in ("LL101", "LL102", "LL104")
        for verdict in judge(Function("train", body), [catalogue()[code]])[0]
    ]
    return {(verdict.rule.code, verdict.violation.at.place) for verdict in verdicts}


def steps_without(body: Block, one: Event) -> set[tuple[str, object]]:
    kept, one.op = one.op, Op.LOSS
    try:
        return steps(body)
    finally:
        one.op = kept


@steady
@given(nests(anything()))
def test_every_model_is_judged(body: Block) -> None:
    assert all(code in catalogue() for code, _ in codes(body))


@steady
@given(nests(anything()))
def test_a_program_is_judged_the_same_twice(body: Block) -> None:
    assert codes(body) == codes(body)


@steady
@given(st.lists(st.sampled_from(["clear", "backward", "step"]), min_size=1, max_size=4), st.integers(2, 4))
def test_a_run_and_its_source_agree(names: list[str], count: int) -> None:
    """Without branches source and run say the same of the same loop, the second turn on."""
    make = {"clear": lambda: clear(O), "backward": lambda: backward(O), "step": lambda: step(O)}
    body = Block(tuple(make[name]() for name in names))
    turns = [Block(tuple(copied(one) for one in body.nodes)) for _ in range(count)]
    source = codes(block(Loop((body, body), 0)))
    run = codes(block(Loop(tuple(turns), 0)))
    assert source == run


def copied(node: Node) -> Event:
    assert isinstance(node, Event)
    return Event(node.op, node.place, node.text, node.optimizers)


@steady
@given(nests(anything()))
def test_a_state_has_a_bit_for_each_loop_around(body: Block) -> None:
    class Spy(Walk):
        def _event(self, event: Event, states: States) -> States:
            assert {len(bits) for one in states for bits in (one.fed, one.stepped)} == {len(self._loops) + 1}
            return super()._event(event, states)

    Spy(Function("train", body), O, lambda _: None)


@steady
@given(nests(anything()))
def test_what_is_known_of_a_condition_is_no_use_behind_its_last_test(body: Block) -> None:
    told = codes(body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Walk, "_last_tested", lambda _: {})
        assert codes(body) == told
