"""Whether a file can hold training code, or comments for looplint: scans of a text, so that most are never parsed."""

from __future__ import annotations

import re
from typing import NamedTuple


class Sign(NamedTuple):
    """What in a text speaks of training: a literal, which is found quickly, and what has to stand around it.

    Arguments:
        literal: without it nothing else is looked at.
        around: a pattern that begins with the literal, or with part of it; compiled when it is needed.
        before: a pattern of what the row holds before that.
    """

    literal: str
    around: str
    before: str = r"(?:.*\W)?"

    def stands_in(self, text: str) -> bool:
        """Return whether a text holds it."""
        if self.literal not in text:
            return False
        before = re.compile(self.before)
        for found in re.finditer(self.around, text):
            row = text.rfind("\n", 0, found.start()) + 1
            if before.fullmatch(text, row, found.start()):
                return True
        return False


STORED = r"[ \t]*[\w.]*"
TRAINS = (
    Sign("backward", r"backward\b", r"(?:.*\W)?(?:manual_)?"),
    Sign("zero_grad", r"zero_grad\b"),
    Sign("optimizer_step", r"optimizer_step\b"),
    Sign("lr_scheduler", r"lr_scheduler\b"),
    Sign("optim.", r"optim\.\w+\("),
    Sign("optim", r"optim\w*[ \t]*=[^=]", STORED),
    Sign("no_grad", r"no_grad[ \t]*:"),
    Sign("enable_grad", r"enable_grad[ \t]*:"),
    Sign("inference_mode", r"inference_mode[ \t]*:"),
    Sign(".train", r"(?m)\.train[ \t]*(?:#.*)?\r?$", r"[ \t]*[\w.]+"),
    Sign(".eval", r"(?m)\.eval[ \t]*(?:#.*)?\r?$", r"[ \t]*[\w.]+"),
    # A loop over batches that leaves all the rest to an object of another file.
    Sign("DataLoader(", r"DataLoader\("),
    Sign("optimize_", r"optimize_\w+\("),
    Sign("train", r"train(?:_one|_on)?_(?:step|batch)\("),
    Sign("update_", r"update_(?:parameters|weights|model|networks?)\("),
    Sign(".train(", r"\.train\((?![ \t]*(?:\)|True|False|mode))", r".*"),
    Sign(".learn(", r"\.learn\(", r".*"),
)
"""Any of these says it."""

MOVES = (Sign("step", r"step\b", r"(?:.*\.)?\s*"), Sign("sched", r"sched\w*[ \t]*=[^=]", STORED))
"""What says it only beside a word for an optimizer: other things step too, and are called schedulers."""

OPTIMIZES = (Sign("optimi", r"optimi[sz]er", r".*"), Sign("opt", r"opt(?:im)?\b", r"(?:.*[\W_])?"))
"""The words for an optimizer, in lower case."""

BETWEEN_LINES = rb'\\n"\s*,\s*"|\\(?:[nr]|u[0-9a-fA-F]{4})|"'


def may_train(data: bytes | str) -> bool:
    """Return whether a file can hold training code at all, by a scan of its text; others are never parsed."""
    text = data if isinstance(data, str) else data.decode("latin-1")
    if any(sign.stands_in(text) for sign in TRAINS):
        return True
    if not any(sign.stands_in(text) for sign in MOVES):
        return False
    lower = text.lower()
    return any(sign.stands_in(lower) for sign in OPTIMIZES)


def unescaped(data: bytes) -> bytes:
    """The bytes of a notebook with a line of their own for each line of its code, for a scan that reads no JSON."""
    return re.sub(BETWEEN_LINES, b"\n", data.replace(b"\\t", b"\t"))


def may_speak_of_us(text: str) -> bool:
    """Return whether a text can hold a comment about which there is something to find."""
    lower = text.lower()
    return "looplint" in lower or re.search(r"ll\d", lower) is not None
