"""Changes of a rule's logic: which are made, which its page notices, and when that is enough."""

from __future__ import annotations

import ast
from dataclasses import replace
from textwrap import dedent

import pytest

from benchmarks import mutation
from looplint.rule import Rule, catalogue


def changes(code: str) -> list[str]:
    """Return the changes that are made to a text, each of which is Python."""
    found = list(mutation.mutants(ast.parse(dedent(code))))
    for one in found:
        compile(one.tree, "rule.py", "exec")
    return [one.change for one in found]


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("a and b", ["a and b  ->  a or b", "a and b  ->  b", "a and b  ->  a"]),
        ("a or b or c", [f"a or b or c  ->  {new}" for new in ("a and b and c", "b or c", "a or c", "a or b")]),
        ("not a", ["not a  ->  a"]),
        ("a is b", ["a is b  ->  a is not b"]),
        ("a < b", ["a < b  ->  a >= b"]),
        ("(A.b, A.c)", ["(A.b, A.c)  ->  (A.c,)", "(A.b, A.c)  ->  (A.b,)"]),
        ("(a, b)", []),
        ("any(a)", ["any  ->  all"]),
        ("[a for a in b if a]", ["for a in b if a  ->  for a in b"]),
        ("x if a else y", ["x if a else y  ->  x if not a else y"]),
        ("f'one' if a else 'other'", []),
    ],
)
def test_what_is_changed(code: str, made: list[str]) -> None:
    assert [" ".join(one.split()).replace(" -> ", "  ->  ") for one in changes(code)] == made


def test_what_leaves_a_block_is_told_with_its_condition() -> None:
    code = """
        def rule(step):
            if step.early:
                return
            else:
                return
    """
    assert changes(code) == [
        "if step.early:  ->  if not step.early:",
        "if step.early: return  ->  if step.early: pass",
        "if step.early: ... else: return  ->  if step.early: ... else: pass",
    ]


def test_words_and_annotations_are_no_logic() -> None:
    code = """
        def rule(step: A | B if C else D) -> X if Y else Z:
            yield Violation("not a" if a else "a", at=b or c, help=f"{d and e}", mends=() if step.needs else g)
    """
    assert changes(code) == ["() if step.needs else g  ->  () if not step.needs else g"]


def fared(count: int, survivors: int, explained: int = 0, useless: int = 0, broken: int = 0) -> mutation.Score:
    one = mutation.Mutant(1, "a  ->  b", ast.Module([], []))
    return mutation.Score(count, (one,) * survivors, ((one, "why"),) * explained, ("c",) * useless, 3, broken)


@pytest.mark.parametrize(
    ("result", "enough", "share"),
    [
        (fared(20, 2), True, "18/20 noticed (90.0%)"),
        (fared(20, 3), False, "17/20 noticed (85.0%)"),
        (fared(20, 2, explained=1), False, "17/19 noticed (89.5%), 1 more explained"),
        (fared(9, 1), False, "8/9 noticed (88.9%)"),
        (fared(9, 0, explained=1), True, "8/8 noticed (100.0%), 1 more explained"),
        (fared(2, 0, explained=2), True, "0/0 noticed, 2 more explained"),
        (fared(0, 0), True, "0/0 noticed"),
        (fared(20, 0, useless=1), False, "20/20 noticed (100.0%)"),
        (fared(20, 0, broken=1), False, "20/20 noticed (100.0%)"),
    ],
)
def test_nine_in_ten_of_those_that_count_are_enough(result: mutation.Score, enough: bool, share: str) -> None:
    assert result.enough == enough
    assert mutation.share(result) == share


def test_all_together_are_counted() -> None:
    assert (
        mutation.share(fared(10, 1), fared(0, 0), fared(12, 0, explained=2))
        == "19/20 noticed (95.0%), 2 more explained"
    )


RULE = "LL207"


def scored(monkeypatch: pytest.MonkeyPatch, rule: Rule, **explained: str) -> mutation.Score:
    pytest.importorskip("torch")
    monkeypatch.setattr(mutation, "EXPLAINED", {rule.code: explained})
    return mutation.score(rule)


def test_a_page_notices_changes_and_a_poor_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = catalogue()[RULE]
    result = scored(monkeypatch, rule)
    assert (result.survivors, result.broken, result.enough) == ((), 0, True)
    poor = replace(rule, page="## Good\n```python\noptimizer.zero_grad()\n```\n")
    assert poor.examples()
    change = "if schedule.instead is None: return  ->  if schedule.instead is None: pass"
    result = scored(monkeypatch, poor)
    assert change in [one.change for one in result.survivors]
    assert not result.enough
    assert any(line.endswith(change) for line in mutation.told(poor, result))
    result = scored(monkeypatch, poor, **{change: "so it is"})
    assert [(one.change, why) for one, why in result.explained] == [(change, "so it is")]
    assert "        explained: so it is" in mutation.told(poor, result)


def test_an_explanation_of_what_is_noticed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = catalogue()[RULE]
    change = "schedule.instead is None  ->  schedule.instead is not None"
    result = scored(monkeypatch, rule, **{change: "nobody notices", "never made": "nobody makes it"})
    assert result.useless == ("never made", change)
    assert not result.enough
    assert f"    explained, though noticed, never made, or made twice: {change}" in mutation.told(rule, result)


def test_an_example_that_is_judged_wrongly_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = catalogue()[RULE]
    wrong = replace(rule, page=rule.page + "```python\noptimizer.zero_grad()  # error\n```\n")
    result = scored(monkeypatch, wrong)
    assert result.broken == 1
    assert not result.enough
    assert "    readings judged wrongly without any change: 1; run the tests first" in mutation.told(wrong, result)


def test_an_unknown_code_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        mutation.main(["LL999"])
    assert left.value.code == 2
    assert "no rule has the code `LL999`; there are LL101, " in capsys.readouterr().err
