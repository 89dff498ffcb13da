"""Changes the logic of each rule in small ways, and asks whether the examples of its own page notice.

    python benchmarks/mutation.py [CODE ...]

Each example is read and run once; every mutant is compiled in this process and judges what was read and what
happened. A mutant is noticed where another line is reported, or none, where something else is offered to mend it, or
where it fails. Of each rule nine mutants in ten have to be noticed, and so of all together. Those of which `EXPLAINED`
says that no page can show them do not count. Of fewer than ten that count every one has to be noticed; a rule of which
none counts has nothing to show.

Exits with 1 where too few are noticed, an explanation is of no use, or an example is judged wrongly as it is.
"""

from __future__ import annotations

import argparse
import ast
import copy
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from looplint import engine
from looplint import judge as judging
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

SCHEDULER = "a scheduler moves in every such event: the test is for the type checker"
FROM_THE_START = "a page's run is watched from its first line on, so that each optimizer in it begins clean"
SETTING = "a setting is Lightning's, and no example of a page may need more than torch"

EXPLAINED = {
    "LL103": {
        "event.optimizers or frozenset()  ->  event.optimizers": (
            "None stands for every optimizer, and none is built or steps without a name: it is for the type checker"
        ),
    },
    "LL106": {
        "step.ever_fed or not step.per_batch or step.loop is None or any(step.loop.events(Op.SCHEDULE))  ->  "
        "step.ever_fed or not step.per_batch or any(step.loop.events(Op.SCHEDULE))": (
            "what is in a loop of batches is in a loop: the test is for the type checker"
        ),
    },
    "LL201": {
        "scheduler is None or scheduler.cadence is not Cadence.EPOCH or event.method == 'epoch'  ->  "
        "scheduler.cadence is not Cadence.EPOCH or event.method == 'epoch'": SCHEDULER,
        "if event.setting:  ->  if not event.setting:": SETTING,
    },
    "LL203": {
        "scheduler is None or scheduler.cadence is not Cadence.STEP or scheduler.turns_with(loop)  ->  "
        "scheduler.cadence is not Cadence.STEP or scheduler.turns_with(loop)": SCHEDULER,
        "if event.setting:  ->  if not event.setting:": SETTING,
    },
    "LL602": {
        "step.gradients is not Gradients.CLEAN or step.ever_fed or (not step.missed) or (not step.per_batch)  ->  "
        "step.ever_fed or not step.missed or (not step.per_batch)": FROM_THE_START,
    },
    "LL603": {
        "step.gradients is not Gradients.USED or not step.ever_fed or step.later is not None  ->  "
        "step.gradients is not Gradients.USED or step.later is not None": FROM_THE_START,
    },
}
"""Changes, as they are printed, that no example of a page could show, and why; by the rule."""


@dataclass(frozen=True)
class Mutant:
    """A rule file with one change.

    Arguments:
        line: where.
        change: what stood there, and what stands there now.
        tree: the file.
    """

    line: int
    change: str
    tree: ast.Module


@dataclass(frozen=True)
class Case:
    """One example as one reader has it.

    Arguments:
        functions: what there is to judge.
        expected: what must be found.
        source: it was read, and not run.
    """

    functions: tuple[Function, ...]
    expected: Spoken
    source: bool


