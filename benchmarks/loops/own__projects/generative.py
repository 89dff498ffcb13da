"""Two networks against each other, and those that draw alone."""

import itertools

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, MultiStepLR, StepLR


def adversarial(G, D, dataloader, opt, device):
    adversarial_loss = nn.BCEWithLogitsLoss().to(device)
    optimizer_G = torch.optim.Adam(G.parameters(), lr=opt.lr, betas=(opt.b1, opt.b2))
    optimizer_D = torch.optim.Adam(D.parameters(), lr=opt.lr, betas=(opt.b1, opt.b2))
    scheduler_G = StepLR(optimizer_G, step_size=50, gamma=0.5)
    scheduler_D = StepLR(optimizer_D, step_size=50, gamma=0.5)
    for epoch in range(opt.n_epochs):
        for i, (imgs, _) in enumerate(dataloader):
            imgs = imgs.to(device)
            valid = torch.ones(imgs.size(0), 1, device=device)
            fake = torch.zeros(imgs.size(0), 1, device=device)

            optimizer_G.zero_grad()
            gen_imgs = G(torch.randn(imgs.size(0), opt.latent_dim, device=device))
            g_loss = adversarial_loss(D(gen_imgs), valid)
            g_loss.backward()
            optimizer_G.step()

            optimizer_D.zero_grad()
            real_loss = adversarial_loss(D(imgs), valid)
            fake_loss = adversarial_loss(D(gen_imgs.detach()), fake)
            d_loss = (real_loss + fake_loss) / 2
            d_loss.backward()
            optimizer_D.step()
        scheduler_G.step()
        scheduler_D.step()


def variational(vae, train_loader, epochs=100, beta=4.0):
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
    scheduler = MultiStepLR(optimizer, milestones=[60, 80], gamma=0.1)
    for epoch in range(1, epochs + 1):
        vae.train()
        overall = 0.0
        for batch_idx, (data, _) in enumerate(train_loader):
            data = data.view(data.size(0), -1)
            optimizer.zero_grad()
            recon, mu, logvar = vae(data)
            bce = F.binary_cross_entropy(recon, data, reduction="sum")
            kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
            loss = bce + beta * kld
            loss.backward()
            overall += loss.item()
            optimizer.step()
        scheduler.step()
        print("====> Epoch: {} Average loss: {:.4f}".format(epoch, overall / len(train_loader.dataset)))


def diffusion(unet, noise_schedule, dataloader, device, epochs):
    optim = torch.optim.AdamW(unet.parameters(), lr=2e-4)
    lr_sched = CosineAnnealingLR(optim, T_max=epochs)
    for ep in range(epochs):
        unet.train()
        for x, _ in dataloader:
            x = x.to(device)
            t = torch.randint(0, len(noise_schedule), (x.shape[0],), device=device)
            noise = torch.randn_like(x)
            a = noise_schedule[t].view(-1, 1, 1, 1)
            x_t = a.sqrt() * x + (1 - a).sqrt() * noise
            loss = F.mse_loss(unet(x_t, t), noise)
            optim.zero_grad()
            loss.backward()
            optim.step()
        lr_sched.step()


def flow(transforms, prior, batches, epochs=40):
    parameters = itertools.chain(*(one.parameters() for one in transforms))
    optimizer = torch.optim.Adam(list(parameters), lr=5e-4)
    scheduler = ExponentialLR(optimizer, 0.9)
    for _ in range(epochs):
        for x in batches:
            log_det = 0
            for one in transforms:
                x, d = one(x)
                log_det = log_det + d
            loss = -(prior.log_prob(x) + log_det).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
