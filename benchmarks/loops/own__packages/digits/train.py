"""Train a network on digits: `python train.py`."""

import argparse

import torch
from engine import evaluate, train_one_epoch
from model import Net
from optim import build_optimizer, build_scheduler
from torch.utils.data import DataLoader, TensorDataset


def loaders(batch_size):
    data = TensorDataset(torch.randn(512, 1, 28, 28), torch.randint(10, (512,)))
    return DataLoader(data, batch_size, shuffle=True), DataLoader(data, batch_size)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=90)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--batch-size", type=int, default=64)
    args = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train_loader, test_loader = loaders(args.batch_size)
    model = Net().to(device)
    optimizer = build_optimizer(model, lr=args.lr)
    scheduler = build_scheduler(optimizer)
    best = 0.0
    for epoch in range(args.epochs):
        train_one_epoch(model, train_loader, optimizer, device, epoch)
        accuracy = evaluate(model, test_loader, device)
        scheduler.step()
        if accuracy > best:
            best = accuracy
            torch.save(model.state_dict(), "best.pt")


if __name__ == "__main__":
    main()