@dataclass(frozen=True)
class Score:
    """How the mutants of a rule fare.

    Arguments:
        count: how many there are.
        survivors: those that no example notices, and that nothing explains.
        explained: those that no example notices, each with the reason.
        useless: the explanations of changes that are noticed, that nobody makes, or that are made in two places.
        readings: how many readings of examples judge them.
        broken: how many more are judged wrongly without any change.
    """

    count: int
    survivors: tuple[Mutant, ...]
    explained: tuple[tuple[Mutant, str], ...]
    useless: tuple[str, ...]
    readings: int
    broken: int

    @property
    def counted(self) -> int:
        return self.count - len(self.explained)

    @property
    def noticed(self) -> int:
        return self.counted - len(self.survivors)

    @property
    def enough(self) -> bool:
        return self.noticed >= ENOUGH * self.counted and not self.useless and not self.broken


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """Yield every change of a rule file, one by one."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for index, node in enumerate(ast.walk(tree)):
        if not in_logic(tree, node):
            continue
        for number, _ in enumerate(changes(copy.deepcopy(node))):
            whole = copy.deepcopy(tree)
            target = list(ast.walk(whole))[index]
            changed = list(changes(copy.deepcopy(target)))[number]
            replace(whole, target, changed)
            line = getattr(node, "lineno", None) or getattr(parents[node], "lineno", 0)
            yield Mutant(line, words(node, changed, parents[node]), ast.fix_missing_locations(whole))


def words(node: ast.AST, changed: ast.AST, parent: ast.AST) -> str:
    """Return what is changed into what, in one line; of what leaves a block, with the condition."""
    old, new = (ast.unparse(one).strip().splitlines()[0] for one in (node, changed))
    when = ""
    if isinstance(parent, ast.If) and isinstance(node, ast.Return | ast.Continue):
        when = f"if {ast.unparse(parent.test)}: {'... else: ' if node in parent.orelse else ''}"
    return f"{when}{old}  ->  {when}{new}"


def in_logic(tree: ast.Module, node: ast.AST) -> bool:
    """Return whether a node decides something; annotations and the words of a violation decide nothing."""
    return not any(node in ast.walk(part) for outer in ast.walk(tree) for part in idle(outer))


def idle(node: ast.AST) -> Sequence[ast.AST]:
    """Return the parts of a node that decide nothing: of a violation, all but what is offered to mend it."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Violation":
        return [one for one in (*node.args, *node.keywords) if getattr(one, "arg", "") != "mends"]
    if isinstance(node, ast.FunctionDef) and node.returns is not None:
        return [node.returns, node.args]
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.IfExp) and isinstance(node.body, ast.JoinedStr)):
        return [node]
    return []


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in place of a node."""
    if isinstance(node, ast.If | ast.IfExp):
        yield with_(node, test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    if isinstance(node, ast.BoolOp):
        yield with_(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        for part in node.values:
            left = [other for other in node.values if other is not part]
            yield with_(node, values=left) if len(left) > 1 else left[0]
    if isinstance(node, ast.Tuple) and all(isinstance(part, ast.Attribute) for part in node.elts):
        for part in node.elts:
            yield with_(node, elts=[other for other in node.elts if other is not part])
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
        if rule.reads:
            functions = tuple(Reader(Source(PRELUDE + example.code, FILENAME)).read().functions)
            yield Case(functions, marked(rule, example.marked("source")), source=True)
        if rule.runs:
            observer = watched(example.code)._observer
            assert observer is not None, "looplint's own runs are watched"
            yield Case((observer.history.function(),), marked(rule, example.marked("run")), source=False)


def marked(rule: Rule, lines: set[int]) -> Spoken:
    return {(rule.code, line) for line in lines}


def said(case: Case, rules: Sequence[Rule]) -> Said:
    """Return what is reported, and from source also how it is mended."""
    heard = [rule for rule in rules if (rule.reads if case.source else rule.runs)]
    found: Said = set()
    for verdict in (verdict for function in case.functions for verdict in judging.judge(function, heard)[0]):
        if case.source:
            finding = engine.finding(verdict)
            found.add((finding.code, finding.line - OFFSET, finding.fix))
        else:
            found.add((verdict.rule.code, verdict.violation.at.place.line - OFFSET, None))  # type: ignore[attr-defined]
    return found


def spoken(case: Case) -> Spoken:
    return {(code, line) for code, line, _ in said(case, list(catalogue().values()))}


def noticed(rule: Rule, mutant: Mutant, examples: list[tuple[Case, Said]]) -> bool:
    """Return whether some example is judged wrongly, or mended in another way, by a mutant, or it fails."""
    code = compile(mutant.tree, str(rule.source), "exec")
    module = ModuleType("mutant")
    module.__file__ = str(rule.source)
    sys.modules["mutant"] = module
    try:
        exec(code, vars(module))
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


def score(rule: Rule) -> Score:
    """Return which changes of a rule its own page notices."""
    every = list(mutants(ast.parse(rule.source.read_text(encoding="utf-8"))))
    made = Counter(one.change for one in every)
    examples = list(cases(rule))
    right = [(case, said(case, list(catalogue().values()))) for case in examples if spoken(case) == case.expected]
    unnoticed = [mutant for mutant in every if not noticed(rule, mutant, right)]
    reasons = EXPLAINED.get(rule.code, {})
    return Score(
        count=len(every),
        survivors=tuple(one for one in unnoticed if one.change not in reasons),
        explained=tuple((one, reasons[one.change]) for one in unnoticed if one.change in reasons),
        useless=tuple(sorted(reasons.keys() - {one.change for one in unnoticed if made[one.change] == 1})),
        readings=len(right),
        broken=len(examples) - len(right),
    )


def told(rule: Rule, result: Score) -> Iterator[str]:
    """Yield the lines that say how a rule fares: what counts against it, and what does not."""
    short = "" if result.enough else "  TOO FEW" if result.noticed < ENOUGH * result.counted else "  WRONG"
    yield f"{rule.code} {rule.name}: {share(result)}, by {result.readings} readings of examples{short}"
    where = rule.source.name
    for mutant in result.survivors:
        yield f"    {where}:{mutant.line}: {mutant.change}"
    for mutant, why in result.explained:
        yield f"    {where}:{mutant.line}: {mutant.change}"
        yield f"        explained: {why}"
    for change in result.useless:
        yield f"    explained, though noticed, never made, or made twice: {change}"
    if result.broken:
        yield f"    readings judged wrongly without any change: {result.broken}; run the tests first"


def share(*results: Score) -> str:
    """Return how many of the mutants that count are noticed, and how many do not count."""
    noticed, counted = (sum(numbers) for numbers in zip(*((one.noticed, one.counted) for one in results), strict=True))
    explained = sum(len(one.explained) for one in results)
    part = f" ({noticed / counted:.1%})" if counted else ""
    return f"{noticed}/{counted} noticed{part}" + (f", {explained} more explained" if explained else "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print how the rules fare, and return 1 where one of them falls short."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("codes", metavar="CODE", nargs="*", help="a rule, such as LL101; all by default")
    codes = parser.parse_args(arguments).codes
    for code in codes:
        if code not in catalogue():
            parser.error(f"no rule has the code `{code}`; there are {', '.join(catalogue())}")
    walk_once()
    began = time.perf_counter()
    results = []
    for rule in catalogue().values():
        if not codes or rule.code in codes:
            results.append(score(rule))
            print("\n".join(told(rule, results[-1])), flush=True)
    print(f"{share(*results)}, in {time.perf_counter() - began:.1f} s")
    short = [one for one in results if not one.enough]
    if short:
        print(f"rules that fall short: {len(short)}; each has to notice {ENOUGH:.0%} of the changes that count")
    return int(bool(short))


if __name__ == "__main__":
    sys.exit(main())
