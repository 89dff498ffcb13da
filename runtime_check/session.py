"""The watch of one process in a run of `looplint run`, from its first import of torch to its end."""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import multiprocessing.util
import os
import sys
from dataclasses import replace
from pathlib import Path

from looplint.runtime_check import results
from looplint.runtime_check.output import lines_of, put
from looplint.runtime_check.processes import Children
from looplint.runtime_check.recorder import Recorder
from looplint.runtime_check.results import Options, Result
from looplint.runtime_check.wanted import unpacked, wanted_by
from looplint.runtime_check.watching import Watch

from looplint.finding import Finding
from looplint.report import FORMATS
from looplint.report.terminal import clean, wants_colour


class Session:
    """The watch of this process.

    Arguments:
        folder: the folder of the run.
        options: how it is watched.
        base: the folder from which the names of files are shown.
        name: what the process is called where nothing else names it; the one that reports has none.
    """

    def __init__(self, folder: Path, options: Options, base: Path, name: str = "") -> None:
        self.folder = folder
        self.options = options
        self.base = base
        self.name = name
        self.stream = sys.stderr
        self._begin()
        multiprocessing.util.register_after_fork(self, Session._forked)

    def _begin(self) -> None:
        self.process = os.getpid()
        self.closed = False
        self.policy = unpacked(self.options.rules)
        self.watch = Watch(on_violation=self._found, exact=self.options.exact, wanted=wanted_by(self.policy))
        self.recorder: Recorder | None = self.watch.record() if self.options.page else None

    def _forked(self) -> None:
        """This is a process of its own now, with a copy of the watch; or `multiprocessing` has only just set it up."""
        if os.getpid() != self.process:
            self.watch.abandon()
            self.name = own_name()
            self._begin()
        multiprocessing.util.Finalize(None, self.end, exitpriority=100)

    def called(self) -> str:
        """Return what this process is called: its rank where it has one."""
        distributed = sys.modules.get("torch.distributed")
        with contextlib.suppress(Exception):
            if distributed is not None and distributed.is_available() and distributed.is_initialized():
                return f"rank {distributed.get_rank()}"
        rank = os.environ.get("RANK", "")
        return f"rank {rank}" if rank.isdigit() else self.name

    def _found(self, finding: Finding) -> None:
        first = results.is_first(self.folder, finding)
        if not self.options.live or not first:
            return
        name = self.called()
        (shown,) = results.relative([self.policy.weighed(finding)], self.base)
        text = FORMATS[self.options.live]([shown], lines_of(self.base), wants_colour(self.stream, os.environ))
        put(f"looplint ({clean(name)}): {text}" if name else f"looplint: {text}", self.stream)

    def result(self) -> Result:
        """End the watch and return what it found."""
        self.watch.close()
        account = self.watch.account()
        data = self.recorder.data() if self.recorder is not None else {}
        judged = replace(account, unjudged=()).lines()
        return Result(self.called(), self.watch.findings, judged, list(account.unjudged), data)

    def end(self) -> None:
        """End the watch and leave what it found, where anything was there to be watched."""
        if self.closed or os.getpid() != self.process:
            return
        self.closed = True
        result = self.result()
        if result.account or result.findings:
            with contextlib.suppress(OSError):  # whoever reports has not waited
                results.write(self.folder, result, str(self.process))


def own_name() -> str:
    name = multiprocessing.current_process().name
    return f"process {os.getpid()}" if name == "MainProcess" else f"{name}, process {os.getpid()}"


def join(folder: Path) -> None:
    """Watch this process as part of a run that another has begun."""
    if not folder.is_dir():
        return
    session = Session(folder, results.read_options(folder), Path.cwd(), own_name())
    atexit.register(session.end)
    Children(lambda why: results.note(folder, why))
