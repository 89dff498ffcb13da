"""Schedulers that move before their optimizer has stepped."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Move, Op, ScheduleStep, Violation, rule


@rule("LL202")
def scheduler_before_optimizer(schedule: ScheduleStep) -> Iterator[Violation]:
    """
    ## What it does
    Finds a `scheduler.step()` that comes before the step of its own optimizer.

    ## Why is this bad?
    The first value of the schedule is never used, and every later one comes a turn too early. A warm-up starts at its
    second step; a decay sets in an epoch before its time. Results cannot be compared with those of the right order.

    ## Bad
    At the top of the epoch loop, as it was done before PyTorch 1.1:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        scheduler.step()  # error
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    ```
    In the same iteration:
    ```python
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=24)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            scheduler.step()  # error
            optimizer.step()
    ```
    At the top of the iteration:
    ```python
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.95**step)
    for x, y in loader:
        scheduler.step()  # error
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    Each function in itself is right:
    ```python
    def train_epoch(model, loader, optimizer):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()

    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        scheduler.step()  # error
        train_epoch(model, loader, optimizer)
    ```
    In a loop that only shows what a schedule does, without its first value:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    rates = []
    for epoch in range(4):
        scheduler.step()  # error
        optimizer.step()
        rates.append(scheduler.get_last_lr())
    ```
    In one of two phases, at the top, as tutorials had it:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        for phase in ["train", "val"]:
            if phase == "train":
                scheduler.step()  # error
                model.train()
            for x, y in loader if phase == "train" else val_loader:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    loss = loss_fn(model(x), y)
                if phase == "train":
                    loss.backward()
                    optimizer.step()
    ```
    Two optimizers, and one of the schedulers comes before its own:
    ```python
    encoder, head = torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)
    encoder_optimizer = torch.optim.SGD(encoder.parameters(), lr=0.1)
    head_optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    encoder_scheduler = torch.optim.lr_scheduler.LambdaLR(encoder_optimizer, lambda step: 0.99**step)
    head_scheduler = torch.optim.lr_scheduler.LambdaLR(head_optimizer, lambda step: 0.99**step)
    for x, y in loader:
        encoder_optimizer.zero_grad()
        head_optimizer.zero_grad()
        loss_fn(head(encoder(x)), y).backward()
        encoder_optimizer.step()
        encoder_scheduler.step()
        head_scheduler.step()  # error
        head_optimizer.step()
    ```

    ## Good
    After the batches of the epoch:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    ```
    After the step of the iteration:
    ```python
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.95**step)
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        scheduler.step()
    ```
    A `GradScaler` that skips a step whose gradients are infinite, as it often does the first:
    ```python
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.95**step)
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(1e6 * loss_fn(model(x), y)).backward()
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
    ```
    A training that is resumed moves its scheduler on to where it was:
    ```python
    start_epoch = 3
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for _ in range(start_epoch):
        scheduler.step()
    for epoch in range(start_epoch, 6):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
    ```
    Or leaves out the first move:
    ```python
    start_epoch = 0
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(start_epoch, 4):
        if epoch > 0:
            scheduler.step()
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    ```
    A plateau skips no value of a schedule: its first move only says what the later ones are compared with:
    ```python
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
    for epoch in range(4):
        with torch.no_grad():
            val_loss = sum(loss_fn(model(x), y).item() for x, y in val_loader)
        scheduler.step(val_loss)
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    ```
    Behind a condition that is another one for the step:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        for phase in ["train", "val"]:
            if phase == "val":
                scheduler.step()
            for x, y in loader if phase == "train" else val_loader:
                loss = loss_fn(model(x), y)
                if phase == "train":
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
    ```
    An explicit epoch:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        scheduler.step(epoch)
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    ```
    Between two steps of one iteration:
    ```python
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.99**step)
    for x, y in loader:
        for xs, ys in zip(x.chunk(2), y.chunk(2)):
            optimizer.zero_grad()
            loss_fn(model(xs), ys).backward()
            optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    The scheduler of another optimizer:
    ```python
    encoder, head = torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)
    encoder_optimizer = torch.optim.SGD(encoder.parameters(), lr=0.1)
    head_optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.LambdaLR(encoder_optimizer, lambda step: 0.99**step)
    for x, y in loader:
        encoder_optimizer.zero_grad()
        head_optimizer.zero_grad()
        loss_fn(head(encoder(x)), y).backward()
        encoder_optimizer.step()
        scheduler.step()
        head_optimizer.step()
    ```

    Two lines that show what a schedule does, with no training around them:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)
    scheduler.step()
    optimizer.step()
    rates = scheduler.get_last_lr()
    ```

    ## Fix
    The statement is moved behind the step of the optimizer, or the loop or call that holds it. As results change, it is
    unsafe.

    ## Limits
    A scheduler whose state was loaded is not judged in a run: there the training may have begun before.
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    scheduler.load_state_dict(scheduler.state_dict())
    for epoch in range(4):
        scheduler.step()  # error: source only
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    ```
    Behind a condition that changes from turn to turn, only a run can tell:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        if epoch % 2 == 0:
            scheduler.step()  # error: run only
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    ```
    """
    if schedule.stepped or schedule.later is None or schedule.guarded:
        return
    if schedule.scheduler.managed or schedule.event.method == "epoch":
        return
    if "Plateau" in schedule.scheduler.kind:
        return  # it skips no rate: its first move only sets what later ones are compared with
    around = schedule.event.loops()
    if not around and not schedule.trains:
        return  # two lines on their own are a demonstration
    if around and not around[0].has(Op.STEP, schedule.optimizer):
        return  # a loop of its own moves it on to where an earlier training was left
    yield Violation(
        f"`{schedule.event.text}` comes before `{schedule.later.text}`: the first learning rate is skipped",
        at=schedule.event,
        help=f"move `{schedule.event.text}` behind `{schedule.later.text}`",
        related=((schedule.later, "the optimizer steps here"),),
        optimizer=schedule.optimizer,
        mends=(Move((schedule.event,), behind=schedule.later),),
    )
