"""One epoch of training, and one of evaluation."""

import torch
from torch import nn


def train_one_epoch(model, loader, optimizer, device, epoch, print_freq=100):
    model.train()
    criterion = nn.CrossEntropyLoss()
    running = 0.0
    for i, (images, labels) in enumerate(loader):
        images, labels = images.to(device), labels.to(device)
        outputs = model(images)
        loss = criterion(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
        if i % print_freq == 0:
            print(f"epoch {epoch} batch {i} loss {running / (i + 1):.3f}")
    return running / len(loader)


@torch.no_grad()
def evaluate(model, loader, device):
    model.eval()
    right = 0
    for images, labels in loader:
        right += (model(images.to(device)).argmax(1).cpu() == labels).sum().item()
    return right / len(loader.dataset)
