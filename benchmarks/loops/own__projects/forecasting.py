"""Series of measurements, and what comes next in them."""

import numpy as np
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import ExponentialLR, MultiStepLR, ReduceLROnPlateau, StepLR


class EarlyStopping:
    def __init__(self, patience=7):
        self.patience, self.best, self.waited, self.stop = patience, np.inf, 0, False

    def __call__(self, loss):
        self.waited = 0 if loss < self.best else self.waited + 1
        self.best = min(self.best, loss)
        self.stop = self.waited >= self.patience


def with_patience(model, train_loader, vali_loader, train_epochs):
    early_stopping = EarlyStopping()
    model_optim = torch.optim.Adam(model.parameters(), lr=1e-4)
    plateau = ReduceLROnPlateau(model_optim, mode="min", factor=0.5, patience=2)
    criterion = nn.MSELoss()
    for epoch in range(train_epochs):
        train_loss = []
        model.train()
        for i, (batch_x, batch_y, batch_x_mark, batch_y_mark) in enumerate(train_loader):
            model_optim.zero_grad()
            outputs = model(batch_x.float(), batch_x_mark.float(), batch_y_mark.float())
            loss = criterion(outputs[:, -24:], batch_y[:, -24:])
            train_loss.append(loss.item())
            loss.backward()
            model_optim.step()
        model.eval()
        with torch.no_grad():
            vali_loss = np.mean([criterion(model(x, a, b)[:, -24:], y[:, -24:]).item() for x, y, a, b in vali_loader])
        plateau.step(vali_loss)
        early_stopping(vali_loss)
        if early_stopping.stop:
            print("Early stopping")
            break


def lstm(train_data, net, hidden_size):
    h = torch.zeros(1, 32, hidden_size)
    optimiser = torch.optim.RMSprop(net.parameters(), lr=0.01)
    decay = ExponentialLR(optimiser, gamma=0.95)
    mse = nn.MSELoss()
    for e in range(50):
        hist = 0
        for seq, label in train_data:
            optimiser.zero_grad()
            pred, _ = net(seq, h)
            err = mse(pred, label)
            err.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5)
            optimiser.step()
            hist += err.item()
        decay.step()
        if e % 5 == 0:
            print(e, hist)


def windows(model, data, targets, window=48, batch_size=64, epochs=30):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    scheduler = StepLR(optimizer, 10, 0.3)
    for epoch in range(epochs):
        permutation = torch.randperm(len(data) - window)
        for start in range(0, len(permutation), batch_size):
            index = permutation[start : start + batch_size]
            x = torch.stack([data[i : i + window] for i in index])
            loss = ((model(x) - targets[index]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()


def folds(build, splits, loader_of):
    scores = []
    for fold, (train_index, test_index) in enumerate(splits):
        model = build()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        scheduler = MultiStepLR(optimizer, milestones=[15, 25], gamma=0.2)
        for epoch in range(30):
            model.train()
            for x, y in loader_of(train_index):
                loss = nn.functional.l1_loss(model(x).squeeze(-1), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            scheduler.step()
        model.eval()
        with torch.no_grad():
            scores.append(
                np.mean([nn.functional.l1_loss(model(x).squeeze(-1), y).item() for x, y in loader_of(test_index)])
            )
    return scores
