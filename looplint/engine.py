"""From a text to its findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from looplint.finding import Finding, Fix, Related, Span
from looplint.judge import Verdict
from looplint.judge import judge as judge_function
from looplint.model import Call, Event, Function, Loop, Op, Program
from looplint.rule import Rule, Violation, catalogue

if TYPE_CHECKING:
    from looplint.source import Position, Project


def judge(
    text: str,
    filename: str,
    project: Project | None = None,
    path: str = "",
    note: Callable[[str], None] | None = None,
) -> list[Finding]:
    """Return the findings in a program, in the order of their places: those in the files that it calls too.

    Arguments:
        text: its main file, decoded, without a byte order mark.
        filename: as the user gave it.
        project: finds the files that imports lead to.
        path: where the main file is, absolute; without it its imports lead nowhere.
        note: is told what could not be judged, and why: that costs the positions of a text.

    Raises:
        looplint.source.InvalidSyntax: the text is not Python.
    """
    from looplint.source import Reader, Source, nesting_is_a_syntax_error

    with nesting_is_a_syntax_error():
        program = Reader(Source(text, filename), project, path).read()
        return found_in(program, [rule for rule in catalogue().values() if rule.reads], note)


def found_in(program: Program, rules: list[Rule], note: Callable[[str], None] | None) -> list[Finding]:
    """Return the findings in a program: one for each rule and place."""
    found: dict[tuple[str, Span], Finding] = {}
    for function in program.functions:
        verdicts, unread = judge_function(function, rules)
        if note is not None:
            for why in (*function.unread, *unread, *out_of_sight(function)):
                note(why)
        for verdict in verdicts:
            one = finding(verdict)
            found.setdefault((one.code, one.span), one)
    return sorted(found.values(), key=lambda one: one.sort_key)


def out_of_sight(function: Function) -> Iterator[str]:
    """Yield the calls behind which an optimizer that steps is not judged: code that nobody can see has it."""
    stepped = {one for event in function.events(Op.STEP) for one in function.optimizers() if event.touches(one)}
    for event in function.events(Op.ESCAPE):
        names = sorted(one.name for one in stepped if event.touches(one))
        if names:
            span = where(event).span
            listed = ", ".join(f"`{name}`" for name in names)
            yield f"{span.filename}:{span.start.row}: `{event.text}` is not seen into, and may do anything to {listed}"


def finding(verdict: Verdict) -> Finding:
    """Return a verdict as its user reads it: with places in texts."""
    violation = verdict.violation
    related = [(where(event), words) for event, words in violation.related]
    place = told_at(violation)
    if place is not violation.at.place and violation.at.place not in [one for one, _ in related]:
        related.insert(0, (where(violation.at), "here"))
    return Finding(
        code=verdict.rule.code,
        name=verdict.rule.name,
        message=violation.message,
        span=place.span,
        help=violation.help,
        related=tuple(Related(one.span, words) for one, words in related),
        fix=fix_of(violation, place.span.filename),
    )


def fix_of(violation: Violation, filename: str) -> Fix | None:
    """Return the first way to mend a violation that the text of a file allows."""
    from looplint.source import CannotMend, fix

    for mend in violation.mends:
        try:
            return fix(mend, filename)
        except CannotMend:
            continue
    return None


def told_at(violation: Violation) -> Position:
    """Return the place of a violation, or the call that leads there.

    Where the code that explains a violation stands in another file than the violation itself, neither is wrong alone:
    it is the function that brings them together.
    """
    chain = calls(violation.at)
    shared = min((common(chain, calls(event)) for event, _ in violation.related), default=len(chain))
    place = where(violation.at)
    if shared < len(chain):
        call = where(chain[shared])
        return call if call.source.filename != place.source.filename else place
    return place


def where(node: Event | Loop | Call) -> Position:
    """Return the place of something that was read from source."""
    return cast("Position", node.place)


def calls(event: Event) -> list[Call]:
    """Return the calls that lead to an event, outermost first."""
    return [node for node in event.ancestors() if isinstance(node, Call)][::-1]


def common(one: Sequence[Call], other: Sequence[Call]) -> int:
    """Return how many calls two chains have in common."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a is not b), min(len(one), len(other)))
