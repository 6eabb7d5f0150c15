"""Recipients from iterables of both kinds, and from files in batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from tests.bulk.plan.files import Folder, accounts, problems
from tim_async.bulk import CsvFile
from tim_async.bulk._plan.rows import BATCH, Given, Row
from tim_async.bulk._plan.sources import Source, as_source, batches


async def read(source: Source) -> list[Row]:
    return [row async for batch in batches(source, "account") for row in batch]


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

    sources: list[Source] = [iter(given), slowly()]  # type: ignore[list-item]  # some of them are wrong
    for source in sources:
        rows = await read(source)
        assert accounts(rows) == ["alice", "bob", "c"]
        assert rows[1] == ("bob", '{"name":"B"}', 2)
        assert problems(rows) == [
            (3, "", "not an account or a mapping, but int"),
            (4, "?", "account is not valid Unicode text"),
        ]


async def test_columns_that_cannot_be_stored() -> None:
    rows = await read([{"account": "alice", "x": object()}, {"account": "bob", "x": "\ud800"}])
    assert [(line, account) for line, account, _ in problems(rows)] == [(1, "alice"), (2, "bob")]
    assert all(reason.startswith("columns cannot be stored: ") for _, _, reason in problems(rows))


async def test_endless_source_is_read_a_batch_at_a_time() -> None:
    endless: Iterator[Given] = (f"u{index}" for index in iter(int, 1))
    assert len(await anext(batches(endless, "account"))) == BATCH


async def test_async_iterable_in_batches() -> None:
    async def many() -> AsyncIterator[Given]:
        for index in range(2 * BATCH + 1):
            yield f"u{index}"

    assert [len(batch) async for batch in batches(many(), "account")] == [BATCH, BATCH, 1]
    rows = await read(many())
    assert rows[-1] == (f"u{2 * BATCH}", None, 2 * BATCH + 1)


async def test_file_in_batches(folder: Folder) -> None:
    lines = [f"u{index}" for index in range(2 * BATCH + 1)]
    path = folder.write("people.csv", "\n".join(["account", *lines]).encode())
    source = as_source(CsvFile(path=path))
    assert [len(batch) async for batch in batches(source, "account")] == [BATCH, BATCH, 1]
    assert accounts(await read(source)) == lines
