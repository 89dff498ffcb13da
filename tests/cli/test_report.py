"""How findings are written."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplint.finding import Finding, Location, Related, Span
from looplint.report import concise, full, json_list, rules, summary
from looplint.report.terminal import Paint, cells, clean, wants_colour
from looplint.severity import Severity
from tests.cli.fake import RULES

TEXT = """\
import torch

for x in data:
    loss(x).backward()
    a = 1
    b = 2
    c = 3
    d = 4
    optimizer.step()

"""


def span(
    row: int, start: int, end: int, *, file: str = "a.py", last: int | None = None, cell: int | None = None
) -> Span:
    return Span(file, Location(row, start), Location(last or row, end), cell)


def finding(place: Span, *related: tuple[Span, str], message: str = "bad", advice: str = "") -> Finding:
    return Finding("LL101", "missing-zero-grad", message, place, advice, tuple(Related(*one) for one in related))


def show(text: str, *findings: Finding, colour: bool = False) -> str:
    files = {"a.py": text, "b.py": "first\nsecond\n"}

    def lines(place: Span) -> Sequence[str]:
        name = place.filename
        return files[name].removesuffix("\n").split("\n") if name in files else []

    return full.render(findings, lines, colour)


def test_full_underlines_both_places() -> None:
    one = finding(span(9, 5, 21), (span(4, 5, 23), "added to here"), advice="call `optimizer.zero_grad()`")
    assert (
        show(TEXT, one)
        == """\
LL101 missing-zero-grad: bad
  --> a.py:9:5
   |
 3 | for x in data:
 4 |     loss(x).backward()
   |     ------------------ added to here
 5 |     a = 1
 6 |     b = 2
 7 |     c = 3
 8 |     d = 4
 9 |     optimizer.step()
   |     ^^^^^^^^^^^^^^^^
   |
help: call `optimizer.zero_grad()`

"""
    )


def test_full_leaves_out_what_lies_far_between_and_blank_rows_at_the_ends() -> None:
    text = "a\n\nb\n" + "\n" * 20 + "c\n\n\n"
    assert (
        show(text, finding(span(3, 1, 2), (span(24, 1, 2), "and here")))
        == """\
LL101 missing-zero-grad: bad
  --> a.py:3:1
   |
 1 | a
 2 |
 3 | b
   | ^
 4 |
 5 |
...
22 |
23 |
24 | c
   | - and here
   |

"""
    )


def test_full_names_the_other_file() -> None:
    assert (
        show(TEXT, finding(span(1, 1, 7), (span(2, 1, 7, file="b.py"), "from here"), (span(1, 1, 2, file="c.py"), "")))
        == """\
LL101 missing-zero-grad: bad
 --> a.py:1:1
  |
1 | import torch
  | ^^^^^^
2 |
3 | for x in data:
  |
 ::: b.py:2:1
  |
1 | first
2 | second
  | ------ from here
  |
 ::: c.py:1:1

"""
    )


def test_full_shows_each_cell_by_itself() -> None:
    cells = {2: ["first"], 3: ["one", "two"]}
    one = finding(span(2, 1, 4, cell=3), (span(1, 1, 6, cell=2), "from here"), (span(1, 1, 4, cell=3), "and here"))
    assert (
        full.render([one], lambda place: cells[place.cell or 0], False)
        == """\
LL101 missing-zero-grad: bad
 --> a.py:cell 3:2:1
  |
1 | one
  | --- and here
2 | two
  | ^^^
  |
 ::: a.py:cell 2:1:1
  |
1 | first
  | ----- from here
  |

"""
    )


def test_full_puts_words_about_the_same_place_beside_it() -> None:
    here = span(1, 1, 7)
    assert (
        show("import torch\n", finding(here, (here, "applied here")))
        == """\
LL101 missing-zero-grad: bad
 --> a.py:1:1
  |
1 | import torch
  | ^^^^^^ applied here
  |

