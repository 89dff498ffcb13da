"""Train with the one-cycle policy. Its horizon is given in steps, and it is stepped once an epoch."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    epochs: int = 3
    batch_size: int = 16
    max_lr: float = 0.01
    hidden: int = 48


class SequenceClassifier(nn.Module):
    def __init__(self, vocabulary, hidden, classes):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, hidden)
        self.rnn = nn.GRU(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, classes)

    def forward(self, tokens):
        _, last = self.rnn(self.embedding(tokens))
        return self.head(last[-1])


def make_loader(config):
    tokens = torch.randint(100, (128, 12))
    labels = (tokens > 50).sum(dim=1).clamp(max=11) // 3
    return DataLoader(TensorDataset(tokens, labels), batch_size=config.batch_size, shuffle=True)


def main():
    config = Config()
    loader = make_loader(config)
    model = SequenceClassifier(vocabulary=100, hidden=config.hidden, classes=4)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.max_lr)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=config.max_lr, epochs=config.epochs, steps_per_epoch=len(loader)
    )

    for epoch in range(config.epochs):
        model.train()
        for tokens, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(tokens), labels)
            loss.backward()
            optimizer.step()
        scheduler.step()
        print(f"epoch {epoch}: loss {loss.item():.4f}, learning rate {scheduler.get_last_lr()[0]:.2e}")


if __name__ == "__main__":
    main()
