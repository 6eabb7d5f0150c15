"""In which encoding a file is: as the programs write it that people use."""

from __future__ import annotations

import codecs

import pytest

from tests.bulk.plan.files import Folder
from tim_async import UsageError
from tim_async.bulk._plan.encodings import CHUNK_BYTES
from tim_async.bulk._plan.files import file_source, reader_of

CELLS = "account,name\r\nalice,爱丽丝\r\nbob,鲍勃 👋\r\n"
ROWS = [("alice", '{"name":"爱丽丝"}', 2), ("bob", '{"name":"鲍勃 👋"}', 3)]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (CELLS.encode("utf-8-sig"), {}),
        (CELLS.encode("utf-8"), {}),
        (codecs.BOM_UTF16_LE + CELLS.encode("utf-16-le"), {}),
        (codecs.BOM_UTF16_BE + CELLS.encode("utf-16-be"), {}),
        (codecs.BOM_UTF16_LE + CELLS.replace(",", "\t").encode("utf-16-le"), {"delimiter": "\t"}),
        (codecs.BOM_UTF32_LE + CELLS.encode("utf-32-le"), {}),
        (codecs.BOM_UTF32_BE + CELLS.encode("utf-32-be"), {}),
        (CELLS.encode("gb18030"), {"encoding": "gb18030"}),
        (CELLS.encode("utf-8-sig"), {"encoding": "gb18030"}),
        (CELLS.encode("utf-16"), {"encoding": "utf-16"}),
        (CELLS.encode("utf-16-le"), {"encoding": "utf-16-le"}),
    ],
    ids=[
        "Excel CSV UTF-8, Notepad UTF-8 BOM",
        "LibreOffice, Notepad UTF-8",
        "Notepad UTF-16 LE",
        "Notepad UTF-16 BE",
        "Excel Unicode Text",
        "UTF-32 LE",
        "UTF-32 BE",
        "GB 18030, named",
        "mark against the name",
        "UTF-16, named",
        "UTF-16 LE without a mark, named",
    ],
)
def test_file_is_read_as_it_is_meant(folder: Folder, content: bytes, options: dict[str, str]) -> None:
    assert folder.read("people.csv", content, **options) == ROWS


@pytest.mark.parametrize(
    ("text", "encoding", "refusal"),
    [
        (
            "account,name\r\nalice,爱丽丝\r\n",
            "gbk",
            ("invalid byte 0xb0 in line 2; encoding='gb18030' reads it (line 2: 'alice,爱丽丝')"),
        ),
        (
            "account,name\r\n" + "user,Name\r\n" * 40_000 + "alice,镕\r\n",
            "gbk",
            ("invalid byte 0xe9 in line 40002; encoding='gb18030' reads it (line 40002: 'alice,镕')"),
        ),
        (
            "account,name\r\nalice,愛麗絲說：我們的春天到了\r\n",
            "cp950",
            ("invalid byte 0xb7 in line 2; encoding='big5' reads it (line 2: 'alice,愛麗絲說：我們的春天到了')"),
        ),
        (
            "account,name\r\nalice,アリスさん\r\n",
            "cp932",
            ("invalid byte 0x83 in line 2; encoding='cp932' reads it (line 2: 'alice,アリスさん')"),
        ),
        (
            "account;name\r\nalice;Jürgen Müller\r\n",
            "cp1252",
            ("invalid byte 0xfc in line 2; encoding='cp1252' reads it (line 2: 'alice;Jürgen Müller')"),
        ),
        (
            "account;name\r\nalice;Алиса Иванова\r\n",
            "cp1251",
            ("invalid byte 0xc0 in line 2; encoding='cp1251' reads it (line 2: 'alice;Алиса Иванова')"),
        ),
        (
            CELLS,
            "utf-16-le",
            "it looks like UTF-16 without a byte order mark; encoding='utf-16-le' reads it",
        ),
        (
            CELLS,
            "utf-16-be",
            "it looks like UTF-16 without a byte order mark; encoding='utf-16-be' reads it",
        ),
    ],
    ids=["Excel and WPS in China", "late", "Excel in Taiwan", "Japan", "Germany", "Russia", "UTF-16 LE", "UTF-16 BE"],
)
def test_file_that_is_not_utf_8_is_refused_whole(folder: Folder, text: str, encoding: str, refusal: str) -> None:
    assert folder.refusal("people.csv", text.encode(encoding)) == f"people.csv is not UTF-8: {refusal}"
    named = refusal.partition("encoding='")[2].partition("'")[0]
    delimiter = ";" if ";" in text else ","
    path = folder.path / "people.csv"
    assert list(reader_of(file_source(path, encoding=named, delimiter=delimiter)).rows())


