"""How the network is optimized."""

import torch
from torch.optim.lr_scheduler import MultiStepLR, StepLR


def build_optimizer(model, name="sgd", lr=0.1):
    if name == "adam":
        return torch.optim.Adam(model.parameters(), lr=lr)
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)


def build_scheduler(optimizer, milestones=None):
    if milestones:
        return MultiStepLR(optimizer, milestones=[30, 60, 80], gamma=0.2)
    return StepLR(optimizer, step_size=30)
