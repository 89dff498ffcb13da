"""One step after the other on the same gradients."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Gradients, Step, Violation, rule


@rule("LL603", reads=False)
def repeated_step(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    Finds an optimizer that steps again on the very gradients that it has just applied, in a loop over batches.

    ## Why is this bad?
    The same batch is applied twice. It works like a larger learning rate, moves what momentum remembers twice, and
    makes every schedule and every count of steps wrong.

    ## Bad
    In the loop and in the helper that it calls:
    ```python
    def update(loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    for x, y in loader:
        update(loss_fn(model(x), y))
        optimizer.step()  # error: run only
    ```
    Two callbacks that do the same:
    ```python
    callbacks = [optimizer.step, optimizer.step]
    for epoch in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            for callback in callbacks:
                callback()  # error: run only
    ```

    ## Good
    One step for each backward:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    Two steps, each with gradients of its own:
    ```python
    for x, y in loader:
        for _ in range(2):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    ```
    Gradients that are written by hand for each step:
    ```python
    for x, y in loader:
        for sign in (1.0, -1.0):
            for p in model.parameters():
                p.grad = sign * torch.ones_like(p)
            optimizer.step()
    ```
    Written by hand into the same tensor, behind torch's back:
    ```python
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    for x, y in loader:
        for sign in (1.0, -1.0):
            for p in model.parameters():
                p.grad.data.copy_(sign * torch.ones_like(p))
            optimizer.step()
    ```
    A search along one gradient, outside any loop over batches:
    ```python
    x, y = dataset.tensors
    optimizer.zero_grad()
    loss_fn(model(x), y).backward()
    for trial in range(3):
        optimizer.step()
    ```

    ## Limits
    It is told from a run only: source may step twice in helpers, callbacks and hooks that no text brings together.
    Where a backward follows in the same turn, the step may be there for that one:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        optimizer.step()
        optimizer.zero_grad()
        loss_fn(model(x), -y).backward()
        optimizer.step()
    ```
    """
    if step.gradients is not Gradients.USED or not step.ever_fed or step.later is not None:
        return
    if not step.per_batch:
        return
    assert step.cause is not None, "gradients are used by a step"
    yield Violation(
        f"`{step.event.text}` applies the same gradients again: nothing has computed new ones since the last step",
        at=step.event,
        help="step once for each backward",
        related=((step.cause, "they are applied here"),),
        optimizer=step.optimizer,
    )
