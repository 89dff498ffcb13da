"""Rule files: one rule each, named as the file; pages in one form. Their examples are tested in `tests/rules/`."""

from __future__ import annotations

import textwrap
from collections import Counter
from pathlib import Path

import pytest

from looplint.rule import Rule, catalogue
from tests.tools import pages

RULES = list(catalogue().values())

PAGE = """\
## What it does
Finds a thing.

## Why is this bad?
It is.

## Bad
```python
# a comment is no heading
step()  # error
```

## Good
```python
step()
```
"""

every_rule = pytest.mark.parametrize("one", RULES, ids=[one.name for one in RULES])


@every_rule
def test_a_page_has_the_right_form(one: Rule) -> None:
    assert pages.faults(one.page) == []


@every_rule
def test_a_summary_is_one_sentence(one: Rule) -> None:
    assert one.summary.startswith("Finds ")
    assert one.summary.endswith(".")


@every_rule
def test_a_file_is_named_as_its_only_rule(one: Rule) -> None:
    assert pages.rules_in(one.source) == [one.source.stem]
    assert one.source.stem.replace("_", "-") == one.name


@every_rule
def test_a_page_has_bad_and_good_examples(one: Rule) -> None:
    bad = [example for example in one.examples() if example.section == "Bad"]
    good = [example for example in one.examples() if example.section == "Good"]
    assert bad
    assert all(example.marked("source") or example.marked("run") for example in bad)
    assert good
    assert not any(example.marked("source") or example.marked("run") for example in good)


def test_codes_and_names_are_given_once() -> None:
    assert {one.source for one in RULES} == set(rule_files())
    assert Counter(one.code for one in RULES).most_common(1)[0][1] == 1
    assert Counter(one.name for one in RULES).most_common(1)[0][1] == 1


def rule_files() -> list[Path]:
    return [path for path in RULES[0].source.parent.glob("*.py") if path.name != "__init__.py"]


def test_the_right_form_is_let_pass() -> None:
    assert pages.faults(PAGE) == []
    assert pages.faults(PAGE + "\n## Limits\nIt sees little.\n") == []
    assert pages.faults(PAGE + "\n## Fix\nIt goes.\n") == []
    assert pages.faults(PAGE + "\n## Fix\nIt goes.\n\n## Limits\nIt sees little.\n") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## Bad", "## Wrong"),
        ("## Bad", "### Bad"),
        ("## Why is this bad?\nIt is.\n\n", ""),
        (
            "## What it does\nFinds a thing.\n\n## Why is this bad?\nIt is.\n",
            "## Why is this bad?\nIt is.\n\n## What it does\nFinds a thing.\n",
        ),
        ("It is.\n", ""),
        ("It is.", "TODO"),
        ("## What it does", "Preface.\n## What it does"),
        ("## Good\n```python", "## Good\n```py"),
        ("## Good\n```python\nstep()\n```", "## Good\n```python\nstep()"),
        ("## Good", "## Limits\nNone.\n\n## Good"),
        ("## Good", "## Notes\nNone.\n\n## Good"),
        ("## Good", "## Fix\nNone.\n\n## Good"),
    ],
)
def test_a_fault_of_form_is_found(old: str, new: str) -> None:
    assert old in PAGE
    assert pages.faults(PAGE.replace(old, new)) != []


def test_two_rules_in_a_file_are_found(tmp_path: Path) -> None:
    path = tmp_path / "one.py"
    path.write_text(
        textwrap.dedent(
            """
            @rule("LL998")
            def one(step): ...

            @looplint.rule.rule("LL999")
            def two(step): ...

            def three(step): ...
            """
        )
    )
    assert pages.rules_in(path) == ["one", "two"]
