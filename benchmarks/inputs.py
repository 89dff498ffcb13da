"""What the speed is measured on: trees of real code, single files, and a folder with nothing to check.

They are made of mirrors of the repositories in tests/ecosystem/repositories.tsv, at their commits, or, without
mirrors, of the packages that are installed and of benchmarks/loops and examples; always by rules, never by hand. Each
repository and package is a project of its own, and what a linter leaves out by default is not in it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from benchmarks import ecosystem
from looplint import scan
from looplint.discovery import Found, discover
from looplint.settings import Settings
from tests.tools import ROOT

ORDINARY = "pyg-team/pytorch_geometric"
"""The repository that is the tree in which few files train."""
DENSE = 150
"""How many files the tree that is dense with training code has at most."""
INSTALLED = 1500
"""How many files of installed packages stand for ORDINARY at most."""
LINES = 300
"""How long the single files are, as nearly as there are any."""
TIMES = (2, 4, 8)
"""How many copies of the dense tree the larger ones hold."""


@dataclass(frozen=True)
class Input:
    """Something to check.

    Arguments:
        key: what the tables call it.
        what: a description, in a line.
        folder: where it lies.
        files: the Python files in it, relative to the folder.
        training: how many of them hold training code.
    """

    key: str
    what: str
    folder: Path
    files: tuple[str, ...]
    training: int


def made(key: str, what: str, folder: Path) -> Input:
    """Return a folder as an input; files that linters leave out by default are removed from it."""
    found = discover([str(folder)], Settings().excluded)
    kept = {Path(one.name).relative_to(folder) for one in found if isinstance(one, Found)}
    for path in sorted(folder.rglob("*.py")):
        if path.relative_to(folder) not in kept:
            path.unlink()
    trains = sum(scan.may_train((folder / one).read_bytes()) for one in kept)
    return Input(key, what, folder, tuple(sorted(one.as_posix() for one in kept)), trains)


def project(folder: Path, files: Iterator[tuple[str, bytes]]) -> None:
    """Write the files of one project."""
    (folder / ".git").mkdir(parents=True)  # no import leads out of the folder, and no .gitignore in
    for path, data in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


# -- trees -----------------------------------------------------------------------------------------------------------


def of_mirror(mirrors: Path, repository: str, commit: str) -> list[tuple[str, bytes]]:
    """Return path and content of every Python file of a repository.

    Raises:
        FileNotFoundError: there is no mirror of it.
    """
    git = ecosystem.git_directory(mirrors, repository)
    names = [(path, blob) for path, blob in ecosystem.listed(git, commit) if path.endswith(".py")]
    data = ecosystem.contents(git, [blob for _, blob in names])
    return [(path, one) for (path, _), one in zip(names, data, strict=True) if one is not None]


def densest(repositories: dict[str, list[tuple[str, bytes]]], most: int) -> list[str]:
    """Return the repositories with the largest share of files that run a backward, as long as they fit together.

    What looplint itself takes for training code may change, and the tree should not.
    """

    def share(name: str) -> float:
        return sum(b".backward(" in data for _, data in repositories[name]) / len(repositories[name])

    small = [name for name, files in repositories.items() if 0 < len(files) <= most]
    chosen, total = [], 0
    for name in sorted(small, key=lambda name: (-share(name), name)):
        total += len(repositories[name])
        if total > most:
            break
        chosen.append(name)
    return chosen


def of_mirrors(scratch: Path, mirrors: Path, repositories: Sequence[tuple[str, str]]) -> tuple[Input, Input]:
    """Make the two trees out of mirrors.

    Raises:
        FileNotFoundError: a repository has no mirror.
    """
    commits = dict(repositories)
    project(scratch / "a", iter(of_mirror(mirrors, ORDINARY, commits[ORDINARY])))
    ordinary = made("a", f"few files train: {ORDINARY.rpartition('/')[2]}", scratch / "a")
    every = {name: of_mirror(mirrors, name, commit) for name, commit in repositories if name != ORDINARY}
    chosen = densest(every, DENSE)
    for name in chosen:
        project(scratch / "b" / name.replace("/", "__"), iter(every[name]))
    names = ", ".join(name.rpartition("/")[2] for name in chosen)
    return ordinary, made("b", f"dense with training code: {names}", scratch / "b")


def of_packages(scratch: Path, most: int = INSTALLED) -> tuple[Input, Input]:
    """Make the two trees out of the packages that are installed, by name, and out of our own examples."""
    packages = {one.name: one for one in distributions()}
    left, names = most, []
    for name in sorted(packages, key=str.lower):
        files = [one for one in packages[name].files or () if one.suffix == ".py" and ".." not in one.parts]
        found = [(one.as_posix(), Path(str(one.locate()))) for one in files[:left]]
        texts = [(path, file.read_bytes()) for path, file in found if file.is_file()]
        if texts:
            project(scratch / "a" / name, iter(texts))
            names.append(name)
            left -= len(texts)
    for folder in ("benchmarks/loops", "examples"):
        own = sorted((ROOT / folder).rglob("*.py"))
        project(scratch / "b" / folder, ((one.relative_to(ROOT / folder).as_posix(), one.read_bytes()) for one in own))
    ordinary = made("a", f"few files train: {len(names)} installed packages", scratch / "a")
    return ordinary, made("b", "dense with training code: benchmarks/loops and examples", scratch / "b")


# -- single files, nothing, and more of the same ---------------------------------------------------------------------


def nearest(tree: Input, *, trains: bool) -> str:
    """Return the file of a tree whose length is nearest to LINES: one with a loop that trains, or one without anything
    that looks like training.

    Raises:
        ValueError: there is none.
    """

    def fits(text: bytes) -> bool:
        loop = all(one in text for one in (b"for ", b".backward()", b".step()", b".zero_grad()"))
        return loop if trains else not any(one in text for one in (b"backward", b"step", b"optim", b"grad"))

    texts = {path: (tree.folder / path).read_bytes() for path in tree.files}
    fitting = [path for path, text in texts.items() if fits(text)]
    return min(fitting, key=lambda path: (abs(len(texts[path].splitlines()) - LINES), path))


def alone(key: str, what: str, tree: Input, path: str) -> Input:
    """Make a project of one file of a tree."""
    data = (tree.folder / path).read_bytes()
    folder = tree.folder.parent / key
    project(folder, iter([(Path(path).name, data)]))
    return made(key, f"{what}, {len(data.splitlines())} lines: {path}", folder)


def nothing(scratch: Path) -> Input:
    """Make a project without any Python file."""
    project(scratch / "e", iter([("notes.txt", b"Nothing to check.\n")]))
    return made("e", "nothing to check", scratch / "e")


def copied(tree: Input, times: int) -> Input:
    """Make a tree of so many copies of another, no two files of which are the same."""
    folder = tree.folder.parent / f"{tree.key}{times}"
    for number in range(times):
        shutil.copytree(tree.folder, folder / str(number))
        for path in tree.files:
            with (folder / str(number) / path).open("ab") as file:
                file.write(b"\n# copy %d\n" % number)
    return made(f"{tree.key} x {times}", f"{times} copies of ({tree.key})", folder)


def build(scratch: Path, mirrors: Path | None, repositories: Sequence[tuple[str, str]]) -> list[Input]:
    """Make all inputs, in the order of the tables: two trees, two files, nothing, and the dense tree several times.

    Arguments:
        scratch: an empty folder.
        mirrors: where `owner+name/repo` lie, or None.
        repositories: name and commit of each.

    Raises:
        FileNotFoundError: a repository has no mirror.
    """
    ordinary, dense = of_mirrors(scratch, mirrors, repositories) if mirrors else of_packages(scratch)
    training = alone("c", "one file that trains", dense, nearest(dense, trains=True))
    other = alone("d", "one file without training code", ordinary, nearest(ordinary, trains=False))
    return [ordinary, dense, training, other, nothing(scratch), *(copied(dense, times) for times in TIMES)]
