"""Which rules are on."""

from __future__ import annotations

import pytest

from looplint.registry import every_rule, suggestion
from looplint.selection import Layer, UnknownRule, enabled_codes, expand, preview_asked_for

STABLE = {"LL001", "LL002", "LL003", "LL101", "LL104", "LL105", "LL106"}
ALL = Layer(("ALL",))


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        ("ALL", STABLE | {"LL204"}),
        ("all", STABLE | {"LL204"}),
        ("LL", STABLE | {"LL204"}),
        ("LL1", {"LL101", "LL104", "LL105", "LL106"}),
        ("ll10", {"LL101", "LL104", "LL105", "LL106"}),
        ("LL101", {"LL101"}),
        ("Missing-Step", {"LL105"}),
    ],
)
def test_a_selector_stands_for_codes(selector: str, codes: set[str]) -> None:
    assert expand(selector, every_rule(), "--select") == codes


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        ("L", ""),
        ("LL9", ""),
        ("LL1O1", "; did you mean `LL101`?"),
        ("LL199", "; did you mean `LL101`?"),
        ("missing-steps", "; did you mean `missing-step`?"),
        ("", ""),
        ("E501", ""),
    ],
)
def test_an_unknown_selector_is_refused(selector: str, hint: str) -> None:
    with pytest.raises(UnknownRule) as refused:
        expand(selector, every_rule(), "--select")
    assert str(refused.value) == f"--select: unknown rule `{selector}`{hint}"


@pytest.mark.parametrize(
    ("layers", "codes"),
    [
        ([ALL], STABLE),
        ([], set()),
        ([Layer(("LL101",))], {"LL101"}),
        ([Layer(())], set()),
        ([Layer(("ALL",), ("LL101",))], STABLE - {"LL101"}),
        ([Layer(("LL1",), ("LL101",))], {"LL104", "LL105", "LL106"}),
        ([Layer(("LL101",), ("LL1",))], {"LL101"}),
        ([Layer(("ALL",), ("LL1",), ("LL104",))], {"LL001", "LL002", "LL003", "LL104"}),
        ([Layer(("LL101",), ("LL101",))], set()),
        ([Layer(("LL101",), ("missing-zero-grad",))], set()),
        ([ALL, Layer(ignore=("LL1",))], {"LL001", "LL002", "LL003"}),
        ([ALL, Layer(ignore=("LL1",)), Layer(extend_select=("LL101",))], {"LL001", "LL002", "LL003", "LL101"}),
        ([ALL, Layer(ignore=("LL1",)), Layer(("LL1",))], {"LL101", "LL104", "LL105", "LL106"}),
        ([Layer(("LL101",)), Layer(extend_select=("LL104",))], {"LL101", "LL104"}),
        ([Layer(("LL2",))], set()),
    ],
)
def test_layers_speak_in_turn(layers: list[Layer], codes: set[str]) -> None:
    assert enabled_codes(layers, every_rule(), preview=False) == codes


def test_preview_rules_are_on_with_preview() -> None:
    assert enabled_codes([ALL], every_rule(), preview=True) == STABLE | {"LL204"}


def test_preview_rules_named_in_full_are_noticed() -> None:
    rules = every_rule()
    assert preview_asked_for([ALL, Layer(("LL2", "LL101"))], rules) == []
    assert preview_asked_for([ALL, Layer(extend_select=("LL204", "scheduler-never-stepped"))], rules) == ["LL204"]
    assert preview_asked_for([Layer(("LL204",)), Layer(("LL1",))], rules) == []


def test_suggestions_prefer_the_same_letter_in_the_same_place() -> None:
    assert suggestion("LL1O1", ["LL110", "LL101"]) == "; did you mean `LL101`?"
    assert suggestion("xyz", ["select"]) == ""
    assert suggestion("xyz", []) == ""
