"""What a document shows to be copied: its fenced blocks, by the heading they stand below."""

from __future__ import annotations

import re
from typing import NamedTuple

SECTION = re.compile(r"^#{2,3} (.*)\n", re.MULTILINE)
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACEHOLDERS = {"HOST": "example.org", "OWNER": "somebody", "COMMIT": "0123456789abcdef0123456789abcdef01234567"}
"""What a reader has to fill in, and what is filled in here."""


class Snippet(NamedTuple):
    """A fenced block: the language it is said to be in, and its text."""

    language: str
    text: str


def snippets(document: str) -> dict[str, list[Snippet]]:
    """Return the blocks of each section that has any, in their order."""
    _, *parts = SECTION.split(document)
    sections = zip(parts[::2], parts[1::2], strict=True)
    found = {heading: [Snippet(*block) for block in FENCED.findall(text)] for heading, text in sections}
    return {heading: blocks for heading, blocks in found.items() if blocks}


def filled(text: str, values: dict[str, str] = PLACEHOLDERS) -> str:
    """Return a text with the values for its placeholders, as its reader has to fill them in."""
    return re.sub("|".join(PLACEHOLDERS), lambda name: values[name[0]], text)
