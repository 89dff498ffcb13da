"""What is an optimizer, a scheduler, a scaler, a loader: by what is known of a value, then by use, last by name."""

from __future__ import annotations

import re
from functools import lru_cache

from looplint.model import Cadence, Item, Optimizer, Scheduler
from looplint.source import facts, frameworks
from looplint.source.values import (
    Bound,
    Either,
    Engine,
    Instance,
    Items,
    Launcher,
    Loader,
    Mapping,
    OptimizerValue,
    Range,
    Scaler,
    SchedulerValue,
    Sequence,
    Symbol,
    Unknown,
    Value,
    holds_loss,
    options,
)

MANY = 10_000
"""How many names are kept in mind of which it is known what they are."""


@lru_cache(MANY)
def last_name(path: str) -> str:
    """Return the last name of a path: `self.optims[0]` is an `optims`."""
    return re.sub(r"\[[^\]]*\]", "", path).rpartition(".")[2]


def is_optimizer(symbol: Symbol) -> bool:
    return is_optimizer_by(symbol.path, symbol.scope.usage.methods(symbol.path))


@lru_cache(MANY)
def is_optimizer_by(path: str, used: frozenset[str]) -> bool:
    """Return whether something is an optimizer by its name and the methods that are called on it."""
    name = last_name(path)
    if "backward" in used and not facts.OPTIMIZER_NAME.match(name):
        return False
    if facts.SCHEDULER_NAME.search(name) or facts.SCALER_NAME.search(name):
        return False
    if name in ("opt", "opts"):  # as often the options of the command line
        return bool(used & {"step", "zero_grad"}) and not used & {"forward", "parameters"}
    if facts.OPTIMIZER_NAME.match(name) and not facts.NOT_AN_OPTIMIZER_NAME.match(name):
        return True
    return {"zero_grad", "step"} <= used and not used & {"forward", "parameters", "named_parameters", "backward"}


def optimizers_of(value: Value) -> list[Optimizer]:
    """Return the optimizers that a value is: none, one, or several of which it is any."""
    if isinstance(value, OptimizerValue):
        return [value.optimizer]
    if isinstance(value, Engine) and value.optimizer is not None:
        return [value.optimizer]
    if isinstance(value, Either):
        return list(dict.fromkeys(one for option in value.options for one in optimizers_of(option)))
    if isinstance(value, Symbol) and (value.path in value.scope.optimizers or is_optimizer(value)):
        return [optimizer_named(value)]
    return []


def optimizer_named(symbol: Symbol) -> Optimizer:
    """Return the one optimizer of this name in its scope."""
    optimizer = symbol.scope.optimizers.setdefault(symbol.path, Optimizer(symbol.path, item=item_of(symbol)))
    optimizer.loose = optimizer.loose or is_loose(symbol)
    return optimizer


def is_loose(symbol: Symbol) -> bool:
    """Return whether a name, or what it is reached from, is an item of something nobody can see into."""
    heads = (symbol.path[: one.start()] for one in re.finditer(r"[.\[]", symbol.path))
    known = symbol.scope.symbols
    return symbol.loose or any(known[head].loose for head in heads if head in known)


def item_of(symbol: Symbol) -> Item | None:
    """Return which item of which list a name is, if it is one; an index that is no literal may be any."""
    listed, opening, index = symbol.path.rpartition("[")
    if opening and symbol.path.endswith("]"):
        return Item((symbol.scope.key, listed), index[:-1] if index[:1] in "0123456789'\"" else "")
    if "." in symbol.path and not symbol.owned:  # `trainer.optimizer` may be any of `trainer.optimizers`
        return Item((symbol.scope.key, f"{symbol.path}s"))
    return Item((symbol.scope.key, symbol.path)) if symbol.owned else None


def scheduler_of(value: Value) -> Scheduler | None:
    """Return the learning-rate scheduler that a value is, if it is one."""
    if isinstance(value, SchedulerValue):
        return value.scheduler
    if isinstance(value, Either):
        found = [scheduler_of(option) for option in value.options]
        return found[0] if len(set(map(id, found))) == 1 else None
    if not isinstance(value, Symbol):
        return None
    name = last_name(value.path)
    if value.path in value.scope.schedulers:
        return value.scope.schedulers[value.path]
    if not called_like_schedulers(name):
        return None
    if value.scope.usage.methods(value.path) & {"add_noise", "set_timesteps", "scale_model_input", "get_velocity"}:
        return None
    return value.scope.schedulers.setdefault(value.path, Scheduler(value.path, cadence=Cadence.UNKNOWN))


@lru_cache(MANY)
def called_like_schedulers(name: str) -> bool:
    """Return whether a name is one of a learning-rate scheduler: it says so, and says of nothing else."""
    words = re.findall(r"[A-Z]?[a-z]+\d*|[A-Z]+\d*(?![a-z])|\d+", name)
    return facts.SCHEDULER_NAME.search(name) is not None and all(map(facts.LEARNING_RATE_WORD.fullmatch, words))


def is_scaler(value: Value) -> bool:
    return isinstance(value, Scaler) or (
        isinstance(value, Symbol) and bool(facts.SCALER_NAME.search(last_name(value.path)))
    )


def is_launcher(value: Value) -> bool:
    if isinstance(value, Either):
        return all(map(is_launcher, value.options))
    return isinstance(value, Launcher) or (
        isinstance(value, Symbol) and bool(frameworks.LAUNCHER_NAMES.match(value.path))
    )


def is_loader(value: Value) -> bool:
    """Return whether a value surely yields the batches of a DataLoader."""
    if isinstance(value, Range):
        return value.over_loader
    return isinstance(value, Loader) and not value.whole


def named_like_loader(value: Value) -> bool:
    """Return whether a value is called as loaders are: evidence for the kind of a loop, never for a rule on its own."""
    if isinstance(value, Unknown) and value.role == "iterator":
        return any(map(named_like_loader, value.made_from))
    return isinstance(value, Symbol) and bool(facts.LOADER_NAME.search(last_name(value.path)))


def trains(value: Value) -> bool:
    """Return whether the items of a collection are objects that have to be told apart: optimizers, schedulers, ..."""
    if isinstance(value, Sequence):
        return any(trains(item) for item in value.items)
    if isinstance(value, Items):
        return trains(value.element)
    if isinstance(value, Either):
        return any(map(trains, value.options))
    if isinstance(value, OptimizerValue | SchedulerValue | Instance | Bound):
        return True
    return bool(optimizers_of(value)) or scheduler_of(value) is not None


def may_be_loss(value: Value) -> bool:
    """Return whether a value is a loss, or a collection with one: by what computed it, or by its name."""
    held = [one for held in value.holds() for one in options(held)] if isinstance(value, Sequence | Mapping) else []
    named = (one.path for one in (*options(value), *held) if isinstance(one, Symbol))
    return any(map(holds_loss, (value, *held))) or any(facts.LOSS_NAME.search(last_name(path)) for path in named)
