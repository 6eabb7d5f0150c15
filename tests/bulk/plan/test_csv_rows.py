"""CSV as spreadsheets write it: read as intended, or refused with advice."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pytest

from tests.bulk.plan.files import Folder, accounts, problems
from tim_async import UsageError
from tim_async.bulk import CsvFile
from tim_async.bulk._plan.csv_rows import MAX_ROW_LINES
from tim_async.bulk._plan.files import file_source, reader_of


def test_everything_that_spreadsheets_do(folder: Folder) -> None:
    text = '\ufeffaccount,name,city\r\n alice ,"Ali, ""A""",上海\r\n\r\nbob,"two\r\nlines",北京 👋\r\ncarol\r\n'
    assert folder.read("people.csv", text.encode()) == [
        ("alice", '{"name":"Ali, \\"A\\"","city":"上海"}', 2),
        ("bob", '{"name":"two\\r\\nlines","city":"北京 👋"}', 4),
        ("carol", None, 6),
    ]


def test_bad_rows_are_kept_with_their_line_and_stop_nothing(folder: Folder) -> None:
    text = f"account,name\nalice,A\n,nameless\n{'x' * 33},long\nbob,B,too,many\nzoë\x00,nul\ncarol,C\n"
    rows = folder.read("people.csv", text.encode())
    assert accounts(rows) == ["alice", "carol"]
    assert problems(rows) == [
        (3, "", "account is empty"),
        (4, "x" * 33, "account has 33 bytes of UTF-8; an account must have 1 to 32"),
        (5, "bob", "4 cells under 2 columns"),
        (6, "zoë?", "account contains a NUL"),
    ]


def test_row_that_is_not_valid_is_one_bad_row(folder: Folder) -> None:
    rows = folder.read("people.csv", b'account,name\nalice,A\nbob,"B"x\ncarol,C\n')
    assert accounts(rows) == ["alice", "carol"]
    assert problems(rows) == [(3, "", "not valid CSV: ',' expected after '\"'")]


def test_account_under_another_name_is_a_column_too(folder: Folder) -> None:
    assert folder.read("people.csv", b"uid,name\nalice,A\n", account_column="uid") == [
        ("alice", '{"uid":"alice","name":"A"}', 2)
    ]
    assert folder.read("people.csv", b"uid,account\nalice,A\n", account_column="uid") == [
        ("alice", '{"uid":"alice","account":"A"}', 2)
    ]


# Columns


def test_columns_without_a_name_are_left_out(folder: Folder) -> None:
    """As Excel saves a sheet with formatted, empty columns; and a gap between two columns."""
    rows = folder.read("people.csv", b"account,,name,,\r\nalice,x,A,,\r\nbob,,B\r\n,,,,\r\n , ,,,\r\ncarol,,C,, \r\n")
    assert rows == [("alice", '{"name":"A"}', 2), ("bob", '{"name":"B"}', 3), ("carol", '{"name":"C"}', 6)]


def test_cell_under_no_column_is_a_bad_row(folder: Folder) -> None:
    """A comma that was not quoted moves the cells of its row."""
    rows = folder.read("people.csv", b"account,name,,\nalice,Smith, Alice,\n")
    assert problems(rows) == [(2, "alice", "4 cells under 2 columns")]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", "people.csv is empty"),
        (b"\r\n\r\n", "people.csv is empty"),
        (b"account,a,a\n", "people.csv has two columns named 'a'"),
        (
            b"name,city\n",
            (
                "people.csv has no column 'account'; it has 'name', 'city'; set account_column to the one "
                "with the accounts"
            ),
        ),
        (
            b"Acount,name\n",
            ("people.csv has no column 'account'; it has 'Acount', 'name'; use account_column='Acount'"),
        ),
        (
            b"name,ACCOUNT \n",
            ("people.csv has no column 'account'; it has 'name', 'ACCOUNT'; use account_column='ACCOUNT'"),
        ),
        (
            b"alice\nbob\n",
            (
                "people.csv has no column 'account'; it has 'alice'; for a list of accounts without a "
                "header, use a .txt file"
            ),
        ),
        (
            b",,\n",
            "people.csv has no column 'account'; it has no names; set account_column to the one with the accounts",
        ),
        (
            ",".join(f"c{number}" for number in range(25)).encode(),
            "people.csv has no column 'account'; it has "
            + ", ".join(f"'c{number}'" for number in range(20))
            + " and 5 more; set account_column to the one with the accounts",
        ),
        (
            b"x" * 200_000,
            "people.csv: the first line is not valid CSV: field larger than field limit (131072)",
        ),
        (b'account,"na"me\n', "people.csv: the first line is not valid CSV: ',' expected after '\"'"),
    ],
    ids=[
        "empty",
        "empty lines",
        "twice",
        "missing",
        "misspelt",
        "capitals",
        "list",
        "no names",
        "many",
        "endless",
        "not CSV",
    ],
)
def test_header_that_does_not_do(folder: Folder, content: bytes, refusal: str) -> None:
    assert folder.refusal("people.csv", content) == refusal


# Delimiters


