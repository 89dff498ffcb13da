"""The snippets of docs/ci.md: each is parsed by what reads it, and the commands in it are run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from looplint.report import FORMATS
from tests.ci.loops import BAD
from tests.ci.test_action import CONTENT, STEPS, zizmor
from tests.tools import ROOT
from tests.tools.snippets import filled, snippets

TEXT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
SNIPPETS = {heading: blocks[0] for heading, blocks in snippets(filled(TEXT)).items()}
WORKFLOWS = ["GitHub, with the action", "GitHub, without the action"]


def text_of(heading: str, language: str) -> str:
    found, text = SNIPPETS[heading]
    assert found == language
    return text


def schema_errors(kind: str, text: str, folder: Path) -> str:
    """What the schema of workflows or of GitLab's pipelines has against a text."""
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    path = folder / "snippet.yml"
    path.write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}", path]
    if kind == "gitlab-ci":
        command += ["--data-transform", "gitlab-ci"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_every_snippet_is_tested_here() -> None:
    assert list(SNIPPETS) == [*WORKFLOWS, "GitLab", "Jenkins", "pre-commit"]
    assert [len(blocks) for blocks in snippets(TEXT).values()] == [1] * len(SNIPPETS)


@pytest.mark.parametrize("heading", WORKFLOWS)
def test_a_workflow_is_one_and_is_safe(heading: str, tmp_path: Path) -> None:
    text = text_of(heading, "yaml")
    assert schema_errors("github-workflows", text, tmp_path) == ""
    assert schema_errors("github-workflows", text.replace("runs-on:", "runs-in:"), tmp_path) != ""
    path = tmp_path / ".github" / "workflows" / "looplint.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    done = zizmor(path, "regular")
    assert done.returncode == 0, done.stdout
    path.write_text(re.sub(r"@[0-9a-f]{40}\b", "@main", text))
    assert zizmor(path, "regular").returncode != 0


def test_the_workflow_gives_the_action_what_it_takes() -> None:
    steps = yaml.safe_load(text_of(WORKFLOWS[0], "yaml"))["jobs"]["looplint"]["steps"]
    (given,) = (step["with"] for step in steps if step["uses"].startswith("somebody/looplint@"))
    assert set(given) <= set(CONTENT["inputs"])


def test_the_table_has_every_input_of_the_action_and_its_default() -> None:
    section = TEXT.partition(f"## {WORKFLOWS[0]}\n")[2].partition("\n## ")[0]
    told = dict(re.findall(r"^\| `([\w-]+)` \| .* \| (.*) \|$", section, re.MULTILINE))
    assert list(told) == list(CONTENT["inputs"])
    words = {"args": "none", "working-directory": "the checkout"}
    for name, one in CONTENT["inputs"].items():
        assert told[name].strip("`").strip('"') == words.get(name, one["default"])


def test_the_actions_of_others_are_the_same_everywhere() -> None:
    used = {step["uses"] for step in STEPS if "uses" in step}
    for heading in WORKFLOWS:
        steps = yaml.safe_load(text_of(heading, "yaml"))["jobs"]["looplint"]["steps"]
        used |= {step["uses"] for step in steps if "uses" in step}
    names = [name.partition("@")[0] for name in used]
    assert len(set(names)) == len(names) == 4


def test_the_pipeline_of_gitlab_is_one(tmp_path: Path) -> None:
    text = text_of("GitLab", "yaml")
    assert schema_errors("gitlab-ci", text, tmp_path) == ""
    assert schema_errors("gitlab-ci", text.replace("script:", "skript:"), tmp_path) != ""


def test_the_configuration_of_pre_commit_is_one(tmp_path: Path) -> None:
    pytest.importorskip("pre_commit", reason="pre-commit is not installed")
    text = text_of("pre-commit", "yaml")
    path = tmp_path / ".pre-commit-config.yaml"
    command = [sys.executable, "-m", "pre_commit", "validate-config", path]
    for written, status in ((text, 0), (text.replace("hooks:", "hoots:"), 1)):
        path.write_text(written)
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == status
    known = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]} <= known


def groovy(text: str) -> Any:
    """The syntax tree of a text in Groovy."""
    tree_sitter = pytest.importorskip("tree_sitter", reason="tree-sitter is not installed")
    grammar = pytest.importorskip("tree_sitter_groovy", reason="tree-sitter-groovy is not installed")
    return tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(text.encode()).root_node


def calls(node: Any) -> Iterator[str]:
    """The names of what is called in a syntax tree, outer ones first."""
    if node.type in ("method_invocation", "juxt_function_call"):
        yield node.child_by_field_name("name").text.decode()
    for child in node.children:
        yield from calls(child)


def test_the_jenkinsfile_is_groovy_in_the_order_of_a_declarative_pipeline() -> None:
    text = text_of("Jenkins", "groovy")
    tree = groovy(text)
    assert not tree.has_error
    assert list(calls(tree)) == (
        "pipeline agent docker image stages stage steps sh sh sh post always junit archiveArtifacts".split()
    )
    assert groovy(text.replace("stage('looplint')", "stage('looplint'")).has_error
    assert groovy(text.rstrip().removesuffix("}")).has_error


def commands(heading: str) -> list[str]:
    """The calls of looplint in a snippet."""
    _, text = SNIPPETS[heading]
    return [line.rstrip("'") for line in re.findall(r"\blooplint check.*$", text, re.MULTILINE)]


COUNTS: dict[str, Callable[[str], int]] = {
    "full": lambda text: text.count("LL101"),
    "github": lambda text: text.count("::error"),
    "gitlab": lambda text: len(json.loads(text)),
    "junit": lambda text: len(ElementTree.fromstring(text).findall(".//failure")),
}
"""How many findings a report has."""


@pytest.mark.parametrize(
    ("heading", "ends"),
    [(WORKFLOWS[1], [("github", 1)]), ("GitLab", [("gitlab", 0), ("full", 1)]), ("Jenkins", [("junit", 0)])],
)
def test_the_commands_do_what_the_snippet_needs(heading: str, ends: list[tuple[str, int]], tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(BAD)
    text = SNIPPETS[heading][1]
    for command, (kind, status) in zip(commands(heading), ends, strict=True):
        words = shlex.split(command)
        done = subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        said = done.stdout
        if "--output-file" in words:
            name = words[words.index("--output-file") + 1]
            assert text.count(name) >= 2, "a report that nobody picks up"
            said = (tmp_path / name).read_text()
        assert COUNTS[kind](said) == 1


def test_the_table_of_formats_names_those_that_are_for_programs() -> None:
    section = TEXT.partition("## The formats\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(FORMATS) - {"full", "concise"}
