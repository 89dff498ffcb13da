"""The files of a run: each is judged as the program that begins in it, and gets what others find in it, too."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from looplint import files, notebook, suppressions
from looplint.finding import Finding, Location, Span
from looplint.notebook import Notebook
from looplint.registry import INVALID_SYNTAX, UNREADABLE_FILE, UNUSED_SUPPRESSION, FileRule
from looplint.settings import Policy

if TYPE_CHECKING:
    from looplint.source import Project


class InternalError(Exception):
    """A defect of looplint met while a file was judged; its cause is the exception behind it."""


class NothingToJudge(Exception):
    """A file without training code; its text says why, in a few words."""


@dataclass
class File:
    """A file with training code, and what was found in it, by itself and by the files that call it.

    Arguments:
        path: where it is, absolute.
        shown: what the user calls it.
        code: its text, decoded and normalised, or its cells.
        found: by code and place; the places in a notebook are those of its program.
        unread: what could not be judged, and why.
        broken: what in it is no Python.
    """

    path: str
    shown: str
    code: str | Notebook
    found: dict[tuple[str, Span], Finding] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    broken: list[Finding] = field(default_factory=list)

    @functools.cached_property
    def text(self) -> str:
        """The program, without the cells of a notebook that are no Python."""
        from looplint.source import flaw  # here, as a run without training code has no need of the parser

        if isinstance(self.code, str):
            return self.code
        text, flaws = self.code.sift(flaw)
        self.broken += [about_file(INVALID_SYNTAX, message, self.shown, location) for location, message in flaws]
        return text

    def placed(self, finding: Finding) -> Finding:
        """Return a finding with its places in this file as the user sees them."""
        return finding if isinstance(self.code, str) else self.code.placed(finding, self.shown)


@dataclass
class Judged:
    """What was found in the program that begins in a file.

    Arguments:
        found: in this file and in others.
        broken: what is wrong with the file itself.
        unread: what could not be judged, and why.
    """

    found: list[Finding] = field(default_factory=list)
    broken: list[Finding] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def judged(file: File, project: Project, *, noted: bool = False) -> Judged:
    """Judge the program that begins in a file.

    Arguments:
        project: finds the files that its imports lead to.
        noted: say what could not be judged, which costs the positions of a text.

    Raises:
        InternalError: a defect of looplint.
    """
    from looplint.engine import judge
    from looplint.source import InvalidSyntax

    unread: list[str] = []
    try:
        found = judge(file.text, file.shown, project, Path(file.path), unread.append if noted else None)
        return Judged(found, unread=unread)
    except InvalidSyntax as error:
        return Judged(broken=[about_file(INVALID_SYNTAX, error.message, file.shown, error.location)])
    except Exception as error:
        kind = type(error).__name__
        message = f"{file.shown}: internal error: {kind}{f': {error}' if str(error) else ''}"
        raise InternalError(message) from error


class Tree:
    """The files of a run.

    Arguments:
        policy: which rules are on.
        contents: what is in files, by their absolute path, where it is not what is on disk.

    Attributes:
        shown: what the user calls files, by their absolute path; those too that hold no training code.
    """

    def __init__(self, policy: Policy, contents: Mapping[str, bytes] | None = None) -> None:
        self.files: dict[str, File] = {}
        self._policy = policy
        self._contents = contents or {}
        self.shown: dict[str, str] = {}

    @functools.cached_property
    def _project(self) -> Project:
        from looplint.source import Project  # here, as a run without training code has no need of the parser

        return Project(self.shown, self.texts)

    @property
    def texts(self) -> dict[str, str]:
        """What is in Python files, by their absolute path, where it is not what is on disk."""
        return {path: files.decode(data) for path, data in self._contents.items() if not notebook.is_notebook(path)}

    def read(self, name: str, shown: str) -> list[Finding]:
        """Add a file, and return what is to be said of it if it cannot be read.

        Arguments:
            name: its path, or `-`.
            shown: what the user calls it.

        Raises:
            NothingToJudge: it holds no training code.
        """
        from looplint.engine import may_train

        path = files.absolute(shown if name == files.STDIN else name)
        self.shown[path] = shown
        try:
            data = self._contents[path] if path in self._contents else files.read(name)
            scanned = notebook.unescaped(data) if notebook.is_notebook(shown) else data
            if not may_train(scanned):
                raise NothingToJudge("no training code")
            self.add(path, shown, files.decode(data))
        except files.Unreadable as error:
            if UNREADABLE_FILE.code in self._policy.codes_for(shown):
                return [about_file(UNREADABLE_FILE, error.message, shown, error.location)]
        return []

    def add(self, path: str, shown: str, text: str) -> File:
        """Add a file by its text, as it is on disk.

        Raises:
            looplint.files.Unreadable: it is called a notebook, and is none.
            NothingToJudge: it holds no training code in Python.
        """
        from looplint.engine import may_train

        self.shown[path] = shown
        try:
            code = notebook.code_of(text, shown)
        except notebook.OtherLanguage as error:
            raise NothingToJudge(f"its language is {error.language}") from None
        if not may_train(code if isinstance(code, str) else code.text):  # it may have been the output, or a text
            raise NothingToJudge("no training code")
        self.files[shown] = File(path, shown, code)
        return self.files[shown]

    def judged(self, file: File, *, noted: bool = False) -> Judged:
        """Judge the program that begins in a file; arguments and errors are those of `judged`."""
        return judged(file, self._project, noted=noted)

    def take(self, file: File, judged: Judged) -> None:
        """Leave what was found in a program with the files that it is in; in one that is not checked, with none."""
        file.broken += judged.broken
        file.unread += judged.unread
        for one in judged.found:
            if one.filename == file.shown:
                file.found.setdefault((one.code, one.span), one)
            elif one.filename in self.shown.values():
                self._home(one.filename).found.setdefault((one.code, one.span), file.placed(one))

    def _home(self, shown: str) -> File:
        if shown not in self.files:  # it has no training code of its own, but is called by some
            path = next(path for path, name in self.shown.items() if name == shown)
            data = self._contents[path] if path in self._contents else files.read(path)
            self.files[shown] = File(path, shown, files.decode(data))
        return self.files[shown]

    def reported(self, file: File) -> list[Finding]:
        """Return the findings in a file that the user is to see."""
        codes = self._policy.codes_for(file.shown)
        found = [one for one in (*file.found.values(), *file.broken) if one.code in codes]
        if file.broken:
            codes -= {UNUSED_SUPPRESSION.code}  # what a comment is there for may not have been judged
        found.sort(key=lambda one: one.sort_key)
        kept = suppressions.apply(found, file.text, file.shown, self._policy.rules, codes)
        return [file.placed(one) for one in kept]


def about_file(rule: FileRule, message: str, filename: str, place: Location) -> Finding:
    return Finding(rule.code, rule.name, message, Span(filename, place, Location(place.row, place.column + 1)))
