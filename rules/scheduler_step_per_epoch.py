"""Schedulers made to move once per step that move once per epoch."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Cadence, Loop, LoopKind, Op, Violation, rule


@rule("LL203", times=0)
def scheduler_step_per_epoch(loop: Loop) -> Iterator[Violation]:
    """
    ## What it does
    Finds a scheduler whose horizon counts optimizer steps and whose `step()` runs once per epoch.

    ## Why is this bad?
    The schedule hardly begins: a warm-up is still warming up when the training ends, and the decay never comes.

    ## Bad
    The horizon is all the steps there are:
    ```python
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=4 * len(loader))
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()  # error
    ```
    Epochs, and the steps of each:
    ```python
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, epochs=4, steps_per_epoch=len(loader))
    for epoch in range(4):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()  # error
    ```
    A cycle of so many batches:
    ```python
    scheduler = torch.optim.lr_scheduler.CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=2 * len(loader))
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()  # error
    ```
    A cosine over all the steps, beside a warm-up that moves with each of them:
    ```python
    epochs = 4
    warm_up = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 10))
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(loader))
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            warm_up.step()
        cosine.step()  # error: source only
    ```
    A function for each epoch:
    ```python
    def train_epoch(model, loader, optimizer):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()

    steps = 4 * len(loader)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=steps)
    for epoch in range(4):
        train_epoch(model, loader, optimizer)
        scheduler.step()  # error
    ```

    ## Good
    With each step of the optimizer:
    ```python
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=4 * len(loader))
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()
    ```
    The same with batches that no loader makes:
    ```python
    batches = [dataset[i : i + 4] for i in range(0, 24, 4)]
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=4 * len(batches))
    for epoch in range(4):
        for x, y in batches:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()
    ```
    A horizon that is given in epochs:
    ```python
    epochs = 4
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=epochs)
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    ```
    An epoch that makes one step:
    ```python
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
    x, y = dataset.tensors
    for epoch in range(10):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        scheduler.step()
    ```
    A horizon that is the number of turns of this very loop, whatever it is called:
    ```python
    max_iters = int("6")
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=max_iters)
    for turn in range(max_iters):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    ```
    One program for both ways, of which the other is used:
    ```python
    each_batch = len(dataset) > 4
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=4 * len(loader))
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            if each_batch:
                scheduler.step()
        if not each_batch:
            scheduler.step()
    ```
    A loop over the batches of a loader that goes through each of them several times:
    ```python
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=len(loader))
    for xs, ys in loader:
        rollout = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(xs, ys), batch_size=2)
        for x, y in rollout:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    ```
    A scheduler that counts epochs:
    ```python
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    ```

    ## Limits
    A horizon that nothing relates to the loader may be meant for either, and only the run tells:
    ```python
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=24)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()  # error: run only
    ```
    Of the schedulers that a framework moves itself, only those are judged that a `LightningModule` returns, with their
    `interval` or without, and only from source.
    """
    if loop.kind is not LoopKind.EPOCH:
        return
    for event in loop.own(Op.SCHEDULE):
        scheduler = event.scheduler
        if scheduler is None or scheduler.cadence is not Cadence.STEP or scheduler.turns_with(loop):
            continue
        if any(inner.scheduler is scheduler and inner.loops()[0] is not loop for inner in loop.events(Op.SCHEDULE)):
            continue  # it moves with the batches too
        made = f"{scheduler.kind}({scheduler.evidence})" if scheduler.evidence else scheduler.kind
        verb, mend = "runs", f"call `{event.text}` in the batch loop, behind the step of the optimizer"
        if event.setting:
            verb, mend = "moves", f'give it `"{event.setting}": "step"`'
        yield Violation(
            f"`{event.text}` {verb} once per epoch, but `{made}` counts optimizer steps",
            at=event,
            help=mend,
            optimizer=scheduler.optimizer,
        )
