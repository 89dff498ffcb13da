"""Which methods the text of a file calls on which names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

_BEGINS = r"[A-Za-z_](?<![A-Za-z_].)(?<![A-Za-z_][\w.].)(?=\w*[.\[])"
"""Where a chain of names can begin. It says nothing that the rest does not, but where it fails that need not be tried:
within a name that is no method's owner, from each of its letters."""

_CALLED = re.compile(rf"({_BEGINS}[\w.]*(?:\[[^\[\]\n]*\])*(?:\.\w+)*)\.(\w+)\s*\(")


class Usage:
    """Which methods the text of a file calls on which names: the evidence of use.

    Arguments:
        text: the file.
        parts: what is called in these is called here, too.
    """

    def __init__(self, text: str, parts: tuple[Usage, ...] = ()) -> None:
        self._text = text
        self._parts = parts
        self._known: dict[str, frozenset[str]] = {}
        self._joined: dict[tuple[Usage, ...], Usage] = {}
        self._stepping: dict[str, bool] = {}

    @cached_property
    def _methods(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for match in _CALLED.finditer(self._text):
            found[match[1]].add(match[2])
        return found

    @classmethod
    def joined(cls, usages: Iterable[Usage]) -> Usage:
        """Return what is called in any of several texts; the same for the same ones."""
        parts = tuple(usages)
        known = parts[0]._joined
        if parts not in known:
            known[parts] = cls("", parts)
        return known[parts]

    def steps_inside(self, path: str) -> bool:
        """Return whether the file calls `step` on a part of what a path leads to, such as its optimizer."""
        inside = f"{path}."
        own = any("step" in called and name.startswith(inside) for name, called in self._methods.items())
        return own or any(part.steps_inside(path) for part in self._parts)

    def methods(self, path: str) -> frozenset[str]:
        if path not in self._known:
            joined = (part.methods(path) for part in self._parts)
            self._known[path] = frozenset(self._methods.get(path, ())).union(*joined)
        return self._known[path]

    def steps(self, path: str) -> bool:
        """Return whether something of this last name steps in the text, whoever has it, or is given to what steps."""
        name = path.rpartition(".")[2].replace('"', "'")
        if name not in self._stepping:
            here = rf"(?<!\w){re.escape(name)}(?!\w)"
            pattern = rf"{here}(?:\.\w+)*\.\w*step|step\w*\([^()\n]*{here}"
            own = re.search(pattern, self._text.replace('"', "'")) is not None
            self._stepping[name] = own or any(part.steps(path) for part in self._parts)
        return self._stepping[name]
