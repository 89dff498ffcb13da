"""The findings in real repositories, compared with those that have been judged: `python benchmarks/ecosystem.py`.

Reads every *.py and *.ipynb file of the repositories in tests/ecosystem/repositories.tsv, at their commits, out of
mirrors; they are written to a folder that is deleted afterwards, and no line of theirs is kept. Each repository is
judged as one tree with every rule on, as by `looplint check --select ALL` of files that no test-file default spares,
and without regard to suppressions. What is found has to equal tests/ecosystem/findings.jsonl, in which each finding has
a verdict: `bug`, `false-alarm` or `style`.

With `--sample SEED` only a sample that the seed draws is judged, and what it finds is compared.

Exit status 0 where it does, 1 where a finding was added or removed, has no verdict, or a file crashed or took too long.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from looplint import engine, files, notebook
from looplint.discovery import SUFFIXES
from looplint.finding import Finding
from looplint.source import InvalidSyntax, Project, flaw

TABLES = Path(__file__).resolve().parent.parent / "tests" / "ecosystem"
VERDICTS = ("bug", "style", "false-alarm")
SLOW = 10.0
"""No file may take longer than this, in seconds of CPU: others may be at work on the machine."""
REPOSITORIES, FILES = 5, 300
"""How many repositories a sample is drawn from, and how many files of each."""
CHUNK = 50
"""How many files one task of the pool reads."""

Key = tuple[str, str, str, int | None, int, str]


@dataclass(frozen=True, order=True)
class Judged:
    """One finding: a place, a rule, and what somebody who read the code says of it.

    Arguments:
        verdict: one of VERDICTS, or empty.
        why: one line of reason.
        cell: that of a notebook in which `line` is counted.
        second: the verdict of a second reader, who saw the code and the message only.
        settled: where the two disagree, why it is the first.
    """

    repository: str
    commit: str
    path: str
    line: int
    code: str
    verdict: str = ""
    why: str = ""
    cell: int | None = None
    second: str = ""
    settled: str = ""

    @property
    def key(self) -> Key:
        return self.repository, self.commit, self.path, self.cell, self.line, self.code

    def __str__(self) -> str:
        why = f": {self.why}" if self.why else ""
        cell = f"cell {self.cell}:" if self.cell else ""
        return f"{self.repository}/{self.path}:{cell}{self.line} {self.code} {self.verdict or 'unjudged'}{why}"


@dataclass
class Read:
    """What came of reading some files.

    Arguments:
        found: the findings, with the message of each as its reason.
        files, training, invalid: how many there were, could train, and were not Python 3.
        absent: listed files whose content the mirror lacks.
        crashes: what went wrong, with the file.
        slowest: seconds of CPU and file.
    """

    found: list[Judged] = field(default_factory=list)
    files: int = 0
    training: int = 0
    invalid: int = 0
    absent: int = 0
    crashes: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    def add(self, other: Read) -> None:
        self.found += other.found
        self.files += other.files
        self.training += other.training
        self.invalid += other.invalid
        self.absent += other.absent
        self.crashes += other.crashes
        self.slowest = max(self.slowest, other.slowest)


# -- mirrors ---------------------------------------------------------------------------------------------------------


def git_directory(mirrors: Path, repository: str) -> Path:
    """Return where the mirror of `owner/name` lies, with or without a work tree.

    Raises:
        FileNotFoundError: there is none.
    """
    base = mirrors / repository.replace("/", "+")
    for one in (base / "repo" / ".git", base / "repo", base / ".git", base):
        if (one / "HEAD").is_file():
            return one
    raise FileNotFoundError(f"no mirror of {repository} below {mirrors}")


def listed(git: Path, commit: str) -> list[tuple[str, str]]:
    """Return (path, blob) of every Python file and notebook of a commit; links are none."""
    command = ["git", "--git-dir", os.fspath(git), "ls-tree", "-r", "-z", "--full-tree", commit]
    entries = subprocess.run(command, check=True, capture_output=True).stdout.split(b"\0")
    found = []
    for entry in filter(None, entries):
        kind, _, path = entry.partition(b"\t")
        mode, _, blob = kind.decode().split()
        if path.endswith(tuple(map(str.encode, SUFFIXES))) and mode.startswith("100"):
            found.append((path.decode("utf-8", "replace"), blob))
    return found


def contents(git: Path, blobs: Sequence[str]) -> Iterator[bytes | None]:
    """Yield the content of each blob, None where the mirror lacks it; through one process of git."""
    command = ["git", "--git-dir", os.fspath(git), "cat-file", "--batch"]
    names = "".join(f"{blob}\n" for blob in blobs).encode()
    # No network: a mirror that lacks a blob says so.
    environment = os.environ | {"GIT_NO_LAZY_FETCH": "1"}
    output = subprocess.run(command, input=names, check=True, capture_output=True, env=environment).stdout
    at = 0
    for _ in blobs:
        head, at = output[at : output.index(b"\n", at)], output.index(b"\n", at) + 1
        if head.endswith(b" missing"):
            yield None
            continue
        size = int(head.split()[-1])
        yield output[at : at + size]
        at += size + 1


# -- judging ---------------------------------------------------------------------------------------------------------


def judge(data: bytes, file: Path, project: Project) -> list[Finding]:
    """Return every finding in the program that begins in a file. Cells of a notebook that are no Python are left out.

    Raises:
        looplint.source.InvalidSyntax, looplint.files.Unreadable, looplint.notebook.OtherLanguage: it is not Python 3.
    """
    code = notebook.code_of(files.decode(data), file.name)
    if isinstance(code, str):
        return engine.judge(code, str(file), project, str(file))
    found = engine.judge(code.sift(flaw)[0], str(file), project, str(file))
    return [code.placed(one, str(file)) for one in found]


def read(root: Path, repository: str, commit: str, paths: Sequence[str]) -> Read:
    """Judge some files of a repository that lies in the folder `root`."""
    done = Read(files=len(paths))
    project = Project()
    for path in paths:
        name, file = f"{repository}/{path}", root / path
        data = file.read_bytes()
        if not engine.may_train(notebook.unescaped(data) if notebook.is_notebook(path) else data):
            continue
        done.training += 1
        start = time.process_time()
        try:
            for one in judge(data, file, project):
                where = Path(one.filename).relative_to(root).as_posix()
                line, cell = one.span.start.row, one.span.cell
                done.found.append(Judged(repository, commit, where, line, one.code, why=one.message, cell=cell))
        except (InvalidSyntax, files.Unreadable, notebook.OtherLanguage):
            done.invalid += 1
        except Exception as error:
            done.crashes.append(f"{name}: {type(error).__name__}: {error}")
        done.slowest = max(done.slowest, (time.process_time() - start, name))
    return done


def written(root: Path, git: Path, commit: str, done: Read) -> list[str]:
    """Write the files of a commit to the folder `root`, and return their paths; what a mirror lacks is counted."""
    (root / ".git").mkdir(parents=True)  # no import leads out of the folder
    every, found = listed(git, commit), []
    for (path, _), data in zip(every, contents(git, [blob for _, blob in every]), strict=True):
        if data is None:
            done.absent += 1
            done.files += 1
            continue
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
        found.append(path)
    return found


def drawn(mirrors: Path, repositories: Sequence[tuple[str, str]], seed: int) -> dict[str, set[str]]:
    """Return some files of some repositories, of those that have enough: by repository the paths."""
    every = {name: [path for path, _ in listed(git_directory(mirrors, name), commit)] for name, commit in repositories}
    random_ = random.Random(seed)
    enough = sorted(name for name, paths in every.items() if len(paths) >= FILES)
    chosen = random_.sample(enough, min(REPOSITORIES, len(enough)))
    return {name: set(random_.sample(sorted(every[name]), FILES)) for name in chosen}


def run(
    mirrors: Path, repositories: Sequence[tuple[str, str]], jobs: int, sample: dict[str, set[str]] | None = None
) -> Read:
    """Judge all files of all repositories, or those of a sample."""
    done, tasks = Read(), []
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(jobs) as pool:
        for number, (repository, commit) in enumerate(repositories):
            root = Path(folder).resolve() / str(number)
            paths = written(root, git_directory(mirrors, repository), commit, done)
            if sample is not None:
                paths = [one for one in paths if one in sample[repository]]
            chunks = [paths[at : at + CHUNK] for at in range(0, len(paths), CHUNK)]
            tasks += [pool.submit(read, root, repository, commit, chunk) for chunk in chunks]
        for task in tasks:
            done.add(task.result())
    done.found = sorted({one.key: one for one in done.found}.values())
    return done


# -- tables ----------------------------------------------------------------------------------------------------------


def repositories_of(path: Path, only: str) -> list[tuple[str, str]]:
    """Read the table of repositories: `owner/name`, commit."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:] if line]
    return [(repository, commit) for repository, commit, *_ in rows if only in repository]


