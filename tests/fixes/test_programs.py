"""Programs of our own: how each is mended, and where no fix is offered since it might mean something else."""

from __future__ import annotations

import pytest

from tests.fixes.making import mended
from tests.fixes.programs import MENDED, REFUSED
from tests.source.reading import PRELUDE


@pytest.mark.parametrize(("rule", "code", "result", "applicability"), MENDED.values(), ids=list(MENDED))
def test_it_is_mended(rule: str, code: str, result: str, applicability: str) -> None:
    assert mended(code, rule) == (applicability, result)


@pytest.mark.parametrize(("rule", "code"), REFUSED.values(), ids=list(REFUSED))
def test_no_fix_is_offered(rule: str, code: str) -> None:
    assert mended(code, rule) is None


@pytest.mark.parametrize(("rule", "code", "result", "applicability"), MENDED.values(), ids=list(MENDED))
def test_tabs_stay_tabs(rule: str, code: str, result: str, applicability: str) -> None:
    assert mended(code.replace("    ", "\t"), rule, PRELUDE) == (applicability, result.replace("    ", "\t"))
