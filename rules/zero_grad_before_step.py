"""Gradients cleared between the backward and the step that should apply them."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Event, Gradients, Move, Step, Violation, rule


@rule("LL104")
def zero_grad_before_step(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    Finds gradients that are cleared after the backward and before the step.

    ## Why is this bad?
    The step has nothing to apply. The parameters do not move, or only by momentum and weight decay, and nothing says
    so: the loss stays where it was, and the search for the reason begins at the model and the data.

    ## Bad
    Between the backward and the step:
    ```python
    for x, y in loader:
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()  # error
    ```
    Through the model:
    ```python
    for epoch in range(2):
        for x, y in loader:
            loss_fn(model(x), y).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            model.zero_grad()
            optimizer.step()  # error
    ```
    Where the gradients of several batches are applied:
    ```python
    for i, (x, y) in enumerate(loader):
        (loss_fn(model(x), y) / 2).backward()
        if (i + 1) % 2 == 0:
            optimizer.zero_grad()
            optimizer.step()  # error
    ```
    In every turn, where the step is made in some:
    ```python
    for i, (x, y) in enumerate(loader):
        (loss_fn(model(x), y) / 2).backward()
        optimizer.zero_grad()
        if (i + 1) % 2 == 0:
            optimizer.step()  # error
    ```
    Before several steps:
    ```python
    for x, y in loader:
        loss_fn(model(x), y).backward()
        optimizer.zero_grad()
        for _ in range(2):
            optimizer.step()  # error
    ```
    In a helper that is called too late:
    ```python
    def reset():
        for p in model.parameters():
            p.grad = None

    for x, y in loader:
        loss_fn(model(x), y).backward()
        reset()
        optimizer.step()  # error
    ```
    For one of two optimizers:
    ```python
    encoder, head = torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)
    encoder_optimizer = torch.optim.SGD(encoder.parameters(), lr=0.1)
    head_optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    for x, y in loader:
        encoder_optimizer.zero_grad()
        loss_fn(head(encoder(x)), y).backward()
        head_optimizer.zero_grad()
        encoder_optimizer.step()
        head_optimizer.step()  # error
    ```
    In a function that is called for each batch:
    ```python
    def train_step(x, y):
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()  # error
        return loss.item()

    for x, y in loader:
        train_step(x, y)
    ```

    ## Good
    Before the backward, or behind the step:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    The generator's backward reaches the discriminator, which throws those gradients away:
    ```python
    generator, critic = torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)
    g_optimizer = torch.optim.Adam(generator.parameters())
    d_optimizer = torch.optim.Adam(critic.parameters())
    for real, _ in loader:
        fake = generator(torch.randn(len(real), 3))
        g_optimizer.zero_grad()
        (-critic(fake).mean()).backward()
        g_optimizer.step()

        d_optimizer.zero_grad()
        (critic(fake.detach()).mean() - critic(real).mean()).backward()
        d_optimizer.step()
    ```
    A backward for the gradients of the input, as in adversarial training:
    ```python
    for x, y in loader:
        x.requires_grad_()
        loss_fn(model(x), y).backward()
        attacked = (x + 0.1 * x.grad.sign()).detach()
        optimizer.zero_grad()
        loss_fn(model(attacked), y).backward()
        optimizer.step()
    ```
    A backward for a statistic of the gradients, such as their Fisher information:
    ```python
    fisher = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    for x, y in loader:
        loss_fn(model(x), y).backward()
        for name, p in model.named_parameters():
            fisher[name] += p.grad**2
        optimizer.zero_grad()
        penalty = sum((fisher[name] * p**2).sum() for name, p in model.named_parameters())
        (loss_fn(model(x), y) + penalty).backward()
        optimizer.step()
        optimizer.zero_grad()
    ```
    A saliency map between two updates:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()

        seen = x.clone().requires_grad_()
        model(seen).sum().backward()
        saliency = seen.grad.abs()
        optimizer.zero_grad()
    ```
    A batch whose loss is not a number is left out:
    ```python
    for x, y in loader:
        loss = loss_fn(model(x), y)
        loss.backward()
        if not torch.isfinite(loss):
            optimizer.zero_grad()
            continue
        optimizer.step()
        optimizer.zero_grad()
    ```
    Or its gradients are cleared and the step is made all the same:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if not torch.isfinite(norm):
            optimizer.zero_grad()
        optimizer.step()
    ```

    A backward that runs where it cannot be read, with gradients of another model cleared before it:
    ```python
    import operator

    generator, critic = torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)
    g_optimizer = torch.optim.Adam(generator.parameters())
    c_optimizer = torch.optim.Adam(critic.parameters())
    differentiate = operator.methodcaller("backward")
    for x, y in loader:
        g_optimizer.zero_grad()
        g_loss = -critic(generator(torch.randn(4, 3))).mean()
        g_loss.backward()
        g_optimizer.step()
        c_optimizer.zero_grad()
        c_loss = loss_fn(critic(x), y)
        differentiate(c_loss)
        c_optimizer.step()
    ```

    ## Fix
    The clear is moved before the backward; where the step is not made in every turn, behind the step. As results
    change, it is unsafe.

    ## Limits
    Where some turns keep the gradients, only a run can tell:
    ```python
    for i, (x, y) in enumerate(loader):
        loss_fn(model(x), y).backward()
        if i % 2 == 1:
            optimizer.zero_grad()
        optimizer.step()  # error: run only
        model.zero_grad()
    ```
    """
    if step.gradients is not Gradients.ERASED or not step.fed:
        return
    assert step.cause is not None, "gradients are erased by an event"
    yield Violation(
        f"`{step.event.text}` has nothing to apply: `{step.cause.text}` has cleared the gradients",
        at=step.event,
        help=f"move `{step.cause.text}` before the backward, or behind `{step.event.text}`",
        related=((step.cause, "the gradients are cleared here"),),
        optimizer=step.optimizer,
        mends=tuple(mends(step, step.cause)),
    )


def mends(step: Step, clear: Event) -> Iterator[Move]:
    """Yield the ways to move the clear: before the backward with which the update begins, or else behind the step."""
    first = step.beginning(clear)
    if first is not None and step.ends(first):
        yield Move((clear,), before=first)
    yield Move((clear,), behind=step.event)
