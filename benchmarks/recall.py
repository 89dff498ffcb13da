"""Recall by fault injection: `python benchmarks/recall.py FOLDER...`, with one sub-folder `owner__name` per repository.

Loops whose order is plainly right are found without looplint (`benchmarks/sites.py`), one fault is injected into each
(`benchmarks/faults.py`), and a fault counts as found when the right rule reports in the function around it more often
than it did without the fault, with every rule on. Mutants that are still right programs stand in
tests/ecosystem/equivalent.tsv, each with its reason, and are not counted; tests/ecosystem/misses.tsv says of each known
miss what it comes of. benchmarks/loops holds loops of our own for the faults of which real code gives few.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.faults import mutants
from benchmarks.mutant import EXPECTED, PER_FILE, Mutant
from benchmarks.neighbours import Neighbour, folder_of
from looplint import engine, scan
from looplint.finding import Finding
from looplint.source import Project

TABLES = Path(__file__).resolve().parents[1] / "tests" / "ecosystem"
EQUIVALENT = TABLES / "equivalent.tsv"
MISSES = TABLES / "misses.tsv"
SILENT = frozenset({"unseen-code", "unknown-networks", "unknown-settings"})
"""The categories of misses where the reader has to be silent: code that it does not see has the optimizer, the network
that a loss comes from is unknown, or nothing in sight tells what the settings of a scheduler count."""
CALLERS = 4
"""How many of the files that import a file are asked what they find in it."""

SECONDS = 30
"""How long one file may take before it counts as hung."""

Key = tuple[str, str, int, str]


@dataclass(frozen=True)
class Result:
    """What became of one mutant.

    Arguments:
        repository, path: where, the repository as `owner/name`.
        mutant: without its text.
        found: the right rule reported it.
        others: the other rules that reported more than without the fault.
        error: why the file could not be judged.
    """

    repository: str
    path: str
    mutant: Mutant
    found: bool
    others: tuple[str, ...] = ()
    error: str = ""

    @property
    def key(self) -> Key:
        return self.repository, self.path, self.mutant.line, self.mutant.fault

    def __str__(self) -> str:
        others = f" [{', '.join(self.others)}]" if self.others else ""
        error = f" [{self.error}]" if self.error else ""
        place = f"{self.repository}/{self.path}:{self.mutant.line}"
        return f"{place} {self.mutant.fault} ({self.mutant.view}){others}{error}: {self.mutant.statement}"


# -- one file --------------------------------------------------------------------------------------------------------


def functions_by_line(text: str) -> list[str]:
    """Return for each line of a text the innermost function around it, told from others of the same name."""
    found = [""] * (text.count("\n") + 2)
    seen: Counter[str] = Counter()
    for node in ast.walk(ast.parse(text)):  # outer ones come first
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            seen[node.name] += 1
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                found[line] = f"{node.name}#{seen[node.name]}"
    return found


def by_function(text: str, found: Iterable[tuple[int, str]]) -> Counter[tuple[str, str]]:
    """Return how often each rule reports in each function of a text, of findings given as line and code."""
    where = functions_by_line(text)
    return Counter((where[line], code) for line, code in found)


def gained(
    text: str, mutant: Mutant, before: Counter[tuple[str, str]], after: Counter[tuple[str, str]]
) -> frozenset[str]:
    """Return the rules that report more often with a fault than without it, in the function where they have to.

    Arguments:
        text: without the fault.
        before, after: as of `by_function`, without and with it.
    """
    function = functions_by_line(text)[mutant.near]
    return frozenset(code for where, code in after - before if where == function)


def judged_text(root: Path, path: Path, text: str) -> list[Finding]:
    """Return the findings in a file if its text were `text`: the only place that asks looplint.

    What the files find in it that import it counts too; there may be many, and the nearest few are asked.

    Arguments:
        root: the folder of the file's repository.
        path: where the file lies on the disk.
    """
    name = str(path.absolute())
    project = Project({name: name}, {name: text.encode()})  # it is called so wherever the run is started
    found = {(one.code, one.span): one for one in engine.judge(text, name, project, str(path.absolute()))}
    for other in callers(root, path):
        for one in engine.judge(read(other), str(other.absolute()), project, str(other.absolute())):
            if one.filename == name:
                found.setdefault((one.code, one.span), one)
    return list(found.values())


def callers(root: Path, path: Path) -> list[Path]:
    """Return the nearest files that import a file and may train."""
    around = [one.path for one in folder_of(root).importers(path) if isinstance(one, Neighbour)]
    near = sorted(around, key=lambda one: (-len(os.path.commonpath([one, path])), one))
    return [one for one in near if read(one)][:CALLERS]


def findings(root: Path, path: Path, text: str) -> Counter[tuple[str, str]]:
    """Return how often each rule reports in each function of a file."""
    return by_function(text, ((one.span.start.row, one.code) for one in judged_text(root, path, text)))


def hung(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"took longer than {SECONDS} s")


def checked(root: Path, path: Path, text: str) -> Counter[tuple[str, str]]:
    """Return the findings of a file, given up after some time."""
    if not hasattr(signal, "SIGALRM"):
        return findings(root, path, text)
    signal.signal(signal.SIGALRM, hung)
    signal.alarm(SECONDS)
    try:
        return findings(root, path, text)
    finally:
        signal.alarm(0)


def read(path: Path) -> str:
    """Return a file's text, or nothing where it cannot hold training code or is not UTF-8."""
    data = path.read_bytes()
    if not scan.may_train(data):
        return ""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return ""


