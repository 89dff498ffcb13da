"""Write the pages of docs/ that come from tables of facts: `python -m tests.tools.tables` (or `make docs`).

A test compares them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from looplint.model import Cadence
from looplint.source.frameworks import FRAMEWORKS, Framework
from looplint.source.schedulers import FEW, MANY, SCHEDULES, Horizon, Schedule
from tests.tools import ROOT
from tests.tools.readme import table

DOCS = ROOT / "docs"

MOVES = {Cadence.EPOCH: "epoch", Cadence.STEP: "step", Cadence.UNKNOWN: "either"}

SCHEDULERS = f"""\
# The schedulers that looplint knows

This page is written by `make docs` from `looplint/source/schedulers.py`.

`moves` is how often the documentation of a scheduler moves it: once per epoch, once per step of the optimizer, or
either, as its arguments mean it. What is reported depends on these arguments alone, listed under `told by`:

- An expression of epochs counts epochs: `args.epochs`, `epochs // 3`, `[int(0.5 * epochs), int(0.75 * epochs)]`.
- One with the length of a loader counts steps: `len(loader) * epochs`, `steps_per_epoch`, or a name that was computed
  from it.
- Where it says "names", a name such as `max_iters`, `num_steps` or `total_steps` counts steps. It does not for others:
  milestones called `lr_steps` are as often epochs.
- A literal counts epochs up to the number given, and steps from the number given on ({FEW} and {MANY} in most cases).
  Between them, and where no number is given, nobody can tell.
- A factor of 0.99 or more at each move, as in `gamma=0.999`, may be meant for every step: then nothing is told.

Where no argument tells, looplint is silent, and so it is wherever `step` is told its epoch. A scheduler made of others
counts what they count, if they agree. A class of another package by the same name is read by its keywords only.

"""


def told_by(row: Schedule) -> str:
    """Return what tells what a scheduler counts, as it stands in the table."""
    parts = [f"`{one.keyword}`{limits(one)}" for one in row.horizon]
    if row.decay is not None:
        parts.append(f"`{row.decay.keyword}`")
    if row.parts is not None:
        parts.append(f"the parts in `{row.parts.keyword}`")
    if row.alone:
        parts.append("the class itself")
    return ", ".join(parts)


def limits(one: Horizon) -> str:
    told = [f"epochs to {one.epochs_to}"] if one.epochs_to else []
    told += [f"steps from {one.steps_from}"] if one.steps_from else []
    told += ["names"] if one.named else []
    return f" ({', '.join(told)})" if told else ""


def schedulers() -> str:
    rows = [(f"`{one.name}`", f"`{one.package}`", MOVES[one.moves], told_by(one), one.source) for one in SCHEDULES]
    return SCHEDULERS + table(("scheduler", "package", "moves", "told by", "source"), *rows)


FRAMEWORKS_HEAD = """\
# The frameworks that looplint knows

This page is written by `make docs` from `looplint/source/frameworks.py`.

Of the training loop, some frameworks do a part themselves: the backward, the clearing of gradients, the step, the
schedule. What is left to their user is judged as in any other loop. A framework that is not here may do anything to
the optimizers that it is given, so nothing is said of them from there on.

A class that a framework drives has no loop of its own. Where it is known which methods the framework calls once per
batch, and no other method of the class clears gradients, these are read as one turn of the batch loop: under `once per
batch`. Everything else without a loop is only judged for what holds in any loop.

Some frameworks move the schedulers themselves that a method of such a class returns, and are told how often. What is
said against what the arguments of the scheduler count ([schedulers.md](schedulers.md)) is reported: a `OneCycleLR` over
all the steps that moves once per epoch, a cosine over the epochs that moves with each step. A plain number counts what
the setting says, where it is written down. Nothing is reported where somebody else moves schedulers in the class.

"""


def recognised(row: Framework) -> str:
    """Return by what a framework is recognised, as it stands in the table."""
    names = [*row.launchers, *row.engines, *row.loops, *row.hidden, *row.wrappers]
    names += [one.name for one in row.hands_back if one.name not in names]
    names += [f"{name}(optimizer)" for name in row.steppers]
    names += [f"self.{name}()" for name in (*row.optimizers, *row.schedulers)]
    names += row.turn.bases if row.turn is not None else ()
    names += row.configured.bases if row.configured is not None else ()
    return ", ".join(f"`{name}`" for name in names)


def once_per_batch(row: Framework) -> str:
    if row.loops:
        return "the function it is given"
    return ", ".join(f"`{name}`" for name in row.turn.methods) if row.turn is not None else ""


def configured(row: Framework) -> str:
    """Return how a framework is told how often it moves schedulers."""
    assert row.configured is not None
    told = row.configured
    return textwrap.fill(
        f"{row.name}: `{told.method}` returns the optimizers and the schedulers as a pair of lists, or in a dict with "
        f'`"{told.key}"`. A scheduler stands there itself, or in a dict with `"{told.scheduler}"` and '
        f'`"{told.interval}"`, which is `"epoch"` or `"step"`; without it the scheduler moves once per '
        f'{told.default.value}. With a `"{told.frequency}"` other than 1, or an interval that is no literal, nothing '
        "is reported.",
        width=120,
    )


def frameworks() -> str:
    rows = [
        (one.name, ", ".join(one.owns), one.judged, recognised(one), once_per_batch(one), one.source)
        for one in FRAMEWORKS
    ]
    head = ("framework", "does itself", "judged", "recognised by", "once per batch", "source")
    told = [configured(one) for one in FRAMEWORKS if one.configured is not None]
    return FRAMEWORKS_HEAD + table(head, *rows) + "\n" + "\n\n".join(told) + "\n"


PAGES: dict[str, Callable[[], str]] = {"schedulers.md": schedulers, "frameworks.md": frameworks}

if __name__ == "__main__":
    DOCS.mkdir(exist_ok=True)
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")
