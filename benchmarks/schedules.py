"""Faults of learning-rate schedules, injected one at a time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.edits import Edit
from benchmarks.mutant import Mutant, mutant_of
from benchmarks.syntax import EPOCHWISE, Act, Block, Code, Loop, names_read, names_stored, own_parts


@dataclass(eq=False)
class Schedule:
    """A statement `scheduler.step(...)`."""

    block: Block
    at: int
    who: str

    @property
    def node(self) -> ast.stmt:
        return self.block.nodes[self.at]


def schedules(code: Code) -> Iterator[Schedule]:
    for block in code.blocks:
        for at, node in enumerate(block.nodes):
            call = node.value if isinstance(node, ast.Expr) else None
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "step":
                who = ast.unparse(call.func.value)
                if code.is_scheduler(who):
                    yield Schedule(block, at, who)


def of_schedulers(code: Code) -> Iterator[Mutant]:
    """Yield the mutants of each scheduler that moves once in its function, behind the steps of its optimizer.

    Not of those that a framework has been given: it decides when such a scheduler really moves.
    """
    found = list(schedules(code))
    for schedule in found:
        if sum(one.who == schedule.who and one.block.function is schedule.block.function for one in found) != 1:
            continue
        if code.is_managed(schedule.who):
            continue
        for fault, view, text, near in (*into_batch_loop(code, schedule), *before_optimizer(code, schedule)):
            if text is not None:
                yield mutant_of(code, fault, schedule.block, schedule.node, view, text, near=near.lineno)


Injected = tuple[str, str, str | None, ast.stmt]


def stepping_loops(code: Code, schedule: Schedule) -> Iterator[tuple[Loop, Block]]:
    """Yield each loop before a scheduler's move, in the same block, that steps an optimizer itself; and its body."""
    for node in schedule.block.nodes[: schedule.at]:
        if isinstance(node, Loop) and any(steps_in(code, node)):
            yield node, next(block for block in code.blocks if block.nodes is node.body)


def steps_in(code: Code, node: ast.AST) -> Iterator[Act]:
    """Yield the optimizer steps anywhere in a node."""
    for block in code.blocks:
        for act in block.acts:
            if act.kind == "step" and any(one is block.nodes[act.at] for one in ast.walk(node)):
                yield act


def drives(code: Code, schedule: Schedule, steps: list[Act]) -> bool:
    """Return whether the optimizer that a scheduler was built with is the one that is stepped; true where unknown."""
    built = code.built.get(schedule.who, [])
    named = {ast.unparse(one.args[0]) for one in built if isinstance(one, ast.Call) and one.args}
    stepped = {act.who for act in steps}
    return bool(named & stepped) or (not named and len(stepped) == 1)


def into_batch_loop(code: Code, schedule: Schedule) -> Iterator[Injected]:
    fault, classes = "scheduler-into-batch-loop", code.classes_of(schedule.who)
    if not schedule.block.loops or not classes or not classes <= EPOCHWISE:
        return
    for loop, body in stepping_loops(code, schedule):
        if drives(code, schedule, list(steps_in(code, loop))) and (last := ending(body)) is not None:
            yield fault, "loop", Edit(code).behind(schedule.block, schedule.at, last), last
            return
    for call, body in called_loops(code, schedule):
        if drives(code, schedule, list(steps_in(code, body.owner))) and (last := ending(body)) is not None:
            if in_sight(schedule, body):
                yield fault, "called", Edit(code).behind(schedule.block, schedule.at, last), last
            else:
                yield fault, "called", handed_over(code, schedule, call, body), last
            return


def called_loops(code: Code, schedule: Schedule) -> Iterator[tuple[ast.Call, Block]]:
    """Yield each loop that steps an optimizer in a function called before the move: the call, and its body."""
    for node in schedule.block.nodes[: schedule.at]:
        for call in [] if isinstance(node, Loop) else own_parts(node):
            for function in code.resolve(call.func, schedule.block) if isinstance(call, ast.Call) else ():
                for block in code.blocks:
                    mine = block.function is function and isinstance(block.owner, Loop) and len(block.loops) == 1
                    if mine and any(steps_in(code, block.owner)):
                        assert isinstance(call, ast.Call)
                        yield call, block


