"""What a reader built on LibCST cannot go below: `python benchmarks/floor.py DIR`.

It imports LibCST and has it parse, in two processes, the functions in which a gradient is computed, applied or cleared,
and the statements of modules and classes that do so outside of any function. Nothing is read of what those call, and
nothing is done with the trees. benchmarks/speed.py has it as a row.
"""

from __future__ import annotations

import ast
import gc
import os
import re
import sys
import textwrap
from collections.abc import Iterator

import libcst

TRAINS = re.compile(rb"\.(?:step|backward|zero_grad)\b")


def texts(folder: str) -> Iterator[str]:
    """Yield the Python files below a folder in which something trains."""
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(place, name), "rb") as file:  # noqa: PTH118, PTH123 - as quickly as it goes
                    data = file.read()
                if TRAINS.search(data):
                    yield data.decode("utf-8-sig", "replace").replace("\r\n", "\n")


def parts(text: str) -> Iterator[str]:
    """Yield the functions and single statements of a text in which something trains; nothing where it is no Python."""
    try:
        pending = list(ast.parse(text).body)
    except (SyntaxError, ValueError):
        return
    rows = text.split("\n")
    for one in pending:
        part = "\n".join(rows[one.lineno - 1 : one.end_lineno])
        if TRAINS.search(part.encode()):
            if isinstance(one, ast.ClassDef):
                pending += one.body
            else:
                yield f"{textwrap.dedent(part)}\n"


def main(folder: str) -> None:
    """Parse it all, half of it in a process of its own, and print how many parts there were."""
    gc.disable()
    found = list(texts(folder))
    found.sort(key=len)
    child = os.fork()
    for text in found[child > 0 :: 2]:
        for part in parts(text):
            try:
                libcst.parse_module(part)
            except libcst.ParserSyntaxError:
                continue
    if child:
        os.waitpid(child, 0)
        print(f"{len(found)} files in which something trains")


if __name__ == "__main__":
    main(sys.argv[1])
