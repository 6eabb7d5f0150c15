"""A ledger on a server, for many workers: who may work on a campaign, what is left, and what brings workers down."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ...errors import LedgerError, UsageError
from .database import WRITE
from .leases import HELD
from .ledger import Ledger
from .records import CampaignRow
from .schema import ChunkState, RecipientState, campaigns, chunks, recipients


def _deaths(now: float) -> ColumnElement[int]:
    """Return how often an owner died with a chunk; a lease that ran out is such a death."""
    died = and_(chunks.c.state.in_(HELD), chunks.c.lease_until > 0, chunks.c.lease_until <= now)
    return chunks.c.deaths + case((died, 1), else_=0)


class Work(msgspec.Struct, kw_only=True, frozen=True):
    """What is left of a campaign, in chunks.

    Attributes:
        claimable: nobody works on them.
        held: somebody does.
        poisoned: left alone, as their owners died too often.
    """

    claimable: int
    held: int
    poisoned: int

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return not (self.claimable or self.held or self.poisoned)


async def _count(connection: AsyncConnection, campaign_id: int, now: float, most_deaths: int) -> Work:
    is_free = or_(chunks.c.state == ChunkState.READY, and_(chunks.c.state.in_(HELD), chunks.c.lease_until <= now))
    kind = case((is_free, case((_deaths(now) >= most_deaths, "poisoned"), else_="claimable")), else_="held")
    query = (
        select(kind, func.count())
        .where(chunks.c.campaign_id == campaign_id, chunks.c.state != ChunkState.DONE)
        .group_by(kind)
    )
    found = {str(name): int(count) for name, count in await connection.execute(query)}
    return Work(**{name: found.get(name, 0) for name in Work.__struct_fields__})


async def _change(connection: AsyncConnection, campaign_id: int, *where: ColumnElement[bool], **values: object) -> bool:
    done = await connection.execute(update(campaigns).where(campaigns.c.id == campaign_id, *where).values(values))
    return done.rowcount == 1


class Poisoned(msgspec.Struct, kw_only=True, frozen=True):
    """A chunk that was given up, as its owners died too often.

    Attributes:
        campaign: the campaign's name.
        chunk: its number.
        deaths: how often an owner died with it.
        recipients: how many were not settled; they are unknown now, or failed where nothing was sent to them.
    """

    campaign: str
    chunk: int
    deaths: int
    recipients: int


class SharedLedger(Ledger):
    """A ledger that many owners work on: `async with SharedLedger(url, purpose="work") as ledger:`."""

    def check_shared(self) -> None:
        """Raise `UsageError` unless it is on a server."""
        if not self.is_shared:
            raise UsageError(
                "many workers need a ledger on a server, such as postgresql+asyncpg://user@host/name", field="ledger"
            )

    async def clock_offset(self) -> float:
        """Return by how many seconds the server's clock is ahead: leases of all machines go by that one."""

        async def work(connection: AsyncConnection) -> float:
            sent = time.time()
            query = select(func.extract("epoch", func.clock_timestamp()))
            now = float((await connection.execute(query)).scalar_one())
            return now - (sent + time.time()) / 2

        return await self.do(work)

    async def launch(self, campaign_id: int, *, options: str, now: float) -> None:
        """Let workers begin, or go on, with these options."""
        begun = func.coalesce(campaigns.c.begun_at, now)
        fresh = {"options": options, "status": "running", "reason": None, "ended_at": None, "begun_at": begun}
        if not await self._change(campaign_id, **fresh):
            raise LedgerError(f"the ledger {self.name}: the campaign was replaced by somebody else")

    async def switch(
        self, campaign_id: int, status: str, reason: str | None, *, only_from: Sequence[str], ended_at: float | None
    ) -> bool:
        """Change a campaign's status where it is one of some; tell whether it was."""
        is_one = campaigns.c.status.in_(only_from)
        return await self._change(campaign_id, is_one, status=status, reason=reason, ended_at=ended_at)

    async def note(self, campaign_id: int, trouble: str | None) -> None:
        """Say what holds up a campaign that goes on, or that nothing does."""
        await self._change(campaign_id, campaigns.c.status == "running", reason=trouble)

    async def _change(self, campaign_id: int, *where: ColumnElement[bool], **values: object) -> bool:
        """Change a campaign, where more is true of it; tell whether it was."""
        return await self.do(lambda connection: _change(connection, campaign_id, *where, **values), begin=WRITE)

    async def running(self, app: int) -> list[CampaignRow]:
        """Return the campaigns of an app that workers may work on."""
        query = (
            select(campaigns)
            .where(campaigns.c.app == app, campaigns.c.status == "running", campaigns.c.options.is_not(None))
            .order_by(campaigns.c.id)
        )
        return [CampaignRow(**row) for row in await self.read(query)]

    async def take_watch(self, campaign_id: int, *, now: float, until: float) -> bool:
        """Become the one who looks after a campaign for a while; False when another is."""
        return await self._change(campaign_id, campaigns.c.supervised_until <= now, supervised_until=until)

    async def work_left(self, campaign_id: int, *, now: float, most_deaths: int) -> Work:
        """Return what is left of a campaign."""
        return await self.do(lambda connection: _count(connection, campaign_id, now, most_deaths))

    async def finish(self, campaign_id: int, *, now: float, most_deaths: int) -> bool:
        """Sign a running campaign of which nothing is left; tell whether it was one."""

        async def work(connection: AsyncConnection) -> bool:
            # Whoever adds recipients changes this row too: they are seen here, or it is seen there that it is done.
            await connection.execute(select(campaigns.c.id).where(campaigns.c.id == campaign_id).with_for_update())
            if not (await _count(connection, campaign_id, now, most_deaths)).is_over:
                return False
            is_running = campaigns.c.status == "running"
            return await _change(connection, campaign_id, is_running, status="done", reason=None, ended_at=now)

        return await self.do(work, begin=WRITE)

    async def note_deaths(self, campaign_id: int, numbers: Sequence[int]) -> None:
        """Note that this owner failed while it had these chunks, without dying of it."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                update(chunks)
                .where(self._is_held(campaign_id), chunks.c.number.in_(numbers))
                .values(deaths=chunks.c.deaths + 1)
            )

        await self.do(work, begin=WRITE)

    async def give_up(
        self, campaign: CampaignRow, *, now: float, most_deaths: int, tell: Callable[[Poisoned], Awaitable[None]]
    ) -> None:
        """Give up the chunks whose owners died too often; their recipients are settled with what is known of them.

        Each is told of before that is entered: whoever is killed in between tells twice, and not never.
        """
        mine = chunks.c.campaign_id == campaign.id

        async def work(connection: AsyncConnection) -> None:
            query = (
                select(chunks.c.number, _deaths(now), chunks.c.state)
                .where(
                    mine,
                    chunks.c.state != ChunkState.DONE,
                    chunks.c.lease_until <= now,
                    _deaths(now) >= most_deaths,
                )
                .with_for_update(skip_locked=True)
            )
            for number, deaths, state in (await connection.execute(query)).all():
                was_sent = state == ChunkState.SENDING
                why = f"its chunk was given up: {deaths} workers failed with it"
                done = await connection.execute(
                    update(recipients)
                    .where(
                        recipients.c.campaign_id == campaign.id,
                        recipients.c.chunk == number,
                        recipients.c.state == RecipientState.PLANNED,
                    )
                    .values(
                        state=int(RecipientState.UNKNOWN if was_sent else RecipientState.FAILED),
                        code=None if was_sent else 0,
                        info=f"it may have been sent; {why}" if was_sent else why,
                    )
                )
                await connection.execute(
                    update(chunks)
                    .where(mine, chunks.c.number == number)
                    .values(state=int(ChunkState.DONE), owner=None, lease_until=0.0)
                )
                await tell(Poisoned(campaign=campaign.name, chunk=number, deaths=deaths, recipients=done.rowcount))

        await self.do(work, begin=WRITE)
