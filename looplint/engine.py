"""From a text to its findings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from looplint.finding import Finding, Related
from looplint.judge import Verdict
from looplint.judge import judge as judge_function
from looplint.model import Program
from looplint.rule import Rule, catalogue

if TYPE_CHECKING:
    from looplint.source import Source

TRAINS = re.compile(
    r"\bbackward\b|\bzero_grad\b|\bmanual_backward\b|\boptimizer_step\b"
    r"|\b(no_grad|enable_grad|inference_mode)[ \t]*:"
    r"|^[ \t]*[\w.]+\.(train|eval)[ \t]*(#.*)?$",
    re.MULTILINE,
)
STEPS = re.compile(r"\.\s*step\b")
OPTIMIZES = re.compile(r"\boptim\b|optimi[sz]er|\bopt\b|_opt\b", re.IGNORECASE)


def may_train(data: bytes | str) -> bool:
    """Return whether a file can hold training code at all, by a scan of its text; others are never parsed."""
    text = data if isinstance(data, str) else data.decode("latin-1")
    if TRAINS.search(text) is not None:
        return True
    return STEPS.search(text) is not None and OPTIMIZES.search(text) is not None


def judge(text: str, filename: str, codes: frozenset[str]) -> list[Finding]:
    """Return the findings in a text, in the order of their places.

    Arguments:
        text: decoded, without a byte order mark.
        filename: as the user gave it.
        codes: the rules that may speak. All of them are asked: one that is off still silences those behind it.

    Raises:
        looplint.source.InvalidSyntax: the text is not Python.
    """
    from looplint.source import Reader, Source, nesting_is_a_syntax_error

    rules = list(catalogue().values())
    with nesting_is_a_syntax_error():
        source = Source(text, filename)
        return found_in(source, Reader(source).read(), rules, codes)


def found_in(source: Source, program: Program, rules: list[Rule], codes: frozenset[str]) -> list[Finding]:
    """Return the findings in a program that was read from `source`: one for each rule and place."""
    found: dict[tuple[str, object], Finding] = {}
    for function in program.functions:
        verdicts, _ = judge_function(function, rules)
        for verdict in verdicts:
            key = (verdict.rule.code, verdict.violation.at.place)
            if verdict.rule.code in codes and key not in found:
                found[key] = finding(verdict, source)
    return sorted(found.values(), key=lambda one: one.sort_key)


def finding(verdict: Verdict, source: Source) -> Finding:
    """Return a verdict as its user reads it: with places in the text."""
    violation = verdict.violation
    return Finding(
        code=verdict.rule.code,
        name=verdict.rule.name,
        message=violation.message,
        span=source.span(violation.at.place),
        help=violation.help,
        related=tuple(Related(source.span(event.place), words) for event, words in violation.related),
    )
