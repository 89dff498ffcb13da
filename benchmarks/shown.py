"""What the tools of a comparison are shown, mutants and untouched files, and what each made of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks import batches, recall
from benchmarks.ecosystem import Judged
from benchmarks.mutant import EXPECTED, Mutant
from benchmarks.peers import Answer, Tool

T = TypeVar("T")


@dataclass(frozen=True)
class Case:
    """One mutant that every tool is shown.

    Arguments:
        folder: with one sub-folder per repository.
        file: the file without the fault.
        mutant: without its text.
    """

    folder: Path
    file: Path
    mutant: Mutant

    @property
    def key(self) -> recall.Key:
        return *place(self.folder, self.file), self.mutant.line, self.mutant.fault


@dataclass(frozen=True)
class Untouched:
    """One file as it is, of a repository at a commit."""

    repository: str
    commit: str
    path: str
    file: Path


@dataclass(frozen=True)
class Outcome:
    """What a tool made of one mutant.

    Arguments:
        found: a check that is credited for the fault reports more often than without it.
        others: the other checks that do.
    """

    case: Case
    found: bool
    others: frozenset[str]


def place(folder: Path, path: Path) -> tuple[str, str]:
    """Return the repository, as `owner/name`, and the path in it of a file."""
    repository, _, name = path.relative_to(folder).as_posix().partition("/")
    return repository.replace("__", "/", 1), name


def cases(folder: Path, jobs: int) -> list[Case]:
    """Return every mutant that recall.py judges of the files below a folder."""
    paths = recall.files(folder, "")
    with ProcessPoolExecutor(jobs) as pool:
        chosen = recall.choose(paths, pool.map(partial(recall.injected, folder), paths, chunksize=4))
    return [Case(folder, path, mutant) for path, ones in chosen.items() for mutant in ones]


def untouched(folder: Path, commits: Mapping[str, str]) -> list[Untouched]:
    """Return the files below a folder of the repositories whose commit is known."""
    found = [(*place(folder, path), path) for path in recall.files(folder, "")]
    return [Untouched(name, commits[name], path, file) for name, path, file in found if name in commits]


def drawn(ones: Sequence[T], size: int, seed: int) -> list[T]:
    """Return `size` of some things by a seed, in their order; all of them for 0, or where there are not more."""
    if not 0 < size < len(ones):
        return list(ones)
    return [ones[at] for at in sorted(random.Random(seed).sample(range(len(ones)), size))]


def drawn_by_fault(every: Sequence[Case], size: int, seed: int) -> list[Case]:
    """Return `size` mutants of each fault, as of `drawn`."""
    by_fault = [[one for one in every if one.mutant.fault == fault] for fault in EXPECTED]
    return [one for ones in by_fault for one in drawn(ones, size, seed)]


class Shown:
    """The files of a comparison, written into one folder under names of their own.

    Arguments:
        folder: an empty one.
        cases: the mutants.
        files: the untouched files.
    """

    def __init__(self, folder: Path, cases: Sequence[Case], files: Sequence[Untouched]) -> None:
        self.folder = folder
        self.cases = list(cases)
        self.files = list(files)
        self.originals: dict[Path, str] = {}
        for file in dict.fromkeys([*(one.file for one in files), *(one.file for one in cases)]):
            self.originals[file] = f"original{len(self.originals):05}.py"
            (folder / self.originals[file]).write_bytes(file.read_bytes())
        self.mutants: dict[Case, str] = {}
        for file in dict.fromkeys(one.file for one in cases):
            of_file = [one for one in cases if one.file == file]
            made = {replace(one, text=""): one.text for one in recall.mutants_of(of_file[0].folder, file)}
            for case in of_file:
                self.mutants[case] = f"mutant{len(self.mutants):05}.py"
                (folder / self.mutants[case]).write_text(made[case.mutant], encoding="utf-8")

    def to(self, tool: Tool, jobs: int) -> Answer:
        """Return what a tool says of all of them."""
        return batches.run(tool, self.folder, [*self.originals.values(), *self.mutants.values()], jobs)

    def outcomes(self, tool: Tool, answer: Answer) -> list[Outcome]:
        """Return what a tool made of each mutant; one that it could not judge, with or without the fault, is missed."""
        found = []
        for case in self.cases:
            text = recall.read(case.file)
            changed = (self.folder / self.mutants[case]).read_text(encoding="utf-8")
            before = self._counted(text, answer, self.originals[case.file])
            after = self._counted(changed, answer, self.mutants[case])
            new = recall.gained(text, case.mutant, before, after) if before is not None and after is not None else set()
            right = set(tool.credited(case.mutant))
            found.append(Outcome(case, bool(new & right), frozenset(new - right)))
        return found

    def _counted(self, text: str, answer: Answer, name: str) -> Counter[tuple[str, str]] | None:
        failed = name in answer.unparsed or name in answer.crashed
        return None if failed else recall.by_function(text, answer.found.get(name, []))

    def findings(self, tool: Tool, answer: Answer) -> list[Judged]:
        """Return what a tool's checks of training loops report in the untouched files, each place once, unjudged."""
        found = {
            Judged(one.repository, one.commit, one.path, line, code)
            for one in self.files
            for line, code in answer.found.get(self.originals[one.file], [])
            if code in tool.checks
        }
        return sorted(found)
