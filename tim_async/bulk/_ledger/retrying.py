"""Reopen recipients: those whose outcome is unknown, and those that failed.

They differ in how a retry is recognised. An unknown recipient may have its message: it stays in its chunk, with the
identity and the exact message that were written ahead, and the time of that, by which a run knows whether a repeat is
still recognised or the history must be read. A failed recipient was refused: it moves to a further chunk and gets a
message with another identity, which the service must not take for a repeat of the refused one (see `messages`).
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, or_, select, update

from .chunks import VALUES_PER_QUERY, reassign
from .records import Reassignment
from .schema import ChunkState, RecipientState, campaigns, chunks, recipients

_ORDINALS_PER_QUERY: Final = 10_000


def reopen_unknown(connection: Connection, campaign_id: int, *, now: float = math.inf) -> int:
    """Put the chunks of recipients whose outcome is unknown back to SENDING; return how many recipients those are.

    Chunks in flight stay as they are: their owner does not know of these recipients, and would close the chunk.
    """
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
    numbers = list(connection.execute(query).scalars())
    reopened = 0
    for first in range(0, len(numbers), VALUES_PER_QUERY):
        some = numbers[first : first + VALUES_PER_QUERY]
        connection.execute(
            update(chunks)
            .where(chunks.c.campaign_id == campaign_id, chunks.c.number.in_(some))
            .values(state=int(ChunkState.SENDING), lease_until=0.0, deaths=0)
        )
        done = connection.execute(
            update(recipients)
            .where(*unknown, recipients.c.chunk.in_(some))
            .values(state=int(RecipientState.PLANNED), info=None)
        )
        reopened += done.rowcount
    return reopened


def retry_failed(connection: Connection, campaign_id: int, codes: Collection[int] | None = None) -> int:
    """Move the failed recipients to further chunks, READY; return how many.

    Args:
        connection: in the transaction of the caller.
        campaign_id: whose.
        codes: only those that failed with one of these; None for all.
    """
    failed = [recipients.c.campaign_id == campaign_id, recipients.c.state == RecipientState.FAILED]
    if codes is not None:
        failed.append(recipients.c.code.in_(codes))
    size = connection.execute(select(campaigns.c.chunk_size).where(campaigns.c.id == campaign_id)).scalar_one()
    total, after = 0, -1
    while True:
        # Many at a time: a server without statistics for the table reads all remaining rows for each page.
        query = (
            select(recipients.c.ordinal)
            .where(*failed, recipients.c.ordinal > after)
            .order_by(recipients.c.ordinal)
            .limit(_ORDINALS_PER_QUERY)
        )
        ordinals = list(connection.execute(query).scalars())
        if not ordinals:
            return total
        moved = [
            Reassignment(ordinals=ordinals[first : first + size], is_try=False)
            for first in range(0, len(ordinals), size)
        ]
        reassign(connection, campaign_id, moved, only=RecipientState.FAILED)
        total, after = total + len(ordinals), ordinals[-1]
