"""What watching a run costs: `python benchmarks/overhead.py`.

The same training, bare and watched in each way, interleaved in one process, so that what else the machine does falls
on all alike; medians of CPU time on a CPU, of the time of CUDA events on a GPU. Beside looplint as configured and with
every turn judged: torch's own anomaly detection, and torch-audit. A second table gives the cost of the hooks alone for
optimizers of 4 to 1,000 parameters, where the training itself costs next to nothing.

A turn is judged at a few parameters, as in the turns that are not passed over, or at every one (`exact=True`).
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from looplint.runtime_check import attention, watch

SIZES = (4, 16, 64, 256, 1000)
"""How many parameters the optimizers of the second table have."""

Manager = Callable[[nn.Module, torch.optim.Optimizer], AbstractContextManager[object]]


class Trained:
    """A model with what trains it.

    Arguments:
        model, optimizer: as made anew for each run.
        batch: what one iteration is given.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any, loss: Callable[[Any], Any]):
        self.model = model
        self.optimizer = optimizer
        self.batch = batch
        self.loss = loss


def mlp(device: str) -> Trained:
    """Return a network of 4 parameters."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 1)).to(device)
    x, y = torch.randn(64, 16, device=device), torch.randn(64, 1, device=device)
    return Trained(model, torch.optim.SGD(model.parameters(), lr=0.01), x, lambda out: nn.functional.mse_loss(out, y))


def transformer(device: str) -> Trained:
    """Return an encoder of 12 layers: 146 parameters."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.0, batch_first=True)
    model = nn.Sequential(nn.TransformerEncoder(layer, 12, enable_nested_tensor=False), nn.Linear(64, 1)).to(device)
    x = torch.randn(8, 32, 64, device=device)
    return Trained(model, torch.optim.AdamW(model.parameters(), lr=1e-4), x, lambda out: out.square().mean())


class Nothing(torch.optim.Optimizer):
    """An optimizer that applies nothing, so that what is timed are the hooks."""

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        super().__init__(parameters, {})

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Apply nothing."""


def many(count: int, device: str) -> Trained:
    """Return so many parameters of one number each."""
    model = nn.ParameterList([nn.Parameter(torch.zeros(1, device=device)) for _ in range(count)])
    return Trained(model, Nothing(list(model)), None, lambda _: torch.cat(list(model)).sum())


@contextlib.contextmanager
def bare(_model: nn.Module, _optimizer: torch.optim.Optimizer) -> Iterator[None]:
    yield


def anomaly(_model: nn.Module, _optimizer: torch.optim.Optimizer) -> AbstractContextManager[object]:
    return torch.autograd.set_detect_anomaly(True)


def audited(every: int) -> Manager:
    def manager(model: nn.Module, optimizer: torch.optim.Optimizer) -> AbstractContextManager[object]:
        from torch_audit import Auditor

        auditor: AbstractContextManager[object] = Auditor(model, optimizer=optimizer, every_n_steps=every).autopatch()
        return auditor

    return manager


@contextlib.contextmanager
def judging(_model: nn.Module, _optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Watch as configured, but pass over no turn."""
    warm, attention.WARM = attention.WARM, sys.maxsize
    try:
        with watch(on_violation="raise"):
            yield
    finally:
        attention.WARM = warm


def ways() -> dict[str, Manager]:
    """Return the ways of running that are compared, by name."""
    found: dict[str, Manager] = {
        "bare": bare,
        "bare again": bare,
        "looplint": lambda _m, _o: watch(on_violation="raise"),
        "looplint, every turn": judging,
        "looplint, every turn, exact": lambda _m, _o: watch(on_violation="raise", exact=True),
        "detect_anomaly": anomaly,
    }
    if importlib.util.find_spec("torch_audit") is not None:
        found["torch-audit, every 1000"] = audited(1000)
        found["torch-audit, every step"] = audited(1)
    return found


def seconds(one: Trained, manager: Manager, iterations: int, device: str) -> float:
    """Return what an iteration takes, behind some that warm up."""
    loader = torch.utils.data.DataLoader(range(iterations + 100), batch_size=1, collate_fn=lambda rows: rows[0])
    begun = 0.0
    with manager(one.model, one.optimizer):
        for i in loader:
            if i == 100:
                begun = now(device)
            one.optimizer.zero_grad()
            out = None if one.batch is None else one.model(one.batch)
            one.loss(out).backward()
            one.optimizer.step()
        taken = now(device) - begun
    return taken / iterations


def now(device: str) -> float:
    """Return the time in seconds: of this process on a CPU; on a GPU, when all that was asked for is done."""
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def compared(
    make: Callable[[str], Trained], manners: dict[str, Manager], iterations: int, rounds: int, device: str
) -> dict[str, float]:
    """Return the median of what an iteration takes in each way, in seconds."""
    taken: dict[str, list[float]] = {name: [] for name in manners}
    for _ in range(rounds):
        for name, manager in manners.items():
            taken[name].append(seconds(make(device), manager, iterations, device))
    return {name: statistics.median(times) for name, times in taken.items()}


def table(title: str, medians: dict[str, float]) -> str:
    """Return a table of medians, ratios and differences."""
    base = medians["bare"]
    rows = [f"| {title} | us an iteration | ratio | us added |", "|---|---|---|---|"]
    rows += [
        f"| {name} | {value * 1e6:.1f} | x{value / base:.3f} | {(value - base) * 1e6:+.1f} |"
        for name, value in medians.items()
    ]
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--iterations", type=int, default=1000, help="of the small model; the other makes a tenth")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    device = options.device
    place = torch.cuda.get_device_name() if device == "cuda" else "CPU, one thread"
    print(f"torch {torch.__version__}, {place}, medians of {options.rounds} rounds\n")
    print(
        table("MLP, 4 parameters, SGD", compared(mlp, ways(), options.iterations, options.rounds, device)), flush=True
    )
    print()
    few = max(50, options.iterations // 10)
    print(table("transformer, 146 parameters, AdamW", compared(transformer, ways(), few, options.rounds, device)))
    manners = {name: way for name, way in ways().items() if name == "bare" or name.startswith("looplint")}
    print(f"\n| the hooks alone, parameters | {' | '.join([*manners][1:])} |\n|{'---|' * len(manners)}")
    for size in SIZES:
        turns = max(300, options.iterations * SIZES[0] // size)  # what is measured is the same in every turn
        medians = compared(lambda where, size=size: many(size, where), manners, turns, options.rounds, device)
        added = [f"{(medians[name] - medians['bare']) * 1e6:+.1f}" for name in [*manners][1:]]
        print(f"| {size} | {' | '.join(added)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
