"""Configuration: where it is found, what it may say, and what is said of a wrong one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from looplint import config
from looplint.config import ConfigError
from looplint.report import FORMATS
from looplint.selection import Layer, UnknownRule
from looplint.settings import Policy, Settings
from looplint.severity import Severity
from tests.cli.fake import LOOP, Run, Tree


def test_the_nearest_configuration_is_found(tree: Tree, tmp_path: Path) -> None:
    tree(
        {
            "looplint.toml": "",
            "p/pyproject.toml": "[tool.looplint]",
            "p/q/pyproject.toml": "[tool.black]",
            "p/q/r/a": "",
        }
    )
    assert config.find(str(tmp_path / "p/q/r")) == str(tmp_path / "p/pyproject.toml")
    assert config.find(str(tmp_path)) == str(tmp_path / "looplint.toml")


def test_of_two_in_one_directory_ours_wins(tree: Tree, tmp_path: Path) -> None:
    tree({"pyproject.toml": "[tool.looplint]", "looplint.toml": ""})
    assert config.find(str(tmp_path)) == str(tmp_path / "looplint.toml")


def test_there_may_be_none(tree: Tree, tmp_path: Path) -> None:
    tree({"pyproject.toml": "tool = 1"})
    assert config.find(str(tmp_path)) is None


def test_every_key_is_read(tree: Tree, tmp_path: Path) -> None:
    text = """
        select = ["LL1"]
        ignore = ["LL104"]
        extend-select = ["LL204"]
        extend-ignore = ["missing-step"]
        preview = true
        exclude = ["old/"]
        extend-exclude = ["new/"]
        force-exclude = true
        per-file-ignores = { "a/*.py" = ["LL101"] }
        test-files = ["check_*.py"]
        test-ignore = []
        output-format = "concise"
        baseline = "known.json"
        severity = { "LL1" = "warning", "missing-step" = "info" }
        fail-on = "info"
    """
    tree(
        {
            "looplint.toml": text,
            "pyproject.toml": text.replace("\n", "\r\n").replace("select", "[tool.looplint]\r\nselect", 1),
        }
    )
    for name in ("looplint.toml", "pyproject.toml"):
        settings = config.load(name)
        assert settings.exclude is not None
        (extended,) = settings.extend_exclude
        assert settings.exclude.covers(str(tmp_path / "old/a.py"))
        assert extended.covers(str(tmp_path / "new/a.py"))
        layer = Layer(("LL1",), ("LL104", "missing-step"), ("LL204",), where=f"{name}: `{{}}`")
        assert settings._replace(exclude=None, extend_exclude=()) == Settings(
            root=str(tmp_path),
            layers=(Layer(select=("ALL",)), layer),
            preview=True,
            force_exclude=True,
            per_file_ignores=(("a/*.py", ("LL101",)),),
            test_files=("check_*.py",),
            test_ignore=(),
            output_format="concise",
            baseline="known.json",
            severity=(("LL1", Severity.WARNING), ("missing-step", Severity.INFO)),
            fail_on=Severity.INFO,
            where=name,
        )


def test_no_key_changes_nothing(tree: Tree, tmp_path: Path) -> None:
    tree({"looplint.toml": ""})
    layers = (*Settings().layers, Layer(where="looplint.toml: `{}`"))
    assert config.load("looplint.toml") == Settings(root=str(tmp_path), layers=layers, where="looplint.toml")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("looplint.toml", "selct = []", "looplint.toml: unknown key `selct`; did you mean `select`?"),
        ("looplint.toml", "zzz = []", "looplint.toml: unknown key `zzz`"),
        (
            "looplint.toml",
            "[tool.looplint]",
            "looplint.toml: unknown key `tool`; in looplint.toml the keys stand at the top, without [tool.looplint]",
        ),
        ("pyproject.toml", "[tool.looplint]\nx = 1", "pyproject.toml: unknown key `x`"),
        ("pyproject.toml", "tool.looplint = 1", "pyproject.toml: `tool.looplint` must be a table"),
        ("pyproject.toml", "[tool]", "pyproject.toml: has no table [tool.looplint]"),
        ("looplint.toml", "select = 'LL101'", "looplint.toml: `select` must be a list of strings, not a string"),
        ("looplint.toml", "ignore = [1]", "looplint.toml: `ignore` must be a list of strings, but holds a number"),
        ("looplint.toml", "exclude = {}", "looplint.toml: `exclude` must be a list of strings, not a table"),
        ("looplint.toml", "preview = 1", "looplint.toml: `preview` must be true or false, not a number"),
        ("looplint.toml", "preview = 1.5", "looplint.toml: `preview` must be true or false, not a number"),
        (
            "looplint.toml",
            "force-exclude = 2020-01-01",
            "looplint.toml: `force-exclude` must be true or false, not a date or time",
        ),
        (
            "looplint.toml",
            "severity = 'error'",
            "looplint.toml: `severity` must be a table of rules and severities, not a string",
        ),
        (
            "looplint.toml",
            "severity = { 'LL1' = 'warn' }",
            "looplint.toml: `severity`: `LL1` must be one of error, warning, info, not `warn`; did you mean `warning`?",
        ),
        ("looplint.toml", "fail-on = 2", "looplint.toml: `fail-on` must be a string, not a number"),
        (
            "looplint.toml",
            "fail-on = 'never'",
            "looplint.toml: `fail-on` must be one of error, warning, info, not `never`",
        ),
        (
            "looplint.toml",
            "per-file-ignores = ['a']",
            "looplint.toml: `per-file-ignores` must be a table of patterns and lists of rules, not a list",
        ),
        (
            "looplint.toml",
            "per-file-ignores = { 'a' = true }",
            "looplint.toml: `per-file-ignores`: `a` must be a list of strings, not a boolean",
        ),
        (
            "looplint.toml",
            "per-file-ignores = { '!a' = [] }",
            "looplint.toml: `per-file-ignores`: the pattern `!a` covers nothing; a pattern here cannot begin with `!`",
        ),
        (
            "looplint.toml",
            "output-format = 'jsn'",
            f"looplint.toml: `output-format` must be one of {', '.join(FORMATS)}, not `jsn`; did you mean `json`?",
        ),
        ("looplint.toml", "output-format = []", "looplint.toml: `output-format` must be a string, not a list"),
        ("looplint.toml", "a = 1\nb = ?", "looplint.toml:2:5: is not valid TOML: invalid value"),
        ("looplint.toml", "a = '", 'looplint.toml: is not valid TOML: expected "\'" (at end of document)'),
        ("looplint.toml", b"a = 1\n\xff", "looplint.toml:2: is not valid TOML: it is not in UTF-8"),
        ("looplint.toml", "a = " + "[" * 100_000, "looplint.toml: is not valid TOML: it is nested too deeply"),
    ],
)
def test_a_wrong_configuration_is_refused_by_name(
    tree: Tree, run: Run, name: str, text: str | bytes, message: str
) -> None:
    tree({name: text, "a.py": LOOP})
    outcome = run("check", "--config", name)
    assert (outcome.status, outcome.out, outcome.err) == (2, "", f"error: {message}\n")


def test_a_byte_order_mark_does_no_harm(tree: Tree) -> None:
    tree({"looplint.toml": "\ufeffpreview = true"})
    assert config.load("looplint.toml").preview


def test_a_configuration_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^x\.toml: cannot be read: no such file or directory$"):
        config.load("x.toml")
    with pytest.raises(ConfigError) as refused:
        config.load(str(tmp_path.parent / "x.toml"))
    assert str(refused.value) == f"{tmp_path.parent / 'x.toml'}: cannot be read: no such file or directory"


def test_a_directory_that_may_not_be_searched_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", refuse)
    assert config.find(str(tmp_path)) is None


def policy(**values: object) -> Policy:
    return Policy(Settings()._replace(**values))  # type: ignore[arg-type]


def test_rules_are_off_by_file(tmp_path: Path) -> None:
    known = policy(per_file_ignores=(("a/*.py", ("LL101",)), ("b.py", ("LL10", "LL003"))), test_files=())
    assert known.codes_for("a/x.py") == known.enabled - {"LL101"}
    assert known.codes_for(str(tmp_path / "a" / "x.py")) == known.enabled - {"LL101"}
    assert known.codes_for("c/a/x.py") == known.enabled
    assert known.codes_for("c/b.py") == {"LL001", "LL002"}


@pytest.mark.parametrize(
    "name", ["test_a.py", "d/test_a.py", "a_test.py", "conftest.py", "tests/a.py", "d/test/e/a.py"]
)
def test_two_rules_are_off_in_tests(name: str) -> None:
    known = policy()
    assert known.codes_for(name) == known.enabled - {"LL105", "LL106"}


@pytest.mark.parametrize("name", ["a.py", "test.py", "testing/a.py", "latest_a.py", "<string>", "-", "tests"])
def test_other_files_are_no_tests(name: str) -> None:
    known = policy()
    assert known.codes_for(name) == known.enabled


def test_what_is_a_test_can_be_said() -> None:
    assert "LL105" in policy(test_files=("check_*.py",)).codes_for("tests/test_a.py")
    assert "LL101" not in policy(test_files=("check_*.py",), test_ignore=("LL101",)).codes_for("check_a.py")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"per_file_ignores": (("a.py", ("LL1O1",)),)},
            "x.toml: `per-file-ignores.a.py`: unknown rule `LL1O1`; did you mean `LL101`?",
        ),
        ({"test_ignore": ("?",)}, "x.toml: `test-ignore`: unknown rule `?`"),
        ({"layers": (Layer(("A",), where="x.toml: `{}`"),)}, "x.toml: `select`: unknown rule `A`"),
    ],
)
def test_unknown_rules_are_refused_with_their_place(values: dict[str, object], message: str) -> None:
    with pytest.raises(UnknownRule) as refused:
        policy(where="x.toml", **values)
    assert str(refused.value) == message


def test_rules_are_off_by_file_on_the_command_line(tree: Tree, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    both = f"{LOOP}    step.missing\n"
    files = {"src/a.py": both, "src/b.py": both, "b.py": both}
    tree({"looplint.toml": "per-file-ignores = { '/src/a.py' = ['LL101'] }", **files})
    monkeypatch.chdir("src")

    def told(*args: str) -> list[str]:
        out = run("check", "..", "--output-format", "json", *args).out
        return [f"{one['filename'].removeprefix('../')} {one['code'][-1]}" for one in json.loads(out)]

    assert told() == ["b.py 1", "b.py 5", "src/a.py 5", "src/b.py 1", "src/b.py 5"]
    # As other patterns of the command line, those with a slash begin at the current directory.
    assert told("--extend-per-file-ignores", "b.py:LL101,/b.py:LL105") == ["b.py 5", "src/a.py 5"]
    assert told("--per-file-ignores", "/b.py:LL1") == ["b.py 1", "b.py 5", "src/a.py 1", "src/a.py 5"]
    both_options = ("--per-file-ignores", "a.py:LL105", "--extend-per-file-ignores", "b.py:missing-step")
    assert told(*both_options) == ["b.py 1", "src/a.py 1", "src/b.py 1"]


@pytest.mark.parametrize("option", ["--per-file-ignores", "--extend-per-file-ignores"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a.py", "invalid value for '{}': `a.py` is no PATTERN:RULE"),
        ("a.py:LL101,:LL1", "invalid value for '{}': `:LL1` is no PATTERN:RULE"),
        ("a.py:", "invalid value for '{}': `a.py:` is no PATTERN:RULE"),
        ("!a.py:LL101", "invalid value for '{}': `!a.py:LL101` is no PATTERN:RULE"),
        ("a.py:LL1O1", "--per-file-ignores: unknown rule `LL1O1`; did you mean `LL101`?"),
    ],
)
def test_wrong_pairs_are_refused(run: Run, option: str, value: str, message: str) -> None:
    outcome = run("check", option, value)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {message.format(option)}")
