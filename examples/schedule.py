"""Train with a decaying learning rate. The schedule moves at the top of the epoch, before the optimizer has stepped."""

import torch
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 4
FEATURES = 12


def build_dataset(size=192):
    features = torch.randn(size, FEATURES)
    labels = (features.norm(dim=1) > FEATURES**0.5).float()
    return TensorDataset(features, labels)


def build_model():
    return nn.Sequential(
        nn.Linear(FEATURES, 32),
        nn.ReLU(),
        nn.Dropout(0.1),
        nn.Linear(32, 1),
        nn.Flatten(start_dim=0),
    )


def save(model, optimizer, scheduler, epoch, path):
    torch.save(
        {
            "epoch": epoch,
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
        },
        path,
    )


def main(checkpoint=None):
    loader = DataLoader(build_dataset(), batch_size=32, shuffle=True)
    model = build_model()
    loss_function = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, nesterov=True, momentum=0.9)
    scheduler = lr_scheduler.MultiStepLR(optimizer, milestones=[2, 3], gamma=0.2)

    for epoch in range(EPOCHS):
        scheduler.step()
        model.train()
        for features, labels in loader:
            optimizer.zero_grad()
            loss = loss_function(model(features), labels)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.4f}, learning rate {optimizer.param_groups[0]['lr']:.3f}")
        if checkpoint is not None:
            save(model, optimizer, scheduler, epoch, checkpoint)


if __name__ == "__main__":
    main()
