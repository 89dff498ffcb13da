"""Train a generator against a discriminator. The discriminator's half clears the generator's gradients."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

LATENT = 16
POINTS = 2


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(LATENT, 64), nn.ReLU(), nn.Linear(64, POINTS))

    def forward(self, noise):
        return self.net(noise)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(POINTS, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))

    def forward(self, points):
        return self.net(points).squeeze(1)


def circle(size):
    angle = torch.rand(size) * 2 * torch.pi
    return torch.stack([angle.cos(), angle.sin()], dim=1) + 0.05 * torch.randn(size, POINTS)


def main(epochs=2):
    loader = DataLoader(TensorDataset(circle(256)), batch_size=64, shuffle=True, drop_last=True)
    generator, discriminator = Generator(), Discriminator()
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()

    for epoch in range(epochs):
        for (real,) in loader:
            noise = torch.randn(len(real), LATENT)
            ones, zeros = torch.ones(len(real)), torch.zeros(len(real))

            # The discriminator learns to tell the real points from the generated ones.
            optimizer_g.zero_grad()
            fake = generator(noise)
            loss_real = criterion(discriminator(real), ones)
            loss_fake = criterion(discriminator(fake.detach()), zeros)
            loss_d = (loss_real + loss_fake) / 2
            loss_d.backward()
            optimizer_d.step()

            # The generator learns to pass for real.
            optimizer_g.zero_grad()
            loss_g = criterion(discriminator(fake), ones)
            loss_g.backward()
            optimizer_g.step()
        print(f"epoch {epoch}: discriminator {loss_d.item():.4f}, generator {loss_g.item():.4f}")


if __name__ == "__main__":
    main()
