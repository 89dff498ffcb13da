"""Configuration: `[tool.looplint]` in pyproject.toml, or looplint.toml with the same keys at the top.

One run has one configuration: the nearest, from the current directory upwards; of two in one directory, looplint.toml.
Its patterns are relative to the directory it stands in, and read as git reads `.gitignore`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from looplint.files import above, absolute, join, upwards
from looplint.gitignore import Patterns
from looplint.registry import suggestion
from looplint.report import FORMATS
from looplint.selection import Layer
from looplint.settings import Settings
from looplint.severity import Severity

OWN_FILE = "looplint.toml"
PROJECT_FILE = "pyproject.toml"


class ConfigError(Exception):
    """A configuration that cannot be used; the text says where and why."""


def find(start: str) -> str | None:
    """The configuration nearest to an absolute directory, upwards; None if there is none.

    Raises:
        ConfigError: a pyproject.toml on the way cannot be read, so nobody knows whether it holds ours.
    """
    for directory in upwards(start):
        own, project = join(directory, OWN_FILE), join(directory, PROJECT_FILE)
        if os.path.isfile(own):
            return own
        if os.path.isfile(project) and _own_table(_parse(project)) is not None:
            return project
    return None


def load(path: str) -> Settings:
    """The settings in a configuration file.

    Arguments:
        path: a pyproject.toml, or a file of any other name with our keys at its top.

    Raises:
        ConfigError: it cannot be read or parsed, has a key we do not know, or a value of the wrong type.
    """
    table: Any = _parse(path)
    name = os.path.basename(path)
    if name == PROJECT_FILE:
        table = _own_table(table)
        if table is None:
            raise ConfigError(f"{_shown(path)}: has no table [tool.looplint]")
    if not isinstance(table, dict):
        raise ConfigError(f"{_shown(path)}: `tool.looplint` must be a table")
    where, root = _shown(path), above(absolute(path))
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in KEYS:
            hint = suggestion(key, KEYS)
            if key == "tool":
                hint = f"; in {name} the keys stand at the top, without [tool.looplint]"
            raise ConfigError(f"{where}: unknown key `{key}`{hint}")
        values[key] = KEYS[key](value, f"{where}: `{key}`")
    layer = Layer(
        select=values.pop("select", None),
        ignore=values.pop("ignore", ()) + values.pop("extend-ignore", ()),
        extend_select=values.pop("extend-select", ()),
        where=f"{where}: `{{}}`",
    )
    if "exclude" in values:
        values["exclude"] = Patterns(root, values["exclude"])
    if "extend-exclude" in values:
        values["extend-exclude"] = (Patterns(root, values["extend-exclude"]),)
    if "baseline" in values:
        values["baseline"] = os.path.join(os.path.dirname(path), values["baseline"])
    rest = {key.replace("-", "_"): value for key, value in values.items()}
    return Settings(root=root, layers=(*Settings().layers, layer), where=where, **rest)


def _parse(path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):  # here, as many runs meet no configuration
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

    try:
        with open(path, "rb") as file:
            table: dict[str, Any] = tomllib.loads(file.read().decode("utf-8-sig").replace("\r\n", "\n"))
            return table
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"{_shown(path)}: cannot be read: {reason[:1].lower()}{reason[1:]}") from None
    except UnicodeDecodeError as error:
        row = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{_shown(path)}:{row}: is not valid TOML: it is not in UTF-8") from None
    except RecursionError:
        raise ConfigError(f"{_shown(path)}: is not valid TOML: it is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        what = str(error)
        place = re.search(r" \(at line (\d+), column (\d+)\)$", what)
        if place:
            what = what[: place.start()]
        position = f":{place[1]}:{place[2]}" if place else ""
        raise ConfigError(f"{_shown(path)}{position}: is not valid TOML: {what[:1].lower()}{what[1:]}") from None


def _own_table(project: Mapping[str, Any]) -> Any:
    tool = project.get("tool")
    return tool.get("looplint") if isinstance(tool, dict) else None


def _shown(path: str) -> str:
    """The path as short as it goes: relative to the current directory where it lies below it."""
    below = join(absolute("."), "")
    return absolute(path).removeprefix(below) if absolute(path).startswith(below) else path


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where} must be true or false, not {_type(value)}")
    return value


def _strings(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ConfigError(f"{where} must be a list of strings, not {_type(value)}")
    for one in value:
        if not isinstance(one, str):
            raise ConfigError(f"{where} must be a list of strings, but holds {_type(one)}")
    return tuple(value)


def _per_file(value: object, where: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} must be a table of patterns and lists of rules, not {_type(value)}")
    for pattern in value:
        if pattern.startswith("!"):
            raise ConfigError(f"{where}: the pattern `{pattern}` covers nothing; a pattern here cannot begin with `!`")
    return tuple((pattern, _strings(codes, f"{where}: `{pattern}`")) for pattern, codes in value.items())


def _format(value: object, where: str) -> str:
    value = _string(value, where)
    if value not in FORMATS:
        hint = suggestion(value, FORMATS)
        raise ConfigError(f"{where} must be one of {', '.join(FORMATS)}, not `{value}`{hint}")
    return value


def _string(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{where} must be a string, not {_type(value)}")
    return value


def _severity(value: object, where: str) -> Severity:
    value = _string(value, where)
    names = [one.value for one in Severity]
    if value not in names:
        raise ConfigError(f"{where} must be one of {', '.join(names)}, not `{value}`{suggestion(value, names)}")
    return Severity(value)


def _severities(value: object, where: str) -> tuple[tuple[str, Severity], ...]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} must be a table of rules and severities, not {_type(value)}")
    return tuple((selector, _severity(severity, f"{where}: `{selector}`")) for selector, severity in value.items())


def _type(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


KEYS: dict[str, Callable[[object, str], Any]] = {
    "select": _strings,
    "ignore": _strings,
    "extend-select": _strings,
    "extend-ignore": _strings,
    "preview": _flag,
    "exclude": _strings,
    "extend-exclude": _strings,
    "force-exclude": _flag,
    "per-file-ignores": _per_file,
    "test-files": _strings,
    "test-ignore": _strings,
    "baseline": _string,
    "severity": _severities,
    "fail-on": _severity,
    "output-format": _format,
}
"""Every key, and what checks and converts its value."""
