"""looplint beside other linters, in one run: `python benchmarks/compare.py FOLDER...`, folders as of recall.py.

Every tool (benchmarks/peers.py) is shown the same files: untouched ones of the repositories in
tests/ecosystem/repositories.tsv, and mutants as recall.py makes them, counted by its rule. Where there are too many,
both are drawn by a seed. Precision is that of the findings in untouched files whose verdict stands in
tests/ecosystem/findings.jsonl (looplint's) or tests/ecosystem/peers.jsonl (the others'). The tables go into
docs/compare.md, between the markers.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import ecosystem, peers, recall
from benchmarks.ecosystem import VERDICTS, Judged
from benchmarks.mutant import EXPECTED
from benchmarks.peers import Answer, Tool
from benchmarks.shown import Outcome, Shown, cases, drawn, drawn_by_fault, untouched
from tests.tools import ROOT
from tests.tools.readme import BLOCK, table

PAGE = ROOT / "docs" / "compare.md"
TABLES = ROOT / "tests" / "ecosystem"


@dataclass(frozen=True)
class Column:
    """One tool in the tables: what it said, made of the mutants, and reported in the untouched files.

    Arguments:
        known: of the findings, those that have a verdict.
    """

    tool: Tool
    answer: Answer
    outcomes: list[Outcome]
    findings: list[Judged]
    known: list[Judged]


def column(tool: Tool, answer: Answer, shown: Shown, verdicts: dict[ecosystem.Key, Judged]) -> Column:
    findings = shown.findings(tool, answer)
    known = [verdicts[one.key] for one in findings if one.key in verdicts]
    return Column(tool, answer, shown.outcomes(tool, answer), findings, known)


# -- tables ----------------------------------------------------------------------------------------------------------


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%} ({part} / {whole})" if whole else "-"


def by_fault(columns: Sequence[Column]) -> str:
    """Return the table of recall: by fault, over the faults that all tools have a check for, and that each has."""
    rows = [("fault", *(one.tool.name for one in columns))]
    for fault in EXPECTED:
        mine = [[one for one in each.outcomes if one.case.mutant.fault == fault] for each in columns]
        if mine[0]:
            rows.append((fault, *(recalled(each.tool, ones) for each, ones in zip(columns, mine, strict=True))))
    shared = [
        [one for one in each.outcomes if all(other.tool.credited(one.case.mutant) for other in columns)]
        for each in columns
    ]
    alone = [[one for one in ones if not one.case.mutant.crowded] for ones in shared]
    for title, chosen in (("all that every tool has a check for", shared), ("- with one optimizer in the loop", alone)):
        rows.append((title, *(recalled(each.tool, ones) for each, ones in zip(columns, chosen, strict=True))))
    rows.append(("all that the tool has a check for", *(recalled(each.tool, each.outcomes) for each in columns)))
    return table(*rows)


def recalled(tool: Tool, outcomes: Sequence[Outcome]) -> str:
    """Return the share of the mutants found, of those for which a tool has a check."""
    asked = [one for one in outcomes if tool.credited(one.case.mutant)]
    return share(sum(one.found for one in asked), len(asked))


def besides(columns: Sequence[Column]) -> Iterator[str]:
    """Yield a line for each fault at which checks that are not credited for it report more often, by tool."""
    for each in columns:
        for fault in EXPECTED:
            codes = Counter(code for one in each.outcomes if one.case.mutant.fault == fault for code in one.others)
            if codes:
                told = ", ".join(f"{code} {count} times" for code, count in sorted(codes.items()))
                yield f"- {each.tool.name}, {fault}: {told}\n"


def in_untouched(columns: Sequence[Column], files: int) -> str:
    """Return the table of what is reported in the untouched files, and of what that is worth."""
    verdicts = [Counter(one.verdict for one in each.known) for each in columns]
    rows = [
        ("", *(each.tool.name for each in columns)),
        ("findings", *(str(len(each.findings)) for each in columns)),
        ("findings in 1,000 files", *(f"{1000 * len(each.findings) / max(files, 1):.1f}" for each in columns)),
        (
            "files with a finding",
            *(str(len({(one.repository, one.path) for one in each.findings})) for each in columns),
        ),
        ("findings with a verdict", *(str(len(each.known)) for each in columns)),
    ]
    rows += [(f"- {verdict}", *(str(count[verdict]) for count in verdicts)) for verdict in VERDICTS]
    right = [len(each.known) - count["false-alarm"] for each, count in zip(columns, verdicts, strict=True)]
    shares = (share(good, len(each.known)) for each, good in zip(columns, right, strict=True))
    bugs = (share(count["bug"], len(each.known)) for each, count in zip(columns, verdicts, strict=True))
    rows += [("precision: no false alarm", *shares), ("bugs alone", *bugs)]
    return table(*rows)


def by_check(columns: Sequence[Column]) -> str:
    """Return the table of the checks that were counted in the untouched files."""
    rows: list[tuple[str, ...]] = [("tool", "check", "what it reports", "findings", *VERDICTS)]
    for each in columns:
        count = Counter(one.code for one in each.findings)
        for code, what in each.tool.checks.items():
            said = Counter(one.verdict for one in each.known if one.code == code)
            rows.append((each.tool.name, code, what, str(count[code]), *(str(said[one]) for one in VERDICTS)))
    return table(*rows)


def cost(columns: Sequence[Column]) -> str:
    """Return the table of times, and of what was not read. The first tool is the measure."""
    first = columns[0].answer
    return table(
        ("", *(each.tool.name for each in columns)),
        ("wall time", *(f"{each.answer.wall / first.wall:.1f} x" for each in columns)),
        ("processor time", *(f"{each.answer.cpu / first.cpu:.1f} x" if first.cpu else "-" for each in columns)),
        ("files not parsed", *(str(len(each.answer.unparsed)) for each in columns)),
        ("files given up: crash or time limit", *(str(len(each.answer.crashed)) for each in columns)),
    )


def results(columns: Sequence[Column], shown: Shown, how: str) -> str:
    """Return all tables, as Markdown.

    Arguments:
        how: when and by which command.
    """
    names = ", ".join(f"{each.tool.name} {each.tool.version}" for each in columns)
    first = columns[0].answer
    parts = [
        f"{how} {names}; Python {sys.version.split()[0]} for looplint.\n",
        "".join(f"- **{each.tool.name}**: {each.tool.settings}\n" for each in columns),
        "## Faults found\n",
        f"{len(shown.cases)} mutants of {len({one.file for one in shown.cases})} files. `-`: no check for it.\n",
        by_fault(columns),
        "Reported more often with a fault than without it, in the right function, by checks that are not credited:\n",
        "".join(besides(columns)) or "- nothing\n",
        "## Untouched files\n",
        f"{len(shown.files)} files of {len({one.repository for one in shown.files})} repositories.\n",
        in_untouched(columns, len(shown.files)),
        "The checks that are counted:\n",
        by_check(columns),
        "## Time, and what was not read\n",
        f"All files, mutants or not; looplint took {first.wall:.0f} s.\n",
        cost(columns),
    ]
    return "\n".join(parts)


def write(page: Path, text: str) -> None:
    """Put the results into a page, between its markers."""
    old = page.read_text(encoding="utf-8")
    page.write_text(BLOCK.sub(lambda found: f"{found[1]}{text}{found[4]}", old), encoding="utf-8")


def main(arguments: Sequence[str] | None = None, tools: Sequence[Tool] | None = None) -> int:
    """Compare, print and write.

    Arguments:
        tools: instead of those that are installed for it, the first being the measure of time.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="with one sub-folder per repository")
    parser.add_argument("--per-fault", type=int, default=100, metavar="N", help="so many mutants of each fault; 0: all")
    parser.add_argument("--untouched", type=int, default=0, metavar="N", help="so many untouched files; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--equivalent", type=Path, default=recall.EQUIVALENT, metavar="FILE")
    parser.add_argument("--repositories", type=Path, default=TABLES / "repositories.tsv", metavar="FILE")
    verdicts = [TABLES / "findings.jsonl", TABLES / "peers.jsonl"]
    parser.add_argument("--verdicts", type=Path, nargs="+", default=verdicts, metavar="FILE")
    parser.add_argument("--unjudged", type=Path, metavar="FILE", help="write the findings without a verdict there")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE")
    options = parser.parse_args(arguments)
    folders = [folder.resolve() for folder in options.folders]
    known = recall.equivalents(options.equivalent)
    every = [one for folder in folders for one in cases(folder, options.jobs) if one.key not in known]
    commits = dict(ecosystem.repositories_of(options.repositories, ""))
    files = [one for folder in folders for one in untouched(folder, commits)]
    with tempfile.TemporaryDirectory() as temporary:
        chosen = drawn_by_fault(every, options.per_fault, options.seed), drawn(files, options.untouched, options.seed)
        shown = Shown(Path(temporary), *chosen)
        answers = [(tool, shown.to(tool, options.jobs)) for tool in tools or peers.installed()]
        judged = {one.key: one for path in options.verdicts for one in ecosystem.judged_of(path) if one.verdict}
        columns = [column(tool, answer, shown, judged) for tool, answer in answers]
    named = " ".join(folder.name for folder in folders)
    command = f"benchmarks/compare.py {named} --per-fault {options.per_fault} --untouched {options.untouched}"
    how = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}, `python {command} --seed {options.seed}`:"
    text = results(columns, shown, how)
    print(text)
    for each in columns:
        for what in sorted(set(each.answer.crashed.values())):
            print(f"{each.tool.name} gave up: {what}")
    if options.unjudged:
        ecosystem.write(options.unjudged, [one for each in columns for one in each.findings if one.key not in judged])
    write(options.page, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