def mutants_of(folder: Path, path: Path) -> Iterator[Mutant]:
    """Yield the mutants of a file; the other files of its repository tell who calls its functions."""
    return mutants(read(path), repository_of(folder, path), path)


def repository_of(folder: Path, path: Path) -> Path:
    """Return the folder of the repository that a file is in."""
    return folder / path.relative_to(folder).parts[0]


def injected(folder: Path, path: Path) -> list[Mutant]:
    """Return the mutants of a file, without their texts."""
    return [replace(one, text="") for one in mutants_of(folder, path)]


def judged(folder: Path, path: Path, chosen: Sequence[Mutant]) -> list[Result]:
    """Return what becomes of the chosen mutants of a file."""
    repository, _, name = path.relative_to(folder).as_posix().partition("/")
    repository = repository.replace("__", "/", 1)
    text, root = read(path), repository_of(folder, path)
    made = {replace(one, text=""): one.text for one in mutants_of(folder, path)}
    results = []
    before: Counter[tuple[str, str]] | None = None
    for mutant in chosen:
        try:
            before = checked(root, path, text) if before is None else before
            after = checked(root, path, made[mutant])
        except Exception as error:
            results.append(Result(repository, name, mutant, False, error=f"{type(error).__name__}: {error}"))
            continue
        new = gained(text, mutant, before, after)
        right = new.intersection(mutant.expected)
        results.append(Result(repository, name, mutant, bool(right), tuple(sorted(new - right))))
    return results


# -- all files -------------------------------------------------------------------------------------------------------


def files(folder: Path, only: str) -> list[Path]:
    return [one for one in sorted(folder.rglob("*.py")) if only in one.as_posix() and one.is_file()]


def choose(
    paths: Sequence[Path],
    made: Iterable[list[Mutant]],
    fault: str = "",
    wanted: dict[Path, set[tuple[int, str]]] | None = None,
) -> dict[Path, list[Mutant]]:
    """Return the mutants to judge: each function once, and no more than a few of one fault from one file.

    Arguments:
        wanted: these lines and faults only.
    """
    seen: set[str] = set()
    chosen: dict[Path, list[Mutant]] = defaultdict(list)
    for path, all_of_file in zip(paths, made, strict=True):
        count: Counter[str] = Counter()
        for mutant in all_of_file:
            if fault not in ("", mutant.fault) or mutant.digest in seen:
                continue
            asked = wanted is None or (mutant.line, mutant.fault) in wanted[path]
            if asked and count[mutant.fault] < PER_FILE:
                seen.add(mutant.digest)
                count[mutant.fault] += 1
                chosen[path].append(mutant)
    return chosen


