"""Steps in a loop that never calls backward."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Gradients, Op, Step, Violation, rule


@rule("LL106", times=10)
def missing_backward(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    Finds an optimizer that steps in a loop where a loss is computed and no backward fills the gradients. Where it is
    cleared and steps in sight, with a network that computes or a batch that is loaded for it, no loss is asked for.

    ## Why is this bad?
    The step has nothing to apply: the parameters do not move, and nothing says so. The loss is logged, looks plausible
    and stays where it is.

    ## Bad
    The backward is missing:
    ```python
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            optimizer.step()  # error
    ```
    Nothing clears the gradients either:
    ```python
    for x, y in loader:
        loss = loss_fn(model(x), y)
        optimizer.step()  # error
    ```
    Cleared through the model, and logged:
    ```python
    total = 0.0
    for x, y in loader:
        model.zero_grad()
        loss = loss_fn(model(x), y)
        total += loss.item()
        optimizer.step()  # error
    ```
    Nothing is called a loss:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        output = model(x)
        distance = (output - y).square().mean()
        optimizer.step()  # error
    ```
    The line with the forward and the backward is gone:
    ```python
    for x, y in loader:
        x = x * 2
        optimizer.zero_grad()
        optimizer.step()  # error
    ```
    In a function that is called for each batch:
    ```python
    def train_step(x, y):
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        optimizer.step()  # error
        return loss.item()

    for x, y in loader:
        train_step(x, y)
    ```
    A function that nothing calls is read as well; a run has nothing to see:
    ```python
    def train(model, loader, optimizer):
        model.train()
        for x, y in loader:
            loss = loss_fn(model(x), y)
            optimizer.step()  # error: source only
    ```

    ## Good
    Backward, then step:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    ```
    The gradients are written by hand, as Reptile does:
    ```python
    import copy

    for x, y in loader:
        adapted = copy.deepcopy(model)
        inner = torch.optim.SGD(adapted.parameters(), lr=0.1)
        for _ in range(2):
            inner.zero_grad()
            loss_fn(adapted(x), y).backward()
            inner.step()
        optimizer.zero_grad()
        for p, moved in zip(model.parameters(), adapted.parameters()):
            p.grad = p.detach() - moved.detach()
        optimizer.step()
    ```
    One step to prime a scheduler, and a loss to compare the later ones with:
    ```python
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    x, y = dataset.tensors
    first_loss = loss_fn(model(x), y).item()
    optimizer.zero_grad()
    optimizer.step()
    for epoch in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    ```
    The step at the top applies the gradients of the turn before:
    ```python
    for x, y in loader:
        optimizer.step()
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
    ```
    Steps that only move a schedule, to see what it does:
    ```python
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    rates = []
    for x, y in loader:
        optimizer.zero_grad()
        optimizer.step()
        scheduler.step()
        rates.append(scheduler.get_last_lr())
    ```
    What stands between the clear and the step runs the backward, under whatever name:
    ```python
    import operator

    compute = operator.methodcaller("backward")
    for x, y in loader:
        optimizer.zero_grad()
        output = model(x)
        result = compute((output - y).square().mean())
        optimizer.step()
    ```
    A list of optimizers, with the backward in the caller:
    ```python
    def step_all(optimizers):
        for one in optimizers:
            one.step()
            one.zero_grad()

    for x, y in loader:
        loss_fn(model(x), y).backward()
        step_all([optimizer])
    ```
    The backward is a helper's:
    ```python
    def propagate(loss):
        (loss * 2).backward()

    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        propagate(loss)
        optimizer.step()
    ```
    It is looked up where nobody can follow:
    ```python
    import operator

    backward = operator.methodcaller("backward")
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        backward(loss)
        optimizer.step()
    ```
    A function that only steps, and whose callers nobody knows:
    ```python
    def apply(optimizer, x, y):
        with torch.no_grad():
            before = loss_fn(model(x), y).item()
        optimizer.step()
        return before
    ```
    The backward is the caller's:
    ```python
    def apply(loss):
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    for x, y in loader:
        loss = loss_fn(model(x), y)
        loss.backward()
        apply(loss)
    ```
    Through `torch.autograd`:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        torch.autograd.backward(loss_fn(model(x), y))
        optimizer.step()
    ```
    With gradients that are asked for and stored:
    ```python
    for x, y in loader:
        loss = loss_fn(model(x), y)
        parameters = list(model.parameters())
        for p, grad in zip(parameters, torch.autograd.grad(loss, parameters)):
            p.grad = grad
        optimizer.step()
    ```
    A search along one gradient:
    ```python
    x, y = dataset.tensors
    optimizer.zero_grad()
    loss_fn(model(x), y).backward()
    for trial in range(3):
        optimizer.step()
        loss = loss_fn(model(x), y)
    ```
    A last step behind the batches, with a loss for the log:
    ```python
    x, y = dataset.tensors
    for epoch in range(2):
        for batch, target in loader:
            loss_fn(model(batch), target).backward()
            optimizer.step()
            optimizer.zero_grad()
        optimizer.step()
        with torch.no_grad():
            total = loss_fn(model(x), y).item()
    ```

    ## Limits
    Of a step behind the batches nobody can tell which loss it is there for:
    ```python
    for epoch in range(2):
        for x, y in loader:
            loss = loss_fn(model(x), y)
        optimizer.step()
    ```
    A run does not report an optimizer that has had gradients before: it may step beside others that have some now.
    ```python
    first, second = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    optimizers = [torch.optim.SGD(part.parameters(), lr=0.1) for part in (first, second)]
    for i, (x, y) in enumerate(loader):
        for one in optimizers:
            one.zero_grad()
        loss_fn((first, second)[i % 2](x), y).backward()
        for one in optimizers:
            one.step()
    ```
    """
    never_filled = step.gradients is Gradients.USED and not step.ever_fed
    if step.gradients not in (Gradients.CLEAN, Gradients.ERASED) and not never_filled:
        return
    if step.fed or step.hidden or step.later is not None or step.primes():
        return
    if step.observed:  # a run has no need of a loss to be sure, but the optimizer may have had its turn before
        if step.ever_fed or not step.per_batch or step.loop is None or any(step.loop.events(Op.SCHEDULE)):
            return  # a loop that moves a schedule may be there to plot it
    elif step.loss is None and not step.event.vain:
        return
    shown = ((step.loss, "the loss is computed here"), (step.cause, "they are cleared here"))
    yield Violation(
        f"`{step.event.text}` has nothing to apply: no backward fills the gradients of `{step.optimizer.name}`",
        at=step.event,
        help=f"call `backward()` on the loss before `{step.event.text}`",
        related=tuple((event, words) for event, words in shown if event is not None)[:1],
        optimizer=step.optimizer,
    )
