"""Fit a curve. Gradients are computed for every batch, and the optimizer steps once an epoch, on the last batch's."""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def sine_data(size=400):
    x = torch.linspace(-math.pi, math.pi, size).unsqueeze(1)
    return TensorDataset(x, x.sin() + 0.1 * torch.randn_like(x))


def mean_loss(model, loader, criterion):
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in loader:
            total += criterion(model(x), y).item() * len(x)
    return total / len(loader.dataset)


def train(model, train_loader, valid_loader, epochs=3, lr=1e-2):
    criterion = nn.SmoothL1Loss()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    best, patience = float("inf"), 0

    for epoch in range(epochs):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
        optimizer.step()

        valid = mean_loss(model, valid_loader, criterion)
        print(f"epoch {epoch}: train {loss.item():.4f}, valid {valid:.4f}")
        if valid < best:
            best, patience = valid, 0
        else:
            patience += 1
        if patience > 5:
            break
    return best


def main():
    train_set, valid_set = random_split(sine_data(), [0.8, 0.2])
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    valid_loader = DataLoader(valid_set, batch_size=64)
    model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))
    best = train(model, train_loader, valid_loader)
    print(f"best validation loss: {best:.4f}")


if __name__ == "__main__":
    main()