def sampled(chosen: dict[Path, list[Mutant]], size: int) -> dict[Path, list[Mutant]]:
    """Return about `size` mutants of each fault, evenly spread over the files; all of them for 0."""
    total = Counter(one.fault for ones in chosen.values() for one in ones)
    seen: Counter[str] = Counter()
    kept: dict[Path, list[Mutant]] = defaultdict(list)
    for path, ones in chosen.items():
        for one in ones:
            every = max(1, total[one.fault] / size) if size else 1
            if int((seen[one.fault] + 1) / every) > int(seen[one.fault] / every):
                kept[path].append(one)
            seen[one.fault] += 1
    return kept


def listed(folder: Path, misses: Path) -> dict[Path, set[tuple[int, str]]]:
    """Return the mutants that a list of misses names: for each file the lines and faults."""
    found: dict[Path, set[tuple[int, str]]] = defaultdict(set)
    for line in misses.read_text(encoding="utf-8").splitlines():
        place, _, rest = line.partition(" ")
        path, _, row = place.rpartition(":")
        found[located(folder, path)].add((int(row), rest.partition(" ")[0]))
    return found


def located(folder: Path, path: str) -> Path:
    """Return the file of a path such as `owner/name/train.py`."""
    return folder / path.replace("/", "__", 1)


def run(
    folder: Path,
    only: str = "",
    fault: str = "",
    jobs: int = 2,
    size: int = 0,
    wanted: dict[Path, set[tuple[int, str]]] | None = None,
) -> Iterator[Result]:
    """Yield what becomes of the mutants of all files below a folder, in their order.

    Arguments:
        only: a part of the files' paths.
        fault: the only fault, if not empty.
        jobs: how many processes.
        size: about how many mutants of each fault; all of them for 0.
        wanted: the lines and faults of the only mutants, by file.
    """
    paths = files(folder, only)
    if wanted is not None:
        paths = [path for path in paths if path in wanted]
    with ProcessPoolExecutor(jobs) as pool:
        chosen = sampled(choose(paths, pool.map(partial(injected, folder), paths, chunksize=4), fault, wanted), size)
        tasks = list(chosen.items())
        if tasks:
            for results in pool.map(judged, [folder] * len(tasks), *zip(*tasks, strict=True), chunksize=2):
                yield from results


def equivalents(path: Path) -> dict[Key, str]:
    """Read the table of mutants that are still right programs: each with its reason."""
    return {key: reason for key, (reason,) in rows(path)}


def explanations(path: Path) -> dict[Key, tuple[str, str]]:
    """Read the table of known misses: each with its category, and one line of what it comes of."""
    return {key: (category, reason) for key, (category, reason) in rows(path)}


def rows(path: Path) -> Iterator[tuple[Key, list[str]]]:
    """Yield the lines of a table: the mutant, and what is said of it. A table that does not exist is empty."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []
    for line in filter(None, lines):
        repository, name, number, fault, *rest = line.split("\t")
        yield (repository, name, int(number), fault), rest


# -- tables ----------------------------------------------------------------------------------------------------------


def ratio(results: Sequence[Result]) -> str:
    found = sum(one.found for one in results)
    return f"{found:5} / {len(results):4}  {found / len(results):6.1%}" if results else f"{'-':>20}"


def table(title: str, groups: dict[str, list[Result]], codes: dict[str, str]) -> Iterator[str]:
    """Yield the lines of a table: all mutants, those with a loop in view, and those in a function alone."""
    width = max([len(title), *map(len, groups)])
    yield f"{title:{width}}  {'':5}  {'all':>20}  {'loop in view':>20}  {'function only':>20}"
    for name, results in groups.items():
        loops = [one for one in results if one.mutant.view != "function"]
        alone = [one for one in results if one.mutant.view == "function"]
        yield f"{name:{width}}  {codes.get(name, ''):5}  {ratio(results)}  {ratio(loops)}  {ratio(alone)}"


def report(results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines of both tables."""
    faults = {one.mutant.fault for one in results}
    by_fault = {fault: [one for one in results if one.mutant.fault == fault] for fault in EXPECTED if fault in faults}
    yield from table("fault", by_fault | {"total": list(results)}, EXPECTED)
    yield ""
    names = sorted({one.repository for one in results})
    yield from table("repository", {name: [one for one in results if one.repository == name] for name in names}, {})


