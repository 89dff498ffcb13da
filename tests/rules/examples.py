"""What the examples of the pages stand on, and both ways of judging one."""

from __future__ import annotations

import linecache
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from looplint.runtime_check import Watch

PRELUDE = """\
import torch
from torch.nn import functional as F

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
loss_fn = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
dataset = torch.utils.data.TensorDataset(torch.randn(24, 2), torch.randn(24, 1))
loader = torch.utils.data.DataLoader(dataset, batch_size=4)
val_loader = torch.utils.data.DataLoader(dataset, batch_size=8)

"""
"""Stands before every example: a model, its optimizer and a loader of six batches."""

OFFSET = PRELUDE.count("\n")

FILENAME = "<example>"

Spoken = set[tuple[str, int]]
"""Codes, each with the line of the example that it is reported on."""


def linted(code: str) -> Spoken:
    """Return what the source reader reports."""
    from looplint import engine

    found = engine.judge(PRELUDE + code, "example.py")
    return {(finding.code, finding.line - OFFSET) for finding in found}


def watched(code: str) -> Watch:
    """Run an example with real torch, and return the watch over it."""
    from looplint.runtime_check import TrainingLoopWarning, watch

    text = PRELUDE + code
    linecache.cache[FILENAME] = len(text), None, text.splitlines(keepends=True), FILENAME
    with warnings.catch_warnings(), watch(exact=True, on_violation="collect") as over:
        warnings.simplefilter("ignore")  # torch sees some of the mistakes itself
        warnings.simplefilter("error", TrainingLoopWarning)  # nothing may go wrong in looplint itself
        exec(compile(text, FILENAME, "exec"), {"__name__": "__main__"})
    return over


def ran(code: str) -> Spoken:
    """Return what is reported of a run with real torch."""
    return {(finding.code, finding.line - OFFSET) for finding in watched(code).findings}
