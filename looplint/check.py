"""From paths or a text to findings: finds the files, reads them, asks the engine, applies the suppressions."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from looplint import discovery, files, suppressions
from looplint.finding import Finding, Location, Span
from looplint.registry import INVALID_SYNTAX, UNREADABLE_FILE, FileRule, every_rule
from looplint.selection import Layer
from looplint.settings import Policy, Settings

if TYPE_CHECKING:
    from looplint.source import Project


class InternalError(Exception):
    """A defect of looplint met while a file was judged; its cause is the exception behind it."""


@dataclass
class Run:
    """What a run has come to.

    Arguments:
        findings: by file and place.
        texts: the text of each file with findings, under its name, as far as it could be read.
        failures: a defect of looplint for each file that could not be judged.
        empty: the directories without any Python file.
    """

    findings: list[Finding] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    failures: list[InternalError] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)


def check_source(
    text: str,
    filename: str = "<string>",
    *,
    select: Sequence[str] = ("ALL",),
    ignore: Sequence[str] = (),
    preview: bool = False,
) -> list[Finding]:
    """The findings in a text.

    Arguments:
        text: Python source.
        filename: its name in the findings; a test file's name turns `Settings.test_ignore` off, as on disk. The
            text's imports are followed from where that file is, or would be.
        select: codes, beginnings of codes, or names of the rules to use. No configuration file is read.
        ignore: the rules not to use.
        preview: whether preview rules can be used.

    Raises:
        looplint.selection.UnknownRule: there is no such rule.
        looplint.rule.BrokenRule: the catalogue cannot be loaded.
        InternalError: a defect of looplint.
    """
    from looplint.engine import may_train  # here, so that `import looplint` stays light

    policy = Policy(Settings(layers=(Layer(tuple(select), tuple(ignore)),), preview=preview), every_rule())
    if not may_train(text):
        return []
    tree = _Tree(policy)
    file = tree.put(files.absolute(filename), filename, files.normalise(text))
    tree.judge(file)
    return tree.reported(file)


def check_paths(
    paths: Iterable[str | os.PathLike[str]],
    *,
    select: Sequence[str] = ("ALL",),
    ignore: Sequence[str] = (),
    preview: bool = False,
) -> list[Finding]:
    """The findings in files, and in the Python files below directories.

    Arguments and errors are those of `check_source`; an `InternalError` is raised when all files have been read.
    """
    settings = Settings(layers=(Layer(tuple(select), tuple(ignore)),), preview=preview)
    done = run([os.fspath(path) for path in paths], settings, Policy(settings, every_rule()))
    if done.failures:
        raise done.failures[0]
    return done.findings


def run(
    names: Iterable[str],
    settings: Settings,
    policy: Policy,
    *,
    stdin_filename: str | None = None,
    note: Callable[[str], None] | None = None,
) -> Run:
    """Check everything; nothing met in one file stops the others.

    Arguments:
        names: files, directories, or `-` for standard input.
        settings: what to leave out.
        policy: which rules are on.
        stdin_filename: what to call standard input, for findings and for patterns.
        note: is told about each file, whether it was checked and why not, and what in it could not be judged.
    """
    say = note or (lambda _: None)
    done = Run()
    tree = _Tree(policy)
    for one in discovery.discover(names, settings.excluded, stdin_filename, force=settings.force_exclude):
        if isinstance(one, discovery.Found):
            tree.add(one, done, say)
        elif isinstance(one, discovery.Skipped):
            say(f"skipped {one.name}: {one.reason}")
        else:
            done.empty.append(one.name)
    for file in list(tree.files.values()):
        try:
            tree.judge(file, file.unread.append if note is not None else None)
        except InternalError as error:
            done.failures.append(error)
    for file in tree.files.values():
        findings = tree.reported(file)
        say(f"checked {file.shown}: {len(findings)} finding{'s' * (len(findings) != 1)}")
        for why in dict.fromkeys(file.unread):
            say(f"  not judged: {why}")
        done.findings += findings
    done.findings.sort(key=lambda finding: finding.sort_key)
    done.texts = {file.shown: file.text for file in tree.files.values()}
    return done


@dataclass
class _File:
    """A file with training code, and what was found in it, by itself and by the files that call it.

    Arguments:
        path: where it is, absolute.
        shown: what the user calls it.
        text: decoded and normalised.
        found: by code and place.
        unread: what could not be judged, and why.
        broken: the file is no Python.
    """

    path: str
    shown: str
    text: str
    found: dict[tuple[str, Span], Finding] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    broken: Finding | None = None


class _Tree:
    """The files of a run.

    Arguments:
        policy: which rules are on.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.files: dict[str, _File] = {}
        self._shown: dict[str, str] = {}

    @functools.cached_property
    def _project(self) -> Project:
        from looplint.source import Project  # here, as a run without training code has no need of the parser

        return Project(self._shown)

    def add(self, one: discovery.Found, done: Run, note: Callable[[str], None]) -> None:
        """Read a file, unless it holds no training code; if it cannot be read, that is what is found."""
        from looplint.engine import may_train

        path = files.absolute(one.name if one.name != files.STDIN else one.shown)
        self._shown[path] = one.shown
        try:
            data = files.read(one.name, one.shown)
            if may_train(data):
                self.put(path, one.shown, files.decode(data))
            else:
                note(f"skipped {one.shown}: no training code")
        except files.Unreadable as error:
            if UNREADABLE_FILE.code in self.policy.codes_for(one.shown):
                done.findings.append(_about_file(UNREADABLE_FILE, error.message, one.shown, error.location))
            note(f"skipped {one.shown}: cannot be read")

    def put(self, path: str, shown: str, text: str) -> _File:
        """Add a file by its text."""
        self._shown[path] = shown
        self.files[shown] = _File(path, shown, text)
        return self.files[shown]

    def judge(self, file: _File, note: Callable[[str], None] | None = None) -> None:
        """Judge the program that begins in a file, and leave each finding with the file that it is in.

        A finding in a file that is not checked is dropped.

        Raises:
            InternalError: a defect of looplint.
        """
        from looplint.engine import judge
        from looplint.source import InvalidSyntax

        try:
            found = judge(file.text, file.shown, self._project, Path(file.path), note)
        except InvalidSyntax as error:
            file.broken = _about_file(INVALID_SYNTAX, error.message, file.shown, error.location)
            return
        except Exception as error:
            kind = type(error).__name__
            message = f"{file.shown}: internal error: {kind}{f': {error}' if str(error) else ''}"
            raise InternalError(message) from error
        for finding in found:
            if finding.filename in self._shown.values():
                self._home(finding.filename).found.setdefault((finding.code, finding.span), finding)

    def _home(self, shown: str) -> _File:
        if shown not in self.files:  # it has no training code of its own, but is called by some
            path = next(path for path, name in self._shown.items() if name == shown)
            self.put(path, shown, files.decode(files.read(path)))
        return self.files[shown]

    def reported(self, file: _File) -> list[Finding]:
        """Return the findings in a file that the user is to see."""
        codes = self.policy.codes_for(file.shown)
        found = sorted((one for one in file.found.values() if one.code in codes), key=lambda one: one.sort_key)
        if file.broken is not None:
            if INVALID_SYNTAX.code not in codes:
                return []
            found = [file.broken]
            codes = frozenset({INVALID_SYNTAX.code})  # nothing else was judged, so nothing else can be unused
        return suppressions.apply(found, file.text, file.shown, self.policy.rules, codes)


def _about_file(rule: FileRule, message: str, filename: str, place: Location) -> Finding:
    return Finding(rule.code, rule.name, message, Span(filename, place, Location(place.row, place.column + 1)))
