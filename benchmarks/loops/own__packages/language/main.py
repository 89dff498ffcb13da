"""Train a language model on as many machines as there are."""

import torch
from accelerate import Accelerator
from data import loaders
from loop import train
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR


def main(model, epochs=3):
    accelerator = Accelerator(gradient_accumulation_steps=2)
    train_loader, _ = loaders()
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-4)
    steps = epochs * len(train_loader)
    warmup = LinearLR(optimizer, start_factor=0.01, total_iters=steps // 10)
    cosine = CosineAnnealingLR(optimizer, T_max=steps - steps // 10)
    schedule = SequentialLR(optimizer, [warmup, cosine], milestones=[steps // 10])
    model, optimizer, train_loader, schedule = accelerator.prepare(model, optimizer, train_loader, schedule)
    train(accelerator, model, optimizer, schedule, train_loader, epochs)
