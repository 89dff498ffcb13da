"""Bytes to text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplint.files import Unreadable, decode, read
from looplint.finding import Location


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"a = 1\r\nb = 2\rc = 3\n", "a = 1\nb = 2\nc = 3\n"),
        (b"\xef\xbb\xbfa = '\xc3\xa4'", "a = 'ä'"),
        (b"\xef\xbb\xbf# coding: latin-1\na = '\xc3\xa4'", "# coding: latin-1\na = 'ä'"),
        (b"# -*- coding: latin-1 -*-\na = '\xe4'", "# -*- coding: latin-1 -*-\na = 'ä'"),
        (b"#!/usr/bin/python\r\n# vim: set fileencoding=cp1252 :\r\na = '\x80'", None),
        (b"# -*- coding: utf-8-unix -*-\na = '\xc3\xa4'", "# -*- coding: utf-8-unix -*-\na = 'ä'"),
        (b"# coding: utf-8\n# coding: latin-1\na = '\xc3\xa4'", "# coding: utf-8\n# coding: latin-1\na = 'ä'"),
        (b"a = 1\n# coding: latin-1\na = '\xc3\xa4'", "a = 1\n# coding: latin-1\na = 'ä'"),
        (b"\n\n# coding: latin-1\na = '\xc3\xa4'", "\n\n# coding: latin-1\na = 'ä'"),
    ],
)
def test_what_python_reads_is_read(data: bytes, text: str | None) -> None:
    assert decode(data) == (data.decode("cp1252").replace("\r\n", "\n") if text is None else text)


@pytest.mark.parametrize(
    ("data", "message", "row", "column"),
    [
        (
            "ä = 1\nä = ".encode() + b"'\xe4'",
            "the byte 0xe4 is not valid in UTF-8, and the file declares no other encoding",
            2,
            6,
        ),
        (
            b"# coding: ascii\r\n\r\n'\xe4'",
            "the byte 0xe4 is not valid in `ascii`, which the file declares",
            3,
            2,
        ),
        (
            b"\xef\xbb\xbfa = '\xe4'",
            "the byte 0xe4 is not valid in UTF-8, and the file declares no other encoding",
            1,
            6,
        ),
        (b"a = 1\nb = '\0'", "contains a NUL byte, so it is no text", 2, 6),
        (b"# coding: klingon", "declares the encoding `klingon`, which Python does not know", 1, 11),
        (b"# coding: rot13\na", "declares the encoding `rot13`, which Python does not know", 1, 11),
        (b"# coding: undefined\na", "declares the encoding `undefined`, which Python does not know", 1, 11),
    ],
)
def test_what_is_no_text_is_refused_with_its_place(data: bytes, message: str, row: int, column: int) -> None:
    with pytest.raises(Unreadable) as refused:
        decode(data)
    assert (refused.value.message, refused.value.location) == (message, Location(row, column))


def outcome(data: bytes) -> str | Unreadable:
    try:
        return decode(data)
    except Unreadable as refused:
        return refused


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda tail: b"# coding: utf-16\n" + tail))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    found = outcome(data)
    assert "\r" not in found if isinstance(found, str) else found.location >= Location(1, 1)


@pytest.mark.parametrize("codec", ["utf-16", "utf-7", "idna", "punycode", "zlib", "hex", "mbcs"])
def test_no_codec_gets_through(codec: str) -> None:
    text = f"# coding: {codec}\npass\n"
    found = outcome(text.encode())
    assert found == text if isinstance(found, str) else f"`{codec}`" in found.message


def refusal(name: str) -> str:
    with pytest.raises(Unreadable) as refused:
        read(name)
    return refused.value.message


def test_what_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "d").mkdir()
    assert refusal("missing.py") == "cannot be read: no such file or directory"
    assert refusal("d") == "is no regular file, and might never end; `-` reads standard input"
    assert refusal("/dev/null") == "is no regular file, and might never end; `-` reads standard input"
    assert refusal("a\0b") in (
        "cannot be read: embedded null byte",
        "cannot be read: stat: embedded null character in path",
    )
    Path("secret.py").touch()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("looplint.files.open", refuse, raising=False)
    assert refusal("secret.py") == "cannot be read: permission denied"


def test_standard_input_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert refusal("-") == "cannot be read: standard input is closed"
