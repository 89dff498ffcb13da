"""What holds of every fix, whatever stands around the statements that it is about."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fixes import faults_of, made
from tests.fixes.making import found, written
from tests.fixes.programs import MENDED, REFUSED
from tests.source.reading import PRELUDE

NOISE = ("", "# a remark", "        # far to the right", "print(x)", "total += 1; print(total)", "if x: print(y)")


@st.composite
def noisy(draw: st.DrawFn) -> str:
    """A program with rows put in between that have nothing to do with training."""
    rows = written(draw(st.sampled_from([one[1] for one in (*MENDED.values(), *REFUSED.values())])), "").split("\n")
    result = []
    for number, row in enumerate(rows):
        joined = number and (rows[number - 1].endswith("\\") or "(" in rows[number - 1][-1:] or row[:1] in ("", ")"))
        if not joined and row.strip() and draw(st.integers(0, 3)) == 0:
            indent = row[: len(row) - len(row.lstrip())]
            above = rows[number - 1].rstrip().endswith(":") if number else False
            noise = draw(st.sampled_from(NOISE[:3] if above or "else" in row or "finally" in row else NOISE))
            result.append(f"{indent}{noise}" if noise else "")
        result.append(row + draw(st.sampled_from(["", "", "", "  ", "  # said"])) if _ends(row) else row)
    return "\n".join(result)


def _ends(row: str) -> bool:
    """Return whether something may be written behind a row."""
    return bool(row.strip()) and not row.endswith(("\\", "(")) and "#" not in row


@settings(deadline=None, derandomize=True, max_examples=80)
@given(noisy())
def test_every_fix_that_is_offered_holds(code: str) -> None:
    text = PRELUDE + code
    before = found(text)
    for one in before:
        if one.fix is not None:
            assert list(faults_of(text, one, before, found(made(text, one)))) == [], made(text, one)
