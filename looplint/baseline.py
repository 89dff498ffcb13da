"""Baselines: the findings that were there before looplint was, known again wherever their lines move."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from looplint import files, rewrite
from looplint.config import ConfigError
from looplint.finding import Finding
from looplint.identity import identities, relative
from looplint.registry import UNREADABLE_FILE
from looplint.report.snippet import Lines

if TYPE_CHECKING:
    from looplint.check import Run
    from looplint.settings import Policy

VERSION, FORMAT = "looplint-baseline", 1
TEXTS = ("path", "code", "identity", "message")

Judged = Callable[[str, str], bool]
"""Tells of the absolute path of a file, and of a rule's code, whether the run would have found such a finding there."""


class BaselineError(ConfigError):
    """A baseline that cannot be used; the text says where and why."""


@dataclass(frozen=True)
class Entry:
    """A finding in a baseline.

    Arguments:
        path: its file, relative to the folder of the baseline.
        code: its rule.
        identity: what it is known by; the rest is for the reader.
        row: where it was.
        message: what it says.
        cell: its cell in a notebook, or None.
    """

    path: str
    code: str
    identity: str
    row: int
    message: str
    cell: int | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        return self.path, self.cell or 0, self.row, self.code, self.identity

    def __str__(self) -> str:
        cell = "" if self.cell is None else f"cell {self.cell}:"
        return f"{self.path}:{cell}{self.row}: {self.code}"


@dataclass
class Compared:
    """Findings beside a baseline.

    Arguments:
        new: those that are not in it.
        known: how many are in it.
        obsolete: its entries that are no longer found.
        written: where it has been written, if it has.
    """

    new: list[Finding] = field(default_factory=list)
    known: int = 0
    obsolete: list[Entry] = field(default_factory=list)
    written: str = ""

    @property
    def summary(self) -> str:
        """What to add to the line that ends a run."""
        are = "finding of the baseline is" if self.known == 1 else "findings of the baseline are"
        return f"{self.known} {are} not shown."

    def notes(self, *, verbose: bool) -> Iterator[str]:
        """What to say of the baseline itself, line by line; with `verbose` which entries are obsolete."""
        if self.written:
            yield f"{self.known} finding{'s' * (self.known != 1)} written to {self.written}"
        if self.obsolete:
            are = "entry of the baseline is" if len(self.obsolete) == 1 else "entries of the baseline are"
            yield f"warning: {len(self.obsolete)} {are} no longer found; `--write-baseline` writes it anew"
            yield from (f"  no longer found: {one}" for one in self.obsolete if verbose)


