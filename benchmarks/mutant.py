"""One file with one fault, and the rules that have to report it."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass

from benchmarks.syntax import Block, Code

EXPECTED = {
    "zero-grad-deleted": "LL101",
    "step-before-backward": "LL102",
    "zero-grad-between": "LL104",
    "backward-deleted": "LL106",
    "step-deleted": "LL105",
    "step-behind-batch-loop": "LL103",
    "scheduler-into-batch-loop": "LL201",
    "scheduler-before-optimizer": "LL202",
    "zero-grad-to-epoch-loop": "LL101",
    "other-optimizer-zeroed": "LL101",
}
"""The faults, each with the rule that has to report it."""

CROWDED = {
    "step-before-backward": ("LL102", "LL104"),
    "backward-deleted": ("LL106", "LL102", "LL104"),
}
"""Where another optimizer's backward is in the same turn, the catalogue names these faults by what that one did: there
is a backward that follows (LL102), or one whose gradients were cleared before (LL104)."""

PER_FILE = 4
"""How many mutants of one fault are taken from one file, so that no repository has more than its share."""


@dataclass(frozen=True)
class Mutant:
    """One file with one fault.

    Arguments:
        fault: its name.
        line: the line of the statement that was deleted, moved or changed, in the text without the fault.
        statement: that line.
        function: the name of the function around it, empty for the module.
        view: as in `Site`.
        digest: equal where the function and the fault are.
        text: the file with the fault.
        crowded: another optimizer is stepped in the same loop.
        near: a line, in the text without the fault, of the function in which it has to be reported.
    """

    fault: str
    line: int
    statement: str
    function: str
    view: str
    digest: str
    text: str
    crowded: bool = False
    near: int = 0

    @property
    def expected(self) -> tuple[str, ...]:
        """The rules of which one has to report it."""
        return CROWDED.get(self.fault, (EXPECTED[self.fault],)) if self.crowded else (EXPECTED[self.fault],)


def mutant_of(
    code: Code, fault: str, block: Block, node: ast.stmt, view: str, text: str, crowded: bool = False, near: int = 0
) -> Mutant:
    whole: ast.AST = block.function or (block.loops[-1] if block.loops else block.owner)
    words = f"{fault} {node.lineno - getattr(whole, 'lineno', 0)} {ast.dump(whole)}"
    return Mutant(
        fault=fault,
        line=node.lineno,
        statement=code.lines[node.lineno - 1].strip(),
        function=block.function.name if block.function else "",
        view=view,
        digest=hashlib.sha256(words.encode()).hexdigest(),
        text=text,
        crowded=crowded,
        near=near or node.lineno,
    )
