"""Small programs in, what becomes of them out; each fix on the way is proven."""

from __future__ import annotations

from textwrap import dedent

from benchmarks.fixes import faults_of, made
from looplint import engine
from looplint.finding import Finding
from tests.source.reading import PRELUDE

NAME = "program.py"


def found(text: str) -> list[Finding]:
    return engine.judge(text, NAME)


def written(code: str, prelude: str = PRELUDE) -> str:
    """Return a snippet as it stands in a file."""
    return prelude + dedent(code).lstrip("\n")


def mended(code: str, rule: str, prelude: str = PRELUDE) -> tuple[str, str] | None:
    """Return how the first finding of a rule is mended, and what becomes of a snippet; None where no fix is offered.

    The fix leaves everything else as it was, the finding is gone, and nothing new is found.
    """
    text = written(code, prelude)
    before = found(text)
    one = next((one for one in before if one.code == rule), None)
    assert one is not None, [finding.code for finding in before]
    if one.fix is None:
        return None
    fixed = made(text, one)
    assert list(faults_of(text, one, before, found(fixed))) == []
    assert fixed.startswith(prelude)
    return one.fix.applicability.value, fixed.removeprefix(prelude)
