"""Classifiers of pictures, trained from the command line."""

import argparse
import time

import torch
from torch import nn, optim
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader
from tqdm import tqdm, trange


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=90)
    parser.add_argument("--start-epoch", type=int, default=0)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--step-size", type=int, default=30)
    parser.add_argument("--gamma", type=float, default=0.1)
    parser.add_argument("--batch-size", type=int, default=256)
    return parser.parse_args()


def from_the_command_line(model, train_set, val_set):
    args = arguments()
    loader = DataLoader(train_set, args.batch_size, shuffle=True, num_workers=8, pin_memory=True)
    val_loader = DataLoader(val_set, args.batch_size)
    criterion = nn.CrossEntropyLoss().cuda()
    optimizer = optim.SGD(model.parameters(), args.lr, momentum=0.9, weight_decay=1e-4)
    scheduler = lr_scheduler.StepLR(optimizer, step_size=30, gamma=args.gamma)
    best = 0.0
    for epoch in range(args.start_epoch, args.epochs):
        model.train()
        end = time.time()
        for i, (images, target) in enumerate(loader):
            images, target = images.cuda(non_blocking=True), target.cuda(non_blocking=True)
            output = model(images)
            loss = criterion(output, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if i % 10 == 0:
                print(epoch, i, loss.item(), time.time() - end)
        acc = accuracy(model, val_loader)
        scheduler.step()
        if acc > best:
            best = acc
            torch.save({"epoch": epoch + 1, "model": model.state_dict(), "best": best}, "best.pth")


@torch.no_grad()
def accuracy(model, loader):
    model.eval()
    right = total = 0
    for x, y in loader:
        right += (model(x).argmax(1) == y).sum().item()
        total += len(y)
    return right / total


def phases(model, dataloaders, sizes, num_epochs=25):
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    exp_lr_scheduler = lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    for epoch in range(num_epochs):
        for phase in ["train", "val"]:
            model.train(phase == "train")
            running_loss = 0.0
            for inputs, labels in dataloaders[phase]:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    loss = criterion(model(inputs), labels)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * inputs.size(0)
            if phase == "train":
                exp_lr_scheduler.step()
            print(epoch, phase, running_loss / sizes[phase])


def fine_tuning(backbone, head, train_dl, device):
    params = [{"params": backbone.parameters(), "lr": 1e-4}, {"params": head.parameters(), "lr": 1e-3}]
    opt = optim.AdamW(params, weight_decay=0.05)
    sched = lr_scheduler.CosineAnnealingLR(opt, T_max=20, eta_min=1e-6)
    loss_func = nn.CrossEntropyLoss(label_smoothing=0.1)
    for epoch in trange(20):
        bar = tqdm(train_dl, leave=False)
        for xb, yb in bar:
            xb, yb = xb.to(device), yb.to(device)
            opt.zero_grad(set_to_none=True)
            loss = loss_func(head(backbone(xb)), yb)
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            opt.step()
            bar.set_description(f"{epoch} {loss.item():.3f}")
        sched.step()


def cifar(net, trainloader, testloader):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=200)
    for epoch in range(200):
        print("\nEpoch: %d" % epoch)
        net.train()
        train_loss, correct, total = 0, 0, 0
        for batch_idx, (inputs, targets) in enumerate(trainloader):
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, targets)
            loss.backward()
            optimizer.step()
            train_loss += loss.item()
            _, predicted = outputs.max(1)
            total += targets.size(0)
            correct += predicted.eq(targets).sum().item()
        accuracy(net, testloader)
        scheduler.step()
