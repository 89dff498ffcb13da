"""Parameters that an optimizer has and that no backward ever reaches."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Untrained, Violation, listed, rule


@rule("LL601", reads=False, times=0)
def parameter_without_gradient(untrained: Untrained) -> Iterator[Violation]:
    """
    ## What it does
    Finds trainable parameters of an optimizer that have had no gradient in the whole run, while others had.

    ## Why is this bad?
    They keep their initial values. A layer that the forward pass leaves out, an output that the loss does not use or a
    branch cut off by `detach()` looks like a part of the model and learns nothing.

    ## Bad
    A layer that the forward pass leaves out:
    ```python
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = torch.nn.Linear(2, 4)
            self.extra = torch.nn.Linear(4, 4)
            self.head = torch.nn.Linear(4, 1)

        def forward(self, x):
            return self.head(self.body(x).relu())

    net = Net()
    optimizer = torch.optim.Adam(net.parameters())
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(net(x), y).backward()
            optimizer.step()  # error: run only
    ```

    ## Good
    Every parameter has a part in the loss:
    ```python
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    ```
    Parameters that are frozen on purpose say so:
    ```python
    net = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Linear(4, 1))
    net[0].requires_grad_(False)
    optimizer = torch.optim.Adam(net.parameters())
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(net(x), y).backward()
            optimizer.step()
    ```
    A head that has its turn now and then:
    ```python
    body = torch.nn.Linear(2, 4)
    heads = [torch.nn.Linear(4, 1) for _ in range(5)]
    optimizer = torch.optim.Adam([p for part in (body, *heads) for p in part.parameters()])
    for epoch in range(4):
        for i, (x, y) in enumerate(loader):
            optimizer.zero_grad()
            loss_fn(heads[i % 5](body(x)), y).backward()
            optimizer.step()
    ```

    ## Limits
    It is told at the end of a run of at least twenty steps.
    ```python
    net = torch.nn.ModuleList([torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)])
    optimizer = torch.optim.Adam(net.parameters())
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(net[0](x), y).backward()
        optimizer.step()
    ```
    """
    yield Violation(
        f"{listed(untrained.names)} got no gradient in {untrained.steps} steps of `{untrained.optimizer.name}`",
        at=untrained.event,
        help="see that the loss depends on them, or freeze them with `requires_grad_(False)`",
        optimizer=untrained.optimizer,
    )
