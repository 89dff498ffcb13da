"""Speech, music and sounds."""

from pathlib import Path

import torch
import torch.nn.functional as F
import yaml
from torch.optim import lr_scheduler

config = yaml.safe_load(Path("config.yaml").read_text())


def spotting(model, train_loader, device, log_interval=20):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.0001)
    scheduler = lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.1)
    losses = []
    n_epoch = 2
    for epoch in range(1, n_epoch + 1):
        model.train()
        for batch_idx, (data, target) in enumerate(train_loader):
            data = data.to(device)
            target = target.to(device)
            output = model(data)
            loss = F.nll_loss(output.squeeze(), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if batch_idx % log_interval == 0:
                print(f"Train Epoch: {epoch} [{batch_idx * len(data)}]\tLoss: {loss.item():.6f}")
            losses.append(loss.item())
        scheduler.step()


def vocoder(generator, mpd, msd, train_loader, h, last_epoch=-1):
    optim_g = torch.optim.AdamW(generator.parameters(), h.learning_rate, betas=[h.adam_b1, h.adam_b2])
    optim_d = torch.optim.AdamW([*msd.parameters(), *mpd.parameters()], h.learning_rate)
    scheduler_g = lr_scheduler.ExponentialLR(optim_g, gamma=h.lr_decay, last_epoch=last_epoch)
    scheduler_d = lr_scheduler.ExponentialLR(optim_d, gamma=0.95, last_epoch=last_epoch)
    for epoch in range(max(0, last_epoch), h.training_epochs):
        for i, batch in enumerate(train_loader):
            x, y = batch
            y_g_hat = generator(x)
            optim_d.zero_grad()
            loss_disc = (1 - mpd(y)).pow(2).mean() + mpd(y_g_hat.detach()).pow(2).mean() + msd(y).mean()
            loss_disc.backward()
            optim_d.step()
            optim_g.zero_grad()
            loss_gen = F.l1_loss(y_g_hat, y) * 45 + (1 - mpd(y_g_hat)).pow(2).mean()
            loss_gen.backward()
            optim_g.step()
        scheduler_g.step()
        scheduler_d.step()


def separation(model, train_loader, valid_loss_of):
    optimizer = torch.optim.Adam(model.parameters(), lr=config["lr"])
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=config["half_lr_patience"])
    best = None
    for epoch in range(config["epochs"]):
        for mixture, sources in train_loader:
            estimate = model(mixture)
            loss = F.l1_loss(estimate, sources)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=5)
            optimizer.step()
        score = valid_loss_of(model)
        scheduler.step(score)
        if best is None or score < best:
            best = score
            torch.save(model.state_dict(), "best.pt")


def music(model, pieces, steps, seed=0):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters())
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    for _ in range(steps):
        for piece in pieces:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(piece[:-1]), piece[1:])
            loss.backward()
            optimizer.step()
        scheduler.step()
