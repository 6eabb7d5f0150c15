"""Chunks at work: claimed, written ahead, settled and let go. The words and the states are explained in `ledger`.

An owner that was held up for longer than its lease does not know that others have its chunks: what it says of them then
comes too late. So whatever is entered locks the chunks that it speaks of, and counts where they are still the owner's.
Locks are taken in the order of the numbers, so that nobody waits in a ring.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, RowMapping, and_, bindparam, case, func, insert, null, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from .database import WRITE
from .queries import AT_A_TIME, RECIPIENT_COLUMNS, Reader, of
from .records import Changes, Chunk, Outcome, Reassignment, RecipientRow, SendStart
from .schema import ChunkState, Lane, RecipientState, campaigns, chunks, recipients

# A lease of one who works alone: nobody else may claim, the lock sees to it.
FOREVER: Final = 1e15
# A chunk with which so many owners died may be the reason; before that, it was there when another one was.
SUSPECT_DEATHS: Final = 2
HELD: Final = (ChunkState.CLAIMED, ChunkState.SENDING)
"""The states in which a chunk is somebody's."""


class Claims(Reader):
    """What an owner does with chunks."""

    async def claim(
        self,
        campaign_id: int,
        *,
        now: float,
        lease_s: float | None,
        limit: int,
        most_deaths: int | None = None,
        at_work: Collection[int] | None = None,
        parallel: int | None = None,
        is_alone: bool = True,
    ) -> list[Chunk]:
        """Claim up to `limit` chunks that nobody works on, those first that somebody left while they were sent.

        Args:
            campaign_id: whose.
            now: unix seconds.
            lease_s: seconds until they are anybody's again unless `heartbeat` renews it; None is for ever.
            limit: how many.
            most_deaths: chunks whose owners died so often are left alone; None claims them all the same.
            at_work: what this owner has. Those are not claimed once more, late as it may be to renew them; any others
                of its own it never heard of, as the answer was lost. None goes by the leases alone.
            parallel: chunks at work at a time, over all owners; None is any number.
            is_alone: whether this owner has nothing at work. Only then it gets a chunk that others may have died of,
                and nothing else with it: where it brings an owner down, it is not to take others along.
        """
        until = FOREVER if lease_s is None else now + lease_s
        dead = self._death()

        async def work(connection: AsyncConnection) -> list[Chunk]:
            mine = chunks.c.campaign_id == campaign_id
            room = limit
            if parallel is not None:
                room = min(limit, parallel - await self._count_held(connection, campaign_id, now, at_work))
            free = self._is_free(now, at_work)
            if most_deaths is None:
                rows = await _pick(connection, campaign_id, dead, free, true(), room)
            else:
                sound = chunks.c.deaths + dead < min(SUSPECT_DEATHS, most_deaths)
                rows = await _pick(connection, campaign_id, dead, free, sound, room)
                if not rows and is_alone:
                    sound = chunks.c.deaths + dead < most_deaths
                    rows = await _pick(connection, campaign_id, dead, free, sound, min(room, 1))
            if not rows:
                return []
            numbers = [row["number"] for row in rows]
            ours = (mine, chunks.c.number.in_(numbers))
            await connection.execute(
                update(chunks).where(*ours).values(deaths=chunks.c.deaths + dead, owner=self.owner, lease_until=until)
            )
            await connection.execute(
                update(chunks).where(*ours, chunks.c.state == ChunkState.READY).values(state=int(ChunkState.CLAIMED))
            )
            query = select(*RECIPIENT_COLUMNS).where(
                of(recipients, campaign_id),
                recipients.c.chunk.in_(numbers),
                recipients.c.state == RecipientState.PLANNED,
            )
            members: dict[int, list[RecipientRow]] = {number: [] for number in numbers}
            for recipient in sorted((await connection.execute(query)).all(), key=itemgetter(0)):
                members[recipient.chunk].append(RecipientRow(**recipient._mapping))
            batches = [
                row["number"] for row in rows if row["state"] == ChunkState.SENDING and row["lane"] == Lane.BATCH
            ]
            partial: set[int] = set()
            if batches:
                settled = select(recipients.c.chunk).where(
                    of(recipients, campaign_id),
                    recipients.c.chunk.in_(batches),
                    recipients.c.state != RecipientState.PLANNED,
                )
                partial = set((await connection.execute(settled.distinct())).scalars())
            return [
                Chunk(
                    number=row["number"],
                    state=max(row["state"], ChunkState.CLAIMED),
                    lane=row["lane"],
                    since=row["since"],
                    body=row["body"],
                    recipients=members[row["number"]],
                    is_partial=row["number"] in partial,
                    is_suspect=row["deaths"] + row["dead"] >= SUSPECT_DEATHS,
                )
                for row in rows
            ]

        return await self.do(work, begin=WRITE, may_repeat=True)

    def _death(self) -> ColumnElement[int]:
        """Tell, as 1 or 0, whether an owner died with a chunk: what was handed back has no lease, this one ran out."""
        others = chunks.c.owner.is_distinct_from(self.owner)
        return case((and_(chunks.c.state != ChunkState.READY, chunks.c.lease_until > 0, others), 1), else_=0)

    def _is_free(self, now: float, at_work: Collection[int] | None) -> ColumnElement[bool]:
        """Tell which of the chunks that somebody has are to be claimed."""
        left = chunks.c.lease_until <= now
        if at_work is None:
            return left
        is_idle = chunks.c.number.not_in(at_work)
        return or_(
            and_(left, or_(chunks.c.owner.is_distinct_from(self.owner), is_idle)),
            and_(chunks.c.owner == self.owner, is_idle),
        )

    async def _count_held(
        self, connection: AsyncConnection, campaign_id: int, now: float, at_work: Collection[int] | None
    ) -> int:
        """Count the chunks at work, and let nobody else claim before the end of the transaction."""
        await connection.execute(select(campaigns.c.id).where(campaigns.c.id == campaign_id).with_for_update())
        held = [of(chunks, campaign_id), chunks.c.state.in_(HELD), chunks.c.lease_until > now]
        if at_work is not None:
            # Those that it never heard of are not at work: they would keep it from claiming them.
            held.append(or_(chunks.c.owner.is_distinct_from(self.owner), chunks.c.number.in_(at_work)))
        return (await connection.execute(select(func.count()).select_from(chunks).where(*held))).scalar_one()

    async def apply(self, campaign_id: int, changes: Changes) -> set[int]:
        """Enter changes in one transaction; return the chunks whose sending may not begin: another owner has them.

        Of a chunk that another owner has, only that a recipient was sent to is entered: that is so, whoever says it.
        """

        async def work(connection: AsyncConnection) -> set[int]:
            ours = await self._touch(connection, campaign_id, changes)
            known = [each for each in changes.outcomes if each.state is RecipientState.SENT or each.ordinal in ours]
            await _settle(connection, campaign_id, known)
            moves = [
                msgspec.structs.replace(each, ordinals=ordinals)
                for each in changes.reassigned
                if (ordinals := [ordinal for ordinal in each.ordinals if ordinal in ours])
            ]
            if moves:
                await move(connection, campaign_id, moves, only=RecipientState.PLANNED)
            await self._let_go(connection, campaign_id, changes.done, ChunkState.DONE, body=None)
            await self._let_go(connection, campaign_id, changes.kept, ChunkState.DONE)
            await self._let_go(connection, campaign_id, changes.released, ChunkState.READY)
            return await self._begin(connection, campaign_id, changes.starts)

        return await self.do(work, begin=WRITE, may_repeat=True)

    async def _touch(self, connection: AsyncConnection, campaign_id: int, changes: Changes) -> set[int]:
        """Lock the chunks that changes speak of, as far as they are this owner's; return the recipients in those."""
        ordinals = [each.ordinal for each in changes.outcomes]
        for anew in changes.reassigned:
            ordinals += anew.ordinals
        chunk_of: dict[int, int] = {}
        for first in range(0, len(ordinals), AT_A_TIME):
            query = select(recipients.c.ordinal, recipients.c.chunk).where(
                recipients.c.campaign_id == campaign_id, recipients.c.ordinal.in_(ordinals[first : first + AT_A_TIME])
            )
            chunk_of |= {row.ordinal: row.chunk for row in await connection.execute(query)}
        numbers = {*chunk_of.values(), *changes.done, *changes.kept, *changes.released}
        numbers.update(begin.number for begin in changes.starts)
        held = await self._hold(connection, self._is_held(campaign_id), chunks.c.number.in_(numbers))
        return {ordinal for ordinal, number in chunk_of.items() if number in held}

    def _is_held(self, campaign_id: int) -> ColumnElement[bool]:
        return and_(chunks.c.campaign_id == campaign_id, chunks.c.state.in_(HELD), chunks.c.owner == self.owner)

    async def _hold(self, connection: AsyncConnection, *where: ColumnElement[bool]) -> set[int]:
        """Lock chunks for the rest of the transaction, in their order."""
        query = select(chunks.c.number).where(*where).order_by(chunks.c.number).with_for_update()
        return set((await connection.execute(query)).scalars())

    async def _let_go(
        self, connection: AsyncConnection, campaign_id: int, numbers: Sequence[int], state: ChunkState, **values: None
    ) -> None:
        if numbers:
            await connection.execute(
                update(chunks)
                .where(chunks.c.campaign_id == campaign_id, chunks.c.number.in_(numbers), chunks.c.owner == self.owner)
                .values(state=int(state), owner=None, lease_until=0.0, **values)
            )

    async def _begin(self, connection: AsyncConnection, campaign_id: int, begins: Sequence[SendStart]) -> set[int]:
        lost: set[int] = set()
        for begin in begins:
            done = await connection.execute(
                update(chunks)
                .where(
                    chunks.c.campaign_id == campaign_id,
                    chunks.c.number == begin.number,
                    # The latter where it was entered before, and the answer lost.
                    or_(
                        chunks.c.state == ChunkState.CLAIMED,
                        and_(chunks.c.state == ChunkState.SENDING, chunks.c.since == begin.since),
                    ),
                    chunks.c.owner == self.owner,
                )
                .values(state=int(ChunkState.SENDING), lane=int(begin.lane), since=begin.since, body=begin.body)
            )
            if done.rowcount != 1:
                lost.add(begin.number)
        bodies = [
            {"b_campaign": campaign_id, "b_ordinal": ordinal, "b_body": body}
            for begin in begins
            if begin.number not in lost
            for ordinal, body in begin.bodies
        ]
        if bodies:
            await connection.execute(_write_body, bodies)
        return lost

    async def heartbeat(self, campaign_id: int, *, until: float, numbers: Collection[int] | None = None) -> set[int]:
        """Renew the leases of chunks, or of all that this owner has; return which are still its own."""
        ours = [self._is_held(campaign_id), *([] if numbers is None else [chunks.c.number.in_(numbers)])]

        async def work(connection: AsyncConnection) -> set[int]:
            held = await self._hold(connection, *ours)
            await connection.execute(update(chunks).where(*ours).values(lease_until=until))
            return held

        return await self.do(work, begin=WRITE, may_repeat=True)

    async def give_back(self, campaign_id: int, *, everybody: bool = False) -> None:
        """Let others claim what this owner has; with `everybody`, what anybody has: they are dead."""

        held = self._is_held(campaign_id)
        if everybody:
            held = and_(chunks.c.campaign_id == campaign_id, chunks.c.state.in_(HELD))

        async def work(connection: AsyncConnection) -> None:
            await self._hold(connection, held)
            await connection.execute(update(chunks).where(held).values(lease_until=0.0))

        await self.do(work, begin=WRITE, may_repeat=True)