@pytest.mark.parametrize("before", [2, 6, 7])
def test_line_that_two_chunks_have_is_shown_whole(folder: Folder, before: int) -> None:
    """Also where the first of them ends in the middle of a character."""
    head = b"account,name\n" + b"user,n\n" * (CHUNK_BYTES // 7)
    head = head[: CHUNK_BYTES - before - 1] + b"\n"
    assert folder.refusal("people.csv", head + "alice,爱丽丝\n".encode("gbk")).endswith(": 'alice,爱丽丝')")


@pytest.mark.parametrize(
    ("content", "options", "refusal"),
    [
        (
            CELLS.encode("utf-8"),
            {"encoding": "ascii"},
            ("is not ascii: invalid byte 0xe7 in line 2; encoding='utf-8' reads it (line 2: 'alice,爱丽丝')"),
        ),
        (
            "account\r\n爱丽丝\r\n鲍".encode()[:-1],
            {},
            "is not UTF-8: line 3 ends in the middle of a character (is the file truncated?)",
        ),
        (
            CELLS.encode() + "zoë\r\n".encode("latin-1"),
            {},
            ("is not UTF-8: invalid byte 0xeb in line 4, after valid UTF-8 (were files in two encodings joined?)"),
        ),
        (
            b"account\n" + "爱丽丝\n".encode() * 200_000 + b"zo\xeb\n",
            {},
            ("is not UTF-8: invalid byte 0xeb in line 200002, after valid UTF-8 (were files in two encodings joined?)"),
        ),
        (
            CELLS.encode("utf-16")[:-1],
            {},
            "is not UTF-16-LE: line 3 ends in the middle of a character (is the file truncated?)",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", {}, "is not UTF-8: invalid byte 0x89 in line 1"),
        (
            CELLS.encode("utf-8"),
            {"encoding": "utf-16"},
            (
                "is not UTF-16: it does not begin with a byte order mark; encoding='utf-8' reads it (line 1: "
                "'account,name')"
            ),
        ),
        (
            CELLS.encode("utf-16-be"),
            {"encoding": "utf-16"},
            "is not UTF-16: it does not begin with a byte order mark; encoding='utf-16-be' reads it",
        ),
    ],
    ids=[
        "named wrongly",
        "cut off",
        "joined",
        "joined late",
        "UTF-16 cut off",
        "picture",
        "UTF-16 named wrongly",
        "UTF-16 named, no mark",
    ],
)
def test_file_that_cannot_be_read_whole(folder: Folder, content: bytes, options: dict[str, str], refusal: str) -> None:
    assert folder.refusal("people.csv", content, **options) == f"people.csv {refusal}"


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (
            b"account\n" + b"x" * 2 * CHUNK_BYTES,
            "line 2 has more than 1,048,576 bytes; one recipient per line is expected",
        ),
        (
            b"[" + b'{"account":"alice"},' * 60_000 + b"]",
            "line 1 has more than 1,048,576 bytes, and begins a JSON array; one recipient per line is expected",
        ),
    ],
    ids=["endless", "JSON array"],
)
def test_line_that_is_too_long(folder: Folder, content: bytes, refusal: str) -> None:
    """It is in its encoding, and no other encoding would help."""
    assert folder.refusal("people.jsonl", content) == f"people.jsonl: {refusal}"


@pytest.mark.parametrize(
    ("encoding", "problem"),
    [
        ("klingon", "unknown encoding 'klingon'"),
        ("gb18300", "unknown encoding 'gb18300'; did you mean 'gb18030'?"),
        ("base64", "unknown encoding 'base64'"),
        ("a\0b", r"unknown encoding 'a\x00b'"),
    ],
)
def test_encoding_that_is_not_known(folder: Folder, encoding: str, problem: str) -> None:
    path = folder.write("people.csv", b"account\nalice\n")
    with pytest.raises(UsageError) as caught:
        next(reader_of(file_source(path, encoding=encoding)).rows())
    assert (caught.value.message, caught.value.field) == (problem, "encoding")


def test_file_that_changes_while_it_is_read(folder: Folder) -> None:
    path = folder.write("people.csv", b"account\n" + b"alice\n" * 10)
    reader = reader_of(file_source(path))
    reader.fingerprint()
    path.write_bytes(b"account\nzo\xeb\n")
    with pytest.raises(UsageError, match=r"people\.csv changed while it was read: 'utf-8' codec can't decode"):
        list(reader.rows())
