"""Recall by fault injection: `python benchmarks/recall.py FOLDER...`, with one sub-folder `owner__name` per repository.

Loops whose order is plainly right are found without looplint (`benchmarks/sites.py`), one fault is injected into each
(`benchmarks/faults.py`), and a fault counts as found when the right rule reports in the function around it more often
than it did without the fault. Only the mutated file is read, with every rule on. Mutants that are still right programs
stand in tests/ecosystem/equivalent.tsv, each with its reason, and are not counted. benchmarks/loops holds loops of our
own for the faults of which real code gives few.
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
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.faults import EXPECTED, PER_FILE, Mutant, mutants
from looplint import engine

EQUIVALENT = Path(__file__).resolve().parents[1] / "tests" / "ecosystem" / "equivalent.tsv"
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


def findings(text: str) -> Counter[tuple[str, str]]:
    """Return how often each rule reports in each function of a text."""
    found = engine.judge(text, "mutant.py")
    return by_function(text, ((one.span.start.row, one.code) for one in found))


def hung(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"took longer than {SECONDS} s")


def checked(text: str) -> Counter[tuple[str, str]]:
    """Return the findings of a text, given up after some time."""
    if not hasattr(signal, "SIGALRM"):
        return findings(text)
    signal.signal(signal.SIGALRM, hung)
    signal.alarm(SECONDS)
    try:
        return findings(text)
    finally:
        signal.alarm(0)


def read(path: Path) -> str:
    """Return a file's text, or nothing where it cannot hold training code or is not UTF-8."""
    data = path.read_bytes()
    if not engine.may_train(data):
        return ""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return ""


def injected(path: Path) -> list[Mutant]:
    """Return the mutants of a file, without their texts."""
    return [replace(one, text="") for one in mutants(read(path))]


def judged(folder: Path, path: Path, chosen: Sequence[Mutant]) -> list[Result]:
    """Return what becomes of the chosen mutants of a file."""
    repository, _, name = path.relative_to(folder).as_posix().partition("/")
    repository = repository.replace("__", "/", 1)
    text = read(path)
    made = {replace(one, text=""): one.text for one in mutants(text)}
    results = []
    before: Counter[tuple[str, str]] | None = None
    for mutant in chosen:
        try:
            before = checked(text) if before is None else before
            after = checked(made[mutant])
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
        chosen = sampled(choose(paths, pool.map(injected, paths, chunksize=4), fault, wanted), size)
        tasks = list(chosen.items())
        if tasks:
            for results in pool.map(judged, [folder] * len(tasks), *zip(*tasks, strict=True), chunksize=2):
                yield from results


def equivalents(path: Path) -> dict[Key, str]:
    """Read the table of mutants that are still right programs: each with its reason."""
    if not path.exists():
        return {}
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:] if line]
    return {(repository, name, int(line), fault): reason for repository, name, line, fault, reason in rows}


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


def show(folder: Path, name: str) -> Iterator[str]:
    """Yield one mutant as a diff, and what is reported before and after."""
    place, _, fault = name.partition(" ")
    path, _, line = place.rpartition(":")
    file = located(folder, path)
    text = read(file) if file.is_file() else ""
    for mutant in mutants(text):
        if mutant.line == int(line) and fault in ("", mutant.fault):
            sides = text.splitlines(), mutant.text.splitlines()
            yield from difflib.unified_diff(*sides, path, mutant.fault, lineterm="")
            for title, one in (("before", text), ("after", mutant.text)):
                yield f"-- {title}"
                for found in engine.judge(one, path):
                    yield f"{found.span.start.row}: {found.code} {found.message}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="with one sub-folder per repository")
    parser.add_argument("--fault", choices=EXPECTED, default="", help="this fault only")
    parser.add_argument("--only", default="", metavar="SUBSTRING", help="files whose path holds this only")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="about N mutants of each fault only")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--misses", type=Path, metavar="FILE", help="write the misses there instead of printing them")
    parser.add_argument("--again", type=Path, metavar="FILE", help="only the mutants of such a list of misses")
    parser.add_argument("--equivalent", type=Path, default=EQUIVALENT, metavar="FILE")
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
                    print(result, file=misses if options.misses else sys.stdout, flush=True)
    print(*report([one for one in results if one.key not in known]), sep="\n")
    equivalent = [one for one in results if one.key in known]
    print(f"\n{len(equivalent)} equivalent mutants are not counted")
    if broken := sum(bool(one.error) for one in results):
        print(f"{broken} mutants could not be judged and count as missed")
    for one in equivalent:
        if one.found:
            print(f"reported although it is listed as equivalent: {one}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
