"""The ledger: what is known of every recipient of a campaign, on disk before it matters.

Words. A *recipient* is an account of a campaign; its place in the plan is its *ordinal*. A *chunk* is a group of
recipients that is worked on together: the unit that is claimed, and the unit whose sending is written down ahead. Its
*lane* is the command by which it goes, `openim/sendmsg` one by one or `openim/batchsendmsg` in one call. An *owner* is
a runner; its claims carry a *lease*.

What is promised: nothing is sent that the ledger does not know of, at whatever moment the process dies. So sending is
written ahead, for a chunk at a time, together with the very message, which a repeat must send unchanged:

    chunk      READY -> CLAIMED -> SENDING -> DONE
                 ^         |          |
                 +---------+          +--> a further chunk, READY, for those who are to be sent to anew

    READY      nobody works on it, nothing of it was sent
    CLAIMED    an owner has it, nothing of it was sent; when the lease runs out, it is as good as READY
    SENDING    since `since` its recipients may have been sent to; `lane` and the bodies say how and what.
               Whoever finds it with a lease that ran out carries on: see `runner`
    DONE       every recipient that it has is settled

    recipient  PLANNED -> SENT | FAILED | UNKNOWN

    PLANNED    not settled: in a chunk that is SENDING it is in flight, in any other it was not sent to
    SENT       the service took the message (msg_key, msg_time) or has it in its history
    FAILED     refused, or could not be rendered (code, info): it was not delivered
    UNKNOWN    may have been delivered; there was no way to find out, or none was wanted (info)

A recipient that is to be sent to anew (it was imported meanwhile, the history does not have the message, the user wants
failed ones tried again) goes to a further chunk. A chunk's recipients therefore never change while it is SENDING, and
so a batch is repeated to the same recipients with the same identity: what an answer says of them all is one commit. A
batch of which some were settled and others not, since an answer left those in doubt, is not repeated but verified.

SQLite by default: one file, written ahead (WAL), synced at every commit, and one runner at a time by a lock on a file
next to it; since that lock is held, whatever somebody has claimed is left over from a dead process. On a server's
database several owners work side by side: claims skip what others have locked, leases run out, heartbeats renew them.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from secrets import token_hex
from typing import Final

import msgspec
from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ...errors import LedgerError
from .database import WRITE
from .leases import Claims, move, ready_chunk
from .queries import AT_A_TIME
from .records import CampaignRow, Problem, Reassignment
from .schema import ChunkState, RecipientState, campaigns, chunks, problems, recipients

# Chunks entered at a time.
_AT_A_TIME: Final = 1000


# Reading a large source takes its time; whoever comes second looks so often whether it is over.
_PLANNED_FOR_S: Final = 600.0
_LOOK_S: Final = 0.2


class Ledger(Claims):
    """A ledger that is open: `async with Ledger("spring.db", purpose="run") as ledger:`."""

    # Campaigns

    @asynccontextmanager
    async def alone_with(self, name: str) -> AsyncIterator[None]:
        """Be the only one who plans and begins a campaign; on a file, the lock of the file sees to that.

        What a plan does goes by what it found at its beginning: two at a time would replace one that has begun.
        """
        if not self.is_shared:
            yield
            return
        key = int.from_bytes(sha256(f"tim_bulk:{name}".encode()).digest()[:8], "big", signed=True)
        async with self.session() as connection:
            await self._wait_for(connection, key, name)
            try:
                yield
            finally:
                # The connection outlives this, and would keep the lock.
                await connection.invalidate()

    async def _wait_for(self, connection: AsyncConnection, key: int, name: str) -> None:
        end = time.monotonic() + _PLANNED_FOR_S
        while not (await self.ask(connection.execute(select(func.pg_try_advisory_lock(key))))).scalar_one():
            if time.monotonic() >= end:
                raise LedgerError(f"the ledger {self.name}: somebody else is planning the campaign {name!r}")
            await asyncio.sleep(_LOOK_S)

    async def create(
        self, name: str, *, kind: str, message: str | None, fingerprint: str, chunk_size: int, now: float
    ) -> CampaignRow:
        """Enter a campaign without recipients, in the place of one of that name that was not begun."""
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

        async def work(connection: AsyncConnection) -> None:
            query = select(campaigns.c.id, campaigns.c.begun_at).where(campaigns.c.name == name).with_for_update()
            known = (await connection.execute(query)).one_or_none()
            if known is not None:
                if known.begun_at is not None:
                    raise LedgerError(f"the ledger {self.name}: the campaign {name!r} was begun by somebody else")
                for table in (recipients, chunks, problems):
                    await connection.execute(delete(table).where(table.c.campaign_id == known.id))
                await connection.execute(delete(campaigns).where(campaigns.c.id == known.id))
            await connection.execute(insert(campaigns).values(fresh))

        await self.do(work, begin=WRITE)
        made = await self.find(name)
        if made is None:
            raise LedgerError(f"the ledger {self.name}: the campaign {name!r} was removed by somebody else")
        return made

    async def update(self, campaign_id: int, **values: object) -> None:
        """Change fields of a campaign."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(values))

        await self.do(work, begin=WRITE)

    # Planning

    async def add(
        self,
        campaign_id: int,
        rows: Sequence[tuple[str, str | None, int]],
        bad: Sequence[Problem],
        *,
        before: int = 0,
    ) -> tuple[int, int]:
        """Add recipients (account, columns, line) and bad rows; return how many were new and how many named twice.

        They fill chunk after chunk. Only one at a time may add. Recipients below the ordinal `before` are those of an
        earlier reading: who names them again names nobody twice.
        """
        first: dict[str, tuple[str, str | None, int]] = {}
        doubled: list[Problem] = []
        for row in rows:
            if row[0] in first:
                doubled.append(_duplicate(row))
            else:
                first[row[0]] = row

        async def work(connection: AsyncConnection) -> tuple[int, int]:
            campaign = (
                (await connection.execute(select(campaigns).where(campaigns.c.id == campaign_id))).mappings().one()
            )
            known: dict[str, int] = {}
            if first:
                query = select(recipients.c.account, recipients.c.ordinal).where(
                    recipients.c.campaign_id == campaign_id, recipients.c.account.in_(list(first))
                )
                known = {row.account: row.ordinal for row in await connection.execute(query)}
            fresh = [row for row in first.values() if row[0] not in known]
            twice = [*doubled, *(_duplicate(first[account]) for account in sorted(known))]
            told = [*bad, *(each for each in twice if known.get(each.account, before) >= before)]
            told.sort(key=lambda problem: problem.line)
            start, size = campaign["recipients"], campaign["chunk_size"]
            # Chunks are filled one after the other. Once they are worked on, whoever comes later gets further ones.
            begun = campaign["next_chunk"] if campaign["is_planned"] else None
            values = [
                {
                    "campaign_id": campaign_id,
                    "ordinal": start + index,
                    "account": account,
                    "columns": columns,
                    "line": line,
                    "chunk": (start + index) // size if begun is None else begun + index // size,
                    "state": int(RecipientState.PLANNED),
                    "tries": 0,
                }
                for index, (account, columns, line) in enumerate(fresh)
            ]
            opened = sorted({value["chunk"] for value in values if value["chunk"] >= campaign["next_chunk"]})
            if opened:
                await connection.execute(insert(chunks), [ready_chunk(campaign_id, each) for each in opened])
            if values:
                await connection.execute(insert(recipients), values)
            if told:
                first_number = campaign["duplicates"] + campaign["bad_rows"]
                await connection.execute(
                    insert(problems),
                    [
                        {"campaign_id": campaign_id, "number": first_number + index, **msgspec.structs.asdict(problem)}
                        for index, problem in enumerate(told)
                    ],
                )
            await connection.execute(
                update(campaigns)
                .where(campaigns.c.id == campaign_id)
                .values(
                    recipients=start + len(values),
                    next_chunk=campaign["next_chunk"] + len(opened),
                    duplicates=campaign["duplicates"] + len(told) - len(bad),
                    bad_rows=campaign["bad_rows"] + len(bad),
                )
            )
            return len(values), len(told) - len(bad)

        return await self.do(work, begin=WRITE)

    async def read_again(self, campaign_id: int) -> None:
        """Forget the problems of an earlier reading: recipients are read once more, to add to them."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(problems).where(problems.c.campaign_id == campaign_id))
            await connection.execute(
                update(campaigns)
                .where(campaigns.c.id == campaign_id)
                # Until the end no file is the one that was read.
                .values(duplicates=0, bad_rows=0, source="unfinished")
            )

        await self.do(work, begin=WRITE)

    async def rechunk(self, campaign_id: int, size: int) -> None:
        """Deal the recipients of a campaign that was not begun into chunks of another size."""

        async def work(connection: AsyncConnection) -> None:
            own = campaigns.c.id == campaign_id
            total = (await connection.execute(select(campaigns.c.recipients).where(own))).scalar_one()
            count = math.ceil(total / size)
            await connection.execute(delete(chunks).where(chunks.c.campaign_id == campaign_id))
            await connection.execute(
                update(recipients)
                .where(recipients.c.campaign_id == campaign_id)
                .values(chunk=recipients.c.ordinal // size)
            )
            for first in range(0, count, _AT_A_TIME):
                numbers = range(first, min(first + _AT_A_TIME, count))
                await connection.execute(insert(chunks), [ready_chunk(campaign_id, each) for each in numbers])
            await connection.execute(update(campaigns).where(own).values(chunk_size=size, next_chunk=count))

        await self.do(work, begin=WRITE)

    # What is taken up again

    async def reopen_unknown(self, campaign_id: int, *, now: float = math.inf) -> int:
        """Make the recipients whose outcome is unknown those of chunks that are SENDING again; return how many.

        What somebody works on now is let alone: its owner would not know of them, and close the chunk over them.
        """

        async def work(connection: AsyncConnection) -> int:
            unknown = (recipients.c.campaign_id == campaign_id, recipients.c.state == RecipientState.UNKNOWN)
            query = (
                select(chunks.c.number)
                .where(
                    chunks.c.campaign_id == campaign_id,
                    or_(chunks.c.state == ChunkState.DONE, chunks.c.lease_until <= now),
                    chunks.c.number.in_(select(recipients.c.chunk).where(*unknown)),
                )
                .order_by(chunks.c.number)
            )
            numbers = list((await connection.execute(query)).scalars())
            reopened = 0
            for first in range(0, len(numbers), AT_A_TIME):
                some = numbers[first : first + AT_A_TIME]
                await connection.execute(
                    update(chunks)
                    .where(chunks.c.campaign_id == campaign_id, chunks.c.number.in_(some))
                    .values(state=int(ChunkState.SENDING), lease_until=0.0, deaths=0)
                )
                done = await connection.execute(
                    update(recipients)
                    .where(*unknown, recipients.c.chunk.in_(some))
                    .values(state=int(RecipientState.PLANNED), info=None)
                )
                reopened += done.rowcount
            return reopened

        return await self.do(work, begin=WRITE)

    async def retry_failed(self, campaign_id: int) -> int:
        """Send the failed recipients to further chunks, READY; return how many."""

        async def work(connection: AsyncConnection) -> int:
            failed = (recipients.c.campaign_id == campaign_id, recipients.c.state == RecipientState.FAILED)
            size = (
                await connection.execute(select(campaigns.c.chunk_size).where(campaigns.c.id == campaign_id))
            ).scalar_one()
            total, after = 0, -1
            while True:
                query = (
                    select(recipients.c.ordinal)
                    .where(*failed, recipients.c.ordinal > after)
                    .order_by(recipients.c.ordinal)
                    .limit(size)
                )
                ordinals = list((await connection.execute(query)).scalars())
                if not ordinals:
                    return total
                await move(
                    connection, campaign_id, [Reassignment(ordinals=ordinals, is_try=False)], only=RecipientState.FAILED
                )
                total, after = total + len(ordinals), ordinals[-1]

        return await self.do(work, begin=WRITE)


def _duplicate(row: tuple[str, str | None, int]) -> Problem:
    return Problem(line=row[2], kind="duplicate", account=row[0], reason="named before; told once")
