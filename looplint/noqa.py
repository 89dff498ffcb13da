"""Comments that silence what is found, written at the end of the rows that they cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from looplint import files, notebook
from looplint.comments import Comment, layout
from looplint.edits import Edit, edit
from looplint.finding import Finding
from looplint.magics import as_python
from looplint.notebook import Notebook, OtherLanguage
from looplint.registry import INVALID_SYNTAX, UNREADABLE_FILE, Rules
from looplint.rewrite import NotWritten, Original
from looplint.suppressions import NOQA, apply

BEYOND = {INVALID_SYNTAX.code, UNREADABLE_FILE.code}
"""What no `# noqa` silences: of such a file no row is known for sure."""


@dataclass
class Silenced:
    """What has become of some findings.

    Arguments:
        left: those that are not silenced.
        count: how many are.
        files: in how many files.
        failures: why a file has been left as it was.
    """

    left: list[Finding] = field(default_factory=list)
    count: int = 0
    files: int = 0
    failures: list[NotWritten] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The line that says what has been done."""
        count, many = self.count, self.files
        return f"added `# noqa` for {count} finding{'s' * (count != 1)} in {many} file{'s' * (many != 1)}"


def silence(findings: Iterable[Finding], texts: dict[str, str | Notebook], rules: Rules) -> Silenced:
    """Write a comment for each finding into its file.

    Arguments:
        findings: those of a run.
        texts: the code of each file as it was judged, under its name.
        rules: every rule.
    """
    by_file: dict[str, list[Finding]] = {}
    for one in findings:
        by_file.setdefault(one.filename, []).append(one)
    done = Silenced()
    for filename, found in by_file.items():
        code = texts.get(filename)
        if code is None:  # it could not be read
            done.left += found
            continue
        edits, left = comments_for(found, code, rules)
        try:
            if edits:
                _rewrite(filename, code, edits)
        except (NotWritten, files.Unreadable, OtherLanguage) as error:
            gone = f"{filename}: has changed since it was judged, so it is left as it is"
            done.failures.append(error if isinstance(error, NotWritten) else NotWritten(gone))
            left = found
        done.left += left
        done.count += len(found) - len(left)
        done.files += len(found) > len(left)
    return done


def comments_for(findings: Sequence[Finding], code: str | Notebook, rules: Rules) -> tuple[list[Edit], list[Finding]]:
    """The edits of a file that silence findings in it, and the findings that no comment silences.

    Arguments:
        findings: all of them in this file, with their `noqa_row`.
        code: its text, or its cells.
        rules: every rule.
    """
    by_cell: dict[int | None, list[Finding]] = {}
    left = []
    for one in findings:
        if one.code in BEYOND:
            left.append(one)
        else:
            by_cell.setdefault(one.span.cell, []).append(one)
    edits = []
    for cell, found in by_cell.items():
        source = code if isinstance(code, str) else "\n".join(code.lines(cell))
        wanted = _comments(found, source, cell)
        still = apply(found, _program(edit(source, wanted), cell), found[0].filename, rules, frozenset())
        edits += _comments([one for one in found if one not in still], source, cell)
        left += still
    return edits, left


def _program(source: str, cell: int | None) -> str:
    return source if cell is None else as_python(source).text


def _comments(findings: Sequence[Finding], source: str, cell: int | None) -> list[Edit]:
    """An edit for each row that is to have a comment, or more codes in the one that it has."""
    codes: dict[int, dict[str, None]] = {}
    for one in findings:
        codes.setdefault(one.noqa_row or one.line, {})[one.code] = None
    program = _program(source, cell)
    comments = {one.row: one for one in layout(program, max(codes, default=0)).comments}
    rows = zip(source.split("\n"), program.split("\n"), strict=True)
    edits, begin = [], 0
    for row, (line, code) in enumerate(rows, 1):
        if row in codes:
            at, content = _addition(line.rstrip(), comments.get(row), ", ".join(codes[row]), len(line) - len(code))
            edits.append(Edit(begin + at, begin + at, content, cell))
        begin += len(line) + 1
    return edits


def _addition(line: str, comment: Comment | None, codes: str, shift: int) -> tuple[int, str]:
    """Where in a row to add what; `shift` is how much further to the right the row stands in its cell."""
    if comment:
        for match in NOQA.finditer(comment.text):
            if match["codes"]:
                return shift + comment.column - 1 + match.end("codes"), f", {codes}"
    return len(line), f"  # noqa: {codes}"


def _rewrite(filename: str, code: str | Notebook, edits: Sequence[Edit]) -> None:
    """Make edits in a file, if it is still what was judged.

    Raises:
        NotWritten: it is not, or cannot be written.
    """
    original = Original.read(filename)
    now = notebook.code_of(original.text, filename)
    if (now.cells if isinstance(now, Notebook) else now) != (code.cells if isinstance(code, Notebook) else code):
        raise NotWritten(f"{filename}: has changed since it was judged, so it is left as it is")
    original.replace(original.edited(edits))
