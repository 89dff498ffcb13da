"""On a GPU a watched run never waits for the device, and what is found is still true."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

torch = pytest.importorskip("torch")
if not torch.cuda.is_available():
    pytest.skip("needs a GPU", allow_module_level=True)

from looplint.runtime_check import TrainingLoopError, watch  # noqa: E402  (torch may be missing)


@contextlib.contextmanager
def waiting_is_an_error() -> Iterator[None]:
    before = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)


def batches(count: int) -> Iterator[int]:
    yield from torch.utils.data.DataLoader(range(count), batch_size=1, collate_fn=lambda rows: rows[0])


def model_and_data() -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1)).cuda()
    return model, torch.randn(64, 16, device="cuda"), torch.randn(64, 1, device="cuda")


OPTIMIZERS: dict[str, Callable[[list[torch.nn.Parameter]], torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-3),
    "adamw, fused": lambda p: torch.optim.AdamW(p, lr=1e-3, fused=True),
    "adamw, capturable": lambda p: torch.optim.AdamW(p, lr=torch.tensor(1e-3, device="cuda"), capturable=True),
    "adamw, foreach": lambda p: torch.optim.AdamW(p, lr=1e-3, foreach=True),
}

CLEARS: dict[str, Callable[[torch.nn.Module, torch.optim.Optimizer], None]] = {
    "to None": lambda model, optimizer: optimizer.zero_grad(),
    "to zeros": lambda model, optimizer: optimizer.zero_grad(set_to_none=False),
    "through the model": lambda model, optimizer: model.zero_grad(),
    "behind torch's back": lambda model, optimizer: [
        p.grad.data.zero_() for p in model.parameters() if p.grad is not None
    ],  # type: ignore[func-returns-value]
}


@pytest.mark.parametrize("exact", [False, True], ids=["as configured", "exact"])
@pytest.mark.parametrize("clear", CLEARS)
@pytest.mark.parametrize("made", OPTIMIZERS)
def test_a_right_loop_never_waits(made: str, clear: str, exact: bool) -> None:
    model, x, y = model_and_data()
    optimizer = OPTIMIZERS[made](list(model.parameters()))
    with watch(on_violation="collect", exact=exact) as watched, waiting_is_an_error():
        for _ in batches(200):
            CLEARS[clear](model, optimizer)
            torch.nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
    assert watched.findings == []


def test_a_missing_clear_is_found_without_waiting() -> None:
    model, x, y = model_and_data()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    with watch(on_violation="collect") as watched, waiting_is_an_error():
        for _ in batches(200):
            torch.nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
    assert [finding.code for finding in watched.findings] == ["LL101"]


def test_it_raises_some_iterations_late() -> None:
    model, x, y = model_and_data()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)

    def train() -> None:
        for _ in batches(200):
            torch.nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
            torch.cuda.synchronize()

    with watch(on_violation="raise"), pytest.raises(TrainingLoopError, match="LL101"):
        train()


def test_half_precision_with_overflows() -> None:
    model, x, y = model_and_data()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cuda", init_scale=2.0**30)
    with watch(on_violation="collect") as watched:
        for _ in batches(100):
            optimizer.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                loss = torch.nn.functional.mse_loss(model(x), y)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
    assert scaler.get_scale() < 2.0**30  # it did overflow
    assert watched.findings == []


def test_bfloat16() -> None:
    model, x, y = model_and_data()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    with watch(on_violation="collect") as watched, waiting_is_an_error():
        for _ in batches(100):
            optimizer.zero_grad()
            with torch.autocast("cuda", dtype=torch.bfloat16):
                loss = torch.nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
    assert watched.findings == []


def test_the_whole_step_in_a_graph() -> None:
    model, x, y = model_and_data()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, capturable=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=False)
        torch.nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()

    with watch(on_violation="collect") as watched:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        for _ in batches(100):
            graph.replay()
    assert watched.findings == []


def test_the_backward_in_a_graph_and_the_step_outside() -> None:
    model, x, y = model_and_data()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)

    def fill() -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.mse_loss(model(x), y).backward()

    with watch(on_violation="collect") as watched:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                fill()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            fill()
        for _ in batches(100):
            graph.replay()
            optimizer.step()
    assert watched.findings == []


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointing(reentrant: bool) -> None:
    from torch.utils.checkpoint import checkpoint

    model, x, y = model_and_data()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    x.requires_grad_()
    with watch(on_violation="collect") as watched:
        for _ in batches(100):
            optimizer.zero_grad()
            out = checkpoint(model, x, use_reentrant=reentrant)
            torch.nn.functional.mse_loss(out, y).backward()
            optimizer.step()
    assert watched.findings == []


def test_compiled_with_inductor() -> None:
    model, x, y = model_and_data()
    compiled = torch.compile(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    with watch(on_violation="collect") as watched:
        for _ in batches(100):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(compiled(x), y).backward()
            optimizer.step()
    assert watched.findings == []
