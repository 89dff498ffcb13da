"""What each process of a watched run leaves for the one that reports: findings, an account, and what the page shows."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from looplint.finding import Finding, Location, Related, Span


@dataclass(frozen=True)
class Options:
    """How a run is watched.

    Arguments:
        exact: judge every turn.
        live: how to print findings as they occur: the name of a format; empty for not.
        page: keep what the page shows.
        rules: which rules are on, as `wanted.packed` returns it.
    """

    exact: bool = False
    live: str = ""
    page: bool = False
    rules: dict[str, Any] = field(default_factory=dict)


@dataclass
class Result:
    """What one process found.

    Arguments:
        name: what the process is called, such as `rank 1`.
        findings: what is wrong.
        account: what was judged, as lines.
        unjudged: what could not be judged.
        data: what the page shows.
    """

    name: str
    findings: list[Finding] = field(default_factory=list)
    account: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Merged:
    """A finding, with the processes that had it."""

    finding: Finding
    names: tuple[str, ...]


def write_options(folder: Path, options: Options) -> None:
    _write(folder / "options", vars(options))


def read_options(folder: Path) -> Options:
    return Options(**json.loads((folder / "options").read_text(encoding="utf-8")))


def write(folder: Path, result: Result, key: str) -> None:
    """Leave a result in the folder of a run; `key` tells it from those of others."""
    _write(folder / f"result-{key}", {**vars(result), "findings": [_plain(one) for one in result.findings]})


def read(folder: Path) -> list[Result]:
    """Return the results that the processes of a run have left, by name."""
    found = []
    for path in sorted(folder.glob("result-*")):
        plain = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
        found.append(Result(**{**plain, "findings": [_finding(one) for one in plain["findings"]]}))
    return sorted(found, key=lambda one: [int(part) if part.isdigit() else -1 for part in one.name.split()])


def notes(folder: Path) -> list[str]:
    """Return what processes have noted that they could not be watched for."""
    return sorted({path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("note-*")})


def note(folder: Path, text: str) -> None:
    """Note for the summary what could not be watched."""
    name = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]
    (folder / f"note-{name}").write_text(text, encoding="utf-8", errors="replace")


def is_first(folder: Path, finding: Finding) -> bool:
    """Keep a finding as soon as it is known; return whether no other process of the run has had it yet."""
    try:
        with (folder / _told(finding)).open("x", encoding="utf-8") as file:
            json.dump(_plain(finding), file)
    except FileExistsError:
        return False
    except OSError:
        return True
    return True


def left_behind(folder: Path, found: Iterable[Result]) -> list[Finding]:
    """Return what was found by processes that have ended without leaving a result."""
    known = {_told(finding) for one in found for finding in one.findings}
    left = []
    for path in sorted(folder.glob("told-*")):
        if path.name not in known:
            with contextlib.suppress(ValueError):  # it was ended while it wrote
                left.append(_finding(json.loads(path.read_text(encoding="utf-8"))))
    return left


def _told(finding: Finding) -> str:
    """Return the name of the file in which a finding is kept."""
    text = json.dumps([finding.code, finding.message, *_span(finding.span)])
    return f"told-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def merged(results: Sequence[Result]) -> list[Merged]:
    """Return the findings of all processes, each once, sorted by place, with how often they were seen together."""
    found: dict[Finding, tuple[int, dict[str, None]]] = {}
    for result in results:
        for finding in result.findings:
            count, names = found.get(finding, (0, {}))
            found[finding] = count + finding.count, {**names, result.name: None}
    ordered = sorted(found, key=lambda one: one.sort_key)
    return [Merged(replace(one, count=found[one][0]), tuple(found[one][1])) for one in ordered]


def relative(findings: Iterable[Finding], folder: Path) -> list[Finding]:
    """Return findings with their files as seen from a folder, where they are below it."""

    def of(span: Span) -> Span:
        path = Path(span.filename)
        return replace(span, filename=str(path.relative_to(folder))) if path.is_relative_to(folder) else span

    return [
        replace(one, span=of(one.span), related=tuple(replace(other, span=of(other.span)) for other in one.related))
        for one in findings
    ]


def _write(path: Path, content: Any) -> None:
    """Write a file that whoever reads it finds whole, or not at all."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(path)


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "span": _span(finding.span),
        "help": finding.help,
        "related": [[_span(one.span), one.message] for one in finding.related],
        "count": finding.count,
    }


def _span(span: Span) -> list[Any]:
    name = span.filename if span.filename.startswith("<") else str(Path(span.filename).absolute())
    return [name, span.start.row, span.start.column, span.end.row, span.end.column, span.cell]


def _finding(plain: dict[str, Any]) -> Finding:
    def span(parts: list[Any]) -> Span:
        return Span(parts[0], Location(parts[1], parts[2]), Location(parts[3], parts[4]), parts[5])

    related = tuple(Related(span(where), words) for where, words in plain["related"])
    return Finding(**{**plain, "span": span(plain["span"]), "related": related})
