"""How looplint speaks: lower case, no final period, the user's own names in backticks."""

from __future__ import annotations

import re

QUOTED = re.compile(r"`[^`]+`")
CODE_LIKE = re.compile(r"\w+\.\w+|\w+\(|\w*_\w+|\w+\[|==")
"""What looks like a piece of a program, and so has to be quoted."""


def faults(text: str) -> list[str]:
    """Return what is wrong with the style of a message, a help or the words beside a related place."""
    if not text or text != text.strip():
        return ["is empty, or has white space around it"]
    found = []
    if "\n" in text:
        found.append("has several lines")
    if text[0] != "`" and not text[0].islower():
        found.append("does not begin with a lower-case letter or a quoted name")
    if text[-1] in ".!":
        found.append("ends with a period")
    if text.count("`") % 2:
        found.append("has a backtick without its partner")
    if match := CODE_LIKE.search(QUOTED.sub("", text)):
        found.append(f"does not quote {match[0]!r}")
    if "TODO" in text:
        found.append("is not filled in")
    return found
