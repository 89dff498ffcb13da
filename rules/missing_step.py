"""Gradients that are computed and cleared in every turn, and never applied."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Backward, Violation, rule


@rule("LL105")
def missing_step(backward: Backward) -> Iterator[Violation]:
    """
    ## What it does
    Finds a backward whose gradients are cleared in every turn of the loop, and that no step ever applies.

    ## Why is this bad?
    The parameters do not move, and nothing says so. The whole training is computed, epoch by epoch, for a model that
    stays as it was initialised.

    ## Bad
    The step is missing:
    ```python
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()  # error: source only
    ```
    The scheduler steps in its place:
    ```python
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=len(loader))
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()  # error: source only
        scheduler.step()
    ```
    Of two optimizers one never steps:
    ```python
    generator, critic = torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)
    g_optimizer = torch.optim.Adam(generator.parameters())
    d_optimizer = torch.optim.Adam(critic.parameters())
    for real, _ in loader:
        fake = generator(torch.randn(len(real), 3))
        d_optimizer.zero_grad()
        (critic(fake.detach()).mean() - critic(real).mean()).backward()
        d_optimizer.step()

        g_optimizer.zero_grad()
        g_loss = -critic(fake).mean()
        g_loss.backward()  # error: source only
    ```
    Both are cleared, and only one steps:
    ```python
    generator, critic = torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)
    g_optimizer = torch.optim.Adam(generator.parameters())
    d_optimizer = torch.optim.Adam(critic.parameters())
    for real, _ in loader:
        g_optimizer.zero_grad()
        d_optimizer.zero_grad()
        fake = generator(torch.randn(len(real), 3))
        (critic(fake.detach()).mean() - critic(real).mean()).backward()  # error: source only
        (-critic(fake).mean()).backward()
        g_optimizer.step()
    ```
    The clear stands at the end:
    ```python
    for x, y in loader:
        loss_fn(model(x), y).backward()  # error: source only
        model.zero_grad()
    ```
    The gradients of several batches are added up, and cleared without a step:
    ```python
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        loss = loss_fn(model(x), y) / 2
        loss.backward()  # error: source only
        if (i + 1) % 2 == 0:
            optimizer.zero_grad()
    ```
    The step of another optimizer stands in its place:
    ```python
    generator, critic = torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)
    g_optimizer = torch.optim.Adam(generator.parameters())
    d_optimizer = torch.optim.Adam(critic.parameters())
    for real, _ in loader:
        fake = generator(torch.randn(len(real), 3))
        d_optimizer.zero_grad()
        (critic(fake.detach()).mean() - critic(real).mean()).backward()
        d_optimizer.step()

        g_optimizer.zero_grad()
        (-critic(fake).mean()).backward()  # error: source only
        d_optimizer.step()
    ```

    ## Good
    Backward, then step:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    The gradients are read by hand:
    ```python
    norms = []
    for x, y in loader:
        model.zero_grad()
        loss_fn(model(x), y).backward()
        norms.append(sum(p.grad.norm() for p in model.parameters()))
    ```
    An adversarial attack on the input:
    ```python
    for x, y in loader:
        x.requires_grad_()
        model.zero_grad()
        loss_fn(model(x), y).backward()
        attacked = x + 0.1 * x.grad.sign()
    ```
    A saliency map:
    ```python
    def saliency(x):
        x = x.clone().requires_grad_()
        model.zero_grad()
        model(x).sum().backward()
        return x.grad.abs()

    for x, _ in loader:
        saliency(x)
    ```
    An update by hand:
    ```python
    for x, y in loader:
        model.zero_grad()
        loss_fn(model(x), y).backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= 0.1 * p.grad
    ```
    The step is a callback's:
    ```python
    class StepCallback:
        def __init__(self, optimizer):
            self.optimizer = optimizer

        def after_backward(self):
            self.optimizer.step()

    callbacks = [StepCallback(optimizer)]
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        for callback in callbacks:
            callback.after_backward()
    ```
    The backward stands in a closure that the step calls:
    ```python
    for x, y in loader:
        def closure():
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            return loss

        optimizer.step(closure)
    ```
    The caller steps:
    ```python
    def compute_gradients(x, y):
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        return loss

    for x, y in loader:
        compute_gradients(x, y)
        optimizer.step()
    ```
    Another method of a wrapper steps:
    ```python
    class ScheduledOptimizer:
        def __init__(self, optimizer):
            self.optimizer = optimizer
            self.calls = 0

        def zero_grad(self):
            self.optimizer.zero_grad()

        def step_and_update_lr(self):
            self.calls += 1
            for group in self.optimizer.param_groups:
                group["lr"] = 0.1 * self.calls**-0.5
            self.optimizer.step()

    scheduled = ScheduledOptimizer(optimizer)
    for x, y in loader:
        scheduled.zero_grad()
        loss_fn(model(x), y).backward()
        scheduled.step_and_update_lr()
    ```
    A single backward outside any loop, as a rehearsal:
    ```python
    x, y = dataset[:4]
    loss_fn(model(x), y).backward()
    optimizer.zero_grad()
    ```
    Gradients that nothing clears, as in a measurement:
    ```python
    import time

    began = time.perf_counter()
    for x, y in loader:
        loss_fn(model(x), y).backward()
    elapsed = time.perf_counter() - began
    ```
    A later step applies them:
    ```python
    for epoch in range(3):
        optimizer.zero_grad()
        for x, y in zip(*(values.chunk(2) for values in dataset.tensors)):
            loss_fn(model(x), y).backward()
        optimizer.step()
    ```

    ## Limits
    It is read from the source only: a run does not know what is still to come. Gradients that are added up over a loop
    and cleared around it are not reported:
    ```python
    for epoch in range(3):
        optimizer.zero_grad()
        for x, y in loader:
            loss_fn(model(x), y).backward()
    ```
    """
    if backward.loop is None:
        return
    idle, instead = backward.idle, None
    if backward.erased is not None and not backward.applied:
        clear, optimizer = backward.erased
        message = (
            f"the gradients of `{backward.event.text}` are never applied: `{clear.text}` clears them in every turn"
        )
    elif idle is not None:
        clear, optimizer, instead = idle.clear, idle.optimizer, idle.instead
        message = f"`{optimizer.name}` never steps: `{clear.text}` clears its gradients, unapplied"
    else:
        return
    related = [(clear, "cleared here, unapplied")]
    if instead is not None:
        related.append((instead, "another optimizer steps here"))
    yield Violation(
        message,
        at=backward.event,
        help=f"call `{optimizer.name}.step()` behind it",
        related=tuple(related),
        optimizer=optimizer,
    )
