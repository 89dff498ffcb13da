"""Schedules of a script whose epoch is a function."""

import torch
from torch import nn

model = nn.Linear(28 * 28, 10)
dataset = torch.utils.data.TensorDataset(torch.randn(64, 28 * 28), torch.randint(10, (64,)))
train_loader = torch.utils.data.DataLoader(dataset, batch_size=16, shuffle=True)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.5)


def train(epoch):
    model.train()
    for i, (x, y) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        if i % 10 == 0:
            print(epoch, i, loss.item())


for number in range(1, 61):
    train(number)
    scheduler.step()
