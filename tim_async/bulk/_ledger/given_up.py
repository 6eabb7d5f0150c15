"""Chunks that are given up because too many owners died with them: found, settled, listed and reopened.

The unsettled recipients of such a chunk become unknown if they may have been sent to, and failed if they were not. In
both cases `info` names the chunk's end, which is how its recipients are found again: others of the chunk, settled
before, stay as they are when it is reopened.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, func, null, or_, select, update

from .chunks import VALUES_PER_QUERY, close, of, settle
from .leases import Claimant
from .records import Outcome
from .schema import ChunkState, RecipientState, campaigns, chunks, recipients

_REASON: Final = "its chunk was given up: {} workers failed with it"


class Poisoned(msgspec.Struct, kw_only=True, frozen=True):
    """A chunk that is to be given up.

    Attributes:
        campaign: the campaign's name.
        chunk: its number.
        deaths: how many owners died with it.
        recipients: how many are not settled; they become unknown, or failed if they were not sent to.
    """

    campaign: str
    chunk: int
    deaths: int
    recipients: int


class GivenUpChunk(msgspec.Struct, kw_only=True, frozen=True):
    """A chunk that was given up.

    Attributes:
        chunk: its number.
        deaths: how many workers died or failed with it.
        given_up_at: unix seconds.
        unknown: how many of its recipients may have been sent to.
        failed: how many were not.
    """

    chunk: int
    deaths: int
    given_up_at: float
    unknown: int
    failed: int


def find_poisoned(
    connection: Connection, campaign_id: int, *, now: float, most_deaths: int, only: int | None = None
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


def unsettled(connection: Connection, campaign_id: int, number: int) -> list[int]:
    """Return the recipients of a chunk that are not settled."""
    query = select(recipients.c.ordinal).where(
        recipients.c.campaign_id == campaign_id,
        recipients.c.chunk == number,
        recipients.c.state == RecipientState.PLANNED,
    )
    return list(connection.execute(query).scalars())


def give_up(connection: Connection, campaign_id: int, number: int, *, now: float, most_deaths: int) -> None:
    """If a chunk is poisoned, settle its recipients with what is known of them, and close it."""
    own = and_(chunks.c.campaign_id == campaign_id, chunks.c.number == number)
    for _, deaths in find_poisoned(connection, campaign_id, now=now, most_deaths=most_deaths, only=number):
        was_sent = connection.execute(select(chunks.c.state).where(own)).scalar_one() == ChunkState.SENDING
        left = unsettled(connection, campaign_id, number)
        settle(connection, campaign_id, [_given_up(ordinal, deaths, was_sent=was_sent) for ordinal in left])
        close(connection, campaign_id, [number], keeps_message=True)
        connection.execute(update(chunks).where(own).values(deaths=deaths, given_up_at=now))


def list_given_up(connection: Connection, campaign_id: int) -> list[GivenUpChunk]:
    """Return the chunks that were given up and still have unresolved recipients."""
    query = (
        select(
            chunks.c.number,
            chunks.c.deaths,
            chunks.c.given_up_at,
            func.sum(case((recipients.c.state == RecipientState.UNKNOWN, 1), else_=0)),
            func.sum(case((recipients.c.state == RecipientState.FAILED, 1), else_=0)),
        )
        .join(recipients, and_(recipients.c.chunk == chunks.c.number, of(recipients, campaign_id)))
        .where(chunks.c.campaign_id == campaign_id, chunks.c.given_up_at.is_not(None), _is_given_up())
        .group_by(chunks.c.number, chunks.c.deaths, chunks.c.given_up_at)
        .order_by(chunks.c.number)
    )
    return [
        GivenUpChunk(chunk=number, deaths=deaths, given_up_at=at, unknown=int(unknown), failed=int(failed))
        for number, deaths, at, unknown, failed in connection.execute(query)
    ]


def open_again(connection: Connection, campaign_id: int, numbers: Collection[int] | None) -> int:
    """Make given-up chunks claimable again, as if no owner had died with them; return their recipients.

    Recipients that may have been sent to are SENDING again, with the message that was written ahead. A campaign that
    has ended is running again.

    Args:
        connection: in the transaction of the caller.
        campaign_id: whose.
        numbers: which chunks; None for all.
    """
    # Transactions that may end the campaign wait for each other: see `SharedLedger.finish`.
    connection.execute(select(campaigns.c.id).where(campaigns.c.id == campaign_id).with_for_update())
    found = [each for each in list_given_up(connection, campaign_id) if numbers is None or each.chunk in numbers]
    opened = 0
    for each in found:
        done = connection.execute(
            update(recipients)
            .where(of(recipients, campaign_id), recipients.c.chunk == each.chunk, _is_given_up())
            .values(state=int(RecipientState.PLANNED), code=None, info=None)
        )
        opened += done.rowcount
    state = case((chunks.c.since.is_(None), int(ChunkState.READY)), else_=int(ChunkState.SENDING))
    for first in range(0, len(found), VALUES_PER_QUERY):
        some = [each.chunk for each in found[first : first + VALUES_PER_QUERY]]
        connection.execute(
            update(chunks)
            .where(chunks.c.campaign_id == campaign_id, chunks.c.number.in_(some))
            .values(state=state, owner=null(), lease_until=0.0, deaths=0, given_up_at=null())
        )
    if opened:
        connection.execute(
            update(campaigns)
            .where(campaigns.c.id == campaign_id, campaigns.c.status.in_(("done", "stopped", "interrupted")))
            .values(status="running", reason=None, ended_at=None)
        )
    return opened


def _given_up(ordinal: int, deaths: int, *, was_sent: bool) -> Outcome:
    reason = _REASON.format(deaths)
    if was_sent:
        return Outcome(ordinal=ordinal, state=RecipientState.UNKNOWN, info=f"it may have been sent; {reason}")
    return Outcome(ordinal=ordinal, state=RecipientState.FAILED, code=0, info=reason)


def _is_given_up() -> ColumnElement[bool]:
    """Return the condition that `give_up` settled a recipient and that it has not changed since."""
    is_so = or_(
        recipients.c.state == RecipientState.UNKNOWN,
        and_(recipients.c.state == RecipientState.FAILED, recipients.c.code == 0),
    )
    return and_(is_so, recipients.c.info.like("%" + _REASON.format("%")))
