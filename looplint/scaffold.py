"""Begins a new rule, for `make rule`.

    python -m looplint.scaffold LL401 stuck-in-eval

The file it writes is a whole rule that finds nothing yet. What is to be filled in is marked TODO; the tests of the
pages fail as long as a TODO stands.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CODE = re.compile(r"LL[1-9]\d{2}")
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
MARKED_CODE = re.compile(r"^@rule\(\s*[\"'](LL\d{3})[\"']", re.MULTILINE)

TEMPLATE = '''\
"""TODO: what the rule finds, in a line."""

from __future__ import annotations

from collections.abc import Iterator

from looplint.rule import Step, Violation, rule


@rule("{code}")
def {function}(step: Step) -> Iterator[Violation]:
    """
    ## What it does
    TODO: a sentence that begins with "Finds".

    ## Why is this bad?
    TODO

    ## Bad
    ```python
    TODO: mark the line that is reported with `# error`
    ```

    ## Good
    ```python
    TODO
    ```
    """
    wrong = False  # TODO: when does what is shown break the contract?
    if not wrong:
        return
    yield Violation(
        f"`{{step.event.text}}` TODO: what happens",
        at=step.event,
        help="TODO: what to write instead",
        optimizer=step.optimizer,
    )
'''


class CannotScaffold(Exception):
    """The rule cannot be begun; the text says why, and what to do."""


def scaffold(code: str, name: str, folder: Path) -> Path:
    """Write the file of a new rule and return its path.

    Arguments:
        code: such as `LL401`.
        name: such as `stuck-in-eval`.
        folder: the `rules/` of a checkout.

    Raises:
        CannotScaffold: the code or the name is not of the right form or is taken, or there is no such folder.
    """
    if not CODE.fullmatch(code):
        raise CannotScaffold(
            f"`{code}` is not a code: write LL and three digits, from LL100 on (LL0xx are about files)"
        )
    if not NAME.fullmatch(name):
        raise CannotScaffold(f"`{name}` is not a name: write two or more lower-case words, such as stuck-in-eval")
    if not (folder / "__init__.py").is_file():
        raise CannotScaffold(f"there is no folder {folder}: go to the root of a checkout of looplint")
    path = folder / f"{name.replace('-', '_')}.py"
    if path.exists():
        raise CannotScaffold(f"the name `{name}` is taken by {path}")
    for other in sorted(folder.glob("*.py")):
        if code in MARKED_CODE.findall(other.read_text(encoding="utf-8")):
            raise CannotScaffold(f"the code {code} is taken by {other}")
    path.write_text(TEMPLATE.format(code=code, function=path.stem), encoding="utf-8")
    return path


def main(arguments: list[str]) -> int:
    """Begin the rule that the command line names; return the exit status."""
    if len(arguments) != 2 or not all(arguments):
        print("usage: make rule NAME=stuck-in-eval CODE=LL401", file=sys.stderr)
        return 2
    code, name = arguments
    try:
        path = scaffold(code, name, Path("rules"))
    except CannotScaffold as why:
        print(f"scaffold: {why}", file=sys.stderr)
        return 2
    print(f"{path}: fill in what is marked TODO, then: make test ARGS='-k {path.stem.replace('_', '-')}'")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
