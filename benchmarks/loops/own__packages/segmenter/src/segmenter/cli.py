"""`python -m segmenter.cli`."""

import torch

from segmenter.engine import train_one_epoch, validate
from segmenter.schedule import make


def run(model, train_loader, val_loader, settings):
    optimizer, scheduler = make(model, settings)
    scaler = torch.amp.GradScaler()
    best = float("inf")
    for epoch in range(settings["epochs"]):
        train_loss = train_one_epoch(model, train_loader, optimizer, scaler)
        val_loss = validate(model, val_loader)
        scheduler.step(val_loss)
        print(epoch, train_loss, val_loss, optimizer.param_groups[0]["lr"])
        if val_loss < best:
            best = val_loss
            torch.save({"model": model.state_dict(), "epoch": epoch}, "best.pt")
