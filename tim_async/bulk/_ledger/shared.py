"""What only a ledger on a server has: its clock, owners with leases, and the work left for all of them."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql

from ..._clocks import sleep
from ..._printable import one_line
from ...errors import LedgerError
from .campaigns import change
from .database import Database
from .given_up import GivenUpChunk, Poisoned, find_poisoned, give_up, list_given_up, open_again, unsettled
from .leases import ChunkCounts, Claimant, LeasedChunks
from .looks import why_paused
from .named_lock import LOCK_S, NamedLock
from .presence import WorkerStore
from .records import CampaignRow
from .schema import campaigns, turns

logger = logging.getLogger("tim_async")

# Reading a large source takes time; other processes wait for it, and check this often.
_PLANNING_TIMEOUT_S: Final = 600.0
_POLL_INTERVAL_S: Final = 0.2
# Each process reserves half a second at a time; this bounds their number.
_MAX_SPANS_AHEAD_S: Final = 60.0


class SharedLedger:
    """The part of a ledger that only a database on a server has.

    Args:
        database: open.

    Attributes:
        workers: the workers of the ledger.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.workers: WorkerStore = WorkerStore(database)

    def new_owner(self) -> LeasedChunks:
        """Return the chunks as one more owner claims them."""
        return LeasedChunks(self._database)

    async def clock_offset(self) -> float:
        """Return how many seconds the server's clock is ahead: it is the clock of the leases on all machines."""

        def work(connection: Connection) -> float:
            asked = time.time()
            query = select(func.extract("epoch", func.clock_timestamp()))
            return float(connection.execute(query).scalar_one()) - (asked + time.time()) / 2

        return await self._database.read(work)

    @asynccontextmanager
    async def alone_with(self, name: str) -> AsyncIterator[None]:
        """Prevent other processes from planning or starting a campaign of this name during the block.

        A plan relies on what it found at its start: with two at the same time, one would replace what the other
        started. All that this ledger writes during the block is rolled back if the lock is lost.

        Raises:
            LedgerError: another process has been planning it for too long, or has taken over.
        """
        lock = NamedLock(self._database, f"plan:{name}")
        end, is_logged = time.monotonic() + _PLANNING_TIMEOUT_S, False
        while not await lock.take():
            if time.monotonic() >= end:
                raise LedgerError(
                    f"the ledger {self._database.name}: another process has been planning the campaign {name!r} "
                    f"for {_PLANNING_TIMEOUT_S:.0f} s; try again when it has finished"
                )
            if not is_logged:
                is_logged = True
                logger.info(
                    "campaign %s: another process is planning it; if it was killed, this process continues in %.0f s",
                    *(one_line(name), LOCK_S),
                )
            await sleep(_POLL_INTERVAL_S)
        async with lock.kept():
            with self._database.checked_by(lock.check):
                yield

    async def reserve_turns(self, campaign_id: int, lane: int, seconds: float) -> float:
        """Reserve the next free span of a campaign's own rate; return the seconds until it begins.

        Args:
            campaign_id: the campaign.
            lane: whose rate; 0 is that of all lanes together.
            seconds: length of the span.
        """

        def work(connection: Connection) -> float:
            now = func.extract("epoch", func.clock_timestamp())
            known = turns.c.reserved_until
            # A clock that was put back must not block the campaign by spans that have passed already.
            begin = func.least(func.greatest(known, now), now + _MAX_SPANS_AHEAD_S)
            made = postgresql.insert(turns).values(campaign_id=campaign_id, lane=lane, reserved_until=now + seconds)
            query = made.on_conflict_do_update(
                index_elements=[turns.c.campaign_id, turns.c.lane], set_={"reserved_until": begin + seconds}
            ).returning(known - now)
            return float(connection.execute(query).scalar_one()) - seconds

        return max(0.0, await self._database.write(work))

    # Remaining work

    async def count(self, campaign_id: int, *, now: float, most_deaths: int) -> ChunkCounts:
        """Return what is left of a campaign."""
        claimant = Claimant(now=now)
        return await self._database.read(
            lambda connection: claimant.count(connection, campaign_id, most_deaths=most_deaths)
        )

    async def finish(self, campaign_id: int, *, now: float, most_deaths: int) -> str | None:
        """If a running campaign has nothing left, record that it is done or pauses after a look; return which."""

        def work(connection: Connection) -> str | None:
            # A process that adds recipients changes this row too: they are visible here, or that process sees the end.
            own = select(campaigns).where(campaigns.c.id == campaign_id).with_for_update()
            found = connection.execute(own).mappings().one_or_none()
            if found is None or not Claimant(now=now).count(connection, campaign_id, most_deaths=most_deaths).is_empty:
                return None
            why = why_paused(CampaignRow(**found))
            values: dict[str, object] = {"status": "done", "reason": None}
            if why is not None:
                values = {"status": "paused", "reason": why, "paused_at": now}
            is_running = campaigns.c.status == "running"
            return (
                str(values["status"]) if change(connection, campaign_id, is_running, ended_at=now, **values) else None
            )

        return await self._database.write(work)

    @asynccontextmanager
    async def giving_up(self, campaign: CampaignRow) -> AsyncIterator[bool]:
        """Prevent other workers from giving up chunks of a campaign during the block; yield False if one does so."""
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
            for number, deaths in find_poisoned(connection, campaign.id, now=now, most_deaths=most_deaths):
                left = unsettled(connection, campaign.id, number)
                found.append(Poisoned(campaign=campaign.name, chunk=number, deaths=deaths, recipients=len(left)))
            return found

        return await self._database.read(work)

    async def give_up(self, campaign_id: int, number: int, *, now: float, most_deaths: int) -> None:
        """Settle the recipients of a poisoned chunk with what is known of them, and close it."""
        await self._database.write(
            lambda connection: give_up(connection, campaign_id, number, now=now, most_deaths=most_deaths)
        )

    async def given_up(self, campaign_id: int) -> list[GivenUpChunk]:
        """Return the chunks that were given up and still have unresolved recipients."""
        return await self._database.read(lambda connection: list_given_up(connection, campaign_id))

    async def open_again(self, campaign_id: int, numbers: Collection[int] | None = None) -> int:
        """Make given-up chunks claimable again, all without `numbers`; return how many recipients they have.

        A campaign that has ended is running again; the caller must send its work messages.
        """
        return await self._database.write(lambda connection: open_again(connection, campaign_id, numbers))
