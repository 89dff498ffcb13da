"""What a run is asked to do, once configuration and command line are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from looplint.files import absolute
from looplint.finding import Finding, Severity
from looplint.gitignore import Patterns
from looplint.registry import Rules
from looplint.selection import Layer, by_code, enabled_codes, expand, expand_all, preview_asked_for

DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)
"""Directories that hold no code of the user's own, much as in ruff."""

DEFAULT_TEST_FILES = ("test_*.py", "*_test.py", "conftest.py", "tests/", "test/")
"""What counts as a test: the names pytest collects, and the usual directories."""

DEFAULT_TEST_IGNORE = ("LL105", "LL106")
"""Off in tests, which compute gradients without applying them, and step without gradients, by their nature."""


@dataclass(frozen=True)
class Settings:
    """The settings of one run.

    Arguments:
        root: the directory to which the patterns of the configuration are relative.
        layers: who selects which rules, the last one having the last word.
        preview: whether preview rules can be on.
        exclude: what is left out of directories; defaults to `DEFAULT_EXCLUDE`.
        extend_exclude: what is left out besides.
        force_exclude: whether that holds for files named by the user too.
        per_file_ignores: patterns, with the rules that are off in the files they cover.
        ignores_here: the same from the command line, a rule each; these patterns are relative to the current directory.
        test_files: patterns of test files.
        test_ignore: rules that are off in test files.
        baseline: the file with findings that are not to be told.
        severity: selectors of rules, with what their findings weigh.
        fail_on: what a finding has to weigh to make a run fail.
        output_format: the name of a report.
        where: the configuration file, for messages.
    """

    root: Path = field(default_factory=Path.cwd)
    layers: tuple[Layer, ...] = (Layer(select=("ALL",)),)
    preview: bool = False
    exclude: Patterns | None = None
    extend_exclude: tuple[Patterns, ...] = ()
    force_exclude: bool = False
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ignores_here: tuple[tuple[str, str], ...] = ()
    test_files: tuple[str, ...] = DEFAULT_TEST_FILES
    test_ignore: tuple[str, ...] = DEFAULT_TEST_IGNORE
    baseline: Path | None = None
    severity: tuple[tuple[str, Severity], ...] = ()
    fail_on: Severity = Severity.ERROR
    output_format: str = "full"
    where: str = "the defaults"

    @property
    def excluded(self) -> tuple[Patterns, ...]:
        return (self.exclude or Patterns(absolute(self.root), DEFAULT_EXCLUDE), *self.extend_exclude)


class Policy:
    """Which rules are on in which file, and what their findings weigh.

    Arguments:
        settings: what was asked for.
        rules: every rule.

    Raises:
        UnknownRule: something was asked for that is no rule.
    """

    def __init__(self, settings: Settings, rules: Rules) -> None:
        self.rules = rules
        self.enabled = enabled_codes(settings.layers, rules, preview=settings.preview)
        asked = [] if settings.preview else preview_asked_for(settings.layers, rules)
        self.warnings = [f"`{code}` is a preview rule, and stays off without --preview" for code in asked]
        base = absolute(settings.root)
        where = f"{settings.where}: `{{}}`".format
        ignores = [
            (Patterns(base, [pattern]), expand_all(codes, rules, where(f"per-file-ignores.{pattern}")))
            for pattern, codes in settings.per_file_ignores
        ]
        ignores += [
            (Patterns(absolute("."), [pattern]), expand(rule, rules, "--per-file-ignores"))
            for pattern, rule in settings.ignores_here
        ]
        tests = (Patterns(base, settings.test_files), expand_all(settings.test_ignore, rules, where("test-ignore")))
        self._ignores: Sequence[tuple[Patterns, frozenset[str]]] = (*ignores, tests)
        self._severity = by_code(settings.severity, rules, where("severity.{}"))
        self._fail_on = settings.fail_on

    def codes_for(self, filename: str) -> frozenset[str]:
        """The codes that are on in a file."""
        path = absolute(filename)
        off = (codes for patterns, codes in self._ignores if patterns.covers(path))
        return self.enabled.difference(*off)

    def weighed(self, finding: Finding) -> Finding:
        """A finding with the severity that the user gives to its rule."""
        severity = self._severity.get(finding.code, finding.severity)
        return finding if severity is finding.severity else replace(finding, severity=severity)

    def fails(self, finding: Finding) -> bool:
        """Whether a finding makes the run fail."""
        return finding.severity.reaches(self._fail_on)
