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
so a batch is repeated to the same recipients with the same identity.

SQLite by default: one file, written ahead (WAL), synced at every commit, and one runner at a time by a lock on a file
next to it; since that lock is held, whatever somebody has claimed is left over from a dead process. On a server's
database several owners work side by side: claims skip what others have locked, leases run out, heartbeats renew them.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from secrets import token_hex
from typing import Final

import msgspec
from sqlalchemy import RowMapping, and_, bindparam, case, delete, insert, null, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ..errors import LedgerError
from .database import WRITE
from .reading import PERSON_COLUMNS, Reader, of
from .records import Anew, Begin, CampaignRow, Changes, Chunk, Outcome, Person, Problem
from .schema import ChunkState, RecipientState, campaigns, chunks, problems
from .schema import recipients as people

# A lease of one who works alone: nobody else may claim, the lock sees to it.
FOREVER: Final = 1e15


class Ledger(Reader):
    """A ledger that is open: `async with Ledger("spring.db", purpose="run") as ledger:`."""

    # Campaigns

    async def create(
        self, name: str, *, kind: str, message: str | None, fingerprint: str, chunk_size: int, now: float
    ) -> CampaignRow:
        """Enter a campaign without recipients, in the place of one of that name."""
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
            known = (
                await connection.execute(select(campaigns.c.id).where(campaigns.c.name == name))
            ).scalar_one_or_none()
            if known is not None:
                for table in (people, chunks, problems):
                    await connection.execute(delete(table).where(table.c.campaign_id == known))
                await connection.execute(delete(campaigns).where(campaigns.c.id == known))
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
        self, campaign_id: int, rows: Sequence[tuple[str, str | None, int]], bad: Sequence[Problem]
    ) -> tuple[int, int]:
        """Add recipients (account, columns, line) and bad rows; return how many were new and how many known.

        They fill chunk after chunk. Only one at a time may add.
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
            known: set[str] = set()
            if first:
                query = select(people.c.account).where(
                    people.c.campaign_id == campaign_id, people.c.account.in_(list(first))
                )
                known = set((await connection.execute(query)).scalars())
            fresh = [row for row in first.values() if row[0] not in known]
            told = [*bad, *doubled, *(_duplicate(first[account]) for account in sorted(known))]
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
                await connection.execute(insert(chunks), [_ready(campaign_id, each) for each in opened])
            if values:
                await connection.execute(insert(people), values)
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

    # Work

    async def claim(
        self, campaign_id: int, *, now: float, lease_s: float | None, limit: int, most_deaths: int | None = None
    ) -> list[Chunk]:
        """Claim up to `limit` chunks that nobody works on, those first that somebody left while they were sent.

        Args:
            campaign_id: whose.
            now: unix seconds.
            lease_s: seconds until they are anybody's again unless `heartbeat` renews it; None is for ever.
            limit: how many.
            most_deaths: chunks whose owners died so often are left alone; None claims them all the same.
        """
        until = FOREVER if lease_s is None else now + lease_s

        async def work(connection: AsyncConnection) -> list[Chunk]:
            mine = chunks.c.campaign_id == campaign_id
            held = chunks.c.state.in_((ChunkState.SENDING, ChunkState.CLAIMED))
            is_sound = true() if most_deaths is None else chunks.c.deaths < most_deaths
            # Two queries, each along the index: one with an OR would look at every chunk, every time.
            rows: list[RowMapping] = []
            for wanted in (and_(held, chunks.c.lease_until <= now), chunks.c.state == ChunkState.READY):
                free = (
                    select(chunks)
                    .where(of(chunks, campaign_id), wanted, is_sound)
                    .order_by(chunks.c.state.desc(), chunks.c.number)
                    .limit(limit - len(rows))
                    .with_for_update(skip_locked=True)
                )
                if len(rows) < limit:
                    rows += (await connection.execute(free)).mappings().all()
            if not rows:
                return []
            numbers = [row["number"] for row in rows]
            ours = (mine, chunks.c.number.in_(numbers))
            # What was handed back has no lease; one that ran out is a death.
            dead = case((and_(chunks.c.state != ChunkState.READY, chunks.c.lease_until > 0), 1), else_=0)
            await connection.execute(
                update(chunks).where(*ours).values(deaths=chunks.c.deaths + dead, owner=self.owner, lease_until=until)
            )
            await connection.execute(
                update(chunks).where(*ours, chunks.c.state == ChunkState.READY).values(state=int(ChunkState.CLAIMED))
            )
            query = select(*PERSON_COLUMNS).where(
                of(people, campaign_id), people.c.chunk.in_(numbers), people.c.state == RecipientState.PLANNED
            )
            members: dict[int, list[Person]] = {number: [] for number in numbers}
            for person in sorted((await connection.execute(query)).all(), key=itemgetter(0)):
                members[person.chunk].append(Person(**person._mapping))
            return [
                Chunk(
                    number=row["number"],
                    state=max(row["state"], ChunkState.CLAIMED),
                    lane=row["lane"],
                    since=row["since"],
                    body=row["body"],
                    people=members[row["number"]],
                )
                for row in rows
            ]

        return await self.do(work, begin=WRITE)

    async def apply(self, campaign_id: int, changes: Changes) -> set[int]:
        """Enter changes in one transaction; return the chunks whose sending may not begin: another owner has them."""

        async def work(connection: AsyncConnection) -> set[int]:
            await _settle(connection, campaign_id, changes.outcomes)
            if changes.anew:
                await _move(connection, campaign_id, changes.anew)
            await self._let_go(connection, campaign_id, changes.done, ChunkState.DONE, body=None)
            await self._let_go(connection, campaign_id, changes.kept, ChunkState.DONE)
            await self._let_go(connection, campaign_id, changes.released, ChunkState.READY)
            return await self._begin(connection, campaign_id, changes.begins)

        return await self.do(work, begin=WRITE)

    async def _let_go(
        self, connection: AsyncConnection, campaign_id: int, numbers: Sequence[int], state: ChunkState, **values: None
    ) -> None:
        if numbers:
            await connection.execute(
                update(chunks)
                .where(chunks.c.campaign_id == campaign_id, chunks.c.number.in_(numbers), chunks.c.owner == self.owner)
                .values(state=int(state), owner=None, lease_until=0.0, **values)
            )

    async def _begin(self, connection: AsyncConnection, campaign_id: int, begins: Sequence[Begin]) -> set[int]:
        lost: set[int] = set()
        for begin in begins:
            done = await connection.execute(
                update(chunks)
                .where(
                    chunks.c.campaign_id == campaign_id,
                    chunks.c.number == begin.number,
                    chunks.c.state == ChunkState.CLAIMED,
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

    async def heartbeat(self, campaign_id: int, *, until: float) -> None:
        """Renew the leases of all that this owner has."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                update(chunks)
                .where(
                    chunks.c.campaign_id == campaign_id,
                    chunks.c.state.in_((ChunkState.CLAIMED, ChunkState.SENDING)),
                    chunks.c.owner == self.owner,
                )
                .values(lease_until=until)
            )

        await self.do(work, begin=WRITE)

    async def give_back(self, campaign_id: int, *, everybody: bool = False) -> None:
        """Let others claim what this owner has; with `everybody`, what anybody has: they are dead."""

        async def work(connection: AsyncConnection) -> None:
            held = [
                chunks.c.campaign_id == campaign_id,
                chunks.c.state.in_((ChunkState.CLAIMED, ChunkState.SENDING)),
            ]
            if not everybody:
                held.append(chunks.c.owner == self.owner)
            await connection.execute(update(chunks).where(*held).values(lease_until=0.0))

        await self.do(work, begin=WRITE)

    async def reopen_unknown(self, campaign_id: int) -> int:
        """Make the recipients whose outcome is unknown those of chunks that are SENDING again; return how many."""

        async def work(connection: AsyncConnection) -> int:
            unknown = (people.c.campaign_id == campaign_id, people.c.state == RecipientState.UNKNOWN)
            await connection.execute(
                update(chunks)
                .where(
                    chunks.c.campaign_id == campaign_id,
                    chunks.c.number.in_(select(people.c.chunk).where(*unknown)),
                )
                .values(state=int(ChunkState.SENDING), lease_until=0.0, deaths=0)
            )
            done = await connection.execute(
                update(people).where(*unknown).values(state=int(RecipientState.PLANNED), info=None)
            )
            return done.rowcount

        return await self.do(work, begin=WRITE)

    async def retry_failed(self, campaign_id: int) -> int:
        """Send the failed recipients to further chunks, READY; return how many."""

        async def work(connection: AsyncConnection) -> int:
            failed = (people.c.campaign_id == campaign_id, people.c.state == RecipientState.FAILED)
            size = (
                await connection.execute(select(campaigns.c.chunk_size).where(campaigns.c.id == campaign_id))
            ).scalar_one()
            total, after = 0, -1
            while True:
                query = (
                    select(people.c.ordinal)
                    .where(*failed, people.c.ordinal > after)
                    .order_by(people.c.ordinal)
                    .limit(size)
                )
                ordinals = list((await connection.execute(query)).scalars())
                if not ordinals:
                    return total
                await _move(connection, campaign_id, [Anew(ordinals=ordinals, is_try=False)])
                total, after = total + len(ordinals), ordinals[-1]

        return await self.do(work, begin=WRITE)


