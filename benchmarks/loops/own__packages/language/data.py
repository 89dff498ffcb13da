"""Sequences of words."""

import torch
from torch.utils.data import DataLoader, TensorDataset


def loaders(vocabulary=1000, length=32, batch_size=16):
    words = torch.randint(vocabulary, (256, length + 1))
    data = TensorDataset(words[:, :-1], words[:, 1:])
    return DataLoader(data, batch_size, shuffle=True), DataLoader(data, batch_size)
