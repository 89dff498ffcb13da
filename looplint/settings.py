"""What a run is asked to do, once configuration and command line are put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from looplint import registry
from looplint.files import absolute
from looplint.gitignore import Patterns
from looplint.registry import Rules
from looplint.selection import Layer, by_code, enabled_codes, expand, expand_all, preview_asked_for
from looplint.severity import Severity

if TYPE_CHECKING:
    from looplint.finding import Finding

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


class Settings(NamedTuple):
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

    root: str = "."
    layers: tuple[Layer, ...] = (Layer(select=("ALL",)),)
    preview: bool = False
    exclude: Patterns | None = None
    extend_exclude: tuple[Patterns, ...] = ()
    force_exclude: bool = False
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ignores_here: tuple[tuple[str, str], ...] = ()
    test_files: tuple[str, ...] = DEFAULT_TEST_FILES
    test_ignore: tuple[str, ...] = DEFAULT_TEST_IGNORE
    baseline: str | None = None
    severity: tuple[tuple[str, Severity], ...] = ()
    fail_on: Severity = Severity.ERROR
    output_format: str = "full"
    where: str = "the defaults"

    @property
    def excluded(self) -> tuple[Patterns, ...]:
        return (self.exclude or Patterns(absolute(self.root), DEFAULT_EXCLUDE), *self.extend_exclude)

    @property
    def names_rules(self) -> bool:
        """Whether the user names rules anywhere."""
        layers = any(one.select not in (None, ("ALL",)) or one.ignore or one.extend_select for one in self.layers)
        tables = (self.per_file_ignores, self.ignores_here, self.severity)
        return layers or any(tables) or self.test_ignore != DEFAULT_TEST_IGNORE


class Policy:
    """Which rules are on in which file, and what their findings weigh.

    The rules are loaded when they are asked for: a run in which nothing trains has no need of them.

    Arguments:
        settings: what was asked for.

    Raises:
        UnknownRule: something was asked for that is no rule.
        looplint.rule.BrokenRule: the catalogue cannot be loaded.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._where = f"{settings.where}: `{{}}`".format
        if settings.names_rules:  # each of which has to exist, whatever there is to check
            _ = self.enabled, self._ignores, self._severity

    @cached_property
    def rules(self) -> Rules:
        """Every rule."""
        return registry.every_rule()

    @cached_property
    def enabled(self) -> frozenset[str]:
        """The codes that are on where nothing turns them off."""
        return enabled_codes(self._settings.layers, self.rules, preview=self._settings.preview)

    @property
    def warnings(self) -> list[str]:
        """What the user should know of what was asked for."""
        if self._settings.preview or not self._settings.names_rules:
            return []
        asked = preview_asked_for(self._settings.layers, self.rules)
        return [f"`{code}` is a preview rule, and stays off without --preview" for code in asked]

    @cached_property
    def _ignores(self) -> Sequence[tuple[Patterns, frozenset[str]]]:
        settings, rules, base = self._settings, self.rules, absolute(self._settings.root)
        ignores = [
            (Patterns(base, [pattern]), expand_all(codes, rules, self._where(f"per-file-ignores.{pattern}")))
            for pattern, codes in settings.per_file_ignores
        ]
        ignores += [
            (Patterns(absolute("."), [pattern]), expand(rule, rules, "--per-file-ignores"))
            for pattern, rule in settings.ignores_here
        ]
        off = expand_all(settings.test_ignore, rules, self._where("test-ignore"))
        return (*ignores, (Patterns(base, settings.test_files), off))

    @cached_property
    def _severity(self) -> Mapping[str, Severity]:
        return by_code(self._settings.severity, self.rules, self._where("severity.{}"))

    def codes_for(self, filename: str) -> frozenset[str]:
        """The codes that are on in a file."""
        path = absolute(filename)
        off = (codes for patterns, codes in self._ignores if patterns.covers(path))
        return self.enabled.difference(*off)

    def weighed(self, finding: Finding) -> Finding:
        """A finding with the severity that the user gives to its rule."""
        severity = self._severity.get(finding.code, finding.severity)
        if severity is finding.severity:
            return finding
        from dataclasses import replace  # here, as most runs find nothing

        return replace(finding, severity=severity)

    def fails(self, finding: Finding) -> bool:
        """Whether a finding makes the run fail."""
        return finding.severity.reaches(self._settings.fail_on)
