"""The page of a run: what was found, with its code, and what happened to each optimizer."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from looplint.runtime_check.drawing import ROWS, curves, shape, timeline
from looplint.runtime_check.markup import Markup, tag
from looplint.runtime_check.output import lines_of
from looplint.runtime_check.results import Merged, Result, relative
from looplint.runtime_check.style import STYLE

from looplint.finding import Finding, Span

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What the page may do: nothing but look as it looks. It has no script, and none that got into it would run."""

AROUND = 2
"""So many lines of code around what a finding is about."""


@dataclass(frozen=True)
class Page:
    """A run, as its page shows it.

    Arguments:
        command: what was run.
        base: the folder from which files are named.
        status: the exit status of the script.
        seconds: how long it ran.
        account: what was judged and what not.
        verdict: the line that ends the report.
    """

    command: Sequence[str]
    base: Path
    status: int
    seconds: float
    account: Sequence[str]
    verdict: str

    def render(self, results: Sequence[Result], merged: Sequence[Merged]) -> str:
        """Return the page.

        Arguments:
            results: those of the processes that trained.
            merged: the findings of all of them.
        """
        findings = relative([one.finding for one in merged], self.base)
        several = len(results) > 1
        cards = [self._finding(one, of.names if several else ()) for one, of in zip(findings, merged, strict=True)]
        kind = "bad" if merged else "good" if self.verdict.startswith("all") else "none"
        body = tag(
            "main",
            tag("div", "looplint run", class_="eyebrow"),
            tag("h1", shlex.join(self.command)),
            tag(
                "div",
                tag("span", self.verdict, class_=f"verdict {kind}"),
                tag("span", f"exit status {self.status}"),
                tag("span", f"{self.seconds:.1f} s"),
                class_="meta",
            ),
            *([tag("h2", "Findings"), *cards] if cards else []),
            tag("h2", "What was judged"),
            tag("ul", *(tag("li", line) for line in self.account)),
            *(part for result in results for part in self._process(result, several)),
        )
        head = tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", f"looplint run {shlex.join(self.command)}"),
            tag("style", Markup(STYLE)),
        )
        return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='en')}\n"

    # -- findings ----------------------------------------------------------------------------------------------------

    def _finding(self, finding: Finding, names: Sequence[str]) -> Markup:
        seen = "seen once" if finding.count == 1 else f"seen {finding.count} times"
        by = f", by {', '.join(name or 'this process' for name in names)}" if names else ""
        return tag(
            "article",
            tag("p", tag("span", finding.code, class_="code"), finding.message, class_="message"),
            tag("p", f"{finding.filename}:{finding.line}, {finding.name}, {seen}{by}", class_="place"),
            *self._code(finding),
            tag("p", finding.help, class_="help") if finding.help else None,
            class_="card finding",
        )

    def _code(self, finding: Finding) -> Iterator[Markup]:
        same = next((one.message for one in finding.related if one.span == finding.span), "")
        places = [(finding.span, same, "primary")]
        places += [(one.span, one.message, "related") for one in finding.related if one.span != finding.span]
        for name in dict.fromkeys(span.filename for span, _, _ in places):
            here = [place for place in places if place[0].filename == name]
            lines = lines_of(self.base)(here[0][0])
            near = {
                row
                for span, _, _ in here
                for row in range(span.start.row - AROUND, span.end.row + AROUND + 1)
                if 1 <= row <= len(lines)
            }
            meant = {row for span, _, _ in here for row in range(span.start.row, span.end.row + 1)}
            shown = [row for row in sorted(near) if row in meant or lines[row - 1].strip()]
            if shown:
                yield tag("pre", *(_line(row, lines[row - 1], here) for row in shown))

    # -- processes ---------------------------------------------------------------------------------------------------

    def _process(self, result: Result, several: bool) -> Iterator[Markup]:
        name = result.name or "this process"
        yield tag("h2", f"Optimizers of {name}" if several else "Optimizers")
        keys = [
            tag("span", tag("svg", tag("g", shape(op, 8, 8), class_=op), width=16, height=16, class_="key"), words)
            for op, words in ROWS.items()
        ]
        yield tag("div", *keys, class_="legend")
        for lane, optimizer in enumerate(result.data["optimizers"]):
            yield self._optimizer(lane, optimizer, result.data["windows"])

    def _optimizer(self, lane: int, optimizer: dict[str, Any], windows: Sequence[dict[str, Any]]) -> Markup:
        name = optimizer["name"]
        parts: list[Markup] = []
        rates = [rate for rate in optimizer["rates"] if rate["points"]]
        if rates:
            parts += [tag("h4", "learning rate"), curves(rates, f"learning rate of {name} over its steps")]
        for window in windows:
            marks = window["marks"]
            finding = window["finding"]
            if finding is None:
                words = "first iterations"
            elif any(mark["fault"] and lane in mark["lanes"] for mark in marks):
                words = f"around {finding['code']} {finding['name']} ({self._short(finding['place'])})"
            else:
                continue
            if any(lane in mark["lanes"] for mark in marks):
                shown = [{**mark, "place": self._short(mark["place"])} for mark in marks]
                drawing = timeline(shown, lane, f"{name}: {words}")
                parts += [tag("h4", words), tag("div", drawing, class_="scroll", tabindex="0")]
        steps = f"{optimizer['steps']} step{'s' * (optimizer['steps'] != 1)}"
        return tag(
            "section", tag("h3", tag("code", name)), tag("div", f"{optimizer['kind']}, {steps}", class_="meta"),
            *parts, class_="card optimizer",
        )  # fmt: skip

    def _short(self, place: str) -> str:
        return place.removeprefix(f"{self.base}/")


def _line(row: int, line: str, places: Sequence[tuple[Span, str, str]]) -> Markup:
    """Return a line of code with what is meant in it marked, and the words about it behind."""
    cuts = []
    for span, _, kind in places:
        if span.start.row <= row <= span.end.row:
            begin = span.start.column - 1 if row == span.start.row else len(line) - len(line.lstrip())
            cuts.append((begin, span.end.column - 1 if row == span.end.row else len(line), kind))
    parts: list[str | Markup] = []
    done = 0
    for begin, end, kind in sorted(cuts):
        if begin >= done and end > begin:
            parts += [line[done:begin], tag("mark", line[begin:end], class_=kind)]
            done = end
    parts.append(line[done:])
    labels = [
        tag("span", words, class_=f"label {kind}") for span, words, kind in places if span.end.row == row and words
    ]
    return tag("span", tag("span", str(row), class_="number"), *parts, *labels, class_="at")
