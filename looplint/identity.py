"""What a finding is known by from one run to the next, whatever lines have moved meanwhile."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from looplint.files import absolute
from looplint.finding import Finding, Span
from looplint.report.snippet import Lines


def identities(findings: Sequence[Finding], lines: Lines, root: str | Path = ".") -> list[str]:
    """Return for each finding, in order, a text of 32 hexadecimal digits that no other one of them has.

    It is made of the path, the code, and the code of the rows that the finding is in, without their indentation: so it
    stays where rows above come and go, and changes with what it is about. Of several that are alike in all this, it
    tells which one it is, counted from the top.

    Arguments:
        lines: gives the text around a span.
        root: what paths are relative to.
    """
    alike = Counter[tuple[str, str, str]]()
    numbered: list[str] = []
    for one in findings:
        key = relative(one.filename, root), one.code, _text(one.span, lines)
        alike[key] += 1
        whole = "\0".join((*key, str(alike[key])))
        numbered.append(hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return numbered


def relative(filename: str, root: str | Path) -> str:
    """A path as seen from a folder, with `/` between its parts; on another drive of Windows there is no way there."""
    path, base = absolute(filename), absolute(root)
    if os.path.splitdrive(path)[0] != os.path.splitdrive(base)[0]:
        return path
    return os.path.relpath(path, base).replace(os.sep, "/")


def _text(span: Span, lines: Lines) -> str:
    return "\n".join(" ".join(line.split()) for line in lines(span)[span.start.row - 1 : span.end.row])
