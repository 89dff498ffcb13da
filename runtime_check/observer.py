"""Turns what torch is seen to do into events of the law.

The hooks of `looplint.runtime_check.hooks` call the methods here. Which optimizers a backward feeds, what is cleared
and what is filled by hand is concluded from the gradients themselves (`looplint.runtime_check.gradients`); calls only
say where it was.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from types import FrameType
from typing import Any

import torch
from looplint.runtime_check.account import limit_of
from looplint.runtime_check.gradients import Held, Look, parameters
from looplint.runtime_check.history import History
from looplint.runtime_check.parameters import Coverage, Outside, living, untrained
from looplint.runtime_check.places import NOWHERE, At, at, spot_of, user_frame, user_frames
from looplint.runtime_check.recorder import Recorder
from looplint.runtime_check.schedules import Schedules
from looplint.runtime_check.turns import Open
from looplint.runtime_check.values import Question, Snapshot, is_blank, is_far

from looplint.model import Event, Op, Optimizer
from looplint.rule import Rule

CLOSELY = 8
"""So many turns are looked at closely at the beginning, and whenever something is suspected."""

STEPS, LONGEST_LOOK = 3, 256
"""It goes on until every optimizer has stepped that often, as one does that accumulates, but not for more turns."""

CYCLE = 2
"""So often every optimizer steps in turns that are judged between others: what one step leaves the next one meets."""

RELAPSES = 12
"""So often a suspicion is followed up; a program that is suspected more often is one that cannot be judged."""

WARM = 64
"""So many turns without anything new are judged before most are passed over."""

BURST, PAUSE, LONGEST_PAUSE = 6, 128, 1024
"""Then so many are judged, and so many passed over, in turn; the longer nothing is found the more."""

CLOSURES = 2
"""So many evaluations of a closure are judged in one step; a line search makes any number of them."""

REFUTED = 3
"""So often a device has to say that gradients were cleared behind torch's back, until it is believed for good."""


class Watched:
    """An optimizer that is watched.

    Arguments:
        real: torch's.
        known: what it is in the model.
    """

    __slots__ = (
        "before",
        "closures",
        "coverage",
        "evaluating",
        "fed",
        "kind",
        "known",
        "limit",
        "look",
        "number",
        "opaque",
        "phase",
        "proven",
        "question",
        "real",
        "refuted",
        "snapshot",
        "stepping",
        "steps",
        "suspects",
        "thread",
        "was_empty",
    )

    def __init__(self, real: torch.optim.Optimizer, known: Optimizer, number: int, *, closely: bool) -> None:
        self.real = weakref.ref(real)
        self.kind = type(real).__name__
        self.limit = limit_of(real)
        self.known = known
        self.number = number
        self.look = Look(real, closely=closely)
        self.look.take()
        self.thread = threading.get_ident()
        self.phase = UNKNOWN
        self.suspects: list[Held] = []
        self.was_empty = False
        self.stepping = 0
        self.closures = 0
        self.evaluating = False
        self.opaque = 0
        self.steps = self.before = self.fed = 0
        self.coverage = Coverage()
        self.snapshot: Snapshot | None = None
        self.question: Question | None = None
        self.proven = False
        self.refuted = 0

    @property
    def used(self) -> bool:
        """Whether it has taken part in the run: it has stepped, or was given gradients."""
        return bool(self.steps or self.fed)


UNKNOWN, CLEAN, FILLED, USED = range(4)
"""What the gradients of an optimizer were after its last event."""


class Pass:
    """One pass over a loader; `open` while it goes on."""

    __slots__ = ("closed", "loader", "open", "place", "reference")

    def __init__(self, loader: int, place: At | None) -> None:
        self.loader = loader
        self.place = place
        self.open: Open | None = None
        self.closed = False
        self.reference: object = None


