"""Gradients that are computed and cleared in every turn, and never applied."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Backward, Op, Violation, rule


@rule("LL105")
def missing_step(backward: Backward) -> Iterator[Violation]:
    """
    ## What it does
    Finds a backward whose gradients are cleared in every turn of the loop, and that no step ever applies.

    ## Why is this bad?
    The parameters do not move, and nothing says so.

    ## Bad
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()  # error
    ```

    ## Good
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    """
    if backward.applied or backward.erased is None or backward.loop is None:
        return
    clear, optimizer = backward.erased
    if clear not in set(backward.loop.events(Op.CLEAR)):
        return
    yield Violation(
        f"the gradients of `{backward.event.text}` are never applied: `{clear.text}` clears them in every turn",
        at=backward.event,
        help=f"call `{optimizer.name}.step()` behind it",
        related=((clear, "cleared here, unapplied"),),
        optimizer=optimizer,
    )
