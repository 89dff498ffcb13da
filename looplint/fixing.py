"""Mends files: what was found in them goes, if all that is judged again then shows nothing new."""

from __future__ import annotations

import difflib
import itertools
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from looplint import files
from looplint.check import Run
from looplint.edits import Edit, offset
from looplint.finding import Finding
from looplint.notebook import Notebook, code_of
from looplint.report import applicable
from looplint.rewrite import NotWritten, Original

ROUNDS = 10
"""So often fixes are made and everything is judged again: one may make room for another."""

REFUSED = "something else would be found then, or it would still be"
"""Why a fix is not made that all judged again speaks against."""


class Judge(Protocol):
    """Checks everything, with these contents by absolute path in place of what is on disk."""

    def __call__(self, *, contents: Mapping[str, bytes]) -> Run: ...


Known = tuple[str, int | None, str, str, str]
"""What a finding is known by before and after another one was mended: file, cell, code, message, and its row."""


@dataclass
class Fixed:
    """What fixing has come to; nothing is written yet.

    Arguments:
        run: what is found after the fixes.
        originals: the files as they were read, by the name the user gave.
        contents: the files that change, by the same name.
        standard_input: what that becomes, by its absolute path; empty where it is not checked.
        refused: why others are not, a sentence each.
    """

    run: Run
    originals: dict[str, Original] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    standard_input: dict[str, bytes] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def write(self) -> list[NotWritten]:
        """Replace the files that change, and return why some cannot be; standard input is left to others."""
        failures = []
        written: set[tuple[str, bytes]] = set()
        for name, data in self.contents.items():
            one = os.path.realpath(name), data  # a link beside what it leads to is the same file
            if files.absolute(name) in self.standard_input or one in written:
                continue
            try:
                self.originals[name].replace(data)
                written.add(one)
            except NotWritten as error:
                failures.append(error)
        return failures

    def diff(self) -> str:
        """Return the changes as a unified diff; of a notebook, cell by cell."""
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for name, data in sorted(self.contents.items())
            for part, old, new in compared(name, self.originals[name].data, data)
            for line in difflib.unified_diff(as_rows(old), as_rows(new), part, part)
        )


