"""Trainers that keep everything in an object."""

import logging
import os

import torch
from torch import nn
from torch.cuda.amp import GradScaler, autocast
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import CosineAnnealingLR, MultiStepLR, ReduceLROnPlateau, StepLR

logger = logging.getLogger(__name__)


class Solver:
    def __init__(self, config, train_loader, val_loader):
        self.config = config
        self.train_loader, self.val_loader = train_loader, val_loader
        self.num_epochs = config.num_epochs
        self.build_model()

    def build_model(self):
        self.net = nn.Sequential(nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 2))
        self.optimizer = Adam(self.net.parameters(), self.config.lr, [self.config.beta1, 0.999])
        self.lr_scheduler = StepLR(self.optimizer, step_size=self.config.decay_epochs, gamma=0.5)

    def reset_grad(self):
        self.net.zero_grad()

    def train(self):
        for epoch in range(self.num_epochs):
            for i, (x, y) in enumerate(self.train_loader):
                loss = nn.functional.cross_entropy(self.net(x), y)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                if i % self.config.log_step == 0:
                    logger.info("epoch %d, %d: %.4f", epoch, i, loss.item())
            self.lr_scheduler.step()
            torch.save(self.net.state_dict(), os.path.join(self.config.path, f"{epoch}.pt"))


class HalfPrecision:
    def __init__(self, model, criterion, max_epoch):
        self.model, self.criterion, self.max_epoch = model, criterion, max_epoch
        self.optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)
        self.scheduler = CosineAnnealingLR(self.optimizer, T_max=max_epoch)
        self.scaler = GradScaler()
        self.epoch = 0

    def run(self, loader):
        while self.epoch < self.max_epoch:
            self.run_epoch(loader)
            self.scheduler.step()
            self.epoch += 1

    def run_epoch(self, loader):
        self.model.train()
        for images, labels in loader:
            self.optimizer.zero_grad()
            with autocast():
                loss = self.criterion(self.model(images), labels)
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()


class Regressor:
    def __init__(self, in_features, lr=1e-3, epochs=200, patience=10):
        self.model = nn.Linear(in_features, 1)
        self.epochs = epochs
        self.optimizer = Adam(self.model.parameters(), lr=lr)
        self.scheduler = ReduceLROnPlateau(self.optimizer, patience=patience)

    def _train_step(self, x, y):
        self.optimizer.zero_grad()
        loss = nn.functional.mse_loss(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, loader, val):
        for _ in range(self.epochs):
            train_loss = 0.0
            for x, y in loader:
                train_loss += self._train_step(x, y)
            with torch.no_grad():
                val_loss = nn.functional.mse_loss(self.model(val[0]), val[1])
            self.scheduler.step(val_loss)
        return self


class Segmenter:
    milestones = [30, 50]

    def __init__(self, net, device="cuda"):
        self.device = device
        self.net = net.to(device)

    def configure(self, lr):
        self.optim = SGD(self.net.parameters(), lr=lr, momentum=0.99, nesterov=True)
        self.sched = MultiStepLR(self.optim, self.milestones)

    def fit(self, dataset, epochs=60):
        self.configure(1e-2)
        loader = torch.utils.data.DataLoader(dataset, batch_size=2, shuffle=True)
        for epoch in range(epochs):
            for image, mask in loader:
                image, mask = image.to(self.device), mask.to(self.device)
                loss = nn.functional.cross_entropy(self.net(image), mask)
                self.optim.zero_grad()
                loss.backward()
                self.optim.step()
            self.sched.step()
