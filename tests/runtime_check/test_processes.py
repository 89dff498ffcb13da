"""DDP, FSDP2, ZeRO-1 and Accelerate on two processes that talk over gloo.

Both processes are started once for all programs: each runs all of them and prints what was reported of each.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime_check.programs import Spoken, both_ways, marked, reported, text
from tests.tools import ROOT

torch = pytest.importorskip("torch")

DDP = """
from torch.nn.parallel import DistributedDataParallel
model = DistributedDataParallel(model{options})
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(epochs):
    for x, y in loader:
        {clear}
        loss_fn(model(x), y).backward()
        optimizer.step(){mark}
"""
NO_SYNC = """
from torch.nn.parallel import DistributedDataParallel
import contextlib
model = DistributedDataParallel(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(epochs):
    for i, (x, y) in enumerate(loader):
        with model.no_sync() if i % 2 == 0 else contextlib.nullcontext():
            loss_fn(model(x), y).backward()
        if i % 2 == 1:
            optimizer.step(){mark}
            {clear}
"""
FSDP = """
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
mesh = init_device_mesh("cpu", (2,))
for layer in (model[0], model[2], model):
    fully_shard(layer, mesh=mesh)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
for epoch in range(epochs):
    for x, y in loader:
        {clear}
        loss_fn(model(x), y).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step(){mark}
"""
ZERO = """
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.nn.parallel import DistributedDataParallel
model = DistributedDataParallel(model)
optimizer = ZeroRedundancyOptimizer(model.parameters(), optimizer_class=torch.optim.Adam, lr=0.01)
for epoch in range(epochs):
    for x, y in loader:
        {clear}
        loss_fn(model(x), y).backward()
        optimizer.step(){mark}
"""
ACCELERATE = """
from accelerate import Accelerator
accelerator = Accelerator(cpu=True, gradient_accumulation_steps={steps})
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: 0.99**n)
model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)
for epoch in range(epochs):
    for x, y in loader:
        with accelerator.accumulate(model):
            {top}
            accelerator.backward(loss_fn(model(x), y))
            optimizer.step(){mark}
            {schedule}
            {clear}
"""
CLEAR, ZEROS, LL101 = "optimizer.zero_grad()", "optimizer.zero_grad(set_to_none=False)", "  # LL101"
VIEWS = ", gradient_as_bucket_view=True"
MOVE = "scheduler.step()"

PROGRAMS = {
    "DDP": DDP.format(options="", clear=CLEAR, mark=""),
    "DDP, never cleared": DDP.format(options="", clear="pass", mark=LL101),
    "DDP, bucket views": DDP.format(options=VIEWS, clear=CLEAR, mark=""),
    "DDP, bucket views, to zeros": DDP.format(options=VIEWS, clear=ZEROS, mark=""),
    "DDP, bucket views, never cleared": DDP.format(options=VIEWS, clear="pass", mark=LL101),
    "DDP, accumulation": NO_SYNC.format(clear=CLEAR, mark=""),
    "DDP, accumulation, never cleared": NO_SYNC.format(clear="pass", mark=LL101),
    "FSDP2": FSDP.format(clear=CLEAR, mark=""),
    "FSDP2, to zeros": FSDP.format(clear=ZEROS, mark=""),
    "FSDP2, never cleared": FSDP.format(clear="pass", mark=LL101),
    "ZeRO-1": ZERO.format(clear=CLEAR, mark=""),
    "ZeRO-1, never cleared": ZERO.format(clear="pass", mark=LL101),
}
ACCELERATED = {
    "Accelerate": ACCELERATE.format(steps=1, top="pass", mark="", schedule=MOVE, clear=CLEAR),
    "Accelerate, accumulation": ACCELERATE.format(steps=3, top="pass", mark="", schedule=MOVE, clear=CLEAR),
    "Accelerate, cleared at the top": ACCELERATE.format(steps=3, top=CLEAR, mark="", schedule=MOVE, clear="pass"),
    "Accelerate, never cleared": ACCELERATE.format(steps=1, top="pass", mark=LL101, schedule=MOVE, clear="pass"),
    "Accelerate, accumulation, never cleared": ACCELERATE.format(
        steps=3, top="pass", mark=LL101, schedule=MOVE, clear="pass"
    ),
}

Reports = dict[str, list[dict[str, Spoken]]]
"""By program, for exactly judged and as users do: what each process reported."""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Run all programs on two processes."""
    if not torch.distributed.is_available():
        pytest.skip("this torch cannot run several processes")
    meeting = tmp_path_factory.mktemp("processes") / "meeting"
    command = [sys.executable, "-W", "ignore", "-m", "tests.runtime_check.test_processes", str(meeting)]
    started = [
        subprocess.Popen([*command, str(rank)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    outputs = [one.communicate(timeout=120) for one in started]
    assert [one.returncode for one in started] == [0, 0], outputs
    return {f"{rank}": json.loads(out.splitlines()[-1]) for rank, (out, _) in enumerate(outputs)}


def check(reports: Reports, name: str, program: str, exact: bool) -> None:
    for rank, report in reports.items():
        found = {(code, line) for code, line in report[f"{name}, {exact}"]}
        assert found == marked(program, exact=exact), f"by process {rank}"


@both_ways
@pytest.mark.parametrize("name", PROGRAMS)
def test_several_processes(name: str, exact: bool, reports: Reports) -> None:
    check(reports, name, PROGRAMS[name], exact)


@both_ways
@pytest.mark.parametrize("name", ACCELERATED)
def test_accelerate_on_several_processes(name: str, exact: bool, reports: Reports) -> None:
    pytest.importorskip("accelerate", reason="needs `pip install looplint[frameworks]`")
    check(reports, name, ACCELERATED[name], exact)


def main(meeting: Path, rank: int) -> None:
    """Run every program as one of the processes, and print what is reported."""
    import importlib.util
    import os

    torch.set_num_threads(1)
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2", LOCAL_WORLD_SIZE="2")
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="0", ACCELERATE_USE_CPU="true")
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    programs = {**PROGRAMS, **(ACCELERATED if importlib.util.find_spec("accelerate") else {})}
    found = {
        f"{name}, {exact}": sorted(reported(text(program), exact=exact))
        for name, program in programs.items()
        for exact in (True, False)
    }
    torch.distributed.destroy_process_group()
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