class Fixer:
    """Mends what a run has found.

    Arguments:
        judge: checks everything again.
        unsafe: make fixes too that may change what the code means.
        stdin: standard input, by its absolute path; it cannot be read again.
    """

    def __init__(self, judge: Judge, *, unsafe: bool, stdin: Mapping[str, bytes] | None = None) -> None:
        self._judge = judge
        self._unsafe = unsafe
        self._stdin = dict(stdin or {})
        self._originals: dict[str, Original] = {}
        self._contents: dict[str, bytes] = {}
        self._refused: dict[Known, str] = {}

    def fix(self, found: Run) -> Fixed:
        """Make fixes until there are no more, or nobody sees an end to it.

        Arguments:
            found: what is found in the files as they are.
        """
        run = found
        for _ in range(ROUNDS):
            chosen = apart(one for one in run.findings if self._wanted(one, run))
            if not chosen:
                break
            run = self._round(run, chosen)
        else:
            left = [one for one in run.findings if self._wanted(one, run)]
            self._refused |= {known(one, run): refusal(one, f"{ROUNDS} rounds have not mended all") for one in left}
        changed = {name: data for name, data in self._contents.items() if data != self._originals[name].data}
        stdin = self._stdin | {path: data for path, data in self._on_top({}).items() if path in self._stdin}
        return Fixed(run, self._originals, changed, stdin, list(self._refused.values()))

    def _wanted(self, finding: Finding, run: Run) -> bool:
        return applicable(finding, unsafe=self._unsafe) and known(finding, run) not in self._refused

    def _round(self, run: Run, chosen: Sequence[Finding]) -> Run:
        """Make all fixes at once, and return what is found then; or find those to blame, which are made no more."""
        after, blamed = self._tried(run, chosen)
        if after is not None:
            return after
        before = self._contents
        good: list[tuple[Run, dict[str, bytes]]] = []
        for one in [one for one in chosen if one.filename in blamed] or chosen:
            after, _ = self._tried(run, [one])
            if after is None:
                self._refused.setdefault(known(one, run), refusal(one, REFUSED))
            else:
                good.append((after, self._contents))
            self._contents = before
        if self._refused.keys() & {known(one, run) for one in chosen}:
            return run
        run, self._contents = good[0]  # each holds alone, and not all together: one now, the others in another round
        return run

    def _tried(self, run: Run, chosen: Sequence[Finding]) -> tuple[Run | None, set[str]]:
        """Make fixes, and take them back if they do not hold.

        Returns:
            What is found then, or None; and the files in which they do not.
        """
        try:
            changed = self._changed(run, chosen)
        except (files.Unreadable, NotWritten) as error:
            if len(chosen) == 1:
                self._refused[known(chosen[0], run)] = refusal(chosen[0], why_not(error))
            return None, set()
        after = self._judge(contents=self._on_top(changed))
        blamed = {name for name, data in changed.items() if flaws(name, data) > flaws(name, self._data(name))}
        had, has = (
            Counter(known(one, run) for one in run.findings),
            Counter(known(one, after) for one in after.findings),
        )
        expected = had - Counter(known(one, run) for one in chosen)
        blamed |= {name for name, *_ in has - expected}
        if blamed or len(after.failures) > len(run.failures):
            return None, blamed
        self._contents = {**self._contents, **changed}
        return after, set()

    def _changed(self, run: Run, chosen: Sequence[Finding]) -> dict[str, bytes]:
        """Return the files with fixes made."""
        found: dict[str, bytes] = {}
        for name, ones in itertools.groupby(sorted(chosen, key=lambda one: one.filename), lambda one: one.filename):
            if name not in self._originals:
                data = self._stdin.get(files.absolute(name))
                self._originals[name] = Original.read(name) if data is None else Original(name, data)
            now = Original(name, self._data(name))
            code = code_of(now.text, name)
            if cells_of(code) != cells_of(run.texts[name]):
                raise NotWritten(f"{name}: has changed since it was read, so it is left as it is")
            found[name] = now.edited([edit for one in ones for edit in edits_of(one, code)])
        return found

    def _data(self, name: str) -> bytes:
        return self._contents.get(name, self._originals[name].data)

    def _on_top(self, changed: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return all that is not as on disk, or cannot be read twice, by absolute path."""
        made = {files.absolute(name): data for name, data in {**self._contents, **changed}.items()}
        return {**self._stdin, **made}


def apart(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings whose fixes do not touch one another, the first ones of each file."""
    kept: list[Finding] = []
    for one in findings:
        near = (other for other in kept if (other.filename, other.span.cell) == (one.filename, one.span.cell))
        if not any(touch(one, other) for other in near):
            kept.append(one)
    return kept


def touch(one: Finding, other: Finding) -> bool:
    """Return whether the fixes of two findings in one file change the same place, or one the inside of the other."""
    assert one.fix is not None
    assert other.fix is not None
    return any(a.start <= b.end and b.start <= a.end for a in one.fix.edits for b in other.fix.edits)


def edits_of(finding: Finding, code: str | Notebook) -> Iterator[Edit]:
    """Yield the edits of a finding's fix as offsets into its file or cell."""
    assert finding.fix is not None
    cell = finding.span.cell
    text = code if isinstance(code, str) else "\n".join(code.lines(cell))
    for one in finding.fix.edits:
        yield Edit(offset(text, one.start), offset(text, one.end), one.content, cell)


def known(finding: Finding, run: Run) -> Known:
    """Return what a finding is known by: its code and its words, whatever rows have moved."""
    code, span = run.texts.get(finding.filename, ""), finding.span
    rows = code.split("\n") if isinstance(code, str) else code.lines(span.cell)
    row = rows[span.start.row - 1].strip() if span.start.row <= len(rows) else ""
    return finding.filename, span.cell, finding.code, finding.message, row


def cells_of(code: str | Notebook) -> list[str]:
    """Return the texts of a notebook's cells of code; of a file its only one."""
    return [code] if isinstance(code, str) else [cell.source for cell in code.cells]


def flaws(name: str, data: bytes) -> int:
    """Return in how many places a file is no Python."""
    from looplint.source import flaw  # here, as a run without training code has no need of the parser

    code = code_of(files.decode(data), name)
    return len(code.sift(flaw)[1]) if isinstance(code, Notebook) else int(flaw(code) is not None)


def refusal(finding: Finding, why: str) -> str:
    span = finding.span
    cell = "" if span.cell is None else f"cell {span.cell}:"
    return f"{span.filename}:{cell}{span.start.row}:{span.start.column}: {finding.code} is not fixed: {why}"


def why_not(error: files.Unreadable | NotWritten) -> str:
    return error.message if isinstance(error, files.Unreadable) else str(error)


def compared(name: str, old: bytes, new: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield the texts of a file, or of its cells that change, before and after, each with what it is called."""
    before, after = (data.decode(files.encoding(data)) for data in (old, new))
    was, now = code_of(before, name), code_of(after, name)
    if isinstance(was, Notebook) and isinstance(now, Notebook):
        for one, other in zip(was.cells, now.cells, strict=True):
            if one.source != other.source:
                yield f"{name}:cell {one.number}", f"{one.source}\n", f"{other.source}\n"
    else:
        yield name, before, after


def as_rows(text: str) -> list[str]:
    """Return the rows of a text, each with its line break: those that `patch` sees, which are fewer than Python's."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
