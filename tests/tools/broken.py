"""Training programs as people write them, three scripts and a notebook, with one mistake each."""

from __future__ import annotations

from tests.cli.notebooks import code, notebook, words

CLASSIFY = '''\
"""Tell digits apart."""

import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader


def train(model, digits):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(5):
        for images, labels in DataLoader(digits, batch_size=32, shuffle=True):
            loss = cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
'''
"""Nothing clears the gradients."""

FORECAST = '''\
"""Forecast the demand of the next hour."""

import torch
from torch.utils.data import DataLoader


def train(model, hours, loss_fn):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for past, demand in DataLoader(hours, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        loss = loss_fn(model(past), demand)
        optimizer.step()
        loss.backward()
'''
"""The optimizer steps before the backward."""

SEGMENT = '''\
"""Find roads in pictures taken from the air."""

import torch
from torch.utils.data import DataLoader


def train(model, tiles, loss_fn):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10)
    for epoch in range(30):
        for images, roads in DataLoader(tiles, batch_size=16, shuffle=True):
            optimizer.zero_grad()
            loss_fn(model(images), roads).backward()
            optimizer.step()
            scheduler.step()
'''
"""A scheduler that counts epochs moves with each batch."""

EXPLORE = notebook(
    words("# A first look at autoencoders"),
    code(
        "import torch",
        "from torch.nn.functional import mse_loss",
        "",
        "optimizer = torch.optim.Adam(autoencoder.parameters())",
    ),
    code(
        "for batch in loader:",
        "    loss = mse_loss(autoencoder(batch), batch)",
        "    optimizer.zero_grad()",
        "    loss.backward()",
        "    optimizer.step",
    ),
)
"""A method is named and not called."""

FILES = {"classify.py": CLASSIFY, "explore.ipynb": EXPLORE, "forecast.py": FORECAST, "segment.py": SEGMENT}
"""Each program by the name of its file."""
