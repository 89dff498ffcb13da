"""mypy sees through to the rules: what `make types` runs finds an error that is put there."""

from __future__ import annotations

from pathlib import Path

from tests.tools import ROOT, project, typecheck

RULE = """\
def broken() -> int:
    return "not a number"
"""


def test_an_error_in_a_rule_is_found(tmp_path: Path) -> None:
    checkout = project.copy(tmp_path / "checkout")
    (checkout / "rules" / "broken.py").write_text(RULE)
    result = typecheck.check(checkout, tmp_path / "site", ROOT / ".mypy_cache")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "looplint/rules/broken.py:2: error: Incompatible return value type" in result.stdout
