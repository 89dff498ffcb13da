"""Teach a small network what a large one knows."""

import torch
from torch import nn

from .epoch import epochs


def main(loader):
    teacher = nn.Sequential(nn.Linear(32, 512), nn.ReLU(), nn.Linear(512, 10)).eval()
    student = nn.Linear(32, 10)
    optimizer = torch.optim.SGD(student.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10, gamma=0.5)
    epochs(student, teacher, loader, optimizer, scheduler, 40)
