"""Statements that bind a name to code: functions, classes and imports."""

from __future__ import annotations

import libcst as cst

from looplint.source.follow import TRAINS, inline
from looplint.source.frame import Frame, handles
from looplint.source.tree import decorators, dotted, statements, target_names
from looplint.source.values import ClassValue, FunctionValue, Given, Unknown


@handles(cst.FunctionDef)
def defines(node: cst.FunctionDef, frame: Frame) -> None:
    for parameter in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params):
        if parameter.default is not None:
            frame.evaluate(parameter.default)
    function = FunctionValue(node, frame.scope, frame.source)
    frame.scope.names[node.name.value] = decorated(function, frame)
    frame.reader.define(function)


def decorated(function: FunctionValue, frame: Frame) -> FunctionValue:
    """Return what the name of a function holds: what a decorator of the linted code has made of it, if that trains.

    Any other decorator leaves a function what it is, as far as training is concerned.
    """
    assert isinstance(function.node, cst.FunctionDef)
    made = function
    for one in reversed(function.node.decorators):
        head = one.decorator.func if isinstance(one.decorator, cst.Call) else one.decorator
        named = frame.reader.imports.look_up(head.value, frame.scope) if isinstance(head, cst.Name) else None
        if isinstance(named, FunctionValue) and TRAINS.search(frame.reader.text(named)):
            with frame.block():
                decorator = frame.evaluate(one.decorator)
                result = inline(decorator, [Given(made)], one, frame) if isinstance(decorator, FunctionValue) else made
            made = result if isinstance(result, FunctionValue) else made
    return made


@handles(cst.ClassDef)
def defines_class(node: cst.ClassDef, frame: Frame) -> None:
    bases = tuple(frame.reader.imports.opened(frame.evaluate(base.value)) for base in node.bases)
    cls = ClassValue(node, frame.scope, frame.source, bases)
    frame.scope.names[node.name.value] = cls
    for line in statements(node.body):
        if isinstance(line, cst.FunctionDef):
            function = FunctionValue(line, frame.scope, frame.source, owner=cls)
            if not decorators(line) & {"setter", "deleter"}:  # the property has been defined above
                cls.members[line.name.value] = decorated(function, frame)
            frame.reader.define(function)
        elif isinstance(line, cst.SimpleStatementLine):
            for small in line.body:
                if isinstance(small, cst.Assign | cst.AnnAssign) and small.value is not None:
                    with frame.block():
                        value = frame.evaluate(small.value)
                    targets = [one.target for one in small.targets] if isinstance(small, cst.Assign) else [small.target]
                    for name in set().union(*map(target_names, targets)):
                        if not isinstance(value, Unknown):
                            cls.members[name] = value


@handles(cst.Import)
def imports(node: cst.Import, frame: Frame) -> None:
    for alias in node.names:
        full = dotted(alias.name) or ""
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            frame.scope.names[alias.asname.name.value] = frame.reader.imports.imported(frame.scope.module, 0, full)
        else:
            head = full.partition(".")[0]
            frame.scope.names[head] = frame.reader.imports.imported(frame.scope.module, 0, head)


@handles(cst.ImportFrom)
def imports_from(node: cst.ImportFrom, frame: Frame) -> None:
    level, package = len(node.relative), (dotted(node.module) or "") if node.module is not None else ""
    if isinstance(node.names, cst.ImportStar):
        frame.scope.stars.append(frame.reader.imports.imported(frame.scope.module, level, package))
        return
    for alias in node.names:
        name = dotted(alias.name) or ""
        bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
        frame.scope.names[bound] = frame.reader.imports.imported(frame.scope.module, level, package, name)
