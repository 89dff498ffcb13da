"""Makes torch tell observers what happens, and puts it back exactly as it was.

Torch is changed once, for however many observers there are: with the first that begins, and back with the last that
ends. An observer that fails is dropped with one warning, and the run goes on; only what tells of a finding passes.
"""

from __future__ import annotations

import functools
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from threading import get_ident
from typing import Any

import torch
from looplint.runtime_check import compiled
from looplint.runtime_check.observer import Observer
from looplint.runtime_check.passes import Pass
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils.data import dataloader

MISSING = object()


class TrainingLoopError(Exception):
    """A training loop breaks the order of gradients, optimizer and schedule.

    Arguments:
        finding: what was found, and where.
    """

    def __init__(self, finding: Any) -> None:
        super().__init__(f"{finding.filename}:{finding.line}: {finding.code} {finding.name}: {finding.message}")
        self.finding = finding


class TrainingLoopWarning(UserWarning):
    """The same as a warning; also what is said once where looplint itself fails and stops watching."""


class Depth(threading.local):
    """How many calls of one kind each thread is in, one inside the other."""

    count = 0

    def __enter__(self) -> None:
        self.count += 1

    def __exit__(self, *_: object) -> None:
        self.count -= 1


class Hooks:
    """What torch is made to call."""

    def __init__(self) -> None:
        self.observers: tuple[Observer, ...] = ()
        self._undo: list[Callable[[], None]] = []
        self._backward = Depth()
        self._scheduling = Depth()
        self._resting = 0
        self._counts: dict[int, int] = {}
        self._lock = threading.RLock()

    def add(self, observer: Observer) -> None:
        with self._lock:
            if not self.observers:
                self._install()
            self.settle()
            observer.sampling.settle = self.settle
            observer.steps.guarded = functools.partial(self._amidst, observer)
            self.observers = (*self.observers, observer)
            self._guarded(observer, observer.optimizers.begin)
            self.settle()

    def remove(self, observer: Observer) -> None:
        with self._lock:
            if observer in self.observers:
                self.settle()
                self._drop(observer)
                self.settle()

    def _drop(self, observer: Observer) -> None:
        with self._lock:
            before, self.observers = self.observers, tuple(one for one in self.observers if one is not observer)
            if before and not self.observers:
                self._uninstall()

    def settle(self) -> None:
        """See whether a thread trains of which all observers pass over the turns of a loader.

        This costs each turn of a long run as little as can be: hooks begin with it, and steps are only counted, until
        somebody wants to know.
        """
        counts, self._counts = self._counts, {}
        threads = set()
        for observer in self.observers:
            try:
                observer.optimizers.stepped(counts)
                sampling = observer.sampling
                threads.add(observer.thread if sampling.quiet and sampling.in_loader() else None)
            except Exception as error:
                self.failed(observer, error)
        self._resting = threads.pop() or 0 if len(threads) == 1 else 0

    def failed(self, observer: Observer, error: Exception) -> None:
        """Drop an observer in which something went wrong, and say so once."""
        observer.failed = True
        self._resting = 0
        self._drop(observer)
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f" ({place.tb_frame.f_code.co_filename}:{place.tb_lineno})" if place is not None else ""
        warnings.warn(
            f"looplint stops watching this run, which goes on: {type(error).__name__}: {error}{where}",
            TrainingLoopWarning,
            stacklevel=3,
        )

    # -- torch, changed ----------------------------------------------------------------------------------------------

    def _replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        own = vars(owner).get(name, MISSING)
        replaced = make(getattr(owner, name))
        setattr(owner, name, replaced)

        def undo() -> None:
            if vars(owner).get(name) is replaced or isinstance(vars(owner).get(name), classmethod):
                delattr(owner, name) if own is MISSING else setattr(owner, name, own)

        self._undo.append(undo)

    def _install(self) -> None:
        self._backward = Depth()
        self._scheduling = Depth()
        self._replace(torch.autograd, "backward", self._around_backward)
        self._replace(torch.optim.Optimizer, "__init__", self._around_init)
        self._replace(torch.optim.Optimizer, "add_param_group", self._around_group)
        self._replace(torch.optim.Optimizer, "zero_grad", self._around_clear)
        self._replace(torch.nn.Module, "zero_grad", self._around_clear)
        self._replace(torch.amp.GradScaler, "step", self._around_attempt)
        self._replace(dataloader.DataLoader, "__iter__", self._around_iter)
        self._replace(dataloader._BaseDataLoaderIter, "__next__", self._around_next)
        for kind in subclasses(LRScheduler):
            self._schedule_class(kind)
        self._replace(LRScheduler, "__init_subclass__", self._around_subclass)
        self._replace(torch.cuda.CUDAGraph, "replay", self._around_replay)
        self._undo.append(register_optimizer_step_pre_hook(self._before_step).remove)
        self._undo.append(register_optimizer_step_post_hook(self._after_step).remove)

    def _uninstall(self) -> None:
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()

    def _schedule_class(self, kind: type) -> None:
        for name, around in (
            ("step", self._around_schedule),
            ("_initial_step", self._around_initial),
            ("load_state_dict", self._around_load),
        ):
            if name in vars(kind):
                self._replace(kind, name, around)

    def _around_subclass(self, original: Any) -> Any:
        def __init_subclass__(cls: type, /, **kwargs: Any) -> None:
            original.__func__(cls, **kwargs) if hasattr(original, "__func__") else original(**kwargs)
            self._schedule_class(cls)

        return classmethod(__init_subclass__)

    # -- gradients ---------------------------------------------------------------------------------------------------

    def _around_backward(self, original: Any) -> Any:
        @compiled.wrapper
        @functools.wraps(original)
        def backward(*args: Any, **kwargs: Any) -> Any:
            if self._resting == get_ident():
                return original(*args, **kwargs)
            if self._backward.count or not self.observers:
                return original(*args, **kwargs)
            try:
                for observer in self.observers:
                    if observer.thread is None:
                        self._called(observer, observer.train_here)
                    if not observer.sampling.quiet:
                        self._guarded(observer, observer.backwards.before)
                with self._backward:
                    return original(*args, **kwargs)
            finally:
                for observer in self.observers:
                    quiet = observer.sampling.quiet
                    self._guarded(observer, observer.attention.passes_backward if quiet else observer.backwards.after)

        return backward

    @compiled.own
    def _guarded(self, observer: Observer, call: Callable[..., Any], *args: Any) -> Any:
        """Tell an observer, if this is the thread that it watches."""
        if observer.thread is None:
            with observer.lock:  # which thread it is may be decided meanwhile
                return None if observer.other_thread() else self._called(observer, call, args)
        return self._called(observer, call, args) if observer.thread == get_ident() else None

    @compiled.own
    def _called(self, observer: Observer, call: Callable[..., Any], args: tuple[Any, ...] = ()) -> Any:
        """Call an observer; what goes wrong in there ends with it."""
        try:
            return call(*args)
        except Exception as error:
            if error is observer.told:
                observer.told = None
                raise
            self.failed(observer, error)
            return None

    @compiled.own
    def _amidst(self, observer: Observer, call: Callable[..., Any], *args: Any) -> None:
        """Tell an observer amidst a step of the user, where it may have failed since that began."""
        if not observer.failed:
            self._guarded(observer, call, *args)

    def _around_clear(self, original: Any) -> Any:
        @functools.wraps(original)
        def zero_grad(owner: Any, *args: Any, **kwargs: Any) -> Any:
            # What is cleared in a compiled function is seen at the next backward all the same.
            if torch.compiler.is_compiling() or self._resting == get_ident():
                return original(owner, *args, **kwargs)
            result = original(owner, *args, **kwargs)
            for observer in self.observers:
                if not observer.sampling.quiet:
                    self._guarded(observer, observer.clears.called, owner)
            return result

        return zero_grad

    def _around_init(self, original: Any) -> Any:
        @compiled.wrapper
        @functools.wraps(original)
        def __init__(optimizer: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> None:
            original(optimizer, *args, **kwargs)
            for observer in self.observers:
                self._guarded(observer, observer.builds.built, optimizer)

        return __init__

    def _around_group(self, original: Any) -> Any:
        @compiled.wrapper
        @functools.wraps(original)
        def add_param_group(optimizer: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> None:
            original(optimizer, *args, **kwargs)
            for observer in self.observers:
                self._guarded(observer, observer.builds.grown, optimizer)

        return add_param_group

    @compiled.own
    def _before_step(self, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> Any:
        if self._resting == get_ident():
            return None
        result = None
        for observer in self.observers:
            if not observer.sampling.quiet:
                changed = self._guarded(observer, observer.steps.before, optimizer, args, kwargs)
                if changed is not None:
                    args, kwargs = result = changed
        return result

    @compiled.own
    def _after_step(self, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        if self._resting == get_ident():
            self._counts[id(optimizer)] = self._counts.get(id(optimizer), 0) + 1
            return
        for observer in self.observers:
            self._guarded(observer, observer.steps.after, optimizer)

    def _around_attempt(self, original: Any) -> Any:
        @compiled.wrapper
        @functools.wraps(original)
        def step(scaler: Any, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
            before = [
                (observer, self._guarded(observer, observer.steps.count, optimizer)) for observer in self.observers
            ]
            result = original(scaler, optimizer, *args, **kwargs)
            for observer, count in before:
                if count is not None and not observer.sampling.quiet:
                    self._guarded(observer, observer.steps.attempted, optimizer, count)
            return result

        return step

    def _around_replay(self, original: Any) -> Any:
        @compiled.wrapper
        @functools.wraps(original)
        def replay(*args: Any, **kwargs: Any) -> Any:
            for observer in self.observers:
                observer.steps.opaque += 1
            return original(*args, **kwargs)

        return replay

    # -- schedules ---------------------------------------------------------------------------------------------------

    def _around_schedule(self, original: Any) -> Any:
        @compiled.wrapper
        @functools.wraps(original)
        def step(scheduler: Any, *args: Any, **kwargs: Any) -> Any:
            with self._scheduling:
                result = original(scheduler, *args, **kwargs)
            if not self._scheduling.count and self.observers:
                explicit = bool(args or kwargs) and not isinstance(scheduler, ReduceLROnPlateau)
                for observer in self.observers:
                    self._guarded(observer, observer.schedules.moved, scheduler, explicit)
            return result

        return step

    def _around_initial(self, original: Any) -> Any:
        @compiled.wrapper
        @functools.wraps(original)
        def _initial_step(scheduler: Any, *args: Any, **kwargs: Any) -> Any:
            with self._scheduling:
                return original(scheduler, *args, **kwargs)

        return _initial_step

    def _around_load(self, original: Any) -> Any:
        @compiled.wrapper
        @functools.wraps(original)
        def load_state_dict(scheduler: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(scheduler, *args, **kwargs)
            for observer in self.observers:
                self._guarded(observer, observer.schedules.resumed, scheduler)
            return result

        return load_state_dict

    # -- loaders -----------------------------------------------------------------------------------------------------

    def _around_iter(self, original: Any) -> Any:
        @compiled.wrapper
        @functools.wraps(original)
        def __iter__(loader: Any) -> Any:
            batches = original(loader)
            if self.observers and isinstance(batches, dataloader._BaseDataLoaderIter):
                for one in vars(batches).get("_looplint", ()):  # workers that persist: the same iterator again
                    self._guarded(one[0], one[0].passes.ended, one[1])
                passes = []
                for observer in self.observers:
                    made = self._guarded(observer, observer.passes.begin)
                    if made is not None:
                        made.reference = weakref.ref(batches, functools.partial(self._dropped, observer, made))
                        passes.append((observer, made))
                batches._looplint = passes  # type: ignore[attr-defined]
            return batches

        return __iter__

    def _dropped(self, observer: Observer, one: Pass, _: object) -> None:
        if observer in self.observers:
            self._guarded(observer, observer.passes.dropped, one)

    def _around_next(self, original: Any) -> Any:
        @compiled.wrapper
        @functools.wraps(original)
        def __next__(batches: Any) -> Any:
            try:
                batch = original(batches)
            except StopIteration:
                for observer, one in vars(batches).get("_looplint", ()):
                    if observer in self.observers:
                        self._guarded(observer, observer.passes.ended, one)
                raise
            for observer, one in getattr(batches, "_looplint", ()):
                sampling = observer.sampling
                if one is sampling.passed and sampling.quiet > 1:
                    sampling.quiet -= 1
                elif observer in self.observers:
                    self._guarded(observer, observer.passes.batch, one)
            return batch

        return __next__


def subclasses(kind: type) -> Iterator[type]:
    """Yield a class and all that are derived from it."""
    seen: dict[type, None] = {}
    stack = [kind]
    while stack:
        one = stack.pop()
        if one not in seen:
            seen[one] = None
            stack += one.__subclasses__()
    return iter(seen)


HOOKS = Hooks()
"""The hooks of this process."""
