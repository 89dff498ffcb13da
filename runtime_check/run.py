"""`looplint run`: runs a script under the watch, and reports for all its processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from looplint.runtime_check import processes, ranks, results, script
from looplint.runtime_check.late import when_imported
from looplint.runtime_check.output import lines_of, put
from looplint.runtime_check.results import Merged, Options, Result
from looplint.runtime_check.switch import SWITCH, switched_off
from looplint.runtime_check.wanted import packed

from looplint.registry import every_rule
from looplint.report import FORMATS, SUMMARISED, tally
from looplint.report.concise import position, title
from looplint.report.terminal import Paint, clean, wants_colour
from looplint.settings import Policy, Settings

if TYPE_CHECKING:
    from looplint.runtime_check.session import Session

FINDINGS, TROUBLE = 1, 2


class CannotRun(Exception):
    """There is nothing to run, or nothing to watch it with."""


@dataclass(frozen=True)
class Command:
    """What the user asked for.

    Arguments:
        target: a script, or a module.
        arguments: its own.
        module: `target` is a module.
        fail: findings make the exit status 1 where it would be 0.
        output_format: how to report.
        output_file: where to write the report; None for standard error.
        page: where to write the page; None for nowhere.
        exact: judge every turn.
        quiet: print findings only.
        settings: which rules are on.
    """

    target: str
    arguments: Sequence[str] = ()
    module: bool = False
    fail: bool = False
    output_format: str = "full"
    output_file: str | None = None
    page: str | None = None
    exact: bool = False
    quiet: bool = False
    settings: Settings = field(default_factory=Settings)


def run(command: Command) -> int:
    """Run a script under the watch and report; return the exit status.

    Raises:
        CannotRun: before anything has run.
        UnknownRule: the settings name something that is no rule.
    """
    if not command.module and not Path(command.target).exists():
        raise CannotRun(f"{command.target}: no such file")
    if switched_off():
        if not command.quiet:
            _say(f"nothing is watched: {SWITCH}={os.environ[SWITCH]}")
        return script.run(command.target, command.arguments, module=command.module)
    if find_spec("torch") is None:
        raise CannotRun("looplint run watches torch, which is not installed for this Python: see `looplint[runtime]`")
    if os.environ.get(processes.FOLDER) and Path(os.environ[processes.FOLDER]).is_dir():
        # Another run has started this process: it is watched already, and that run reports.
        return script.run(command.target, command.arguments, module=command.module)
    return _Run(command).run()


class _Run:
    """A run, and this process's part in it."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.base = Path.cwd()
        self.begun = time.time()
        self.files = {name: _writable(name) for name in (command.output_file, command.page) if name is not None}
        self.rank = ranks.local_rank()
        shared = ranks.shared_folder() if self.rank else None
        if self.rank and shared is None:
            self.rank = None
        self.folder = shared or Path(tempfile.mkdtemp(prefix="looplint-"))
        human = command.output_format in SUMMARISED
        live = command.output_format if human else "full" if command.output_file else ""
        self.policy = Policy(command.settings, every_rule())
        rules = packed(command.settings, self.policy)
        self.options = Options(command.exact, live, command.page is not None, rules)
        self.session: Session | None = None
        self.stream = sys.stderr
        self.unwatched: list[str] = []

    def run(self) -> int:
        try:
            return self._watched()
        finally:
            if not self.rank or self.rank[0] == 0:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _watched(self) -> int:
        results.write_options(self.folder, self.options)
        if self.rank:
            ranks.announce(self.folder, self.rank[0])
        deaf = processes.deaf()
        if deaf is None:
            processes.mark(os.environ, self.folder)
        else:
            self.unwatched.append(deaf)
        children = processes.Children(lambda why: results.note(self.folder, why))
        call_off = when_imported("torch", self._begin)
        try:
            status = script.run(self.command.target, self.command.arguments, module=self.command.module)
        finally:
            call_off()
            children.close()
            processes.unmark(os.environ)
        try:
            return self._end(status)
        except Exception as error:
            _say(f"internal error: {type(error).__name__}: {error}", self.stream)
            return status

    def _begin(self) -> None:
        from looplint.runtime_check.session import Session

        self.session = Session(self.folder, self.options, self.base)

    def _end(self, status: int) -> int:
        mine = Result("") if self.session is None else self.session.result()
        if self.rank and self.rank[0]:
            with contextlib.suppress(OSError):  # the first rank has not waited
                results.write(self.folder, mine, f"rank-{self.rank[0]}")
            return status
        lost = ranks.missing(self.folder, self.rank[1]) if self.rank else []
        unjudged = [*self.unwatched, *results.notes(self.folder), *lost]
        found = [mine, *results.read(self.folder)]
        left = results.left_behind(self.folder, found)
        if left:
            found.append(Result("a process that was ended", left))
            unjudged.append("what a process did after it was last heard of: it was ended, and left no report")
        several = sum(bool(one.account or one.findings) for one in found) > 1
        if self.session is None and not several:
            unjudged.insert(0, "anything: torch was not imported")
        merged = [replace(one, finding=self.policy.weighed(one.finding)) for one in results.merged(found)]
        lines = _account(found, several) + [f"not judged: {clean(one)}" for one in unjudged]
        self._print(merged, lines, several)
        if self.command.page is not None:
            self._page(found, merged, lines, status)
        fails = any(self.policy.fails(one.finding) for one in merged)
        return FINDINGS if fails and self.command.fail and not status else status

    def _print(self, merged: Sequence[Merged], lines: Sequence[str], several: bool) -> None:
        command = self.command
        findings = results.relative([one.finding for one in merged], self.base)
        if command.output_format not in SUMMARISED or command.output_file is not None:
            colour = command.output_file is None and wants_colour(self.stream, os.environ)
            text = FORMATS[command.output_format](findings, lines_of(self.base), colour)
            if command.output_file is None:
                put(text, self.stream)
                return
            self.files[command.output_file].write_text(text, encoding="utf-8", errors="backslashreplace")
        if command.quiet:
            return
        for line in lines:
            _say(line, self.stream)
        paint = Paint(wants_colour(self.stream, os.environ))
        for one, finding in zip(merged, findings, strict=True):
            seen = "once" if finding.count == 1 else f"{finding.count} times"
            by = f", by {', '.join(name or 'this process' for name in one.names)}" if several else ""
            put(
                f"{paint('bold', position(finding.span))}: {title(finding, paint)} (seen {seen}{clean(by)})\n",
                self.stream,
            )
        _say(verdict(merged, lines), self.stream)

    def _page(self, found: Sequence[Result], merged: Sequence[Merged], lines: Sequence[str], status: int) -> None:
        from looplint.runtime_check.page import Page

        command = self.command
        words = [*(["-m"] if command.module else []), command.target, *command.arguments]
        page = Page(words, self.base, status, time.time() - self.begun, lines, verdict(merged, lines))
        text = page.render([one for one in found if one.data.get("windows")], merged)
        assert command.page is not None
        self.files[command.page].write_text(text, encoding="utf-8", errors="xmlcharrefreplace")


