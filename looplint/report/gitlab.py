"""The Code Quality report of GitLab."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from looplint.finding import Finding
from looplint.report.places import Places, in_cell
from looplint.report.snippet import Lines
from looplint.report.terminal import clean, encodable
from looplint.severity import Severity

SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}
"""GitLab's word for each severity."""


def render(findings: Sequence[Finding], lines: Lines, _colour: bool) -> str:
    """A list of objects; only ASCII, as JSON allows."""
    from looplint.identity import identities  # here, as it imports this package

    places = Places(lines)
    known = identities(findings, lines, places.root)
    return json.dumps([_issue(*one, places) for one in zip(findings, known, strict=True)], indent=2) + "\n"


def _issue(finding: Finding, fingerprint: str, places: Places) -> dict[str, Any]:
    span = finding.span
    bounds = places.bounds(span)
    first, last = (bounds[0].row, bounds[1].row) if bounds else (1, 1)  # a row has to be named
    where = f"{in_cell(span)}: " if span.cell is not None else ""
    return {
        "description": where + clean(finding.message),
        "check_name": f"{finding.code} {finding.name}",
        "fingerprint": fingerprint,
        "severity": SEVERITIES[finding.severity],
        "location": {"path": encodable(places.path(span)), "lines": {"begin": first, "end": last}},
    }
