"""Steps that apply gradients an earlier step has already applied."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Clear, Event, Gradients, Mend, Op, Optimizer, Step, Violation, rule


@rule("LL101")
def missing_zero_grad(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    Finds an optimizer that applies gradients which still contain those of an earlier step.

    ## Why is this bad?
    `backward()` adds to `.grad`. Without a reset each step applies all earlier batches again. Nothing fails: the loss
    still falls at first, then training drifts, and it looks like a learning rate that is too high. Weeks go into tuning
    what one line would mend.

    ## Bad
    Nothing clears the gradients:
    ```python
    for epoch in range(3):
        for x, y in loader:
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()  # error
    ```
    They are cleared once per epoch, and applied for each batch:
    ```python
    for epoch in range(3):
        optimizer.zero_grad()
        for x, y in loader:
            loss_fn(model(x), y).backward()
            optimizer.step()  # error
    ```
    They are added up over several batches, and never cleared:
    ```python
    for epoch in range(3):
        for i, (x, y) in enumerate(loader):
            loss = loss_fn(model(x), y) / 2
            loss.backward()
            if (i + 1) % 2 == 0:
                optimizer.step()  # error
    ```
    The same, with a step behind the loop for the rest:
    ```python
    for epoch in range(3):
        for i, (x, y) in enumerate(loader):
            (loss_fn(model(x), y) / 3).backward()
            if (i + 1) % 3 == 0:
                optimizer.step()  # error
        optimizer.step()
    ```
    Another optimizer is cleared in its place:
    ```python
    critic = torch.nn.Linear(2, 1)
    critic_optimizer = torch.optim.SGD(critic.parameters(), lr=0.1)
    for x, y in loader:
        critic_optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()  # error
    for x, y in loader:
        critic_optimizer.zero_grad()
        critic(x).mean().backward()
        critic_optimizer.step()
    ```
    A penalty, applied every other turn, is added to gradients that were applied before:
    ```python
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        (0.1 * model.weight.square().sum()).backward()
        if i % 2 == 1:
            optimizer.step()  # error
    ```
    Only one of the branches clears them:
    ```python
    use_amp = False
    scaler = torch.amp.GradScaler("cpu", enabled=use_amp)
    for x, y in loader:
        if use_amp:
            optimizer.zero_grad()
            with torch.autocast("cpu"):
                loss = loss_fn(model(x), y)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        else:
            loss_fn(model(x), y).backward()
            optimizer.step()  # error
    ```
    One of two optimizers is forgotten:
    ```python
    encoder, head = torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)
    encoder_optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-4)
    head_optimizer = torch.optim.Adam(head.parameters(), lr=1e-3)
    for x, y in loader:
        head_optimizer.zero_grad()
        loss_fn(head(encoder(x)), y).backward()
        encoder_optimizer.step()  # error
        head_optimizer.step()
    ```
    The generator's step clears the gradients of the other network:
    ```python
    generator, critic = torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)
    g_optimizer = torch.optim.Adam(generator.parameters())
    d_optimizer = torch.optim.Adam(critic.parameters())
    for real, _ in loader:
        fake = generator(torch.randn(len(real), 3))
        d_optimizer.zero_grad()
        d_loss = critic(fake.detach()).mean() - critic(real).mean()
        d_loss.backward()
        d_optimizer.step()

        d_optimizer.zero_grad()
        g_loss = -critic(fake).mean()
        g_loss.backward()
        g_optimizer.step()  # error
    ```
    The model that is cleared is not the one that is trained:
    ```python
    teacher, student = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
    for x, _ in loader:
        teacher.zero_grad()
        loss_fn(student(x), teacher(x).detach()).backward()
        optimizer.step()  # error
    ```
    The step stands in a method, the loop elsewhere:
    ```python
    class Trainer:
        def __init__(self, model):
            self.model = model
            self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

        def training_step(self, x, y):
            loss = loss_fn(self.model(x), y)
            loss.backward()
            self.optimizer.step()  # error
            return loss.item()

        def fit(self, loader):
            for x, y in loader:
                self.training_step(x, y)

    Trainer(model).fit(loader)
    ```
    All the data is one batch:
    ```python
    x, y = dataset.tensors
    for epoch in range(10):
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()  # error
    ```

    ## Good
    Before the forward:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    Between forward and backward:
    ```python
    for x, y in loader:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ```
    After the step is equally right:
    ```python
    for x, y in loader:
        loss_fn(model(x), y).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    ```
    Through the model:
    ```python
    for x, y in loader:
        model.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    By hand, to None:
    ```python
    for x, y in loader:
        for p in model.parameters():
            p.grad = None
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    By hand, to zeros:
    ```python
    for x, y in loader:
        loss_fn(model(x), y).backward()
        optimizer.step()
        for p in model.parameters():
            if p.grad is not None:
                p.grad.zero_()
    ```
    In a helper:
    ```python
    def clear(*optimizers):
        for one in optimizers:
            one.zero_grad()

    for x, y in loader:
        clear(optimizer)
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    Gradients of several batches are added up on purpose, and cleared where they are applied:
    ```python
    for i, (x, y) in enumerate(loader):
        (loss_fn(model(x), y) / 2).backward()
        if (i + 1) % 2 == 0:
            optimizer.step()
            optimizer.zero_grad()
    ```
    The same, cleared where the next ones begin:
    ```python
    for i, (x, y) in enumerate(loader):
        if i % 2 == 0:
            optimizer.zero_grad()
        (loss_fn(model(x), y) / 2).backward()
        if i % 2 == 1:
            optimizer.step()
    ```
    The optimizer is built anew in each turn, for a new leaf:
    ```python
    for x, y in loader:
        noise = torch.zeros_like(x, requires_grad=True)
        noise_optimizer = torch.optim.SGD([noise], lr=0.1)
        loss_fn(model(x + noise), y).backward()
        noise_optimizer.step()
    ```
    A closure that the step calls:
    ```python
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=4)
    for x, y in loader:
        def closure():
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            return loss

        optimizer.step(closure)
    ```
    An update by hand, without an optimizer:
    ```python
    for x, y in loader:
        loss_fn(model(x), y).backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= 0.1 * p.grad
                p.grad = None
    ```
    A single step outside any loop:
    ```python
    x, y = dataset[:4]
    loss_fn(model(x), y).backward()
    optimizer.step()
    ```
    Two updates with the same gradients underneath, outside any loop:
    ```python
    x, y = dataset[:4]
    loss_fn(model(x), y).backward()
    optimizer.step()
    x, y = dataset[4:8]
    loss_fn(model(x), y).backward()
    optimizer.step()
    ```
    Two optimizers, each cleared before its own backward:
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
        (-critic(fake).mean()).backward()
        g_optimizer.step()
    ```
    Several optimizers in a loop of their own:
    ```python
    encoder, head = torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)
    optimizers = [torch.optim.SGD(part.parameters(), lr=0.1) for part in (encoder, head)]
    for x, y in loader:
        loss_fn(head(encoder(x)), y).backward()
        for one in optimizers:
            one.step()
        for one in optimizers:
            one.zero_grad()
    ```

    ## Fix
    A clear is put in before the backward that begins the update; where the step is not made in every turn, behind the
    step before, and behind this one too where that stands outside of the loop. It is safe where a turn of the loop is
    one backward and one step of an optimizer that is built in sight, and nothing else touches gradients there;
    otherwise it is unsafe. None is offered for a step with a closure, nor behind one in a conditional expression or a
    comprehension, nor where another optimizer is cleared that does not step: the step may have been meant for that.

    ## Limits
    Where only some turns clear, only a run can tell:
    ```python
    for i, (x, y) in enumerate(loader):
        if i == 0:
            optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()  # error: run only
    ```
    Where a part of the network is cleared, only a run can tell that the rest is not:
    ```python
    encoder, head = torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=0.1)
    for x, y in loader:
        encoder.zero_grad()
        loss_fn(head(encoder(x)), y).backward()
        optimizer.step()  # error: run only
    ```
    """
    if step.gradients is not Gradients.MIXED or step.loop is None:
        return
    assert step.cause is not None, "gradients are mixed with those that a step has applied"
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
        mends=tuple(mends(step, step.cause)),
    )


def mends(step: Step, applied: Event) -> Iterator[Mend]:
    """Yield the ways to clear: before the backward with which the update begins, or else behind the step before.

    Where a step is not made in every turn, gradients are added up on purpose, and have to stay until it is. What
    another step behind the loop has applied is cleared there, and what this one applies behind this one. Where another
    optimizer is cleared and never steps, this step may have been meant for it.
    """
    first = step.beginning(step.event)
    if first is not None and not any(cleared_in_vain(step)):
        if step.ends(first):
            yield Clear(step.event, before=first, safe=step.is_all_that_follows(first))
        before = applied if applied.touches(step.optimizer) else step.event
        cleared = any(one.touches(step.optimizer) for one in step.event.following(Op.CLEAR))
        yield Clear(before, also=() if cleared or step.loop in before.loops() else (step.event,))


def cleared_in_vain(step: Step) -> Iterator[Optimizer]:
    """Yield the optimizers that are cleared in the loop around a step, and do not step there."""
    assert step.loop is not None, "only a step in a loop applies gradients again"
    for clear in step.loop.events(Op.CLEAR):
        yield from (one for one in clear.optimizers or () if not step.loop.has(Op.STEP, one))
