"""Methods that are named in a statement of their own and not called."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Uncalled, Violation, rule


@rule("LL110")
def uncalled_method(uncalled: Uncalled) -> Iterator[Violation]:
    """
    ## What it does
    Finds `optimizer.step`, `optimizer.zero_grad`, `loss.backward`, `scheduler.step`, `model.train` and `model.eval` in
    a statement of their own, and `with torch.no_grad:`, without the parentheses that would call them.

    ## Why is this bad?
    A method that is only named does nothing. Python accepts the line, and the loop trains without it.

    ## Bad
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step  # error
    ```

    ## Good
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    """
    event = uncalled.event
    optimizer = next(iter(sorted(event.optimizers or (), key=lambda one: one.name)), None)
    yield Violation(
        f"`{event.text}` is named here and not called: the line does nothing",
        at=event,
        help=f"write `{event.text}()`",
        optimizer=optimizer,
    )