def test_separator_line_of_excel_is_heeded(folder: Folder) -> None:
    expected = [("alice", '{"name":"A, B"}', 3)]
    assert folder.read("people.csv", b"sep=;\r\naccount;name\r\nalice;A, B\r\n") == expected
    assert folder.read("people.csv", b'"sep=;"\r\naccount;name\r\nalice;A, B\r\n') == expected
    assert folder.read("people.csv", b"\xef\xbb\xbfSEP=\t\naccount\tname\nalice\tA, B\n") == expected
    # The named delimiter counts.
    refusal = folder.refusal("people.csv", b"sep=;\naccount|name\n", delimiter=",")
    assert refusal == "people.csv has its columns separated by vertical bars: delimiter='|' reads 'account', 'name'"


@pytest.mark.parametrize(
    ("content", "options", "refusal"),
    [
        (b"account;name\r\n", {}, "separated by semicolons: delimiter=';' reads 'account', 'name'"),
        (b"name\taccount\r\n", {}, "separated by tabs: delimiter='\\t' reads 'name', 'account'"),
        (b'"account"|"first name"\r\n', {}, "separated by vertical bars: delimiter='|' reads 'account', 'first name'"),
        (b"account,name\r\n", {"delimiter": ";"}, "separated by commas: delimiter=',' reads 'account', 'name'"),
        (b"uid;name\r\n", {}, "separated by semicolons: delimiter=';' reads 'uid', 'name'"),
        ("account，name\r\n".encode(), {}, "separated by full-width commas: delimiter='，' reads 'account', 'name'"),
        (b"account;name (first, last)\r\n", {}, "semicolons: delimiter=';' reads 'account', 'name (first, last)'"),
    ],
    ids=["semicolon", "tab", "quoted", "comma", "another column", "full width", "both"],
)
def test_wrong_delimiter_is_recognised(folder: Folder, content: bytes, options: dict[str, str], refusal: str) -> None:
    assert folder.refusal("people.csv", content, **options).endswith(refusal)


@pytest.mark.parametrize("delimiter", ["", "::", "\n", '"'])
def test_delimiter_that_is_none(folder: Folder, delimiter: str) -> None:
    file = CsvFile(path=folder.write("people.csv", b"account\n"), delimiter=delimiter)
    with pytest.raises(UsageError, match=r"^delimiter must be one character$") as caught:
        reader_of(file)
    assert caught.value.field == "delimiter"


# Quotation marks


@pytest.fixture
def no_field_limit() -> Iterator[None]:
    """What an application may do to read its own files."""
    before = csv.field_size_limit(10**9)
    yield
    csv.field_size_limit(before)


def test_cell_of_many_lines_is_read(folder: Folder) -> None:
    cell = "\n".join(["x"] * (MAX_ROW_LINES - 1))
    rows = folder.read("people.csv", f'account,name\nalice,"{cell}"\nbob,"B"\n'.encode())
    assert [(row[0], row[2]) for row in rows if isinstance(row, tuple)] == [("alice", 2), ("bob", MAX_ROW_LINES + 1)]


@pytest.mark.usefixtures("no_field_limit")
@pytest.mark.parametrize(
    ("rest", "where"),
    [
        (b"c,d\n" * 50_000, "is not closed within 500 lines or 131,072 characters"),
        (
            b"c," + b"d" * 100_000 + b"\n" + b"e" * 100_000 + b'"\n',
            "is not closed within 500 lines or 131,072 characters",
        ),
        (b"c,d\n" * 10, "is never closed"),
        (b"", "is never closed"),
        (b"c,d\n" * 10 + b'e,"f"\ng,h\n', "is closed in the middle of a cell in line 14"),
    ],
    ids=["many lines", "long lines", "end of the file", "last line", "another mark"],
)
def test_quotation_mark_that_is_not_closed(folder: Folder, rest: bytes, where: str) -> None:
    """It would make one cell of all that follows: no row is passed over for it."""
    path = folder.write("people.csv", b'account,name\nalice,A\nbob,"B\n' + rest)
    rows = reader_of(file_source(path)).rows()
    assert next(rows) == ("alice", '{"name":"A"}', 2)
    with pytest.raises(UsageError) as caught:
        list(rows)
    assert folder.shown(caught.value) == (
        f'people.csv: a quotation mark in line 3 {where}; write "" for one that is part of a text'
    )
    assert caught.value.field == "recipients"


def test_quotation_mark_in_the_header_that_is_not_closed(folder: Folder) -> None:
    refusal = folder.refusal("people.csv", b'account,"name\n' + b"c,d\n" * 50_000)
    assert refusal.startswith("people.csv: a quotation mark in line 1 is not closed within 500 lines")


# As programs write it


@pytest.mark.parametrize(
    "content",
    [
        b'\xef\xbb\xbfaccount,name,note\r\n007,"Bond, J.",\r\n"a""b",B,\r\n,,\r\n',
        b'sep=,\r\naccount,name,note\r\n007,"Bond, J.",\r\n"a""b",B,\r\n',
        b'"account","name","note"\n"007","Bond, J.",\n"a""b","B",\n',
        b'account,name,note\r007,"Bond, J.",\r"a""b",B,\r',
        b'account,name,note\r\n007,"Bond, J.",\r\n"a""b",B,',
    ],
    ids=["Excel CSV UTF-8", "Excel with a separator line", "LibreOffice, all quoted", "Excel CSV Macintosh", "Sheets"],
)
def test_table_as_programs_write_it(folder: Folder, content: bytes) -> None:
    rows = folder.read("people.csv", content)
    assert [row[:2] for row in rows if isinstance(row, tuple)] == [
        ("007", '{"name":"Bond, J.","note":""}'),
        ('a"b', '{"name":"B","note":""}'),
    ]
    assert len(rows) == 2
