"""Predict the next value of a series."""

import numpy as np
import torch
from torch import nn


class Forecaster(nn.Module):
    def __init__(self, hidden=50):
        super().__init__()
        self.rnn = nn.LSTM(1, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1])


def windows(series, width):
    return np.stack([series[i : i + width + 1] for i in range(len(series) - width)])


def train(series, width=20, epochs=150, batch_size=32):
    data = torch.as_tensor(windows(series, width), dtype=torch.float32).unsqueeze(-1)
    model = Forecaster()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=50, gamma=0.2)
    losses = []
    for _ in range(epochs):
        order = torch.randperm(len(data))
        for start in range(0, len(data), batch_size):
            batch = data[order[start : start + batch_size]]
            prediction = model(batch[:, :-1])
            loss = torch.nn.functional.mse_loss(prediction, batch[:, -1])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_value_(model.parameters(), 0.5)
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
    return model, losses
