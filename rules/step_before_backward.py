"""Steps that come before the backward meant for them."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Gradients, Step, Violation, rule

NOTHING_NEW = (Gradients.CLEAN, Gradients.ERASED, Gradients.USED, Gradients.MIXED)


@rule("LL102")
def step_before_backward(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    Finds an optimizer that steps before the backward of the same iteration.

    ## Why is this bad?
    The step finds no gradients, or those of the batch before, and the ones computed after it are lost or applied late.

    ## Bad
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        optimizer.step()  # error
        loss.backward()
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
    if step.gradients not in NOTHING_NEW or step.fed or step.later is None or not step.repeats:
        return
    yield Violation(
        f"`{step.event.text}` comes before the backward whose gradients it should apply",
        at=step.event,
        help=f"move `{step.event.text}` behind `{step.later.text}`",
        related=((step.later, "the gradients are computed here"),),
        optimizer=step.optimizer,
    )
