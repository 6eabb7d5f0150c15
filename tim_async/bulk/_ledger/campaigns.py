"""Campaigns of a ledger: created, planned, changed and reopened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from secrets import token_hex
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from ...errors import LedgerError
from .chunks import ready_chunk
from .database import Database
from .leaving_out import keep_contacts
from .records import CampaignRow
from .retrying import reopen_unknown, retry_failed
from .schema import accounts, campaigns, chunks, problems, recipients
from .staged_rows import StagedTables

# Chunks entered in one statement.
_CHUNKS_PER_INSERT: Final = 1000


class CampaignStore:
    """The campaigns of a ledger.

    Args:
        database: open, and locked for changes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, name: str) -> CampaignRow | None:
        """Return the row of a campaign."""

        def work(connection: Connection) -> CampaignRow | None:
            row = connection.execute(select(campaigns).where(campaigns.c.name == name)).mappings().one_or_none()
            return None if row is None else CampaignRow(**row)

        return await self._database.read(work)

    async def names(self) -> list[str]:
        """Return the names of all campaigns, the oldest first."""
        query = select(campaigns.c.name).order_by(campaigns.c.id)
        return await self._database.read(lambda connection: list(connection.execute(query).scalars()))

    async def all(self, *, is_archived: bool | None) -> list[CampaignRow]:
        """Return the campaigns, the oldest first: archived ones, others, or with None both."""
        query = select(campaigns).order_by(campaigns.c.id)
        if is_archived is not None:
            archived = campaigns.c.archived_at
            query = query.where(archived.is_not(None) if is_archived else archived.is_(None))
        return await self._database.read(
            lambda connection: [CampaignRow(**row) for row in connection.execute(query).mappings()]
        )

    async def create(
        self, name: str, *, kind: str, message: str | None, fingerprint: str, chunk_size: int, now: float
    ) -> CampaignRow:
        """Create a campaign without recipients; replace one of that name that has not started."""
        fresh = {
            "name": name,
            "salt": token_hex(16),
            "epoch_ms": int(now * 1000),
            "is_planned": 0,
            "kind": kind,
            "message": message,
            "fingerprint": fingerprint,
            "chunk_size": chunk_size,
            "recipients": 0,
            "duplicates": 0,
            "bad_rows": 0,
            "next_chunk": 0,
            "created_at": now,
            "status": "",
            "supervised_until": 0.0,
        }

        def work(connection: Connection) -> None:
            query = (
                select(campaigns.c.id, campaigns.c.begun_at, campaigns.c.timing)
                .where(campaigns.c.name == name)
                .with_for_update()
            )
            known = connection.execute(query).one_or_none()
            if known is not None:
                if known.begun_at is not None:
                    raise LedgerError(
                        f"the ledger {self._database.name}: another process has started the campaign {name!r}"
                    )
                for table in (recipients, accounts, chunks, problems):
                    connection.execute(delete(table).where(table.c.campaign_id == known.id))
                connection.execute(delete(campaigns).where(campaigns.c.id == known.id))
                StagedTables(known.id).drop(connection)
            # Settings of the campaign survive replanning.
            timing = None if known is None else known.timing
            connection.execute(insert(campaigns).values(timing=timing, **fresh))

        await self._database.write(work)
        made = await self.find(name)
        if made is None:
            raise LedgerError(f"the ledger {self._database.name}: another process has removed the campaign {name!r}")
        return made

    async def update(self, campaign_id: int, **values: object) -> None:
        """Change fields of a campaign."""
        await self._change(campaign_id, **values)

    async def limit_contacts(self, campaign_id: int, at_most: str) -> None:
        """Set how many messages an account gets; from the first time on, the ledger keeps contacts."""

        def work(connection: Connection) -> None:
            keep_contacts(connection)
            change(connection, campaign_id, at_most=at_most)

        await self._database.write(work)

    async def rechunk(self, campaign_id: int, size: int) -> None:
        """Split the recipients of a campaign that has not started into chunks of another size."""

        def work(connection: Connection) -> None:
            own = campaigns.c.id == campaign_id
            total = connection.execute(select(campaigns.c.recipients).where(own)).scalar_one()
            count = math.ceil(total / size)
            connection.execute(delete(chunks).where(chunks.c.campaign_id == campaign_id))
            connection.execute(
                update(recipients)
                .where(recipients.c.campaign_id == campaign_id)
                .values(chunk=recipients.c.ordinal // size)
            )
            for first in range(0, count, _CHUNKS_PER_INSERT):
                numbers = range(first, min(first + _CHUNKS_PER_INSERT, count))
                connection.execute(insert(chunks), [ready_chunk(campaign_id, each) for each in numbers])
            change(connection, campaign_id, chunk_size=size, next_chunk=count)

        await self._database.write(work)

    # Reopening

    async def reopen_unknown(self, campaign_id: int, *, now: float = math.inf) -> int:
        """Reopen recipients whose outcome is unknown, see `retrying`; return how many."""
        return await self._database.write(lambda connection: reopen_unknown(connection, campaign_id, now=now))

    async def retry_failed(self, campaign_id: int) -> int:
        """Reopen recipients that failed, see `retrying`; return how many."""
        return await self._database.write(lambda connection: retry_failed(connection, campaign_id))

    # Steering workers

    async def launch(self, campaign_id: int, *, options: str, now: float) -> None:
        """Let workers start or continue with these options."""
        begun = func.coalesce(campaigns.c.begun_at, now)
        fresh = {"options": options, "status": "running", "reason": None, "ended_at": None, "begun_at": begun}
        fresh |= {"paused_at": None, "counts": None}
        if not await self._change(campaign_id, **fresh):
            raise LedgerError(f"the ledger {self._database.name}: another process has replaced the campaign")

    async def switch(
        self, campaign_id: int, status: str, reason: str | None, *, only_from: Sequence[str], ended_at: float | None
    ) -> bool:
        """Change a campaign's status if it is one of these; return whether it was."""
        is_one = campaigns.c.status.in_(only_from)
        return await self._change(campaign_id, is_one, status=status, reason=reason, ended_at=ended_at)

    async def note_trouble(self, campaign_id: int, trouble: str | None) -> None:
        """Record what holds up a running campaign; None if nothing does."""
        await self._change(campaign_id, campaigns.c.status == "running", reason=trouble)

    async def add_held_up(self, campaign_id: int, seconds: float) -> None:
        """Add seconds for which calls of higher priority blocked a campaign."""
        await self._change(campaign_id, held_up_s=func.coalesce(campaigns.c.held_up_s, 0.0) + seconds)

    async def running(self, app: int) -> list[CampaignRow]:
        """Return the campaigns of an app that workers may work on."""
        query = (
            select(campaigns)
            .where(campaigns.c.app == app, campaigns.c.status == "running", campaigns.c.options.is_not(None))
            .order_by(campaigns.c.id)
        )
        return await self._database.read(
            lambda connection: [CampaignRow(**row) for row in connection.execute(query).mappings()]
        )

    async def take_watch(self, campaign_id: int, *, now: float, until: float) -> bool:
        """Become the worker that supervises a campaign for a while; False if another one does."""
        return await self._change(campaign_id, campaigns.c.supervised_until <= now, supervised_until=until)

    async def _change(self, campaign_id: int, *where: ColumnElement[bool], **values: object) -> bool:
        return await self._database.write(lambda connection: change(connection, campaign_id, *where, **values))


def change(connection: Connection, campaign_id: int, *where: ColumnElement[bool], **values: object) -> bool:
    """Change fields of a campaign if more conditions hold; return whether they did."""
    done = connection.execute(update(campaigns).where(campaigns.c.id == campaign_id, *where).values(values))
    return done.rowcount == 1
