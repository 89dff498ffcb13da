"""Schedules beside a GradScaler, clipping and frameworks that leave them alone."""

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, MultiStepLR, StepLR


def scaled(model, loader, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = CosineAnnealingLR(optimizer, T_max=epochs, eta_min=1e-5)
    scaler = torch.amp.GradScaler("cuda")
    for _ in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            with torch.autocast("cuda"):
                loss = nn.functional.cross_entropy(model(x), y)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        scheduler.step()


def scaled_and_clipped(model, loader, max_epoch):
    optimizer = torch.optim.AdamW(model.parameters())
    lr_sched = StepLR(optimizer, step_size=7, gamma=0.5)
    grad_scaler = torch.cuda.amp.GradScaler()
    for _ in range(max_epoch):
        for batch in loader:
            with torch.autocast("cuda", dtype=torch.float16):
                loss = model(batch).mean()
            optimizer.zero_grad()
            grad_scaler.scale(loss).backward()
            grad_scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            grad_scaler.step(optimizer)
            grad_scaler.update()
        lr_sched.step()


def in_bfloat16(model, data_loader, args):
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    scheduler = MultiStepLR(optimizer, milestones=[args.epochs // 2], gamma=args.gamma)
    for epoch in range(args.start_epoch, args.epochs):
        data_loader.sampler.set_epoch(epoch)
        for images, target in data_loader:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                output = model(images)
                loss = nn.functional.cross_entropy(output, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()


def clipped(model, batches, clip=0.25):
    optimizer = torch.optim.SGD(model.parameters(), lr=20.0)
    scheduler = StepLR(optimizer, 1, gamma=0.95)
    hidden = None
    for epoch in range(1, 41):
        for i, (data, targets) in enumerate(batches):
            output, hidden = model(data, hidden)
            loss = nn.functional.nll_loss(output, targets)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            if i % 200 == 0:
                print(epoch, i, loss.item())
        scheduler.step()
