"""Schedulers: fast-forward, resume, chained, sequential, plateau; and loops with evaluation in between."""

from __future__ import annotations

import pytest

from tests.runtime_check.programs import both_ways, check, programs, reported

torch = pytest.importorskip("torch")

EPOCHS = """
S = torch.optim.lr_scheduler
scheduler = {made}
{first}
for epoch in range(epochs):
    {top}
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        {before}
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        {inner}
    {outer}
"""
NOTHING = dict.fromkeys(("first", "top", "before", "inner", "outer"), "pass")
STEP = "scheduler.step()"
RESUMED = "scheduler.load_state_dict(scheduler.state_dict())"
FORWARD = "for _ in range(3): scheduler.step()"


def schedule(made: str, **other: str) -> str:
    return EPOCHS.format(**{**NOTHING, "made": made, **other})


STEP_LR = "S.StepLR(optimizer, step_size=2)"
COSINE = "S.CosineAnnealingLR(optimizer, T_max=epochs * len(loader))"
CHAINED = "S.ChainedScheduler([S.ConstantLR(optimizer), S.ExponentialLR(optimizer, 0.9)])"
SEQUENTIAL = "S.SequentialLR(optimizer, [S.ConstantLR(optimizer), S.ExponentialLR(optimizer, 0.9)], milestones=[2])"
PLATEAU = "S.ReduceLROnPlateau(optimizer, patience=2)"
ONE_CYCLE = "S.OneCycleLR(optimizer, max_lr=0.1, total_steps=epochs * len(loader))"
LAMBDA = "S.LambdaLR(optimizer, lambda n: 0.99**n)"
RESTARTS = "S.CosineAnnealingWarmRestarts(optimizer, T_0=2)"


@programs(
    {
        "per epoch": schedule(STEP_LR, outer=STEP),
        "per batch": schedule(COSINE, inner=STEP),
        "plateau, at the top": schedule(PLATEAU, first="loss = torch.ones(())", top="scheduler.step(loss)"),
        "one cycle": schedule(ONE_CYCLE, inner=STEP),
        "warm restarts": schedule(RESTARTS, inner="scheduler.step(epoch + i / len(loader))"),
        "a warm-up per batch beside a decay per epoch": schedule(
            LAMBDA + "; decay = " + STEP_LR, inner=STEP, outer="decay.step()"
        ),
        "fast-forward": schedule(STEP_LR, first=FORWARD, outer=STEP),
        "fast-forward, per batch": schedule(COSINE, first=FORWARD, inner=STEP),
        "resume": schedule(
            STEP_LR,
            first=RESUMED + "\noptimizer.load_state_dict(optimizer.state_dict())",
            outer=STEP,
        ),
        "resume, moved at the top": schedule(
            STEP_LR,
            first="scheduler.load_state_dict({**scheduler.state_dict(), 'last_epoch': 4})",
            top="scheduler.step() if epoch else None",
            outer="pass",
        ),
        "last_epoch": schedule(
            "S.StepLR(optimizer, step_size=2, last_epoch=3)",
            outer=STEP,
        ).replace("scheduler = ", "optimizer.param_groups[0]['initial_lr'] = 0.1\nscheduler = ", 1),
        "chained": schedule(CHAINED, outer=STEP),
        "sequential": schedule(SEQUENTIAL, outer=STEP),
        "sequential, per batch": schedule(SEQUENTIAL, inner=STEP),
        "plateau": schedule(PLATEAU, outer="scheduler.step(loss.item())"),
        "of another optimizer, at the top": """
            others = torch.optim.SGD(other.parameters(), lr=0.1)
            scheduler = torch.optim.lr_scheduler.StepLR(others, step_size=2)
            for epoch in range(epochs):
                for x, y in loader:
                    others.zero_grad()
                    loss_fn(other(x), y).backward()
                    others.step()
                    scheduler.step() if epoch == epochs + 1 else None
                scheduler.step()
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
            """,
        "the scaler skips the first steps": """
            scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
            scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10 * epochs)
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    scaler.scale(1e3 * loss_fn(model(x), y)).backward()
                    scaler.step(optimizer)
                    scaler.update()
                    scheduler.step()
            """,
        "a subclass that is defined later": """
            class Mine(torch.optim.lr_scheduler.LRScheduler):
                def get_lr(self):
                    return [0.9**self.last_epoch * lr for lr in self.base_lrs]

            scheduler = Mine(optimizer)
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
                scheduler.step()
            """,
    }
)
def test_a_right_schedule(program: str, exact: bool) -> None:
    check(program, exact=exact)


def test_a_schedule_that_is_moved_on_by_one_is_told_in_a_long_run_only() -> None:
    """A loop of one turn is a statement to whoever watches: judged exactly, it is a move before the first step."""
    program = schedule(STEP_LR, first="for _ in range(1): scheduler.step()", outer=STEP)
    assert reported(program, exact=False) == set()
    assert reported(program, exact=True) == {("LL202", 3)}


