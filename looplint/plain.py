"""Objects of dataclasses as data that JSON can hold, and back: what comes from outside is checked against the types."""

from __future__ import annotations

import functools
import types
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

_Type = TypeVar("_Type")


class NotOfType(ValueError):
    """Data that is not of the type that it should be."""


def encode(value: object) -> Any:
    """Return data for a value: a dataclass is the list of its fields, a tuple a list, a member of an enum its value."""
    if is_dataclass(value) and not isinstance(value, type):
        return [encode(getattr(value, one.name)) for one in fields(value)]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [encode(one) for one in value]
    if isinstance(value, dict):
        return {key: encode(one) for key, one in value.items()}
    return value


def decode(kind: type[_Type], data: object) -> _Type:
    """Return the value of a type that data stands for.

    Arguments:
        kind: str, int, bool, a dataclass, an enum of strings; a list, a dictionary with strings as keys or a tuple of
            these, or one of several.
        data: as read from JSON.

    Raises:
        NotOfType: it is not what `encode` makes of such a value.
    """
    found: _Type = _decode(kind, data)
    return found


def _decode(kind: Any, data: object) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _one_of(inner, data)
    if kind in (str, int, bool, type(None)):
        if type(data) is not kind:
            raise NotOfType(f"{data!r} is not of {kind}")
        return data
    if origin is dict and isinstance(data, dict):
        return {_decode(inner[0], key): _decode(inner[1], value) for key, value in data.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(data)
        except ValueError:
            raise NotOfType(f"{data!r} is not of {kind}") from None
    if not isinstance(data, list):
        raise NotOfType(f"{data!r} is not of {kind}")
    if origin is list:
        return [_decode(inner[0], one) for one in data]
    if origin is tuple and inner[-1] is Ellipsis:
        return tuple(_decode(inner[0], one) for one in data)
    kinds = inner if origin is tuple else _field_types(kind)
    if len(data) != len(kinds):
        raise NotOfType(f"{data!r} is not of {kind}")
    values = [_decode(*one) for one in zip(kinds, data, strict=True)]
    return tuple(values) if origin is tuple else kind(*values)


def _one_of(kinds: tuple[Any, ...], data: object) -> Any:
    for kind in kinds:
        try:
            return _decode(kind, data)
        except NotOfType:
            continue
    raise NotOfType(f"{data!r} is of none of {kinds}")


@functools.cache
def _field_types(kind: type) -> tuple[Any, ...]:
    hints = get_type_hints(kind)
    return tuple(hints[one.name] for one in fields(kind))
