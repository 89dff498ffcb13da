"""Scans and records."""

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, MultiStepLR, StepLR


class DiceLoss(nn.Module):
    def forward(self, logits, target):
        probability = logits.sigmoid()
        overlap = 2 * (probability * target).sum() + 1
        return 1 - overlap / (probability.sum() + target.sum() + 1)


def volumes(model, train_dl, epochs=150, accumulate_metrics=None):
    dice, cross_entropy = DiceLoss(), nn.BCEWithLogitsLoss()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)
    scheduler = CosineAnnealingLR(optimizer, T_max=150, eta_min=1e-7)
    for epoch in range(epochs):
        for batch_data in train_dl:
            inputs, labels = batch_data["image"].cuda(), batch_data["label"].cuda()
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = dice(outputs, labels) + cross_entropy(outputs, labels)
            loss.backward()
            optimizer.step()
        scheduler.step()
        if accumulate_metrics is not None and (epoch + 1) % 2 == 0:
            accumulate_metrics(model, epoch)


def survival(net, patients, val_patients, n_epochs=80):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    scheduler = StepLR(optimizer, step_size=n_epochs // 4, gamma=0.5)
    history = {"train": [], "val": []}
    for epoch in range(n_epochs):
        net.train()
        total = 0.0
        for covariates, time, event in patients:
            risk = net(covariates).squeeze()
            order = time.argsort(descending=True)
            risk, event = risk[order], event[order]
            loss = -((risk - risk.logcumsumexp(0)) * event).sum() / event.sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        history["train"].append(total / len(patients))
        net.eval()
        with torch.no_grad():
            history["val"].append(sum(net(x).mean().item() for x, _, _ in val_patients))
        scheduler.step()
    return history


def deep_supervision(unet, loader, weights, epochs):
    optimizer = torch.optim.SGD(unet.parameters(), 0.01, momentum=0.99, nesterov=True, weight_decay=3e-5)
    scheduler = ExponentialLR(optimizer, 0.97)
    criterion = nn.CrossEntropyLoss(ignore_index=255)
    for epoch in range(epochs):
        for image, mask in loader:
            optimizer.zero_grad(set_to_none=True)
            heads = unet(image)
            loss = sum(w * criterion(head, mask) for w, head in zip(weights, heads))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(unet.parameters(), 12)
            optimizer.step()
        scheduler.step()


def two_stages(model, loader):
    for parameter in model.backbone.parameters():
        parameter.requires_grad = False
    optimizer = torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=1e-3)
    scheduler = MultiStepLR(optimizer, milestones=[3, 6])
    for epoch in range(8):
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
    for parameter in model.backbone.parameters():
        parameter.requires_grad = True
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-5)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
