"""Workflow commands of GitHub Actions: each finding becomes an annotation of the file."""

from __future__ import annotations

from collections.abc import Sequence

from looplint.finding import Finding
from looplint.report.places import Places, in_cell
from looplint.report.snippet import Lines
from looplint.report.terminal import clean
from looplint.severity import Severity

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
"""The command for each severity."""

DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY = DATA | str.maketrans({":": "%3A", ",": "%2C"})


def render(findings: Sequence[Finding], lines: Lines, _colour: bool) -> str:
    """`::error title=...,file=...,line=...::message` for each finding, on a line of its own."""
    places = Places(lines)
    return "".join(f"{_command(one, places)}\n" for one in findings)


def _command(finding: Finding, places: Places) -> str:
    span = finding.span
    where = f" ({in_cell(span)})" if span.cell is not None else ""
    properties = {"title": f"{finding.code} {finding.name}{where}", "file": clean(places.path(span))}
    bounds = places.bounds(span)
    if bounds is not None:
        start, end = bounds
        properties |= {"line": str(start.row), "endLine": str(end.row)}
        if start.row == end.row:  # columns are for annotations of one line
            properties |= {"col": str(start.column), "endColumn": str(max(end.column - 1, start.column))}
    related = [f"{places.shown(one.span)}: {clean(one.message)}" for one in finding.related]
    advice = [f"help: {clean(finding.help)}"] if finding.help else []
    message = "\n".join([clean(finding.message), *related, *advice])
    written = ",".join(f"{name}={value.translate(PROPERTY)}" for name, value in properties.items())
    return f"::{COMMANDS[finding.severity]} {written}::{message.translate(DATA)}"
