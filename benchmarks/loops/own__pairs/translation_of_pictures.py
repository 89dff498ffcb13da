"""Turn pictures of one kind into the other, and back."""

import itertools

import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR


def network():
    return nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 3, 3, padding=1))


def judge():
    return nn.Sequential(nn.Conv2d(3, 32, 3, stride=2), nn.LeakyReLU(0.2), nn.Flatten(), nn.LazyLinear(1))


def train(photos, paintings, epochs=20):
    to_painting, to_photo = network(), network()
    judge_painting, judge_photo = judge(), judge()
    generators = torch.optim.Adam(itertools.chain(to_painting.parameters(), to_photo.parameters()), lr=2e-4)
    judges = torch.optim.Adam(itertools.chain(judge_painting.parameters(), judge_photo.parameters()), lr=2e-4)
    schedulers = {"generators": ExponentialLR(generators, 0.95), "judges": ExponentialLR(judges, 0.95)}
    l1, mse = nn.L1Loss(), nn.MSELoss()
    for _ in range(epochs):
        for photo, painting in zip(photos, paintings):
            generators.zero_grad()
            fake_painting, fake_photo = to_painting(photo), to_photo(painting)
            cycle = l1(to_photo(fake_painting), photo) + l1(to_painting(fake_photo), painting)
            fooled = mse(judge_painting(fake_painting), torch.ones(len(photo), 1))
            loss = 10 * cycle + fooled
            loss.backward()
            generators.step()

            judges.zero_grad()
            real = mse(judge_painting(painting), torch.ones(len(painting), 1))
            fake = mse(judge_painting(fake_painting.detach()), torch.zeros(len(photo), 1))
            judge_loss = (real + fake) / 2
            judge_loss.backward()
            judges.step()
        for scheduler in schedulers.values():
            scheduler.step()
