"""Schedulers that move before their optimizer has stepped."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Op, ScheduleStep, Violation, rule


@rule("LL202")
def scheduler_before_optimizer(schedule: ScheduleStep) -> Iterator[Violation]:
    """
    ## What it does
    Finds a `scheduler.step()` that comes before the step of its own optimizer.

    ## Why is this bad?
    The first value of the schedule is never used, and every later one comes a turn too early.

    ## Bad
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        scheduler.step()  # error
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
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
    if schedule.stepped or schedule.later is None or schedule.guarded:
        return
    if schedule.scheduler.managed or schedule.event.method == "epoch":
        return
    around = schedule.event.loops()
    if around and not around[0].has(Op.STEP, schedule.optimizer):
        return  # a loop of its own moves it on to where an earlier training was left
    yield Violation(
        f"`{schedule.event.text}` comes before `{schedule.later.text}`: the first learning rate is skipped",
        at=schedule.event,
        help=f"move `{schedule.event.text}` behind `{schedule.later.text}`",
        related=((schedule.later, "the optimizer steps here"),),
        optimizer=schedule.optimizer,
    )
