"""Training loops whose order is plainly right, found without looplint: stdlib `ast`, sibling statements.

A site is one optimizer whose clearing, backward and step stand beside one another in one block, in a legal order,
with nothing else in the loop around that could clear, differentiate or step it a second time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.syntax import Act, Block, Code, stored, told


@dataclass(eq=False)
class Site:
    """One optimizer in one block.

    Arguments:
        clear, step: the statements' indices in the block.
        backwards: those of the backwards whose gradients the step applies.
        view: `loop` (a loop stands around it), `called` (its function is called in a loop of the file) or `function`.
        crowded: another optimizer is stepped in the same loop.
        looked_at: the function looks at `.grad` by hand, so that a backward has a use besides the step.
    """

    block: Block
    optimizer: str
    clear: Act
    backwards: list[Act]
    step: Act
    view: str
    crowded: bool
    looked_at: bool


def sites(code: Code) -> Iterator[Site]:
    """Yield the optimizers that are plainly handled right."""
    for block in code.blocks:
        for step in block.acts:
            if step.kind == "step" and (site := site_of(code, block, step)) is not None:
                yield site


def site_of(code: Code, block: Block, step: Act) -> Site | None:
    scope = block.loops[0] if block.loops else block.function or code.tree
    whole = block.loops[-1] if block.loops else scope
    around = [told(node) for node in ast.walk(whole) if isinstance(node, ast.Call)]
    steps = {one[1] for one in around if one is not None and one[0] == "step" and code.is_optimizer(one[1])}
    if around.count(("step", step.who)) != 1 or touches_by_hand(whole) or ("step", "?") in around:
        return None
    if code.is_driven or kept_elsewhere(whole):
        return None
    inside = [found for node in ast.walk(scope) if isinstance(node, ast.Call) and (found := told(node))]
    if sum(kind == "backward" for kind, _ in inside) != sum(act.kind == "backward" for act in block.acts):
        return None
    clear = clear_of(block, step, steps, [who for kind, who in inside if kind == "clear"])
    if clear is None:
        return None
    backwards = group(block, step, clear)
    if not backwards or not legal(clear, backwards, step):
        return None
    view = "loop" if block.loops else "called" if block.function in code.looped else "function"
    if view == "loop" and any(step.who in stored(node) for node in block.loops[0].body):
        view = "function"  # built anew in each turn: nothing of it repeats
    return Site(block, step.who, clear, backwards, step, view, len(steps) > 1, looks_at(block.function or whole))


def clear_of(block: Block, step: Act, steps: set[str], clears: list[str]) -> Act | None:
    """Return the only statement that clears for a step, or None where there is no telling."""
    others = steps - {step.who}
    own = [act for act in block.acts if act.kind == "clear" and act.who == step.who]
    foreign = [who for who in clears if who != step.who and who not in others]
    if own:
        return own[0] if len(own) == 1 and clears.count(step.who) == 1 and not foreign else None
    if clears.count(step.who):
        return None
    through = [act for act in block.acts if act.kind == "clear" and act.who not in others]
    if len(through) != len(foreign):
        return None
    if not others:
        return through[0] if len(through) == 1 else None
    return segment(block, step)


def touches_by_hand(scope: ast.AST) -> bool:
    """Return whether gradients are set by hand: `p.grad = ...`, `p.grad.zero_()`."""
    for node in ast.walk(scope):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(one, ast.Attribute) and one.attr == "grad" for one in targets):
            return True
        if isinstance(node, ast.Attribute) and node.attr in ("zero_", "fill_") and ".grad" in ast.unparse(node.value):
            return True
    return False


def kept_elsewhere(scope: ast.AST) -> bool:
    """Return whether gradients are those of `torch.distributed.autograd`, which keeps them outside of `.grad`."""
    return any(isinstance(node, ast.Name) and node.id == "dist_autograd" for node in ast.walk(scope))


def looks_at(scope: ast.AST) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in ast.walk(scope))


def group(block: Block, step: Act, clear: Act) -> list[Act]:
    """Return the backwards whose gradients a step applies: since its clearing, or else back to the step before them."""
    before = [act for act in block.acts if act.at < step.at]
    if clear.at < step.at:
        return [act for act in before if act.kind == "backward" and act.at > clear.at]
    found: list[Act] = []
    for act in reversed(before):
        if act.kind == "backward":
            found.insert(0, act)
        elif found and act.kind == "step":
            break
    return found


def segment(block: Block, step: Act) -> Act | None:
    """Return the clearing of a step where a block is nothing but (clear, backward..., step) over and over."""
    shape = re.sub("b+", "b", "".join(act.kind[0] for act in block.acts))
    if not re.fullmatch("(cbs)+", shape):
        return None
    before = [act for act in block.acts if act.kind == "clear" and act.at < step.at]
    return before[-1] if before else None


def legal(clear: Act, backwards: list[Act], step: Act) -> bool:
    """Return whether the order is clear, backward, step or backward, step, clear."""
    first, last = backwards[0].at, backwards[-1].at
    return clear.at < first <= last < step.at or first <= last < step.at < clear.at
