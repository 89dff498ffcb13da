"""Steps that apply gradients an earlier step has already applied."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Gradients, Step, Violation, rule


@rule("LL101")
def missing_zero_grad(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    Finds an optimizer that applies gradients which still contain those of an earlier step.

    ## Why is this bad?
    `backward()` adds to `.grad`. Without a reset each step applies all earlier batches again, and training drifts
    without an error.

    ## Bad
    ```python
    for x, y in loader:
        loss_fn(model(x), y).backward()
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
    if step.gradients is not Gradients.MIXED or step.loop is None or step.cause is None:
        return
    name = step.optimizer.name
    yield Violation(
        f"`{step.event.text}` applies gradients again that an earlier step has applied: nothing clears them",
        at=step.event,
        help=f"call `{name}.zero_grad()` in every turn of the loop, before the backward or after the step",
        related=(
            (step.cause, "gradients are applied here"),
            *((backward, "the next ones are added to them here") for backward in step.pending[:1]),
        ),
        optimizer=step.optimizer,
    )
