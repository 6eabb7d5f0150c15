"""Recipients from iterables of both kinds, and from files in batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.bulk.plan.files import Folder, accounts, problems
from tim_async import UsageError
from tim_async.bulk import CsvFile
from tim_async.bulk._plan.rows import BATCH, Given, Row
from tim_async.bulk._plan.sources import IterableReader, Recipients, as_source, batches, first_rows, position_in


async def read(given: Recipients) -> list[Row]:
    return [row async for batch in batches(as_source(given), "account") for row in batch]


async def test_iterables_of_both_kinds_are_read_as_they_come() -> None:
    given: list[object] = [
        "alice",
        {"account": "bob", "name": "B"},
        7,
        {"account": "\ud800"},
        {"account": "c", "x": {1}},
    ]

    async def slowly() -> AsyncIterator[Given]:
        for each in given:
            yield each  # type: ignore[misc]  # some of them are wrong

    sources: list[Recipients] = [iter(given), slowly()]  # type: ignore[list-item]  # some of them are wrong
    for source in sources:
        rows = await read(source)
        assert accounts(rows) == ["alice", "bob", "c"]
        assert rows[1] == ("bob", '{"name":"B"}', 2)
        assert problems(rows) == [
            (3, "", "not an account or a mapping, but int"),
            (4, "?", "account is not valid Unicode text"),
        ]


async def test_account_of_a_mapping_under_another_name() -> None:
    source = as_source([{"uid": "alice", "account": "x"}, {"name": "B"}])
    [rows] = [batch async for batch in batches(source, "uid")]
    assert rows[0] == ("alice", '{"uid":"alice","account":"x"}', 1)
    assert problems(rows) == [(2, "", "uid is missing")]


def test_position_of_a_file_that_went_away(folder: Folder) -> None:
    path = folder.write("people.csv", b"account\nalice\n")
    source = as_source(CsvFile(path=path))
    assert position_in(source).total == 14
    path.unlink()
    assert position_in(source).total is None  # reading it reports the problem
    assert position_in(as_source(["alice"])).total is None


async def test_columns_that_cannot_be_stored() -> None:
    rows = await read([{"account": "alice", "x": object()}, {"account": "bob", "x": "\ud800"}])
    assert [(line, account) for line, account, _ in problems(rows)] == [(1, "alice"), (2, "bob")]
    assert all(reason.startswith("columns cannot be stored: ") for _, _, reason in problems(rows))


async def test_endless_source_is_read_a_batch_at_a_time() -> None:
    endless: Iterator[Given] = (f"u{index}" for index in iter(int, 1))
    assert len(await anext(batches(as_source(endless), "account"))) == BATCH


async def test_async_iterable_in_batches() -> None:
    async def many() -> AsyncIterator[Given]:
        for index in range(2 * BATCH + 1):
            yield f"u{index}"

    assert [len(batch) async for batch in batches(as_source(many()), "account")] == [BATCH, BATCH, 1]
    rows = await read(many())
    assert rows[-1] == (f"u{2 * BATCH}", None, 2 * BATCH + 1)


async def test_file_in_batches(folder: Folder) -> None:
    lines = [f"u{index}" for index in range(2 * BATCH + 1)]
    path = folder.write("people.csv", "\n".join(["account", *lines]).encode())
    source = as_source(CsvFile(path=path))
    assert [len(batch) async for batch in batches(source, "account")] == [BATCH, BATCH, 1]
    assert [
        account for batch in [each async for each in batches(source, "account")] for account in accounts(batch)
    ] == lines


@pytest.mark.parametrize("kind", ["list", "iterator", "async iterator"])
async def test_first_rows_are_not_lost(kind: str) -> None:
    given = [f"u{index}" for index in range(BATCH + 1)]

    async def slowly() -> AsyncIterator[Given]:
        for each in given:
            yield each

    recipients: dict[str, Recipients] = {"list": given, "iterator": iter(given), "async iterator": slowly()}
    source = as_source(recipients[kind])
    for _ in range(2):
        columns, rows = await first_rows(source, "account")
        assert (columns, accounts(rows)) == (None, given[:BATCH])
    assert isinstance(source, IterableReader)
    source.check()
    assert [account async for batch in batches(source, "account") for account in accounts(batch)] == given
    if kind == "list":
        assert len(await read(given)) == BATCH + 1
        source.check()
    else:
        with pytest.raises(UsageError, match="has been read in part"):
            source.check()


async def test_first_rows_of_nothing() -> None:
    assert await first_rows(as_source([]), "account") == (None, [])
    assert await read([]) == []
