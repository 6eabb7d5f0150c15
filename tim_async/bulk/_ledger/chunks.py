"""Chunks: claimed, written ahead, settled and closed. `ledger` explains the words and the states.

`ChunkStore` is for the one process that holds the lock of a file: every chunk is its own, so there are no leases.
`leases` has what several processes need to share chunks. Both are built from the functions below, which work over one
connection, inside the transaction of their caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    and_,
    case,
    func,
    insert,
    null,
    or_,
    select,
    update,
)

from .database import Database, Prepared, Values, constant, value
from .leaving_out import LeftOut, leave_out
from .records import Applied, Changes, Chunk, Outcome, Reassignment, RecipientRow
from .schema import ChunkState, Lane, RecipientState, campaigns, chunks, recipients

HELD: Final = (ChunkState.CLAIMED, ChunkState.SENDING)
"""The states of a chunk that was claimed and is not done."""
# Chunks of the run that holds the lock have no time limit.
_FOREVER: Final = 1e15

RECIPIENT_COLUMNS: Final = [recipients.c[name] for name in RecipientRow.__struct_fields__]
VALUES_PER_QUERY: Final = 500
"""The most values that one query compares with."""


def of(table: Table, campaign_id: int) -> ColumnElement[bool]:
    """Make a query find rows of a campaign by its other conditions: their chunk or their state.

    Compared with the plain column, SQLite, which has no statistics, takes the campaign for the best condition to search
    by, and reads a million recipients to find fifty. It cannot search by an expression.
    """
    return table.c.campaign_id + 0 == campaign_id


class ChunkStore:
    """The chunks of a ledger of which this process is the only user.

    Args:
        database: open, and locked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, campaign_id: int, *, limit: int) -> list[Chunk]:
        """Claim up to `limit` chunks, starting with those that a dead run was sending."""

        def work(connection: Connection) -> list[Chunk]:
            rows = pick(connection, candidates(campaign_id, chunks.c.lease_until < _FOREVER), limit)
            return take(connection, campaign_id, rows, lease_until=_FOREVER)

        return await self._database.write(work, may_repeat=True)

    async def apply(self, campaign_id: int, changes: Changes) -> Applied:
        """Apply changes in one transaction; no chunk is lost here."""
        work = partial(enter, campaign_id=campaign_id, changes=changes)
        return Applied(left_out=await self._database.write(work, may_repeat=True))

    async def release_all(self, campaign_id: int) -> None:
        """Make all claimed chunks claimable: the run that claimed them is over, or its process died."""
        query = update(chunks).where(held(campaign_id)).values(lease_until=0.0)
        await self._database.write(lambda connection: connection.execute(query), may_repeat=True)


def held(campaign_id: int) -> ColumnElement[bool]:
    """Return the condition that a chunk of a campaign was claimed and is not done."""
    return and_(chunks.c.campaign_id == campaign_id, chunks.c.state.in_(HELD))


# Claiming


def candidates(campaign_id: int, is_left: ColumnElement[bool]) -> Iterator[Select[Any]]:
    """Yield the queries for chunks to claim: first those that a process left, then new ones.

    Two queries, each along the index: one with an OR would scan every chunk, every time.
    """
    for wanted in (and_(chunks.c.state.in_(HELD), is_left), chunks.c.state == ChunkState.READY):
        yield (
            select(chunks)
            .where(of(chunks, campaign_id), wanted, is_open(campaign_id))
            .order_by(chunks.c.state.desc(), chunks.c.number)
        )


def is_open(campaign_id: int) -> ColumnElement[bool]:
    """Return the condition that a chunk may be claimed: until a sample is done, only chunks of the sample may."""
    first = select(func.coalesce(campaigns.c.look_from, 0)).where(campaigns.c.id == campaign_id)
    return chunks.c.number >= first.scalar_subquery()


