"""The pages of docs/ that come from tables are those that the tables give, and the tables are in order."""

from __future__ import annotations

import inspect
from collections import Counter

import pytest

from looplint.source.frameworks import EVERYTHING, FRAMEWORKS, Framework
from looplint.source.schedulers import SCHEDULES, Schedule
from tests.tools import tables


@pytest.mark.parametrize("name", list(tables.PAGES))
def test_a_page_is_current(name: str) -> None:
    assert (tables.DOCS / name).read_text(encoding="utf-8") == tables.PAGES[name](), "write it anew with `make docs`"


def test_no_scheduler_stands_there_twice() -> None:
    counts = Counter((row.package.partition(".")[0], row.name) for row in SCHEDULES)
    assert [one for one, count in counts.items() if count > 1] == []


TORCH = [row for row in SCHEDULES if row.package.startswith("torch.")]


@pytest.mark.parametrize("row", TORCH, ids=[row.name for row in TORCH])
def test_the_arguments_of_a_scheduler_of_torch_stand_where_the_table_says(row: Schedule) -> None:
    module = pytest.importorskip(row.package)
    names = list(inspect.signature(getattr(module, row.name)).parameters)
    wanted = [*row.horizon, *([row.decay] if row.decay else []), *([row.parts] if row.parts else [])]
    assert [names.index(one.keyword) for one in wanted] == [one.position for one in wanted]


def test_every_scheduler_of_torch_is_there() -> None:
    module = pytest.importorskip("torch.optim.lr_scheduler")
    assert set(module.__all__) <= {row.name for row in TORCH}


@pytest.mark.parametrize("row", FRAMEWORKS, ids=[row.name for row in FRAMEWORKS])
def test_a_framework_says_who_does_what(row: Framework) -> None:
    assert row.source
    assert row.owns or row.judged
    assert set(row.owns) <= set(EVERYTHING)
    assert row.turn is None or row.turn.trains in row.turn.methods


@pytest.mark.parametrize("field", ["name", "hands_back", "engines", "loops"])
def test_no_name_means_two_frameworks(field: str) -> None:
    found = [getattr(row, field) for row in FRAMEWORKS]
    names = found if field == "name" else [getattr(one, "name", one) for each in found for one in each]
    assert [name for name, count in Counter(names).items() if count > 1] == []
