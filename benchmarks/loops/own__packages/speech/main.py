"""Recognize speech."""

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from trainer import Trainer


def main(train_loader, val_loader):
    model = nn.Sequential(nn.Linear(80, 256), nn.GELU(), nn.Linear(256, 29))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
    trainer = Trainer(model, nn.CTCLoss(blank=28), optimizer, scheduler, (train_loader, val_loader))
    trainer.fit(50)
    return trainer.history
