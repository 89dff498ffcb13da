"""Steps that come before the backward meant for them."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Event, Gradients, Move, Op, Step, Violation, rule

NOTHING_NEW = (Gradients.CLEAN, Gradients.ERASED, Gradients.USED, Gradients.MIXED)


@rule("LL102")
def step_before_backward(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    Finds an optimizer that steps before the backward of the same iteration.

    ## Why is this bad?
    The step finds no gradients, or those that an earlier step has applied; the ones computed after it are lost, or
    applied a batch late. The loss moves little or not at all, and the model is blamed for it.

    ## Bad
    The two lines are swapped:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        optimizer.step()  # error
        loss.backward()
    ```
    What the backward computes is cleared before the next step:
    ```python
    for x, y in loader:
        loss = loss_fn(model(x), y)
        optimizer.step()  # error
        loss.backward()
        optimizer.zero_grad()
    ```
    Nothing clears the gradients either:
    ```python
    for x, y in loader:
        loss = loss_fn(model(x), y)
        optimizer.step()  # error
        loss.backward()
    ```
    One of two optimizers comes too early:
    ```python
    encoder, head = torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)
    encoder_optimizer = torch.optim.SGD(encoder.parameters(), lr=0.1)
    head_optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    for x, y in loader:
        encoder_optimizer.zero_grad()
        head_optimizer.zero_grad()
        loss = loss_fn(head(encoder(x)), y)
        encoder_optimizer.step()  # error
        loss.backward()
        head_optimizer.step()
    ```
    One step too many, before the backward:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        optimizer.step()  # error
        loss.backward()
        optimizer.step()
    ```
    One step too many, at the top of the loop:
    ```python
    for x, y in loader:
        optimizer.step()  # error
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    The gradients are cleared at the end, and code that cannot be read has the optimizer:
    ```python
    import operator

    describe = operator.methodcaller("state_dict")
    for x, y in loader:
        optimizer.step()  # error
        loss_fn(model(x), y).backward()
        optimizer.zero_grad()
        state = describe(optimizer)
    ```
    In a function that is called for each batch:
    ```python
    def train_step(x, y):
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        optimizer.step()  # error
        loss.backward()
        return loss.item()

    for epoch in range(2):
        for x, y in loader:
            train_step(x, y)
    ```
    In both branches the backward comes last:
    ```python
    l1 = torch.nn.L1Loss()
    robust = True
    for x, y in loader:
        optimizer.zero_grad()
        if robust:
            loss = l1(model(x), y)
        else:
            loss = loss_fn(model(x), y)
        optimizer.step()  # error
        loss.backward()
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
    The step at the top applies what the turns before have gathered:
    ```python
    for i, (x, y) in enumerate(loader):
        if i > 0 and i % 2 == 0:
            optimizer.step()
            optimizer.zero_grad()
        (loss_fn(model(x), y) / 2).backward()
    optimizer.step()
    optimizer.zero_grad()
    ```
    An update that is a batch late on purpose:
    ```python
    for x, y in loader:
        optimizer.step()
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
    ```
    Alternating updates: the backward that follows is another optimizer's:
    ```python
    actor, critic = torch.nn.Linear(2, 1), torch.nn.Linear(3, 1)
    actor_optimizer = torch.optim.Adam(actor.parameters())
    critic_optimizer = torch.optim.Adam(critic.parameters())
    for i, (state, reward) in enumerate(loader):
        critic_optimizer.zero_grad()
        value = critic(torch.cat([state, actor(state).detach()], dim=1))
        loss_fn(value, reward).backward()
        critic_optimizer.step()
        if i % 2 == 0:
            actor_optimizer.zero_grad()
            (-critic(torch.cat([state, actor(state)], dim=1)).mean()).backward()
            actor_optimizer.step()
    ```
    One step before the training, so that a scheduler does not complain:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    optimizer.zero_grad()
    optimizer.step()
    scheduler.step()
    for epoch in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    ```
    The same in each of several trainings:
    ```python
    for fold in range(2):
        model = torch.nn.Linear(2, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
        optimizer.zero_grad()
        optimizer.step()
        scheduler.step()
        for epoch in range(2):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
            scheduler.step()
    ```
    A comment that names the step first:
    ```python
    for x, y in loader:
        # Step 1. Clear the gradients: PyTorch accumulates them.
        optimizer.zero_grad()
        # Step 2. Compute the loss and the gradients, and update the parameters by calling optimizer.step()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    ```
    Sharpness-aware minimization steps twice, each time on a backward of its own:
    ```python
    class SAM(torch.optim.SGD):
        @torch.no_grad()
        def first_step(self):
            for group in self.param_groups:
                for p in group["params"]:
                    self.state[p]["moved"] = 0.05 * p.grad
                    p.add_(self.state[p]["moved"])
            self.zero_grad()

        @torch.no_grad()
        def second_step(self):
            for group in self.param_groups:
                for p in group["params"]:
                    p.sub_(self.state[p]["moved"])
            self.step()
            self.zero_grad()

    optimizer = SAM(model.parameters(), lr=0.1)
    for x, y in loader:
        loss_fn(model(x), y).backward()
        optimizer.first_step()
        loss_fn(model(x), y).backward()
        optimizer.second_step()
    ```

    ## Fix
    The step is moved behind the backward, and behind what clips the gradients there. As results change, it is unsafe.
    None is offered where a step stands there already, or nothing clears the gradients.

    ## Limits
    A step too many behind one that was due is none that comes too early, whatever follows it:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        optimizer.step()
        optimizer.zero_grad()
        loss_fn(model(x), -y).backward()
        optimizer.step()
    ```
    Where the gradients are cleared in some turns only, only a run can tell:
    ```python
    for i, (x, y) in enumerate(loader):
        loss = loss_fn(model(x), y)
        if i % 2 == 0:
            optimizer.zero_grad()
        optimizer.step()  # error: run only
        loss.backward()
    ```
    """
    early = step.lost or (step.gradients in NOTHING_NEW and not step.fed)
    if not early or step.later is None or not step.repeats or step.primes():
        return
    yield Violation(
        f"`{step.event.text}` comes before the backward whose gradients it should apply",
        at=step.event,
        help=f"move `{step.event.text}` behind `{step.later.text}`",
        related=((step.later, "the gradients are computed here"),),
        optimizer=step.optimizer,
        mends=mends(step, step.later),
    )


def mends(step: Step, backward: Event) -> tuple[Move, ...]:
    """Return how the step comes behind the backward, unless one is there already, or nothing clears the gradients."""
    if step.gradients not in (Gradients.CLEAN, Gradients.ERASED):
        return ()
    again = any(one.touches(step.optimizer) for one in backward.following_in(step.loop, Op.STEP))
    return () if again else (Move((step.event,), behind=backward),)
