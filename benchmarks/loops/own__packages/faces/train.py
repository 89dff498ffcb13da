"""Generate faces."""

import torch
from steps import discriminator_step, generator_step
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

LATENT = 128


def build():
    generator = nn.Sequential(nn.Linear(LATENT, 512), nn.ReLU(), nn.Linear(512, 3 * 64 * 64))
    discriminator = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 512), nn.LeakyReLU(0.2), nn.Linear(512, 1))
    return generator, discriminator


def train(loader, epochs=50):
    generator, discriminator = build()
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    g_scheduler = CosineAnnealingLR(g_optimizer, T_max=50)
    d_scheduler = CosineAnnealingLR(d_optimizer, T_max=50)
    for epoch in range(epochs):
        for real, _ in loader:
            d_loss = discriminator_step(generator, discriminator, d_optimizer, real, LATENT)
            g_loss = generator_step(generator, discriminator, g_optimizer, len(real), LATENT)
        g_scheduler.step()
        d_scheduler.step()
        print(epoch, d_loss, g_loss)
    return generator
