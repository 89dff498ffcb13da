"""Which methods the text of a file calls on which names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

_CALLED = re.compile(r"([A-Za-z_][\w.]*(?:\[[^\[\]\n]*\])*(?:\.\w+)*)\.(\w+)\s*\(")


class Usage:
    """Which methods the text of a file calls on which names: the evidence of use.

    Arguments:
        text: the file.
    """

    def __init__(self, text: str) -> None:
        self._methods: dict[str, set[str]] = defaultdict(set)
        for match in _CALLED.finditer(text):
            self._methods[match[1]].add(match[2])

    @classmethod
    def joined(cls, usages: Iterable[Usage]) -> Usage:
        """Return what is called in any of several texts."""
        joined = cls("")
        for one in usages:
            for name, methods in one._methods.items():
                joined._methods[name] |= methods
        return joined

    def methods(self, path: str) -> set[str]:
        return self._methods.get(path, set())
