"""The backbone learns more slowly than the head, and an average of the weights is kept."""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel


def train(backbone, head, loader, epochs=60):
    model = nn.Sequential(backbone, head)
    averaged = AveragedModel(model)
    groups = [{"params": backbone.parameters(), "lr": 1e-4}, {"params": head.parameters()}]
    optimizer = torch.optim.SGD(groups, lr=1e-2, momentum=0.9)
    decay = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[20, 40, 50])
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        if epoch >= 40:
            averaged.update_parameters(model)
        decay.step()
    return averaged
