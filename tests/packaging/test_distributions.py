"""What a user gets: the wheel, the sdist and an editable install."""

from __future__ import annotations

import email
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.tools import ROOT, project

PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = subprocess.run(command, cwd=cwd, env=environment or None, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source: Path, target: Path, kind: str) -> Path:
    """Build a distribution with the tools that are installed, without the network; return its file."""
    run(sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", target, source, cwd=source)
    (found,) = target.iterdir()
    return found


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = project.copy(tmp_path_factory.mktemp("source"))
    return build(source, tmp_path_factory.mktemp("sdist"), "sdist")


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that pip would build from the sdist."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(folder)
    (source,) = folder.iterdir()
    return build(source, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment with the wheel in it, and nothing else."""
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=home)
    python = home / "bin" / "python"
    run(*PIP, "--python", python, "install", "--no-deps", wheel, cwd=home)
    return python


def site(python: Path) -> Path:
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(run(python, "-c", ask, cwd=python.parent).strip())


def test_the_wheel_installs_one_top_level_name(installed: Path) -> None:
    names = {path.name.partition("-")[0] for path in site(installed).iterdir()}
    assert names == {"looplint"}


def test_the_wheel_holds_every_module_and_nothing_else(wheel: Path) -> None:
    expected = {str(path.relative_to(ROOT)) for _, path in project.modules()} | {"looplint/py.typed"}
    moved = {name if name.startswith("looplint/") else f"looplint/{name}" for name in expected}
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == moved


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
        licences = [name for name in archive.namelist() if name.endswith("/LICENSE")]
    assert metadata["Name"] == "looplint"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_all("Provides-Extra") == ["runtime", "frameworks", "benchmarks", "dev"]
    needed = {line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line}
    assert needed == {"click>=8.1", "libcst>=1.8", 'tomli>=2; python_version < "3.11"'}
    assert len(licences) == 1


def test_the_sdist_holds_every_module(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        found = {name.partition("/")[2] for name in archive.getnames()}
    assert {str(path.relative_to(ROOT)) for _, path in project.modules()} <= found
    assert {"looplint/py.typed", "pyproject.toml", "README.md", "LICENSE"} <= found


def test_the_installed_linter_works(installed: Path, tmp_path: Path) -> None:
    # What looplint needs comes from the environment of the tests. Its own editable looplint does not come along:
    # a `.pth` file works only in a site folder.
    environment = {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": ""}
    (tmp_path / "train.py").write_text(
        "for x, y in loader:\n    loss_fn(model(x), y).backward()\n    optimizer.step()\n"
    )
    where = "import looplint.rules, looplint.runtime_check as r; print(looplint.rules.__file__, r.__file__, sep='\\n')"
    for line in run(installed, "-c", where, cwd=tmp_path, **environment).splitlines():
        assert Path(line).is_relative_to(site(installed))
    done = subprocess.run(
        [installed.with_name("looplint"), "check", "train.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "LL101" in done.stdout


def test_an_editable_install_sees_a_new_rule_at_once(tmp_path: Path) -> None:
    checkout = project.copy(tmp_path / "checkout")
    home = tmp_path / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=tmp_path)
    python = home / "bin" / "python"
    install = ["install", "--no-deps", "--no-build-isolation", "--editable", checkout]
    # `--python` leaves the build to this environment's setuptools.
    run(*PIP, "--python", python, *install, cwd=tmp_path, PYTHONPATH=sysconfig.get_path("purelib"), PATH="")
    (checkout / "rules" / "brand_new.py").write_text("WORD = 'seen'\n")
    seen = run(python, "-c", "import looplint.rules.brand_new as b; print(b.WORD)", cwd=checkout)
    assert seen == "seen\n"