"""
    )


def test_full_underlines_the_first_and_the_last_row_of_a_long_place() -> None:
    text = "a = call(\n  1,\n  2,\n  3,\n  4,\n  5,\n  6,\n)  # end\n"
    assert (
        show(text, finding(span(1, 5, 2, last=8), (span(1, 1, 2), "this")))
        == """\
LL101 missing-zero-grad: bad
  --> a.py:1:5
   |
 1 | a = call(
   | - this
   |     ^^^^^
 2 |   1,
 3 |   2,
...
 6 |   5,
 7 |   6,
 8 | )  # end
   | ^
   |

"""
    )


def test_full_counts_columns_as_a_terminal_does() -> None:
    text = "\tä = '日本' + a\u0301b\x1b[2J\u202e\n"
    place = text.index("b") + 1
    assert (
        show(text, finding(span(1, place, place + 1), (span(1, 7, 9), "two")))
        == """\
LL101 missing-zero-grad: bad
 --> a.py:1:15
  |
1 |     ä = '日本' + a\u0301b\\x1b[2J\\u202e
  |          ---- two
  |                   ^
  |

"""
    )


def test_full_shows_the_part_of_a_long_line_that_matters() -> None:
    text = "x" * 1000 + "step" + "y" * 1000 + "\n"
    shown = show(text, finding(span(1, 1001, 1005))).split("\n")
    assert shown[3] == "1 | " + "x" * 40 + "step" + "y" * 116
    assert shown[4] == "  | " + " " * 40 + "^^^^"
    shown = show(text, finding(span(1, 1, 1500))).split("\n")
    assert shown[3:5] == ["1 | " + "x" * 160, "  | " + "^" * 160]


def test_full_needs_no_text() -> None:
    missing = finding(span(1, 1, 2, file="gone.py"), advice="do")
    assert show("", missing) == "LL101 missing-zero-grad: bad\n --> gone.py:1:1\nhelp: do\n\n"


@pytest.mark.parametrize("place", [span(7, 1, 2), span(1, 40, 50), span(1, 3, 1), span(2, 1, 9, last=9)])
def test_full_survives_a_place_outside_the_text(place: Span) -> None:
    first, second = show("import torch\n", finding(place)).split("\n")[:2]
    assert (first, second.strip()) == (
        "LL101 missing-zero-grad: bad",
        f"--> a.py:{place.start.row}:{place.start.column}",
    )


def test_full_in_colour() -> None:
    one = finding(span(1, 1, 2), (span(1, 3, 4), "b"), advice="c")
    assert show("a b\n", one, colour=True) == (
        "\x1b[1;31mLL101\x1b[0m missing-zero-grad: bad\n"
        " \x1b[1;34m-->\x1b[0m a.py:1:1\n"
        "  \x1b[1;34m|\x1b[0m\n"
        "\x1b[1;34m1\x1b[0m \x1b[1;34m|\x1b[0m a b\n"
        "  \x1b[1;34m|\x1b[0m \x1b[1;31m^\x1b[0m\n"
        "  \x1b[1;34m|\x1b[0m   \x1b[34m- b\x1b[0m\n"
        "  \x1b[1;34m|\x1b[0m\n"
        "\x1b[1;32mhelp\x1b[0m: c\n\n"
    )


HOSTILE = st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn", "Lu", "Zs"]), max_size=20)


@given(name=HOSTILE, message=HOSTILE, code=HOSTILE)
def test_no_control_character_gets_out(name: str, message: str, code: str) -> None:
    one = finding(span(1, 2, 4, file=name), (span(1, 1, 2, file=name), message), message=message, advice=message)
    for text in (
        full.render([one], lambda _: code.replace("\n", " ").split("\r"), False),
        concise.render([one], lambda _: [], False),
        json_list.render([one], lambda _: [], False),
    ):
        assert clean(text.replace("\n", "")) == text.replace("\n", "")
    concise.render([one], lambda _: [], False).encode()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\x1b]0;x\x07b", "a\\x1b]0;x\\x07b"),
        ("\x9b2J\x7f", "\\x9b2J\\x7f"),
        ("a\u202eb\u2066c\u200b", "a\\u202eb\\u2066c\\u200b"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\udcff", "\\udcff"),
        ("日本\u3000ä\u00a0", "日本\u3000ä\u00a0"),
        ("\u2028", "\\u2028"),
    ],
)
def test_clean(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_cells() -> None:
    assert [cells(char) for char in "a日\u0301"] == [1, 2, 0]


def test_concise_is_one_line_a_finding() -> None:
    two = finding(span(3, 4, 5, file="n\n.py", cell=7), message="x\ny")
    assert concise.render([finding(span(1, 2, 3)), two], lambda _: [], False) == (
        "a.py:1:2: LL101 missing-zero-grad: bad\nn\\n.py:cell 7:3:4: LL101 missing-zero-grad: x\\ny\n"
    )
    assert concise.render([finding(span(1, 2, 3))], lambda _: [], True) == (
        "\x1b[1ma.py:1:2\x1b[0m: \x1b[1;31mLL101\x1b[0m missing-zero-grad: bad\n"
    )


def test_json_has_the_shape_of_ruff() -> None:
    one = Finding(
        "LL003",
        "unused-suppression",
        "bäd",
        span(1, 2, 3, file="\udcff.py", cell=4),
        "do",
        (Related(span(5, 6, 7), "here"),),
        Severity.WARNING,
        noqa_row=8,
    )
    text = json_list.render([one], lambda _: [], True)
    assert text.isascii()
    assert json.loads(text) == [
        {
            "code": "LL003",
            "name": "unused-suppression",
            "message": "bäd",
            "filename": "\ufffd.py",
            "location": {"row": 1, "column": 2},
            "end_location": {"row": 1, "column": 3},
            "cell": 4,
            "fix": None,
            "url": None,
            "noqa_row": 8,
            "severity": "warning",
            "help": "do",
            "related": [
                {
                    "message": "here",
                    "filename": "a.py",
                    "location": {"row": 5, "column": 6},
                    "end_location": {"row": 5, "column": 7},
                    "cell": None,
                }
            ],
            "count": 1,
        }
    ]
    assert json_list.render([], lambda _: [], False) == "[]\n"


def test_summary() -> None:
    one, other = finding(span(1, 1, 2)), finding(span(1, 1, 2, file="b.py"))
    assert summary([]) == "All checks passed!"
    assert summary([one]) == "Found 1 error in 1 file."
    assert summary([one, one, other]) == "Found 3 errors in 2 files."


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (io.StringIO(), {}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_only_on_a_terminal(stream: io.StringIO, environment: dict[str, str], colour: bool) -> None:
    assert wants_colour(stream, environment) == colour


def test_nothing_is_painted_on_nothing() -> None:
    assert Paint(True)("bold", "") == ""


def test_rules_as_a_table() -> None:
    known = [RULES["LL101"], RULES["LL204"]]
    assert rules.table(known, False) == (
        "LL101  missing-zero-grad        Finds something.\nLL204  scheduler-never-stepped  Finds something. (preview)\n"
    )
    assert rules.table([], False) == ""


def test_rules_as_json() -> None:
    rule = RULES["LL204"]
    assert json.loads(rules.as_json([rule], False)) == [
        {"code": "LL204", "name": rule.name, "summary": rule.summary, "page": rule.page, "preview": True}
    ]


def test_a_page_has_bold_headings_outside_its_code() -> None:
    assert rules.page(RULES["LL101"], True) == (
        "\x1b[1m# missing-zero-grad (LL101)\x1b[0m\n\n\x1b[1m## What it does\x1b[0m\nFinds something.\n\n"
        "\x1b[1m## Bad\x1b[0m\n```python\n# no heading\n```\n"
    )