def in_sight(schedule: Schedule, block: Block) -> bool:
    """Return whether the name of a scheduler means the same in another function: an attribute, or a global."""
    if schedule.who.startswith("self."):
        return block.cls is not None and block.cls is schedule.block.cls
    return schedule.block.function is None and not names_read(schedule.node) & own_names(block)


def own_names(block: Block) -> set[str]:
    """Return the parameters and variables of the function around a block."""
    assert block.function is not None
    return names_stored(block.function) | {one.arg for one in ast.walk(block.function) if isinstance(one, ast.arg)}


def handed_over(code: Code, schedule: Schedule, call: ast.Call, body: Block) -> str | None:
    """Give a scheduler to the function that is called, as its first argument, and move it into the loop there."""
    function, who = body.function, schedule.who
    assert function is not None
    alone = sum(ast.unparse(one.func) == function.name for one in ast.walk(code.tree) if isinstance(one, ast.Call)) == 1
    if (
        not alone
        or not who.isidentifier()
        or names_read(schedule.node) & own_names(body)
        or not isinstance(call.func, ast.Name)
    ):
        return None
    lines = list(code.lines)
    for number, head in ((function.lineno - 1, f"def {function.name}("), (call.lineno - 1, f"{function.name}(")):
        if lines[number].count(head) != 1:
            return None
        rest = lines[number].partition(head)[2].lstrip()
        lines[number] = lines[number].replace(head, head + who + ("" if rest.startswith(")") else ", "))
    given = Code("".join(lines))
    moved, target = (given.blocks[code.blocks.index(one)] for one in (schedule.block, body))
    last = ending(target)
    return Edit(given).behind(moved, schedule.at, last) if last is not None else None


def ending(body: Block) -> ast.stmt | None:
    """Return the statement of a loop's body behind which another one is reached in each turn."""
    steps = [act for act in body.acts if act.kind == "step"]
    if steps:
        return body.nodes[steps[-1].at]
    last = body.nodes[-1]
    return None if isinstance(last, ast.Break | ast.Continue | ast.Return | ast.Raise) else last


def sets_the_epoch(code: Code, schedule: Schedule) -> bool:
    """Return whether a move says its epoch, as `scheduler.step(epoch)`: that sets a rate, and skips none."""
    assert isinstance(schedule.node, ast.Expr)
    assert isinstance(schedule.node.value, ast.Call)
    return any(re.search("epoch", ast.unparse(one)) for one in schedule.node.value.args) and code.classes_of(
        schedule.who
    ) != {"ReduceLROnPlateau"}


def before_optimizer(code: Code, schedule: Schedule) -> Iterator[Injected]:
    fault, block = "scheduler-before-optimizer", schedule.block
    if sets_the_epoch(code, schedule):
        return
    steps = [act for act in block.acts if act.kind == "step" and act.at < schedule.at]
    view = "loop" if block.loops else "called" if block.function in code.looped else "function"
    if steps and drives(code, schedule, steps):
        target = block.nodes[next(act.at for act in steps if drives(code, schedule, [act]))]
        yield fault, view, Edit(code).before(block, schedule.at, target), target
        return
    if not block.loops or names_read(schedule.node) & names_stored(ast.Module(block.nodes, [])):
        return
    for loop, _ in stepping_loops(code, schedule):
        if drives(code, schedule, list(steps_in(code, loop))):
            yield fault, "loop", Edit(code).before(block, schedule.at, block.nodes[0]), block.nodes[0]
            return
    for node in block.nodes[: schedule.at]:
        called = [] if isinstance(node, Loop) else list(code.called_by(node, block))
        steps = [act for one in called for act in steps_in(code.home.get(one, code), one)]
        if steps and len(called) == 1:
            yield fault, "called", Edit(code).before(block, schedule.at, node), node
            return
