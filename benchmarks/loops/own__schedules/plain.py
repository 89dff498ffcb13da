"""Schedules that move once per epoch, in functions that are given everything."""

import torch
from torch import nn, optim
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import MultiStepLR, StepLR


def step_size_as_a_literal(model, loader, epochs=90):
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = StepLR(optimizer, step_size=30, gamma=0.1)
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
        scheduler.step()


def milestones_as_a_list(model, train_loader, device):
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    scheduler = MultiStepLR(optimizer, [60, 120, 160], gamma=0.2)
    model.train()
    for epoch in range(200):
        running = 0.0
        for i, (x, y) in enumerate(train_loader):
            x, y = x.to(device), y.to(device)
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running += loss.item()
            if i % 100 == 99:
                print(epoch, i, running / 100)
        scheduler.step()


def a_factor_for_each_epoch(net, trainloader, n_epochs):
    opt = optim.RMSprop(net.parameters())
    sched = lr_scheduler.ExponentialLR(opt, gamma=0.95)
    for epoch in range(n_epochs):
        for batch in trainloader:
            out = net(batch["image"])
            loss = nn.functional.mse_loss(out, batch["target"])
            loss.backward()
            opt.step()
            opt.zero_grad(set_to_none=True)
        sched.step()
        print(epoch, sched.get_last_lr())


def cosine_over_the_epochs(model, dataset, num_epochs):
    loader = torch.utils.data.DataLoader(dataset, batch_size=64, shuffle=True)
    optimizer = optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.05)
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=num_epochs)
    for _ in range(num_epochs):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        scheduler.step()
