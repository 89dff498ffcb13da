"""Whether what the reader leaves out for speed changes a finding: `python benchmarks/shortcuts.py FOLDER...`.

Each file is judged twice, as it always is and with every shortcut closed: files are read whether or not a scan finds
that they speak of training; each by itself alone, and the classes of others are parsed whole; nothing that is known of
a condition is forgotten. That a function is followed only if its words have to do with training is no shortcut but a
way of reading: code that has nothing to do with it is not feared to.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from looplint import engine, files, scan
from looplint.finding import Finding
from looplint.flow import Walk
from looplint.source import InvalidSyntax, Project, module


@contextlib.contextmanager
def closed() -> Iterator[None]:
    """Read without any shortcut."""
    with (
        mock.patch.object(module.Module, "_long_methods", return_value=()),
        mock.patch.object(Walk, "_last_tested", return_value={}),
    ):
        yield


def judged(path: Path, text: str) -> list[Finding]:
    """Return the findings in a file, with `text` in the place of what is on disk."""
    name = str(path.absolute())
    return engine.judge(text, name, Project({name: name}, {name: text.encode()}), name)


def compared(path: Path, text: str, project: Project | None = None) -> tuple[set[Finding], set[Finding]]:
    """Return what is found in a file with shortcuts only, and what without only.

    Arguments:
        project: has opened files before, for others; what is found with shortcuts is found in it.
    """
    name = str(path.absolute())
    short = set(engine.judge(text, name, project, name) if project else judged(path, text))
    short = short if scan.may_train(text) else set()
    with closed():
        long = set(judged(path, text))
    return short - long, long - short


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare every file below some folders, print where they differ, and return 1 where they do."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folders", nargs="+", type=Path)
    count = different = 0
    for folder in parser.parse_args(arguments).folders:
        project = Project()
        for path in sorted(folder.rglob("*.py")):
            try:
                text = files.decode(files.read(str(path)))
                gained, lost = compared(path, text, project)
            except (files.Unreadable, InvalidSyntax):
                continue
            count, different = count + 1, different + bool(gained or lost)
            for sign, found in (("+", gained), ("-", lost)):
                for one in sorted(found, key=lambda one: one.sort_key):
                    print(f"{sign} {one.filename}:{one.line} {one.code}")
    print(f"{count} files, {different} with other findings")
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main())
