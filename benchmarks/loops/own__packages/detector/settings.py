"""What the detector is trained with."""

import torch


def optimizer_for(model):
    weights = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.SGD(weights, lr=0.02, momentum=0.9, weight_decay=1e-4)


def schedule_for(optimizer):
    return torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[16, 22], gamma=0.1)
