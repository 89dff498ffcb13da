"""What is minimized."""

import torch
from torch.nn import functional as F


def dice(logits, target, eps=1.0):
    p = torch.sigmoid(logits)
    overlap = 2 * (p * target).sum() + eps
    return 1 - overlap / (p.sum() + target.sum() + eps)


def combined(logits, target):
    return F.binary_cross_entropy_with_logits(logits, target) + dice(logits, target)
