"""Asks the rules about a function, and lets one of them speak for each mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from looplint.fates import fates
from looplint.flow import TooManyStates, Walk
from looplint.law import Backward, ScheduleStep, Step, Uncalled
from looplint.model import Event, Function, Loop, Op, Optimizer
from looplint.rule import Rule, Violation

PRECEDENCE = (
    ("LL110", "LL103", "LL102", "LL104", "LL602", "LL106", "LL105", "LL107", "LL603", "LL101"),
    ("LL604", "LL601"),
)
"""For one optimizer in one nest of loops the first of each row that applies speaks, and silences those behind it."""


@dataclass(frozen=True)
class Verdict:
    """A violation, and the rule that found it."""

    rule: Rule
    violation: Violation


def judge(function: Function, rules: Iterable[Rule]) -> tuple[list[Verdict], list[str]]:
    """Return what the rules find in a function, in the order of its text, and what could not be judged.

    Arguments:
        function: from a reader, or written by hand.
        rules: all that may silence one another, and not only those the user selected.
    """
    rules = list(rules)
    optimizers = function.optimizers()

    def driven(event: Event) -> Optimizer | None:
        scheduler = event.scheduler
        if scheduler is not None and scheduler.optimizer is not None:
            return scheduler.optimizer
        for loop in event.loops():
            stepped = [one for one in optimizers if loop.has(Op.STEP, one)]
            if stepped:
                return stepped[0] if len(stepped) == 1 else None
        return optimizers[0] if len(optimizers) == 1 else None

    walks, unread = [], []
    for optimizer in optimizers:
        try:
            walks.append(Walk(function, optimizer, driven))
        except TooManyStates:
            unread.append(f"`{optimizer.name}` is not judged: too many ways through {function.name or 'the module'}")
    order = {event: index for index, event in enumerate(function.events())}
    found: list[Verdict] = []
    for rule in rules:
        if rule.shown is Step:
            found += unanimous(rule, [views for walk in walks for views in walk.arrivals()], order)
        elif rule.shown is ScheduleStep:
            found += unanimous(rule, [list(views) for walk in walks for views in walk.schedules.values()], order)
        elif rule.shown is Backward:
            # A backward may feed an optimizer that was given up: only with every walk at hand can it be judged.
            found += each(rule, fates(function, walks) if not unread else ())
        elif rule.shown is Loop:
            found += each(rule, function.all_loops())
        elif rule.shown is Uncalled:
            found += each(rule, map(Uncalled, function.events(Op.UNCALLED)))
        else:
            found += each(rule, (view for view in function.shown if isinstance(view, rule.shown)))
    order = {event: number for number, event in enumerate(function.events())}
    spoken: dict[tuple[str, Event], Verdict] = {}
    for verdict in one_voice(found):
        spoken.setdefault((verdict.rule.code, verdict.violation.at), verdict)
    return sorted(spoken.values(), key=lambda verdict: order[verdict.violation.at]), unread


def each(rule: Rule, shown: Iterable[Any]) -> Iterator[Verdict]:
    check: Callable[[Any], Iterator[Violation]] = rule.check
    for view in shown:
        for violation in check(view):
            yield Verdict(rule, violation)


def unanimous(rule: Rule, arrivals: Iterable[Sequence[Any]], order: dict[Event, int]) -> Iterator[Verdict]:
    """Yield what a rule says where it says it of every state that arrives.

    Of several explanations the one that stands first in the text is given.
    """
    check: Callable[[Any], Iterator[Violation]] = rule.check
    for views in arrivals:
        votes = [next(iter(check(view)), None) for view in views]
        found = [vote for vote in votes if vote is not None]
        if found and len(found) == len(votes):
            # What a run has left out of its model comes before all that stands in it.
            yield Verdict(rule, min(found, key=lambda one: [order.get(event, -1) for event, _ in one.related]))


def one_voice(found: Sequence[Verdict]) -> Iterator[Verdict]:
    """Yield the verdicts that nothing ahead of them in the precedence silences."""
    for verdict in found:
        code = verdict.rule.code
        ahead = {other for row in PRECEDENCE if code in row for other in row[: row.index(code)]}
        if not any(one.rule.code in ahead and same_mistake(one.violation, verdict.violation) for one in found):
            yield verdict


def same_mistake(one: Violation, other: Violation) -> bool:
    """Return whether two violations are about the same optimizer in the same nest of loops, or explain each other.

    The nest of a violation is that of all its events: a step behind a loop is about the backward in there. What has
    none in any loop, and what has one, are two mistakes, unless it is one place of a helper that is called twice.
    """
    if any(event is other.at for event, _ in one.related):
        return True
    if one.optimizer is not None and other.optimizer is not None and one.optimizer is not other.optimizer:
        return False
    if one.at.place == other.at.place:
        return True
    return any(nested(event, other.at) for event in (one.at, *(event for event, _ in one.related)))


def nested(one: Event, other: Event) -> bool:
    """Return whether one of two events stands in the innermost loop of the other; outside of loops, both do."""
    ones, others = one.loops(), other.loops()
    return ones[0] in others or others[0] in ones if ones and others else ones == others
