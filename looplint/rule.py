"""What a rule is, and all that a rule file may use.

A rule is one file in `rules/`: a function that is shown one thing of the model and yields violations.

    @rule("LL101")
    def missing_zero_grad(step: Step) -> Iterator[Violation]:
        '''The page a user reads, with its examples.'''
        if step.gradients is Gradients.MIXED: ...

The annotation of the parameter says what it is shown: a `Step`, a `ScheduleStep`, a `Backward`, a `Loop`, an
`Uncalled`, and of a run `Untrained` and `Outsiders`. A file that does not fit stops the program, with the file and the
line.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import pkgutil
import re
import textwrap
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from looplint.law import Backward, Gradients, Outsiders, ScheduleStep, Step, Uncalled, Untrained
from looplint.mends import AddParentheses, Clear, Mend, Move
from looplint.model import Cadence, Event, Loop, LoopKind, Op, Optimizer, Scheduler
from looplint.registry import BrokenRule

__all__ = [
    "AddParentheses",
    "Backward",
    "BrokenRule",
    "Cadence",
    "Clear",
    "Event",
    "Example",
    "Gradients",
    "Loop",
    "LoopKind",
    "Mend",
    "Move",
    "Op",
    "Optimizer",
    "Outsiders",
    "Rule",
    "ScheduleStep",
    "Scheduler",
    "Step",
    "Uncalled",
    "Untrained",
    "Violation",
    "catalogue",
    "listed",
    "rule",
]

SHOWN = (Step, ScheduleStep, Backward, Loop, Uncalled, Untrained, Outsiders)
"""What a rule can ask to be shown."""

CODE = re.compile(r"LL\d{3}")
FENCE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
MARK = re.compile(r"#\s*error(?::\s*(source|run) only)?\s*$")


@dataclass(frozen=True)
class Violation:
    """What a rule says.

    Arguments:
        message: what happens, in the user's own names; lower case, no final period.
        at: the event it is about.
        help: what to write instead.
        related: further events that explain it, each with a few words.
        optimizer: whose contract is broken; None where no optimizer is involved.
        mends: ways to mend it, the best first; the first one that the text allows is offered.
    """

    message: str
    at: Event
    help: str = ""
    related: tuple[tuple[Event, str], ...] = ()
    optimizer: Optimizer | None = None
    mends: tuple[Mend, ...] = ()


@dataclass(frozen=True)
class Example:
    """A fenced example of a rule's page.

    Arguments:
        code: its text.
        section: the heading it stands under.
        line: the line of the page on which its code begins, from 0.
    """

    code: str
    section: str
    line: int

    def marked(self, reader: str) -> set[int]:
        """Return the lines, from 1, on which `reader` ("source" or "run") has to report the rule."""
        return {
            number
            for number, line in enumerate(self.code.splitlines(), 1)
            if (mark := MARK.search(line)) and mark[1] in (None, reader)
        }


@dataclass(frozen=True)
class Rule:
    """One rule of the catalogue.

    Arguments:
        code: such as `LL101`.
        name: such as `missing-zero-grad`.
        shown: the class of what it is shown.
        check: its logic.
        page: its page, as Markdown.
        source: the file it stands in.
        preview: it speaks only with `--preview`.
        reads: source can show what it asks for; of others only a run can tell.
        times: so often a run has to show it before it is reported: more than twice where only time can tell, and not at
            all where it is concluded from what the run as a whole has shown.
    """

    code: str
    name: str
    shown: type
    check: Callable[[typing.Any], Iterator[Violation]]
    page: str
    source: Path
    preview: bool = False
    reads: bool = True
    times: int = 2

    @property
    def runs(self) -> bool:
        """Whether a run can show what the rule asks for."""
        return self.shown not in (Backward, Uncalled)

    @property
    def summary(self) -> str:
        """The first sentence of the page."""
        text = self.page.partition("## What it does")[2].strip()
        return " ".join(re.split(r"(?<=\.)\s", text, maxsplit=1)[0].split())

    def examples(self) -> list[Example]:
        """Return the fenced examples of the page, in order."""
        found = []
        for match in FENCE.finditer(self.page):
            headings = re.findall(r"^## (.+)$", self.page[: match.start()], re.MULTILINE)
            line = self.page.count("\n", 0, match.start(1))
            found.append(Example(match[1], headings[-1] if headings else "", line))
        return found


def listed(names: tuple[str, ...]) -> str:
    """Return names as a message lists them: the first three, quoted, and how many more there are."""
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


Check = typing.TypeVar("Check", bound=Callable[..., Iterator[Violation]])


def rule(code: str, *, preview: bool = False, reads: bool = True, times: int = 2) -> Callable[[Check], Check]:
    """Mark a function as the rule `code`.

    The function's name is the rule's name, its docstring the page, the annotation of its only parameter says what it
    is shown.

    Arguments:
        preview: it speaks only with `--preview`.
        reads: source can show what it asks for.
        times: so often a run has to show it.

    Raises:
        BrokenRule: the code is not of the form LL000, or the function has another signature or no page.
    """

    def mark(check: Check) -> Check:
        def broken(why: str) -> BrokenRule:
            where = inspect.unwrap(check).__code__
            return BrokenRule(f"{where.co_filename}:{where.co_firstlineno}: rule `{check.__name__}` {why}")

        if not CODE.fullmatch(code):
            raise broken(f"has the code `{code}`; a code is LL and three digits")
        parameters = list(inspect.signature(check).parameters.values())
        names = ", ".join(shown.__name__ for shown in SHOWN)
        if len(parameters) != 1:
            raise broken(f"takes {len(parameters)} parameters; it must take one, annotated with one of {names}")
        try:
            shown = typing.get_type_hints(check).get(parameters[0].name)
        except NameError as error:
            raise broken(f"has an annotation that cannot be resolved: {error}") from None
        if shown not in SHOWN:
            raise broken(f"must annotate `{parameters[0].name}` with one of {names}")
        if not (check.__doc__ or "").strip():
            raise broken("has no docstring; the docstring is its page")
        check.__looplint_rule__ = Rule(  # type: ignore[attr-defined]
            code=code,
            name=check.__name__.replace("_", "-"),
            shown=shown,
            check=check,
            page=textwrap.dedent(check.__doc__ or "").strip() + "\n",
            source=Path(inspect.unwrap(check).__code__.co_filename),
            preview=preview,
            reads=reads,
            times=times,
        )
        return check

    return mark


@functools.cache
def catalogue() -> dict[str, Rule]:
    """Return every rule of `looplint.rules` by code, in the order of the codes.

    Raises:
        BrokenRule: a file of the folder cannot be imported, holds no rule or several, or repeats a code or a name.
    """
    package = importlib.import_module("looplint.rules")
    found: dict[str, Rule] = {}
    for info in pkgutil.iter_modules(package.__path__):
        one = load(f"{package.__name__}.{info.name}")
        for other in found.values():
            if one.code == other.code or one.name == other.name:
                raise BrokenRule(f"{one.source}:1: repeats the code or the name of {other.source}")
        found[one.code] = one
    return dict(sorted(found.items()))


def load(module_name: str) -> Rule:
    """Import one rule file and return its rule.

    Raises:
        BrokenRule: see `catalogue`.
    """
    spec = importlib.util.find_spec(module_name)
    where = spec.origin if spec else module_name
    try:
        module = importlib.import_module(module_name)
    except BrokenRule:
        raise
    except SyntaxError as error:
        raise BrokenRule(f"{error.filename}:{error.lineno}: {error.msg}") from error
    except Exception as error:
        trace = error.__traceback__
        line = 1
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == where:
                line = trace.tb_lineno
            trace = trace.tb_next
        raise BrokenRule(f"{where}:{line}: cannot be imported: {type(error).__name__}: {error}") from error
    rules: list[Rule] = [
        value.__looplint_rule__ for value in vars(module).values() if hasattr(value, "__looplint_rule__")
    ]
    if len(rules) != 1:
        raise BrokenRule(f"{where}:1: holds {len(rules)} rules; a rule file holds one")
    return rules[0]
