"""Files that are changed: only what is to change does, in whatever encoding, line breaks and spelling of JSON."""

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplint import files
from looplint.cells import edit_cells
from looplint.edits import Edit, LineBreaksMeet, edit, offset
from looplint.finding import Location
from looplint.rewrite import NotWritten, Original, write
from tests.cli.notebooks import code, notebook, words

TEXT = st.lists(st.sampled_from(["a", "bc", "é", "\U0001f525", "\u2028", '"', "\\", "\t", "\n", "\n", "\r\n"])).map(
    "".join
)


@st.composite
def edited_text(draw: st.DrawFn) -> tuple[str, list[Edit], str]:
    """A text, edits of it, and what comes of it, all with one kind of line break."""
    text = draw(TEXT).replace("\r\n", "\n")
    bounds = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    stretches = list(zip(bounds[::2], bounds[1::2], strict=False))
    edits = [Edit(start, end, draw(TEXT).replace("\r\n", "\n")) for start, end in stretches]
    result, at = "", 0
    for one in edits:
        result += text[at : one.start] + one.content
        at = one.end
    return text, draw(st.permutations(edits)) if len(set(stretches)) == len(edits) else edits, result + text[at:]


@given(edited_text(), st.sampled_from(["\n", "\r\n", "\r"]))
def test_edits_are_made_with_the_line_breaks_of_the_text(case: tuple[str, list[Edit], str], line_break: str) -> None:
    text, edits, result = case
    if "\n" in text:
        assert edit(text.replace("\n", line_break), edits) == result.replace("\n", line_break)
    else:
        assert edit(text, edits) == result


@given(TEXT, st.data())
def test_of_mixed_line_breaks_each_stays(text: str, data: st.DataObject) -> None:
    judged = files.normalise(text)
    at = data.draw(st.integers(0, len(judged)))
    changed = edit(text, [Edit(at, at, "<>")])
    before, after = changed.split("<>")
    assert (before + after, files.normalise(before)) == (text, judged[:at])


def test_a_line_break_is_that_of_its_line() -> None:
    assert edit("a\r\nb\nc", [Edit(0, 0, "1\n"), Edit(2, 2, "2\n"), Edit(5, 5, "\n3")]) == "1\r\na\r\n2\nb\nc\n3"


def test_edits_at_one_place_keep_their_order() -> None:
    assert edit("ab", [Edit(1, 1, "1"), Edit(1, 1, "2"), Edit(1, 2, "3")]) == "a123"


@pytest.mark.parametrize(
    "edits", [[Edit(0, 2, ""), Edit(1, 3, "")], [Edit(2, 9, "")], [Edit(-1, 0, "")], [Edit(2, 1, "")]], ids=str
)
def test_wrong_edits_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlaps another edit, or points to what is not there"):
        edit("abc", edits)


def test_a_place_is_an_offset() -> None:
    text = "ab\n\ncd"
    assert [text[offset(text, place) :] for place in (Location(1, 2), Location(2, 1), Location(3, 3))] == [
        "b\n\ncd",
        "\ncd",
        "",
    ]


# Notebooks