def pick(connection: Connection, queries: Iterable[Select[Any]], limit: int) -> list[RowMapping]:
    """Return up to `limit` rows of several queries, one after the other."""
    rows: list[RowMapping] = []
    for query in queries:
        if len(rows) < limit:
            rows += connection.execute(query.limit(limit - len(rows))).mappings().all()
    return rows


def take(connection: Connection, campaign_id: int, rows: Sequence[RowMapping], **values: object) -> list[Chunk]:
    """Mark chunks as claimed, and return them with their recipients that are not settled."""
    if not rows:
        return []
    numbers = [row["number"] for row in rows]
    state = case((chunks.c.state == ChunkState.READY, int(ChunkState.CLAIMED)), else_=chunks.c.state)
    connection.execute(
        update(chunks)
        .where(chunks.c.campaign_id == campaign_id, chunks.c.number.in_(numbers))
        .values(state=state, **values)
    )
    query = select(*RECIPIENT_COLUMNS).where(
        of(recipients, campaign_id), recipients.c.chunk.in_(numbers), recipients.c.state == RecipientState.PLANNED
    )
    members: dict[int, list[RecipientRow]] = {number: [] for number in numbers}
    for row in sorted(connection.execute(query), key=itemgetter(0)):
        recipient = RecipientRow(*row)
        members[recipient.chunk].append(recipient)
    partial = _partial_batches(connection, campaign_id, rows)
    return [
        Chunk(
            number=row["number"],
            state=max(row["state"], ChunkState.CLAIMED),
            lane=row["lane"],
            since=row["since"],
            body=row["body"],
            recipients=members[row["number"]],
            is_partial=row["number"] in partial,
        )
        for row in rows
    ]


def _partial_batches(connection: Connection, campaign_id: int, rows: Sequence[RowMapping]) -> set[int]:
    """Return the chunks among these that were sent as a batch and are settled in part."""
    batches = [row["number"] for row in rows if row["state"] == ChunkState.SENDING and row["lane"] == Lane.BATCH]
    if not batches:
        return set()
    # Left-out recipients were settled before the batch was sent.
    settled = select(recipients.c.chunk).where(
        of(recipients, campaign_id),
        recipients.c.chunk.in_(batches),
        recipients.c.state.not_in([RecipientState.PLANNED, RecipientState.SUPPRESSED]),
    )
    return set(connection.execute(settled.distinct()).scalars())


# Recording changes


def enter(connection: Connection, campaign_id: int, changes: Changes) -> LeftOut:
    """Apply changes of chunks that belong to the caller; return who is left out of those that start."""
    settle(connection, campaign_id, changes.outcomes)
    if changes.reassigned:
        reassign(connection, campaign_id, changes.reassigned, only=RecipientState.PLANNED)
    close(connection, campaign_id, changes.done, keeps_message=False)
    close(connection, campaign_id, changes.kept, keeps_message=True)
    starts = changes.starts
    _start_one.run(connection, [(int(each.lane), each.since, each.body, campaign_id, each.number) for each in starts])
    left_out = leave_out(connection, campaign_id, starts, _unsent(changes))
    _write_body.run(
        connection,
        [
            (body, campaign_id, ordinal)
            for each in starts
            for ordinal, body in each.bodies
            if ordinal not in left_out.get(each.number, ())
        ],
    )
    return left_out


def _unsent(changes: Changes) -> list[int]:
    """Return the recipients that, by these changes, were not sent to, whatever was written ahead."""
    unsent = [each.ordinal for each in changes.outcomes if each.state is RecipientState.FAILED]
    return unsent + [ordinal for each in changes.reassigned for ordinal in each.ordinals]


_settle_one: Final = Prepared(
    update(recipients)
    .where(
        recipients.c.campaign_id == value("campaign"),
        recipients.c.ordinal == value("ordinal"),
        # Among several owners, one that stalled for long may have been overtaken: the first outcome counts.
        recipients.c.state == constant(RecipientState.PLANNED),
    )
    .values(
        state=value("state"),
        code=value("code"),
        info=value("info"),
        msg_key=value("msg_key"),
        msg_time=value("msg_time"),
        # To verify an unknown outcome later, a run must know what to look for.
        body=case((value("is_unknown") == constant(1), recipients.c.body), else_=null()),
    ),
    *("state", "code", "info", "msg_key", "msg_time", "is_unknown", "campaign", "ordinal"),
)


