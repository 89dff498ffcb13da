"""From events made by hand to loops, turns and findings."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from looplint.runtime_check.folding import folded, steady
from looplint.runtime_check.history import DISTINCT, LONGEST, History
from looplint.runtime_check.places import Spot
from looplint.runtime_check.turns import Item, Open

from looplint.model import Block, Event, Loop, LoopKind, Op, Optimizer
from looplint.rule import catalogue

EPOCH, BATCH, OTHER = LoopKind.EPOCH, LoopKind.BATCH, LoopKind.OTHER
RULES = [rule for rule in catalogue().values() if rule.runs]


class Run:
    """A history that is told what happens, in few words."""

    def __init__(self) -> None:
        self.history = History(RULES)
        self.optimizer = Optimizer("optimizer")

    def spot(self, line: int, text: str = "") -> Spot:
        return Spot("<hand>", line, 1, line, 2, text)

    def at(self, *lines: int, op: Op = Op.BACKWARD, certain: bool = True) -> None:
        """Something happens on each of these lines."""
        for line in lines:
            number = self.history.numbers.get((op, line))
            if number is None:
                event = Event(op, self.spot(line), op.value, frozenset([self.optimizer]), certain=certain)
                number = self.history.learn((op, line), event)
            self.history.add(number)

    def over(self, loader: int, *turns: list[int | tuple[Op, int]]) -> None:
        """A pass over a loader with these turns."""
        one = self.history.enter(loader, self.spot(0))
        for turn in turns:
            self.history.batch(one)
            for item in turn:
                self.at(item) if isinstance(item, int) else self.at(item[1], op=item[0])
        self.history.leave(one)

    def shape(self) -> list[object]:
        self.history.close()
        return shape(self.history.function().body)

    def found(self) -> set[tuple[str, int, int]]:
        """Return the codes with their lines, and how often each was seen."""
        self.history.close()
        return {
            (code, self.history.events[number].place.line, times) for (code, number), _, times in self.history.faults()
        }  # type: ignore[attr-defined]


def shape(block: Block) -> list[object]:
    """Return the lines of a block; a loop as its kind with its turns."""
    out: list[object] = []
    for node in block.nodes:
        if isinstance(node, Loop):
            out.append((node.kind, *map(shape, node.turns)))
        elif isinstance(node, Event):
            out.append(node.place.line)  # type: ignore[attr-defined]
    return out


# -- loops -------------------------------------------------------------------------------------------------------------


def test_events_that_come_once_are_no_loop() -> None:
    run = Run()
    run.at(1, 2)
    assert run.shape() == [1, 2]


def test_a_pass_is_a_loop_over_batches() -> None:
    run = Run()
    run.at(1)
    run.over(7, [2], [2])
    run.at(3)
    assert run.shape() == [1, (BATCH, [2], [2]), 3]
    loops = [node for node in run.history.function().body.nodes if isinstance(node, Loop)]
    assert [loop.loader for loop in loops] == [True]


def test_turns_that_are_alike_are_kept_once() -> None:
    run = Run()
    run.over(7, *[[2]] * 100, [2, 3], *[[2]] * 100)
    assert run.shape() == [(BATCH, [2], [2], [2, 3], [2])]  # two are entered with less known


def test_several_passes_over_one_loader_are_epochs() -> None:
    run = Run()
    run.at(1)
    for _ in range(5):
        run.over(7, [2])
        run.at(3)
    kind, *turns = run.shape()[1]  # type: ignore[misc]
    assert kind is EPOCH
    assert all(turn == [(BATCH, [2]), 3] for turn in turns)


def test_what_stands_at_the_top_of_an_epoch_begins_it() -> None:
    run = Run()
    for _ in range(3):
        run.at(1)
        run.over(7, [2])
    first, (kind, *turns) = run.shape()  # type: ignore[misc]
    assert first == 1
    assert kind is EPOCH
    assert turns[-2:] == [[(BATCH, [2]), 1], [(BATCH, [2])]]


def test_passes_for_validation_stand_in_the_epoch() -> None:
    run = Run()
    for _ in range(3):
        run.over(7, [2])
        run.over(8, [3])
    kind, *turns = run.shape()[0]  # type: ignore[misc]
    assert kind is EPOCH
    assert [(BATCH, [2]), (BATCH, [3])] in turns


def test_a_pass_in_a_turn_of_another_is_a_loop_in_a_loop() -> None:
    run = Run()
    outer = run.history.enter(7, run.spot(0))
    for _ in range(3):
        run.history.batch(outer)
        run.at(1)
        run.over(8, [2], [2])
    run.history.leave(outer)
    ((kind, first, *_),) = run.shape()  # type: ignore[misc]
    assert kind is BATCH
    assert first[0] == 1
    assert first[1][0] is BATCH


def test_a_place_that_is_reached_again_is_a_loop() -> None:
    run = Run()
    run.at(1, 2, 3, 2, 3, 2, 3)
    first, (kind, *turns) = run.shape()  # type: ignore[misc]
    assert first == 1
    assert kind is OTHER
    assert all(turn == [2, 3] for turn in turns)


def test_two_things_on_one_line_are_no_loop() -> None:
    run = Run()
    run.at(1)
    run.at(1, op=Op.STEP)
    assert run.shape() == [1, 1]


def test_micro_batches_are_a_loop_in_the_turn() -> None:
    run = Run()
    run.over(7, [(Op.CLEAR, 1), 2, 2, 2, 2, (Op.STEP, 3)])
    assert run.shape() == [(BATCH, [1, (OTHER, [2], [2], [2, 3])])]


def test_how_often_an_inner_loop_turns_is_nothing_new() -> None:
    run = Run()
    run.over(7, *([(Op.CLEAR, 1), *[2] * times, (Op.STEP, 3)] for times in (2, 5, 9, 3)))
    ((_, *turns),) = run.shape()  # type: ignore[misc]
    assert len(turns) <= 2


@pytest.mark.parametrize(
    ("items", "kept"),
    [
        ((1, 2, 3), (1, 2, 3)),
        ((1, 2, 2, 2, 2, 2, 3), (1, 2, 2, 2, 3)),
        ((1, 2, 1, 2, 1, 2, 1, 2), (1, 2, 1, 2)),
        ((1, 2, 3, 3, 3, 3, 2, 3, 3, 3), (1, 2, 3, 3, 2, 3, 3)),
    ],
)
def test_what_comes_again_and_again_is_kept_twice(items: tuple[int, ...], kept: tuple[int, ...]) -> None:
    assert steady(items, lambda _: None) == kept


def test_a_turn_begins_with_a_loader_that_is_gone_over_again() -> None:
    loaders = {10: 0, 11: 1, 12: 1}
    items: list[Item] = [(10, 0), 5, 6, (11, 1), 5, (12, 2), 5]
    found = folded(items, lambda item: None if isinstance(item, int) else loaders[item[0]])
    assert found == [(10, 0), 5, 6, [((11, 1), 5), ((12, 2), 5)]]


# -- findings ----------------------------------------------------------------------------------------------------------

UPDATE = [(Op.BACKWARD, 2), (Op.STEP, 3)]
RIGHT = [(Op.CLEAR, 1), *UPDATE]


def test_a_right_loop_has_no_fault() -> None:
    run = Run()
    run.over(7, *[RIGHT] * 9)
    assert run.found() == set()
    assert not run.history.suspect


def test_a_fault_is_counted_by_its_turns() -> None:
    run = Run()
    run.over(7, *[UPDATE] * 9)
    assert run.found() == {("LL101", 3, 8)}
    assert run.history.suspect


def test_a_fault_counts_only_where_all_was_looked_at() -> None:
    run = Run()
    run.history.closely = False
    run.over(7, *[UPDATE] * 9)
    assert run.found() == {("LL101", 3, 0)}


def test_what_comes_behind_turns_that_were_passed_over_is_unknown() -> None:
    run = Run()
    one = run.history.enter(7, run.spot(0))
    for _ in range(9):
        run.history.batch(one)
        for op, line in UPDATE:
            run.at(line, op=op)
        run.history.skip()
    assert run.found() == set()


def test_a_step_that_is_not_certain_applies_nothing_for_sure() -> None:
    run = Run()
    one = run.history.enter(7, run.spot(0))
    for _ in range(9):
        run.history.batch(one)
        run.at(2)
        run.at(3, op=Op.STEP, certain=False)
    assert run.found() == set()


# -- bounds ------------------------------------------------------------------------------------------------------------


def test_a_loop_that_never_repeats_itself_is_given_up() -> None:
    run = Run()
    run.over(7, *([100 + index, (Op.STEP, 3)] for index in range(3 * DISTINCT)))
    run.history.close()
    assert run.history.given_up
    assert len(run.history._turns) <= DISTINCT + 1


def test_a_turn_that_is_too_long_is_none() -> None:
    run = Run()
    one: Open = run.history.enter(7, run.spot(0))
    run.history.batch(one)
    for _ in range(LONGEST):
        run.at(1, 2)
    assert len(run.history.since) <= LONGEST
    run.history.leave(one)
    assert run.found() == set()


def test_a_pass_that_is_never_ended_ends_with_what_is_around_it() -> None:
    run = Run()
    outer = run.history.enter(7, run.spot(0))
    for _ in range(3):
        run.history.batch(outer)
        inner = run.history.enter(8, run.spot(0))
        run.history.batch(inner)
        run.at(1)
    assert run.history.open[-1] is inner
    run.history.batch(outer)
    assert run.history.open[-1] is outer
    run.history.close()
    assert run.history.open == [run.history.root]
