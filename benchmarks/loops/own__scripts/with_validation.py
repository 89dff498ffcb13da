"""A plateau of the validation's loss, early stopping, and a checkpoint."""

import torch
from torch import nn


def run_epoch(model, loader, criterion, optimizer=None):
    training = optimizer is not None
    model.train(training)
    total, count = 0.0, 0
    for x, y in loader:
        loss = criterion(model(x), y)
        if training:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


def fit(model, train_loader, val_loader, patience=10):
    criterion = nn.SmoothL1Loss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min", factor=0.3, patience=3)
    best, waited = float("inf"), 0
    for epoch in range(200):
        train_loss = run_epoch(model, train_loader, criterion, optimizer)
        with torch.no_grad():
            val_loss = run_epoch(model, val_loader, criterion)
        scheduler.step(val_loss)
        print(epoch, train_loss, val_loss)
        if val_loss < best:
            best, waited = val_loss, 0
            torch.save(model.state_dict(), "best.pt")
        else:
            waited += 1
            if waited > patience:
                break
    return best
