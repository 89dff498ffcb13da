"""The pytest plugin: the fixture, the ini option, and that it costs nothing where it is not used."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="torch is not installed")

from tests.runtime_check.running import TRAIN

pytest_plugins = ["pytester"]

TESTS = """\
import pytest
import sys

def test_wrong(looplint_watch):
    import training
    training.train(clear=False)

def test_right(looplint_watch):
    import training
    training.train(clear=True)
    assert looplint_watch.findings == []

def test_fails_anyway(looplint_watch):
    import training
    training.train(clear=False)
    assert 1 == 2

def test_without_the_fixture():
    import training
    training.train(clear=False)

@pytest.mark.looplint_unwatched
def test_left_alone():
    import training
    training.train(clear=False)
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    for name in ("PYTEST_ADDOPTS", "LOOPLINT_RUNTIME", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(training=TRAIN, test_it=TESTS)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest in a process of its own, with the plugin as it is installed."""
    return project.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:cov", "-rA", *arguments)


def test_the_fixture_fails_a_test_on_a_finding(project: pytest.Pytester) -> None:
    result = run(project)
    result.assert_outcomes(passed=3, failed=2)
    text = result.stdout.str()
    wrong = text.partition("test_wrong _")[2].partition("test_fails_anyway _")[0]
    assert "LL101 missing-zero-grad: `optimizer.step()` applies gradients again" in wrong
    assert "--> training.py:18:13" in wrong
    assert "Traceback" not in wrong
    anyway = text.partition("test_fails_anyway _")[2]
    assert "assert 1 == 2" in anyway
    assert "LL101 missing-zero-grad" in anyway.partition("Captured looplint call")[2]


def test_the_option_watches_every_test_from_its_first_torch_on(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nlooplint_watch = true\n")
    result = run(project, "-k", "right or without or alone")
    result.assert_outcomes(passed=2, failed=1, deselected=2)
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_without_the_fixture - *LL101 missing-zero-grad*"])


def test_it_imports_nothing_where_it_is_not_used(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_it="""
        import sys

        def test_nothing():
            ours = sorted(name for name in sys.modules if name.startswith("looplint"))
            assert ours == ["looplint", "looplint.runtime_check", "looplint.runtime_check.plugin"]
            assert "torch" not in sys.modules
        """
    )
    run(project, "--strict-markers").assert_outcomes(passed=1)


def test_the_option_alone_imports_no_torch(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nlooplint_watch = true\n")
    project.makepyfile(test_it="import sys\n\ndef test_nothing():\n    assert 'torch' not in sys.modules\n")
    run(project).assert_outcomes(passed=1)
