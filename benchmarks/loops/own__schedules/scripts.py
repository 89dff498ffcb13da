"""Schedules as scripts have them: with progress bars, resumption, distribution and checkpoints."""

import torch
import torch.optim as optim
from torch import nn
from torch.utils.data import DataLoader, DistributedSampler


def with_a_progress_bar(model, train_set, tqdm, epochs=30):
    loader = DataLoader(train_set, batch_size=128, shuffle=True)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=10)
    for epoch in range(epochs):
        bar = tqdm(loader, desc=f"epoch {epoch}")
        for x, y in bar:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            bar.set_postfix(loss=loss.item())
        scheduler.step()


def resumed(model, loader, checkpoint, epochs):
    optimizer = optim.Adam(model.parameters())
    scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[30, 60, 80])
    optimizer.load_state_dict(checkpoint["optimizer"])
    scheduler.load_state_dict(checkpoint["scheduler"])
    for epoch in range(checkpoint["epoch"], epochs):
        for x, y in loader:
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        torch.save({"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, "last.pt")


def distributed(model, dataset, rank):
    model = nn.parallel.DistributedDataParallel(model, device_ids=[rank])
    sampler = DistributedSampler(dataset)
    loader = DataLoader(dataset, batch_size=256, sampler=sampler)
    optimizer = optim.SGD(model.parameters(), lr=0.4)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)
    for epoch in range(100):
        sampler.set_epoch(epoch)
        for images, labels in loader:
            images = images.to(rank, non_blocking=True)
            labels = labels.to(rank, non_blocking=True)
            loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        scheduler.step()


def train_and_validate(model, loaders, epochs):
    optimizer = optim.SGD(model.fc.parameters(), lr=0.001, momentum=0.9)
    exp_lr_scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    for _ in range(epochs):
        model.train()
        for inputs, labels in loaders["train"]:
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = nn.functional.cross_entropy(outputs, labels)
            loss.backward()
            optimizer.step()
        exp_lr_scheduler.step()
        model.eval()
        with torch.no_grad():
            correct = sum((model(x).argmax(1) == y).sum().item() for x, y in loaders["val"])
        print(correct)