@given(edited_text(), st.booleans(), st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_of_a_notebook_the_rest_stays(
    case: tuple[str, list[Edit], str], listed: bool, escaped: bool, indent: int | str | None
) -> None:
    text, edits, result = case
    cell = code(*text.split("\n")) if listed else code() | {"source": text}
    other = code("x = 1\u00e9 # \ud800") | {"outputs": [{"data": 1.50, "é": "\U0001f525\u0000"}]}

    def written(changed: object) -> str:
        found = {"cells": [words("# `a`"), other, changed, other], "metadata": {}, "nbformat": 4}
        return json.dumps(found, indent=indent, ensure_ascii=escaped)

    changed = edit_cells(written(cell), [Edit(one.start, one.end, one.content, 3) for one in edits])
    source = json.loads(changed)["cells"][2]["source"]
    assert "".join(source) == result
    assert json.loads(changed) == json.loads(written(cell | {"source": source}))
    if not escaped:
        assert changed == written(cell | {"source": source})
    if listed:
        assert all(line.count("\n") == line.endswith("\n") for line in source)


def test_of_a_cell_the_rest_stays() -> None:
    text = '{ "cells" :[{"source": ["\\u0061\\n",  "\\/b\\n" ,"\\ud83d\\udd25"], "x": 1e0}], "cells2": [] }'
    changed = edit_cells(text, [Edit(1, 1, "é\n", 1), Edit(5, 6, "c", 1)])
    assert changed == '{ "cells" :[{"source": ["\\u0061é\\n",  "\\n",  "\\/b\\n" ,"c"], "x": 1e0}], "cells2": [] }'


@pytest.mark.parametrize(
    ("source", "edits", "changed"),
    [
        ('["a\\n", "b"]', [Edit(2, 3, "", 1)], '["a\\n"]'),
        ('["a\\n", "b"]', [Edit(3, 3, "\nc", 1)], '["a\\n", "b\\n", "c"]'),
        ('["a\\n", "b\\n"]', [Edit(4, 4, "c", 1)], '["a\\n", "b\\n", "c"]'),
        ('["a\\n", "b"]', [Edit(1, 2, "", 1)], '["ab"]'),
        ('["a\\n", "b"]', [Edit(0, 3, "", 1)], '[""]'),
        ("[]", [Edit(0, 0, "a\nb", 1)], '["a\\n", "b"]'),
        ('[\n  "a"\n]', [Edit(1, 1, "\nb", 1)], '[\n  "a\\n",\n  "b"\n]'),
        ('["a\\r\\n", "b"]', [Edit(2, 2, "c\n", 1)], '["a\\r\\n", "c\\r\\n", "b"]'),
    ],
)
def test_a_list_of_lines_stays_one(source: str, edits: list[Edit], changed: str) -> None:
    assert edit_cells(f'{{"cells": [{{"source": {source}}}]}}', edits) == f'{{"cells": [{{"source": {changed}}}]}}'


def test_there_has_to_be_such_a_cell() -> None:
    for number in (0, 2, None):
        with pytest.raises(ValueError, match="the notebook has 1 cells"):
            edit_cells(notebook(code("a")), [Edit(0, 0, "b", number)])


# Encodings


@pytest.mark.parametrize(
    ("data", "changed"),
    [
        (b"# coding: latin-1\n\xe9 = 1\n", b"# coding: latin-1\n<\xfc\n>\xe9 = 1\n"),
        (
            b"\xef\xbb\xbf#!/usr/bin/p\r\n\xc3\xa9 = 1\r\n",
            b"\xef\xbb\xbf#!/usr/bin/p\r\n<\xc3\xbc\r\n>\xc3\xa9 = 1\r\n",
        ),
        (b"# coding: utf-8-sig\n\xc3\xa9\n", b"# coding: utf-8-sig\n<\xc3\xbc\n>\xc3\xa9\n"),
        (b"# coding: utf-8-unix\n\xc3\xa9\n", b"# coding: utf-8-unix\n<\xc3\xbc\n>\xc3\xa9\n"),
        (b"# coding: gbk\n\xa8\xa6\n", b"# coding: gbk\n<\xa8\xb9\n>\xa8\xa6\n"),
    ],
)
def test_the_encoding_is_kept(data: bytes, changed: bytes) -> None:
    original = Original("a.py", data)
    at = original.text.index("é")
    assert original.edited([Edit(at, at, "<ü\n>")]) == changed


def test_what_the_encoding_cannot_express_is_refused() -> None:
    with pytest.raises(NotWritten, match=r"a\.py: its encoding `ascii` cannot express '\\xfc'"):
        Original("a.py", b"# coding: ascii\n").edited([Edit(0, 0, "ü")])


def test_an_encoding_that_does_not_give_back_its_bytes_is_refused() -> None:
    data = b"# coding: utf-7\na = '+AGE-'\n"
    with pytest.raises(NotWritten, match=r"a\.py: its encoding `utf-7` does not give back the bytes"):
        Original("a.py", data).edited([Edit(0, 0, "b")])


def test_line_breaks_that_would_become_one_are_refused() -> None:
    with pytest.raises(LineBreaksMeet):
        edit("a\rb\nc", [Edit(2, 3, "")])
    with pytest.raises(NotWritten, match=r"a\.py: its line breaks are of several kinds"):
        Original("a.py", b"a\rb\nc").edited([Edit(2, 3, "")])


# Replacing


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    path.chmod(0o751)
    os.utime(path, (1, 1))
    Original.read(str(path)).replace(b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert path.stat().st_mtime > 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only the superuser gives files away")
def test_a_file_keeps_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    os.chown(path, 65534, 65533)
    Original.read(str(path)).replace(b"new")
    assert (path.stat().st_uid, path.stat().st_gid, path.read_bytes()) == (65534, 65533, b"new")


def test_a_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "d" / "a.py", tmp_path / "b.py"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link.symlink_to(target)
    Original.read(str(link)).replace(b"new")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")


def test_a_reader_has_the_old_or_the_new_text(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        Original.read(str(path)).replace(b"new")
        assert reader.read() == b"old"


def test_a_file_that_has_changed_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    original = Original.read(str(path))
    path.write_bytes(b"newer")
    with pytest.raises(NotWritten, match=r"a\.py: has changed since it was read, so it is left as it is"):
        original.replace(b"new")
    assert path.read_bytes() == b"newer"
    path.unlink()
    with pytest.raises(NotWritten, match=r"a\.py: is gone since it was read"):
        original.replace(b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_ours_is_written_new_or_not(tmp_path: Path) -> None:
    plain, path, link = tmp_path / "plain", tmp_path / "d" / "known.json", tmp_path / "link"
    plain.write_bytes(b"")
    link.symlink_to(path)
    write(link, b"1")
    assert (path.read_bytes(), path.stat().st_mode) == (b"1", plain.stat().st_mode)
    path.chmod(0o640)
    write(str(link), b"2")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"2", 0o640)
    assert (link.is_symlink(), [one.name for one in path.parent.iterdir()]) == (True, ["known.json"])
    with pytest.raises(IsADirectoryError):
        write(tmp_path / "d", b"")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["d", "link", "plain"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of an ordinary user, who the test is from now on: nothing is forbidden to the superuser."""
    with tempfile.TemporaryDirectory() as name:
        superuser = os.geteuid() == 0
        if superuser:
            os.chown(name, 65534, 65534)
            os.seteuid(65534)
        yield Path(name)
        if superuser:
            os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="its permissions are others")
@pytest.mark.parametrize("forbidden", ["a.py", "."])
def test_what_may_not_be_written_is_left_as_it_is(folder: Path, forbidden: str) -> None:
    path = folder / "a.py"
    path.write_bytes(b"old")
    mode = (folder / forbidden).stat().st_mode
    (folder / forbidden).chmod(mode & ~0o222)
    with pytest.raises(NotWritten, match=r"a\.py: cannot be written: permission denied"):
        Original.read(str(path)).replace(b"new")
    (folder / forbidden).chmod(mode)
    assert [(one.name, one.read_bytes()) for one in folder.iterdir()] == [("a.py", b"old")]