@programs(
    {
        "before the optimizer": schedule(STEP_LR, before=STEP + "  # LL202").replace("step_size=2", "step_size=1000"),
        "at the top of the epoch": schedule(STEP_LR, top=STEP + "  # LL202"),
        "chained, at the top": schedule(CHAINED, top=STEP + "  # LL202"),
        "sequential, at the top": schedule(SEQUENTIAL, top=STEP + "  # LL202"),
        "a subclass that is defined later, at the top": """
            class Mine(torch.optim.lr_scheduler.StepLR):
                def step(self, epoch=None):
                    super().step(epoch)

            scheduler = Mine(optimizer, step_size=2)
            for epoch in range(epochs):
                scheduler.step()  # LL202
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
            """,
        "made for epochs, per batch": schedule(STEP_LR, inner=STEP + "  # LL201"),
        "a plateau of epochs, per batch": schedule(PLATEAU, inner="scheduler.step(loss.item())  # LL201"),
        "fast-forward, then per batch": schedule(STEP_LR, first=FORWARD, inner=STEP + "  # LL201"),
        "resume, then per batch": schedule(STEP_LR, first=RESUMED, inner=STEP + "  # LL201"),
        "resume in the middle, then per batch": schedule(
            STEP_LR,
            first="scheduler.load_state_dict({**scheduler.state_dict(), 'last_epoch': 4})",
            inner=STEP + "  # LL201",
        ),
        "resume of a plateau, then per batch": schedule(
            PLATEAU, first=RESUMED, inner="scheduler.step(loss.item())  # LL201"
        ),
        "resume of one cycle, per epoch": schedule(
            ONE_CYCLE.replace("len(loader)", "6"), first=RESUMED, outer=STEP + "  # LL203 exact only"
        ),
        "one cycle, per epoch": schedule(ONE_CYCLE.replace("len(loader)", "6"), outer=STEP + "  # LL203 exact only"),
    }
)
def test_a_wrong_schedule(program: str, exact: bool) -> None:
    check(program, exact=exact)


VALIDATION = (
    "model.eval()\n{pad}with torch.no_grad():\n"
    "{pad}    sum(loss_fn(model(u), v) for u, v in val_loader)\n{pad}model.train()"
)


@programs(
    {
        "in every epoch": schedule(STEP_LR, outer=STEP + "\n    " + VALIDATION.format(pad="    ")),
        "before each epoch": schedule(STEP_LR, top=VALIDATION.format(pad="    "), outer=STEP),
        "every few batches": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
                    if i % 4 == 3:
                        with torch.no_grad():
                            for u, v in val_loader:
                                loss_fn(model(u), v)
            """,
        "over the training loader": """
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
                with torch.inference_mode():
                    for x, y in loader:
                        loss_fn(model(x), y)
            """,
        "with gradients of the input": """
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
                for u, v in val_loader:
                    u.requires_grad_()
                    loss_fn(model(u), v).backward()
                optimizer.zero_grad()
            """,
        "one batch of it, by hand": """
            batches = iter(val_loader)
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
                    u, v = next(batches, (None, None))
                    if u is None:
                        batches = iter(val_loader)
            """,
        "two loaders side by side": """
            for epoch in range(epochs):
                for (x, y), (u, v) in zip(loader, val_loader):
                    optimizer.zero_grad()
                    (loss_fn(model(x), y) + loss_fn(model(u), v)).backward()
                    optimizer.step()
            """,
        "two tasks by turns": """
            others = torch.optim.Adam(other.parameters())
            for epoch in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    optimizer.step()
                for x, y in val_loader:
                    others.zero_grad()
                    loss_fn(other(x), y).backward()
                    others.step()
            """,
        "in every epoch, never cleared": """
            for epoch in range(epochs):
                for x, y in loader:
                    loss_fn(model(x), y).backward()
                    optimizer.step()  # LL101
                with torch.no_grad():
                    for u, v in val_loader:
                        loss_fn(model(u), v)
            """,
        "every few batches, never cleared": """
            for epoch in range(epochs):
                for i, (x, y) in enumerate(loader):
                    loss_fn(model(x), y).backward()
                    optimizer.step()  # LL101
                    if i % 4 == 3:
                        with torch.no_grad():
                            for u, v in val_loader:
                                loss_fn(model(u), v)
            """,
    }
)
def test_evaluation_in_between(program: str, exact: bool) -> None:
    check(program, exact=exact)


TWICE = """
def train(batches):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    short = torch.utils.data.DataLoader(dataset, batch_size=24 // batches)
    for epoch in range(2):
        for x, y in short:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()

"""


@programs(
    {
        "from two lines": TWICE + "for _ in range(epochs // 3):\n    train(1)\n    train(1)\n",
        "from two lines, several batches": TWICE + "for _ in range(epochs // 3):\n    train(3)\n    train(4)\n",
        "behind a loop that nobody ends": TWICE
        + "batches = iter(loader)\nx, y = next(batches)\nloss_fn(model(x), y).backward()\noptimizer.step()\ntrain(4)\n",
    }
)
def test_a_training_that_is_run_again(program: str, exact: bool) -> None:
    check(program, exact=exact)


@both_ways
def test_a_step_before_the_watch_is_a_step(exact: bool) -> None:
    from looplint.runtime_check import watch

    weight = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    for turn in range(6):
        if turn:
            optimizer.zero_grad()
            weight.square().backward()
            optimizer.step()
            scheduler.step()
            continue
        weight.square().backward()
        optimizer.step()
        watched = watch(exact=exact, on_violation="collect")
        scheduler.step()
    watched.close()
    assert watched.findings == []
