"""A backward for each batch, and one step for all of them."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Event, Loop, Move, Op, Optimizer, Violation, rule


@rule("LL103")
def optimizer_step_outside_batch_loop(loop: Loop) -> Iterator[Violation]:
    """
    ## What it does
    Finds a loop that computes gradients for each batch, and an optimizer that steps once behind the loop.

    ## Why is this bad?
    One step is made where there should be one for each batch. Where the loop also clears the gradients, the step
    applies those of the last batch only, and the others were computed for nothing. An epoch takes as long as ever and
    teaches the model next to nothing.

    ## Bad
    A step that is indented too little:
    ```python
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
        optimizer.step()  # error
    ```
    The clear has moved out with it:
    ```python
    for epoch in range(3):
        for x, y in loader:
            loss_fn(model(x), y).backward()
        optimizer.step()  # error
        optimizer.zero_grad()
    ```
    A single epoch:
    ```python
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
    optimizer.step()  # error
    ```
    Together with the scheduler, and the clear has moved to the top:
    ```python
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(4):
        model.train()
        optimizer.zero_grad()
        for x, y in loader:
            loss_fn(model(x), y).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()  # error
        scheduler.step()
    ```
    One of two optimizers:
    ```python
    encoder, head = torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)
    encoder_optimizer = torch.optim.SGD(encoder.parameters(), lr=0.1)
    head_optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    for epoch in range(3):
        for x, y in loader:
            loss_fn(head(encoder(x)), y).backward()
            head_optimizer.step()
            head_optimizer.zero_grad()
        encoder_optimizer.step()  # error
        head_optimizer.zero_grad()
        encoder_optimizer.zero_grad()
    ```
    Cleared through the model:
    ```python
    for epoch in range(3):
        for x, y in loader:
            model.zero_grad()
            loss_fn(model(x), y).backward()
        optimizer.step()  # error
    ```
    Over a list of batches, cleared for each of them (a run knows the batches of a `DataLoader` only):
    ```python
    batches = [dataset[i : i + 4] for i in range(0, 24, 4)]
    for epoch in range(3):
        for x, y in batches:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
        optimizer.step()  # error: source only
    ```
    The micro-batches of one batch, each of which clears the gradients; nothing calls the function, so nothing runs:
    ```python
    def train(model, dataset, optimizer):
        for x, y in torch.utils.data.DataLoader(dataset, batch_size=8):
            for xs, ys in zip(x.chunk(2), y.chunk(2)):
                loss = loss_fn(model(xs), ys) / 2
                loss.backward()
                optimizer.zero_grad()
                if not torch.isfinite(loss):
                    break
            optimizer.step()  # error: source only
    ```
    A function for each epoch:
    ```python
    def train_epoch(model, loader, optimizer):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
        optimizer.step()  # error

    for epoch in range(3):
        train_epoch(model, loader, optimizer)
    ```
    The loop over the batches can be left early, and the step is repeated:
    ```python
    for epoch in range(3):
        for i, (x, y) in enumerate(loader):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            if i == 4:
                break
        for _ in range(2):
            optimizer.step()  # error
    ```

    ## Good
    A step for each batch:
    ```python
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    ```
    The micro-batches of one batch:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        for xs, ys in zip(x.chunk(2), y.chunk(2)):
            (loss_fn(model(xs), ys) / 2).backward()
        optimizer.step()
    ```
    The tasks of one meta-batch:
    ```python
    for x, y in loader:
        tasks = [(x[:2], y[:2]), (x[2:], y[2:])]
        optimizer.zero_grad()
        for task_x, task_y in tasks:
            loss_fn(model(task_x), task_y).backward()
        optimizer.step()
    ```
    Several heads with optimizers of their own, and one encoder that learns from all of them:
    ```python
    encoder = torch.nn.Linear(2, 4)
    heads = [torch.nn.Linear(4, 1), torch.nn.Linear(4, 1)]
    optimizer = torch.optim.SGD(encoder.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        for head in heads:
            head_optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
            head_optimizer.zero_grad()
            loss_fn(head(encoder(x)), y).backward()
            head_optimizer.step()
        optimizer.step()
    ```
    The time steps of a sequence:
    ```python
    cell, readout = torch.nn.RNNCell(1, 4), torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD([*cell.parameters(), *readout.parameters()], lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        hidden = torch.zeros(len(x), 4)
        for t in range(x.shape[1]):
            hidden = cell(x[:, t : t + 1], hidden.detach())
            loss_fn(readout(hidden), y).backward()
        optimizer.step()
    ```
    A list of losses:
    ```python
    criteria = [torch.nn.MSELoss(), torch.nn.L1Loss()]
    for x, y in loader:
        optimizer.zero_grad()
        prediction = model(x)
        losses = [criterion(prediction, y) for criterion in criteria]
        for loss in losses:
            loss.backward(retain_graph=True)
        optimizer.step()
    ```
    The queries of an attention that is computed in chunks:
    ```python
    attention = torch.nn.MultiheadAttention(2, 1, batch_first=True)
    optimizer = torch.optim.SGD(attention.parameters(), lr=0.1)
    for x, _ in loader:
        optimizer.zero_grad()
        keys = x.unsqueeze(0)
        for queries in keys.split(2, dim=1):
            attended, _ = attention(queries, keys, keys)
            attended.square().mean().backward()
        optimizer.step()
    ```
    What is left over of an accumulation is applied behind the loop, in addition to the steps inside:
    ```python
    for epoch in range(2):
        optimizer.zero_grad()
        for i, (x, y) in enumerate(loader):
            (loss_fn(model(x), y) / 4).backward()
            if (i + 1) % 4 == 0:
                optimizer.step()
                optimizer.zero_grad()
        optimizer.step()
    ```
    A callback that steps for each batch, and a last step behind them:
    ```python
    class StepCallback:
        def __init__(self, optimizer):
            self.optimizer = optimizer

        def after_backward(self):
            self.optimizer.step()
            self.optimizer.zero_grad()

    callbacks = [StepCallback(optimizer)]
    for x, y in loader:
        loss_fn(model(x), y).backward()
        for callback in callbacks:
            callback.after_backward()
    optimizer.step()
    ```
    A validation between the backward and the step of a full batch:
    ```python
    x, y = dataset.tensors
    for epoch in range(3):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        val_loss = 0.0
        for val_x, val_y in val_loader:
            with torch.no_grad():
                val_loss += loss_fn(model(val_x), val_y).item()
        optimizer.step()
    ```
    A pass for statistics of the gradients, gathered by a hook, before the backward that counts:
    ```python
    statistics = []
    model.register_full_backward_hook(lambda module, inputs, outputs: statistics.append(outputs[0].square().mean()))
    x, y = dataset.tensors
    for epoch in range(2):
        for batch, target in loader:
            loss_fn(model(batch), target).backward()
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    Such a pass before a loop that trains, with a backward that cannot be read:
    ```python
    import operator

    differentiate = operator.methodcaller("backward")
    statistics = []
    model.register_full_backward_hook(lambda module, inputs, outputs: statistics.append(outputs[0].square().mean()))
    for x, y in loader:
        loss_fn(model(x), y).backward()
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        differentiate(loss)
        optimizer.step()
    ```
    Gradients that are gathered by hand:
    ```python
    for epoch in range(2):
        gathered = [torch.zeros_like(p) for p in model.parameters()]
        for x, y in loader:
            model.zero_grad()
            loss_fn(model(x), y).backward()
            for total, p in zip(gathered, model.parameters()):
                total += p.grad.sign()
        for total, p in zip(gathered, model.parameters()):
            p.grad = total
        optimizer.step()
    ```
    Gradients of copies of the model, one for each task, written into the model's own:
    ```python
    import copy

    for epoch in range(2):
        optimizer.zero_grad()
        for x, y in loader:
            adapted = copy.deepcopy(model)
            loss_fn(adapted(x), y).backward()
            for p, other in zip(model.parameters(), adapted.parameters()):
                p.grad = other.grad if p.grad is None else p.grad + other.grad
        optimizer.step()
    ```

    A closure that goes over all batches, which L-BFGS needs:
    ```python
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=2)

    def closure():
        optimizer.zero_grad()
        total = 0.0
        for x, y in loader:
            loss = loss_fn(model(x), y)
            loss.backward()
            total += loss.item()
        return total

    for iteration in range(3):
        optimizer.step(closure)
    ```

    A loop that fills the gradients by hand, such as a mean over the batches:
    ```python
    for epoch in range(3):
        for i, (x, y) in enumerate(loader):
            optimizer.zero_grad()
            means = [0.0 * p for p in model.parameters()] if i == 0 else means
            loss_fn(model(x), y).backward()
            for p, mean in zip(model.parameters(), means):
                p.grad = mean + p.grad / len(loader)
        optimizer.step()
    ```
    A step that is made where it cannot be read:
    ```python
    import operator

    advance = operator.methodcaller("step")
    for epoch in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            advance(optimizer)
        optimizer.step()
    ```

    A batch that is tried again until its loss is a number:
    ```python
    for x, y in loader:
        for attempt in range(3):
            optimizer.zero_grad()
            loss = loss_fn(model(x + 0.1 * torch.randn_like(x)), y)
            loss.backward()
            if torch.isfinite(loss):
                break
        optimizer.step()
    ```

    A micro-batch whose loss is no number, for which the others are thrown away:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        for xs, ys in zip(x.chunk(2), y.chunk(2)):
            loss = loss_fn(model(xs), ys) / 2
            loss.backward()
            if not torch.isfinite(loss):
                optimizer.zero_grad()
        optimizer.step()
    ```

    Two trainings one after the other, each with an optimizer of its own:
    ```python
    import operator

    advance = operator.methodcaller("step")

    def train_otherwise(other, loader):
        first = torch.optim.SGD(other.parameters(), lr=0.1)
        for x, y in loader:
            first.zero_grad()
            loss_fn(other(x), y).backward()
            advance(first)

    for repetition in range(2):
        train_otherwise(torch.nn.Linear(2, 1), loader)
        second = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        second.zero_grad()
        second.step()
        for x, y in loader:
            second.zero_grad()
            loss_fn(model(x), y).backward()
            second.step()
    ```

    ## Fix
    The step is moved into the loop, behind the backward and what clips the gradients there, and a clear that follows it
    comes along where there is none in the loop. As results change, it is unsafe.

    ## Limits
    A loop over something that is not known to be a loader may gather micro-batches, and is not judged:
    ```python
    batches = [dataset[i : i + 4] for i in range(0, 24, 4)]
    for epoch in range(3):
        optimizer.zero_grad()
        for x, y in batches:
            loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    From source a backward is taken to reach every optimizer:
    ```python
    encoder, head = torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)
    encoder_optimizer = torch.optim.SGD(encoder.parameters(), lr=0.1)
    head_optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    for epoch in range(3):
        for x, y in loader:
            encoder_optimizer.zero_grad()
            head_optimizer.zero_grad()
            loss_fn(head(encoder(x).detach()), y).backward()
            head_optimizer.step()
        encoder_optimizer.step()  # error: source only
    ```
    Where each batch is given its share, the gradients of all of them are meant, but a run cannot tell:
    ```python
    for epoch in range(3):
        optimizer.zero_grad()
        for x, y in loader:
            loss = loss_fn(model(x), y) / len(loader)
            loss.backward()
        optimizer.step()  # error: run only
    ```
    An endless loop may be left for any reason, and only a run can tell what it was over:
    ```python
    batches = iter(loader)
    while True:
        batch = next(batches, None)
        if batch is None:
            break
        x, y = batch
        loss_fn(model(x), y).backward()
    optimizer.step()  # error: run only
    ```
    """
    if loop.endless:
        return
    built: set[Optimizer] = set()
    for event in loop.following(Op.STEP, Op.BACKWARD, Op.WRITE, Op.BUILD):
        own = event.optimizers or frozenset()
        if event.op is Op.BUILD:
            built |= own
        elif event.op is not Op.STEP:
            return
        elif event.method != "closure" and not any(one.loader and one not in loop.loops() for one in event.loops()):
            # Otherwise it asks for the gradients of all batches itself, or runs for each batch of another loop.
            for optimizer in sorted(own - built, key=lambda one: one.name):
                yield from misplaced(loop, event, optimizer)


def misplaced(loop: Loop, step: Event, optimizer: Optimizer) -> Iterator[Violation]:
    """Yield what is wrong with a step behind a loop: it should stand in there."""
    backwards = [event for event in loop.own(Op.BACKWARD) if event.touches(optimizer)]
    if not backwards or any(loop.has(op, optimizer) for op in (Op.STEP, Op.WRITE, Op.ESCAPE)):
        return
    own = (e for e in loop.own(Op.CLEAR) if e.optimizers and optimizer in e.optimizers and e.certain)
    clears = [event for event in own if event.goes_with(backwards[-1])]
    meant = loop.has(Op.READ, optimizer) or any(event.part for event in backwards)
    if not clears and (not loop.loader or meant):
        return
    last = backwards[-1]
    lost = any(clear in clears for clear in last.following_in(loop, Op.CLEAR))
    if not loop.loader and not lost and loop.can_end_behind(last):
        return  # the last turn may be the one that was sought, and the step is there for its gradients
    related = [(backwards[0], "gradients are computed here, for each batch")]
    related += [(clear, "and cleared here: the step applies those of the last batch only") for clear in clears[:1]]
    yield Violation(
        f"`{step.text}` runs once behind the loop that computes gradients for each batch",
        at=step,
        help=f"move `{step.text}` into the loop, behind the backward",
        related=tuple(related),
        optimizer=optimizer,
        mends=mends(loop, last, step, optimizer),
    )


def mends(loop: Loop, backward: Event, step: Event, optimizer: Optimizer) -> tuple[Move, ...]:
    """Return how the step comes into the loop, with the clear behind it where none is in there already."""
    moved, only = [step], frozenset([optimizer])
    if not loop.has(Op.CLEAR, optimizer):
        moved += [one for one in step.following(Op.CLEAR) if one.optimizers == only][:1]
        if len(moved) == 1:
            return ()
    return (Move(tuple(moved), behind=backward, into=loop),) if step.optimizers == only else ()
