"""Judging the files of a run in several processes: each file is a program of its own, and waits for no other."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from looplint.garbage import collect_less
from looplint.progress import Progress
from looplint.tree import File, InternalError, Judged, Tree, judged

if TYPE_CHECKING:
    from concurrent.futures import Future

    from looplint.source import Project

EACH = 4
"""A process is begun for so many files at least: to begin one takes as long as to judge some."""


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def judge(tree: Tree, jobs: int, *, noted: bool, progress: Progress | None = None) -> list[InternalError]:
    """Judge every file of a tree, and return a defect of looplint for each that could not be.

    Arguments:
        jobs: how many processes to use at most.
        noted: keep with each file what in it could not be judged.
        progress: is told after each file how far this is.
    """
    known = {} if noted else tree.recalled()
    files = [file for file in tree.files.values() if file.shown not in known]
    jobs = min(jobs, len(files) // EACH)
    if jobs < 2:
        return _failures(tree, known, {}, noted=noted, progress=progress)
    import multiprocessing  # here, as most runs are too small to need it

    try:
        waiting = _begun(files, jobs, tree, noted=noted)
        return _failures(tree, known, waiting, noted=noted, progress=progress)
    except BaseException:  # an interrupt above all: whoever is still at work need not end it
        for process in multiprocessing.active_children():
            process.terminate()
        raise


def _failures(
    tree: Tree,
    known: Mapping[str, Judged],
    waiting: Mapping[str, Future[Judged]],
    *,
    noted: bool,
    progress: Progress | None,
) -> list[InternalError]:
    """Take what was found in every file, in their order, and return what could not be judged."""
    failures = []
    files = list(tree.files.values())
    for number, file in enumerate(files, 1):
        try:
            judged = known.get(file.shown)
            if judged is None:
                one = waiting.get(file.shown)
                judged = (one and _result(one)) or tree.judged(file, noted=noted)
                tree.keep(file, judged)
            tree.take(file, judged)
        except InternalError as error:
            failures.append(error)
        if progress is not None:
            progress(number, len(files))
    return failures


def _begun(files: Sequence[File], jobs: int, tree: Tree, *, noted: bool) -> dict[str, Future[Judged]]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    import looplint.source  # noqa: F401 - once for all that are forked

    forks = "fork" in multiprocessing.get_all_start_methods()  # quicker, and there are no threads here
    context = multiprocessing.get_context("fork" if forks else None)
    pool = ProcessPoolExecutor(jobs, context, _begin, (dict(tree.shown), dict(tree.contents)))
    waiting = {}
    # One may have ended already: the rest is left to this one.
    with _uninterrupted(), contextlib.suppress(BrokenProcessPool):
        for one in files:
            waiting[one.shown] = pool.submit(_judge, one.path, one.shown, one.code, noted)
    pool.shutdown(wait=False)
    return waiting


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let an interrupt wait: amidst the beginning of a process it would leave one that nobody knows of."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _result(one: Future[Judged]) -> Judged | None:
    """Return what a process has found; None where it has ended before: this one does it then."""
    from concurrent.futures.process import BrokenProcessPool

    try:
        return one.result()
    except BrokenProcessPool:
        return None


_project: Project | None = None
"""The files that a worker has opened."""


def _begin(shown: Mapping[str, str], contents: Mapping[str, bytes]) -> None:
    global _project
    import signal
    import threading

    from looplint.source import Project

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who has begun this process ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    collect_less()
    _project = Project(shown, contents)


def _end_with_parent() -> None:
    """End this process when the one that has begun it ends, which may have been killed: nobody else would."""
    import multiprocessing
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    assert parent is not None, "this is the process of a worker"
    wait([parent.sentinel])
    os._exit(1)


def _judge(path: str, shown: str, code: object, noted: bool) -> Judged:
    assert _project is not None
    return judged(File(path, shown, code), _project, noted=noted)  # type: ignore[arg-type]
