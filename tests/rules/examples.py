"""What the examples of the pages stand on, and both ways of judging one."""

from __future__ import annotations

from looplint.law import Backward, Uncalled
from looplint.rule import Rule, catalogue

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

Spoken = set[tuple[str, int]]
"""Codes, each with the line of the example that it is reported on."""


def runs(rule: Rule) -> bool:
    """Return whether a run can tell what the rule is shown (column R of the catalogue)."""
    return rule.shown not in (Backward, Uncalled)


def linted(code: str) -> Spoken:
    """Return what the source reader reports."""
    from looplint import engine

    found = engine.judge(PRELUDE + code, "example.py")
    return {(finding.code, finding.line - OFFSET) for finding in found}


def ran(code: str) -> Spoken:
    """Return what is reported of a run with real torch."""
    from looplint.judge import judge
    from tests.recorder import record

    verdicts, unread = judge(record(PRELUDE + code), [rule for rule in catalogue().values() if runs(rule)])
    assert unread == []
    places = {(verdict.rule.code, verdict.violation.at.place) for verdict in verdicts}
    return {(code, place - OFFSET) for code, place in places if isinstance(place, int)}
