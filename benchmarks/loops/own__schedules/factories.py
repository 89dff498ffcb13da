"""Schedules that are built in one function and used in another."""

import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR, MultiStepLR, ReduceLROnPlateau, StepLR


def train_with_steps(model, loader, optimizer, scheduler, epochs):
    for _ in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()


def main_with_steps(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=25)
    train_with_steps(model, loader, optimizer, scheduler, 100)


def train_with_milestones(net, batches, opt, milestone_sched):
    for _ in range(160):
        for inputs, targets in batches:
            loss = nn.functional.cross_entropy(net(inputs), targets)
            opt.zero_grad()
            loss.backward()
            opt.step()
        milestone_sched.step()


def main_with_milestones(net, batches):
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    milestone_sched = MultiStepLR(opt, milestones=[80, 120])
    train_with_milestones(net, batches, opt, milestone_sched)


def train_until_flat(model, loader, optimizer, plateau_scheduler):
    for _ in range(50):
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        plateau_scheduler.step(total)


def main_until_flat(model, loader):
    optimizer = torch.optim.Adam(model.parameters())
    plateau_scheduler = ReduceLROnPlateau(optimizer, patience=3)
    train_until_flat(model, loader, optimizer=optimizer, plateau_scheduler=plateau_scheduler)


def nested(model, loader):
    optimizer = torch.optim.Adam(model.parameters())
    decay_scheduler = ExponentialLR(optimizer, gamma=0.9)

    def fit(epochs):
        for _ in range(epochs):
            for x, y in loader:
                optimizer.zero_grad()
                loss = nn.functional.mse_loss(model(x), y)
                loss.backward()
                optimizer.step()
            decay_scheduler.step()

    fit(20)
