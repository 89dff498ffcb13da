"""A trainer whose loop is spread over its methods. Nothing is wrong with it."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Trainer:
    """Trains a model and remembers the best validation loss."""

    def __init__(self, model, train_loader, valid_loader, lr=1e-3, patience=2):
        self.model = model
        self.train_loader = train_loader
        self.valid_loader = valid_loader
        self.criterion = nn.MSELoss()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=lr)
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(self.optimizer, patience=patience)
        self.best = float("inf")

    def fit(self, epochs):
        for epoch in range(epochs):
            train_loss = self.train_epoch()
            valid_loss = self.validate()
            self.scheduler.step(valid_loss)
            self.best = min(self.best, valid_loss)
            print(f"epoch {epoch}: train {train_loss:.4f}, valid {valid_loss:.4f}")

    def train_epoch(self):
        self.model.train()
        total = 0.0
        for batch in self.train_loader:
            total += self.training_step(batch)
        return total / len(self.train_loader)

    def training_step(self, batch):
        loss = self.compute_loss(batch)
        self.optimize(loss)
        return loss.item()

    def compute_loss(self, batch):
        inputs, targets = batch
        return self.criterion(self.model(inputs), targets)

    def optimize(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), max_norm=1.0)
        self.optimizer.step()

    @torch.inference_mode()
    def validate(self):
        self.model.eval()
        losses = [self.compute_loss(batch).item() for batch in self.valid_loader]
        return sum(losses) / len(losses)


def main():
    inputs = torch.randn(256, 10)
    dataset = TensorDataset(inputs, inputs.square().mean(dim=1, keepdim=True))
    train_set, valid_set = torch.utils.data.random_split(dataset, [192, 64])
    trainer = Trainer(
        model=nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1)),
        train_loader=DataLoader(train_set, batch_size=32, shuffle=True),
        valid_loader=DataLoader(valid_set, batch_size=64),
    )
    trainer.fit(epochs=3)


if __name__ == "__main__":
    main()
