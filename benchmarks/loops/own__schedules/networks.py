"""Schedules of several optimizers, and of one whose gradients are cleared through the model."""

import torch
from torch import nn
from torch.optim import lr_scheduler


def two_networks(generator, discriminator, loader, epochs):
    criterion = nn.BCEWithLogitsLoss()
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-4)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4)
    scheduler_d = lr_scheduler.StepLR(optimizer_d, step_size=50, gamma=0.5)
    for _ in range(epochs):
        for real in loader:
            fake = generator(torch.randn(len(real), 100))
            optimizer_d.zero_grad()
            loss_d = criterion(discriminator(fake.detach()), torch.zeros(len(real)))
            loss_d.backward()
            optimizer_d.step()
            optimizer_g.zero_grad()
            loss_g = criterion(discriminator(fake), torch.ones(len(real)))
            loss_g.backward()
            optimizer_g.step()
        scheduler_d.step()


def cleared_through_the_model(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = lr_scheduler.ExponentialLR(optimizer, gamma=0.8)
    for _ in range(12):
        for text, label in loader:
            model.zero_grad()
            loss = nn.functional.cross_entropy(model(text), label)
            loss.backward()
            optimizer.step()
        scheduler.step()


def a_head_alone(backbone, head, loader, epochs):
    optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    backbone.eval()
    for _ in range(epochs):
        for images, labels in loader:
            with torch.no_grad():
                features = backbone(images)
            loss = nn.functional.cross_entropy(head(features), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()


def groups_of_parameters(model, loader, lr, epochs):
    groups = [{"params": model.base.parameters()}, {"params": model.head.parameters(), "lr": 10 * lr}]
    optimizer = torch.optim.SGD(groups, lr=lr)
    scheduler = lr_scheduler.MultiStepLR(optimizer, milestones=(3, 6), gamma=0.1)
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
        scheduler.step()
