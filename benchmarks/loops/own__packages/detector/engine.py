"""Epochs and batches of the detector."""

from torch.optim.lr_scheduler import MultiStepLR


def fit(model, loader, optimizer, lr_scheduler: MultiStepLR, epochs, evaluate=None):
    for epoch in range(epochs):
        model.train()
        for images, targets in loader:
            losses = model(images, targets)
            loss = sum(losses.values())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        lr_scheduler.step()
        if evaluate is not None:
            print(epoch, evaluate(model))
