"""The derived parts of README.md are those the code gives."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from looplint import config
from looplint.registry import every_rule
from looplint.settings import DEFAULT_TEST_FILES, DEFAULT_TEST_IGNORE, Policy
from tests.tools import ROOT, project, readme

TEXT = readme.README.read_text(encoding="utf-8")
BLOCKS = {block[2]: block[3] for block in readme.BLOCK.finditer(TEXT)}


def test_every_derived_part_is_there() -> None:
    assert set(BLOCKS) == set(readme.PARTS)
    assert TEXT.count("<!-- begin ") == TEXT.count("<!-- end ") == len(BLOCKS)


@pytest.mark.parametrize("name", list(readme.PARTS))
def test_a_derived_part_is_current(name: str) -> None:
    assert readme.PARTS[name](TEXT) == BLOCKS[name], "write it anew with `make docs`"


def test_a_stale_part_is_written_anew() -> None:
    stale = TEXT.replace(BLOCKS["modules"], "| old |\n")
    assert stale != TEXT
    assert readme.BLOCK.search(stale)
    assert readme.derived(stale) == TEXT


def test_the_table_of_rules_has_every_rule_once() -> None:
    assert re.findall(r"^\| (LL\d{3}) \|", BLOCKS["rules"], re.MULTILINE) == list(every_rule())


def test_the_map_has_every_module_and_no_other() -> None:
    listed = re.findall(r"^\| `(.+?)` \| (.*) \|$", BLOCKS["modules"], re.MULTILINE)
    existing = [str(path.relative_to(ROOT)) for _, path in project.modules()]
    mapped = [path for path in existing if not path.startswith("rules/") or path.endswith("__init__.py")]
    assert [path for path, _ in listed] == mapped
    assert [path for path, what in listed if not what] == [], "a module without a docstring"


def test_every_link_leads_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_configuration_shown_has_every_key_and_loads(tmp_path: Path) -> None:
    shown = re.search(r"^```toml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert shown
    path = tmp_path / "pyproject.toml"
    path.write_text(shown[1])
    Policy(config.load(path))
    keys = re.findall(r"^([\w-]+) =|^\[tool\.looplint\.([\w-]+)\]", shown[1], re.MULTILINE)
    assert {one or other for one, other in keys} == set(config.KEYS)


def test_the_python_shown_does_what_it_shows() -> None:
    shown = re.search(r"^```pycon\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert shown
    result = doctest.DocTestRunner().run(doctest.DocTestParser().get_doctest(shown[1], {}, "README.md", None, 0))
    assert (result.failed, result.attempted) == (0, 3)


def test_the_defaults_for_test_files_are_those_named() -> None:
    section = TEXT.partition("## Test files\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"LL\d{3}", section)) == set(DEFAULT_TEST_IGNORE)
    named = set(re.findall(r"`([^`]+)`", section)) - {"test-files", "test-ignore"}
    assert {f"{one}/" if "." not in one else one for one in named} == set(DEFAULT_TEST_FILES)


def test_what_looplint_cannot_do_is_an_error() -> None:
    with pytest.raises(readme.Failed):
        readme.looplint("check", "--no-such-option")


def test_a_readme_without_an_opening_is_an_error() -> None:
    with pytest.raises(readme.Failed, match="no python example"):
        readme.opening("# looplint\n")
