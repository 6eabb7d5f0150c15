"""Files by their name, their format, and where their bytes come from."""

from __future__ import annotations

import gzip
import io
import os
import threading
from pathlib import Path

import pytest

from tests.bulk.plan.files import Folder
from tests.cli.helpers import posix
from tim_async import UsageError
from tim_async.bulk import AccountListFile, CsvFile, JsonLinesFile
from tim_async.bulk._plan.file_reader import FileReader
from tim_async.bulk._plan.files import RecipientFile, file_source, reader_of
from tim_async.bulk._plan.opening import Position

SAVE = "save it as CSV first (in Excel: File, Save As, 'CSV UTF-8 (Comma delimited) (*.csv)')"
PEOPLE = b"account,name\nalice,A\nbob,B\n"
ROWS = [("alice", '{"name":"A"}', 2), ("bob", '{"name":"B"}', 3)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("people.csv", CsvFile(path=Path("people.csv"))),
        ("people.CSV.GZ", CsvFile(path=Path("people.CSV.GZ"))),
        ("people.tsv", CsvFile(path=Path("people.tsv"), delimiter="\t")),
        ("people.NDJSON", JsonLinesFile(path=Path("people.NDJSON"))),
        ("people.jsonl.gz", JsonLinesFile(path=Path("people.jsonl.gz"))),
        ("people.txt", AccountListFile(path=Path("people.txt"))),
    ],
)
def test_format_by_ending(name: str, expected: RecipientFile) -> None:
    assert file_source(name) == expected


def test_format_by_its_name() -> None:
    assert file_source("-", file_format="txt") == AccountListFile(path=Path("-"))
    assert file_source("people.txt", file_format="csv", delimiter=";") == CsvFile(
        path=Path("people.txt"), delimiter=";"
    )
    with pytest.raises(UsageError) as caught:
        file_source("people.csv", file_format="xlsx")
    assert caught.value.message == "file_format is 'xlsx'; it must be one of csv, jsonl, txt"
    with pytest.raises(UsageError, match=r"^delimiter is for CSV$"):
        file_source("people.txt", delimiter=";")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("people.xlsx", f"people.xlsx is a workbook: {SAVE}"),
        ("people.XLS", f"people.XLS is a workbook: {SAVE}"),
        (
            "people.json",
            (
                "people.json should be JSON lines, one value per line, and be named .jsonl; to convert an "
                "array: jq -c '.[]' people.json > people.jsonl"
            ),
        ),
        (
            "people",
            "people: the ending must be .csv, .tsv, .jsonl, .ndjson or .txt, or any of them with .gz",
        ),
        (
            "people.cvs",
            (
                "people.cvs: the ending must be .csv, .tsv, .jsonl, .ndjson or .txt, or any of them with .gz; "
                "did you mean '.csv'?"
            ),
        ),
    ],
)
def test_ending_that_is_not_read(name: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        file_source(name)
    assert (caught.value.message, caught.value.field) == (problem, "recipients")


@pytest.mark.parametrize("content", [b"PK\x03\x04\x14\x00\x06\x00", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_workbook_under_another_name(folder: Folder, content: bytes) -> None:
    assert folder.refusal("people.csv", content) == (f"people.csv is a workbook (or another archive), not text: {SAVE}")


@pytest.mark.parametrize("name", ["people.csv.gz", "people.csv"], ids=["by its name", "under another name"])
def test_compressed_file(folder: Folder, name: str) -> None:
    assert folder.read(name, gzip.compress(PEOPLE)) == ROWS
    marked = gzip.compress(PEOPLE.decode().encode("utf-16"))
    assert folder.read(name, marked) == ROWS


def test_compressed_file_that_is_damaged(folder: Folder) -> None:
    whole = gzip.compress(PEOPLE)
    assert folder.refusal("people.csv.gz", whole[:-4]) == ("people.csv.gz is truncated: its compressed data has no end")
    broken = whole[:-8] + b"\0\0\0\0" + whole[-4:]
    assert folder.refusal("people.csv.gz", broken).startswith("people.csv.gz cannot be decompressed: CRC check failed")
    assert folder.refusal("people.csv.gz", whole[:10] + b"\xff" * 20).startswith(
        "people.csv.gz cannot be decompressed: "
    )


def test_file_that_is_not_there(folder: Folder) -> None:
    for name, problem in [
        ("missing.csv", "cannot read missing.csv: No such file or directory"),
        ("", "cannot read "),
        ("no\0where.csv", "cannot read no\0where.csv: "),  # each Python has its own words
        ("x" * 300 + ".csv", f"cannot read {'x' * 300}.csv: File name too long"),
    ]:
        with pytest.raises(UsageError) as caught:
            reader_of(CsvFile(path=folder.path / name)).fingerprint()
        assert folder.shown(caught.value).startswith(problem)


# Standard input and pipes


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_standard_input_is_checked_whole_and_read_more_than_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, PEOPLE)
    reader = reader_of(file_source("-", file_format="csv"))
    mark = reader.fingerprint()
    assert (reader.name, reader.size_bytes()) == ("standard input", len(PEOPLE))
    assert list(reader.rows()) == ROWS
    assert list(reader.rows()) == ROWS
    # The same again is the same, also from a file.
    stdin(monkeypatch, gzip.compress(PEOPLE))
    assert reader_of(file_source("-", file_format="csv")).fingerprint() == mark


def test_standard_input_in_another_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, "account\nalice\n鲍勃\n".encode("gbk"))
    with pytest.raises(UsageError) as caught:
        next(reader_of(file_source("-", file_format="csv")).rows())
    assert caught.value.message.startswith("standard input is not UTF-8: invalid byte 0xb1 in line 3")


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError, match=r"^cannot read standard input: it is closed$"):
        reader_of(file_source("-", file_format="csv")).fingerprint()


