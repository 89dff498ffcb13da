"""What a watch has judged, and what it could not judge and why."""

from __future__ import annotations

from dataclasses import dataclass

from looplint.runtime_check.observer import Observer
from looplint.runtime_check.watched import Watched

from looplint.report.terminal import clean

OF_EPOCHS = "LL103, LL201 and LL203"
"""The rules that need to know where an epoch begins."""


@dataclass(frozen=True)
class Account:
    """What a watch has judged.

    Arguments:
        iterations: how many turns with a backward were judged: of a loop over a loader, or else from step to step.
        passed_over: how many turns were not judged: in a long run most are not.
        optimizers: each with its name, its class and how often it stepped.
        schedulers: each with its name, its class and how often it moved.
        unjudged: what could not be judged, and why.
    """

    iterations: int = 0
    passed_over: int = 0
    optimizers: tuple[tuple[str, str, int], ...] = ()
    schedulers: tuple[tuple[str, str, int], ...] = ()
    unjudged: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return it as lines for a person."""
        watched = [f"`{clean(name)}` ({clean(kind)}, {steps(count)})" for name, kind, count in self.optimizers]
        watched += [f"`{clean(name)}` ({clean(kind)}, {moves(count)})" for name, kind, count in self.schedulers]
        over = f" and passed over {number(self.passed_over, 'turn')}" if self.passed_over else ""
        judged = [f"watched {number(self.iterations, 'iteration')}{over}: {', '.join(watched)}"] if watched else []
        return [*judged, *(f"not judged: {clean(one)}" for one in self.unjudged)]


def account_of(observer: Observer | None) -> Account:
    """Return what an observer has judged; None stands for a watch that LOOPLINT_RUNTIME has turned off."""
    if observer is None:
        return Account(unjudged=("anything: LOOPLINT_RUNTIME turns looplint off",))
    stepped = [one for one in observer.optimizers.watched if one.used]
    optimizers = tuple((one.known.name, one.kind, one.steps) for one in stepped)
    schedulers = tuple((one.known.name, one.known.kind, one.moves) for one in observer.schedules.driven)
    return Account(
        observer.sampling.judged, observer.sampling.skipped, optimizers, schedulers, tuple(_unjudged(observer))
    )


def _unjudged(observer: Observer) -> list[str]:
    if observer.failed:
        return ["the rest of the run: looplint failed and stopped watching"]
    if not any(one.steps for one in observer.optimizers.watched):
        blind = [
            f"`{one.known.name}`: it is given gradients, and looplint sees no step of it" for one in _fed(observer)
        ]
        return blind or ["anything: no optimizer of torch has stepped"]
    found = [f"`{one.known.name}`: it is given gradients, and looplint sees no step of it" for one in _fed(observer)]
    found += [f"`{one.known.name}`: {one.limit}" for one in observer.optimizers.watched if one.limit and one.fed]
    passes = observer.history.passes_seen
    if not passes:
        found.append(f"epochs, by {OF_EPOCHS}: no DataLoader of torch was read, so nothing tells where one begins")
    elif observer.schedules.driven and max(passes.values()) < 2:
        found.append("what the schedulers count, by LL201 and LL203: there was no second epoch")
    if observer.steps.opaque:
        found.append("what CUDA graphs did when they were replayed")
    if observer.history.given_up:
        found.append("some turns: those of one loop differ in more ways than looplint keeps")
    return found


def _fed(observer: Observer) -> list[Watched]:
    """Return the optimizers that received gradients more than once and were never seen stepping."""
    return [one for one in observer.optimizers.watched if one.fed > 1 and not one.steps]


def number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def steps(count: int) -> str:
    return number(count, "step")


def moves(count: int) -> str:
    return f"moved {'once' if count == 1 else f'{count} times'}"
