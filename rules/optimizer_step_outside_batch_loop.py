"""A backward for each batch, and one step for all of them."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Loop, Op, Violation, rule


@rule("LL103")
def optimizer_step_outside_batch_loop(loop: Loop) -> Iterator[Violation]:
    """
    ## What it does
    Finds a loop that computes gradients for each batch, and an optimizer that steps once behind the loop.

    ## Why is this bad?
    One step is made where there should be one for each batch. Where the loop also clears the gradients, the step
    applies those of the last batch only.

    ## Bad
    ```python
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
        optimizer.step()  # error
    ```

    ## Good
    ```python
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    ```
    """
    backwards = list(loop.own(Op.BACKWARD))
    if not backwards or loop.endless:
        return
    for step in loop.following(Op.STEP):
        for optimizer in step.optimizers or ():
            if loop.has(Op.STEP, optimizer) or loop.has(Op.ESCAPE, optimizer) or loop.has(Op.WRITE, optimizer):
                continue
            if loop.has(Op.READ, optimizer) or any(loop.following(Op.BACKWARD)):
                continue
            clears = [e for e in loop.own(Op.CLEAR) if e.optimizers and optimizer in e.optimizers and e.certain]
            if not clears and not loop.loader:
                continue
            related = [(backwards[0], "gradients are computed here, for each batch")]
            if clears:
                related.append((clears[0], "and cleared here: the step applies those of the last batch only"))
            yield Violation(
                f"`{step.text}` runs once behind the loop that computes gradients for each batch",
                at=step,
                help=f"move `{step.text}` into the loop, behind the backward",
                related=tuple(related),
                optimizer=optimizer,
            )
