"""Trains whatever it is given."""

import time

import torch


class Trainer:
    def __init__(self, model, criterion, optimizer, scheduler, loaders, device="cpu"):
        self.model = model.to(device)
        self.criterion = criterion
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.train_loader, self.val_loader = loaders
        self.device = device
        self.history = []

    def fit(self, epochs):
        for epoch in range(epochs):
            started = time.time()
            train_loss = self._train_epoch()
            val_loss = self._validate()
            self.scheduler.step(val_loss)
            self.history.append((epoch, train_loss, val_loss, time.time() - started))

    def _train_epoch(self):
        self.model.train()
        losses = [self._train_batch(batch) for batch in self.train_loader]
        return sum(losses) / len(losses)

    def _train_batch(self, batch):
        spectrograms, targets, lengths = (part.to(self.device) for part in batch)
        self.optimizer.zero_grad()
        log_probs = self.model(spectrograms).log_softmax(-1).transpose(0, 1)
        loss = self.criterion(log_probs, targets, torch.full((len(targets),), log_probs.size(0)), lengths)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def _validate(self):
        self.model.eval()
        total = 0.0
        for spectrograms, targets, lengths in self.val_loader:
            log_probs = self.model(spectrograms).log_softmax(-1).transpose(0, 1)
            total += self.criterion(log_probs, targets, torch.full((len(targets),), log_probs.size(0)), lengths).item()
        return total / len(self.val_loader)
