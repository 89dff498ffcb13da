"""Changes the logic of each rule in small ways, and asks whether the examples of its own page notice.

    python benchmarks/mutation.py [CODE ...]

Each example is read and run once; every mutant is compiled in this process and judges what was read and what
happened. Exits with 1 where fewer than nine mutants in ten are noticed.
"""

from __future__ import annotations

import ast
import copy
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from looplint import judge as judging
from looplint.engine import fix_of
from looplint.finding import Fix
from looplint.flow import Walk
from looplint.model import Function
from looplint.rule import Rule, catalogue
from looplint.source import Reader, Source
from tests.rules.examples import OFFSET, PRELUDE, Spoken, watched

ENOUGH = 0.9

FILENAME = "example.py"

Said = set[tuple[str, int, Fix | None]]
"""What is reported on which line, and how it is mended."""

SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}

EXPLAINED = {
    "LL102": {"step.fed": "what is fed and has nothing new was erased or read: LL104 speaks, or nobody"},
    "LL103": {
        "event.touches(optimizer)": "from source a backward feeds every optimizer; only a run tells which",
        "e.certain": "an uncertain clear names several optimizers, and a page has no variable that may be either",
    },
    "LL106": {
        "step.later is not None": "LL102 speaks wherever a backward follows, and goes first",
        "Gradients.ERASED": "what is erased and not fed is erased in the turn before: LL104's examples have it",
    },
    "LL201": {"scheduler is None": "an event of a scheduler has one: the test is for the type checker"},
}
"""Why a change to a part of a rule's logic makes no difference that an example of its page could show."""


@dataclass(frozen=True)
class Mutant:
    """A rule file with one change."""

    line: int
    change: str
    tree: ast.Module


@dataclass(frozen=True)
class Case:
    """One example as one reader has it: what there is to judge, and what must be found."""

    functions: tuple[Function, ...]
    lines: dict[object, int]
    expected: frozenset[tuple[str, int]]
    source: bool


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """Yield every change of a rule file, one by one."""
    for index, node in enumerate(ast.walk(tree)):
        if not in_logic(tree, node):
            continue
        for number, _ in enumerate(changes(copy.deepcopy(node))):
            whole = copy.deepcopy(tree)
            target = list(ast.walk(whole))[index]
            changed = list(changes(copy.deepcopy(target)))[number]
            replace(whole, target, changed)
            words = f"{ast.unparse(node).splitlines()[0]}  ->  {ast.unparse(changed).splitlines()[0]}"
            yield Mutant(getattr(node, "lineno", 0), words, ast.fix_missing_locations(whole))


def in_logic(tree: ast.Module, node: ast.AST) -> bool:
    """Return whether a node decides something; the words of a violation and annotations decide nothing."""
    for outer in ast.walk(tree):
        words = isinstance(outer, ast.Call) and getattr(outer.func, "id", "") == "Violation"
        words |= isinstance(outer, ast.IfExp) and isinstance(outer.body, ast.JoinedStr)
        if (words or isinstance(outer, ast.JoinedStr | ast.arguments)) and node in ast.walk(outer):
            return False
        if isinstance(outer, ast.FunctionDef) and outer.returns and node in ast.walk(outer.returns):
            return False
    return True


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in place of a node."""
    if isinstance(node, ast.If | ast.IfExp):
        yield with_(node, test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    if isinstance(node, ast.BoolOp):
        yield with_(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
    if isinstance(node, ast.BoolOp | ast.Tuple):
        field = "values" if isinstance(node, ast.BoolOp) else "elts"
        parts = getattr(node, field)
        if isinstance(node, ast.BoolOp) or all(isinstance(part, ast.Attribute) for part in parts):
            for part in parts:
                yield with_(node, **{field: [other for other in parts if other is not part]})
    if isinstance(node, ast.Compare):
        yield with_(node, ops=[SWAPPED[type(node.ops[0])](), *node.ops[1:]])
    if isinstance(node, ast.Return | ast.Continue):
        yield ast.Pass()
    if isinstance(node, ast.Name) and node.id in ("any", "all"):
        yield ast.Name("all" if node.id == "any" else "any", ast.Load())
    if isinstance(node, ast.comprehension) and node.ifs:
        yield with_(node, ifs=[])


def with_(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def replace(tree: ast.AST, target: ast.AST, changed: ast.AST) -> None:
    """Put `changed` where `target` stands."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, changed)
            elif isinstance(value, list):
                setattr(parent, name, [changed if part is target else part for part in value])