async def _pick(
    connection: AsyncConnection,
    campaign_id: int,
    dead: ColumnElement[int],
    free: ColumnElement[bool],
    sound: ColumnElement[bool],
    limit: int,
) -> list[RowMapping]:
    """Lock chunks that may be claimed, and return them; those first that somebody left."""
    rows: list[RowMapping] = []
    # Two queries, each along the index: one with an OR would look at every chunk, every time.
    for wanted in (and_(chunks.c.state.in_(HELD), free), chunks.c.state == ChunkState.READY):
        if len(rows) < limit:
            query = (
                select(chunks, dead.label("dead"))
                .where(of(chunks, campaign_id), wanted, sound)
                .order_by(chunks.c.state.desc(), chunks.c.number)
                .limit(limit - len(rows))
                .with_for_update(skip_locked=True)
            )
            rows += (await connection.execute(query)).mappings().all()
    return rows


_settle_one: Final = (
    update(recipients)
    .where(
        recipients.c.campaign_id == bindparam("b_campaign"),
        recipients.c.ordinal == bindparam("b_ordinal"),
        # Where several owners work, one that was stopped for long may have been overtaken: the first word counts.
        recipients.c.state == RecipientState.PLANNED,
    )
    .values(
        state=bindparam("b_state"),
        code=bindparam("b_code"),
        info=bindparam("b_info"),
        msg_key=bindparam("b_msg_key"),
        msg_time=bindparam("b_msg_time"),
        # Whoever verifies an unknown outcome later has to know what to look for.
        body=case((bindparam("b_state") == int(RecipientState.UNKNOWN), recipients.c.body), else_=null()),
    )
)
_write_body: Final = (
    update(recipients)
    .where(recipients.c.campaign_id == bindparam("b_campaign"), recipients.c.ordinal == bindparam("b_ordinal"))
    .values(body=bindparam("b_body"))
)