class Observer:
    """Watches one run.

    Arguments:
        rules: all that a run can tell.
        exact: judge every turn, and look at every parameter.
        only: the optimizers to watch; None for every one.
        notify: is called at the end of a turn in which something is wrong.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        exact: bool = False,
        only: Iterable[torch.optim.Optimizer] | None = None,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self.exact = exact
        self.notify = notify
        self.pauses: Callable[[], None] = lambda: None
        self.guarded: Callable[..., Any] = lambda call, *args: call(*args)
        self.told: BaseException | None = None
        self.failed = False
        only = None if only is None else list(only)
        self.only = None if only is None else {id(one): weakref.ref(one) for one in only}
        self.history = History(rules, self._prepare, self._shown)
        self.schedules = Schedules(self)
        self.outside = Outside()
        self.watched: list[Watched] = []
        self.quiet = 0
        self.passed: Pass | None = None
        self.opaque = 0
        self.turns = 0
        self.batches = 0
        self._fresh = True
        self._planned = 0
        self.within: list[Watched] | None = None
        self.thread: int | None = None
        self.begun = threading.get_ident()
        self.lock = threading.RLock()
        self.recorder: Recorder | None = None
        self._by_id: dict[int, Watched] = {}
        self._codes: dict[int, Any] = {}
        self._built: dict[Hashable, list[Watched]] = {}
        self._loaders: dict[Hashable, int] = {}
        self._looked = 0
        self._clean = 0
        self._pause = PAUSE
        self._relapses = 0
        self._met = 0
        self._behind = -1
        self._foreseen: dict[tuple[int, int, Hashable, bool], int] = {}
        self._given = only

    def begin(self) -> None:
        """Meet the optimizers that are there already."""
        given, self._given = self._given, None
        for real in existing() if given is None else given:
            self.of(real)

    # -- optimizers --------------------------------------------------------------------------------------------------

    def knows(self, real: torch.optim.Optimizer) -> bool:
        """Return whether an optimizer was met before."""
        known = self._by_id.get(id(real))
        return known is not None and known.real() is real

    def of(self, real: torch.optim.Optimizer) -> Watched | None:
        """Return what is known of an optimizer; None where it is not watched."""
        known = self._by_id.get(id(real))
        if known is not None and known.real() is real:
            return known
        if self.only is not None and (id(real) not in self.only or self.only[id(real)]() is not real):
            return None
        return self._meet(real, type(real).__name__)

    def _meet(self, real: torch.optim.Optimizer, origin: Hashable) -> Watched:
        """Begin to watch an optimizer; one that takes the place of another that is gone is the same to the user."""
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

    def built(self, real: torch.optim.Optimizer) -> None:
        """An optimizer was constructed."""
        if self.only is not None or self.other_thread():
            return
        place = user_frame()
        one = self._meet(real, (place.f_code, place.f_lasti) if place else type(real).__name__)
        if not self.quiet:
            one.phase = CLEAN if one.look.empty() and not any(p.grad is not None for p in parameters(real)) else UNKNOWN
            self.happen(Op.BUILD, one.number, (one,))

    def grown(self, real: torch.optim.Optimizer) -> None:
        """An optimizer was given a further group of parameters."""
        one = self._by_id.get(id(real))
        if one is not None and one.real() is real and self.history.closely:
            one.look.widen(real.param_groups[-1]["params"])

    # -- what happens ------------------------------------------------------------------------------------------------

    def happen(
        self,
        op: Op,
        who: Hashable,
        watched: Sequence[Watched],
        make: Callable[[FrameType | None], Event] | None = None,
        certain: bool = True,
    ) -> None:
        """Something happens, at a place in the user's code, and is told to the history.

        While nothing is suspected the place is taken to be the one where the same came last behind the same.
        """
        history = self.history
        foreseen = self._behind, id(op), who, certain
        number = None if history.closely else self._foreseen.get(foreseen)
        if number is None:
            place = user_frame()
            where = (0, 0) if place is None else (id(place.f_code), place.f_lasti)
            key = (*foreseen[1:], *where)
            number = history.numbers.get(key)
            if number is None:
                event = make(place) if make else self._event(op, watched, place, certain)
                number = history.learn(key, event, (op, where))
            self._foreseen[foreseen] = number
        self._behind = number
        history.add(number)
        if self.recorder is not None:
            self.recorder.heard(op, number, watched)
        if history.turned:
            history.turned = False
            self._turn_ended()

    def _event(self, op: Op, watched: Sequence[Watched], place: FrameType | None, certain: bool) -> Event:
        spot = self.spot(at(place))
        for one in watched:
            self._name(one, spot.text, op)
        return Event(op, spot, spot.text, frozenset(one.known for one in watched), certain=certain)

    def spot(self, place: At | None) -> Any:
        if place is None:
            return NOWHERE
        self._codes[id(place[0])] = place[0]  # as long as its identity is used, nothing else may take it
        return spot_of(place)

    def _name(self, one: Watched, text: str, op: Op) -> None:
        """Call an optimizer what its user calls it, as far as a call shows it."""
        receiver, dot, rest = text.rpartition(".step(") if op is Op.STEP else text.rpartition(".zero_grad(")
        if dot and len(self.history.events) and receiver and not receiver.endswith(")") and rest:
            scaled = op is Op.STEP and rest.rstrip(") ").isidentifier() and "scaler" in receiver
            one.known.name = rest.rstrip(") ") if scaled else receiver

    def other_thread(self) -> bool:
        """Return whether this is not the thread that trains.

        That is the first that computes gradients, and before that the one in which the watch began.
        """
        return threading.get_ident() != (self.thread or self.begun)

    def train_here(self) -> None:
        """Watch this thread from now on, and no gradient that another may be computing: torch would not survive it."""
        with self.lock:
            if self.thread is None:
                self._train_here()

    def _train_here(self) -> None:
        self.thread = threading.get_ident()
        self.watched = [one for one in self.watched if one.thread == self.thread]
        self._by_id = {key: one for key, one in self._by_id.items() if one.thread == self.thread}
        self._built = {origin: [one for one in rivals if one in self.watched] for origin, rivals in self._built.items()}

    # -- backward ----------------------------------------------------------------------------------------------------

    def before_backward(self) -> None:
        """The outermost backward begins."""
        self.within = []
        for one in self.watched:
            if one.stepping and not one.evaluating:
                one.stepping = 0  # the step has failed: nobody says so
            if one.phase == USED:
                one.suspects = one.look.untouched()
                one.look.refresh()
                if one.suspects and self.history.closely:
                    kept = [] if self._rewritten(one) else one.suspects
                    one.suspects = [held for held in kept if not self._is_blank(held)]
            elif one.phase == FILLED:
                one.look.refresh()
                one.was_empty = one.look.empty() or (self.history.closely and one.look.blank() is True)

    def _is_blank(self, held: Held) -> bool:
        parameter = held[0]()
        gradient = None if parameter is None else parameter.grad
        return gradient is None or is_blank(gradient) is True

    def _rewritten(self, one: Watched) -> bool:
        """Return whether applied gradients are no longer what they were, though torch counts no write to them.

        A device is asked, and its answer is awaited: until then nothing that depends on it is reported.
        """
        if one.refuted >= REFUTED:
            return True
        question = None if one.snapshot is None else one.snapshot.is_still_there()
        if question is None:
            return False
        if one.snapshot is not None and not one.snapshot.far:
            return question.answer is False
        if one.question is None and not one.proven:
            one.question = question
        return False

    def doubts(self, optimizer: Optimizer) -> bool:
        """Return whether it is not known yet that applied gradients of an optimizer were still there."""
        for one in self.watched:
            if one.known is optimizer and not one.proven:
                return any(parameter.grad is not None and is_far(parameter.grad) for parameter in one.look.present())
        return False

    def _listen(self) -> None:
        """See what devices have answered."""
        for one in self.watched:
            answer = None if one.question is None else one.question.answer
            if answer is not None:
                one.question = None
                one.proven = answer
                one.refuted += not answer
                self.history.suspect = True

    def after_backward(self) -> None:
        """The outermost backward has ended, or failed."""
        self.turns += self._fresh
        self._fresh = False
        within, self.within = self.within or (), None
        watched = [one for one in self.watched if one not in within] if within else self.watched
        self._ran(watched, empty=not within)

    def _ran(self, watched: Sequence[Watched], *, empty: bool = True) -> None:
        """A backward has run: see which of these optimizers it has fed.

        Arguments:
            empty: it counts even where it has fed none of them.
        """
        fed: list[Watched] = []
        cleared: list[Watched] = []
        for one in watched:
            if not one.look.held:
                real = one.real()
                if real is None:
                    continue
                one.look = Look(real, closely=self.history.closely)
            if not one.look.changed():
                continue
            if one.phase == USED:
                renewed = not any(map(remains, one.suspects))
            else:
                renewed = one.phase == FILLED and one.was_empty
            if renewed:
                cleared.append(one)
            fed.append(one)
            one.look.mark()
            one.phase = FILLED
            one.snapshot = None
            one.fed += 1
        if cleared:
            self._cleared(cleared)
        if fed or empty:
            self.happen(Op.BACKWARD, numbers(fed), fed)

    def _cleared(self, cleared: Sequence[Watched]) -> None:
        self.happen(Op.CLEAR, numbers(cleared), cleared)

    def clears(self, real: Any) -> None:
        """Somebody has called `zero_grad`: whether it cleared anything, and of whom, the gradients tell."""
        cleared = []
        if isinstance(real, torch.optim.Optimizer) and not self.knows(real) and steps_itself(real):
            one = self.of(real)
            if one is not None and one.look.blank() is not False:
                one.phase = CLEAN
                cleared.append(one)
            elif one is not None:
                one.phase = FILLED
                self.happen(Op.WRITE, one.number, (one,))
        for one in self.watched:
            if one.phase in (FILLED, USED) and (one.look.empty() or (one.look.changed() and not one.look.replaced())):
                if self.history.closely and one.look.blank() is False:
                    continue
                one.phase = CLEAN
                one.look.take()
                cleared.append(one)
        if cleared:
            self._cleared(cleared)

    # -- step --------------------------------------------------------------------------------------------------------

    def before_step(self, real: torch.optim.Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An optimizer is about to step; returns new arguments where it has a closure."""
        one = self.of(real)
        if one is None:
            return None
        one.stepping += 1
        if one.stepping > 1:
            return None
        one.closures = 0
        if len(args) > 1 and callable(args[1]):
            return (args[0], self._judged_closure(one, args[1]), *args[2:]), kwargs
        if callable(kwargs.get("closure")):
            return args, {**kwargs, "closure": self._judged_closure(one, kwargs["closure"])}
        self.before_applying(one)
        return None

    def before_applying(self, one: Watched) -> None:
        """The gradients of an optimizer are about to be applied: see what was done to them since the last event."""
        real = one.real()
        assert real is not None
        if self.within is not None:  # in a hook of the backward that has made them
            self.within.append(one)
            self._ran((one,))
        closely = self.history.closely
        if one.look.empty():  # others may have some
            one.look = Look(real, closely=closely)
        elif one.phase == FILLED and not closely and one.opaque == self.opaque:
            return  # what else was done to them is of no use to know
        if one.opaque != self.opaque:
            one.phase = FILLED
            self.happen(Op.WRITE, one.number, (one,))
        elif one.look.empty():
            if one.phase != CLEAN:
                one.phase = CLEAN
                self._cleared((one,))
        elif one.phase == UNKNOWN or one.look.changed():
            if closely and one.phase in (FILLED, USED) and one.look.blank() is True:
                one.phase = CLEAN
                self._cleared((one,))
            elif one.phase != FILLED or one.look.replaced():
                one.phase = FILLED
                self.happen(Op.WRITE, one.number, (one,))
        elif one.phase == USED and closely and self._rewritten(one):
            one.phase = FILLED
            self.happen(Op.WRITE, one.number, (one,))

    def after_step(self, real: torch.optim.Optimizer) -> None:
        """An optimizer has stepped."""
        one = self.of(real)
        if one is None:
            return
        if one.stepping:  # otherwise it began unseen, while turns were passed over
            one.stepping -= 1
            if one.stepping:
                return
        one.steps += 1
        self._fresh = self._fresh or not self.in_loader()
        if self.quiet:
            return
        if one.closures:
            one.look.take()
        else:
            self._applied(one)
        if self.history.closely:
            one.snapshot = Snapshot.of(one.look.present())
        one.coverage.stepped(real, one.steps)
        if one.steps == self.outside.next:
            self.outside.look(self.watched)

    def _applied(self, one: Watched) -> None:
        one.phase = USED if one.look.mark() else CLEAN
        one.opaque = self.opaque
        self.happen(Op.STEP, one.number, (one,))

    def _judged_closure(self, one: Watched, closure: Callable[..., Any]) -> Callable[..., Any]:
        """Return a closure behind which its gradients count as applied."""

        def judged(*args: Any, **kwargs: Any) -> Any:
            one.evaluating = True
            try:
                result = closure(*args, **kwargs)
            finally:
                one.evaluating = False
            if not self.quiet and not self.failed:
                self.guarded(self._evaluated, one)
            return result

        return judged

    def _evaluated(self, one: Watched) -> None:
        """A closure has computed gradients, which are applied now."""
        one.closures += 1
        if one.closures <= CLOSURES and one.real() is not None:
            self.before_applying(one)
            self._applied(one)

    def steps_of(self, real: torch.optim.Optimizer) -> int:
        """Return how often an optimizer has stepped."""
        one = self.of(real)
        return 0 if one is None else one.steps

    def attempted(self, real: torch.optim.Optimizer, before: int) -> None:
        """A GradScaler was asked to step; where the optimizer did not, the gradients were infinite."""
        one = self.of(real)
        if one is not None and one.steps == before:
            self.happen(Op.STEP, one.number, (one,), certain=False)

    # -- loops -------------------------------------------------------------------------------------------------------

    def passing(self) -> Pass:
        """A loader is asked for its batches."""
        chain = user_frames()
        number = self._loaders.setdefault(tuple((id(code), line) for code, line in chain), len(self._loaders))
        for code, _ in chain:
            self._codes[id(code)] = code
        return Pass(number, at(user_frame()))

    def batch(self, one: Pass) -> None:
        """A loader yields its next batch."""
        if one.closed:
            return  # it is read alongside another: the loop is the other's
        if self.quiet:
            if self._passed_batch(one):
                return
            self.resume()
        if one.open is None:
            one.open = self.history.enter(one.loader, self.spot(one.place))
            if self.history.passes_seen[one.loader] == 2 and self.history.root.head == -1 - one.loader:
                self.schedules.second_epoch()
        elif one.open not in self.history.open:
            one.closed = True
            return
        self.batches += 1
        self._fresh = True
        self.history.batch(one.open)
        self._turn_ended()
        if self.quiet:
            self._passed_batch(one)

    def ended(self, one: Pass) -> None:
        """A loader has no more batches."""
        if self.dropped(one):
            self._turn_ended()

    def dropped(self, one: Pass) -> bool:
        """Nobody asks a loader for more; return whether a loop has ended with it.

        Python may tell of it amidst any code, where nothing can be raised: what is found is told when a turn ends.
        """
        if one.closed or one.open is None:
            return False
        if self.quiet:
            self.resume()
        one.closed = True
        self.history.leave(one.open)
        return True

    # -- turns that are passed over ----------------------------------------------------------------------------------

    @property
    def skipped(self) -> int:
        """How many turns were passed over so far."""
        return self._planned - max(0, self.quiet - 1)

    def in_loader(self) -> bool:
        """Return whether a loader tells where each turn begins."""
        return len(self.history.open) > 1

    def passed_backward(self) -> None:
        """Count a turn that is passed over where no loader tells of any."""
        if self._fresh and not self.in_loader():
            self._fresh = False
            self.quiet -= 1
            if self.quiet == 1:
                self.resume()

    def _passed_batch(self, one: Pass) -> bool:
        """Count a turn that is passed over; return False where it has to be looked at."""
        if self.quiet == 1 or one.open is None:
            return False
        self.quiet -= 1
        self.passed = one
        return True

    def stepped(self, counts: dict[int, int]) -> None:
        """Optimizers, by identity, have stepped so often in turns that were passed over."""
        for key, count in counts.items():
            one = self._by_id.get(key)
            if one is not None and one.real() is not None:
                one.steps += count

    def pause(self) -> None:
        """Pass over the turns that come now; `quiet` is one more than how many there are left."""
        self.quiet = self._pause + 1
        self._planned += self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self.pauses()

    def resume(self) -> None:
        """Look again, behind turns that were passed over."""
        self._planned = self.skipped
        self.quiet = 0
        self.passed = None
        self.pauses()
        self._look(closely=self.history.closely)  # parameters may have come and gone

    # -- how closely to look -----------------------------------------------------------------------------------------

    def _turn_ended(self) -> None:
        history = self.history
        if history.closely:
            self._listen()
        if history.suspect:
            history.suspect = False
            self._clean = 0
            self._pause = PAUSE
            if not history.closely and self._relapses < RELAPSES:
                self._relapses += 1
                self._look(closely=True)
            self.notify()
        if self.exact:
            return
        self._looked += 1
        if history.closely:
            if self._looked >= CLOSELY and self._seen(STEPS):
                self._look(closely=False)
            return
        self._clean += 1
        if self._clean > WARM and self._seen(CYCLE):
            self._clean = WARM - BURST
            self.pause()

    def _seen(self, steps: int) -> bool:
        """Return whether every optimizer has stepped so often since the last time that turns had not been judged."""
        used = (one for one in self.watched if one.phase != UNKNOWN and one.real() is not None)
        return self._looked >= LONGEST_LOOK or all(one.steps - one.before >= steps for one in used)

    def _look(self, *, closely: bool) -> None:
        """Look at every parameter from now on, or at a few."""
        self.history.closely = closely
        self._looked = 0
        for one in self.watched:
            one.before = one.steps
            real = one.real()
            if real is not None:
                one.look = Look(real, closely=closely)
                one.look.take()
                one.phase = UNKNOWN
        self.history.skip()

    def close(self) -> None:
        """The run ends."""
        if self.quiet:
            self.resume()
        self._listen()
        self.schedules.final = True
        self.history.close()

    def _prepare(self, history: History) -> None:
        self.schedules.settle()

    def _shown(self, steps: dict[Optimizer, Event]) -> Iterator[object]:
        """Yield what a run shows of parameters; `steps` has a step of each optimizer."""
        yield from self.outside.outsiders(steps)
        if self.schedules.final:
            yield from untrained(self.watched, steps)


def numbers(watched: Sequence[Watched]) -> Hashable:
    """Return what tells some optimizers from others."""
    return watched[0].number if len(watched) == 1 else tuple(one.number for one in watched)


def existing() -> list[torch.optim.Optimizer]:
    """Return the optimizers that have been built before the watch.

    None beside other threads: one of them may train it, and torch would not survive a look at a gradient that is being
    computed. There an optimizer is watched from its first `zero_grad` or `step` on.
    """
    return list(filter(steps_itself, living(torch.optim.Optimizer))) if threading.active_count() == 1 else []


def steps_itself(one: torch.optim.Optimizer) -> bool:
    """Return whether an optimizer is more than a wrapper around another."""
    return "_optimizer_step_post_hooks" in vars(one)


def remains(held: Held) -> bool:
    """Return whether a gradient that was there before a backward is there still: added to, or left as it was."""
    parameter, gradient, _ = held
    one = parameter()
    now = None if one is None else one.grad
    return now is not None and weakref.ref(now) is gradient
