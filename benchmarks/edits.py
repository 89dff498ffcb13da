"""Whole statements of a text, deleted, moved or changed."""

from __future__ import annotations

import ast

from benchmarks.syntax import Block, Code


class Edit:
    """Whole statements of a text, deleted, moved or changed. `None` for a text means that it cannot be done so."""

    def __init__(self, code: Code) -> None:
        self.code = code

    def alone(self, node: ast.stmt) -> bool:
        """Return whether a statement has its lines for itself."""
        lines, end = self.code.lines, node.end_lineno or node.lineno
        before = lines[node.lineno - 1].encode()[: node.col_offset]
        behind = lines[end - 1].encode()[node.end_col_offset or 0 :].decode().strip()
        return not before.strip() and (not behind or behind.startswith("#"))

    def delete(self, block: Block, at: int) -> str | None:
        return self._write(block, at, None)

    def before(self, block: Block, at: int, target: ast.stmt) -> str | None:
        """Move a statement of a block to the line before `target`."""
        first = min([target.lineno, *(one.lineno for one in getattr(target, "decorator_list", []))])
        return self._write(block, at, (first - 1, target))

    def behind(self, block: Block, at: int, target: ast.stmt) -> str | None:
        """Move a statement of a block to the line after the last of `target`."""
        return self._write(block, at, (target.end_lineno or target.lineno, target))

    def replace(self, part: ast.expr, new: str) -> str | None:
        """Write an expression of one line anew."""
        if part.lineno != part.end_lineno:
            return None
        lines = list(self.code.lines)
        line = lines[part.lineno - 1].encode()
        changed = line[: part.col_offset] + new.encode() + line[part.end_col_offset :]
        lines[part.lineno - 1] = changed.decode()
        return "".join(lines)

    def _write(self, block: Block, at: int, to: tuple[int, ast.stmt] | None) -> str | None:
        node = block.nodes[at]
        if not self.alone(node) or (to is not None and not self.alone(to[1])):
            return None
        lines = list(self.code.lines)
        start, end = node.lineno - 1, node.end_lineno or node.lineno
        moved = [self._ended(line) for line in lines[start:end]]
        left = [self._indented([moved[0]], node, None)[0].split(moved[0].lstrip())[0] + "pass\n"]
        new: dict[int, list[str]] = {start: left if len(block.nodes) == 1 else []}
        if to is not None:
            new.setdefault(to[0], [])
            moved = self._indented(moved, node, to[1])
            new[to[0]] = [*new[to[0]], *moved] if to[0] == start else [*moved, *new[to[0]]]
        out = []
        for number in range(len(lines) + 1):
            out += new.get(number, [])
            if number < len(lines) and not start <= number < end:
                out.append(self._ended(lines[number]))
        return "".join(out)

    def _ended(self, line: str) -> str:
        return line if line.endswith(("\n", "\r")) else line + "\n"

    def _indented(self, moved: list[str], node: ast.stmt, like: ast.stmt | None) -> list[str]:
        if like is None:
            return moved
        old = self.code.lines[node.lineno - 1][: node.col_offset]
        new = self.code.lines[like.lineno - 1][: like.col_offset]
        return [new + line[len(old) :] if line.startswith(old) else line for line in moved]
