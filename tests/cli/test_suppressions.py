"""Comments that silence findings."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplint.comments import Comment, layout
from looplint.finding import Finding, Location, Span
from looplint.registry import every_rule
from looplint.suppressions import apply
from tests.cli.fake import RULES, judge, may_train

STABLE = frozenset(every_rule()) | {code for code, rule in RULES.items() if not rule.preview}


def check(text: str, codes: frozenset[str] = STABLE) -> list[str]:
    """The findings as `row:column-column code message (help)`."""
    rules = every_rule()
    findings = apply(judge(text, "a.py", codes), text, "a.py", rules, codes)
    return [_line(one) for one in findings]


def _line(one: Finding) -> str:
    advice = f" ({one.help})" if one.code == "LL003" else ""
    return f"{one.line}:{one.span.start.column}-{one.span.end.column} {one.code} {one.message}{advice}"


STEP = "1:1-17 LL101 `optimizer.step()` is wrong"


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "#noqa",
        "# NOQA",
        "# noqa: LL101",
        "# noqa:LL101",
        "# noqa : ll101",
        "# noqa: E501, LL101",
        "# noqa: E501 LL101 because",
        "# noqa: E501,LL101 - because",
        "# type: ignore  # noqa: LL101",
        "# looplint: ignore",
        "# looplint: ignore[LL101]",
        "# looplint:ignore[missing-zero-grad]",
        "#Looplint: Ignore [ missing-zero-grad , ] on purpose",
        "# why  # looplint: ignore[ll101]",
        "# looplint: file-ignore",
        "# looplint: file-ignore[LL101]",
    ],
)
def test_a_comment_silences(comment: str) -> None:
    assert check(f"optimizer.step()  {comment}\n") == []


@pytest.mark.parametrize(
    "comment",
    [
        "# no noqa",
        "# noqas",
        "# noqa-ish",
        "# noqa:",
        "# noqa: because",
        "# noqa: E501",
        "# noqa: missing-zero-grad",
        "# noqa: XLL101",
        "# noqa: LL101x",
        "# noqa: because LL101",
        "# flake8: noqa",
        "# looplint: a linter",
        "# looplint",
        "# looplint: ignores-nothing",
        "# pylint: disable=LL101",
    ],
)
def test_other_comments_do_not(comment: str) -> None:
    assert check(f"optimizer.step()  {comment}\n") == [STEP]


@pytest.mark.parametrize(
    ("comment", "complaint"),
    [
        ("# noqa: LL104", "1:27-32 LL003 `LL104` suppresses nothing here (take it out of the comment)"),
        ("# noqa: E501,ll104", "1:32-37 LL003 `ll104` suppresses nothing here (take it out of the comment)"),
        (
            "# noqa: LL199",
            "1:27-32 LL003 `LL199` is no rule of looplint, so this suppresses nothing (did you mean `LL101`?)",
        ),
        (
            "# looplint: ignore[zero-grad-before-step]",
            "1:38-59 LL003 `zero-grad-before-step` suppresses nothing here (take it out of the comment)",
        ),
        (
            "# looplint: ignore[missing-zero-grads]",
            "1:38-56 LL003 `missing-zero-grads` is no rule of looplint, so this suppresses nothing "
            "(did you mean `missing-zero-grad`?)",
        ),
        ("# looplint: ignore[E501]", "1:38-42 LL003 `E501` is no rule of looplint, so this suppresses nothing ()"),
        (
            "# looplint: ignore[]",
            "1:19-39 LL003 this comment names no rule, so it suppresses nothing (write `ignore[LL101]`)",
        ),
        (
            "# looplint: ignore[LL101",
            "1:19-43 LL003 this comment has no closing bracket, so it suppresses nothing (write `ignore[LL101]`)",
        ),
        ("# looplint: noqa", "1:19-35 LL003 `looplint: noqa` suppresses nothing (did you mean `ignore`?)"),
        (
            "# looplint: disable-file",
            "1:19-43 LL003 `looplint: disable-file` suppresses nothing (did you mean `file-ignore`?)",
        ),
        ("# looplint: ignroe[LL101]", "1:19-44 LL003 `looplint: ignroe` suppresses nothing (did you mean `ignore`?)"),
        (
            "# looplint: file-ignore[LL104]",
            "1:43-48 LL003 `LL104` suppresses nothing here (take it out of the comment)",
        ),
    ],
)
def test_a_comment_that_silences_nothing_is_found(comment: str, complaint: str) -> None:
    assert check(f"optimizer.step()  {comment}\n") == [STEP, complaint]


def test_blanket_comments_that_silence_nothing_are_found_unless_every_linter_reads_them() -> None:
    text = "a = 1  # noqa\nb = 2  # looplint: ignore\n# looplint: file-ignore\n"
    assert check(text) == [
        "2:8-26 LL003 `looplint: ignore` suppresses nothing here (take it out of the comment)",
        "3:1-24 LL003 `looplint: file-ignore` suppresses nothing here (take it out of the comment)",
    ]


def test_what_is_not_selected_is_not_unused() -> None:
    text = "a = 1  # noqa: LL101, LL104\nb = 2  # looplint: ignore\nscheduler.step()  # noqa: LL204\n"
    assert check(text, frozenset({"LL003", "LL104"})) == [
        "1:23-28 LL003 `LL104` suppresses nothing here (take it out of the comment)"
    ]
    assert check(text, frozenset({"LL101", "LL104"})) == []


def test_an_unused_suppression_can_be_suppressed() -> None:
    assert check("a = 1  # noqa: LL101, LL003\n") == []
    assert check("a = 1  # noqa: LL101  # looplint: ignore[unused-suppression]\n") == []
    assert check("a = 1  # noqa: LL101  # noqa\n") == []
    assert check("a = 1  # noqa: LL101\n# looplint: file-ignore[LL003]\n") == []
    assert check("a = 1  # noqa: LL101\n# looplint: file-ignore\n") == []
    assert check("a = 1  # looplint: ignore  # noqa: LL003\n") == []
    assert check("a = 1  # noqa: LL003\n") == []


def test_a_comment_covers_its_statement() -> None:
    text = textwrap.dedent(
        '''\
        call(
            optimizer.step(),
            # noqa: LL101
        )
        call(
            optimizer.step(),
        )  # noqa: LL101
        call("""
        """, optimizer.step())  # noqa: LL101
        a = \\
            optimizer.step()  # noqa: LL101
        for x in optimizer.step():  # noqa: LL101
            optimizer.step()
        # noqa: LL101
        optimizer.step()
        '''
    )
    assert check(text) == [
        "13:5-21 LL101 `optimizer.step()` is wrong",
        "14:9-14 LL003 `LL101` suppresses nothing here (take it out of the comment)",
        "15:1-17 LL101 `optimizer.step()` is wrong",
    ]


def test_one_comment_may_silence_several_findings_and_several_comments_one() -> None:
    assert check("optimizer.step(); optimizer.step()  # noqa: LL101  # looplint: ignore[LL101]\n") == []


def test_a_string_is_no_comment() -> None:
    assert check("optimizer.step('# noqa: LL101')\n") == ["1:1-32 LL101 `optimizer.step('# noqa: LL101')` is wrong"]


def test_findings_know_the_row_for_a_comment() -> None:
    text = "call(\n    optimizer.step(),\n)\noptimizer.step()\n"
    rules = every_rule()
    findings = apply(judge(text, "a.py", STABLE), text, "a.py", rules, STABLE)
    assert [(one.line, one.noqa_row) for one in findings] == [(2, 3), (4, 4)]


def test_a_broken_file_can_be_ignored_as_a_whole() -> None:
    span = Span("a.py", Location(2, 1), Location(2, 2))
    broken = Finding("LL001", "invalid-syntax", "no", span)
    text = "# looplint: file-ignore\nprint 'a'\ncall(((\n"
    rules = every_rule()
    assert apply([broken], text, "a.py", rules, frozenset({"LL001"})) == []
    assert apply([broken], text.replace("file-", ""), "a.py", rules, frozenset({"LL001"})) == [broken]


def test_comments_and_statements() -> None:
    text = "# a\nif x:  # b\n    # c\n    call(  # d\n        1,\n    )  # e\n\n# f\ny = 1 # g"
    found = layout(text, until=9)
    assert layout(text, until=3).comments == found.comments[:3]
    assert layout(text, until=5).comments == found.comments[:5]
    assert found.comments == [
        Comment("# a", 1, 1, range(1, 2)),
        Comment("# b", 2, 8, range(2, 3)),
        Comment("# c", 3, 5, range(3, 4)),
        Comment("# d", 4, 12, range(4, 7)),
        Comment("# e", 6, 8, range(4, 7)),
        Comment("# f", 8, 1, range(8, 9)),
        Comment("# g", 9, 7, range(9, 10)),
    ]
    assert found.last_rows == {4: 6, 5: 6, 6: 6}


@given(st.text(alphabet="ab #:[]()'\"\n\\,1Lnoqaliprgetfs-\t", max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    whole = f"# noqa: LL101\n{text}"
    assert all(one.code == "LL003" for one in apply([], whole, "a.py", every_rule(), STABLE))


def test_the_engine_of_these_tests_sees_training_code() -> None:
    assert (may_train("a.step"), may_train(b"a")) == (True, False)


def test_a_last_row_without_a_line_break_is_one_all_the_same() -> None:
    assert check("a = f'''{optimizer.step()}\n#'''  # noqa: LL101") == []
