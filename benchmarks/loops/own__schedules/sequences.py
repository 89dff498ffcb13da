"""Schedules of text, speech and reinforcement learning, where the loops have other names."""

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, MultiStepLR, StepLR


def translation(model, iterator, pad):
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.9)
    criterion = nn.CrossEntropyLoss(ignore_index=pad)
    for _ in range(10):
        for batch in iterator:
            output = model(batch.src, batch.trg[:-1])
            loss = criterion(output.flatten(0, 1), batch.trg[1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()


def speech(model, train_loader, epochs):
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4)
    scheduler = ExponentialLR(optimizer, gamma=0.98)
    ctc = nn.CTCLoss(blank=28)
    epoch = 0
    while epoch < epochs:
        for spectrograms, labels, input_lengths, label_lengths in train_loader:
            optimizer.zero_grad()
            output = model(spectrograms).log_softmax(2).transpose(0, 1)
            loss = ctc(output, labels, input_lengths, label_lengths)
            loss.backward()
            optimizer.step()
        scheduler.step()
        epoch += 1


def graphs(model, loader, device):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = MultiStepLR(optimizer, milestones=[40, 80], gamma=0.5)
    for epoch in range(1, 121):
        total = 0
        for data in loader:
            data = data.to(device)
            optimizer.zero_grad()
            loss = nn.functional.nll_loss(model(data.x, data.edge_index, data.batch), data.y)
            loss.backward()
            optimizer.step()
            total += loss.item() * data.num_graphs
        scheduler.step()
        print(f"{epoch:03d}", total / len(loader.dataset))


def segmentation(net, train_loader, n_epochs):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    scheduler = CosineAnnealingLR(optimizer, T_max=50)
    for _ in range(n_epochs):
        for batch in train_loader:
            masks = net(batch["image"])
            loss = nn.functional.binary_cross_entropy_with_logits(masks, batch["mask"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
