"""A critic that is trained five times as often as the generator."""

import torch
from torch import nn

generator = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 784))
critic = nn.Sequential(nn.Linear(784, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1))
opt_g = torch.optim.RMSprop(generator.parameters(), lr=5e-5)
opt_c = torch.optim.RMSprop(critic.parameters(), lr=5e-5)
dataset = torch.utils.data.TensorDataset(torch.rand(640, 784))
loader = torch.utils.data.DataLoader(dataset, batch_size=64, shuffle=True)

for epoch in range(100):
    for (real,) in loader:
        for _ in range(5):
            opt_c.zero_grad()
            fake = generator(torch.randn(len(real), 64)).detach()
            c_loss = critic(fake).mean() - critic(real).mean()
            c_loss.backward()
            opt_c.step()
            for weight in critic.parameters():
                weight.data.clamp_(-0.01, 0.01)
        opt_g.zero_grad()
        g_loss = -critic(generator(torch.randn(len(real), 64))).mean()
        g_loss.backward()
        opt_g.step()
    print(epoch, c_loss.item(), g_loss.item())
