"""The assertion in the run: `watch`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, TypeAlias

import torch
from looplint.runtime_check.account import Account, account_of
from looplint.runtime_check.hooks import HOOKS, TrainingLoopError, TrainingLoopWarning
from looplint.runtime_check.observer import Observer
from looplint.runtime_check.places import NOWHERE
from looplint.runtime_check.recorder import Recorder
from looplint.runtime_check.switch import switched_off
from looplint.runtime_check.turns import Fault
from looplint.runtime_check.wanted import Wanted, unsilenced

from looplint.finding import Finding, Related
from looplint.judge import Verdict
from looplint.rule import catalogue

OnViolation: TypeAlias = Literal["warn", "raise", "collect"] | Callable[[Finding], object]

BY_VALUE = frozenset({"LL101", "LL603"})
"""The rules that gradients which are cleared or written behind torch's back would make speak."""

AGAIN = 2
"""What a rule wants to see so often, and no more, is reported at once where every step is judged exactly."""


class Watch:
    """A watch over the optimizers and schedulers of a run; see `watch`."""

    def __init__(
        self,
        *objects: Any,
        scheduler: Any = None,
        on_violation: OnViolation = "warn",
        exact: bool = False,
        wanted: Wanted = unsilenced,
    ) -> None:
        if not callable(on_violation) and on_violation not in ("warn", "raise", "collect"):
            raise ValueError(
                f"on_violation must be 'warn', 'raise', 'collect' or something to call with a finding, "
                f"not {on_violation!r}"
            )
        given = [*objects, *([] if scheduler is None else [scheduler])]
        only = [optimizer for one in given for optimizer in optimizers_in(one)]
        self._on_violation = on_violation
        self._wanted = wanted
        self._found: dict[Fault, tuple[Finding, int]] = {}
        self._unwanted: set[Fault] = set()
        self._closed = False
        self._observer: Observer | None = None
        self._recorder: Recorder | None = None
        if not switched_off():
            rules = [rule for rule in catalogue().values() if rule.runs]
            self._observer = Observer(rules, exact=exact, only=only if given else None, notify=self._look)
            HOOKS.add(self._observer)

    @property
    def findings(self) -> list[Finding]:
        """What has been found so far, each once for a place, with how often it was seen."""
        return [replace(finding, count=max(1, count)) for finding, count in self._found.values()]

    def summary(self) -> str:
        """Return what has been judged so far, and what could not be judged and why, as lines for a person."""
        return "\n".join(self.account().lines())

    def account(self) -> Account:
        """Return what `summary` tells."""
        HOOKS.settle()
        return account_of(self._observer)

    def record(self) -> Recorder | None:
        """Keep from now on what a report of the run shows; None where LOOPLINT_RUNTIME has turned the watch off."""
        if self._observer is not None:
            self._recorder = Recorder(self._observer)
            self._observer.events.listener = self._recorder.heard
        return self._recorder

    def close(self) -> None:
        """End the watch, judge what is left, and put torch back.

        Raises:
            TrainingLoopError: something was found only now, and `on_violation` is "raise".
        """
        self._close(quietly=False)

    def abandon(self) -> None:
        """End the watch without judging what is left: after a fork, where the run it was about goes on elsewhere."""
        self._closed = True
        if self._observer is not None:
            HOOKS.remove(self._observer)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(quietly=error is not None)

    def _close(self, *, quietly: bool) -> None:
        if self._closed:
            return
        self._closed = True
        observer = self._observer
        if observer is None:
            return
        HOOKS.remove(observer)
        if observer.failed:
            return
        try:
            observer.close()
        except Exception as error:
            HOOKS.failed(observer, error)
            return
        self._look(quietly=quietly)

    def _look(self, quietly: bool = False) -> None:
        """Report what has been confirmed since the last look."""
        observer = self._observer
        assert observer is not None
        fresh = []
        for fault, verdict, times in list(observer.history.faults()):
            if times < verdict.rule.times and not (observer.exact and (self._closed or verdict.rule.times <= AGAIN)):
                continue
            optimizer = verdict.violation.optimizer
            if fault[0] in BY_VALUE and optimizer is not None and observer.doubts(optimizer):
                continue
            if fault in self._unwanted:
                continue
            known = self._found.get(fault)
            if known is None:
                finding = finding_of(verdict)
                if not self._wanted(finding):
                    self._unwanted.add(fault)
                    continue
                fresh.append(finding)
                if self._recorder is not None:
                    self._recorder.violated(fault, finding)
                self._found[fault] = finding, times
            else:
                self._found[fault] = known[0], times
        for finding in fresh:
            self._report(finding, quietly)

    def _report(self, finding: Finding, quietly: bool) -> None:
        """Tell of a finding; what that raises is meant for the user."""
        try:
            self._tell(finding, quietly)
        except Exception as error:
            if self._observer is not None and not self._closed:
                self._observer.told = error
            raise

    def _tell(self, finding: Finding, quietly: bool) -> None:
        if callable(self._on_violation):
            self._on_violation(finding)
        elif self._on_violation == "raise" and not quietly:
            raise TrainingLoopError(finding)
        elif self._on_violation in ("warn", "raise"):
            warnings.warn_explicit(
                f"{finding.code} {finding.name}: {finding.message}" + (f" ({finding.help})" if finding.help else ""),
                TrainingLoopWarning,
                finding.filename,
                finding.line,
            )


def watch(
    *objects: Any,
    scheduler: Any = None,
    on_violation: OnViolation = "warn",
    exact: bool = False,
) -> Watch:
    """Watch a training run, and report where it breaks the order of gradients, optimizer and schedule.

    Arguments:
        objects: optimizers or schedulers to watch; none means every torch optimizer and scheduler of the process.
        scheduler: a scheduler to watch besides.
        on_violation: what to do with a finding: "warn" (a `TrainingLoopWarning`), "raise" (a `TrainingLoopError`, at
            the end of the turn of the loop in which it was confirmed), "collect" (nothing: it is in `findings`), or
            something to call with it, which may raise what it likes.
        exact: judge every turn of every loop, look at every parameter, and report what is seen once. Otherwise a
            finding has to be seen twice, and in a long run most turns are passed over: use it for tests and short
            runs.

    Returns:
        The watch, which has begun: a context manager, or to be ended with `close()`.

    Raises:
        TypeError: one of the objects is neither an optimizer nor a scheduler.
        ValueError: `on_violation` is none of those.
    """
    return Watch(*objects, scheduler=scheduler, on_violation=on_violation, exact=exact)


def optimizers_in(one: Any) -> list[torch.optim.Optimizer]:
    """Return the optimizer that an object is, drives or wraps.

    Raises:
        TypeError: it has none.
    """
    inner: Any = one
    for _ in range(4):
        inside = getattr(inner, "optimizer", None)  # of a scheduler, or of what is wrapped around the one that steps
        if inside is not None:
            inner = inside
        elif isinstance(inner, torch.optim.Optimizer):
            return [inner]
    raise TypeError(f"watch() takes optimizers and schedulers of torch, not {type(one).__name__}")


def finding_of(verdict: Verdict) -> Finding:
    """Return a verdict as its user reads it."""
    violation, rule = verdict.violation, verdict.rule
    related = [(event.place, words) for event, words in violation.related if event.place is not NOWHERE]
    return Finding(
        code=rule.code,
        name=rule.name,
        message=violation.message,
        span=violation.at.place.span,  # type: ignore[attr-defined]
        help=violation.help,
        related=tuple(Related(place.span, words) for place, words in related),  # type: ignore[attr-defined]
    )
