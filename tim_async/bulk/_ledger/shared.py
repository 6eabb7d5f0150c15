"""What only a ledger on a server has: its clock, owners with leases, and the work that is left for all of them."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from ..._clocks import sleep
from ..._printable import one_line
from ...errors import LedgerError
from .campaigns import change
from .chunks import close, settle
from .database import Database
from .leases import ChunkCounts, Claimant, LeasedChunks
from .named_lock import LOCK_S, NamedLock
from .records import CampaignRow, Outcome
from .schema import ChunkState, RecipientState, campaigns, chunks, recipients

logger = logging.getLogger("tim_async")

# Reading a large source takes its time; a process that comes second waits for it, and asks so often.
_PLANNING_TIMEOUT_S: Final = 600.0
_POLL_INTERVAL_S: Final = 0.2


class Poisoned(msgspec.Struct, kw_only=True, frozen=True):
    """A chunk that is given up, as too many owners died with it.

    Attributes:
        campaign: the campaign's name.
        chunk: its number.
        deaths: how many owners died with it.
        recipients: how many are not settled; they become unknown, or failed where nothing was sent to them.
    """

    campaign: str
    chunk: int
    deaths: int
    recipients: int


class SharedLedger:
    """The part of a ledger that only a server's database has.

    Args:
        database: open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def new_owner(self) -> LeasedChunks:
        """Return the chunks as one more owner claims them."""
        return LeasedChunks(self._database)

    async def clock_offset(self) -> float:
        """Return by how many seconds the server's clock is ahead: leases of all machines go by that one."""

        def work(connection: Connection) -> float:
            asked = time.time()
            query = select(func.extract("epoch", func.clock_timestamp()))
            return float(connection.execute(query).scalar_one()) - (asked + time.time()) / 2

        return await self._database.read(work)

    @asynccontextmanager
    async def alone_with(self, name: str) -> AsyncIterator[None]:
        """Let no other process plan or begin a campaign of this name during the block.

        A plan relies on what it found at its beginning: of two at a time, one would replace what the other began. All
        that this ledger writes during the block is undone where the lock turns out to be lost.

        Raises:
            LedgerError: another process has been planning it for too long, or has taken over.
        """
        lock = NamedLock(self._database, f"plan:{name}")
        end, is_logged = time.monotonic() + _PLANNING_TIMEOUT_S, False
        while not await lock.take():
            if time.monotonic() >= end:
                raise LedgerError(
                    f"the ledger {self._database.name}: another process has been planning the campaign {name!r} "
                    f"for {_PLANNING_TIMEOUT_S:.0f} s; try again when it has ended"
                )
            if not is_logged:
                is_logged = True
                logger.info(
                    "campaign %s: another process is planning it; if that was killed, this one goes on in %.0f s",
                    *(one_line(name), LOCK_S),
                )
            await sleep(_POLL_INTERVAL_S)
        async with lock.kept():
            with self._database.checked_by(lock.check):
                yield

    # The work that is left

    async def count(self, campaign_id: int, *, now: float, most_deaths: int) -> ChunkCounts:
        """Return what is left of a campaign."""
        claimant = Claimant(now=now)
        return await self._database.read(
            lambda connection: claimant.count(connection, campaign_id, most_deaths=most_deaths)
        )

    async def finish(self, campaign_id: int, *, now: float, most_deaths: int) -> bool:
        """Enter that a running campaign is done when nothing of it is left; return whether it is now."""

        def work(connection: Connection) -> bool:
            # A process that adds recipients changes this row too: they are seen here, or it sees that this is done.
            connection.execute(select(campaigns.c.id).where(campaigns.c.id == campaign_id).with_for_update())
            if not Claimant(now=now).count(connection, campaign_id, most_deaths=most_deaths).is_empty:
                return False
            is_running = campaigns.c.status == "running"
            return change(connection, campaign_id, is_running, status="done", reason=None, ended_at=now)

        return await self._database.write(work)

    @asynccontextmanager
    async def giving_up(self, campaign: CampaignRow) -> AsyncIterator[bool]:
        """Let no other worker give up chunks of a campaign during the block; yield False when another one does."""
        lock = NamedLock(self._database, f"give up:{campaign.id}")
        if not await lock.take():
            yield False
            return
        async with lock.kept():
            yield True

    async def poisoned(self, campaign: CampaignRow, *, now: float, most_deaths: int) -> list[Poisoned]:
        """Return the chunks of a campaign that are to be given up."""

        def work(connection: Connection) -> list[Poisoned]:
            found = []
            for number, deaths in _find_poisoned(connection, campaign.id, now, most_deaths):
                left = _unsettled(connection, campaign.id, number)
                found.append(Poisoned(campaign=campaign.name, chunk=number, deaths=deaths, recipients=len(left)))
            return found

        return await self._database.read(work)

    async def give_up(self, campaign_id: int, number: int, *, now: float, most_deaths: int) -> None:
        """Settle the recipients of a poisoned chunk with what is known of them, and close it."""

        def work(connection: Connection) -> None:
            for _, deaths in _find_poisoned(connection, campaign_id, now, most_deaths, only=number):
                state = connection.execute(
                    select(chunks.c.state).where(chunks.c.campaign_id == campaign_id, chunks.c.number == number)
                ).scalar_one()
                reason = f"its chunk was given up: {deaths} workers failed with it"
                left = _unsettled(connection, campaign_id, number)
                was_sent = state == ChunkState.SENDING
                settle(connection, campaign_id, [_given_up(ordinal, reason, was_sent=was_sent) for ordinal in left])
                close(connection, campaign_id, [number], keeps_message=True)

        await self._database.write(work)


def _find_poisoned(
    connection: Connection, campaign_id: int, now: float, most_deaths: int, *, only: int | None = None
) -> list[tuple[int, int]]:
    """Return the numbers and deaths of poisoned chunks; with `only`, of that one, locked until the transaction ends."""
    claimant = Claimant(now=now)
    query = select(chunks.c.number, claimant.deaths).where(
        chunks.c.campaign_id == campaign_id,
        chunks.c.state != ChunkState.DONE,
        chunks.c.lease_until <= now,
        claimant.deaths >= most_deaths,
    )
    if only is not None:
        query = query.where(chunks.c.number == only).with_for_update(skip_locked=True)
    return [(number, deaths) for number, deaths in connection.execute(query)]


def _given_up(ordinal: int, reason: str, *, was_sent: bool) -> Outcome:
    if was_sent:
        return Outcome(ordinal=ordinal, state=RecipientState.UNKNOWN, info=f"it may have been sent; {reason}")
    return Outcome(ordinal=ordinal, state=RecipientState.FAILED, code=0, info=reason)


def _unsettled(connection: Connection, campaign_id: int, number: int) -> list[int]:
    query = select(recipients.c.ordinal).where(
        recipients.c.campaign_id == campaign_id,
        recipients.c.chunk == number,
        recipients.c.state == RecipientState.PLANNED,
    )
    return list(connection.execute(query).scalars())
