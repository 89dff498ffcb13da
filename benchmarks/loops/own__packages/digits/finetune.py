"""Train the head alone, then all of the network."""

import torch
from engine import train_one_epoch
from model import Net
from optim import build_optimizer
from torch.optim.lr_scheduler import ExponentialLR
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cpu")
data = TensorDataset(torch.randn(512, 1, 28, 28), torch.randint(10, (512,)))
loader = DataLoader(data, 32, shuffle=True)
model = Net()

for parameter in model.features.parameters():
    parameter.requires_grad = False
optimizer = torch.optim.Adam(model.head.parameters(), lr=1e-3)
scheduler = ExponentialLR(optimizer, gamma=0.8)
for epoch in range(5):
    train_one_epoch(model, loader, optimizer, device, epoch)
    scheduler.step()

for parameter in model.features.parameters():
    parameter.requires_grad = True
optimizer = build_optimizer(model, "adam", lr=1e-4)
for epoch in range(10):
    train_one_epoch(model, loader, optimizer, device, epoch)
