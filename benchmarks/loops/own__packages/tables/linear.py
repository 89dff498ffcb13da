"""Fit a plane."""

import common
import torch

model = torch.nn.Linear(8, 1)
batches = common.loader(8)
opt = torch.optim.SGD(model.parameters(), lr=0.5)
lr_scheduler = torch.optim.lr_scheduler.StepLR(opt, step_size=15, gamma=0.3)
for epoch in range(60):
    loss = common.train_epoch(model, batches, opt)
    lr_scheduler.step()
    print(epoch, loss)
