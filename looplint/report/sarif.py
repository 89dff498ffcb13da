"""SARIF 2.1.0, the exchange format for results of static analysis, for code scanning and editors."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from looplint.finding import Finding, Related, Span
from looplint.registry import RuleLike, every_rule
from looplint.report.places import Places, in_cell
from looplint.report.snippet import Lines
from looplint.report.terminal import clean
from looplint.severity import Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
"""SARIF's word for each severity."""

FINGERPRINT = "looplintIdentity/v1"
"""What a finding is known by. `primaryLocationLineHash` is left to GitHub's upload action, which computes it so that it
stays where lines move, too, and warns of each one that it does not agree with."""

BASE = "%SRCROOT%"
LINK = str.maketrans({char: f"\\{char}" for char in "\\[]"})


def render(findings: Sequence[Finding], lines: Lines, _colour: bool) -> str:
    """One run with all rules, and the findings as its results; only ASCII, as JSON allows."""
    from looplint import __version__
    from looplint.identity import identities  # here, as it imports this package

    places, rules = Places(lines), every_rule()
    indices = {code: index for index, code in enumerate(rules)}
    known = identities(findings, lines, places.root)
    run = {
        "tool": {
            "driver": {"name": "looplint", "version": __version__, "rules": [_rule(one) for one in rules.values()]}
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {BASE: {"description": {"text": "The root of the project."}}},
        "results": [
            {"ruleId": one.code, "ruleIndex": indices[one.code], **_result(one, places)}
            | {"partialFingerprints": {FINGERPRINT: identity}}
            for one, identity in zip(findings, known, strict=True)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: RuleLike) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
    }


def _result(finding: Finding, places: Places) -> dict[str, Any]:
    """What a result says, and of where; words about the finding's own place stand with that place."""
    here = next((one.message for one in finding.related if one.span == finding.span), "")
    related = [one for one in finding.related if one.span != finding.span]
    return {
        "level": LEVELS[finding.severity],
        "message": {"text": _message(finding, related)},
        "locations": [_location(finding.span, here, places)],
        "relatedLocations": [
            {"id": number, **_location(one.span, one.message, places)} for number, one in enumerate(related, 1)
        ],
        "occurrenceCount": finding.count,
    }


def _message(finding: Finding, related: Sequence[Related]) -> str:
    """The message, links to the related places in the words that stand beside them, and what to write instead."""
    where = f" ({in_cell(finding.span)})" if finding.span.cell is not None else ""
    links = [f"[{clean(one.message).translate(LINK)}]({number})" for number, one in enumerate(related, 1)]
    parts = [f"{_plain(finding.message)}{where}"]
    parts += [f"See: {'; '.join(links)}"] if links else []
    parts += [f"Help: {_plain(finding.help)}"] if finding.help else []
    return ". ".join(parts)


def _plain(text: str) -> str:
    """The text, in which nothing is a link: code such as `steps[0](1)` would be one to the place of that number."""
    return clean(text).translate(LINK) if "](" in text else clean(text)


def _location(span: Span, words: str, places: Places) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(places.path(span))}
    bounds = places.bounds(span)
    if bounds is not None:
        first, last = bounds
        physical["region"] = {
            "startLine": first.row,
            "startColumn": first.column,
            "endLine": last.row,
            "endColumn": last.column,
        }
    location: dict[str, Any] = {"physicalLocation": physical}
    if span.cell is not None:
        name = f"cell {span.cell}"
        location["logicalLocations"] = [
            {"name": name, "fullyQualifiedName": f"{clean(places.path(span))}:{name}", "kind": "cell"}
        ]
    return location | ({"message": {"text": clean(words)}} if words else {})


def _artifact(path: str) -> dict[str, str]:
    from urllib.parse import quote_from_bytes  # here, as the other formats have no need of it

    if Path(path).is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote_from_bytes(os.fsencode(path)), "uriBaseId": BASE}
