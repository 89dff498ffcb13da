"""The two halves of a turn."""

import torch
from torch.nn import functional as F


def discriminator_step(generator, discriminator, optimizer, real, latent):
    optimizer.zero_grad()
    fake = generator(torch.randn(real.size(0), latent, device=real.device)).detach()
    real_loss = F.softplus(-discriminator(real)).mean()
    fake_loss = F.softplus(discriminator(fake)).mean()
    loss = real_loss + fake_loss
    loss.backward()
    optimizer.step()
    return loss.item()


def generator_step(generator, discriminator, optimizer, size, latent):
    optimizer.zero_grad()
    fake = generator(torch.randn(size, latent))
    loss = F.softplus(-discriminator(fake)).mean()
    loss.backward()
    optimizer.step()
    return loss.item()
