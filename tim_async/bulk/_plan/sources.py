"""Where recipients come from: files and iterables, read as they are needed, a batch at a time."""

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


class Once:
    """An iterator: read a second time, it would be empty, and not say that its recipients were read before."""

    def __init__(self, rows: Iterator[Given] | AsyncIterator[Given]) -> None:
        self._rows = rows
        self._is_read = False

    def check(self) -> None:
        """Raise `UsageError` when it was read from."""
        if self._is_read:
            raise UsageError(
                "recipients is an iterator that was read before, and not to the end: give a new one, or a list or a "
                "file, which can be read again",
                field="recipients",
            )

    def take(self) -> Iterator[Given] | AsyncIterator[Given]:
        """Return the iterator, which is then as good as read."""
        self.check()
        self._is_read = True
        return self._rows


Source = FileReader | Once | Iterable[Given] | AsyncIterable[Given]


def as_source(given: Recipients) -> Source:
    """Return what recipients are read from.

    Raises:
        UsageError: a setting of a file is wrong.
    """
    if isinstance(given, CsvFile | JsonLinesFile | AccountListFile):
        return reader_of(given)
    return Once(given) if isinstance(given, Iterator | AsyncIterator) else given


def position_in(source: Source) -> Position:
    """Return what follows how much of a source is read."""
    try:
        return Position(source.size_bytes() if isinstance(source, FileReader) else None)
    except UsageError:
        return Position()  # reading it says what is wrong


async def batches(
    source: Source, account_column: str, *, skip: int = 0, position: Position | None = None
) -> AsyncIterator[list[Row]]:
    """Yield rows in batches of up to `BATCH`; files are read in a thread, so that the loop stays free.

    Args:
        source: where from.
        account_column: the column or key that has the account, where the source is no file.
        skip: how many rows of a file were read before.
        position: follows how much of a file was read.
    """
    if isinstance(source, Once):
        source = source.take()
    if isinstance(source, FileReader):
        rows = source.rows(skip=skip, position=position)
        while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH))):
            yield batch
    elif isinstance(source, AsyncIterable):
        batch, place = [], 0
        async for given in source:
            place += 1
            batch.append(read_row(given, account_column, place))
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch
    else:
        # In the loop's own thread: what the caller's generator uses may not work in others.
        numbered = (read_row(given, account_column, place) for place, given in enumerate(source, 1))
        while batch := list(islice(numbered, BATCH)):
            yield batch
            await asyncio.sleep(0)
