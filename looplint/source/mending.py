"""Mends of a text: what a rule wants done, as changes of the text, where they can mean nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import libcst as cst

from looplint.finding import Applicability, Fix, Location, Replacement
from looplint.mends import AddParentheses, Clear, Mend, Move
from looplint.model import Call, Event, Loop, Node, Op
from looplint.source.parse import Position, Source
from looplint.source.suites import SCOPES, CannotMend, Rows, Statement, around
from looplint.source.tree import children, dotted, stored_names, target_names, walk

LOOPS = (cst.For, cst.While)

PLAIN = (
    cst.Arg, cst.Attribute, cst.Float, cst.Index, cst.Integer, cst.Name, cst.SimpleString, cst.Subscript,
    cst.SubscriptElement, cst.UnaryOperation,
)  # fmt: skip
"""What may be evaluated elsewhere and gives the same, as long as no name in it is stored between."""


def fix(mend: Mend, filename: str) -> Fix:
    """Return how a text is mended.

    Arguments:
        filename: the text that may be changed.

    Raises:
        CannotMend: it cannot be done there, or is not known to mean the same.
    """
    applicability = Applicability.SAFE if mend.safe else Applicability.UNSAFE
    if isinstance(mend, AddParentheses):
        source, edits = parentheses(mend)
    elif isinstance(mend, Clear):
        source, edits = clear(mend)
    else:
        source, edits = move(mend)
    if source.filename != filename:
        raise CannotMend("it stands in another file")
    return Fix(str(mend), tuple(sorted(edits, key=lambda one: (one.start, one.end))), applicability)


def parentheses(mend: AddParentheses) -> tuple[Source, list[Replacement]]:
    place = position(mend.event.place)
    end = place.span.end
    return place.source, [Replacement(end, Location(end.row, end.column), "()")]


IN_PART = (cst.BaseComp, cst.BooleanOperation, cst.IfExp)
"""Expressions that run what is in them as often as they like, or not at all."""


# -- a new statement -------------------------------------------------------------------------------------------------


def clear(mend: Clear) -> tuple[Source, list[Replacement]]:
    whose, new = clear_of(mend.step)
    step = position(mend.step.place)
    source = step.source
    if mend.before is None:
        if any(position(one.place).source is not source for one in mend.also):
            raise CannotMend("the steps stand in several files")
        return source, sorted((clear_behind(one) for one in (mend.step, *mend.also)), key=lambda one: one.start)
    if happens(mend.step, mend.before) is not step:
        raise CannotMend("the step stands in another function than the backward")
    first, last = side_by_side(happens(mend.before, mend.step), step)
    between = first.siblings[first.index : last.index + 1] if first.index != last.index else []
    if first.index == last.index and first.small is None and first.suite is last.suite and first.number == last.number:
        raise CannotMend("the backward and the step stand in different branches")
    unbound(reads(whose.node), between)
    return source, [first.before(new)]


def clear_of(step: Event) -> tuple[Position, Rows]:
    """Return what names the optimizer of a step, and the statement that clears it.

    Raises:
        CannotMend: nothing does, or it may not be said twice.
    """
    if step.whose is None:
        raise CannotMend("nothing there names the optimizer")
    if computes(step):
        raise CannotMend("the step runs the backward itself, and may do so more than once")
    unconditional(position(step.place))
    whose, source = position(step.whose), position(step.place).source
    if not is_plain(whose.node):
        raise CannotMend("what names the optimizer there may not be evaluated twice")
    return whose, Rows((f"{source.module.code_for_node(whose.node).strip()}.zero_grad()",))


def clear_behind(event: Event) -> Replacement:
    """Return the change that has the optimizer of a step cleared behind it."""
    _, new = clear_of(event)
    here = behind_update(statement(position(event.place)))
    if isinstance(here.node, cst.Return | cst.BaseCompoundStatement):
        raise CannotMend("nothing can come behind the step")
    return here.behind(new)


def unconditional(step: Position) -> None:
    """Make sure that a step is made once whenever the statement runs that it is in.

    Raises:
        CannotMend: a clear beside it would throw away what is being added up, or use a name that is known in it only.
    """
    node: cst.CSTNode | None = step.node
    while node is not None and not isinstance(node, cst.BaseSmallStatement | cst.BaseCompoundStatement):
        if isinstance(node, IN_PART):
            raise CannotMend("the step is made in a part of an expression")
        node = step.source.parents.get(node)


def computes(step: Event) -> bool:
    """Return whether a step runs a backward itself, in the closure that it is given."""
    whole = next(node for node in step.ancestors() if node.parent is None)
    backwards = (event for event in whole.events() if event.op is Op.BACKWARD)
    return any(isinstance(one, Call) and one.place == step.place for event in backwards for one in event.ancestors())


def side_by_side(one: Position, other: Position) -> tuple[Statement, Statement]:
    """Return the statements that two places are in, in the innermost suite around both."""
    if one.source is other.source:
        others = list(around(other.source, other.node))
        for a in around(one.source, one.node):
            for b in others:
                if a.suite is b.suite:
                    return a, b
    raise CannotMend("they stand in different functions")


# -- statements that move --------------------------------------------------------------------------------------------


def move(mend: Move) -> tuple[Source, list[Replacement]]:
    first = mend.events[0]
    to = mend.into or mend.behind or mend.before
    assert to is not None
    moved = [statement_of(event, to) for event in mend.events]
    if any(one.suite is not moved[0].suite for one in moved):
        raise CannotMend("the statements stand in different suites")
    if first.op is Op.STEP:
        moved[1:1] = updates(moved[0], first)
    target, between, passed = way(mend, moved[0])
    if any(map(leaves, passed)):
        raise CannotMend("what lies between may leave the block")
    names = set().union(*(reads(one.node) for one in moved))
    unbound(names, [one for one in between if all(one is not other.member for other in moved)])
    taken = [one.taken() for one in moved]
    rows = Rows(tuple(row for text, _ in taken for row in text.rows), taken[0][0].indent)
    changes = [change for _, change in taken]
    if mend.before is not None:
        return moved[0].source, [*changes, target.before(rows)]
    target = behind_preparation(target) if first.op is Op.STEP else behind_update(target)
    return moved[0].source, joined(changes, target.behind(rows))


def way(mend: Move, moved: Statement) -> tuple[Statement, Sequence[cst.CSTNode], Sequence[cst.CSTNode]]:
    """Return what a statement comes behind, or before, and what it is carried past: all of it, and what is run past."""
    first, members, stepping = mend.events[0], moved.siblings, mend.events[0].op is Op.STEP
    if isinstance(mend.behind, Loop):
        target = out_of(mend.behind, moved.suite)
        return target, [target.member], [target.member]
    if mend.into is not None:
        target = into(mend, first, moved.suite)
        head = next(one for one in around(moved.source, target.suite) if one.suite is moved.suite)
        unprepared(members[head.index + 1 : moved.index] if stepping else ())
        return target, members[head.index : moved.index], members[head.index + 1 : moved.index]
    to = mend.behind or mend.before
    assert to is not None
    target = beside(happens(to, first), moved.suite)
    low, high = (target, moved) if mend.before is not None else (moved, target)
    if (high.index, high.number) <= (low.index, low.number):
        raise CannotMend("it stands there already")
    unprepared(members[: moved.index] if stepping else ())
    passed = members[low.index : high.index + 1]
    return target, passed, [one for one in passed if one is not moved.member]


def unprepared(earlier: Sequence[cst.CSTNode]) -> None:
    """Make sure that nothing is done to the gradients for a step before it moves.

    Raises:
        CannotMend: something is.
    """
    if any(map(prepares, earlier)):
        raise CannotMend("what is done to the gradients before the step would have to come along")


def joined(taken: list[Replacement], new: Replacement) -> list[Replacement]:
    """Return the changes of a move, in one where a statement ends what it is to come behind."""
    for index, one in enumerate(taken):
        if one.start <= new.start < one.end:
            rows = one.end.column == 1  # with the break behind them, and not with the one before
            content = new.content.removeprefix("\n") + "\n" if rows else new.content
            taken[index] = Replacement(one.start, one.end, content)
            return taken
    return [*taken, new]


def statement_of(event: Event, beside: Node) -> Statement:
    """Return the statement that is nothing but an event.

    Raises:
        CannotMend: it is more than that, or another function's.
    """
    place = position(event.place)
    if happens(event, beside) is not place:
        raise CannotMend(f"`{event.text}` stands in another function")
    whole = next(node for node in event.ancestors() if node.parent is None)
    if any(other.place == event.place and other.op is not event.op for other in whole.events()):
        raise CannotMend(f"`{event.text}` does more than one thing")
    here = statement(place)
    if not isinstance(here.node, cst.Expr) or here.node.value is not place.node:
        raise CannotMend(f"`{event.text}` is part of a larger statement")
    call = place.node
    if not isinstance(call, cst.Call) or not all(map(is_plain, (call.func, *call.args))):
        raise CannotMend(f"`{event.text}` may not mean the same elsewhere")
    return here


def updates(step: Statement, event: Event) -> list[Statement]:
    """Return the `scaler.update()` that has to come along with a `scaler.step(optimizer)`."""
    call = cst.ensure_type(cst.ensure_type(step.node, cst.Expr).value, cst.Call)
    own = event.whose is not None and isinstance(call.func, cst.Attribute)
    if own and position(event.whose).node is cst.ensure_type(call.func, cst.Attribute).value:
        return []
    behind = behind_update(step)
    if behind is step:
        raise CannotMend("the update of the scaler cannot come along")
    return [behind]


def into(mend: Move, first: Event, suite: cst.CSTNode) -> Statement:
    """Return the statement in the body of a loop behind which others are to come."""
    assert mend.into is not None
    head = happens(mend.into, first)
    outer = next(iter(around(head.source, head.node)), None)
    if outer is None or outer.suite is not suite or outer.node is not head.node:
        raise CannotMend("it does not stand beside the loop")
    if mend.behind is None or not isinstance(head.node, LOOPS):
        raise CannotMend("the loop stands in another function")
    place = happens(mend.behind, first)
    target = beside(place, head.node.body)
    path = list(itertools.takewhile(lambda one: one.suite is not target.suite, around(place.source, place.node)))
    for inner in reversed(path):  # a `with` may go on to clear what the backward has computed
        if not isinstance(target.member, cst.With) or not any(map(trains, inner.siblings[inner.index + 1 :])):
            break
        target = inner
    return target


def out_of(loop: Loop, suite: cst.CSTNode) -> Statement:
    """Return the statement that is a loop, if `suite` is its body."""
    head = position(loop.place)
    if not isinstance(head.node, LOOPS) or head.node.body is not suite:
        raise CannotMend("it does not stand in the loop itself")
    return statement(head)


def beside(place: Position, suite: cst.CSTNode) -> Statement:
    """Return the statement of a suite that a place is in."""
    path = []
    for one in around(place.source, place.node):
        path.append(one)
        if one.suite is suite:
            break
    else:
        raise CannotMend("they do not stand in one block")
    if any(isinstance(one.member, cst.If) and not is_complete(one.member) for one in path[1:]):
        raise CannotMend("it depends on a condition")
    handled = any(isinstance(place.source.parents[one.suite], cst.ExceptHandler) for one in path[:-1])
    if handled or any(isinstance(one.member, cst.Match) for one in path):
        raise CannotMend("it depends on a condition")
    return path[-1]


def is_complete(node: cst.If | cst.Else | None) -> bool:
    """Return whether one of the arms of an `if` runs for sure."""
    return isinstance(node, cst.Else) or (isinstance(node, cst.If) and is_complete(node.orelse))


# -- what is asked of a text -----------------------------------------------------------------------------------------


def position(place: object) -> Position:
    return cast("Position", place)


def happens(node: Event | Loop, beside: Node) -> Position:
    """Return where something happens, as the function sees it in which `beside` does: where it calls another, there."""
    shared = set(beside.ancestors())
    place = node.place
    for one in node.ancestors():
        if one in shared:
            return position(place)
        if isinstance(one, Call):
            place = one.place
    raise CannotMend("they stand in different functions")


def statement(place: Position) -> Statement:
    """Return the innermost statement that a place is in."""
    found = next(around(place.source, place.node), None)
    if found is None:
        raise CannotMend("it stands in an expression of its own")
    return found


def is_plain(node: cst.CSTNode) -> bool:
    """Return whether an expression has no effect, and the same value as long as no name in it is stored."""
    return isinstance(node, PLAIN) and all(map(is_plain, parts(node)))


def parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the parts of a plain expression that are expressions themselves."""
    if isinstance(node, cst.Attribute | cst.Arg | cst.Index):
        yield node.value
    elif isinstance(node, cst.UnaryOperation):
        yield node.expression
    elif isinstance(node, cst.Subscript | cst.SubscriptElement):
        yield from children(node)


