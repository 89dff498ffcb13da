"""Does something once a module has been imported, by whoever needs it; imports nothing itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


def when_imported(name: str, call: Callable[[], None]) -> Callable[[], None]:
    """Call `call` when module `name` has been imported: at once where it has been. Return what calls that off.

    What goes wrong in `call` is told on standard error, and the import goes on.
    """

    def guarded() -> None:
        try:
            call()
        except Exception as error:
            print(f"looplint: nothing is watched: {type(error).__name__}: {error}", file=sys.stderr)

    if name in sys.modules:
        guarded()
        return lambda: None
    finder = _Finder(name, guarded)
    sys.meta_path.insert(0, finder)
    return finder.leave


class _Finder(MetaPathFinder):
    """Finds one module as the others would, and is told when it has been run."""

    def __init__(self, name: str, call: Callable[[], None]) -> None:
        self.name = name
        self.call = call

    def leave(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        self.leave()
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Told(spec.loader, self.call)
        return spec


class _Told(Loader):
    """Loads with another loader, puts that back in its place, and tells."""

    def __init__(self, inner: Loader, call: Callable[[], None]) -> None:
        self.inner = inner
        self.call = call

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None:
            spec.loader = self.inner
        module.__loader__ = self.inner
        self.inner.exec_module(module)
        self.call()
