"""Write the derived parts of README.md: `python -m tests.tools.readme` (or `make docs`).

What stands between `<!-- begin NAME -->` and `<!-- end NAME -->` comes from the rules, the modules, docs/ci.md, and
what looplint prints; a test compares it.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from looplint.registry import every_rule
from looplint.rule import Rule
from tests.tools import ROOT, project
from tests.tools.snippets import snippets

README = ROOT / "README.md"
CI = ROOT / "docs" / "ci.md"
BLOCK = re.compile(r"(<!-- begin (\w+) -->\n)(.*?)(<!-- end \2 -->)", re.DOTALL)
OPENING = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
CHECK = ("check", "--isolated")


class Failed(Exception):
    """looplint could not do its job."""


def looplint(*arguments: str, text: str = "") -> str:
    """Return what looplint prints, in the root of the checkout.

    Raises:
        Failed: it neither found nothing nor findings.
    """
    done = subprocess.run(
        [sys.executable, "-m", "looplint", *arguments],
        cwd=ROOT,
        input=text,
        # No colours and no width of somebody's terminal.
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise Failed(done.stderr)
    return done.stdout


def fenced(text: str, language: str = "text") -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"


def table(*rows: tuple[str, ...]) -> str:
    """Return rows as a table in Markdown, the first being its head."""
    lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    return "\n".join(lines) + "\n"


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


def opening(readme: str) -> str:
    """What looplint says of the first example in the README."""
    code = OPENING.search(readme)
    if code is None:
        raise Failed("README.md has no python example to lint")
    return fenced(looplint(*CHECK, "--stdin-filename", "train.py", "-", text=code[1]))


def copied(heading: str) -> str:
    """What a section of docs/ci.md shows to be copied."""
    (snippet,) = snippets(CI.read_text(encoding="utf-8"))[heading]
    return fenced(snippet.text, snippet.language)


def hook(_: str) -> str:
    """The configuration of pre-commit."""
    return copied("pre-commit")


def workflow(_: str) -> str:
    """The workflow of GitHub that needs nothing else of ours."""
    return copied("GitHub, without the action")


def rules(_: str) -> str:
    """Every rule; the name leads to its page."""
    rows = [("code", "name", "what it does")]
    for one in every_rule().values():
        page = f"[{one.name}](rules/{one.source.name})" if isinstance(one, Rule) else one.name
        rows.append((one.code, page + (" (preview)" if one.preview else ""), one.summary))
    return table(*rows)


def examples(_: str) -> str:
    """Every example, and what looplint prints for them all."""
    rows = [(f"[{path.name}](examples/{path.name})", first_line(path)) for path in sorted(ROOT.glob("examples/*.py"))]
    said = looplint(*CHECK, "--output-format", "concise", "examples")
    return table(("script", "what it does"), *rows) + "\n" + fenced(said)


def modules(_: str) -> str:
    """Every module, by its file. The rules have a table of their own, so their folder stands for them."""
    rows = [("file", "what it is")]
    for _name, path in project.modules():
        relative = path.relative_to(ROOT)
        if relative.parts[0] == "rules" and path.name != "__init__.py":
            continue
        rows.append((f"`{relative}`", first_line(path)))
    return table(*rows)


def usage(_: str) -> str:
    """How to call `looplint check`."""
    return fenced(looplint("check", "--help"))


PARTS: dict[str, Callable[[str], str]] = {
    "opening": opening,
    "hook": hook,
    "workflow": workflow,
    "rules": rules,
    "examples": examples,
    "usage": usage,
    "modules": modules,
}


def derived(readme: str) -> str:
    """Return the README with its derived parts written anew."""
    return BLOCK.sub(lambda block: block[1] + PARTS[block[2]](readme) + block[4], readme)


if __name__ == "__main__":
    README.write_text(derived(README.read_text(encoding="utf-8")), encoding="utf-8")
