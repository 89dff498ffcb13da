"""What looplint tells its user: a finding, with its places."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from looplint.severity import Severity


@dataclass(frozen=True, order=True)
class Location:
    """A place in a text: row and column, both counted from 1, columns in characters."""

    row: int
    column: int


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of one file.

    Arguments:
        filename: the path as the user gave it.
        start: the first character.
        end: one past the last character, as in ruff's `end_location`.
        cell: the notebook cell, counted from 1, or None in an ordinary file.
    """

    filename: str
    start: Location
    end: Location
    cell: int | None = None


class Applicability(str, Enum):
    """Whether a fix can be made unseen, as ruff has it."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True)
class Replacement:
    """A stretch of the file, or the cell, of a finding that gives way to another text.

    Arguments:
        start, end: its first character, and one past its last one; an insertion ends where it starts.
        content: what is to stand there, with `\\n` for every line break.
    """

    start: Location
    end: Location
    content: str


@dataclass(frozen=True)
class Fix:
    """How a finding can be mended.

    Arguments:
        message: what is done; lower case, no final period.
        edits: in the order of their places, none over another.
        applicability: safe where nothing changes but what is wrong.
    """

    message: str
    edits: tuple[Replacement, ...]
    applicability: Applicability

    @property
    def safe(self) -> bool:
        return self.applicability is Applicability.SAFE


@dataclass(frozen=True)
class Related:
    """A second place that explains a finding, with the few words that stand beside it."""

    span: Span
    message: str


@dataclass(frozen=True)
class Finding:
    """One broken promise of a training loop.

    Arguments:
        code: the stable code, such as `LL101`.
        name: the rule's name, such as `missing-zero-grad`.
        message: what happens, in the user's own names; lower case, no final period.
        span: where.
        help: what to write instead; empty where there is nothing to advise.
        related: further places, in the order in which they explain the finding.
        severity: how much it weighs.
        count: how often it was seen, in a run; in a text each is there once.
        noqa_row: the row at whose end a `# noqa` covers the finding, once known; says nothing about identity.
        fix: how it can be mended, where that is known; says nothing about identity either.
    """

    code: str
    name: str
    message: str
    span: Span
    help: str = ""
    related: tuple[Related, ...] = ()
    severity: Severity = Severity.ERROR
    count: int = field(default=1, compare=False)
    noqa_row: int | None = field(default=None, compare=False)
    fix: Fix | None = field(default=None, compare=False)

    @property
    def filename(self) -> str:
        return self.span.filename

    @property
    def line(self) -> int:
        return self.span.start.row

    @property
    def sort_key(self) -> tuple[str, int, Span, str]:
        return self.filename, self.span.cell or 0, self.span, self.code
