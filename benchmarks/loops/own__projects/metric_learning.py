"""Pairs, triplets and views of the same thing."""

import copy

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import lr_scheduler as sched_lib
from torch.utils.data import DataLoader


def siamese(net, dataset, epochs=15):
    data_loader = DataLoader(dataset, shuffle=True, batch_size=64)
    optimizer = torch.optim.Adadelta(net.parameters(), lr=1.0)
    scheduler = sched_lib.StepLR(optimizer, step_size=1, gamma=0.7)
    criterion = nn.BCELoss()
    for epoch in range(1, epochs + 1):
        net.train()
        for batch_idx, (first, second, targets) in enumerate(data_loader):
            optimizer.zero_grad()
            outputs = net(first, second).squeeze()
            loss = criterion(outputs, targets)
            loss.backward()
            optimizer.step()
        scheduler.step()


def triplets(embedding, miner, loader, margin, n_epochs):
    optimizer = torch.optim.Adam(embedding.parameters(), lr=1e-3)
    scheduler = sched_lib.StepLR(optimizer, 8, gamma=0.1, last_epoch=-1)
    for epoch in range(0, n_epochs):
        losses = []
        for images, labels in loader:
            vectors = embedding(images)
            anchor, positive, negative = miner(vectors, labels)
            distance = (anchor - positive).pow(2).sum(1) - (anchor - negative).pow(2).sum(1)
            loss = F.relu(distance + margin).mean()
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()


def contrastive(encoder, train_loader, args):
    optimizer = torch.optim.SGD(encoder.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4)
    scheduler = sched_lib.CosineAnnealingLR(optimizer, T_max=args.epochs, eta_min=0, last_epoch=-1)
    n_iter = 0
    for epoch_counter in range(args.epochs):
        for images, _ in train_loader:
            images = torch.cat(images, dim=0)
            features = F.normalize(encoder(images), dim=1)
            similarity = features @ features.T / args.temperature
            labels = torch.arange(len(features)).roll(len(features) // 2)
            loss = F.cross_entropy(similarity.fill_diagonal_(-1e9), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n_iter += 1
        if epoch_counter >= 10:
            print(n_iter)
        scheduler.step()


def momentum_teacher(student, loader, base_lr, total_epochs):
    teacher = copy.deepcopy(student).requires_grad_(False)
    optimizer = torch.optim.SGD(student.parameters(), base_lr)
    milestones = [int(total_epochs * 0.6), int(total_epochs * 0.8)]
    scheduler = sched_lib.MultiStepLR(optimizer, milestones, gamma=0.1)
    for epoch in range(total_epochs):
        for view, other in loader:
            loss = 2 - 2 * F.cosine_similarity(student(view), teacher(other), dim=-1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                for ours, theirs in zip(student.parameters(), teacher.parameters()):
                    theirs.mul_(0.99).add_(ours, alpha=0.01)
        scheduler.step()
