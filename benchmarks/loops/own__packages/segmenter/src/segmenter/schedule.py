"""Optimizer and schedule, by the settings."""

from torch import optim
from torch.optim import lr_scheduler


def make(model, settings):
    optimizer = optim.AdamW(model.parameters(), lr=settings["lr"], weight_decay=1e-4)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, mode="min", factor=0.1, patience=5)
    return optimizer, scheduler
