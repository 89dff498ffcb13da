"""Schedules that an object keeps."""

import torch
from torch import nn
from torch.optim import lr_scheduler


class Trainer:
    def __init__(self, model, loader, lr=0.1):
        self.model = model
        self.loader = loader
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=lr)
        self.scheduler = lr_scheduler.StepLR(self.optimizer, 10)

    def fit(self, epochs):
        for _ in range(epochs):
            for x, y in self.loader:
                self.optimizer.zero_grad()
                loss = self.criterion(self.model(x), y)
                loss.backward()
                self.optimizer.step()
            self.scheduler.step()


class StepByStep:
    def __init__(self, net, train_set):
        self.net = net
        self.batches = torch.utils.data.DataLoader(train_set, 32, shuffle=True)
        self.optim = torch.optim.Adam(net.parameters())
        self.sched = lr_scheduler.MultiStepLR(self.optim, milestones=[5, 8])

    def train_one_epoch(self):
        self.net.train()
        for x, y in self.batches:
            loss = nn.functional.cross_entropy(self.net(x), y)
            self.optim.zero_grad()
            loss.backward()
            self.optim.step()

    def run(self):
        for _ in range(10):
            self.train_one_epoch()
            self.sched.step()


class Autoencoder:
    def __init__(self, encoder, decoder):
        self.encoder, self.decoder = encoder, decoder
        parameters = list(encoder.parameters()) + list(decoder.parameters())
        self.optimizer = torch.optim.Adam(parameters, lr=1e-3)
        self.decay = lr_scheduler.ExponentialLR(self.optimizer, 0.9)

    def train(self, loader, num_epochs):
        for epoch in range(num_epochs):
            losses = []
            for x, _ in loader:
                reconstruction = self.decoder(self.encoder(x))
                loss = nn.functional.mse_loss(reconstruction, x)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                losses.append(loss.item())
            self.decay.step()
            print(epoch, sum(losses) / len(losses))


class Distiller:
    def __init__(self, teacher, student, temperature=4.0):
        self.teacher, self.student, self.temperature = teacher, student, temperature
        self.optimizer = torch.optim.SGD(student.parameters(), lr=0.05, nesterov=True, momentum=0.9)
        self.scheduler = lr_scheduler.MultiStepLR(self.optimizer, milestones=[150, 180, 210], gamma=0.1)

    def distil(self, loader):
        for _ in range(240):
            for x, y in loader:
                with torch.no_grad():
                    soft = self.teacher(x)
                logits = self.student(x)
                loss = nn.functional.cross_entropy(logits, y)
                loss = loss + nn.functional.mse_loss(logits / self.temperature, soft / self.temperature)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            self.scheduler.step()