def reads(node: cst.CSTNode) -> set[str]:
    """Return the names that a node reads, and the chains of attributes with all that they begin with."""
    found: set[str] = set()
    stack = [node]
    while stack:
        one = stack.pop()
        if name := dotted(one):
            found.add(name)
        if isinstance(one, cst.Attribute | cst.Arg):  # what follows the dot, or the keyword, is no name of its own
            stack.append(one.value)
        else:
            stack.extend(children(one))
    return found


def unbound(names: Iterable[str], between: Iterable[cst.CSTNode]) -> None:
    """Make sure that no name is bound in what lies between.

    Raises:
        CannotMend: one is.
    """
    bound = set().union(*map(bound_names, between))
    if common := bound.intersection(names):
        raise CannotMend(f"`{min(common)}` is bound between")


def bound_names(node: cst.CSTNode) -> set[str]:
    """Return the names that a statement binds or deletes, in whatever way."""
    found = stored_names(node)
    for one in walk(node):
        if isinstance(one, cst.FunctionDef | cst.ClassDef):
            found.add(one.name.value)
        elif isinstance(one, cst.ImportAlias):
            found.add((dotted(one.name) or "").partition(".")[0])
        elif isinstance(one, cst.Del):
            found |= target_names(one.target)
    return found


def leaves(node: cst.CSTNode, *, inside: bool = False) -> bool:
    """Return whether a statement may end the turn, the loop or the function that it stands in, or never end.

    Arguments:
        inside: it is in a loop of its own.
    """
    if isinstance(node, cst.While) and isinstance(node.test, cst.Name | cst.Integer):
        return True  # `while True`, or as good as that
    if isinstance(node, cst.Return) or (isinstance(node, cst.Break | cst.Continue) and not inside):
        return True
    if isinstance(node, (*SCOPES, cst.BaseExpression)):
        return False
    return any(leaves(child, inside=inside or isinstance(node, LOOPS)) for child in children(node))


