"""Schedulers made to move once per epoch that move once per batch."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Cadence, Loop, LoopKind, Op, Violation, rule


@rule("LL201")
def scheduler_step_in_batch_loop(loop: Loop) -> Iterator[Violation]:
    """
    ## What it does
    Finds a scheduler whose settings count epochs and whose `step()` runs for each batch.

    ## Why is this bad?
    The schedule runs through within the first epochs, and the rest of the training has hardly any learning rate.

    ## Bad
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()  # error
    ```

    ## Good
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    ```
    """
    epochs = loop.outer(LoopKind.EPOCH)
    if loop.kind is not LoopKind.BATCH or epochs is None:
        return
    for event in loop.own(Op.SCHEDULE):
        scheduler = event.scheduler
        if scheduler is None or scheduler.cadence is not Cadence.EPOCH or event.method == "epoch":
            continue
        # Source shows a condition that varies, a run the turns that were left out.
        if any(branch.varies_in(loop) for branch in event.conditions(loop)):
            continue
        if not all(any(one.scheduler is scheduler for one in turn.events(Op.SCHEDULE)) for turn in loop.turns):
            continue
        made = f"{scheduler.kind}({scheduler.evidence})" if scheduler.evidence else scheduler.kind
        yield Violation(
            f"`{event.text}` runs for each batch, but `{made}` counts epochs",
            at=event,
            help=f"call `{event.text}` once per epoch, behind the batch loop",
            optimizer=scheduler.optimizer,
        )
