"""The files of a run: each is judged as the program that begins in it, and gets what others find in it, too."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from looplint import files
from looplint.lookup import Trail, digest
from looplint.registry import INVALID_SYNTAX, UNREADABLE_FILE, UNUSED_SUPPRESSION, FileRule
from looplint.scan import may_speak_of_us, may_train, unescaped
from looplint.settings import Policy

if TYPE_CHECKING:
    from looplint.cache import Cache
    from looplint.discovery import Found
    from looplint.finding import Finding, Location, Span
    from looplint.memory import Memory
    from looplint.notebook import Notebook
    from looplint.source import Project


class InternalError(Exception):
    """A defect of looplint met while a file was judged; its cause is the exception behind it."""


class NothingToJudge(Exception):
    """A file without training code; its text says why, in a few words."""


class File:
    """A file with training code, and what was found in it, by itself and by the files that call it.

    Arguments:
        path: where it is, absolute.
        shown: what the user calls it.
        code: its text, decoded and normalised, or its cells.

    Attributes:
        content: the digest of what is in it.
        found: by code and place; the places in a notebook are those of its program.
        unread: what could not be judged, and why.
        broken: what in it is no Python.
    """

    def __init__(self, path: str, shown: str, code: str | Notebook) -> None:
        self.path = path
        self.shown = shown
        self.code = code
        self.content = ""
        self.found: dict[tuple[str, Span], Finding] = {}
        self.unread: list[str] = []
        self.broken: list[Finding] = []

    @functools.cached_property
    def text(self) -> str:
        """The program, without the cells of a notebook that are no Python."""
        if isinstance(self.code, str):
            return self.code
        from looplint.source import flaw  # here, as most runs have no need of the parser

        text, flaws = self.code.sift(flaw)
        self.broken += [about_file(INVALID_SYNTAX, message, self.shown, location) for location, message in flaws]
        return text

    def placed(self, finding: Finding) -> Finding:
        """Return a finding with its places in this file as the user sees them."""
        return finding if isinstance(self.code, str) else self.code.placed(finding, self.shown)


class Judged(NamedTuple):
    """What was found in the program that begins in a file.

    Arguments:
        found: in this file and in others.
        broken: what is wrong with the file itself.
        unread: what could not be judged, and why.
        trail: what all this depends on, beside the file, and resting on no other; None where that is no longer asked.
    """

    found: Sequence[Finding] = ()
    broken: Sequence[Finding] = ()
    unread: Sequence[str] = ()
    trail: Trail | None = None


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
        with project.lookup.trail() as trail:
            found = judge(file.text, file.shown, project, file.path, unread.append if noted else None)
        return Judged(found, unread=unread, trail=trail.whole())
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
        cache: keeps what earlier runs have found out; without one everything is judged.
        contents: what is in files, by their absolute path, where it is not what is on disk.

    Attributes:
        files: those with training code, by what the user calls them.
        shown: what the user calls files, by their absolute path; those too that hold no training code.
    """

    def __init__(self, policy: Policy, cache: Cache | None = None, contents: Mapping[str, bytes] | None = None) -> None:
        self.files: dict[str, File] = {}
        self._policy = policy
        self.contents = contents or {}
        self.shown: dict[str, str] = {}
        self._cache = cache

    @functools.cached_property
    def _project(self) -> Project:
        from looplint.source import Project  # here, as a run without training code has no need of the parser

        return Project(self.shown, self.contents)

    @functools.cached_property
    def _memory(self) -> Memory | None:
        if self._cache is None or not self.files:
            return None
        from looplint.memory import Memory  # here, as a run in which nothing trains has no need of it

        return Memory(self._cache, self.shown, self.contents)

    def read(self, found: Found) -> list[Finding]:
        """Add a file, and return what is to be said of it if it cannot be read.

        Raises:
            NothingToJudge: it holds no training code.
        """
        name, shown, path = found
        self.shown[path] = shown
        notebook = files.is_notebook(shown)
        try:
            data = self._data(path, name)
            if not may_train(unescaped(data) if notebook else data):
                raise NothingToJudge("no training code")
            text = files.decode(data)
            file = self.add(path, shown, text) if notebook else self._added(File(path, shown, text))
            file.content = digest(data)
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
        self.shown[path] = shown
        code: str | Notebook = text
        if files.is_notebook(shown):
            from looplint import notebook  # here, as most runs meet none

            try:
                code = notebook.read(text)
            except notebook.OtherLanguage as error:
                raise NothingToJudge(f"its language is {error.language}") from None
        if not may_train(code if isinstance(code, str) else code.text):  # it may have been the output, or a text
            raise NothingToJudge("no training code")
        return self._added(File(path, shown, code))

    def _added(self, file: File) -> File:
        self.files[file.shown] = file
        return file

    def recalled(self) -> dict[str, Judged]:
        """Return what earlier runs have found in the programs that begin in files, by what the user calls those."""
        if self._memory is None:
            return {}
        found = self._memory.judged(self.files.values())
        self.close()  # another process must not come by the open cache
        return found

    def keep(self, file: File, judged: Judged) -> None:
        """Remember for later runs what was found in a program."""
        if self._memory is not None:
            self._memory.keep(file, judged)

    def judged(self, file: File, *, noted: bool = False) -> Judged:
        """Judge the program that begins in a file; arguments and errors are those of `judged`."""
        return judged(file, self._project, noted=noted)

    def close(self) -> None:
        """Write down what later runs are to know."""
        if self._memory is not None:
            self._memory.close()

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
            self.files[shown] = File(path, shown, files.decode(self._data(path, path)))
        return self.files[shown]

    def _data(self, path: str, name: str) -> bytes:
        return self.contents[path] if path in self.contents else files.read(name)

    def reported(self, file: File) -> list[Finding]:
        """Return the findings in a file that the user is to see."""
        text = file.text  # of a notebook this tells which cells are broken, too
        if not file.found and not file.broken and not may_speak_of_us(text):
            return []
        from looplint import suppressions  # here, as most files need no rules, nor their comments read

        codes = self._policy.codes_for(file.shown)
        found = [one for one in (*file.found.values(), *file.broken) if one.code in codes]
        if file.broken:
            codes -= {UNUSED_SUPPRESSION.code}  # what a comment is there for may not have been judged
        found.sort(key=lambda one: one.sort_key)
        kept = suppressions.apply(found, text, file.shown, self._policy.rules, codes)
        return [file.placed(one) for one in kept]


def about_file(rule: FileRule, message: str, filename: str, place: Location) -> Finding:
    """Return a finding that is about a file as a whole, or a row of it that cannot be read."""
    from looplint.finding import Finding, Location, Span  # here, as a run in which nothing trains has none

    return Finding(rule.code, rule.name, message, Span(filename, place, Location(place.row, place.column + 1)))
