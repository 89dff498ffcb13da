"""A backward that reaches none of the parameters an optimizer has."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Gradients, Step, Violation, rule


@rule("LL602", reads=False, times=10)
def gradients_never_reach_optimizer(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    Finds an optimizer that steps behind a backward and none of whose parameters has ever had a gradient.

    ## Why is this bad?
    The step has nothing to apply: what the optimizer was given does not move. It was built for another network than
    the one that is trained, or the loss is cut off from it by a `detach()`, a `no_grad()` or a copy.

    ## Bad
    It was built for another network:
    ```python
    teacher, student = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    teacher_optimizer = torch.optim.SGD(teacher.parameters(), lr=0.1)
    student_optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
    for x, y in loader:
        teacher_optimizer.zero_grad()
        student_optimizer.zero_grad()
        loss_fn(student(x), y).backward()
        teacher_optimizer.step()  # error: run only
        student_optimizer.step()
    ```
    The loss is cut off from it:
    ```python
    encoder, head = torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)
    encoder_optimizer = torch.optim.Adam(encoder.parameters())
    head_optimizer = torch.optim.Adam(head.parameters())
    for epoch in range(2):
        for x, y in loader:
            encoder_optimizer.zero_grad()
            head_optimizer.zero_grad()
            loss_fn(head(encoder(x).detach()), y).backward()
            head_optimizer.step()
            encoder_optimizer.step()  # error: run only
    ```
    The network was copied after the optimizer was built:
    ```python
    import copy

    trained = copy.deepcopy(model)
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(trained(x), y).backward()
        optimizer.step()  # error: run only
    ```

    ## Good
    Each optimizer has the parameters of the network that is trained:
    ```python
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    ```
    One of two networks has its turn every other batch, and both step:
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
    Steps without any backward, which only move a schedule, to see what it does:
    ```python
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    rates = []
    for x, y in loader:
        optimizer.zero_grad()
        optimizer.step()
        scheduler.step()
        rates.append(scheduler.get_last_lr())
    ```
    An optimizer that has to wait is not stepped:
    ```python
    warm_up, rest = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    warm_up_optimizer = torch.optim.SGD(warm_up.parameters(), lr=0.1)
    rest_optimizer = torch.optim.SGD(rest.parameters(), lr=0.1)
    for epoch in range(2):
        trained, chosen = (warm_up, warm_up_optimizer) if epoch == 0 else (rest, rest_optimizer)
        for x, y in loader:
            chosen.zero_grad()
            loss_fn(trained(x), y).backward()
            chosen.step()
    ```

    ## Limits
    It is told from a run only, for which parameters a backward reaches no text shows; and in a loop over a loader only:
    ```python
    teacher, student = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    teacher_optimizer = torch.optim.SGD(teacher.parameters(), lr=0.1)
    student_optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
    x, y = dataset.tensors
    for epoch in range(20):
        teacher_optimizer.zero_grad()
        student_optimizer.zero_grad()
        loss_fn(student(x), y).backward()
        teacher_optimizer.step()
        student_optimizer.step()
    ```
    """
    if step.gradients is not Gradients.CLEAN or step.ever_fed or not step.missed or not step.per_batch:
        return
    yield Violation(
        f"`{step.event.text}` has nothing to apply: the backward reaches no parameter of `{step.optimizer.name}`",
        at=step.event,
        help=f"build `{step.optimizer.name}` with the parameters that the loss is computed from",
        related=((step.missed[-1], "the gradients are computed here, for others"),),
        optimizer=step.optimizer,
    )
