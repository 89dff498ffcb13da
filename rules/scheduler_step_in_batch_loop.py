"""Schedulers made to move once per epoch that move once per batch."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Cadence, Loop, LoopKind, Move, Op, Violation, rule


@rule("LL201")
def scheduler_step_in_batch_loop(loop: Loop) -> Iterator[Violation]:
    """
    ## What it does
    Finds a scheduler whose settings count epochs and whose `step()` runs for each batch.

    ## Why is this bad?
    The schedule runs through within the first epochs, and the rest of the training has hardly any learning rate. The
    curve flattens early, as if the model had learnt all it can.

    ## Bad
    A step size in epochs:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
    for epoch in range(6):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()  # error
    ```
    Milestones in epochs:
    ```python
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[2, 4])
    for epoch in range(6):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()  # error
    ```
    Milestones at parts of the epochs:
    ```python
    epochs = int("6")
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[int(0.5 * epochs), int(0.75 * epochs)])
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()  # error
    ```
    Milestones that are worked out before:
    ```python
    epochs = int("6")
    milestones = [epochs // 2, int(0.8 * epochs)]
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones)
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()  # error
    ```
    A warm-up in front of a cosine over the epochs:
    ```python
    epochs = 6
    scheduler = torch.optim.lr_scheduler.SequentialLR(
        optimizer,
        [
            torch.optim.lr_scheduler.LinearLR(optimizer, total_iters=2),
            torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs - 2),
        ],
        milestones=[2],
    )
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()  # error: source only
    ```
    A decay that is meant for an epoch, beside a warm-up that counts steps:
    ```python
    warm_up = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 10))
    decay = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    for epoch in range(6):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            warm_up.step()
            decay.step()  # error
    ```
    For each batch, and once per epoch as well:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(6):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()  # error
        scheduler.step()
    ```
    A cosine over the epochs:
    ```python
    epochs = 4
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()  # error
    ```
    A plateau that is measured on single batches:
    ```python
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=3)
    for epoch in range(6):
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            scheduler.step(loss.item())  # error
    ```
    In a function for each epoch:
    ```python
    def train_epoch(model, loader, optimizer, scheduler):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()  # error

    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(6):
        train_epoch(model, loader, optimizer, scheduler)
    ```

    ## Good
    Once per epoch:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    ```
    Several moves at once, with a schedule in half epochs:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=4)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        for _ in range(2):
            scheduler.step()
    ```
    A schedule that counts steps:
    ```python
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, epochs=4, steps_per_epoch=len(loader))
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()
    ```
    A cycle of so many steps:
    ```python
    scheduler = torch.optim.lr_scheduler.CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=8)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()
    ```
    A warm-up of one's own:
    ```python
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 10))
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()
    ```
    Training that counts iterations and not epochs:
    ```python
    from itertools import cycle, islice

    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[4, 8])
    for x, y in islice(cycle(loader), 12):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        scheduler.step()
    ```
    Settings that can only count iterations:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30_000)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()
    ```
    A horizon that is computed from the length of the loader:
    ```python
    epochs = 4
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(loader))
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()
    ```
    A step size that is computed from it:
    ```python
    batches = len(loader)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2 * batches)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()
    ```
    Milestones at parts of all the steps:
    ```python
    epochs = 4
    total = epochs * len(loader)
    milestones = [total // 2, int(0.75 * total)]
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones)
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step()
    ```
    All the data is one batch:
    ```python
    x, y = dataset.tensors
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5)
    for epoch in range(20):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        scheduler.step()
    ```
    A fraction of an epoch, given with each batch:
    ```python
    scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
    for epoch in range(4):
        for i, (x, y) in enumerate(loader):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step(epoch + i / len(loader))
    ```
    The same, with any other schedule:
    ```python
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    for epoch in range(4):
        for i, (x, y) in enumerate(loader):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            scheduler.step(epoch + i / len(loader))
    ```
    A plateau of the mean over the last batches, as soon as there are three:
    ```python
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=10)
    for epoch in range(2):
        losses = []
        for i, (x, y) in enumerate(torch.utils.data.DataLoader(dataset)):
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            if i >= 2:
                scheduler.step(sum(losses[-3:]) / 3)
    ```
    A validation every so many batches:
    ```python
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
    for epoch in range(4):
        for i, (x, y) in enumerate(loader):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            if (i + 1) % 3 == 0:
                model.eval()
                with torch.no_grad():
                    val_loss = sum(loss_fn(model(a), b).item() for a, b in val_loader)
                model.train()
                scheduler.step(val_loss)
    ```

    ## Fix
    The statement is moved behind the batch loop. As results change, it is unsafe. None is offered where it is given
    something of the batch, or the scheduler moves once per epoch as well.

    ## Limits
    Of the schedulers that a framework moves itself, only those are judged that a `LightningModule` returns with their
    `interval`, and only from source.
    """
    epochs = loop.outer(LoopKind.EPOCH)
    if loop.kind is not LoopKind.BATCH or epochs is None:
        return
    for event in loop.own(Op.SCHEDULE):
        scheduler = event.scheduler
        if scheduler is None or scheduler.cadence is not Cadence.EPOCH or event.method == "epoch":
            continue
        # Source shows a condition that varies, a run the turns that were left out.
        if any(branch.varies_in(loop) for branch in event.conditions(loop)):
            continue
        if not all(any(one.scheduler is scheduler for one in turn.events(Op.SCHEDULE)) for turn in loop.turns):
            continue
        made = f"{scheduler.kind}({scheduler.evidence})" if scheduler.evidence else scheduler.kind
        others = [one for one in epochs.events(Op.SCHEDULE) if one.scheduler is scheduler and one is not event]
        mends = () if others else (Move((event,), behind=loop),)
        verb, mend = "runs", f"call `{event.text}` once per epoch, behind the batch loop"
        if event.setting:
            verb, mend = "moves", f'give it `"{event.setting}": "epoch"`'
        yield Violation(
            f"`{event.text}` {verb} for each batch, but `{made}` counts epochs",
            at=event,
            help=mend,
            optimizer=scheduler.optimizer,
            mends=mends,
        )
