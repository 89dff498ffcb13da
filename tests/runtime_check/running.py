"""Scripts that train, and `looplint run` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TRAIN = """\
import sys
import torch
from torch.utils.data import DataLoader, TensorDataset


def train(clear, workers=0):
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    dataset = TensorDataset(torch.randn(12, 2), torch.randn(12, 1))
    loader = DataLoader(dataset, batch_size=2, num_workers=workers)
    for epoch in range(2):
        for x, y in loader:
            if clear:
                optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
        scheduler.step()


if __name__ == "__main__":
    print("arguments:", sys.argv[1:])
    train("clear" in sys.argv)
    print("trained", file=sys.stderr)
"""
"""Trains for two epochs of six batches; without the word `clear` it never clears its gradients."""

FAULT = 18
"""The line of its step."""

WATCHED = "watched 12 iterations: `optimizer` (SGD, 12 steps), `scheduler` (StepLR, moved 2 times)"


def environment(**variables: str) -> dict[str, str]:
    """Return an environment without anything of the run that tests these tests."""
    dropped = ("LOOPLINT_", "NO_COLOR", "FORCE_COLOR", "PYTEST_", "RANK", "LOCAL_", "PYTHONPATH")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    plain["PYTHONWARNINGS"] = "ignore:Failed to initialize NumPy"  # torch says so where there is none
    return {**plain, "OMP_NUM_THREADS": "1", **variables}


def python(*arguments: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python; what it prints comes as text."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def looplint(*arguments: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return python("-m", "looplint", "run", *arguments, cwd=cwd, **variables)
