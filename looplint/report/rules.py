"""The catalogue for the user: as a table, as JSON, and one page of it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from looplint.registry import RuleLike
from looplint.report.terminal import Paint


def table(rules: Sequence[RuleLike], colour: bool) -> str:
    """A line for each rule: code, name, summary; preview rules say so."""
    paint = Paint(colour)
    width = max((len(rule.name) for rule in rules), default=0)
    lines = (
        f"{paint('code', rule.code)}  {paint('bold', rule.name.ljust(width))}  "
        f"{rule.summary}{' (preview)' if rule.preview else ''}\n"
        for rule in rules
    )
    return "".join(lines)


def as_json(rules: Sequence[RuleLike], _colour: bool) -> str:
    """A list of objects with the code, the name, the summary, the page, and whether it is a preview rule."""
    keys = ("code", "name", "summary", "page", "preview")
    return json.dumps([{key: getattr(rule, key) for key in keys} for rule in rules], indent=2) + "\n"


def page(rule: RuleLike, colour: bool) -> str:
    """A rule's page under its title, headings in bold."""
    paint = Paint(colour)
    fenced = False
    lines = []
    for line in [f"# {rule.name} ({rule.code})", "", *rule.page.rstrip().splitlines()]:
        fenced ^= line.startswith("```")
        lines.append(paint("bold", line) if line.startswith("#") and not fenced else line)
    return "\n".join(lines) + "\n"


RULE_FORMATS = {"table": table, "json": as_json}
