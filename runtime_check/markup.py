"""HTML and SVG, built so that no text can become markup.

Names, paths and source lines come from strangers. Every piece of the page is made by `tag`, which escapes text and
attributes; what is no `Markup` is text. The page has no script, and its own policy forbids any.
"""

from __future__ import annotations

import html
from typing import TypeAlias

from looplint.report.terminal import clean


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Content: TypeAlias = "str | Markup | list[Content] | tuple[Content, ...] | None"

VOID = frozenset({"meta", "br"})


def text(content: Content) -> Markup:
    """Return content as markup: text is escaped, with all that does not print shown as what it is."""
    if content is None:
        return Markup("")
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(html.escape("\n".join(clean(line.replace("\t", "    ")) for line in content.split("\n"))))
    return Markup("".join(text(one) for one in content))


def tag(name: str, /, *content: Content, **attributes: str | float | None) -> Markup:
    """Return an element; `_` at the end of an attribute's name is dropped, others become `-`, None leaves it out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value if isinstance(value, str) else f"{value:g}")}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{given}>" if name in VOID else f"<{name}{given}>{text(content)}</{name}>")
