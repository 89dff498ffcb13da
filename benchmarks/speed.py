"""How fast looplint is, beside other linters: `python benchmarks/speed.py [--mirrors DIR]`.

Every tool (benchmarks/rows.py) is run on every input (benchmarks/inputs.py), each run in a process of its own, in
rounds whose order is shuffled, so that what else the machine does falls on all alike. Printed are medians, their
ratios, and whether looplint reaches what it is meant to reach (benchmarks/targets.py); whether it does or not, the exit
status is 0.

Before the rounds each is run once, untimed, to see that it does its job and how much memory it takes. One that takes
longer than the limit is not run again, and one that would take longer in all its rounds has fewer of them.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from benchmarks import ecosystem, inputs, measured, rows
from benchmarks.compare import write
from benchmarks.inputs import Input
from benchmarks.measured import Taken
from benchmarks.rows import CLICK, COLD, LIBCST, ONE, RUFF, Row
from benchmarks.targets import MB, TARGETS, WORST, Result, Results, ratio
from tests.tools.readme import table

REFERENCES = {"a": (RUFF,), "b": (RUFF,), "c": (LIBCST, RUFF), "d": (CLICK, RUFF), "e": (CLICK, RUFF)}
"""What the times on each input are divided by."""
PYTHON = "python"
"""The tool whose rows concern single files and nothing only."""

Case = tuple[Row, Input]


def cases(chosen: Sequence[Row], made: Sequence[Input]) -> list[Case]:
    """Return what to run on what: everything on the inputs of the tables, looplint alone on the trees of copies."""
    found = []
    for one in made:
        for row in chosen:
            small = one.key in ("c", "d", "e")
            if (one.key in REFERENCES and (small or row.tool != PYTHON)) or row.name in (ONE, COLD):
                found.append((row, one))
    return [(row, one) for row, one in found if row.command(one)]


# -- running ---------------------------------------------------------------------------------------------------------


def tried(row: Row, one: Input, limit: float) -> tuple[Result, Taken]:
    """Run a row once, untimed, and return what is known of it by then, with the run."""
    row.before(one)
    taken = measured.run(row.command(one), one.folder, limit, watched=True)
    result = Result(len(one.files), memory=taken.memory, trouble=row.trouble(taken))
    if taken.status is None:
        result.ended = limit
    elif row.telling and one.key in REFERENCES:
        row.before(one)
        result.seen = row.count(measured.run([*row.command(one), *row.telling], one.folder, limit))
    else:
        result.seen = row.count(taken)
    return result, taken


def run(chosen: Sequence[Case], rounds: int, limit: float, seed: int) -> dict[tuple[str, str], Result]:
    """Run all cases in shuffled rounds.

    Arguments:
        rounds: how often to run each, at most.
        limit: how many seconds a run may take, and those of one case together.
        seed: of the order.
    """
    results: dict[tuple[str, str], Result] = {}
    planned: list[list[Case]] = [[] for _ in range(rounds)]
    said: dict[str, str] = {}
    for row, one in chosen:
        print(f"trying {row.name} on ({one.key})", file=sys.stderr, flush=True)
        result, first = tried(row, one, limit)
        results[row.name, one.key] = result
        if row.agrees and not result.ended and said.setdefault(one.key, first.output) != first.output:
            result.trouble = "reports something else than the other rows of the same tool"
        if not result.trouble and not result.ended:
            for turn in planned[: max(1, int(limit / max(first.wall, 0.001)))]:
                turn.append((row, one))
    order = random.Random(seed)
    for number, turn in enumerate(planned, 1):
        print(f"round {number} of {rounds}: {len(turn)} runs", file=sys.stderr, flush=True)
        for row, one in order.sample(turn, len(turn)):
            again(row, one, limit, results[row.name, one.key])
    return results


def again(row: Row, one: Input, limit: float, result: Result) -> None:
    """Run a row once, timed."""
    row.before(one)
    taken = measured.run(row.command(one), one.folder, limit)
    result.trouble = result.trouble or row.trouble(taken)
    result.memory = max(result.memory, taken.memory)
    if taken.status is None:
        result.ended, result.runs = limit, []
    elif not result.ended:
        result.runs.append(taken)


def slowest(made: Sequence[Input]) -> tuple[Result, str]:
    """Return what looplint takes for the file of some trees that takes it longest, and the file's name."""
    done = ecosystem.Read()
    for one in made:
        done.add(ecosystem.read(one.folder, one.key, "", one.files))
    seconds, name = done.slowest
    return Result(runs=[Taken(0, seconds, seconds)]), name


# -- tables ----------------------------------------------------------------------------------------------------------


def seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} s" if value < 1 else f"{value:.2f} s"


def comparison(results: Results, one: Input) -> str:
    """Return the table of one input."""
    references = REFERENCES[one.key]
    lines: list[tuple[str, ...]] = [
        ("", "wall", *(f"/ {name}" for name in references), "processor", "memory", "files", "runs")
    ]
    for (row, key), result in results.items():
        if key != one.key:
            continue
        if result.trouble:
            lines.append((row, f"failed: {result.trouble}", *[""] * (len(references) + 4)))
            continue
        wall = f"> {result.ended:g} s" if result.ended else seconds(result.wall)
        ratios = (ratio(results, (row, key), (name, key)) for name in references)
        shown = ("-" if value is None else f"{value} x" for value in ratios)
        held = f"{result.memory / MB:.0f} MB"
        lines.append((row, wall, *shown, seconds(result.cpu), held, read(result), str(len(result.runs))))
    return table(*lines)


