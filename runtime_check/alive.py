"""What is alive in this process: the objects of a class, the modules, and what these call their parameters."""

from __future__ import annotations

import gc
from functools import partial
from itertools import chain, compress, repeat
from typing import TypeVar

import torch

T = TypeVar("T")


def living(kind: type[T]) -> list[T]:
    """Return the objects of a class that are alive.

    Iterators of C do it all, amidst which no other thread runs: one that is just building a tuple would fail there if
    somebody else had a reference to that tuple, as whoever asks for all objects has
    (https://github.com/python/cpython/issues/59313). Objects are told by their type, as `__class__` may be anybody's
    code.
    """
    everything = chain.from_iterable(map(repeat, map(gc.get_objects, (None,)), (2,)))  # the list of all objects, twice
    types = map(map, repeat(type), everything)
    wanted = map(map, repeat(partial(type.__subclasscheck__, kind)), types)
    found = chain.from_iterable(map(compress, everything, wanted))
    collects = gc.isenabled()
    gc.disable()  # what a collection calls may be Python
    try:
        return list(found)
    finally:
        if collects:
            gc.enable()


def roots() -> list[torch.nn.Module]:
    """Return the modules that are part of no other."""
    modules = [one for one in living(torch.nn.Module) if "_modules" in vars(one)]
    inner = {id(part) for one in modules for part in one._modules.values() if part is not None}
    return [one for one in modules if id(one) not in inner]


def names_of(tensors: list[torch.Tensor]) -> list[str]:
    """Return what parameters are called in the module that has them, or their shapes where none does."""
    names = {id(one): name for root in roots() for name, one in root.named_parameters()}
    return [names.get(id(one), f"a parameter of shape {tuple(one.shape)}") for one in tensors]
