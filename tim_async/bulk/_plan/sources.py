"""Sources of recipients: files and iterables, read as needed, a batch at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from itertools import islice

from ...errors import UsageError
from .file_reader import FileReader
from .files import AccountListFile, CsvFile, JsonLinesFile, RecipientFile, reader_of
from .opening import Position
from .rows import BATCH, Given, Row, read_row

Recipients = RecipientFile | Iterable[Given] | AsyncIterable[Given]


class IterableReader:
    """Reads recipients that a program supplies, the first of them before it is certain that all are needed.

    An iterator can be read only once: read a second time, it would be empty, without a sign that its recipients were
    read before.

    Args:
        given: accounts or mappings.

    Attributes:
        name: its name in messages, which is "".
        is_over: whether it can be read only once, was read to its end, and a ledger has all of it.
    """

    name = ""

    def __init__(self, given: Iterable[Given] | AsyncIterable[Given]) -> None:
        self._given = given
        self._is_once = isinstance(given, Iterator | AsyncIterator)
        self._is_read = False
        self.is_over = False
        self._first: list[Row] = []
        self._rest: AsyncIterator[list[Row]] | None = None  # of a reading whose first rows were checked

    def check(self) -> None:
        """Raise `UsageError` if it was read from and cannot be read again."""
        if self._is_once and self._is_read and self._rest is None:
            raise UsageError(
                "recipients is an iterator that has been read in part: give a new one, or a list or a "
                "file, which can be read again",
                field="recipients",
            )

    def end(self) -> None:
        """Record that a ledger has all of it."""
        self.is_over = self._is_once

    async def first_rows(self, account_column: str) -> list[Row]:
        """Return the first batch of rows, which `batches` returns again."""
        self._first, self._rest = await self._begun(account_column)
        return self._first

    async def batches(self, account_column: str) -> AsyncIterator[list[Row]]:
        """Yield all rows, in batches of up to `BATCH`."""
        first, rest = await self._begun(account_column)
        self._first, self._rest = [], None
        if first:
            yield first
        async for batch in rest:
            yield batch

    async def _begun(self, account_column: str) -> tuple[list[Row], AsyncIterator[list[Row]]]:
        """Return the first rows of a reading, and the reading, which may have begun before."""
        if self._rest is not None:
            return self._first, self._rest
        rest = self._read(account_column)
        return await anext(rest, []), rest

    async def _read(self, account_column: str) -> AsyncIterator[list[Row]]:
        self.check()
        self._is_read = True
        if isinstance(self._given, AsyncIterable):
            batch, place = [], 0
            async for given in self._given:
                place += 1
                batch.append(read_row(given, account_column, place))
                if len(batch) == BATCH:
                    yield batch
                    batch = []
            if batch:
                yield batch
        else:
            # In the loop's own thread: the caller's generator may depend on it.
            numbered = (read_row(given, account_column, place) for place, given in enumerate(self._given, 1))
            while batch := list(islice(numbered, BATCH)):
                yield batch
                await asyncio.sleep(0)


Source = FileReader | IterableReader


def as_source(given: Recipients) -> Source:
    """Return the source that recipients are read from.

    Raises:
        UsageError: a setting of a file is wrong.
    """
    if isinstance(given, CsvFile | JsonLinesFile | AccountListFile):
        return reader_of(given)
    return IterableReader(given)


def position_in(source: Source) -> Position:
    """Return the object that tracks how much of a source is read."""
    try:
        return Position(source.size_bytes() if isinstance(source, FileReader) else None)
    except UsageError:
        return Position()  # reading it reports the problem


async def first_rows(source: Source, account_column: str) -> tuple[tuple[str, ...] | None, list[Row]]:
    """Return the names of a source's columns, None if each row has its own, and the first rows."""
    if isinstance(source, FileReader):
        return await asyncio.to_thread(source.first_rows, BATCH)
    return None, await source.first_rows(account_column)


async def batches(
    source: Source, account_column: str, *, skip: int = 0, position: Position | None = None
) -> AsyncIterator[list[Row]]:
    """Yield rows in batches of up to `BATCH`; files are read in a thread, so that the loop stays free.

    Args:
        source: the source.
        account_column: the column or key with the account, if the source is not a file.
        skip: how many rows of a file were read before.
        position: updated with how much of the file was read.
    """
    if isinstance(source, FileReader):
        rows = source.rows(skip=skip, position=position)
        while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH))):
            yield batch
    else:
        async for batch in source.batches(account_column):
            yield batch