def read(result: Result) -> str:
    """Return how many files were read, and of how many where that is not all."""
    if result.seen is None:
        return "-"
    return str(result.seen) if result.seen == result.files else f"{result.seen} of {result.files}"


def growth(results: Results, made: Sequence[Input]) -> str:
    """Return the table of the tree at several sizes."""
    lines: list[tuple[str, ...]] = [("", "files", f"{ONE}: wall", "a file", f"{COLD}: wall", "a file")]
    for one in made:
        if not one.key.startswith("b"):
            continue
        cells = []
        for row in (ONE, COLD):
            found = results.get((row, one.key), Result())
            each = found.wall / len(one.files) * 1000 if found.runs and found.wall else None
            cells += [f"> {found.ended:g} s" if found.ended else seconds(found.wall)]
            cells += ["-" if each is None else f"{each:.1f} ms"]
        lines.append((f"({one.key})", str(len(one.files)), *cells))
    return table(*lines)


def judged(results: Results) -> str:
    """Return the table of the targets."""
    lines = [("what", "target", "measured", "")]
    for target in TARGETS:
        value = target.value(results)
        lines.append(
            (target.what, target.asked, "-" if value is None else f"{value} {target.unit}", target.judged(value))
        )
    return table(*lines)


def machine() -> str:
    """Return the machine in words."""
    memory = psutil.virtual_memory().total / 2**30
    load = psutil.getloadavg()[0]
    return (
        f"{platform.system()} on {platform.machine()}, {psutil.cpu_count()} processors, {memory:.0f} GiB of memory, "
        f"Python {platform.python_version()}; at the end {load:.1f} processes at work on average."
    )


def page(results: Results, made: Sequence[Input], how: str, left_out: Sequence[str], worst: str) -> str:
    """Return all tables, as Markdown.

    Arguments:
        how: when and by which command.
        left_out: what was not measured, and why.
        worst: the file that takes longest.
    """
    parts = [f"{how} {machine()}\n", *(f"{why}.\n" for why in left_out), "## Targets\n", judged(results)]
    parts += [f"The slowest file is {worst}; `make ecosystem` tells the slowest of the whole corpus.\n"]
    for one in made:
        if one.key in REFERENCES:
            share = f"{len(one.files)} files, {one.training} with training code" if len(one.files) > 1 else ""
            parts += [f"## ({one.key}) {one.what}\n", *([f"{share}.\n"] if share else []), comparison(results, one)]
    parts += ["## Growth\n", "Copies of (b), each a project of its own, no two files of which are the same.\n"]
    return "\n".join([*parts, growth(results, made)])


def chosen_of(text: str) -> list[str]:
    """Return the tools that `--only` names, looplint aside.

    Raises:
        argparse.ArgumentTypeError: there is no such tool.
    """
    names = [one.strip() for one in text.split(",") if one.strip()]
    if unknown := [one for one in names if one not in ("looplint", *rows.PEERS)]:
        raise argparse.ArgumentTypeError(f"no tool {unknown[0]!r}; there are looplint, {', '.join(rows.PEERS)}")
    return [one for one in names if one != "looplint"]


def positive(text: str) -> int:
    """Return a whole number from 1.

    Raises:
        ValueError: it is none.
    """
    if int(text) < 1:
        raise ValueError
    return int(text)


def how(options: argparse.Namespace) -> str:
    """Return when this was run and by which command, with no path of the machine."""
    command = "python benchmarks/speed.py" + " --mirrors DIR" * bool(options.mirrors)
    only = "" if options.only == [*rows.PEERS] else f" --only {','.join(['looplint', *options.only])}"
    command += f" --rounds {options.rounds} --limit {options.limit} --seed {options.seed}{only}"
    return f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}, `{command}`:"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mirrors", type=Path, metavar="DIR", help="where owner+name/repo lie, instead of packages")
    parser.add_argument("--rounds", type=positive, default=5, metavar="N", help="so many timed runs of each")
    parser.add_argument("--limit", type=positive, default=120, metavar="SECONDS", help="for a run, and all of one row")
    parser.add_argument("--only", type=chosen_of, default=[*rows.PEERS], metavar="TOOL,...", help="these tools only")
    parser.add_argument("--seed", type=int, default=1, help="of the order")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the results into this page, as docs/speed.md")
    options = parser.parse_args(arguments)
    if options.write and not options.write.is_file():
        parser.error(f"no page {options.write} to put the results into")
    repositories = ecosystem.repositories_of(ecosystem.TABLES / "repositories.tsv", "")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder).resolve()
        (scratch / "inputs").mkdir()
        try:
            made = inputs.build(scratch / "inputs", options.mirrors and options.mirrors.resolve(), repositories)
            chosen, left_out = rows.installed(scratch / "caches", options.only)
        except (FileNotFoundError, subprocess.CalledProcessError) as error:  # no mirror; no network for pip
            parser.error(str(error))
        results = run(cases(chosen, made), options.rounds, options.limit, options.seed)
        results[WORST, "a, b"], worst = slowest(made[:2])
        text = page(results, made, how(options), left_out, worst)
    print(text)
    if options.write:
        write(options.write, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
