"""Which findings of a run its user wants to hear of: comments in the code and the configuration have a say."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

from looplint import registry, suppressions
from looplint.files import absolute
from looplint.finding import Finding
from looplint.selection import Layer
from looplint.settings import Policy, Settings
from looplint.severity import Severity

Wanted = Callable[[Finding], bool]


def unsilenced(finding: Finding) -> bool:
    """Return whether no comment silences a finding, such as `# noqa: LL101`."""
    text = "".join(linecache.getlines(finding.filename))
    return not text or bool(suppressions.apply([finding], text, finding.filename, registry.every_rule(), frozenset()))


def packed(settings: Settings, policy: Policy) -> dict[str, Any]:
    """Return what settings say of rules, in a form that can be written down for other processes."""
    return {
        "root": absolute(settings.root),
        "select": sorted(policy.enabled),
        "per_file_ignores": settings.per_file_ignores,
        "test_files": settings.test_files,
        "test_ignore": settings.test_ignore,
        "severity": settings.severity,
    }


def unpacked(rules: dict[str, Any]) -> Policy:
    """Return which rules are on, from what `packed` has returned; of nothing, every rule."""
    if not rules:
        return Policy(Settings(preview=True, test_ignore=()))
    settings = Settings(
        root=rules["root"],
        layers=(Layer(select=tuple(rules["select"])),),
        preview=True,
        per_file_ignores=tuple((pattern, tuple(codes)) for pattern, codes in rules["per_file_ignores"]),
        test_files=tuple(rules["test_files"]),
        test_ignore=tuple(rules["test_ignore"]),
        severity=tuple((selector, Severity(level)) for selector, level in rules["severity"]),
    )
    return Policy(settings)


def wanted_by(policy: Policy) -> Wanted:
    """Return who says whether a finding is wanted where these rules are on."""
    return lambda finding: finding.code in policy.codes_for(finding.filename) and unsilenced(finding)
