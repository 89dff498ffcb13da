"""Warm up for five epochs, then a cosine."""

import torch
from torch import nn
from torch.optim import lr_scheduler


def main(epochs=100, warmup_epochs=5):
    model = nn.Sequential(nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 10))
    data = torch.utils.data.TensorDataset(torch.randn(256, 64), torch.randint(10, (256,)))
    train_loader = torch.utils.data.DataLoader(data, batch_size=32, shuffle=True)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    warmup = lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=warmup_epochs)
    cosine = lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs - warmup_epochs)
    scheduler = lr_scheduler.SequentialLR(optimizer, schedulers=[warmup, cosine], milestones=[warmup_epochs])
    for epoch in range(epochs):
        model.train()
        for inputs, targets in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
        scheduler.step()
        print(f"{epoch}: {scheduler.get_last_lr()[0]:.2e} {loss.item():.3f}")


if __name__ == "__main__":
    main()
