"""The optimizers of a run: which of them are watched, and which takes the place of one that is gone."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Hashable, Iterable, Iterator

import torch
from looplint.runtime_check.alive import living
from looplint.runtime_check.history import History
from looplint.runtime_check.parameters import Trained
from looplint.runtime_check.watched import Watched

from looplint.law import Untrained
from looplint.model import Event, Optimizer


class Optimizers:
    """The optimizers of a run.

    Arguments:
        history: says whether to look at each of their parameters.
        only: the optimizers to watch; None for every one.
    """

    def __init__(self, history: History, only: Iterable[torch.optim.Optimizer] | None = None) -> None:
        self.history = history
        self.watched: list[Watched] = []
        self._given = None if only is None else list(only)
        self.only = None if self._given is None else {id(one): weakref.ref(one) for one in self._given}
        self._by_id: dict[int, Watched] = {}
        self._built: dict[Hashable, list[Watched]] = {}
        self._met = 0

    def begin(self) -> None:
        """Meet those that are there already."""
        given, self._given = self._given, None
        for real in existing() if given is None else given:
            self.of(real)

    def known(self, real: torch.optim.Optimizer) -> Watched | None:
        """Return what is known of an optimizer; None where it was not met before."""
        one = self._by_id.get(id(real))
        return one if one is not None and one.real() is real else None

    def of(self, real: torch.optim.Optimizer) -> Watched | None:
        """Return what is known of an optimizer, which is met now if it was not before; None where it is not watched."""
        one = self._by_id.get(id(real))
        if one is not None and one.real() is real:
            return one
        if self.only is not None and (id(real) not in self.only or self.only[id(real)]() is not real):
            return None
        return self.meet(real, type(real).__name__)

    def meet(self, real: torch.optim.Optimizer, origin: Hashable) -> Watched:
        """Begin to watch an optimizer; one that takes the place of another that is gone is the same to the user.

        Arguments:
            real: torch's.
            origin: where it was constructed; its class where that was not seen.
        """
        rivals = self._built.setdefault(origin, [])
        gone = next((one for one in rivals if one.real() is None), None)
        if gone is not None:
            rivals.remove(gone)
            self.watched.remove(gone)
            known, number = gone.known, gone.number
        else:
            self._met += 1
            number = self._met
            known = Optimizer(type(real).__name__.lower())
        one = Watched(real, known, number, closely=self.history.closely)
        rivals.append(one)
        self.watched.append(one)
        for key in [key for key, other in self._by_id.items() if other.real() is None]:
            del self._by_id[key]
        self._by_id[id(real)] = one
        return one

    def keep_to(self, thread: int) -> None:
        """Watch no optimizer any more that was met in another thread."""
        self.watched = [one for one in self.watched if one.thread == thread]
        self._by_id = {key: one for key, one in self._by_id.items() if one.thread == thread}
        self._built = {origin: [one for one in rivals if one in self.watched] for origin, rivals in self._built.items()}

    def stepped(self, counts: dict[int, int]) -> None:
        """Optimizers, by identity, have stepped so often in turns that were passed over."""
        for key, count in counts.items():
            one = self._by_id.get(key)
            if one is not None and one.real() is not None:
                one.steps += count

    def trained(self) -> list[Trained]:
        """Return those that are alive, each with what it is in the model."""
        return [(real, one.known) for one in self.watched if (real := one.real()) is not None]

    def untrained(self, steps: dict[Optimizer, Event]) -> Iterator[Untrained]:
        """Yield what the end of a run shows of each that has stepped; `steps` has a step of each."""
        for one in self.watched:
            if one.known in steps:
                yield from one.coverage.untrained(one.known, steps[one.known], one.steps)


def existing() -> list[torch.optim.Optimizer]:
    """Return the optimizers that have been built before the watch.

    None beside other threads: one of them may train it, and torch would not survive a look at a gradient that is being
    computed. There an optimizer is watched from its first `zero_grad` or `step` on.
    """
    return list(filter(steps_itself, living(torch.optim.Optimizer))) if threading.active_count() == 1 else []


def steps_itself(one: torch.optim.Optimizer) -> bool:
    """Return whether an optimizer is more than a wrapper around another."""
    return "_optimizer_step_post_hooks" in vars(one)
