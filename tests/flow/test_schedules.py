"""When schedulers move."""

from __future__ import annotations

import pytest

from looplint.model import Block, Cadence, LoopKind, Node, Optimizer
from tests.flow.build import (
    backward,
    batches,
    clear,
    condition,
    epochs,
    found,
    loop,
    ran,
    schedule,
    scheduler,
    step,
    store,
    when,
)

O = Optimizer("o")
PER_EPOCH, PER_STEP, UNKNOWN = (scheduler(O, cadence) for cadence in Cadence)


def update() -> tuple[Node, ...]:
    return clear(O), backward(), step(O)


def test_the_cadence_of_a_scheduler_is_its_loop() -> None:
    wrong = schedule(PER_EPOCH)
    assert found(epochs(batches(*update(), wrong))) == [("LL201", wrong)]
    assert found(epochs(batches(*update()), schedule(PER_EPOCH))) == []
    wrong = schedule(PER_STEP)
    assert found(epochs(batches(*update()), wrong)) == [("LL203", wrong)]
    assert found(epochs(batches(*update(), schedule(PER_STEP)))) == []


def test_a_scheduler_of_unknown_cadence_may_move_anywhere() -> None:
    assert found(epochs(batches(*update(), schedule(UNKNOWN)), schedule(UNKNOWN))) == []


def test_without_an_epoch_loop_nothing_tells_what_is_meant() -> None:
    assert found(batches(*update(), schedule(PER_EPOCH))) == []
    assert found(loop(*update(), schedule(PER_EPOCH))) == []


def test_an_explicit_epoch_may_be_given_per_batch() -> None:
    assert found(epochs(batches(*update(), schedule(PER_EPOCH, method="epoch")))) == []


def test_a_condition_that_varies_makes_it_every_so_often() -> None:
    varies = when(schedule(PER_EPOCH), on=condition("i"))
    assert found(epochs(batches(store("i"), *update(), varies, stores=frozenset(["i"])))) == []
    assert found(epochs(batches(*update(), when(schedule(PER_EPOCH))))) == []
    wrong = schedule(PER_EPOCH)
    fixed = when(wrong, on=condition("use_scheduler"))
    assert found(epochs(batches(*update(), fixed, stores=frozenset(["i"])))) == [("LL201", wrong)]


def test_a_run_shows_what_varies() -> None:
    sometimes = ran(Block((*update(), schedule(PER_EPOCH))), Block(update()))
    assert found(ran(Block((sometimes,)), kind=LoopKind.EPOCH)) == []
    first, second = schedule(PER_EPOCH), schedule(PER_EPOCH)
    always = ran(Block((*update(), first)), Block((*update(), second)))
    assert found(ran(Block((always,)), kind=LoopKind.EPOCH)) == [("LL201", first), ("LL201", second)]


def test_a_scheduler_that_moves_before_its_optimizer_steps() -> None:
    wrong = schedule(UNKNOWN)
    assert found(loop(wrong, *update())) == [("LL202", wrong)]
    wrong = schedule(UNKNOWN)
    assert found(loop(clear(O), backward(), wrong, step(O))) == [("LL202", wrong)]
    wrong = schedule(PER_EPOCH)
    assert found(epochs(wrong, batches(*update()))) == [("LL202", wrong)]


def test_a_scheduler_that_moves_behind_the_batches() -> None:
    assert found(epochs(batches(*update()), schedule(PER_EPOCH))) == []


@pytest.mark.parametrize("condition_", [None, condition("epoch")])
def test_a_condition_that_can_leave_out_the_first_turn(condition_: object) -> None:
    guarded = when(schedule(PER_EPOCH), on=condition_)  # type: ignore[arg-type]
    assert found(epochs(store("epoch"), guarded, batches(*update()), stores=frozenset(["epoch"]))) == []


def test_a_condition_that_never_changes_guards_nothing() -> None:
    wrong = schedule(PER_EPOCH)
    fixed = when(wrong, on=condition("use_scheduler"))
    assert found(epochs(fixed, batches(*update()), stores=frozenset(["epoch"]))) == [("LL202", wrong)]


def test_a_framework_moves_its_schedulers_when_it_will() -> None:
    assert found(loop(schedule(scheduler(O, managed=True)), *update())) == []


def test_a_scheduler_moved_on_to_where_the_training_was_left() -> None:
    assert found(loop(schedule(PER_EPOCH)), epochs(batches(*update()), schedule(PER_EPOCH))) == []


def test_a_step_that_may_have_been_skipped() -> None:
    assert found(loop(clear(O), backward(), step(O, certain=False), schedule(UNKNOWN), step(O))) == []


def test_a_scheduler_whose_optimizer_is_unknown_is_the_only_ones() -> None:
    wrong = schedule(scheduler(None, Cadence.UNKNOWN))
    assert found(loop(wrong, *update())) == [("LL202", wrong)]


def test_the_message_says_what_told_the_cadence() -> None:
    from looplint.judge import judge
    from looplint.rule import catalogue
    from tests.flow.build import function

    evident = scheduler(O, evidence="step_size=30")
    verdicts, _ = judge(function(epochs(batches(*update(), schedule(evident)))), catalogue().values())
    assert ["StepLR(step_size=30)" in verdict.violation.message for verdict in verdicts] == [True]
