"""Methods that are named in a statement of their own and not called."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import AddParentheses, Uncalled, Violation, rule


@rule("LL110")
def uncalled_method(uncalled: Uncalled) -> Iterator[Violation]:
    """
    ## What it does
    Finds `optimizer.step`, `optimizer.zero_grad`, `loss.backward`, `scheduler.step`, `model.train` and `model.eval` in
    a statement of their own, and `with torch.no_grad:`, without the parentheses that would call them.

    ## Why is this bad?
    A method that is only named does nothing. Python accepts the line, and the loop trains without it.

    ## Bad
    The step:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step  # error: source only
    ```
    The step of an optimizer that is given, which may have to be called with a closure:
    ```python
    def train(model, loader, optimizer):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step  # error: source only
    ```
    The clear:
    ```python
    for x, y in loader:
        optimizer.zero_grad  # error: source only
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    The backward:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward  # error: source only
        optimizer.step()
    ```
    The scheduler:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step  # error: source only
    ```
    The modes of the model:
    ```python
    for epoch in range(2):
        model.train  # error: source only
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        model.eval  # error: source only
        with torch.no_grad():
            for x, y in val_loader:
                loss_fn(model(x), y)
    ```

    ## Good
    Called:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    A method that is used as a value is not forgotten:
    ```python
    step, hooks = optimizer.step, [optimizer.zero_grad]
    for x, y in loader:
        loss_fn(model(x), y).backward()
        step()
        for hook in hooks:
            hook()
    ```
    Nor one that is passed on:
    ```python
    def run(*calls):
        for call in calls:
            call()

    for x, y in loader:
        loss = loss_fn(model(x), y)
        run(optimizer.zero_grad, loss.backward, optimizer.step)
    ```
    Nor one that is asked for:
    ```python
    can_evaluate = hasattr(model, "eval") and model.eval is not None
    assert optimizer.step
    ```

    ## Fix
    The parentheses are put in. It is safe, but unsafe for the step of a scheduler or an optimizer of which nobody knows
    what it has to be given. None is offered where that is known to be a metric or a closure.

    ## Limits
    It is read from the source only: nothing happens, so a run has nothing to see.
    """
    event = uncalled.event
    optimizers = sorted(event.optimizers or (), key=lambda one: one.name)
    # A step may have to be given a metric, or a closure, where nobody knows whose it is.
    owners = (event.scheduler, *optimizers) if event.method == "step" else ()
    safe = all(one.kind != "" for one in owners if one is not None)
    yield Violation(
        f"`{event.text}` is named here and not called: the line does nothing",
        at=event,
        help=f"write `{event.text}()`",
        optimizer=next(iter(optimizers), None),
        mends=() if event.needs else (AddParentheses(event, safe=safe),),
    )
