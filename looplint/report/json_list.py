"""The findings as JSON, in the shape of `ruff check --output-format json`, so that its readers read ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from looplint.finding import Finding, Fix, Location, Span
from looplint.report.snippet import Lines
from looplint.report.terminal import encodable


def render(findings: Sequence[Finding], _lines: Lines, _colour: bool) -> str:
    """A list of objects; only ASCII, so it is the same in every locale and harmless on a terminal."""
    return json.dumps([_finding(one) for one in findings], indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "message": encodable(finding.message),
        **_place(finding.span),
        "fix": _fix(finding.fix),
        "url": None,
        "noqa_row": finding.noqa_row,
        "severity": finding.severity.value,
        "help": encodable(finding.help),
        "related": [{"message": encodable(one.message), **_place(one.span)} for one in finding.related],
        "count": finding.count,
    }


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [
        {"content": one.content, "location": _location(one.start), "end_location": _location(one.end)}
        for one in fix.edits
    ]
    return {"applicability": fix.applicability.value, "message": fix.message, "edits": edits}


def _place(span: Span) -> dict[str, Any]:
    return {
        "filename": encodable(span.filename),
        "location": _location(span.start),
        "end_location": _location(span.end),
        "cell": span.cell,
    }


def _location(location: Location) -> dict[str, int]:
    return {"row": location.row, "column": location.column}