def verdict(merged: Sequence[Merged], lines: Sequence[str]) -> str:
    """Return the line that ends a report; what could not be judged is not called right."""
    if merged:
        return f"found {tally([one.finding for one in merged])}"
    if any(line.partition(": ")[0].endswith("not judged") for line in lines):
        return "found nothing in what was judged"
    return "all checks passed"


def _account(found: Sequence[Result], several: bool) -> list[str]:
    """Return what each process has judged; what several have not judged for one reason is said once."""
    lines = []
    reasons: dict[str, list[str]] = {}
    for one in found:
        name = one.name or "this process"
        lines += [f"{clean(name)} {line}" if several else line for line in one.account]
        if one.account or not several:
            for reason in one.unjudged:
                reasons.setdefault(reason, []).append(name)
    everyone = sum(bool(one.account) for one in found)
    for reason, names in reasons.items():
        by = f" ({clean(', '.join(names))})" if several and len(names) < everyone else ""
        lines.append(f"not judged: {clean(reason)}{by}")
    return lines


def _writable(name: str) -> Path:
    """Return a path that can be written, as of now: a script may run for a long time and change the current folder."""
    path = Path(name).absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError as error:
        raise CannotRun(f"{name}: cannot be written: {(error.strerror or str(error)).lower()}") from None
    return path


def _say(line: str, stream: object = None) -> None:
    put(f"looplint: {line}\n", stream or sys.stderr)
