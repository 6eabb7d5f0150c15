"""Chunks that were given up: what becomes of their recipients, and how they are opened again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

pytest.importorskip("asyncpg")

from tests.bulk.ledger.test_leases import FAILED, NOW, PLANNED, SENT, UNKNOWN, begin, outcomes, owners, planned, states
from tests.services import own_database
from tim_async.bulk._ledger.given_up import GivenUpChunk
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.records import CampaignRow, Changes
from tim_async.bulk._ledger.schema import ChunkState


@pytest.fixture
async def ledger() -> AsyncIterator[Ledger]:
    async with own_database() as url, Ledger(url, purpose="test") as ledger:
        yield ledger


async def given_up(ledger: Ledger) -> CampaignRow:
    """Return a campaign of three chunks: one not sent, one half sent, and one healthy; two are given up."""
    row = await planned(ledger, 9, 3)
    [owner] = owners(ledger, 1)
    await owner.claim(row.id, now=NOW, lease_s=20, limit=3)
    await owner.apply(row.id, begin(1))
    settled = [*outcomes(FAILED, 0, code=20006), *outcomes(SENT, 3, 6, 7, 8)]
    await owner.apply(row.id, Changes(outcomes=settled, done=[2]))
    await owner.note_deaths(row.id, [0, 1])
    shared = ledger.require_shared()
    later = NOW + 30
    found = await shared.poisoned(row, now=later, most_deaths=2)
    assert [(each.chunk, each.deaths, each.recipients) for each in found] == [(0, 2, 2), (1, 2, 2)]
    for each in found:
        await shared.give_up(row.id, each.chunk, now=later, most_deaths=2)
    await ledger.campaigns.switch(row.id, "done", None, only_from=("",), ended_at=later)
    return row


async def test_given_up_chunks_are_listed_with_what_became_of_their_recipients(ledger: Ledger) -> None:
    row = await given_up(ledger)
    assert await states(ledger, row) == [FAILED, FAILED, FAILED, SENT, UNKNOWN, UNKNOWN, SENT, SENT, SENT]
    assert await ledger.require_shared().given_up(row.id) == [
        GivenUpChunk(chunk=0, deaths=2, given_up_at=NOW + 30, unknown=0, failed=2),
        GivenUpChunk(chunk=1, deaths=2, given_up_at=NOW + 30, unknown=2, failed=0),
    ]


async def test_given_up_chunks_are_opened_as_they_were_left(ledger: Ledger) -> None:
    row = await given_up(ledger)
    shared = ledger.require_shared()
    assert await shared.open_again(row.id) == 4
    # The refused recipient stays as it is.
    assert await states(ledger, row) == [FAILED, PLANNED, PLANNED, SENT, PLANNED, PLANNED, SENT, SENT, SENT]
    assert await shared.given_up(row.id) == []
    found = await ledger.campaigns.find("spring")
    assert found is not None
    assert (found.status, found.ended_at) == ("running", None)
    [owner] = owners(ledger, 1)
    claimed = await owner.claim(row.id, now=NOW + 40, lease_s=20, limit=9, most_deaths=2)
    assert [(each.number, each.state, each.body, each.is_suspect) for each in claimed] == [
        (1, ChunkState.SENDING, "{}", False),
        (0, ChunkState.CLAIMED, None, False),
    ]
    assert [[each.ordinal for each in chunk.recipients] for chunk in claimed] == [[4, 5], [1, 2]]


async def test_only_the_chunks_that_are_named_are_opened(ledger: Ledger) -> None:
    row = await given_up(ledger)
    shared = ledger.require_shared()
    assert await shared.open_again(row.id, [1, 2, 99]) == 2
    assert [each.chunk for each in await shared.given_up(row.id)] == [0]
    assert await shared.open_again(row.id, [1]) == 0


@pytest.mark.parametrize("status", ["paused", "cancelled"])
async def test_campaign_that_a_person_stopped_stays_stopped(ledger: Ledger, status: str) -> None:
    row = await given_up(ledger)
    await ledger.campaigns.switch(row.id, status, "why", only_from=("done",), ended_at=None)
    await ledger.require_shared().open_again(row.id)
    found = await ledger.campaigns.find("spring")
    assert found is not None
    assert (found.status, found.reason) == (status, "why")
