"""Chunks that several processes share, on a server: claimed with a lease, and taken over when it expires.

An owner that stalled for longer than its lease does not know that others have its chunks: its changes come too late. So
every change first locks its chunks, and counts only if they still belong to the owner. Locks are taken in the order of
the numbers, so that transactions cannot deadlock.

An expired lease is a *death* of the owner with that chunk. A chunk with several deaths may be their cause: it is
claimed last and alone (`SUSPECT_DEATHS`), and given up as *poisoned* when there are too many.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, update

from .chunks import HELD, VALUES_PER_QUERY, candidates, enter, held, is_open, pick, take
from .database import Database
from .records import Applied, Changes, Chunk, Lease, Reassignment
from .schema import ChunkState, RecipientState, campaigns, chunks, recipients

SUSPECT_DEATHS: Final = 2
"""With this many deaths, a chunk may be the cause; with fewer, it may have been there by coincidence."""

# Leases are treated as ending a little early: for the transit of what is sent, and for clocks that differ slightly.
_LEASE_MARGIN: Final = 0.9


class ChunkCounts(msgspec.Struct, kw_only=True, frozen=True):
    """What is left of a campaign, in chunks.

    Attributes:
        claimable: can be claimed.
        held: under a lease that has not expired.
        poisoned: left alone, because too many owners died with them.
    """

    claimable: int
    held: int
    poisoned: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left."""
        return not (self.claimable or self.held or self.poisoned)


class Claimant(msgspec.Struct, kw_only=True, frozen=True):
    """The owner that checks chunks, and the time.

    Attributes:
        now: unix seconds by the clock of the leases.
        owner: the owner that claims; None checks on behalf of all.
        at_work: the chunks it has in flight. They are not claimed again, however late their lease is renewed. Any
            others of its own it never learned of, because the answer was lost, and may claim. None relies on the leases
            alone.
    """

    now: float
    owner: str | None = None
    at_work: Collection[int] | None = None

    @property
    def is_left(self) -> ColumnElement[bool]:
        """The condition that a claimed chunk can be claimed again."""
        expired = chunks.c.lease_until <= self.now
        if self.owner is None or self.at_work is None:
            return expired
        is_idle = chunks.c.number.not_in(self.at_work)
        is_other = chunks.c.owner.is_distinct_from(self.owner)
        return or_(and_(expired, or_(is_other, is_idle)), and_(chunks.c.owner == self.owner, is_idle))

    @property
    def deaths(self) -> ColumnElement[int]:
        """How many owners died with a chunk: the counted ones, and one whose lease expired since.

        A chunk that was handed back has no lease, and an owner that claims its own chunk is alive.
        """
        died = and_(chunks.c.state.in_(HELD), chunks.c.lease_until > 0, chunks.c.lease_until <= self.now)
        if self.owner is not None:
            died = and_(died, chunks.c.owner.is_distinct_from(self.owner))
        return chunks.c.deaths + case((died, 1), else_=0)

    def count(self, connection: Connection, campaign_id: int, *, most_deaths: int | None) -> ChunkCounts:
        """Count the chunks that are not done; with None no chunk is poisoned."""
        is_free = or_(chunks.c.state == ChunkState.READY, and_(chunks.c.state.in_(HELD), self.is_left))
        free = "claimable" if most_deaths is None else case((self.deaths >= most_deaths, "poisoned"), else_="claimable")
        kind = case((is_free, free), else_="held")
        query = (
            select(kind, func.count())
            .where(chunks.c.campaign_id == campaign_id, chunks.c.state != ChunkState.DONE, is_open(campaign_id))
            .group_by(kind)
        )
        found = {str(name): int(count) for name, count in connection.execute(query)}
        return ChunkCounts(**{name: found.get(name, 0) for name in ChunkCounts.__struct_fields__})