async def _settle(connection: AsyncConnection, campaign_id: int, outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    await connection.execute(
        _settle_one,
        [
            {
                "b_campaign": campaign_id,
                "b_ordinal": outcome.ordinal,
                "b_state": int(outcome.state),
                "b_code": outcome.code,
                "b_info": outcome.info,
                "b_msg_key": outcome.msg_key,
                "b_msg_time": outcome.msg_time,
            }
            for outcome in outcomes
        ],
    )


async def move(
    connection: AsyncConnection, campaign_id: int, moves: Sequence[Reassignment], *, only: RecipientState
) -> None:
    """Put recipients into further chunks, one for each move; only those in this state."""
    own = campaigns.c.id == campaign_id
    # Written before it is read: where several owners work, this holds the row until the end of the transaction.
    await connection.execute(update(campaigns).where(own).values(next_chunk=campaigns.c.next_chunk + len(moves)))
    number = (await connection.execute(select(campaigns.c.next_chunk).where(own))).scalar_one() - len(moves)
    for move in moves:
        await connection.execute(insert(chunks), [ready_chunk(campaign_id, number)])
        await connection.execute(
            update(recipients)
            .where(
                recipients.c.campaign_id == campaign_id,
                recipients.c.ordinal.in_(move.ordinals),
                recipients.c.state == only,
            )
            .values(
                chunk=number,
                state=int(RecipientState.PLANNED),
                code=move.code,
                info=None,
                body=None,
                tries=recipients.c.tries + (1 if move.is_try else 0),
            )
        )
        number += 1


def ready_chunk(campaign_id: int, number: int) -> dict[str, object]:
    """Return the row of a chunk that nobody works on."""
    return {
        "campaign_id": campaign_id,
        "number": number,
        "state": int(ChunkState.READY),
        "lease_until": 0.0,
        "deaths": 0,
    }
