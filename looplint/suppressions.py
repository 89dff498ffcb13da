"""Comments that silence a finding, and findings about those that silence nothing.

    optimizer.step()  # noqa: LL101                            codes, as for flake8 and ruff; without codes: everything
    optimizer.step()  # looplint: ignore[missing-zero-grad]    codes or names; without brackets: all of looplint
    # looplint: file-ignore[LL101]                             the same for the whole file

A comment covers the statement it stands in, on whichever row of it (a formatter moves comments to the last one); of a
compound statement only the head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from looplint.comments import Comment, layout
from looplint.finding import Finding, Location, Span
from looplint.registry import UNUSED_SUPPRESSION, Rules, find, suggest_rule, suggestion

ANY = re.compile(r"#\s*(?:noqa|looplint\s*:)", re.IGNORECASE)
CODES = r"[A-Z]+\d+(?!\w)(?:[,\s]+[A-Z]+\d+(?!\w))*"
NOQA = re.compile(rf"#\s*noqa(?![\w-])(?P<list>\s*:\s*(?P<codes>{CODES})?)?", re.IGNORECASE)
OURS = re.compile(r"#\s*looplint\s*:\s*(?P<verb>[\w-]+)(?:\s*\[(?P<codes>[^\]#]*)(?P<closed>\])?)?", re.IGNORECASE)
OTHERS = {"noqa": "ignore", "disable": "ignore", "skip": "ignore", "off": "ignore", "disable-file": "file-ignore"}
"""What other linters call it."""
OUR_CODE = re.compile(r"LL\d+", re.IGNORECASE)


@dataclass(eq=False)
class Entry:
    """One code or name in a comment, or (with no code) everything at once.

    Arguments:
        label: as it is written.
        span: where it is written.
        rows: the rows it covers; None for the whole file.
        code: the rule it silences; None for all of them.
        used: whether it has silenced anything.
    """

    label: str
    span: Span
    rows: range | None
    code: str | None
    used: bool = field(default=False)

    def covers(self, finding: Finding) -> bool:
        right_code = self.code is None or self.code == finding.code
        return right_code and (self.rows is None or finding.line in self.rows)


class _Reader:
    """Reads the comments of one file into entries, and into complaints about comments that name no rule."""

    def __init__(self, filename: str, rules: Rules) -> None:
        self.filename = filename
        self.rules = rules
        self.entries: list[Entry] = []
        self.bare: list[Entry] = []  # without codes it speaks to every linter: not ours to call unused
        self.complaints: list[Finding] = []

    def read(self, comment: Comment) -> None:
        for match in NOQA.finditer(comment.text):
            if not match["list"]:
                self.bare.append(Entry("noqa", self._span(comment, match, 0), comment.rows, None))
            for label, span in self._labels(comment, match, r"[^\s,]+"):
                if OUR_CODE.fullmatch(label):
                    self._add(label, span, comment.rows)
        for match in OURS.finditer(comment.text):
            self._read_ours(comment, match)

    def _read_ours(self, comment: Comment, match: re.Match[str]) -> None:
        verb, span = match["verb"].lower(), self._span(comment, match, 0)
        if verb not in ("ignore", "file-ignore"):
            meant = f"did you mean `{OTHERS[verb]}`?" if verb in OTHERS else suggestion(verb, ("ignore", "file-ignore"))
            if meant:  # otherwise it may be prose
                self._complain(f"`looplint: {match['verb']}` suppresses nothing", span, meant.removeprefix("; "))
            return
        rows = None if verb == "file-ignore" else comment.rows
        labels = list(self._labels(comment, match, r"[^\s,][^,]*(?<!\s)"))
        if match["codes"] is None:
            self.entries.append(Entry(f"looplint: {verb}", span, rows, None))
        elif not match["closed"] or not labels:
            wrong = "names no rule" if match["closed"] else "has no closing bracket"
            self._complain(f"this comment {wrong}, so it suppresses nothing", span, f"write `{verb}[LL101]`")
        else:
            for label, place in labels:
                self._add(label, place, rows)

    def _add(self, label: str, span: Span, rows: range | None) -> None:
        if rule := find(label, self.rules):
            self.entries.append(Entry(label, span, rows, rule.code))
        else:
            hint = suggest_rule(label, self.rules).removeprefix("; ")
            self._complain(f"`{label}` is no rule of looplint, so this suppresses nothing", span, hint)

    def _complain(self, message: str, span: Span, advice: str) -> None:
        self.complaints.append(_unused(message, span, advice))

    def _labels(self, comment: Comment, match: re.Match[str], shape: str) -> Iterator[tuple[str, Span]]:
        for label in re.finditer(shape, match["codes"] or ""):
            yield label[0], self._span(comment, label, match.start("codes"))

    def _span(self, comment: Comment, match: re.Match[str], offset: int) -> Span:
        start = comment.column + offset + match.start()
        end = start + len(match[0].rstrip())
        return Span(self.filename, Location(comment.row, start), Location(comment.row, end))


def apply(findings: Sequence[Finding], text: str, filename: str, rules: Rules, codes: frozenset[str]) -> list[Finding]:
    """The findings that no comment silences, and those about comments that silence nothing.

    Arguments:
        findings: what the rules found.
        text: the file.
        filename: its name in findings.
        rules: every rule.
        codes: the rules that were asked; a suppression of any other is not unused, nor is one of a rule for runs.

    Returns:
        Findings in order of place, with `noqa_row` set.
    """
    rows = {finding.line for finding in findings} | {text.count("\n", 0, one.start()) + 1 for one in ANY.finditer(text)}
    known = layout(text, max(rows, default=0))
    reader = _Reader(filename, rules)
    for comment in known.comments:
        reader.read(comment)
    everything = [*reader.bare, *reader.entries]
    kept = _silence(findings, everything)
    if UNUSED_SUPPRESSION.code in codes:
        codes = codes - {code for code, rule in rules.items() if not rule.reads}
        useless = [_useless(one) for one in reader.entries if one.code and not one.used and _judged(one, codes)]
        kept += _silence([*reader.complaints, *useless], everything)
        # A blanket comment may not silence the finding about itself. It is for rules that are off as well.
        if codes >= {code for code, rule in rules.items() if rule.reads and not rule.preview}:
            blankets = [_useless(one) for one in reader.entries if not one.code and not one.used]
            kept += _silence(blankets, [one for one in everything if one.code])
    last_rows = known.last_rows
    placed = (replace(one, noqa_row=last_rows.get(one.line, one.line)) for one in kept)
    return sorted(placed, key=lambda one: one.sort_key)


def _silence(findings: Iterable[Finding], entries: Sequence[Entry]) -> list[Finding]:
    """The findings that no entry covers; marks the entries that cover one."""
    kept = []
    for finding in findings:
        covering = [one for one in entries if one.covers(finding)]
        for one in covering:
            one.used = True
        if not covering:
            kept.append(finding)
    return kept


def _judged(entry: Entry, codes: frozenset[str]) -> bool:
    # One about LL003 guards the comment against the day on which it is unused: it cannot itself be useless.
    return entry.code in codes and entry.code != UNUSED_SUPPRESSION.code


def _useless(entry: Entry) -> Finding:
    return _unused(f"`{entry.label}` suppresses nothing here", entry.span, "take it out of the comment")


def _unused(message: str, span: Span, advice: str) -> Finding:
    rule = UNUSED_SUPPRESSION
    return Finding(rule.code, rule.name, message, span, help=advice)
