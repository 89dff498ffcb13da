"""Training programs that are run under a watch: what is reported has to be exactly what is marked in them.

A line of a program that ends in `# LL101` has to be reported with that code; a program without a mark is right, and
nothing may be said of it. Each is run twice: briefly and exactly, and as users run it, for long enough that most
turns are passed over.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from textwrap import dedent

import pytest

PRELUDE = """\
import copy
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
other = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
loss_fn = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
dataset = torch.utils.data.TensorDataset(torch.randn(24, 2), torch.randn(24, 1))
loader = torch.utils.data.DataLoader(dataset, batch_size=4)
val_loader = torch.utils.data.DataLoader(dataset, batch_size=8)
x, y = dataset[:4]

"""
"""Stands before every program: a model, its optimizer and a loader of six batches."""

OFFSET = PRELUDE.count("\n")
MARK = re.compile(r"# (LL\d{3})(?: (exact|sampled) only)?$")
FILENAME = "<program>"

EPOCHS = {True: 3, False: 36}
"""How many epochs a program trains for, exactly judged and as users do."""

Spoken = set[tuple[str, int]]
"""Codes, each with the line of the program that it is reported on."""

both_ways = pytest.mark.parametrize("exact", [True, False], ids=["exact", "sampled"])


def programs(named: Mapping[str, str]) -> pytest.MarkDecorator:
    """Run a test with each of these programs, both ways."""
    each = pytest.mark.parametrize("program", [text(code) for code in named.values()], ids=list(named))
    return lambda test: both_ways(each(test))  # type: ignore[return-value]


def text(code: str) -> str:
    return dedent(code).strip("\n") + "\n"


def marked(code: str, *, exact: bool) -> Spoken:
    """Return what has to be reported of a program."""
    way = "exact" if exact else "sampled"
    return {
        (mark[1], number)
        for number, line in enumerate(text(code).splitlines(), 1)
        if (mark := MARK.search(line)) and mark[2] in (None, way)
    }


def reported(code: str, *, exact: bool) -> Spoken:
    """Return what is reported of a program that is run under a watch."""
    from looplint.runtime_check import TrainingLoopWarning, watch

    program = compile("\n" * OFFSET + text(code), FILENAME, "exec")
    names: dict[str, object] = {"__name__": "__main__", "epochs": EPOCHS[exact], "steps": 8 * EPOCHS[exact]}
    exec(PRELUDE, names)  # what stands there has been before the watch begins
    with warnings.catch_warnings(), watch(exact=exact, on_violation="collect") as watched:
        warnings.simplefilter("ignore")  # torch sees some of the mistakes itself
        warnings.simplefilter("error", TrainingLoopWarning)  # nothing may go wrong in looplint itself
        exec(program, names)
    return {(finding.code, finding.line - OFFSET) for finding in watched.findings}


def check(code: str, *, exact: bool) -> None:
    """Fail unless what is reported of a program is what is marked in it."""
    found, wanted = reported(code, exact=exact), marked(code, exact=exact)
    assert found == wanted, f"reported {sorted(found)} instead of {sorted(wanted)}"
