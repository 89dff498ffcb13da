"""Each optimizer has its own contract; they may share what they drive."""

from __future__ import annotations

from looplint.model import Event, Op, Optimizer
from tests.flow.build import (
    backward,
    batches,
    clear,
    clear_model,
    epochs,
    event,
    found,
    function,
    loop,
    loss,
    schedule,
    scheduler,
    step,
)

DISC, GEN = ("here", "disc"), ("here", "gen")
D, G = Optimizer("d", frozenset([("here", "disc")])), Optimizer("g", frozenset([("here", "gen")]))
PART = Optimizer("part", frozenset([("here", "gen", "head")]))
TWIN = Optimizer("twin", frozenset([("here", "gen")]))
BOTH = Optimizer("both", frozenset([GEN, DISC]))
A, B = Optimizer("a"), Optimizer("b")


def test_each_optimizer_is_judged_on_its_own() -> None:
    one = step(G)
    assert found(loop(clear(D), backward(), step(D), one)) == [("LL101", one)]


def test_clearing_the_other_optimizer_clears_nothing_of_this_one() -> None:
    one, two = step(D), step(G)
    assert found(loop(clear(D), backward(), one, clear(D), backward(), two)) == [("LL101", two)]


def test_the_generators_backward_that_reaches_the_discriminator_is_cleared_in_time() -> None:
    assert found(loop(clear(D), backward(), step(D), clear(G), backward(), step(G))) == []


def test_optimizers_of_one_network_clear_for_one_another() -> None:
    assert found(loop(clear(TWIN), backward(), step(G), step(TWIN))) == []
    assert found(loop(clear(PART), backward(), step(G), clear(G))) == []


def test_clearing_a_part_may_have_cleared_enough() -> None:
    assert found(loop(clear(PART), backward(), step(G), step(PART))) == []


def test_an_optimizer_over_both_networks_clears_and_applies_for_each() -> None:
    """The three updates of InfoGAN: whoever of the three does not clear applies what another one has applied."""

    def update(*missing: Optimizer) -> list[tuple[str, Event]]:
        return found(
            loop(
                *(
                    node
                    for one in (G, D, BOTH)
                    for node in ([] if one in missing else [clear(one)]) + [backward(), steps[one]]
                )
            )
        )

    steps = {one: step(one) for one in (G, D, BOTH)}
    assert update() == []
    assert update(G) == [("LL101", steps[G])]
    assert update(D) == [("LL101", steps[D])]
    assert update(BOTH) == [("LL101", steps[BOTH])]
    assert update(G, D) == [("LL101", steps[G]), ("LL101", steps[D])]


def test_two_optimizers_of_one_network_may_have_parameters_of_their_own() -> None:
    """One has the matrices and the other the rest, or both have all: what is right in one of these cases is right."""
    assert found(loop(backward(), step(G), clear(G), step(TWIN), clear(TWIN))) == []
    assert found(loop(clear(G), clear(TWIN), backward(), step(G), backward(), step(TWIN))) == []
    assert found(loop(backward(), step(G), step(TWIN), clear(G), clear(TWIN))) == []


def test_a_clear_of_one_that_shares_the_network_reaches_all_that_its_step_applies() -> None:
    one = step(G)
    assert found(loop(backward(), one, clear(TWIN), backward(), step(TWIN))) == [("LL101", one)]
    assert found(loop(backward(), step(G), clear(TWIN), backward(), step(TWIN), clear(TWIN))) == []


def test_a_step_of_one_that_shares_the_network_leaves_nothing_where_nothing_is() -> None:
    one = step(G)
    assert found(loop(backward(), clear(G), step(TWIN), one)) == [("LL104", one)]


def test_a_clear_through_the_model_reaches_the_optimizer_that_drives_it() -> None:
    assert found(loop(clear_model(("here", "gen")), backward(G), step(G))) == []
    assert found(loop(clear_model(("here", "gen", "head")), backward(G), step(G))) == []
    one = step(D)
    assert found(loop(clear_model(("here", "gen")), backward(), step(G), one)) == [("LL101", one)]


def test_a_clear_through_a_model_that_is_not_certain_may_not_have_cleared() -> None:
    assert found(loop(backward(), clear_model(("here", "gen"), certain=False), step(G))) == []
    assert found(loop(clear_model(("here", "gen"), certain=False), backward(), step(G))) == []


def test_a_clear_through_a_model_of_an_optimizer_whose_parameters_are_unknown() -> None:
    one = step(A)
    assert found(loop(backward(), clear_model(("here", "gen")), one)) == [("LL104", one)]
    assert found(loop(backward(), clear_model(("here", "gen")), step(A), step(B), clear(B))) == []


def test_a_clear_through_an_unknown_model_of_an_optimizer_whose_parameters_are_known() -> None:
    one = step(G)
    assert found(loop(backward(), clear_model(), one)) == [("LL104", one)]
    assert found(loop(backward(), clear_model(), step(G), step(D), clear(D))) == []


def test_optimizers_whose_parameters_are_unknown_share_none() -> None:
    one = step(B)
    assert found(loop(clear(A), backward(), step(A), one)) == [("LL101", one)]
    two = step(D)
    assert found(loop(clear(A), backward(), step(A), two)) == [("LL101", two)]


def test_a_clear_through_an_unknown_model_may_reach_any_of_several() -> None:
    assert found(loop(clear_model(), backward(), step(A), step(B))) == []
    assert found(loop(backward(), clear_model(), step(A), step(B))) == []


def test_alternating_backwards_are_meant_for_the_step_that_follows_them() -> None:
    whole = loop(clear(D), backward(), step(D), clear(G), backward(), step(G))
    assert found(whole) == []
    assert found(loop(clear(A), backward(), step(A), step(A), backward(), step(B), clear(B))) == []
    one = step(A)
    assert found(loop(clear(A), one, backward(), step(B), clear(B))) == [("LL102", one)]
    assert found(loop(clear(A), loss(), one, clear(B), backward(), step(B))) == [("LL106", one)]
    assert found(loop(clear(A), clear(B), one, backward(), step(A), step(B))) == [("LL102", one)]


def test_gradients_that_another_optimizer_applies_are_applied() -> None:
    assert found(loop(clear(A), clear(B), backward(), step(A))) == []


def test_a_step_for_several_optimizers_behind_the_batches() -> None:
    both = event(Op.STEP, A, B)
    assert found(epochs(batches(clear(A), clear(B), backward()), both)) == [("LL103", both)]


def test_optimizers_are_listed_as_they_appear() -> None:
    whole = function(loop(clear(G), backward(), event(Op.STEP, TWIN, D)), event(Op.UNCALLED, A))
    assert whole.optimizers() == [G, D, TWIN, A]


def test_an_event_touches_those_it_names_or_every_one() -> None:
    assert backward().touches(A)
    assert backward(A).touches(A)
    assert not backward(A).touches(B)


def test_a_scheduler_is_judged_with_its_own_optimizer() -> None:
    def early(optimizer: Optimizer | None) -> list[tuple[str, Event]]:
        move = schedule(scheduler(optimizer))
        return [(code, at) for code, at in found(epochs(clear(A), backward(), step(A), move, step(B), clear(B)))]

    assert early(A) == []
    assert [code for code, _ in early(B)] == ["LL202"]
    assert early(None) == []
