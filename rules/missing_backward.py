"""Steps in a loop that never calls backward."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Gradients, Step, Violation, rule


@rule("LL106")
def missing_backward(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    Finds an optimizer that steps in a loop where a loss is computed and no backward fills the gradients.

    ## Why is this bad?
    The step has nothing to apply: the parameters do not move, and nothing says so.

    ## Bad
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        optimizer.step()  # error
    ```

    ## Good
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    ```
    """
    if step.gradients not in (Gradients.CLEAN, Gradients.ERASED) or step.cause is None:
        return
    if step.fed or step.later is not None or step.loss is None:
        return
    yield Violation(
        f"`{step.event.text}` has nothing to apply: no backward fills the gradients of `{step.optimizer.name}`",
        at=step.event,
        help=f"call `backward()` on the loss before `{step.event.text}`",
        related=((step.loss, "the loss is computed here"),),
        optimizer=step.optimizer,
    )
