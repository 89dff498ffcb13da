"""Faults of training loops, injected one at a time by moving, deleting or changing whole statements of a text."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.sites import EPOCHWISE, Act, Block, Code, Loop, Site, names_read, names_stored

EXPECTED = {
    "zero-grad-deleted": "LL101",
    "step-before-backward": "LL102",
    "zero-grad-between": "LL104",
    "backward-deleted": "LL106",
    "step-deleted": "LL105",
    "step-behind-batch-loop": "LL103",
    "scheduler-into-batch-loop": "LL201",
    "scheduler-before-optimizer": "LL202",
    "zero-grad-to-epoch-loop": "LL101",
    "other-optimizer-zeroed": "LL101",
}
"""The faults, each with the rule that has to report it."""

CROWDED = {
    "step-before-backward": ("LL102", "LL104"),
    "backward-deleted": ("LL106", "LL102", "LL104"),
}
"""Where another optimizer's backward is in the same turn, the catalogue names these faults by what that one did: there
is a backward that follows (LL102), or one whose gradients were cleared before (LL104)."""

NEEDS_LOOP = frozenset({"zero-grad-deleted", "step-deleted", "other-optimizer-zeroed"})
"""Faults that nothing but a repetition makes wrong: a function that no loop of the file calls stays right."""

PER_FILE = 4
"""How many mutants of one fault are taken from one file, so that no repository has more than its share."""


@dataclass(frozen=True)
class Mutant:
    """One file with one fault.

    Arguments:
        fault: its name.
        line: the line of the statement that was deleted, moved or changed, in the text without the fault.
        statement: that line.
        function: the name of the function around it, empty for the module.
        view: as in `Site`.
        digest: equal where the function and the fault are.
        text: the file with the fault.
        crowded: another optimizer is stepped in the same loop.
        near: a line, in the text without the fault, of the function in which it has to be reported.
    """

    fault: str
    line: int
    statement: str
    function: str
    view: str
    digest: str
    text: str
    crowded: bool = False
    near: int = 0

    @property
    def expected(self) -> tuple[str, ...]:
        """The rules of which one has to report it."""
        return CROWDED.get(self.fault, (EXPECTED[self.fault],)) if self.crowded else (EXPECTED[self.fault],)


class Edit:
    """Whole statements of a text, deleted, moved or changed. `None` for a text means that it cannot be done so."""

    def __init__(self, code: Code) -> None:
        self.code = code

    def alone(self, node: ast.stmt) -> bool:
        """Return whether a statement has its lines for itself."""
        lines, end = self.code.lines, node.end_lineno or node.lineno
        before = lines[node.lineno - 1].encode()[: node.col_offset]
        behind = lines[end - 1].encode()[node.end_col_offset or 0 :].decode().strip()
        return not before.strip() and (not behind or behind.startswith("#"))

    def delete(self, block: Block, at: int) -> str | None:
        return self._write(block, at, None)

    def before(self, block: Block, at: int, target: ast.stmt) -> str | None:
        """Move a statement of a block to the line before `target`."""
        first = min([target.lineno, *(one.lineno for one in getattr(target, "decorator_list", []))])
        return self._write(block, at, (first - 1, target))

    def behind(self, block: Block, at: int, target: ast.stmt) -> str | None:
        """Move a statement of a block to the line after the last of `target`."""
        return self._write(block, at, (target.end_lineno or target.lineno, target))

    def replace(self, part: ast.expr, new: str) -> str | None:
        """Write an expression of one line anew."""
        if part.lineno != part.end_lineno:
            return None
        lines = list(self.code.lines)
        line = lines[part.lineno - 1].encode()
        changed = line[: part.col_offset] + new.encode() + line[part.end_col_offset :]
        lines[part.lineno - 1] = changed.decode()
        return "".join(lines)

    def _write(self, block: Block, at: int, to: tuple[int, ast.stmt] | None) -> str | None:
        node = block.nodes[at]
        if not self.alone(node) or (to is not None and not self.alone(to[1])):
            return None
        lines = list(self.code.lines)
        start, end = node.lineno - 1, node.end_lineno or node.lineno
        moved = [self._ended(line) for line in lines[start:end]]
        left = [self._indented([moved[0]], node, None)[0].split(moved[0].lstrip())[0] + "pass\n"]
        new: dict[int, list[str]] = {start: left if len(block.nodes) == 1 else []}
        if to is not None:
            new.setdefault(to[0], [])
            moved = self._indented(moved, node, to[1])
            new[to[0]] = [*new[to[0]], *moved] if to[0] == start else [*moved, *new[to[0]]]
        out = []
        for number in range(len(lines) + 1):
            out += new.get(number, [])
            if number < len(lines) and not start <= number < end:
                out.append(self._ended(lines[number]))
        return "".join(out)

    def _ended(self, line: str) -> str:
        return line if line.endswith(("\n", "\r")) else line + "\n"

    def _indented(self, moved: list[str], node: ast.stmt, like: ast.stmt | None) -> list[str]:
        if like is None:
            return moved
        old = self.code.lines[node.lineno - 1][: node.col_offset]
        new = self.code.lines[like.lineno - 1][: like.col_offset]
        return [new + line[len(old) :] if line.startswith(old) else line for line in moved]


def mutants(text: str) -> Iterator[Mutant]:
    """Yield every mutant of a text that parses, in the order of the text for each fault; none where it does not."""
    try:
        code = Code(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    made = [*(one for site in code.sites() for one in of_site(code, site)), *of_schedulers(code)]
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


def mutant_of(
    code: Code, fault: str, block: Block, node: ast.stmt, view: str, text: str, crowded: bool = False, near: int = 0
) -> Mutant:
    whole: ast.AST = block.function or (block.loops[-1] if block.loops else block.owner)
    words = f"{fault} {node.lineno - getattr(whole, 'lineno', 0)} {ast.dump(whole)}"
    return Mutant(
        fault=fault,
        line=node.lineno,
        statement=code.lines[node.lineno - 1].strip(),
        function=block.function.name if block.function else "",
        view=view,
        digest=hashlib.sha256(words.encode()).hexdigest(),
        text=text,
        crowded=crowded,
        near=near or node.lineno,
    )


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


# -- schedulers ------------------------------------------------------------------------------------------------------


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
    loops = [("loop", loop, body) for loop, body in stepping_loops(code, schedule)]
    for view, loop, body in loops or [("called", *found) for found in called_loops(code, schedule)]:
        if drives(code, schedule, list(steps_in(code, loop))):
            last = ending(body)
            if last is not None:
                yield fault, view, Edit(code).behind(schedule.block, schedule.at, last), last
            return


def called_loops(code: Code, schedule: Schedule) -> Iterator[tuple[Loop, Block]]:
    """Yield each loop that steps an optimizer in a function called before the move, and that knows the scheduler."""
    for node in schedule.block.nodes[: schedule.at]:
        for function in [] if isinstance(node, Loop) else code.called_by(node, schedule.block):
            for block in code.blocks:
                mine = block.function is function and isinstance(block.owner, Loop) and len(block.loops) == 1
                if mine and any(steps_in(code, block.owner)) and in_sight(schedule, block):
                    yield block.loops[0], block


def in_sight(schedule: Schedule, block: Block) -> bool:
    """Return whether the name of a scheduler means the same in another function: an attribute, or a global."""
    if schedule.who.startswith("self."):
        return block.cls is not None and block.cls is schedule.block.cls
    assert block.function is not None
    arguments = {one.arg for one in ast.walk(block.function) if isinstance(one, ast.arg)}
    own = names_stored(block.function) | arguments
    return schedule.block.function is None and not names_read(schedule.node) & own


def ending(body: Block) -> ast.stmt | None:
    """Return the statement of a loop's body behind which another one is reached in each turn."""
    steps = [act for act in body.acts if act.kind == "step"]
    if steps:
        return body.nodes[steps[-1].at]
    last = body.nodes[-1]
    return None if isinstance(last, ast.Break | ast.Continue | ast.Return | ast.Raise) else last


def before_optimizer(code: Code, schedule: Schedule) -> Iterator[Injected]:
    fault, block = "scheduler-before-optimizer", schedule.block
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
        steps = [act for one in called for act in steps_in(code, one)]
        if steps and len(called) == 1:
            yield fault, "called", Edit(code).before(block, schedule.at, node), node
            return
