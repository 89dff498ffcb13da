"""Every rule a user can name: the catalogue in `rules/`, and the three rules about the files themselves.

LL001 to LL003 judge no training loop, so they have no file in `rules/`: `looplint.check` and `looplint.suppressions`
report them. Everything else about them (page, selection, suppression) is as with any other rule.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol


class BrokenRule(Exception):
    """A rule file that cannot be used; the text begins with the file and the line."""


class RuleLike(Protocol):
    """What the command line wants to know of a rule."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def page(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def preview(self) -> bool: ...
    @property
    def reads(self) -> bool: ...


Rules = Mapping[str, RuleLike]


class FileRule(NamedTuple):
    """A rule about the file, not about a loop in it."""

    code: str
    name: str
    summary: str
    details: str
    preview: bool = False
    reads: bool = True

    @property
    def page(self) -> str:
        return f"## What it does\n{self.summary}\n\n{inspect.cleandoc(self.details)}\n"


INVALID_SYNTAX = FileRule(
    "LL001",
    "invalid-syntax",
    "Finds a file, or a cell of a notebook, that cannot be parsed as Python 3, where there is training code.",
    """
    ## Why is this bad?
    Nothing in such a file is judged: a Python 2 script or a half-written file would pass in silence. Of a notebook the
    other cells are judged, without what this one defines.

    ## Limits
    A file in which nothing looks like training code is never parsed, so never reported.
    Only `# looplint: file-ignore` (in a notebook, in another cell) and `per-file-ignores` silence it: no line of a
    broken file is known for sure.
    """,
)
UNREADABLE_FILE = FileRule(
    "LL002",
    "unreadable-file",
    "Finds a path that does not exist, may not be read, is no text in the encoding it declares, or is no notebook.",
    """
    ## Why is this bad?
    Nothing in such a file is judged, so a typing error in a hook or a CI job would pass in silence.

    ## Limits
    A notebook in another language than Python is none of looplint's business: `--verbose` tells of it.
    Found in a directory, a file that is no regular file (a pipe, a device, a dangling link) is passed over.
    No comment can silence it: use `ignore` or `per-file-ignores`.
    """,
)
UNUSED_SUPPRESSION = FileRule(
    "LL003",
    "unused-suppression",
    "Finds a comment that suppresses a rule of looplint where the rule finds nothing, or that names no rule.",
    """
    ## Why is this bad?
    The comment claims a defect that is not there, and will hide the next one.

    ## Bad
    ```python
    optimizer.zero_grad()  # noqa: LL101
    ```

    ## Good
    ```python
    optimizer.zero_grad()
    ```

    ## Limits
    Only looplint's own codes and names are judged, never those of other tools, nor a bare `# noqa`.
    A rule that is not selected for the file is not missed either.
    """,
)


def every_rule() -> dict[str, RuleLike]:
    """All rules by code, in order.

    Raises:
        looplint.rule.BrokenRule: a file in `rules/` does not have the shape of a rule.
    """
    from looplint import rule  # here, as a run in which nothing trains has no need of it

    rules: dict[str, RuleLike] = {one.code: one for one in (INVALID_SYNTAX, UNREADABLE_FILE, UNUSED_SUPPRESSION)}
    rules.update(rule.catalogue())
    return dict(sorted(rules.items()))


def find(word: str, rules: Rules) -> RuleLike | None:
    """The rule with this code or name, whatever the case it is written in."""
    if word.upper() in rules:
        return rules[word.upper()]
    return next((one for one in rules.values() if one.name == word.lower()), None)


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """`; did you mean ...?` with the candidate nearest to the word, or nothing."""
    import difflib  # here, as few runs have a word to mend

    def nearness(candidate: str) -> tuple[float, int]:
        pairs = (word.lower(), candidate.lower())
        return difflib.SequenceMatcher(None, *pairs).ratio(), sum(map(str.__eq__, *pairs))

    near = max(candidates, key=nearness, default="")
    return f"; did you mean `{near}`?" if nearness(near)[0] >= 0.6 else ""


def suggest_rule(word: str, rules: Rules) -> str:
    """`suggestion` among all codes and names."""
    return suggestion(word, [*rules, *(one.name for one in rules.values())])