def judged_of(path: Path) -> list[Judged]:
    """Read the committed findings."""
    if not path.exists():
        return []
    return [Judged(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]


def write(path: Path, findings: Iterable[Judged]) -> None:
    """Write findings, one line each; only those in notebooks name a cell."""
    always = {"verdict", "why"}
    entries = (
        {name: value for name, value in vars(one).items() if value or name in always} for one in sorted(findings)
    )
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in entries), encoding="utf-8")


def precision(findings: Iterable[Judged]) -> Iterator[str]:
    """Yield a table of the verdicts by rule; precision is the share of what is judged that is no false alarm."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in findings:
        for row in (one.code, "all"):
            counts[row][one.verdict or "unjudged"] += 1
    columns = (*VERDICTS, "unjudged")
    yield "rule  " + "".join(f"{name:>13}" for name in columns) + f"{'precision':>13}"
    for code in [*sorted(counts.keys() - {"all"}), *(["all"] if counts else [])]:
        count = counts[code]
        said = sum(count[verdict] for verdict in VERDICTS)
        share = f"{1 - count['false-alarm'] / said:.1%}" if said else "-"
        yield f"{code:6}" + "".join(f"{count[name]:13}" for name in columns) + f"{share:>13}"


def compared(found: Sequence[Judged], known: Sequence[Judged]) -> tuple[list[Judged], list[Judged], list[Judged]]:
    """Return (the findings with the verdicts known, those added, those removed)."""
    verdicts = {one.key: one for one in known}
    now = [verdicts.get(one.key, one) for one in {one.key: one for one in found}.values()]
    keys = {one.key for one in now}
    return now, [one for one in now if one.key not in verdicts], [one for one in known if one.key not in keys]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mirrors", type=Path, required=True, metavar="DIR", help="where owner+name/repo lie")
    parser.add_argument("--repositories", type=Path, default=TABLES / "repositories.tsv", metavar="FILE")
    parser.add_argument("--findings", type=Path, default=TABLES / "findings.jsonl", metavar="FILE")
    parser.add_argument("--only", default="", metavar="SUBSTRING", help="repositories whose name holds this only")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--sample", type=int, metavar="SEED", help=f"{FILES} files each of {REPOSITORIES} repositories")
    parser.add_argument("--update", action="store_true", help="write what is found, with known verdicts")
    options = parser.parse_args(arguments)
    repositories = repositories_of(options.repositories, options.only)
    mirrors, sample = options.mirrors.resolve(), None
    if options.sample is not None:
        sample = drawn(mirrors, repositories, options.sample)
        repositories = [one for one in repositories if one[0] in sample]
        print(f"sample of seed {options.sample}: {', '.join(sorted(sample))}")
    done = run(mirrors, repositories, options.jobs, sample)
    everything = judged_of(options.findings)
    mine = [one for one in everything if options.only in one.repository]
    if sample is not None:
        mine = [one for one in mine if one.path in sample.get(one.repository, ())]
    now, added, removed = compared(done.found, mine)
    for title, ones in (("added", added), ("removed", removed)):
        print(f"{title}: {len(ones)}", *ones, sep="\n  ")
    print("", *precision(now), "", *readers(now), "", sep="\n")
    print(*summary(done, len(repositories)), sep="\n")
    if options.update and sample is None:
        write(options.findings, [*now, *(one for one in everything if one not in mine)])
    open_ = any(one.verdict not in VERDICTS or not agreed(one) for one in now)
    return int(bool(added or removed or open_ or done.crashes) or done.slowest[0] > SLOW)


def agreed(one: Judged) -> bool:
    """Return whether a second reader has judged a finding, to the same end or to one that was settled."""
    return one.second in VERDICTS and (one.second == one.verdict or bool(one.settled))


def readers(findings: Sequence[Judged]) -> Iterator[str]:
    """Yield how many findings two readers have judged alike, and where they did not."""
    twice = [one for one in findings if one.second in VERDICTS]
    apart = [one for one in twice if one.second != one.verdict]
    yield f"second reader: {len(twice)} of {len(findings)} findings, {len(apart)} judged otherwise"
    yield from (f"  {one} -- second: {one.second}; {one.settled or 'not settled'}" for one in apart)


def summary(done: Read, repositories: int) -> Iterator[str]:
    """Yield the counts of a run."""
    rate = 1000 * len(done.found) / done.files if done.files else 0.0
    yield f"{repositories} repositories, {done.files} files, {done.training} of them with training code"
    yield f"{len(done.found)} findings ({rate:.2f} in 1,000 files), {done.invalid} files not Python 3"
    if done.absent:
        yield f"{done.absent} files are not in their mirror"
    yield f"slowest: {done.slowest[0]:.2f} s, {done.slowest[1]}"
    yield f"crashes: {len(done.crashes)}"
    yield from (f"  {crash}" for crash in done.crashes)


if __name__ == "__main__":
    sys.exit(main())
