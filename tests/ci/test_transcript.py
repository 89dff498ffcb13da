"""The way of README.md to a clean commit, gone with the real git, pip, pre-commit and looplint, is that of the page."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.ci.index import need_index
from tests.tools import ROOT, snippets, transcript
from tests.tools.broken import FILES
from tests.tools.transcript import Failed, Session

COMMIT = 'git commit --message "Train four networks"'


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    pytest.importorskip("pre_commit", reason="pre-commit is not installed, and so its version is not fixed")
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    need_index(tmp_path_factory.mktemp("probe"))
    return transcript.walk(tmp_path_factory.mktemp("scratch"))


def test_the_page_is_current(session: Session) -> None:
    assert transcript.PAGE.read_text(encoding="utf-8") == session.page(), "write it anew with `make transcript`"


def test_a_commit_is_refused_for_each_mistake_and_accepted_once_they_are_mended(session: Session) -> None:
    refused, accepted = (step for step in session.steps if step.command == COMMIT)
    assert (refused.status, accepted.status) == (1, 0)
    assert "looplint" in refused.printed.partition("Failed")[0]
    for name, code in {"classify": "LL101", "explore": "LL110", "forecast": "LL102", "segment": "LL201"}.items():
        finding = refused.printed.partition(f"--> {name}.")[0].splitlines()[-2]
        assert finding.startswith(code)
    assert "Found 4 errors in 4 files." in refused.printed
    log = session.ran("git log --format=%s --name-only --reverse", "training").stdout.split("\n\n")
    assert log[0] == "Train four networks"
    assert log[1].splitlines()[:-1] == [".pre-commit-config.yaml", *FILES]


def test_nothing_is_left_to_commit_and_nothing_to_find(session: Session) -> None:
    assert session.ran("git status --porcelain --ignored", "training").stdout == ""
    found = session.ran("looplint check --no-cache --output-format json .", "training")
    assert (found.returncode, json.loads(found.stdout)) == (0, [])
    assert session.ran("looplint check --quiet --output-format full", "training").stdout == ""


def test_what_is_typed_is_in_the_readme(session: Session) -> None:
    """Besides git and what shows files, which README.md does not have to teach."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    filled = snippets.filled(readme, {**snippets.PLACEHOLDERS, "COMMIT": session.commit})
    shown = filled.replace("path/to/your/code", ".")
    typed = [step.command for step in session.steps if step.command.split()[0] not in ("git", "ls", "cat")]
    assert len(typed) == 9
    assert [command for command in typed if command not in shown] == []


def test_the_page_says_nothing_of_this_machine(session: Session) -> None:
    page = session.page()
    assert str(session.root) not in page
    assert session.commit not in page
    for commit in session.ran("git rev-list --all --abbrev-commit", "training").stdout.split():
        assert commit not in page
    assert "[main (root-commit) 0000001] Train four networks" in page
    assert "[main 0000002] Check training loops in CI" in page


def test_a_command_that_ends_otherwise_writes_no_page(session: Session) -> None:
    before = session.page()
    with pytest.raises(Failed, match=r"`exit 3` ended with 3 and not with 0"):
        session.type("exit 3")
    with pytest.raises(Failed, match=r"`true` ended with 0 and not with 1"):
        session.type("true", ends=1)
    assert session.page() == before


@pytest.mark.parametrize(
    ("heading", "language"),
    [("Before each dawn", "sh"), ("Before each commit", "powershell")],
    ids=["no section", "no snippet"],
)
def test_what_the_readme_does_not_show_is_told(heading: str, language: str) -> None:
    with pytest.raises(Failed, match=rf"README.md shows 0 times {language} in its section '{heading}'"):
        transcript.shown(heading, language)


def test_the_comments_behind_commands_are_not_typed() -> None:
    assert transcript.commands("Fixes") == [
        "looplint check --fix",
        "looplint check --unsafe-fixes --diff",
        "looplint check --unsafe-fixes --fix",
    ]
