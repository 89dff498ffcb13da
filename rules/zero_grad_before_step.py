"""Gradients cleared between the backward and the step that should apply them."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Gradients, Step, Violation, rule


@rule("LL104")
def zero_grad_before_step(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    Finds gradients that are cleared after the backward and before the step.

    ## Why is this bad?
    The step has nothing to apply: the parameters do not move, and nothing says so.

    ## Bad
    ```python
    for x, y in loader:
        loss_fn(model(x), y).backward()
        optimizer.zero_grad()
        optimizer.step()  # error
    ```

    ## Good
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    """
    if step.gradients is not Gradients.ERASED or not step.fed or step.cause is None:
        return
    yield Violation(
        f"`{step.event.text}` has nothing to apply: `{step.cause.text}` has cleared the gradients",
        at=step.event,
        help=f"move `{step.cause.text}` before the backward, or behind `{step.event.text}`",
        related=((step.cause, "the gradients are cleared here"),),
        optimizer=step.optimizer,
    )
