"""Fine-tune the head of a network. `StepLR` counts in epochs here, and is stepped once per batch."""

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 3


class Net(nn.Module):
    def __init__(self, features=32, classes=5):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(features, 64), nn.ReLU())
        self.head = nn.Linear(64, classes)

    def forward(self, inputs):
        return self.head(self.backbone(inputs))


def freeze(module):
    for parameter in module.parameters():
        parameter.requires_grad = False


def load_data():
    inputs = torch.randn(320, 32)
    labels = inputs[:, :5].argmax(dim=1)
    dataset = TensorDataset(inputs, labels)
    return DataLoader(dataset, batch_size=32, shuffle=True), DataLoader(dataset, batch_size=64)


def validate(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for inputs, labels in loader:
            correct += (model(inputs).argmax(dim=1) == labels).sum().item()
    return correct / len(loader.dataset)


def main():
    train_loader, valid_loader = load_data()
    model = Net()
    freeze(model.backbone)
    optimizer = optim.SGD(model.head.parameters(), lr=0.1, momentum=0.9)
    scheduler = StepLR(optimizer, step_size=2, gamma=0.1)

    for epoch in range(EPOCHS):
        model.train()
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
            scheduler.step()
        accuracy = validate(model, valid_loader)
        print(f"epoch {epoch}: accuracy {accuracy:.1%}, learning rate {scheduler.get_last_lr()[0]:.1e}")


if __name__ == "__main__":
    main()
