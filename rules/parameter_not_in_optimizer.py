"""Parameters that are given gradients, and to no optimizer."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Outsiders, Violation, listed, rule


@rule("LL604", reads=False, times=0)
def parameter_not_in_optimizer(outsiders: Outsiders) -> Iterator[Violation]:
    """
    ## What it does
    Finds parameters of a module in training that receive gradients and that no optimizer has, while the greater part of
    the module is in one.

    ## Why is this bad?
    They keep their initial values, while their gradients are computed, take memory and grow. It is what becomes of a
    layer that is replaced or added after the optimizer was built.

    ## Bad
    A head that is replaced after the optimizer was built:
    ```python
    net = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.ReLU(), torch.nn.Linear(4, 4), torch.nn.Linear(4, 9))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net[3] = torch.nn.Linear(4, 1)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(net(x), y).backward()
            optimizer.step()  # error: run only
    ```

    ## Good
    The optimizer is built when the model is complete:
    ```python
    net = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.ReLU(), torch.nn.Linear(4, 9))
    net[2] = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(net(x), y).backward()
            optimizer.step()
    ```
    Each part has an optimizer of its own:
    ```python
    net = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Linear(4, 1))
    optimizers = [torch.optim.SGD(part.parameters(), lr=0.1) for part in net]
    for epoch in range(4):
        for x, y in loader:
            for one in optimizers:
                one.zero_grad()
            loss_fn(net(x), y).backward()
            for one in optimizers:
                one.step()
    ```
    A part in evaluation mode, such as the network of a perceptual loss, is not in training:
    ```python
    net = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.ReLU(), torch.nn.Linear(4, 4), torch.nn.Linear(4, 1))
    net[3].eval()
    optimizer = torch.optim.SGD([p for part in net[:3] for p in part.parameters()], lr=0.1)
    for epoch in range(4):
        for x, y in loader:
            net[3].zero_grad()
            optimizer.zero_grad()
            loss_fn(net(x), y).backward()
            optimizer.step()
    ```
    Only the head is trained, and the body is most of the model:
    ```python
    net = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.ReLU(), torch.nn.Linear(4, 4), torch.nn.Linear(4, 1))
    optimizer = torch.optim.SGD(net[3].parameters(), lr=0.1)
    for epoch in range(4):
        for x, y in loader:
            net.zero_grad()
            loss_fn(net(x), y).backward()
            optimizer.step()
    ```

    ## Limits
    It is told from a run of at least twenty steps only.
    """
    yield Violation(
        f"gradients are computed for {listed(outsiders.names)} of `{outsiders.module}`, which no optimizer has",
        at=outsiders.event,
        help=f"give them to `{outsiders.optimizer.name}`, or freeze them with `requires_grad_(False)`",
        optimizer=outsiders.optimizer,
    )
