"""Schedules that wait for a metric, once per epoch."""

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau


def the_loss_of_the_epoch(model, loader, epochs):
    optimizer = torch.optim.Adam(model.parameters())
    scheduler = ReduceLROnPlateau(optimizer, "min", patience=5)
    for _ in range(epochs):
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.l1_loss(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step(total / len(loader))


def the_loss_of_a_validation(model, loader, held_out, epochs, evaluate):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", factor=0.5)
    for _ in range(epochs):
        model.train()
        for x, y in loader:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        accuracy = evaluate(model, held_out)
        scheduler.step(accuracy)


def a_metric_in_a_dict(net, batches, validate):
    opt = torch.optim.Adagrad(net.parameters(), lr=0.05)
    plateau = ReduceLROnPlateau(opt)
    metrics = {}
    for epoch in range(40):
        for inputs, targets in batches:
            opt.zero_grad()
            error = ((net(inputs) - targets) ** 2).mean()
            error.backward()
            opt.step()
        metrics[epoch] = validate(net)
        plateau.step(metrics[epoch])


def with_a_look_at_the_rate(model, loader, test, epochs):
    optimizer = torch.optim.NAdam(model.parameters(), lr=0.002)
    scheduler = ReduceLROnPlateau(optimizer, factor=0.2, patience=10, min_lr=1e-6)
    for epoch in range(epochs):
        for data in loader:
            optimizer.zero_grad()
            loss = nn.functional.nll_loss(model(data), data.y)
            loss.backward()
            optimizer.step()
        error = test(model)
        scheduler.step(error)
        if scheduler.get_last_lr()[0] < 1e-5:
            print("stopped after", epoch)
            break