def test_standard_input_that_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b"")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    with pytest.raises(UsageError, match=r"^cannot read standard input: it is a terminal; pipe a file into it$"):
        reader_of(file_source("-", file_format="csv")).fingerprint()


@posix
def test_pipe_is_read_once(folder: Folder) -> None:
    """As a shell makes one of `<(psql ...)`."""
    path = folder.path / "people.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(PEOPLE,))
    writer.start()
    reader = reader_of(file_source(path))
    assert reader.fingerprint() == reader.fingerprint()
    writer.join(5)
    assert list(reader.rows()) == ROWS


# What distinguishes files, and how far one is read


def fingerprint(folder: Folder, content: bytes, **options: str) -> str:
    return reader_of(file_source(folder.write("people.csv", content), **options)).fingerprint()


def test_fingerprint_distinguishes_files(folder: Folder) -> None:
    one = fingerprint(folder, PEOPLE)
    assert one == fingerprint(folder, PEOPLE) == fingerprint(folder, gzip.compress(PEOPLE))
    others = [
        fingerprint(folder, PEOPLE + b"carol,C\n"),
        fingerprint(folder, PEOPLE, account_column="name"),
        fingerprint(folder, PEOPLE, delimiter=";"),
        fingerprint(folder, PEOPLE, encoding="gb18030"),
        fingerprint(folder, PEOPLE, file_format="txt"),
        fingerprint(folder, PEOPLE, file_format="jsonl"),
    ]
    assert len({one, *others}) == 7


def test_position_follows_the_rows(folder: Folder) -> None:
    content = b"account\n" + b"".join(b"user-%06d\n" % number for number in range(50_000))
    reader: FileReader = reader_of(file_source(folder.write("people.csv", content)))
    position = Position(reader.size_bytes())
    assert (position.read, position.total) == (None, len(content))
    rows = reader.rows(position=position)
    next(rows)
    assert 0 < (position.read or 0) < len(content) / 2
    assert len(list(rows)) == 49_999
    assert position.read == len(content)
    rows = reader.rows(position=position)
    next(rows)
    rows.close()  # type: ignore[attr-defined]  # it is a generator
    assert position.read == len(content)


def test_rows_that_were_read_before_are_left_out(folder: Folder) -> None:
    reader = reader_of(file_source(folder.write("people.csv", b"account\n,\nalice\n\nbob,x\ncarol\n")))
    every = list(reader.rows())
    assert len(every) == 3
    for skip in range(5):
        assert list(reader.rows(skip=skip)) == every[skip:]


def test_first_rows(folder: Folder) -> None:
    reader = reader_of(file_source(folder.write("people.csv", PEOPLE)))
    assert reader.first_rows(1) == (("account", "name"), ROWS[:1])
    reader = reader_of(file_source(folder.write("people.jsonl", b'{"account":"alice","x":1}\n')))
    assert reader.first_rows(5) == (None, [("alice", '{"x":1}', 1)])
    reader = reader_of(file_source(folder.write("people.txt", b"alice\n")))
    assert reader.first_rows(5) == ((), [("alice", None, 1)])
