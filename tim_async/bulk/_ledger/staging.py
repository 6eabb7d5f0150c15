"""Staging: the rows of a source on their way into a campaign.

A recipient that is given twice gets one message, so every account must be compared with all earlier ones. An index that
is maintained meanwhile costs more with every row, because accounts come in random order. So rows are staged: appended
to a table of their own as they are read, sorted by account at the end of the source, and moved from there in the order
of the source, without the duplicates. The cost does not depend on the other campaigns of the ledger.

    begin -> add ... add -> end -> sort -> move ... move -> finish

Each step is one transaction, which also records the progress: if the process is killed at any moment, the next one
continues with the next step. A process that finds a step done by another one stops: two never add to a campaign at the
same time.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from ...errors import LedgerError
from .accounts import enter_accounts
from .chunks import ready_chunk
from .database import Database
from .records import CampaignRow, Reading
from .schema import campaigns, chunks, problems
from .staged_rows import Piece, StagedRow, StagedTables

# Rows in a transaction: a commit waits for the disk, and its data is in memory until then.
ROWS_PER_COMMIT: Final = 20_000
# Rows inserted with one statement.
_CHUNKS_PER_INSERT: Final = 1000


class Staging:
    """The staged rows of one campaign.

    Args:
        database: open, and locked if it is a file.
        campaign: the campaign; an interrupted reading of it is continued.

    Attributes:
        reading: the progress of the reading; None without one.
    """

    def __init__(self, database: Database, campaign: CampaignRow) -> None:
        self._database = database
        self._campaign = campaign
        self._tables = StagedTables(campaign.id)
        self._stored = campaign.reading
        self.reading = campaign.open_reading

    async def begin(self, *, source: str, message: str, limit: int) -> None:
        """Begin a reading; it replaces one that was interrupted.

        The problems of an earlier reading are deleted: they belong to the latest source.

        Args:
            source: identifies the file that is read; "" for a source that is not a file.
            message: the fingerprint of the message whose size is checked.
            limit: bytes from which on a message is too large.
        """
        own = campaigns.c.id == self._campaign.id

        def work(connection: Connection) -> Reading:
            total = connection.execute(select(campaigns.c.recipients).where(own).with_for_update()).scalar_one()
            reading = Reading.new(source=source, message=message, limit=limit, before=total)
            self._tables.drop(connection)
            self._tables.make(connection)
            connection.execute(delete(problems).where(problems.c.campaign_id == self._campaign.id))
            # Until the reading is complete, no file counts as the one that was read.
            self._enter(connection, reading, duplicates=0, bad_rows=0, source="unfinished")
            return reading

        self._follow(await self._database.write(work))

    async def add(self, rows: list[StagedRow], *, account_lints: str = "") -> None:
        """Append rows, whose places follow those of the last ones, and record the findings in all accounts so far."""
        reading = self.open_reading()
        after = msgspec.structs.replace(reading, rows=reading.rows + len(rows), account_lints=account_lints)

        def work(connection: Connection) -> None:
            self._enter(connection, after)
            self._tables.append(connection, rows)

        await self._database.write(work)
        self._follow(after)

    async def end(self) -> None:
        """Record that the source was read to its end."""
        after = msgspec.structs.replace(self.open_reading(), is_read=True)
        await self._database.write(lambda connection: self._enter(connection, after))
        self._follow(after)

    async def sort(self) -> None:
        """Find the rows whose account was given before: the first row counts."""
        reading = self.open_reading()
        after = msgspec.structs.replace(reading, is_sorted=True)

        def work(connection: Connection) -> None:
            self._enter(connection, after)
            self._tables.find_duplicates(connection, before=reading.before)

        await self._database.write(work)
        self._follow(after)

    async def move(self) -> bool:
        """Make recipients and problems from the next rows; return whether any are left."""
        reading = self.open_reading()
        if reading.moved < reading.rows:
            self._follow(await self._database.write(lambda connection: self._move(connection, reading)))
        return self.open_reading().moved < reading.rows

    async def finish(self, **values: object) -> None:
        """Close the reading, and change fields of the campaign with it."""
        before = self.open_reading().before

        def work(connection: Connection) -> None:
            self._enter(connection, None, is_planned=1, **values)
            connection.execute(enter_accounts(self._campaign.id, before=before))
            self._tables.drop(connection)

        await self._database.write(work)
        self._follow(None)

    def open_reading(self) -> Reading:
        """Return the progress of the open reading."""
        if self.reading is None:
            raise LedgerError(f"the ledger {self._database.name}: no reading of {self._campaign.name!r} is open")
        return self.reading

    def _follow(self, after: Reading | None) -> None:
        self.reading = after
        self._stored = None if after is None else after.encoded()

    def _enter(self, connection: Connection, after: Reading | None, **values: object) -> None:
        """Record the progress, unless another process has continued the reading."""
        is_same = campaigns.c.reading.is_(None) if self._stored is None else campaigns.c.reading == self._stored
        done = connection.execute(
            update(campaigns)
            .where(campaigns.c.id == self._campaign.id, is_same)
            .values(reading=None if after is None else after.encoded(), **values)
        )
        if done.rowcount != 1:
            raise LedgerError(
                f"the ledger {self._database.name}: another process is planning the campaign {self._campaign.name!r}"
            )

    def _move(self, connection: Connection, reading: Reading) -> Reading:
        own = self._campaign.id
        last = min(reading.moved + ROWS_PER_COMMIT, reading.rows)
        piece = Piece(self._tables, reading.moved, last)
        row = CampaignRow(
            **connection.execute(select(campaigns).where(campaigns.c.id == own).with_for_update()).mappings().one()
        )
        found = connection.execute(piece.counts(reading.sizes.limit)).one()
        # Chunks are filled one after the other. Once they are in use, later recipients get further ones.
        start, size = row.recipients, row.chunk_size
        following = row.next_chunk if row.is_planned else None
        connection.execute(piece.insert_recipients(own, found.kept, start=start, size=size, following=following))
        end = math.ceil((start + found.kept) / size) if following is None else following + math.ceil(found.kept / size)
        for first in range(row.next_chunk, end, _CHUNKS_PER_INSERT):
            numbers = range(first, min(first + _CHUNKS_PER_INSERT, end))
            connection.execute(insert(chunks), [ready_chunk(own, number) for number in numbers])
        if found.bad or found.duplicates:
            connection.execute(piece.insert_problems(own, start=row.duplicates + row.bad_rows))
        sizes = piece.sizes(connection, reading.sizes, found)
        after = msgspec.structs.replace(reading, moved=last, sizes=sizes)
        self._enter(
            connection,
            after,
            recipients=start + found.kept,
            next_chunk=max(end, row.next_chunk),
            duplicates=row.duplicates + found.duplicates,
            bad_rows=row.bad_rows + found.bad,
        )
        return after
