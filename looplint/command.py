"""`looplint check`, once it is known what is asked for: what is printed and written, and the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TextIO

from looplint import check, files, output, progress
from looplint.report import FORMATS, SUMMARISED
from looplint.settings import Policy, Settings
from looplint.workers import processors

if TYPE_CHECKING:
    from looplint.baseline import Baseline, Compared
    from looplint.cache import Cache

FINDINGS, TROUBLE = 1, 2
"""Exit status."""

AT_ODDS = (
    ("diff", "output_file"),
    ("fix", "add_noqa"),
    ("diff", "add_noqa"),
    ("fix", "write_baseline"),
    ("diff", "write_baseline"),
    ("add_noqa", "write_baseline"),
    ("add_noqa", "standard input"),
)
"""What excludes each other."""


class CannotBeDone(Exception):
    """What is asked for is at odds with itself, or with the machine; the text says why.

    Arguments:
        usage: another command line would do.
    """

    def __init__(self, message: str, *, usage: bool = False) -> None:
        super().__init__(message)
        self.usage = usage


class Request(NamedTuple):
    """What `looplint check` is asked to do.

    Arguments:
        paths: files, directories, or `-` for standard input.
        settings: of configuration and command line.
        stdin_filename: what to call standard input.
        output_file: where the report goes; None for standard output.
        statistics: report how often each rule has found something.
        write_baseline: write all that is found into the baseline of the settings.
        add_noqa: write comments that silence what is found.
        jobs: how many processes to use at most; None for one a processor.
        cache_dir: where results are kept; None for the usual place.
        no_cache: neither use nor keep results.
        fix, unsafe_fixes, diff: mend what can be mended, by unsafe fixes too, or print how.
        exit_zero: findings do not count for the exit status.
        quiet, verbose: say less, or more.
    """

    paths: tuple[str, ...]
    settings: Settings
    stdin_filename: str | None
    output_file: str | None
    statistics: bool
    write_baseline: bool
    add_noqa: bool
    jobs: int | None
    cache_dir: str | None
    no_cache: bool
    fix: bool
    unsafe_fixes: bool
    diff: bool
    exit_zero: bool
    quiet: bool
    verbose: bool


class Command(Request):
    """Does what is requested."""

    def run(self) -> int:
        """Do it, and return the exit status: 0, 1 for findings, 2 for trouble.

        Raises:
            CannotBeDone: it cannot be done.
            looplint.selection.UnknownRule, looplint.rule.BrokenRule, looplint.baseline.BadBaseline: as their names say.
        """
        self._consider()
        for warning in () if self.quiet else self._policy.warnings:
            output.warn(warning)
        known = self._baseline()
        stdin = files.standard_input(self.stdin_filename) if self._mends and files.STDIN in self.paths else {}
        with progress.shown(sys.stderr, os.environ, wanted=not self.quiet and not self.verbose) as bar:
            done = self._judge(stdin, note=output.note if self.verbose else None, bar=bar)
        for directory in () if self.quiet else done.empty:
            output.warn(f"no Python files or notebooks under `{directory}`")
        for failure in done.failures:
            output.complain(str(failure), failure)
        compared = known.take_from(done, done.lines, self._policy, write=self.write_baseline) if known else None
        for line in compared.notes(verbose=self.verbose) if compared and not self.quiet else ():
            output.note(line)
        unwritten = self.add_noqa and self._silence(done)
        count, status = len(done.findings), TROUBLE if unwritten or done.failures else 0
        if self._mends:
            done, changed = self._mend(done, stdin, known)
            status = max(status, changed)
        if not self.diff:
            stream = sys.stderr if stdin else sys.stdout  # what standard input has become goes to standard output
            self._report(done, compared, fixed=max(count - len(done.findings), 0) if self.fix else 0, stream=stream)
            status = max(status, FINDINGS if any(map(self._policy.fails, done.findings)) else 0)
        return 0 if status == FINDINGS and self.exit_zero else status

    @property
    def _mends(self) -> bool:
        return self.fix or self.diff

    @cached_property
    def _policy(self) -> Policy:
        return Policy(self.settings)

    @cached_property
    def _cache(self) -> Cache | None:
        if self.no_cache:
            return None
        from looplint.cache import Cache, default_folder

        return Cache(self.cache_dir or default_folder(os.environ))

    def _consider(self) -> None:
        asked = {name for name, value in self._asdict().items() if value}
        asked |= {"standard input"} if files.STDIN in self.paths else set()
        for pair in AT_ODDS:
            if asked.issuperset(pair):
                said = [one if " " in one else f"--{one.replace('_', '-')}" for one in pair]
                raise CannotBeDone(f"{said[0]} and {said[1]} exclude each other", usage=True)
        if self.statistics:
            from looplint.report.statistics import STATISTICS

            if self.settings.output_format not in STATISTICS:
                named = f"{', '.join(STATISTICS)}, not `{self.settings.output_format}`"
                raise CannotBeDone(f"--statistics can be {named}", usage=True)

    def _baseline(self) -> Baseline | None:
        """The baseline of the run; None where there is none."""
        file = self.settings.baseline
        if file is None and self.write_baseline:
            message = "--write-baseline needs a file: --baseline FILE, or `baseline` in the configuration"
            raise CannotBeDone(message, usage=True)
        if file is None:
            return None
        from pathlib import Path

        from looplint import baseline

        return baseline.read(Path(file), may_lack=self.write_baseline)

    def _judge(
        self,
        contents: Mapping[str, bytes],
        note: check.Note | None = None,
        bar: progress.Progress | None = None,
    ) -> check.Run:
        return check.run(
            self.paths or (".",),
            self.settings,
            self._policy,
            stdin_filename=self.stdin_filename,
            jobs=self.jobs or processors(),
            cache=self._cache,
            note=note,
            progress=bar,
            contents=contents,
        )

    def _mend(self, found: check.Run, stdin: dict[str, bytes], known: Baseline | None) -> tuple[check.Run, int]:
        """Mend what was found, or print how; return what is left, and the exit status that this comes to."""
        from looplint.fixing import Fixer
        from looplint.report import fixable
        from looplint.report.terminal import visible

        def judge(*, contents: Mapping[str, bytes]) -> check.Run:
            run = self._judge(contents)
            if known:
                known.take_from(run, run.lines, self._policy, write=False)
            return run

        fixed = Fixer(judge, unsafe=self.unsafe_fixes, stdin=stdin).fix(found)
        for refusal in () if self.quiet else fixed.refused:
            output.warn(refusal)
        if self.diff:
            text = fixed.diff()
            output.write(visible(text) if sys.stdout.isatty() else text)
            count = len(found.findings) - len(fixed.run.findings)
            said = f"Would fix {count} error{'s' * (count != 1)}." if count else "No errors would be fixed."
            more = fixable(fixed.run.findings, unsafe=self.unsafe_fixes)
            for line in () if self.quiet else filter(None, (said, more)):
                output.note(line)
            return fixed.run, FINDINGS if fixed.contents else 0
        failures = fixed.write()
        for failure in failures:
            output.complain(str(failure), failure)
        for data in fixed.standard_input.values():
            output.write_bytes(data)
        return (judge(contents=fixed.standard_input), TROUBLE) if failures else (fixed.run, 0)

    def _silence(self, done: check.Run) -> bool:
        """Write comments for what a run has found, and leave it the rest; return whether one could not be written."""
        from looplint import noqa

        silenced = noqa.silence(done.findings, done.texts, self._policy.rules)
        for failure in silenced.failures:
            output.complain(str(failure), failure)
        if not self.quiet:
            output.note(silenced.summary)
        done.findings = silenced.left
        return bool(silenced.failures)

    def _rendered(self, done: check.Run, stream: TextIO | None) -> str:
        """The report, for a stream, which may be a terminal; None for a file."""
        from looplint.report import offered
        from looplint.report.terminal import wants_colour

        name = self.settings.output_format
        colour = stream is not None and wants_colour(stream, os.environ)
        if self.statistics:
            from looplint.report.statistics import STATISTICS

            return STATISTICS[name](done.findings, colour)
        shown = offered(done.findings, unsafe=self.unsafe_fixes) if name in SUMMARISED else done.findings
        return FORMATS[name](shown, done.lines, colour)

    def _report(self, done: check.Run, compared: Compared | None, *, fixed: int, stream: TextIO) -> None:
        from looplint.report import fixable, summary

        name, file = self.settings.output_format, self.output_file
        text = self._rendered(done, stream if file is None else None) if done.findings or name not in SUMMARISED else ""
        if name in SUMMARISED and not self.quiet and (done.findings or not done.failures):
            hidden = compared.summary if compared and compared.known else ""
            said = summary(done.findings, fixed), hidden, fixable(done.findings, unsafe=self.unsafe_fixes)
            text += "".join(f"{line}\n" for line in said if line)
        if file is None:
            output.write(text, stream)
            return
        try:
            os.makedirs(os.path.dirname(file) or ".", exist_ok=True)
            with open(file, "w", encoding="utf-8") as opened:
                opened.write(text)
        except OSError as error:
            raise CannotBeDone(f"{file}: cannot be written: {(error.strerror or str(error)).lower()}") from None
