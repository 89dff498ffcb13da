"""Schedulers made to move once per step that move once per epoch."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Cadence, Loop, LoopKind, Op, Violation, rule


@rule("LL203")
def scheduler_step_per_epoch(loop: Loop) -> Iterator[Violation]:
    """
    ## What it does
    Finds a scheduler whose horizon counts optimizer steps and whose `step()` runs once per epoch.

    ## Why is this bad?
    The schedule hardly begins: a warm-up is still warming up when the training ends.

    ## Bad
    ```python
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=4 * len(loader))
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()  # error
    ```

    ## Good
    ```python
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=4 * len(loader))
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()
    ```
    """
    if loop.kind is not LoopKind.EPOCH:
        return
    for event in loop.own(Op.SCHEDULE):
        scheduler = event.scheduler
        if scheduler is None or scheduler.cadence is not Cadence.STEP:
            continue
        made = f"{scheduler.kind}({scheduler.evidence})" if scheduler.evidence else scheduler.kind
        yield Violation(
            f"`{event.text}` runs once per epoch, but `{made}` counts optimizer steps",
            at=event,
            help=f"call `{event.text}` in the batch loop, behind the step of the optimizer",
            optimizer=scheduler.optimizer,
        )