@dataclass(frozen=True)
class Baseline:
    """Findings that are not to be told.

    Arguments:
        path: the file; those of the entries are relative to its folder.
        entries: the findings in it.
    """

    path: Path
    entries: tuple[Entry, ...] = ()

    def take_from(self, done: Run, lines: Lines, policy: Policy, *, write: bool) -> Compared:
        """Take out of a run what is in the baseline, which is written anew before where asked for.

        Raises:
            BaselineError: it cannot be written.
        """

        def judged(path: str, code: str) -> bool:
            return not done.failures and path in done.judged and code in policy.codes_for(path)

        known = self.renewed(done.findings, lines, judged) if write else self
        if write:
            if done.failures:
                raise BaselineError(f"{shown(self.path)}: is not written, as not every file could be judged")
            known.write()
        compared = known.compare(done.findings, lines, judged)
        done.findings = compared.new
        return replace(compared, written=shown(self.path) if write else "")

    def compare(self, findings: Sequence[Finding], lines: Lines, judged: Judged) -> Compared:
        """Tell the findings of a run that are in the baseline from those that are not."""
        left = {one.identity: one for one in self.entries}
        done = Compared()
        for entry, finding in self._entries(findings, lines):
            if finding.code != UNREADABLE_FILE.code and entry.identity in left:
                del left[entry.identity]
                done.known += 1
            else:
                done.new.append(finding)
        done.obsolete = [one for one in left.values() if not self._out_of_sight(one, judged)]
        return done

    def renewed(self, findings: Sequence[Finding], lines: Lines, judged: Judged) -> Baseline:
        """The baseline with all findings of a run, and with what it held about that which the run has not judged.

        A file that cannot be read is left out: it has no line to be known by, and a wrong path would pass in silence.
        """
        entries = self._entries(findings, lines)
        found = [entry for entry, finding in entries if finding.code != UNREADABLE_FILE.code]
        kept = [one for one in self.entries if self._out_of_sight(one, judged)]
        by_identity = {one.identity: one for one in (*kept, *found)}
        return Baseline(self.path, tuple(sorted(by_identity.values(), key=lambda one: one.sort_key)))

    def write(self) -> None:
        """Write the file.

        Raises:
            BaselineError: it cannot be written.
        """
        findings = [{key: value for key, value in vars(one).items() if value is not None} for one in self.entries]
        text = json.dumps({"looplint-baseline": FORMAT, "findings": findings}, indent=2) + "\n"
        try:
            rewrite.write(self.path, text.encode())
        except OSError as error:
            reason = error.strerror or str(error)
            raise BaselineError(f"{shown(self.path)}: cannot be written: {reason[:1].lower()}{reason[1:]}") from None

    def _entries(self, findings: Sequence[Finding], lines: Lines) -> Iterator[tuple[Entry, Finding]]:
        """What each finding is in a baseline, and the finding."""
        root = self.path.absolute().parent
        for one, identity in zip(findings, identities(findings, lines, root), strict=True):
            path = relative(one.filename, root)
            yield Entry(path, one.code, identity, one.span.start.row, one.message, one.span.cell), one

    def _out_of_sight(self, entry: Entry, judged: Judged) -> bool:
        """Whether nobody can tell if an entry is still found: its file is there, and the run has not judged it."""
        path = files.absolute(self.path.absolute().parent / entry.path)
        return Path(path).exists() and not judged(path, entry.code)


def shown(path: Path) -> str:
    """What a baseline is called in messages: its path as seen from here."""
    return relative(str(path), ".")


def read(path: Path, *, may_lack: bool = False) -> Baseline:
    """Read a baseline.

    Arguments:
        path: the file.
        may_lack: where there is no such file, it is empty.

    Raises:
        BaselineError: it cannot be read, or is none that this looplint understands.
    """
    if may_lack and not path.exists():
        return Baseline(path)
    name = shown(path)
    try:
        found = json.loads(files.read(str(path)).decode("utf-8-sig"))
    except files.Unreadable as error:
        hint = "" if path.exists() else "; `--write-baseline` writes it"
        raise BaselineError(f"{name}: {error.message}{hint}") from None
    except UnicodeDecodeError as error:
        row = error.object.count(b"\n", 0, error.start) + 1
        raise BaselineError(f"{name}:{row}: is no baseline: it is not in UTF-8") from None
    except json.JSONDecodeError as error:
        place, why = f"{name}:{error.lineno}:{error.colno}", f"{error.msg[:1].lower()}{error.msg[1:]}"
        raise BaselineError(f"{place}: is no baseline, since it is not JSON: {why}") from None
    except (RecursionError, ValueError):  # nested too deeply; a number of thousands of digits
        raise BaselineError(f"{name}: is no baseline, since it is not JSON that can be read") from None
    if not isinstance(found, dict) or VERSION not in found or not isinstance(found.get("findings"), list):
        raise BaselineError(f"{name}: is no baseline of looplint")
    if found[VERSION] != FORMAT:
        version = json.dumps(found[VERSION])
        raise BaselineError(f"{name}: is a baseline of format {version}, and this looplint knows format {FORMAT} only")
    entries = enumerate(found["findings"], 1)
    return Baseline(path, tuple(_entry(one, f"{name}: entry {number}") for number, one in entries))


def _entry(value: object, where: str) -> Entry:
    if not isinstance(value, dict):
        raise BaselineError(f"{where} is no object")
    for key in TEXTS:
        if not isinstance(value.get(key), str):
            raise BaselineError(f"{where} has no text under `{key}`")
    for key in ("row", *(["cell"] if "cell" in value else [])):
        if not isinstance(value.get(key), int):
            raise BaselineError(f"{where} has no number under `{key}`")
    texts = {key: str(value[key]) for key in TEXTS}
    return Entry(**texts, row=value["row"], cell=value.get("cell"))
