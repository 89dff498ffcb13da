"""What the names that come from other files of the tree stand for, looked up when they are used."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeAlias

from looplint.lookup import Trail
from looplint.source import frameworks
from looplint.source.frame import Frame
from looplint.source.module import Module
from looplint.source.outline import Import, Statement
from looplint.source.project import Project
from looplint.source.scope import Scope
from looplint.source.values import Elsewhere, External, Inert, ModuleValue, Value

if TYPE_CHECKING:
    from looplint.source.reader import Reader

Key: TypeAlias = tuple[Hashable, ...]

LITERALS = (".step", "backward", "grad", "optim", "sched", "scaler", ".prepare(", ".setup(", "loss", "loader")
MATTERS = re.compile(
    r"\.step\b|\.backward|(?<!\bdef )\b(?:manual_)?backward\b(?![\"'])|zero_grad|\.grad\b|[\"']grad[\"']|no_grad:"
    r"|optim(?!al|um\b|i[sz]ed|i[sz]ation)|sched|scaler|\.prepare\(|\.setup\(|loss\b"
    r"|(?<!safe)(?<!full)(?<!filesystem)(?<!yaml\.)(?<!spec\.)loader(?!=)"
)
"""Words of code, in lower case, that has to do with training; where it holds none of the literals, none of them.
How a function of its own is differentiated does not matter, nor do loaders of modules, templates and YAML."""


@lru_cache(20_000)
def speaks_of_training(text: str) -> bool:
    """Return whether code has to do with training by its own words."""
    lower = text.lower()
    return any(literal in lower for literal in LITERALS) and MATTERS.search(lower) is not None


class Imports:
    """The files that the code of one file leads to, as far as it leads there.

    Arguments:
        reader: who reads.
        project: finds and opens files.
    """

    def __init__(self, reader: Reader, project: Project) -> None:
        self._reader = reader
        self._project = project
        self._scopes: dict[Module, Scope] = {}
        self._values: dict[tuple[str, str], Value] = {}
        self._read: set[Statement] = set()
        self._trail = Trail()
        self._matters: dict[Key, tuple[bool, Trail]] = {}

    def scope_of(self, module: Module) -> Scope:
        """Return the names at the top of a file: of another than the one that is read, those that were asked for."""
        if module not in self._scopes:
            self._scopes[module] = Scope.of_module(module)
        return self._scopes[module]

    # -- names -------------------------------------------------------------------------------------------------------

    def imported(self, module: Module, level: int, package: str, name: str = "") -> Value:
        """Return what an import in a file binds.

        Arguments:
            module: the file.
            level: the number of dots before the package.
            package: where the import looks.
            name: what it takes from there; empty for the package itself.
        """
        whole = "." * level + package
        external = External(f"{whole}.{name}" if whole and name else whole or name)
        path = self._project.lookup.find(module.path, whole) if module.path else ""
        return Elsewhere(path, name, external) if path else external

    def look_up(self, name: str, scope: Scope) -> Value | None:
        """Return what a name holds, looking it up in other files where it comes from there; None if nobody binds it."""
        found = scope.find(name)
        top = scope.top
        if found is None and top.module is not self._reader.module:
            found = self._at_top(top.module, name)
        if found is None:
            found = self._through_stars(top, name)
        if isinstance(found, Elsewhere):
            found = scope.owner(name).names[name] = self._resolved(found)
        return found

    def member(self, module: ModuleValue, name: str) -> Value:
        """Return what an attribute of a module stands for."""
        return self._resolved(Elsewhere(module.path, name, External(f"{module.external.name}.{name}")))

    def opened(self, value: Value) -> Value:
        """Return a function or class itself, even if by its words it has nothing to do with training."""
        if not isinstance(value, Inert):
            return value
        module = self._project.open(value.origin.path)
        found = self._read_statements(module, value.origin.name) if module is not None else None
        return found if found is not None else value.origin.external

    def _resolved(self, value: Elsewhere) -> Value:
        if frameworks.knows(value.external.name):  # what is said of a framework goes before its code
            return value.external
        if not value.name:
            return ModuleValue(value.path, value.external)
        key = value.path, value.name
        if key not in self._values:
            self._values[key] = value.external  # for those who ask while it is looked up: imports go in circles
            self._values[key] = self._found(value)
        return self._values[key]

    def _found(self, value: Elsewhere) -> Value:
        module = self._project.open(value.path)
        if module is not None:
            found = self._at_top(module, value.name)
            if found is None:
                found = self._through_stars(self.scope_of(module), value.name)
            if isinstance(found, Elsewhere):  # from here itself: `from . import module`
                found = self._resolved(found) if (found.path, found.name) != (value.path, value.name) else None
            if found is not None:
                return found
        inner = self._project.lookup.member(value.path, value.name)
        return ModuleValue(inner, value.external) if inner else value.external

    def _at_top(self, module: Module, name: str) -> Value | None:
        """Return what a name at the top of another file holds."""
        scope = self.scope_of(module)
        if name in scope.names:
            return scope.names[name]
        statements = module.binding(name)
        if not module.path or not statements or not all(one.definition for one in statements):
            return self._read_statements(module, name)
        if any(self.matters(text, module) for text in module.defined(name)):
            return self._read_statements(module, name)
        return Inert(name, Elsewhere(module.path, name, External(name)))

    def _through_stars(self, top: Scope, name: str) -> Value | None:
        if top.module is not self._reader.module:
            self._read_statements(top.module, "*")
        for star in top.stars:
            if isinstance(star, Elsewhere):
                found = self._resolved(Elsewhere(star.path, name, External("")))
                if not (isinstance(found, External) and not found.name):
                    return found
        return None

    def _read_statements(self, module: Module, name: str) -> Value | None:
        """Read the statements at the top of another file that bind a name, and return what it holds then."""
        scope = self.scope_of(module)
        for statement in module.binding(name):
            if statement not in self._read:
                self._read.add(statement)
                source = module.part(statement)
                if source is not None:
                    with self._reader.aside():
                        Frame(self._reader, scope, source).run(source.module.body)
        return scope.names.get(name)

    # -- what has to do with training --------------------------------------------------------------------------------

    def matters(self, text: str, module: Module) -> bool:
        """Return whether a text of a file can have to do with training: by its words, or those of what it names."""
        key = module, "", text
        remembered = self._memory(key)
        if key not in remembered:
            seen: set[Key] = set()
            with self._project.lookup.trail() as self._trail:
                found = self._text_matters(text, module, seen)
            remembered[key] = found, self._trail
            for one in () if found else seen:  # nor does anything that was looked at on the way; before, that was open
                self._memory(one)[one] = False, self._trail
        return self._recalled(remembered[key])

    def _recalled(self, answer: tuple[bool, Trail]) -> bool:
        self._project.lookup.rely_on(answer[1])
        return answer[0]

    def _memory(self, key: Key) -> dict[Key, tuple[bool, Trail]]:
        """Return where it is remembered whether something matters: what is read itself nobody else asks for."""
        return self._matters if key[0] is self._reader.module else self._project.matters

    def _text_matters(self, text: str, module: Module, seen: set[Key]) -> bool:
        if speaks_of_training(text):
            return True
        for word, attributes in module.names_in(text):
            if module.defined(word):
                found = self._remembered((module, word), seen, partial(self._defined_matters, module, word, seen))
            else:
                found = self._import_matters(module, module.imports[word], attributes, seen)
            if found:
                return True
        return False

    def _remembered(self, key: Key, seen: set[Key], work_out: Callable[[], bool]) -> bool:
        remembered = self._memory(key)
        if key in remembered:
            return self._recalled(remembered[key])
        if key in seen:
            return False  # whoever asked first is still looking
        seen.add(key)
        if work_out():
            remembered[key] = True, self._trail  # it rests on less than the whole question, of which it is a part
        return key in remembered

    def _defined_matters(self, module: Module, name: str, seen: set[Key]) -> bool:
        return any(self._text_matters(text, module, seen) for text in module.defined(name))

    def _import_matters(self, module: Module, origin: Import, attributes: tuple[str, ...], seen: set[Key]) -> bool:
        if origin.module.partition(".")[0] == "torch" and not origin.level:  # whatever it is called here
            return any(speaks_of_training(f"{origin.module}.{one}") for one in (origin.name, *attributes))
        if not module.path:
            return False
        path = self._project.lookup.find(module.path, "." * origin.level + origin.module)
        if not path:
            return False
        asked = [(origin.name, attributes)] if origin.name else [(one, ()) for one in attributes]
        return any(
            self._remembered((path, *one), seen, partial(self._member_matters, path, *one, seen)) for one in asked
        )

    def _member_matters(self, path: str, name: str, attributes: tuple[str, ...], seen: set[Key]) -> bool:
        """Return whether a name of another file has to do with training, through all that pass it on."""
        module = self._project.open(path)
        if module is not None and module.defined(name):
            return self._defined_matters(module, name, seen)
        if module is not None and name in module.imports:
            return self._import_matters(module, module.imports[name], attributes, seen)
        for star in module.stars if module is not None else ():
            if self._import_matters(module, Import(star.level, star.module, name), attributes, seen):  # type: ignore[arg-type]
                return True
        inner = self._project.lookup.member(path, name)
        return bool(inner) and any(
            self._remembered((inner, one, ()), seen, partial(self._member_matters, inner, one, (), seen))
            for one in attributes
        )
