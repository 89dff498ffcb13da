"""A training loop with one mistake, and the same without."""

BAD = """\
import torch

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    loss_fn(model(x), y).backward()
    optimizer.step()
"""
GOOD = f"{BAD}    optimizer.zero_grad()\n"
