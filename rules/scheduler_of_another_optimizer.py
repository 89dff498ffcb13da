"""A scheduler whose optimizer is not the one that trains."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import ScheduleStep, Violation, rule


@rule("LL207", reads=False)
def scheduler_of_another_optimizer(schedule: ScheduleStep) -> Iterator[Violation]:
    """
    ## What it does
    Finds a scheduler that drives an optimizer which never steps, while another one trains the same parameters.

    ## Why is this bad?
    The learning rate of the training never changes: the schedule sets that of an optimizer nobody uses. It comes of
    an optimizer that is rebuilt, loaded or replaced after the scheduler was made.

    ## Bad
    The optimizer is built anew, the scheduler is not:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()  # error: run only
    ```

    ## Good
    The scheduler is made for the optimizer that steps:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    ```
    Two optimizers, each with a scheduler, over networks of their own:
    ```python
    encoder, head = torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)
    optimizers = [torch.optim.SGD(part.parameters(), lr=0.1) for part in (encoder, head)]
    schedulers = [torch.optim.lr_scheduler.StepLR(one, step_size=2) for one in optimizers]
    for epoch in range(4):
        for x, y in loader:
            for one in optimizers:
                one.zero_grad()
            loss_fn(head(encoder(x)), y).backward()
            for one in optimizers:
                one.step()
        for scheduler in schedulers:
            scheduler.step()
    ```
    An optimizer that takes over the groups of another, whose schedule is then its own:
    ```python
    class Wrapper(torch.optim.SGD):
        def __init__(self, inner):
            super().__init__(inner.param_groups, lr=0.1)
            self.param_groups = inner.param_groups

    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    wrapper = Wrapper(optimizer)
    for epoch in range(4):
        for x, y in loader:
            wrapper.zero_grad()
            loss_fn(model(x), y).backward()
            wrapper.step()
        scheduler.step()
    ```

    ## Limits
    It is told from a run only, where the scheduler has moved three times.
    """
    if schedule.instead is None:
        return
    yield Violation(
        f"`{schedule.event.text}` sets the learning rate of `{schedule.optimizer.name}`, which never steps",
        at=schedule.event,
        help="make the scheduler for the optimizer that steps, after that is built",
        related=((schedule.instead, "another optimizer trains the same parameters here"),),
        optimizer=schedule.optimizer,
    )
