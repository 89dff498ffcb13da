"""Statements that bind a name to code: functions, classes and imports."""

from __future__ import annotations

import libcst as cst

from looplint.source.frame import Frame, handles
from looplint.source.tree import decorators, dotted, statements, target_names
from looplint.source.values import ClassValue, FunctionValue, Unknown


@handles(cst.FunctionDef)
def defines(node: cst.FunctionDef, frame: Frame) -> None:
    for parameter in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params):
        if parameter.default is not None:
            frame.evaluate(parameter.default)
    function = FunctionValue(node, frame.scope, frame.source)
    frame.scope.names[node.name.value] = function
    frame.reader.define(function)


@handles(cst.ClassDef)
def defines_class(node: cst.ClassDef, frame: Frame) -> None:
    bases = tuple(frame.reader.imports.opened(frame.evaluate(base.value)) for base in node.bases)
    cls = ClassValue(node, frame.scope, frame.source, bases)
    frame.scope.names[node.name.value] = cls
    for line in statements(node.body):
        if isinstance(line, cst.FunctionDef):
            function = FunctionValue(line, frame.scope, frame.source, owner=cls)
            if not decorators(line) & {"setter", "deleter"}:  # the property has been defined above
                cls.members[line.name.value] = function
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
