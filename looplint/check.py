"""From paths or a text to findings: finds the files, reads them, asks the engine, applies the suppressions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from looplint import discovery, files, notebook, suppressions
from looplint.finding import Finding, Location, Span
from looplint.notebook import Notebook
from looplint.registry import INVALID_SYNTAX, UNREADABLE_FILE, UNUSED_SUPPRESSION, FileRule, every_rule
from looplint.selection import Layer
from looplint.settings import Policy, Settings


class InternalError(Exception):
    """A defect of looplint met while a file was judged; its cause is the exception behind it."""


@dataclass
class Run:
    """What a run has come to.

    Arguments:
        findings: by file and place.
        texts: the code of each file with findings, under its name, as far as it could be read.
        failures: a defect of looplint for each file that could not be judged.
        empty: the directories without any Python file or notebook.
    """

    findings: list[Finding] = field(default_factory=list)
    texts: dict[str, str | Notebook] = field(default_factory=dict)
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
        text: Python source; under the name of a notebook (`.ipynb`) its JSON.
        filename: its name in the findings; a test file's name turns `Settings.test_ignore` off, as on disk.
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
    try:
        code = code_of(files.normalise(text), filename)
        return _judge(code, filename, policy) if may_train(_text(code)) else []
    except files.Unreadable as error:
        return _unreadable(error, filename, policy)
    except notebook.OtherLanguage:
        return []


def check_paths(
    paths: Iterable[str | os.PathLike[str]],
    *,
    select: Sequence[str] = ("ALL",),
    ignore: Sequence[str] = (),
    preview: bool = False,
) -> list[Finding]:
    """The findings in files, and in the Python files and notebooks below directories.

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
    note: Callable[[str], None] = lambda _: None,
) -> Run:
    """Check everything; nothing met in one file stops the others.

    Arguments:
        names: files, directories, or `-` for standard input.
        settings: what to leave out.
        policy: which rules are on.
        stdin_filename: what to call standard input, for findings and for patterns.
        note: is told about each file, whether it was checked and why not.
    """
    done = Run()
    for one in discovery.discover(names, settings.excluded, stdin_filename, force=settings.force_exclude):
        if isinstance(one, discovery.Found):
            _check(one, policy, done, note)
        elif isinstance(one, discovery.Skipped):
            note(f"skipped {one.name}: {one.reason}")
        else:
            done.empty.append(one.name)
    done.findings.sort(key=lambda finding: finding.sort_key)
    return done


def _check(file: discovery.Found, policy: Policy, done: Run, note: Callable[[str], None]) -> None:
    """Check one file, and add what comes of it to the run."""
    from looplint.engine import may_train

    findings: list[Finding] = []
    try:
        data = files.read(file.name)
        scanned = notebook.unescaped(data) if notebook.is_notebook(file.shown) else data
        code = code_of(files.decode(data), file.shown) if may_train(scanned) else ""
        if not may_train(_text(code)):  # of a notebook it may have been the output, or a text
            note(f"skipped {file.shown}: no training code")
            return
        done.texts[file.shown] = code
        findings = _judge(code, file.shown, policy)
    except notebook.OtherLanguage as error:
        note(f"skipped {file.shown}: its language is {error.language}")
        return
    except files.Unreadable as error:
        findings = _unreadable(error, file.shown, policy)
    except InternalError as error:
        done.failures.append(error)
    note(f"checked {file.shown}: {len(findings)} finding{'s' * (len(findings) != 1)}")
    done.findings += findings
    if not findings:
        done.texts.pop(file.shown, None)


def code_of(text: str, filename: str) -> str | Notebook:
    """What is to be judged of a file; errors are those of `notebook.read`."""
    return notebook.read(text) if notebook.is_notebook(filename) else text


def _text(code: str | Notebook) -> str:
    return code if isinstance(code, str) else code.text


def _judge(code: str | Notebook, filename: str, policy: Policy) -> list[Finding]:
    """Judge a file as one program; in a notebook a cell that is no Python is reported, and the others are judged."""
    from looplint.source import flaw  # here, as a run without training code has no need of the parser

    if isinstance(code, str):
        return _judge_text(code, filename, policy)
    text, flaws = code.sift(flaw)
    broken = [_about_file(INVALID_SYNTAX, message, filename, location) for location, message in flaws]
    return [code.placed(one, filename) for one in _judge_text(text, filename, policy, broken)]


def _judge_text(text: str, filename: str, policy: Policy, broken: Sequence[Finding] = ()) -> list[Finding]:
    """Judge a program, of which parts may have been found to be no Python and left out."""
    from looplint.engine import judge
    from looplint.source import InvalidSyntax

    codes = policy.codes_for(filename)
    try:
        findings = judge(text, filename, codes)
    except InvalidSyntax as error:
        findings, broken = [], [*broken, _about_file(INVALID_SYNTAX, error.message, filename, error.location)]
    except Exception as error:
        kind = type(error).__name__
        raise InternalError(f"{filename}: internal error: {kind}{f': {error}' if str(error) else ''}") from error
    if broken:
        findings = [*findings, *(one for one in broken if one.code in codes)]
        codes -= {UNUSED_SUPPRESSION.code}  # what a comment is there for may not have been judged
    return suppressions.apply(findings, text, filename, policy.rules, codes)


def _unreadable(error: files.Unreadable, filename: str, policy: Policy) -> list[Finding]:
    if UNREADABLE_FILE.code not in policy.codes_for(filename):
        return []
    return [_about_file(UNREADABLE_FILE, error.message, filename, error.location)]


def _about_file(rule: FileRule, message: str, filename: str, place: Location) -> Finding:
    return Finding(rule.code, rule.name, message, Span(filename, place, Location(place.row, place.column + 1)))
