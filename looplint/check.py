"""From paths or a text to findings: finds the files, reads them, asks the engine, applies the suppressions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from looplint import discovery, files, workers
from looplint.progress import Progress
from looplint.registry import UNREADABLE_FILE
from looplint.selection import Layer
from looplint.settings import Policy, Settings
from looplint.tree import InternalError, NothingToJudge, Tree, about_file

if TYPE_CHECKING:
    from looplint.cache import Cache
    from looplint.finding import Finding, Span
    from looplint.notebook import Notebook

Note = Callable[[str], None]
"""Is told about each file, whether it was checked and why not, and what in it could not be judged."""


class Run:
    """What a run has come to.

    Arguments:
        findings: by file and place.
        texts: the code of each file with training code, under its name.

    Attributes:
        failures: a defect of looplint for each file that could not be judged.
        empty: the directories without any Python file or notebook.
        judged: the absolute paths of the files of which all is known, those without training code too.
    """

    def __init__(self, findings: Iterable[Finding] = (), texts: Mapping[str, str | Notebook] | None = None) -> None:
        self.findings = list(findings)
        self.texts = dict(texts or {})
        self.failures: list[InternalError] = []
        self.empty: list[str] = []
        self.judged: set[str] = set()

    def lines(self, span: Span) -> Sequence[str]:
        """The lines of the file, or cell of a notebook, in which a span lies; none where it cannot be read."""
        if span.filename not in self.texts:
            try:
                self.texts[span.filename] = files.decode(files.read(span.filename))
            except files.Unreadable:
                self.texts[span.filename] = ""
        code = self.texts[span.filename]
        if not isinstance(code, str):
            return code.lines(span.cell)
        text = code.removesuffix("\n")
        return text.split("\n") if text else []


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
    policy = Policy(Settings(layers=(Layer(tuple(select), tuple(ignore)),), preview=preview))
    tree = Tree(policy)
    try:
        file = tree.add(files.absolute(filename), filename, files.normalise(text))
    except NothingToJudge:
        return []
    except files.Unreadable as error:
        unreadable = about_file(UNREADABLE_FILE, error.message, filename, error.location)
        return [unreadable] if UNREADABLE_FILE.code in policy.codes_for(filename) else []
    tree.take(file, tree.judged(file))
    return tree.reported(file)


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
    done = run([os.fspath(path) for path in paths], settings, Policy(settings))
    if done.failures:
        raise done.failures[0]
    return done.findings


def run(
    names: Iterable[str],
    settings: Settings,
    policy: Policy,
    *,
    stdin_filename: str | None = None,
    jobs: int = 1,
    cache: Cache | None = None,
    note: Note | None = None,
    progress: Progress | None = None,
    contents: Mapping[str, bytes] | None = None,
) -> Run:
    """Check everything; nothing met in one file stops the others.

    Arguments:
        names: files, directories, or `-` for standard input.
        settings: what to leave out.
        policy: which rules are on.
        stdin_filename: what to call standard input, for findings and for patterns.
        jobs: how many processes to use at most.
        cache: keeps what earlier runs have found out.
        note: is told about each file, whether it was checked and why not, and what in it could not be judged.
        progress: is told after each file judged how many have been, and of how many.
        contents: what is in files, by their absolute path, where it is not what is on disk.
    """
    say = note or (lambda _: None)
    done = Run()
    tree = Tree(policy, cache, contents)
    for one in discovery.discover(names, settings.excluded, stdin_filename, force=settings.force_exclude):
        if isinstance(one, discovery.Found):
            try:
                unreadable = tree.read(one)
            except NothingToJudge as error:
                say(f"skipped {one.shown}: {error}")
                done.judged.add(one.path)
                continue
            if one.shown not in tree.files:
                say(f"skipped {one.shown}: cannot be read")
            done.findings += unreadable
        elif isinstance(one, discovery.Skipped):
            say(f"skipped {one.name}: {one.reason}")
        else:
            done.empty.append(one.name)
    try:
        done.failures += workers.judge(tree, jobs, noted=note is not None, progress=progress)
    finally:
        tree.close()
    for file in tree.files.values():
        findings = tree.reported(file)
        say(f"checked {file.shown}: {len(findings)} finding{'s' * (len(findings) != 1)}")
        for why in dict.fromkeys(file.unread):
            say(f"  not judged: {why}")
        done.findings += findings
        if not file.broken:
            done.judged.add(file.path)
    done.findings = sorted(map(policy.weighed, done.findings), key=lambda finding: finding.sort_key)
    done.texts = {file.shown: file.code for file in tree.files.values()}
    return done