def explained(results: Sequence[Result], known: dict[Key, tuple[str, str]]) -> Iterator[str]:
    """Yield the misses by category, the new ones last, and what the table of misses lists and is found.

    Arguments:
        known: by mutant its category and what it comes of.
    """
    missed = [one for one in results if not one.found]
    count = Counter(known[one.key][0] if one.key in known else "new" for one in missed)
    yield f"{len(missed)} misses, {sum(count[one] for one in SILENT)} of them where the reader has to be silent"
    for category, number in sorted(count.items(), key=lambda item: (item[0] == "new", -item[1], item[0])):
        yield f"{number:5}  {category}"
        for one in missed:
            listed, reason = known.get(one.key, ("new", "not explained yet"))
            if listed == category:
                yield f"       {one} -- {reason}"
    yield from (f"found although it is listed as a miss: {one}" for one in results if one.found and one.key in known)


def show(folder: Path, name: str) -> Iterator[str]:
    """Yield one mutant as a diff, and what is reported before and after."""
    place, _, fault = name.partition(" ")
    path, _, line = place.rpartition(":")
    file = located(folder, path)
    text = read(file) if file.is_file() else ""
    for mutant in mutants_of(folder, file) if text else ():
        if mutant.line == int(line) and fault in ("", mutant.fault):
            sides = text.splitlines(), mutant.text.splitlines()
            yield from difflib.unified_diff(*sides, path, mutant.fault, lineterm="")
            for title, one in (("before", text), ("after", mutant.text)):
                yield f"-- {title}"
                for found in judged_text(repository_of(folder, file), file, one):
                    yield f"{found.span.start.row}: {found.code} {found.message}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="with one sub-folder per repository")
    parser.add_argument("--fault", choices=EXPECTED, default="", help="this fault only")
    parser.add_argument("--only", default="", metavar="SUBSTRING", help="files whose path holds this only")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="about N mutants of each fault only")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--misses", type=Path, metavar="FILE", help="write the misses there, one a line")
    parser.add_argument("--again", type=Path, metavar="FILE", help="only the mutants of such a list of misses")
    parser.add_argument("--equivalent", type=Path, default=EQUIVALENT, metavar="FILE")
    parser.add_argument("--explained", type=Path, default=MISSES, metavar="FILE", help="the known misses")
    parser.add_argument("--show", metavar="ID", help="the diff of one: 'owner/name/path.py:12 FAULT'")
    options = parser.parse_args(arguments)
    folders = [folder.resolve() for folder in options.folders]
    if options.show:
        print(*(line for folder in folders for line in show(folder, options.show)), sep="\n")
        return 0
    known = equivalents(options.equivalent)
    asked = [listed(folder, options.again) if options.again else None for folder in folders]
    results = []
    with (options.misses or Path(os.devnull)).open("w", encoding="utf-8") as misses:
        for folder, wanted in zip(folders, asked, strict=True):
            for result in run(folder, options.only, options.fault, options.jobs, options.sample, wanted):
                results.append(result)
                if not result.found and result.key not in known:
                    print(result, file=misses, flush=True)
    counted = [one for one in results if one.key not in known]
    print(*report(counted), "", *explained(counted, explanations(options.explained)), sep="\n")
    equivalent = [one for one in results if one.key in known]
    print(f"{len(equivalent)} equivalent mutants are not counted")
    if broken := sum(bool(one.error) for one in results):
        print(f"{broken} mutants could not be judged and count as missed")
    for one in equivalent:
        if one.found:
            print(f"reported although it is listed as equivalent: {one}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