_settle_one: Final = (
    update(people)
    .where(
        people.c.campaign_id == bindparam("b_campaign"),
        people.c.ordinal == bindparam("b_ordinal"),
        # Where several owners work, one that was stopped for long may have been overtaken: the first word counts.
        people.c.state == RecipientState.PLANNED,
    )
    .values(
        state=bindparam("b_state"),
        code=bindparam("b_code"),
        info=bindparam("b_info"),
        msg_key=bindparam("b_msg_key"),
        msg_time=bindparam("b_msg_time"),
        # Whoever verifies an unknown outcome later has to know what to look for.
        body=case((bindparam("b_state") == int(RecipientState.UNKNOWN), people.c.body), else_=null()),
    )
)
_write_body: Final = (
    update(people)
    .where(people.c.campaign_id == bindparam("b_campaign"), people.c.ordinal == bindparam("b_ordinal"))
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


async def _move(connection: AsyncConnection, campaign_id: int, moves: Sequence[Anew]) -> None:
    """Put recipients into further chunks, one for each move."""
    own = campaigns.c.id == campaign_id
    # Written before it is read: where several owners work, this holds the row until the end of the transaction.
    await connection.execute(update(campaigns).where(own).values(next_chunk=campaigns.c.next_chunk + len(moves)))
    number = (await connection.execute(select(campaigns.c.next_chunk).where(own))).scalar_one() - len(moves)
    for move in moves:
        await connection.execute(insert(chunks), [_ready(campaign_id, number)])
        await connection.execute(
            update(people)
            .where(people.c.campaign_id == campaign_id, people.c.ordinal.in_(move.ordinals))
            .values(
                chunk=number,
                state=int(RecipientState.PLANNED),
                code=None,
                info=None,
                body=None,
                tries=people.c.tries + (1 if move.is_try else 0),
            )
        )
        number += 1


def _ready(campaign_id: int, number: int) -> dict[str, object]:
    return {
        "campaign_id": campaign_id,
        "number": number,
        "state": int(ChunkState.READY),
        "lease_until": 0.0,
        "deaths": 0,
    }


def _duplicate(row: tuple[str, str | None, int]) -> Problem:
    return Problem(line=row[2], kind="duplicate", account=row[0], reason="named before; told once")