class LeasedChunks:
    """The chunks of a ledger on a server, as one owner claims them.

    Args:
        database: open.

    Attributes:
        owner: the unique name of this owner.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.owner: str = secrets.token_hex(8)

    async def claim(
        self,
        campaign_id: int,
        *,
        now: float,
        lease_s: float,
        limit: int,
        most_deaths: int | None = None,
        at_work: Collection[int] | None = None,
        parallel: int | None = None,
        is_alone: bool = True,
    ) -> list[Chunk]:
        """Claim up to `limit` chunks, starting with those that an owner was sending when it died.

        Args:
            campaign_id: whose.
            now: unix seconds by the clock of the leases.
            lease_s: seconds until others may claim them, unless `renew` is called.
            limit: how many.
            most_deaths: chunks with this many deaths are left alone; None claims them all the same.
            at_work: the chunks that this owner has in flight, see `Claimant`.
            parallel: the most chunks held concurrently, over all owners; None is any number.
            is_alone: whether this process has nothing in flight. Only then does it get a suspect chunk, and nothing
                else with it: if the chunk brings the process down, no others are affected.
        """
        claimant = Claimant(now=now, owner=self.owner, at_work=at_work)

        def work(connection: Connection) -> list[Chunk]:
            room = limit
            if parallel is not None:
                # Held until the end of the transaction: no other owner claims meanwhile.
                connection.execute(select(campaigns.c.id).where(campaigns.c.id == campaign_id).with_for_update())
                counts = claimant.count(connection, campaign_id, most_deaths=None)
                room = min(limit, parallel - counts.held)
            if most_deaths is None:
                rows = pick(connection, _locking(campaign_id, claimant), room)
            else:
                sound = claimant.deaths < min(SUSPECT_DEATHS, most_deaths)
                rows = pick(connection, _locking(campaign_id, claimant, sound), room)
                if not rows and is_alone:
                    sound = claimant.deaths < most_deaths
                    rows = pick(connection, _locking(campaign_id, claimant, sound), min(room, 1))
            deaths = {row["number"]: row["all_deaths"] for row in rows}
            claimed = take(
                connection,
                campaign_id,
                rows,
                deaths=claimant.deaths,
                owner=self.owner,
                lease_until=now + lease_s,
            )
            for chunk in claimed:
                chunk.is_suspect = deaths[chunk.number] >= SUSPECT_DEATHS
            return claimed

        return await self._database.write(work, may_repeat=True)

    async def apply(self, campaign_id: int, changes: Changes) -> Applied:
        """Apply changes in one transaction; a chunk that another owner has is lost.

        For a chunk that another owner has, record only that a recipient was sent to: that is true for all.
        """

        def work(connection: Connection) -> Applied:
            chunk_of = _chunks_of(connection, campaign_id, changes)
            numbers = {*chunk_of.values(), *changes.done, *changes.kept, *(start.number for start in changes.starts)}
            own = self._lock_own(connection, campaign_id, chunks.c.number.in_(numbers))
            left_out = enter(connection, campaign_id, _restrict(changes, own, chunk_of))
            return Applied(lost={start.number for start in changes.starts} - own, left_out=left_out)

        return await self._database.write(work, may_repeat=True)

    async def renew(self, campaign_id: int, *, until: float, numbers: Collection[int]) -> set[int]:
        """Renew the leases of chunks; return those that still belong to this owner."""

        def work(connection: Connection) -> set[int]:
            own = self._lock_own(connection, campaign_id, chunks.c.number.in_(numbers))
            connection.execute(
                update(chunks)
                .where(chunks.c.campaign_id == campaign_id, chunks.c.number.in_(own))
                .values(lease_until=until)
            )
            return own

        return await self._database.write(work, may_repeat=True)

    async def release(self, campaign_id: int) -> None:
        """Release all chunks of this owner for others at once."""

        def work(connection: Connection) -> None:
            self._lock_own(connection, campaign_id)
            connection.execute(update(chunks).where(self._is_own(campaign_id)).values(lease_until=0.0))

        await self._database.write(work, may_repeat=True)

    async def note_deaths(self, campaign_id: int, numbers: Collection[int]) -> None:
        """Count a death for chunks that this owner failed with, although its process goes on."""
        query = (
            update(chunks)
            .where(self._is_own(campaign_id), chunks.c.number.in_(numbers))
            .values(deaths=chunks.c.deaths + 1)
        )
        await self._database.write(lambda connection: connection.execute(query))

    def _is_own(self, campaign_id: int) -> ColumnElement[bool]:
        return and_(held(campaign_id), chunks.c.owner == self.owner)

    def _lock_own(self, connection: Connection, campaign_id: int, *where: ColumnElement[bool]) -> set[int]:
        """Lock chunks of this owner for the rest of the transaction, in their order; return them."""
        query = select(chunks.c.number).where(self._is_own(campaign_id), *where).order_by(chunks.c.number)
        return set(connection.execute(query.with_for_update()).scalars())


class HeldLeases:
    """The leases of the chunks of one owner, by the time of the event loop.

    Args:
        lease_s: seconds for which a lease is valid unless renewed.
    """

    def __init__(self, lease_s: float) -> None:
        self.lease_s = lease_s
        self._leases: dict[int, Lease] = {}

    @property
    def numbers(self) -> list[int]:
        """The chunks."""
        return list(self._leases)

    @property
    def hold(self) -> bool:
        """Whether each of them is certainly valid now."""
        now = asyncio.get_running_loop().time()
        return all(lease.until > now for lease in self._leases.values())

    def until(self) -> float:
        """Return the loop time until which a lease requested now is certainly valid."""
        return asyncio.get_running_loop().time() + _LEASE_MARGIN * self.lease_s

    def add(self, claimed: Sequence[Chunk], until: float) -> None:
        """Add chunks that were claimed."""
        for chunk in claimed:
            chunk.lease.until = until
            self._leases[chunk.number] = chunk.lease

    def drop(self, number: int) -> None:
        """Forget a chunk that is done, or that another owner has."""
        self._leases.pop(number, None)

    async def renew(self, chunks: LeasedChunks, campaign_id: int, *, now: float) -> AsyncIterator[tuple[int, Lease]]:
        """Renew all leases; yield the lost ones, whose chunks other owners have taken over."""
        if not self._leases:
            return
        had, until = dict(self._leases), self.until()
        renewed = await chunks.renew(campaign_id, until=now + self.lease_s, numbers=list(had))
        for number in renewed:
            had[number].until = until
        for number, lease in had.items():
            # A chunk that was closed in the meantime is not lost, it is done.
            if number not in renewed and self._leases.get(number) is lease:
                yield number, lease


def _locking(campaign_id: int, claimant: Claimant, *where: ColumnElement[bool]) -> Iterator[Select[Any]]:
    """Yield the queries for chunks to claim, skipping those that another transaction has locked."""
    for query in candidates(campaign_id, claimant.is_left):
        yield (query.add_columns(claimant.deaths.label("all_deaths")).where(*where).with_for_update(skip_locked=True))


def _chunks_of(connection: Connection, campaign_id: int, changes: Changes) -> dict[int, int]:
    """Return the chunk of every recipient in the changes."""
    ordinals = [outcome.ordinal for outcome in changes.outcomes]
    for each in changes.reassigned:
        ordinals += each.ordinals
    found: dict[int, int] = {}
    for first in range(0, len(ordinals), VALUES_PER_QUERY):
        query = select(recipients.c.ordinal, recipients.c.chunk).where(
            recipients.c.campaign_id == campaign_id,
            recipients.c.ordinal.in_(ordinals[first : first + VALUES_PER_QUERY]),
        )
        found |= {row.ordinal: row.chunk for row in connection.execute(query)}
    return found


def _restrict(changes: Changes, own: Collection[int], chunk_of: Mapping[int, int]) -> Changes:
    """Return the changes that count if only these chunks belong to the owner."""
    return Changes(
        outcomes=[
            each for each in changes.outcomes
            if each.state is RecipientState.SENT or chunk_of.get(each.ordinal) in own
        ],
        reassigned=[
            Reassignment(ordinals=ordinals, is_try=each.is_try, code=each.code)
            for each in changes.reassigned
            if (ordinals := [ordinal for ordinal in each.ordinals if chunk_of.get(ordinal) in own])
        ],
        done=[number for number in changes.done if number in own],
        kept=[number for number in changes.kept if number in own],
        starts=[start for start in changes.starts if start.number in own],
    )  # fmt: skip
