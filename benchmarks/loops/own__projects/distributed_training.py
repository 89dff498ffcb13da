"""One process for each device."""

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.lr_scheduler import MultiStepLR, StepLR
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler


def worker(rank, world_size, dataset, build, epochs=100):
    dist.init_process_group("nccl", rank=rank, world_size=world_size)
    model = DistributedDataParallel(build().to(rank), device_ids=[rank])
    sampler = DistributedSampler(dataset, world_size, rank)
    loader = DataLoader(dataset, 32, sampler=sampler)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1 * world_size, momentum=0.9)
    scheduler = MultiStepLR(optimizer, milestones=[50, 75], gamma=0.1)
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        for x, y in loader:
            x, y = x.to(rank), y.to(rank)
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        if rank == 0:
            torch.save(model.module.state_dict(), "last.pt")
        dist.barrier()
    dist.destroy_process_group()


def train_one_epoch(model, criterion, optimizer, data_loader, device, epoch, print_freq=100):
    model.train()
    for step, (image, target) in enumerate(data_loader):
        image, target = image.to(device), target.to(device)
        loss = criterion(model(image), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % print_freq == 0:
            print(epoch, step, loss.item())


def main(args, model, data_loader, sampler):
    device = torch.device(args.device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=args.momentum)
    lr_scheduler = StepLR(optimizer, step_size=args.lr_step_size, gamma=args.lr_gamma)
    if args.resume:
        checkpoint = torch.load(args.resume, map_location="cpu")
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        lr_scheduler.load_state_dict(checkpoint["lr_scheduler"])
        args.start_epoch = checkpoint["epoch"] + 1
    for epoch in range(args.start_epoch, args.epochs):
        if args.distributed:
            sampler.set_epoch(epoch)
        train_one_epoch(model, criterion, optimizer, data_loader, device, epoch)
        lr_scheduler.step()
        if args.output_dir:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, args.output_dir)
