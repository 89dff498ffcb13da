"""Faults of training loops, injected one at a time."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.edits import Edit
from benchmarks.mutant import Mutant, mutant_of
from benchmarks.neighbours import code_of
from benchmarks.schedules import of_schedulers
from benchmarks.sites import Site, sites
from benchmarks.syntax import Code, names_read, names_stored

NEEDS_LOOP = frozenset({"zero-grad-deleted", "step-deleted", "other-optimizer-zeroed"})
"""Faults that nothing but a repetition makes wrong: a function that no loop of the file calls stays right."""


def mutants(text: str, root: Path | None = None, path: Path | None = None) -> Iterator[Mutant]:
    """Yield every mutant of a text that parses, in the order of the text for each fault; none where it does not.

    Arguments:
        root, path: the folder of the text's repository and its file there, where others import it or it imports them.
    """
    try:
        code = code_of(text, root, path)
    except (SyntaxError, ValueError, RecursionError):
        return
    made = [*(one for site in sites(code) for one in of_site(code, site)), *of_schedulers(code)]
    seen = set()
    for mutant in sorted(made, key=lambda one: (one.fault, one.line)):
        if mutant.text not in seen and parses(mutant.text):
            seen.add(mutant.text)
            yield mutant


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def of_site(code: Code, site: Site) -> Iterator[Mutant]:
    """Yield the mutants of one optimizer."""
    for fault, inject in FAULTS.items():
        if site.view == "function" and fault in NEEDS_LOOP:
            continue
        done = inject(code, site)
        if done is not None and done[1] is not None and done[1] != code.text:
            yield mutant_of(code, fault, site.block, done[0], site.view, done[1], site.crowded)


Done = tuple[ast.stmt, str | None]


def zero_grad_deleted(code: Code, site: Site) -> Done | None:
    return site.block.nodes[site.clear.at], Edit(code).delete(site.block, site.clear.at)


def step_before_backward(code: Code, site: Site) -> Done | None:
    target = site.block.nodes[site.backwards[0].at]
    return site.block.nodes[site.step.at], Edit(code).before(site.block, site.step.at, target)


def zero_grad_between(code: Code, site: Site) -> Done | None:
    if site.looked_at:
        return None
    target = site.block.nodes[site.step.at]
    return site.block.nodes[site.clear.at], Edit(code).before(site.block, site.clear.at, target)


def backward_deleted(code: Code, site: Site) -> Done | None:
    """Only where nothing else can have filled the gradients: they are cleared first, or no other backward is near."""
    clear_first = site.clear.at < site.step.at
    if len(site.backwards) != 1 or not (clear_first or (site.view != "function" and not site.crowded)):
        return None
    at = site.backwards[0].at
    return site.block.nodes[at], Edit(code).delete(site.block, at)


def step_deleted(code: Code, site: Site) -> Done | None:
    if site.looked_at:
        return None
    return site.block.nodes[site.step.at], Edit(code).delete(site.block, site.step.at)


def step_behind_batch_loop(code: Code, site: Site) -> Done | None:
    loop = site.block.loops[0] if site.block.loops else None
    node = site.block.nodes[site.step.at]
    if not isinstance(loop, ast.For) or loop.orelse or names_read(node) & names_stored(loop):
        return None
    return node, Edit(code).behind(site.block, site.step.at, loop)


def zero_grad_to_epoch_loop(code: Code, site: Site) -> Done | None:
    if len(site.block.loops) < 2:
        return None
    outer = site.block.loops[1]
    node = site.block.nodes[site.clear.at]
    if names_read(node) & names_stored(outer):
        return None
    return node, Edit(code).before(site.block, site.clear.at, outer.body[0])


def other_optimizer_zeroed(code: Code, site: Site) -> Done | None:
    """Point the clearing at what the block clears for another optimizer."""
    node = site.block.nodes[site.clear.at]
    steps = {act.who for act in site.block.acts if act.kind == "step"}
    through_optimizer = site.clear.who in steps
    others = [
        act.who
        for act in site.block.acts
        if act.kind == "clear" and act.who != site.clear.who and (act.who in steps) is through_optimizer
    ]
    if len(steps) < 2 or not others or not isinstance(node, ast.Expr):
        return None
    call = node.value
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    return node, Edit(code).replace(call.func.value, others[0])


FAULTS: dict[str, Callable[[Code, Site], Done | None]] = {
    "zero-grad-deleted": zero_grad_deleted,
    "step-before-backward": step_before_backward,
    "zero-grad-between": zero_grad_between,
    "backward-deleted": backward_deleted,
    "step-deleted": step_deleted,
    "step-behind-batch-loop": step_behind_batch_loop,
    "zero-grad-to-epoch-loop": zero_grad_to_epoch_loop,
    "other-optimizer-zeroed": other_optimizer_zeroed,
}
