"""Fixes on trial: `python benchmarks/fixes.py FOLDER...`, with one sub-folder `owner__name` per repository.

The faults of `make recall` are injected into right loops, and each fix that is offered for what they bring is made. A
fix is proven if the file is still Python, all else in it stands as it stood, the finding is gone, no rule finds
anything new in the file, and a second run changes nothing. One that would bring something new is refused: `--fix` sees
it too, and leaves the file as it is. Whether a fix gives back the very text without the fault is counted as well. Where
no fix is offered, the reasons are.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import io
import os
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import looplint.source
from benchmarks import recall
from benchmarks.mutant import EXPECTED, Mutant
from looplint.check import Run
from looplint.edits import edit
from looplint.finding import Finding, Fix
from looplint.fixing import REFUSED, Fixer, edits_of, known, refusal
from looplint.mends import Mend

NOT_FIXED = frozenset({"backward-deleted", "step-deleted"})
"""Faults for which no fix is there to be offered: what is gone cannot be moved."""

Judge = Callable[[str], list[Finding]]
"""Finds what is wrong with a file if its text were another."""

BRINGS = "brings "

UNSAID = "the rule names no way to mend it"
"""The reason where none was tried."""


@dataclass(frozen=True)
class Trial:
    """What became of one finding that a fault has brought.

    Arguments:
        place: the file, and the line of the fault in the text without it.
        fault: its name.
        code: the rule that reports it.
        offered: the fix, if there is one.
        failed: the properties that do not hold of what it makes of the file.
        refused: `--fix` does not make it.
        restored: it gives back the text without the fault.
        reason: why there is none.
        text: the file with the fault, and with the fix, as a diff, where a property does not hold.
    """

    place: str
    fault: str
    code: str
    offered: Fix | None
    failed: tuple[str, ...] = ()
    refused: bool = False
    restored: bool = False
    reason: str = ""
    text: str = ""


# -- one fix ---------------------------------------------------------------------------------------------------------


def made(text: str, finding: Finding) -> str:
    """Return a text with the fix of a finding made."""
    return edit(text, edits_of(finding, text))


def faults_of(text: str, finding: Finding, before: Sequence[Finding], after: Sequence[Finding]) -> Iterator[str]:
    """Yield the properties that do not hold of a fix.

    Arguments:
        before, after: what is found in the text as it is, and with the fix made.
    """
    fixed = made(text, finding)
    try:
        ast.parse(fixed)
    except SyntaxError:
        yield "is no Python"
        return
    if not only_what_it_says(text, fixed, finding):
        yield "changes something else"
    name = finding.filename
    had = Counter(known(one, Run(texts={name: text})) for one in before)
    has = Counter(known(one, Run(texts={name: fixed})) for one in after)
    key = known(finding, Run(texts={name: text}))
    if has[key] >= had[key]:
        yield "the finding stays"
    new = has - had
    if new:
        yield f"{BRINGS}{', '.join(sorted({code for _, _, code, *_ in new}))}"


def only_what_it_says(text: str, fixed: str, finding: Finding) -> bool:
    """Return whether a fix has moved whole rows, put in a statement at each place, or put in parentheses: no more."""
    assert finding.fix is not None
    rows = [one for one in difflib.ndiff(text.split("\n"), fixed.split("\n")) if one[0] in "+-"]
    taken, put = (sorted(one[2:].strip() for one in rows if one[0] == sign) for sign in "-+")
    if len(tokens(text, "#")) != len(tokens(fixed, "#")) or set(tokens(text, "#")) != set(tokens(fixed, "#")):
        return False
    if finding.fix.message.startswith("move"):
        return taken == put or sorted(tokens(text, "")) == sorted(tokens(fixed, ""))
    added = list((Counter(tokens(fixed, "")) - Counter(tokens(text, ""))).elements())
    if finding.fix.message.startswith("write"):
        return sorted(added) == ["(", ")"] and len(put) == 1
    places = len(finding.fix.edits)
    return added.count("zero_grad") == places == len(put) and len(taken) <= 1


def tokens(text: str, kind: str) -> list[str]:
    """Return the comments of a text, or all words and signs but the semicolons and what is white space."""
    found = tokenize.generate_tokens(io.StringIO(text).readline)
    words = [one.string for one in found if one.string.strip() and one.string != ";"]
    return [one for one in words if one.startswith("#") == (kind == "#")]


def settled(text: str, judge: Judge, name: str) -> tuple[bool, list[str]]:
    """Return whether a second run of all fixes changes nothing, and what the first one refused."""

    def run(*, contents: Mapping[str, bytes]) -> Run:
        now = contents[name].decode()
        return Run([one for one in judge(now) if one.filename == name], {name: now})

    once = Fixer(run, unsafe=True, stdin={name: text.encode()}).fix(run(contents={name: text.encode()}))
    again = Fixer(run, unsafe=True, stdin=once.standard_input).fix(run(contents=once.standard_input))
    return not again.contents, once.refused


# -- one file --------------------------------------------------------------------------------------------------------


@contextmanager
def refusals() -> Iterator[list[str]]:
    """Take down why ways to mend something are refused."""
    found: list[str] = []
    fix = looplint.source.fix

    def noting(mend: Mend, filename: str) -> Fix:
        try:
            return fix(mend, filename)
        except looplint.source.CannotMend as error:
            found.append(re.sub("`[^`]*`", "`...`", str(error)))
            raise

    looplint.source.fix = noting
    try:
        yield found
    finally:
        looplint.source.fix = fix


def judged(folder: Path, path: Path, chosen: Sequence[Mutant]) -> list[Trial]:
    """Return what becomes of the chosen mutants of a file."""
    root = recall.repository_of(folder, path)
    texts = {replace(one, text=""): one.text for one in recall.mutants_of(folder, path)}
    text, name = recall.read(path), str(path.absolute())
    place = path.relative_to(folder).as_posix().replace("__", "/", 1)
    judge = partial(recall.judged_text, root, path)
    trials = []
    had = Counter(known(one, Run(texts={name: text})) for one in judge(text))
    for mutant in chosen:
        broken = texts[mutant]
        with refusals() as reasons:
            found = judge(broken)
        for one in found:
            brought = one.filename == name and one.code in mutant.expected
            if brought and not had[known(one, Run(texts={name: broken}))]:
                where = f"{place}:{mutant.line}"
                reason = next(iter(reasons), UNSAID) if one.fix is None else ""
                trials.append(
                    tried(Trial(where, mutant.fault, one.code, one.fix, reason=reason), one, text, broken, found, judge)
                )
    return trials


def tried(trial: Trial, finding: Finding, original: str, broken: str, found: Sequence[Finding], judge: Judge) -> Trial:
    """Return a trial with what the fix of a finding comes to, if it has one.

    Arguments:
        original, broken: the text without and with the fault.
        found: what is found in it.
        judge: finds what is wrong with the file.
    """
    if finding.fix is None:
        return trial
    fixed = made(broken, finding)
    failed = list(faults_of(broken, finding, found, judge(fixed)))
    quiet, refusals = settled(broken, judge, finding.filename)
    if not quiet:
        failed.append("a second run changes something")
    if failed and all(one.startswith(BRINGS) for one in failed) and refusal(finding, REFUSED) in refusals:
        return replace(trial, refused=True)
    shown = (
        "".join(difflib.unified_diff(broken.splitlines(True), fixed.splitlines(True), "fault", "fix")) if failed else ""
    )
    return replace(trial, failed=tuple(failed), restored=fixed == original, text=shown)


# -- all files -------------------------------------------------------------------------------------------------------


def run(folder: Path, only: str = "", fault: str = "", jobs: int = 2, size: int = 0) -> Iterator[Trial]:
    """Yield what becomes of the mutants of all files below a folder; arguments are those of `benchmarks.recall.run`."""
    paths = recall.files(folder, only)
    with ProcessPoolExecutor(jobs) as pool:
        made = pool.map(partial(recall.injected, folder), paths, chunksize=4)
        chosen = recall.choose(paths, made, fault)
        tasks = list(recall.sampled(fixable(chosen), size).items())
        if tasks:
            for trials in pool.map(judged, [folder] * len(tasks), *zip(*tasks, strict=True), chunksize=2):
                yield from trials


def fixable(chosen: dict[Path, list[Mutant]]) -> dict[Path, list[Mutant]]:
    """Return the mutants for which there can be a fix."""
    return {
        path: kept for path, ones in chosen.items() if (kept := [one for one in ones if one.fault not in NOT_FIXED])
    }


def report(trials: Sequence[Trial]) -> Iterator[str]:
    """Yield the lines of the tables."""
    heads = ("found", "offered", "safe", "proven", "refused", "failed", "restored", "not offered")
    faults = [one for one in EXPECTED if one not in NOT_FIXED]
    width = max(map(len, faults))
    yield f"{'fault':{width}}  {'  '.join(f'{head:>11}' for head in heads)}"
    for name in (*faults, "total"):
        ones = [one for one in trials if name in (one.fault, "total")]
        offered = [one for one in ones if one.offered is not None]
        safe = sum(one.offered is not None and one.offered.safe for one in ones)
        failed, refused = sum(bool(one.failed) for one in offered), sum(one.refused for one in offered)
        restored = sum(one.restored for one in offered)
        proven = len(offered) - failed - refused
        counts = (len(ones), len(offered), safe, proven, refused, failed, restored, len(ones) - len(offered))
        yield f"{name:{width}}  {'  '.join(f'{count:11}' for count in counts)}"
    yield ""
    reasons = Counter((one.code, one.reason) for one in trials if one.offered is None)
    for (code, reason), count in sorted(reasons.items(), key=lambda item: (item[0][0], -item[1])):
        yield f"{count:5}  {code}  not offered: {reason}"
    for one in trials:
        if one.refused:
            yield f"refused by --fix: {one.place} {one.fault} {one.code}"
    for one in trials:
        if one.failed:
            yield f"\n{one.place} {one.fault} {one.code}: {'; '.join(one.failed)}\n{one.text}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="with one sub-folder per repository")
    parser.add_argument("--fault", choices=EXPECTED, default="", help="this fault only")
    parser.add_argument("--only", default="", metavar="SUBSTRING", help="files whose path holds this only")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="about N mutants of each fault only")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args(arguments)
    trials = [
        one
        for folder in options.folders
        for one in run(folder.resolve(), options.only, options.fault, options.jobs, options.sample)
    ]
    print(*report(trials), sep="\n")
    return 1 if any(one.failed for one in trials) else 0


if __name__ == "__main__":
    sys.exit(main())
