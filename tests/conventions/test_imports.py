"""Who may import what."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools import imports, project

MODULES = list(project.modules())


@pytest.mark.parametrize(("module", "path"), MODULES, ids=[module for module, _ in MODULES])
def test_a_module_imports_only_what_it_may(module: str, path: Path) -> None:
    assert imports.offences(path.read_text(), module, package=path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("looplint.model", "import libcst"),
        ("looplint.model", "from looplint import finding"),
        ("looplint.model", "from . import finding"),
        ("looplint.model", "from .finding import Finding"),
        ("looplint.flow", "import libcst.matchers as m"),
        ("looplint.flow", "from looplint.source import reader"),
        ("looplint.flow", "from looplint import source"),
        ("looplint.law", "import torch"),
        ("looplint.engine", "from libcst import parse_module"),
        ("looplint.engine", "def late():\n    import torch.optim"),
        ("looplint.engine", "from torch import optim"),
        ("looplint.engine", "import importlib\nimportlib.import_module('torch')"),
        ("looplint.engine", "__import__('libcst')"),
        ("looplint.engine", "from rules import missing_step"),
        ("looplint.engine", "import click"),
        ("looplint.source.reader", "import torch"),
        ("looplint.runtime_check.hooks", "import libcst"),
        ("looplint.rules.missing_step", "import libcst"),
        ("looplint.rules.missing_step", "import torch"),
        ("looplint.rules.missing_step", "import looplint"),
        ("looplint.rules.missing_step", "from looplint import flow"),
        ("looplint.rules.missing_step", "from looplint.rules import missing_zero_grad"),
        ("looplint.rules.missing_step", "from . import missing_zero_grad"),
        ("looplint.rules.missing_step", "import os"),
        ("looplint.rules.missing_step", "from collections import Counter"),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str) -> None:
    assert imports.offences(source, module) != []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("looplint.model", "from collections.abc import Iterator\nimport clickhouse"),
        ("looplint.source.reader", "import libcst as cst\nfrom looplint.model import Loop"),
        ("looplint.runtime_check.hooks", "import torch\nfrom torch import optim"),
        ("looplint.rules.missing_step", "from looplint.rule import Step, rule\nfrom looplint.model import Op"),
        ("looplint.cli", "import click"),
    ],
)
def test_a_right_import_is_let_pass(module: str, source: str) -> None:
    assert imports.offences(source, module) == []


def test_relative_imports_of_a_package_start_at_itself() -> None:
    names = [name for name, _ in imports.imported("from .x import y", "looplint.source", package=True)]
    assert names == ["looplint.source.x", "looplint.source.x.y"]


def test_no_module_of_the_runtime_imports_one_that_needs_it() -> None:
    """Not even for the sake of a type."""
    modules = {module: path for module, path in MODULES if module.startswith("looplint.runtime_check.")}
    found = {
        module: {name for name, _ in imports.imported(path.read_text(), module) if name in modules}
        for module, path in modules.items()
    }
    assert imports.cycle(found) == []


def test_a_circular_import_is_found() -> None:
    assert imports.cycle({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    circle = imports.cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}})
    assert sorted(circle) == ["b", "c"]