def settle(connection: Connection, campaign_id: int, outcomes: Sequence[Outcome]) -> None:
    """Record the outcomes of recipients; those settled already stay unchanged."""
    rows: list[Values] = [
        (
            int(each.state),
            each.code,
            each.info,
            each.msg_key,
            each.msg_time,
            int(each.state is RecipientState.UNKNOWN),
            campaign_id,
            each.ordinal,
        )
        for each in outcomes
    ]
    _settle_one.run(connection, rows)


_close_one: Final = {
    keeps_message: Prepared(
        update(chunks)
        .where(chunks.c.campaign_id == value("campaign"), chunks.c.number == value("number"))
        .values(
            state=constant(ChunkState.DONE),
            owner=null(),
            lease_until=constant(0),
            body=chunks.c.body if keeps_message else null(),
        ),
        *("campaign", "number"),
    )
    for keeps_message in (False, True)
}


def close(connection: Connection, campaign_id: int, numbers: Sequence[int], *, keeps_message: bool) -> None:
    """Close chunks of which all recipients are settled; keep the message if an outcome is unknown."""
    _close_one[keeps_message].run(connection, [(campaign_id, number) for number in numbers])


# Write-ahead: a chunk is about to be sent, with exactly these messages.
_start_one: Final = Prepared(
    update(chunks)
    .where(
        chunks.c.campaign_id == value("campaign"),
        chunks.c.number == value("number"),
        # The second condition: this was committed before, and the answer was lost.
        or_(
            chunks.c.state == constant(ChunkState.CLAIMED),
            and_(chunks.c.state == constant(ChunkState.SENDING), chunks.c.since == value("since")),
        ),
    )
    .values(state=constant(ChunkState.SENDING), lane=value("lane"), since=value("since"), body=value("body")),
    *("lane", "since", "body", "campaign", "number"),
)
_write_body: Final = Prepared(
    update(recipients)
    .where(recipients.c.campaign_id == value("campaign"), recipients.c.ordinal == value("ordinal"))
    .values(body=value("body")),
    *("body", "campaign", "ordinal"),
)


def reassign(
    connection: Connection, campaign_id: int, reassigned: Sequence[Reassignment], *, only: RecipientState
) -> None:
    """Move recipients in this state to further chunks, one for each reassignment.

    Those that had failed start a further round, in which they have another identity.
    """
    further = 1 if only is RecipientState.FAILED else 0
    own = campaigns.c.id == campaign_id
    # Write before reading: among several owners, this holds the row until the end of the transaction.
    connection.execute(update(campaigns).where(own).values(next_chunk=campaigns.c.next_chunk + len(reassigned)))
    number = connection.execute(select(campaigns.c.next_chunk).where(own)).scalar_one() - len(reassigned)
    for each in reassigned:
        connection.execute(insert(chunks), [ready_chunk(campaign_id, number)])
        connection.execute(
            update(recipients)
            .where(
                recipients.c.campaign_id == campaign_id,
                recipients.c.ordinal.in_(each.ordinals),
                recipients.c.state == only,
            )
            .values(
                chunk=number,
                state=int(RecipientState.PLANNED),
                code=each.code,
                info=None,
                body=None,
                tries=recipients.c.tries + (1 if each.is_try else 0),
                round=recipients.c.round + further,
            )
        )
        number += 1


def ready_chunk(campaign_id: int, number: int) -> dict[str, object]:
    """Return the row of a chunk that can be claimed."""
    return {
        "campaign_id": campaign_id,
        "number": number,
        "state": int(ChunkState.READY),
        "lease_until": 0.0,
        "deaths": 0,
    }
