"""A look first: a campaign that starts with a sample of its recipients, and pauses when those were sent to.

The sample goes into chunks of its own, after all others, in the transaction that starts the campaign. While `look_from`
has the number of the first of them, no process claims a chunk before it; chunks that are added in the meantime come
after it, too. When the sample is done, the campaign is paused, as if its user had paused it. Resuming clears
`look_from`, and the rest runs like any campaign.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from secrets import randbits
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, exists, select, update

from ...errors import UsageError
from .chunks import VALUES_PER_QUERY, reassign
from .database import Database
from .leaving_out import would_be_left_out
from .records import CampaignRow, Reassignment
from .schema import ChunkState, RecipientState, campaigns, chunks, recipients

_ROUNDS: Final = 4
_SEED_BITS: Final = 32


class Look(msgspec.Struct, kw_only=True, frozen=True):
    """Which recipients are sent to first.

    Attributes:
        kind: the first recipients of the plan, or a random sample.
        size: how many.
        seed: makes the sample reproducible; None for the first recipients.
    """

    kind: Literal["first", "sample"]
    size: int
    seed: int | None = None

    def __str__(self) -> str:
        """Return what was sent to, in words."""
        if self.kind == "first":
            return f"the first {self.size:,}"
        return f"a sample of {self.size:,}" + ("" if self.seed is None else f" (seed {self.seed})")

    def is_as_given(self, given: Look) -> bool:
        """Return whether it matches the look that a user gave, where no seed means any."""
        return (self.kind, self.size) == (given.kind, given.size) and given.seed in (None, self.seed)


class LookStore:
    """The looks of a ledger's campaigns.

    Args:
        database: open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, campaign: CampaignRow, look: Look | None, *, now: float) -> CampaignRow:
        """Start a campaign that has not started, with a look or without; return its row.

        Raises:
            UsageError: it was started with another look.
        """
        if campaign.begun_at is not None:
            _check(campaign, look)
            return campaign
        if look is not None and look.kind == "sample" and look.seed is None:
            look = msgspec.structs.replace(look, seed=randbits(_SEED_BITS))

        def work(connection: Connection) -> CampaignRow:
            own = campaigns.c.id == campaign.id
            values: dict[str, object] = {"begun_at": now}
            if look is not None:
                values |= {"look": msgspec.json.encode(look).decode(), "look_from": campaign.next_chunk}
                _deal(connection, campaign, look, now)
            connection.execute(update(campaigns).where(own).values(values))
            return CampaignRow(**connection.execute(select(campaigns).where(own)).mappings().one())

        return await self._database.write(work)


def end_look(connection: Connection, campaign_id: int) -> None:
    """Open the rest of a campaign if its look is done."""
    is_left = exists(
        select(chunks.c.number).where(
            chunks.c.campaign_id == campaigns.c.id,
            chunks.c.number >= campaigns.c.look_from,
            chunks.c.state != ChunkState.DONE,
        )
    )
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id, ~is_left).values(look_from=None))


def look_of(campaign: CampaignRow) -> Look | None:
    """Return the look that a campaign was started with."""
    return None if campaign.look is None else msgspec.json.decode(campaign.look, type=Look)


def why_paused(campaign: CampaignRow) -> str | None:
    """Return why a campaign with nothing left to do pauses; None if it is done."""
    look = look_of(campaign)
    if look is None or campaign.look_from is None:
        return None
    return f"{look} were sent to, as asked: `resume` sends to the rest"


def _check(campaign: CampaignRow, look: Look | None) -> None:
    if look is None:
        return
    begun = look_of(campaign)
    if begun is None or not begun.is_as_given(look):
        how = "without a look first" if begun is None else f"with {begun}"
        raise UsageError(
            f"{look.kind} requires a campaign that has not started; {campaign.name!r} was started {how}",
            field=look.kind,
        )


def _deal(connection: Connection, campaign: CampaignRow, look: Look, now: float) -> None:
    """Move the recipients of a look to further chunks."""
    if look.kind == "first":
        ordinals = _first(connection, campaign, look.size, now)
    else:
        ordinals = _sampled(connection, campaign, look, now)
    size = campaign.chunk_size
    parts = [ordinals[first : first + size] for first in range(0, len(ordinals), size)]
    if parts:
        moved = [Reassignment(ordinals=part, is_try=False) for part in parts]
        reassign(connection, campaign.id, moved, only=RecipientState.PLANNED)


def _first(connection: Connection, campaign: CampaignRow, size: int, now: float) -> list[int]:
    query = select(recipients.c.ordinal).where(recipients.c.campaign_id == campaign.id)
    left_out = would_be_left_out(connection, campaign.id, now=now)
    if left_out is not None:
        query = query.where(~left_out)
    return list(connection.execute(query.order_by(recipients.c.ordinal).limit(size)).scalars())


def _sampled(connection: Connection, campaign: CampaignRow, look: Look, now: float) -> list[int]:
    assert look.seed is not None  # noqa: S101 - a sample has one
    drawn = shuffled(campaign.recipients, look.seed)
    left_out = would_be_left_out(connection, campaign.id, now=now)
    if left_out is None:
        return sorted(islice(drawn, look.size))
    kept: list[int] = []
    while len(kept) < look.size and (some := list(islice(drawn, VALUES_PER_QUERY))):
        query = select(recipients.c.ordinal).where(
            recipients.c.campaign_id == campaign.id, recipients.c.ordinal.in_(some), ~left_out
        )
        fit = set(connection.execute(query).scalars())
        kept += [ordinal for ordinal in some if ordinal in fit]
    return sorted(kept[: look.size])


def shuffled(total: int, seed: int) -> Iterator[int]:
    """Yield the numbers below `total` in an order determined by the seed, each exactly once.

    A Feistel network over the next power of four, skipping numbers outside the range: it needs no memory of what was
    drawn, and gives the same order on every Python.
    """
    half = max((total - 1).bit_length() + 1, 2) // 2
    mask = (1 << half) - 1
    key = str(seed).encode()[:64]

    def mixed(turn: int, value: int) -> int:
        data = turn.to_bytes(1, "big") + value.to_bytes(8, "big")
        return int.from_bytes(blake2b(data, key=key, digest_size=8).digest(), "big") & mask

    for index in range(1 << 2 * half):
        left, right = index >> half, index & mask
        for turn in range(_ROUNDS):
            left, right = right, left ^ mixed(turn, right)
        if (number := left << half | right) < total:
            yield number
