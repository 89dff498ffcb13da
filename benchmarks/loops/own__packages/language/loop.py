"""The training of a language model, with a warm-up that counts steps."""

import torch


def train(accelerator, model, optimizer, schedule, loader, epochs):
    for epoch in range(epochs):
        model.train()
        for words, following in loader:
            with accelerator.accumulate(model):
                logits = model(words)
                loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), following.flatten())
                accelerator.backward(loss)
                accelerator.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
        accelerator.print(epoch, loss.item())
