"""Which rules are on: `select`, `ignore`, and the most specific of them wins, as in ruff."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from looplint.registry import Rules, find, suggest_rule

_Value = TypeVar("_Value")


class UnknownRule(Exception):
    """A selector that selects nothing; the text says which and what was probably meant."""


class Layer(NamedTuple):
    """What one place (the defaults, the configuration, the command line) says about the rules.

    Arguments:
        select: the rules to start from, forgetting all earlier layers; None to build on them.
        ignore: rules to take away, with those of `extend-ignore`.
        extend_select: rules to add.
        where: how to call the place in a message, such as `--select`; `{}` stands for the option's name.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    where: str = "`{}`"


def expand(selector: str, rules: Rules, where: str) -> frozenset[str]:
    """The codes that a selector stands for.

    Arguments:
        selector: `ALL`, a code, the beginning of codes such as `LL1`, or a rule's name.
        rules: every rule.
        where: where the selector was read, for the message.

    Raises:
        UnknownRule: it stands for none.
    """
    if selector.upper() == "ALL":
        return frozenset(rules)
    if one := find(selector, rules):
        return frozenset({one.code})
    codes = frozenset(code for code in rules if code.startswith(selector.upper()))
    if not codes or not re.fullmatch(r"LL\d*", selector.upper()):
        raise UnknownRule(f"{where}: unknown rule `{selector}`{suggest_rule(selector, rules)}")
    return codes


def expand_all(selectors: Iterable[str], rules: Rules, where: str) -> frozenset[str]:
    """The codes that any of the selectors stands for; errors as in `expand`."""
    return frozenset[str]().union(*(expand(one, rules, where) for one in selectors))


def enabled_codes(layers: Sequence[Layer], rules: Rules, *, preview: bool) -> frozenset[str]:
    """The codes that are on once all layers have spoken.

    Within a layer the more specific selector wins, and at equal precision `ignore`: `select = ["ALL"]`,
    `ignore = ["LL1"]`, `extend-select = ["LL101"]` leaves LL101 on. A later layer with a `select` starts anew.

    Raises:
        UnknownRule: a selector stands for no rule.
    """
    enabled: set[str] = set()
    for layer in layers:
        verdicts: dict[str, bool] = {}
        for _, wanted, codes in sorted(_verdicts(layer, rules), key=lambda one: (-one[0], not one[1])):
            verdicts.update(dict.fromkeys(codes, wanted))
        if layer.select is not None:
            enabled.clear()
        enabled.update(code for code, wanted in verdicts.items() if wanted)
        enabled.difference_update(code for code, wanted in verdicts.items() if not wanted)
    return frozenset(code for code in enabled if preview or not rules[code].preview)


def preview_asked_for(layers: Sequence[Layer], rules: Rules) -> list[str]:
    """The preview rules that the last `select`, or anything after it, names by their full code or name."""
    asked: list[str] = []
    for layer in layers:
        if layer.select is not None:
            asked.clear()
        named = (find(one, rules) for one in (*(layer.select or ()), *layer.extend_select))
        asked.extend(one.code for one in named if one is not None and one.preview)
    return sorted(set(asked))


def by_code(table: Iterable[tuple[str, _Value]], rules: Rules, where: str) -> dict[str, _Value]:
    """What a table of selectors and values says of each code: of several selectors the most specific one counts.

    Arguments:
        table: of two that are equally specific, the later one counts.
        rules: every rule.
        where: where the table stands, for messages; `{}` is for the selector.

    Raises:
        UnknownRule: a selector stands for no rule.
    """
    values: dict[str, _Value] = {}
    for selector, value in sorted(table, key=lambda row: -_breadth(row[0], rules)):
        values.update(dict.fromkeys(expand(selector, rules, where.format(selector)), value))
    return values


def _verdicts(layer: Layer, rules: Rules) -> Iterable[tuple[int, bool, frozenset[str]]]:
    """Every selector as (how many codes it covers, on or off, the codes)."""
    options = (("select", True, layer.select or ()), ("extend-select", True, layer.extend_select))
    for option, wanted, selectors in (*options, ("ignore", False, layer.ignore)):
        for selector in selectors:
            codes = expand(selector, rules, layer.where.format(option))
            yield _breadth(selector, rules), wanted, codes


def _breadth(selector: str, rules: Rules) -> int:
    """How unspecific a selector is: 0 a rule, then shorter and shorter prefixes, `ALL` last."""
    if find(selector, rules):
        return 0
    return 100 if selector.upper() == "ALL" else 10 - len(selector)
