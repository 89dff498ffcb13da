"""Attributes: what `base.name` stands for."""

from __future__ import annotations

import libcst as cst

from looplint.source import facts, frameworks
from looplint.source.follow import inline
from looplint.source.frame import Frame
from looplint.source.tree import decorators
from looplint.source.values import (
    Bound,
    ClassValue,
    Const,
    Engine,
    External,
    FunctionValue,
    Instance,
    Mapping,
    ModuleValue,
    Parameter,
    Super,
    Symbol,
    Unknown,
    Value,
)


def attribute_of(base: Value, name: str, node: cst.CSTNode, frame: Frame) -> Value:
    """Return what `base.name` stands for."""
    if isinstance(base, ModuleValue):
        return frame.reader.imports.member(base, name)
    if isinstance(base, External):
        return External(f"{base.name}.{name}")
    if isinstance(base, Instance):
        return instance_attribute(base, name, node, frame)
    if isinstance(base, Super):
        member = base.member(name)
        return member.bind(base.instance) if isinstance(member, FunctionValue) else Bound(base.instance, name)
    if isinstance(base, ClassValue):
        found = base.member(name) or Unknown((base,))
        return found.bind(base) if isinstance(found, FunctionValue) and is_of_class(found) else found
    if isinstance(base, Const) and base.value is None:
        return base  # what is None here has no attributes: the line cannot be reached
    if isinstance(base, Engine) and name in ("module", "device", "local_rank", "global_rank", "global_steps"):
        return Unknown()  # the network that it drives, or a plain fact: who has that has no optimizer
    if name in frameworks.COUNTERS:
        return Unknown((base,), counts=True)
    if isinstance(base, Symbol):
        path = f"{base.path}.{name}"
        part = base.scope.symbol(path)
        part.wraps |= base.wraps
        part.vague = part.vague or base.vague
        part.keeps = part.keeps or base.keeps
        return base.scope.names.get(path, part)
    if isinstance(base, Mapping) and name in base.items:  # `SimpleNamespace` and its like
        return base.items[name]
    if isinstance(base, Parameter) and name == "data":
        return base
    if isinstance(base, Unknown) and name in ("module", "data", "model") and base.made_from:
        return base
    return Bound(base, name)


def instance_attribute(base: Instance, name: str, node: cst.CSTNode, frame: Frame) -> Value:
    found = base.attributes.names.get(name)
    if isinstance(found, Const) and frame.reader.stores_again(base.cls, name):
        return base.attributes.symbol(f"self.{name}")  # who stores what, and when, the order of the text does not tell
    if found is not None:
        return found
    member = base.cls.member(name)
    if isinstance(member, FunctionValue):
        if is_property(member):
            return inline(member.bind(base), (), node, frame)
        return member if is_static(member) else member.bind(base)
    if member is not None:
        return member
    known = frame.reader.assigns_attribute(base.cls, name) or not base.cls.outer_bases()
    if known or used_as_object(f"self.{name}", base):
        return base.attributes.symbol(f"self.{name}")
    return Bound(base, name)


def used_as_object(path: str, base: Instance) -> bool:
    """Return whether an attribute that comes from a base class nobody can see is an object rather than a method."""
    last = path.rpartition(".")[2]
    named = facts.OBJECT_NAME.match(last) or facts.SETTING_NAME.match(last)
    return named is not None or bool(base.attributes.usage.methods(path))


def is_property(function: FunctionValue) -> bool:
    return bool(decorators(function.node) & {"property", "cached_property"})


def is_of_class(function: FunctionValue) -> bool:
    return "classmethod" in decorators(function.node)


def is_static(function: FunctionValue) -> bool:
    return "staticmethod" in decorators(function.node)
