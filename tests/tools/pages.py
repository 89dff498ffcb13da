"""What the page of a rule has to look like."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HEADINGS = ["What it does", "Why is this bad?", "Bad", "Good"]
MORE = ["Fix", "Limits"]
"""The headings that a page may have besides, in this order."""


def prose(page: str) -> str:
    """Return a page without its fenced examples."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)


def faults(page: str) -> list[str]:
    """Return what is wrong with the form of a page."""
    found = []
    text = prose(page)
    headings = re.findall(r"^#+ *(.+?) *$", text, re.MULTILINE)
    if headings != HEADINGS + [one for one in MORE if one in headings]:
        found.append(f"has the headings {headings} instead of {HEADINGS}, and perhaps {MORE}")
    if re.findall(r"^(#+)", text, re.MULTILINE) != ["##"] * len(headings):
        found.append("has a heading of another level than `## `")
    if not page.startswith("## "):
        found.append("has text before its first heading")
    if "TODO" in page:
        found.append("is not filled in: a TODO stands")
    if page.count("```") % 2:
        found.append("has a fence that does not end")
    for language in re.findall(r"^```(.*)\n(?:.*\n)*?```$", page, re.MULTILINE):
        if language != "python":
            found.append(f"has an example in `{language}`; only `python` is tested")
    sections = re.split(r"^## .+\n", page, flags=re.MULTILINE)[1:]
    for heading, body in zip(headings, sections, strict=False):
        if not body.strip():
            found.append(f"says nothing under `{heading}`")
    return found


def rules_in(path: Path) -> list[str]:
    """Return the names of the functions of a file that are marked as rules."""
    return [
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(
            "rule" in {getattr(part, "id", ""), getattr(part, "attr", "")} for part in map(called, node.decorator_list)
        )
    ]


def called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node
