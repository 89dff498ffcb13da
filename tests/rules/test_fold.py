"""From the log of a run to its loops."""

from __future__ import annotations

from looplint.model import Block, Event, Loop, LoopKind, Op
from tests.fold import Chain, Happening, Item, Pass, fold, passes


def at(*lines: int, op: Op = Op.BACKWARD) -> Happening:
    chain: Chain = lines
    return Happening(Event(op, lines[-1]), chain)


def over(loader: int, *turns: list[Item]) -> Pass:
    return Pass(loader, place=0, turns=list(turns))


def shape(block: Block) -> list[object]:
    """Return the places of a block; a loop as its kind with its turns."""
    out: list[object] = []
    for node in block.nodes:
        if isinstance(node, Loop):
            out.append((node.kind, *(shape(turn) for turn in node.turns)))
        elif isinstance(node, Event):
            out.append(node.place)
    return out


EPOCH, BATCH, OTHER = LoopKind.EPOCH, LoopKind.BATCH, LoopKind.OTHER


def test_events_that_come_once_are_no_loop() -> None:
    assert shape(fold([at(1), at(2)])) == [1, 2]


def test_a_pass_is_a_loop_over_batches() -> None:
    block = fold([at(1), over(7, [at(2)], [at(2)]), at(3)])
    assert shape(block) == [1, (BATCH, [2], [2]), 3]
    loops = [node for node in block.nodes if isinstance(node, Loop)]
    assert [loop.loader for loop in loops] == [True]


def test_several_passes_over_one_loader_are_epochs() -> None:
    block = fold([at(1), over(7, [at(2)]), at(3), over(7, [at(2)]), at(3)])
    assert shape(block) == [1, (EPOCH, [(BATCH, [2]), 3], [(BATCH, [2]), 3])]


def test_what_stands_at_the_top_of_an_epoch_ends_the_turn_before() -> None:
    block = fold([at(1), over(7, [at(2)]), at(1), over(7, [at(2)])])
    assert shape(block) == [1, (EPOCH, [(BATCH, [2]), 1], [(BATCH, [2])])]


def test_passes_for_validation_stand_in_the_epoch() -> None:
    block = fold([over(7, [at(2)]), over(8, [at(3)]), over(7, [at(2)]), over(8, [at(3)])])
    assert shape(block) == [(EPOCH, [(BATCH, [2]), (BATCH, [3])], [(BATCH, [2]), (BATCH, [3])])]


def test_a_loader_that_comes_last_stands_behind_the_epochs() -> None:
    block = fold([over(7, [at(2)]), over(7, [at(2)]), at(3), over(8, [at(4)]), at(5)])
    assert shape(block) == [(EPOCH, [(BATCH, [2])], [(BATCH, [2]), 3]), (BATCH, [4]), 5]


def test_a_second_phase_is_a_loop_of_its_own() -> None:
    block = fold([over(7, [at(2)]), over(7, [at(2)]), over(8, [at(4)]), over(8, [at(4)])])
    assert shape(block) == [(EPOCH, [(BATCH, [2])], [(BATCH, [2])]), (EPOCH, [(BATCH, [4])], [(BATCH, [4])])]


def test_a_place_that_is_reached_again_is_a_loop() -> None:
    assert shape(fold([at(1), at(2), at(3), at(2), at(3)])) == [1, (OTHER, [2, 3], [2, 3])]


def test_a_helper_that_is_called_from_two_places_is_no_loop() -> None:
    assert shape(fold([at(5, 1), at(6, 1)])) == [1, 1]


def test_two_things_on_one_line_are_no_loop() -> None:
    assert shape(fold([at(1), at(1, op=Op.STEP)])) == [1, 1]


def test_micro_batches_are_a_loop_in_the_turn() -> None:
    block = fold([over(7, [at(1, op=Op.CLEAR), at(2), at(2), at(3, op=Op.STEP)])])
    assert shape(block) == [(BATCH, [1, (OTHER, [2], [2, 3])])]


def test_passes_are_found_in_turns_of_others() -> None:
    inner = over(8, [at(1)])
    outer = over(7, [at(2), inner])
    assert passes([at(3), outer]) == [outer, inner]
