"""Compress vectors with an autoencoder. The optimizer's step is named and never called, so nothing is learnt."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class AutoEncoder(nn.Module):
    def __init__(self, size, code):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(size, 32), nn.ReLU(), nn.Linear(32, code))
        self.decoder = nn.Sequential(nn.Linear(code, 32), nn.ReLU(), nn.Linear(32, size))

    def forward(self, inputs):
        return self.decoder(self.encoder(inputs))


def make_loader(size):
    basis = torch.randn(4, size)
    return DataLoader(TensorDataset(torch.randn(256, 4) @ basis), batch_size=32, shuffle=True)


def main(epochs=2, size=24, code=4):
    loader = make_loader(size)
    model = AutoEncoder(size, code)
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    history = []

    for epoch in range(epochs):
        for step, (inputs,) in enumerate(loader, start=1):
            optimizer.zero_grad()
            reconstruction = model(inputs)
            loss = criterion(reconstruction, inputs)
            loss.backward()
            optimizer.step
            if step % 4 == 0:
                print(f"epoch {epoch}, batch {step}/{len(loader)}: loss {loss.item():.4f}")
        history.append(loss.item())
    return history


if __name__ == "__main__":
    main()
