"""Which module may import what (DESIGN, section 2), and what a module imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

RULE_VOCABULARY = {"looplint.rule", "looplint.model"}
"""All of ours that a rule may import."""

PLAIN = {"__future__", "collections.abc", "dataclasses", "enum", "itertools", "math", "re", "typing"}
"""What a rule may import of the standard library: rules are pure, so nothing that reads, writes or runs."""

LOADERS = {"import_module", "__import__", "find_spec"}
"""Functions that import a module by its name."""


def imported(source: str, module: str, *, package: bool = False) -> Iterator[tuple[str, int]]:
    """Yield (absolute module name, line) of everything that `source` imports, wherever it does.

    `from a import b` yields `a` and, since `b` may be a module of its own, `a.b`.

    Arguments:
        source: the text of a file.
        module: its installed name, which relative imports start from.
        package: it is an `__init__.py`.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                kept = parts[: len(parts) - node.level + package]
                base = ".".join([*kept, base] if base else kept)
            yield base, node.lineno
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in LOADERS and isinstance(node.args[0].value, str):
                yield node.args[0].value, node.lineno


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def offence(name: str, module: str) -> str | None:
    """Return why `module` may not import `name`, or None where it may."""
    if within(name, "libcst") and not within(module, "looplint.source"):
        return "only looplint/source/ knows LibCST"
    if within(name, "torch") and not within(module, "looplint.runtime_check"):
        return "only runtime_check/ knows torch"
    if within(name, "click") and module != "looplint.cli":
        return "only looplint/cli.py knows click"
    if within(name, "rules") or within(name, "runtime_check"):
        return "the folders are installed as looplint.rules and looplint.runtime_check"
    if module == "looplint.model" and within(name, "looplint"):
        return "the vocabulary imports nothing of ours"
    if module in {"looplint.law", "looplint.flow"} and within(name, "looplint.source"):
        return "the law and the walk work on the model, whoever built it"
    if module.startswith("looplint.rules."):
        allowed = RULE_VOCABULARY | PLAIN
        if not any(within(name, package) for package in allowed):
            return "a rule imports only the vocabulary: " + ", ".join(sorted(allowed))
    return None


def cycle(imports: Mapping[str, set[str]]) -> list[str]:
    """Return modules each of which imports the next, and the last the first; none where there is no such circle.

    Arguments:
        imports: by module, the modules that it imports.
    """
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(reversed(error.args[1][1:]))
    return []


def offences(source: str, module: str, *, package: bool = False) -> list[str]:
    """Return what `source` imports and may not, as `line: name: why`."""
    return [
        f"{line}: {name}: {why}"
        for name, line in imported(source, module, package=package)
        if (why := offence(name, module))
    ]