def cases(rule: Rule) -> Iterator[Case]:
    """Yield every example of a page, as source and as run."""
    for example in rule.examples():
        text = PRELUDE + example.code
        functions = tuple(Reader(Source(text, FILENAME)).read().functions)
        lines = {event.place: event.place.span.start.row for one in functions for event in one.events()}
        yield Case(functions, lines, marked(rule, example.marked("source")), source=True)
        if rule.runs:
            observer = watched(example.code)._observer
            assert observer is not None, "looplint's own runs are watched"
            run = observer.history.function()
            places: dict[object, int] = {event.place: event.place.line for event in run.events()}  # type: ignore[attr-defined]
            yield Case((run,), places, marked(rule, example.marked("run")), source=False)


def marked(rule: Rule, lines: set[int]) -> frozenset[tuple[str, int]]:
    return frozenset((rule.code, line) for line in lines)


def said(case: Case, rules: list[Rule]) -> Said:
    """Return what is reported, and from source also how it is mended."""
    heard = [rule for rule in rules if case.source or rule.runs]
    return {
        (
            verdict.rule.code,
            case.lines[verdict.violation.at.place] - OFFSET,
            fix_of(verdict.violation, FILENAME) if case.source else None,
        )
        for function in case.functions
        for verdict in judging.judge(function, heard)[0]
    }


def spoken(case: Case) -> Spoken:
    return {(code, line) for code, line, _ in said(case, list(catalogue().values()))}


def noticed(rule: Rule, mutant: Mutant, examples: list[tuple[Case, Said]]) -> bool:
    """Return whether some example is judged wrongly, or mended in another way, by a mutant, or it fails."""
    module = ModuleType("mutant")
    module.__file__ = str(rule.source)
    sys.modules["mutant"] = module
    try:
        exec(compile(mutant.tree, str(rule.source), "exec"), vars(module))
        changed = next(one.__looplint_rule__ for one in vars(module).values() if hasattr(one, "__looplint_rule__"))
        rules = [changed if one.code == rule.code else one for one in catalogue().values()]
        return any(said(case, rules) != expected for case, expected in examples)
    except Exception:
        return True
    finally:
        del sys.modules["mutant"]


def walk_once() -> None:
    """Keep the walk of each function and optimizer: no rule has a say in it."""
    walks: dict[tuple[int, int], Walk] = {}

    def walk(function: Function, optimizer: object, *rest: object) -> Walk:
        key = id(function), id(optimizer)
        if key not in walks:
            walks[key] = Walk(function, optimizer, *rest)  # type: ignore[arg-type]
        return walks[key]

    judging.Walk = walk  # type: ignore[assignment,misc]


def explanation(rule: Rule, mutant: Mutant) -> str:
    """Return why a mutant that survives is no gap of the page, by the part of the logic that it leaves out."""
    before, _, after = mutant.change.partition("  ->  ")
    reasons = EXPLAINED.get(rule.code, {}).items()
    return next((why for part, why in reasons if part in before and part not in after), "not explained")


def main(codes: list[str]) -> int:
    walk_once()
    began = time.perf_counter()
    killed = total = broken = 0
    for rule in catalogue().values():
        if codes and rule.code not in codes:
            continue
        every = list(mutants(ast.parse(rule.source.read_text())))
        examples = list(cases(rule))
        right = [(case, said(case, list(catalogue().values()))) for case in examples if spoken(case) == case.expected]
        survivors = [mutant for mutant in every if not noticed(rule, mutant, right)]
        killed, total = killed + len(every) - len(survivors), total + len(every)
        broken += len(examples) - len(right)
        share = f"{len(every) - len(survivors)}/{len(every)}"
        print(f"{rule.code} {rule.name}: {share} noticed by {len(right)} readings of examples")
        for mutant in survivors:
            print(f"    {rule.source.name}:{mutant.line}: {mutant.change}")
            print(f"        {explanation(rule, mutant)}")
    if broken:
        print(f"{broken} readings of examples are judged wrongly without any change: run the tests first")
    part = killed / total if total else 0.0
    print(f"{killed}/{total} ({part:.1%}) in {time.perf_counter() - began:.1f} s")
    return 0 if part >= ENOUGH and not broken else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
