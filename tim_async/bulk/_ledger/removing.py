"""Archive campaigns, or delete them with all data of their recipients.

A campaign may have millions of rows, so they are deleted in pieces, each a transaction of its own: others can use the
ledger in between, and little is rolled back if the process dies. The first piece marks the campaign, so that it cannot
run half deleted; deleting it again continues where it was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, delete, select

from .campaigns import change
from .database import Database
from .paces import pace_key
from .schema import accounts, campaigns, chunks, meta, problems, recipients, turns
from .staged_rows import StagedTables

# Rows in a transaction, which blocks a process that works on another campaign.
_ROWS_PER_COMMIT: Final = 20_000


class Removing:
    """Archives campaigns of a ledger, and deletes them.

    Args:
        database: open, for writing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def archive(self, campaign_id: int, archived_at: float | None, check: Callable[[Connection], None]) -> bool:
        """Archive a campaign, or with None restore it; return whether that changed something.

        Args:
            campaign_id: the campaign.
            archived_at: unix seconds.
            check: raises if it is running.
        """
        column = campaigns.c.archived_at

        def work(connection: Connection) -> bool:
            check(connection)
            is_other = column.is_not(None) if archived_at is None else column.is_(None)
            return change(connection, campaign_id, is_other, archived_at=archived_at)

        return await self._database.write(work)

    async def delete(self, campaign_id: int, check: Callable[[Connection], None]) -> None:
        """Delete a campaign.

        Args:
            campaign_id: the campaign.
            check: raises if it is running.
        """

        def mark(connection: Connection) -> None:
            check(connection)
            change(connection, campaign_id, status="deleting", reason=None, counts=None)

        await self._database.write(mark)
        for table, key in (
            (recipients, recipients.c.ordinal),
            (chunks, chunks.c.number),
            (problems, problems.c.number),
            (accounts, accounts.c.key),
        ):
            while await self._delete_piece(campaign_id, table, key):
                pass

        def finish(connection: Connection) -> None:
            StagedTables(campaign_id).drop(connection)
            connection.execute(delete(turns).where(turns.c.campaign_id == campaign_id))
            connection.execute(delete(meta).where(meta.c.key == pace_key(campaign_id)))
            connection.execute(delete(campaigns).where(campaigns.c.id == campaign_id))

        await self._database.write(finish)

    async def _delete_piece(self, campaign_id: int, table: Table, key: Column[Any]) -> bool:
        """Delete the first rows of a campaign, in the order of the table's index; return whether more are left."""
        own = table.c.campaign_id == campaign_id

        def work(connection: Connection) -> bool:
            query = select(key).where(own).order_by(key).offset(_ROWS_PER_COMMIT).limit(1)
            last = connection.execute(query).scalar_one_or_none()
            piece = delete(table).where(own)
            connection.execute(piece if last is None else piece.where(key < last))
            return last is not None

        return await self._database.write(work, may_repeat=True)