def called(node: cst.CSTNode) -> str:
    """Return the last name of what a call calls; empty for anything else."""
    if not isinstance(node, cst.Call):
        return ""
    return node.func.attr.value if isinstance(node.func, cst.Attribute) else dotted(node.func) or ""


def prepares(node: cst.CSTNode) -> bool:
    """Return whether a statement does something to gradients for the step that follows, such as clipping them."""
    return any(
        called(one).startswith(("clip_grad", "unscale_"))
        or (isinstance(one, cst.Attribute) and one.attr.value == "grad")
        for one in walk(node)
    )


def trains(node: cst.CSTNode) -> bool:
    """Return whether a statement computes, applies or clears gradients by a call that says so."""
    return any(called(one) in ("backward", "step", "zero_grad") for one in walk(node))


def behind_preparation(target: Statement) -> Statement:
    """Return the last statement behind `target` that prepares the gradients for the step; if none does, itself."""
    found = target
    for index in range(target.index + 1, len(target.siblings)):
        one = target.at(index)
        if trains(one.member) or leaves(one.member):
            break
        if prepares(one.member):
            found = one
    return found


def behind_update(target: Statement) -> Statement:
    """Return the `scaler.update()` next to a `scaler.step(optimizer)`; if there is none, `target` itself."""
    following = target.at(target.index + 1) if target.index + 1 < len(target.siblings) else None
    calls = [next((one for one in walk(s.node) if called(one)), None) for s in (target, following) if s is not None]
    if following is None or not all(isinstance(one, cst.Call) for one in calls) or len(following.crowd) > 1:
        return target
    step, update = (cst.ensure_type(one, cst.Call) for one in calls if one is not None)
    owners = [dotted(one.func) for one in (step, update)]
    if called(step) == "step" and called(update) == "update" and step.args and owners[0] and owners[1]:
        same = owners[0].rpartition(".")[0] == owners[1].rpartition(".")[0]
        return following if same and isinstance(following.node, cst.Expr) else target
    return target
