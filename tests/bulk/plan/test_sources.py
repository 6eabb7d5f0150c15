from __future__ import annotations

import pytest

from tim_async import UsageError
from tim_async.bulk import CsvFile, JsonLinesFile
from tim_async.bulk._ledger.records import Problem
from tim_async.bulk._plan.sources import BATCH, batches, file_source


async def read(source, account_column="account"):
    return [row async for batch in batches(source, account_column) for row in batch]


def good(rows):
    return [row for row in rows if not isinstance(row, Problem)]


def bad(rows):
    return [(row.line, row.account, row.reason) for row in rows if isinstance(row, Problem)]


def csv(tmp_path, content, **options):
    path = tmp_path / "people.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvFile(path=path, **options)


async def test_csv_with_everything_that_spreadsheets_do(tmp_path):
    text = '\ufeffaccount,name,city\r\n alice ,"Ali, ""A""",上海\r\n\r\nbob,"two\r\nlines",北京 👋\r\ncarol\r\n'
    rows = await read(csv(tmp_path, text))
    assert rows == [
        ("alice", '{"name":"Ali, \\"A\\"","city":"上海"}', 2),
        ("bob", '{"name":"two\\r\\nlines","city":"北京 👋"}', 4),
        ("carol", None, 6),
    ]


async def test_csv_bad_rows_are_kept_with_their_line_and_stop_nothing(tmp_path):
    text = f"account,name\nalice,A\n,nameless\n{'x' * 33},long\nbob,B,too,many\nzoë\x00,nul\ncarol,C\n"
    rows = await read(csv(tmp_path, text))
    assert [row[0] for row in good(rows)] == ["alice", "carol"]
    assert bad(rows) == [
        (3, "", "account is empty"),
        (4, "x" * 33, "account has 33 bytes of UTF-8; an account must have 1 to 32"),
        (5, "bob", "4 cells under 2 columns"),
        (6, "zoë?", "account contains a NUL"),
    ]


async def test_csv_that_breaks_in_the_middle_goes_on_after_it(tmp_path):
    text = 'account,name\nalice,A\nbob,"B"x\ncarol,C\n'
    rows = await read(csv(tmp_path, text))
    assert [row[0] for row in good(rows)] == ["alice", "carol"]
    assert [(line, account) for line, account, _ in bad(rows)] == [(3, "")]


async def test_csv_with_a_quote_that_never_ends(tmp_path):
    rows = await read(csv(tmp_path, 'account,name\nalice,A\nbob,"B\n' + "c,d\n" * 50_000))
    assert good(rows)[0][0] == "alice"
    assert bad(rows)[0][:2] == (3, "")


async def test_csv_in_another_encoding(tmp_path):
    content = "account,name\nalice,爱丽丝\nbob,B\n".encode("gb18030")
    rows = await read(csv(tmp_path, content))
    assert [row[0] for row in good(rows)] == ["bob"]
    assert "not in the file's encoding" in bad(rows)[0][2]
    rows = await read(csv(tmp_path, content, encoding="gb18030"))
    assert good(rows)[0] == ("alice", '{"name":"爱丽丝"}', 2)


async def test_csv_with_other_names_and_delimiters(tmp_path):
    source = csv(tmp_path, "uid;name\nalice;A\n", account_column="uid", delimiter=";")
    assert await read(source) == [("alice", '{"uid":"alice","name":"A"}', 2)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty"),
        ("name,city\n", "has no column 'account'; it has 'name', 'city'"),
        ("account,a,a\n", "has two columns of the same name"),
    ],
)
async def test_csv_without_a_usable_header(tmp_path, content, problem):
    with pytest.raises(UsageError, match=problem) as caught:
        await read(csv(tmp_path, content))
    assert caught.value.field == "recipients"


async def test_file_that_is_not_there_or_not_known(tmp_path):
    with pytest.raises(UsageError, match=r"cannot read .*: No such file"):
        await read(CsvFile(path=tmp_path / "missing.csv"))
    with pytest.raises(UsageError, match="unknown encoding 'klingon'"):
        await read(csv(tmp_path, "account\n", encoding="klingon"))
    with pytest.raises(UsageError, match=r"the ending must be \.csv, \.jsonl or \.ndjson"):
        file_source("people.xlsx")
    assert isinstance(file_source("people.NDJSON"), JsonLinesFile)


async def test_json_lines(tmp_path):
    path = tmp_path / "people.jsonl"
    lines = ['"alice"', '{"account":"bob","age":7,"tags":["x"]}', "", "{broken", '{"name":"no account"}',
             '{"account":12}', "[1]", '{"account":"carol"}']  # fmt: skip
    path.write_text("\n".join(lines), encoding="utf-8")
    rows = await read(file_source(path))
    assert good(rows) == [("alice", None, 1), ("bob", '{"age":7,"tags":["x"]}', 2), ("carol", None, 8)]
    assert [(line, reason.partition(":")[0]) for line, _, reason in bad(rows)] == [
        (4, "not valid JSON"),
        (5, "account is missing"),
        (6, "account is int, not text"),
        (7, "not an account or a mapping, but list"),
    ]


async def test_iterables_of_both_kinds_are_read_as_they_come():
    given = ["alice", {"account": "bob", "name": "B"}, 7, {"account": "\ud800"}]
    expected = [("alice", None, 1), ("bob", '{"name":"B"}', 2)]
    taken = []

    async def slowly():
        for each in given:
            taken.append(each)
            yield each

    for source in (iter(given), slowly()):
        rows = await read(source)
        assert good(rows) == expected
        assert [line for line, _, _ in bad(rows)] == [3, 4]
    endless = (f"u{index}" for index in iter(int, 1))
    assert len(await anext(batches(endless, "account"))) == BATCH  # an endless one is not read to its end


async def test_fingerprint_distinguishes_files(tmp_path):
    one = csv(tmp_path, "account\nalice\n").fingerprint()
    assert one == csv(tmp_path, "account\nalice\n").fingerprint()
    assert one != csv(tmp_path, "account\nalice\nbob\n").fingerprint()
    assert one != csv(tmp_path, "account\nalice\n", account_column="uid").fingerprint()
