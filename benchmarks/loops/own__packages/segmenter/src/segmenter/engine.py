"""The loop over the batches, in mixed precision."""

import torch

from .losses import combined


def train_one_epoch(model, loader, optimizer, scaler, device="cuda"):
    model.train()
    total = 0.0
    for batch in loader:
        image, mask = batch["image"].to(device), batch["mask"].to(device)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device):
            loss = combined(model(image), mask)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        total += loss.item()
    return total / len(loader)


@torch.inference_mode()
def validate(model, loader, device="cuda"):
    model.eval()
    return sum(combined(model(b["image"].to(device)), b["mask"].to(device)).item() for b in loader) / len(loader)
