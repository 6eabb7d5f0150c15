"""Who is left out in the transaction that writes a sending ahead, and whose contacts are removed again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.bulk.conftest import enter
from tests.services import own_database
from tim_async.bulk._ledger.chunks import ChunkStore
from tim_async.bulk._ledger.leases import LeasedChunks
from tim_async.bulk._ledger.leaving_out import DAY_S, AtMost
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.records import Applied, CampaignRow, Changes, Outcome, Reassignment, SendStart
from tim_async.bulk._ledger.schema import Lane, RecipientState, contacts

NOW = 1_800_000_000.0
WEEKLY = AtMost(1, 7).encoded()


@pytest.fixture(params=["file", "server"])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    if request.param == "file":
        async with Ledger(tmp_path / "spring.db", purpose="test") as opened:
            yield opened
        return
    async with own_database() as url, Ledger(url, purpose="test") as opened:
        yield opened


async def planned(ledger: Ledger, name: str, accounts: list[str]) -> CampaignRow:
    row = await ledger.campaigns.create(name, kind="fixed", message="{}", fingerprint="f", chunk_size=4, now=NOW)
    await enter(ledger, row, [(account, None, line) for line, account in enumerate(accounts, 1)])
    return row


class Owner:
    """An owner that claims and starts chunks, on a file or a server."""

    def __init__(self, ledger: Ledger) -> None:
        self.chunks: ChunkStore | LeasedChunks = ledger.chunks if ledger.shared is None else ledger.shared.new_owner()

    async def begin(self, row: CampaignRow, *, now: float = NOW) -> tuple[Applied, Changes]:
        if isinstance(self.chunks, ChunkStore):
            [chunk] = await self.chunks.claim(row.id, limit=1)
        else:
            [chunk] = await self.chunks.claim(row.id, now=now, lease_s=30, limit=1)
        bodies = [(each.ordinal, f"to {each.account}") for each in chunk.recipients]
        changes = Changes(starts=[SendStart(number=chunk.number, lane=Lane.SINGLE, since=now, bodies=bodies)])
        return await self.chunks.apply(row.id, changes), changes


async def contacted(ledger: Ledger, row: CampaignRow) -> list[str]:
    query = select(contacts.c.account).where(contacts.c.campaign_id == row.id).order_by(contacts.c.account)
    return await ledger.database.read(lambda connection: list(connection.execute(query).scalars()))


async def test_start_that_is_repeated_leaves_out_the_same(ledger: Ledger) -> None:
    """As where the answer to its commit was lost."""
    row, owner = await planned(ledger, "spring", list("abcd")), Owner(ledger)
    await ledger.suppression.add("gone", ["b", "d"], now=NOW)
    applied, changes = await owner.begin(row)
    assert applied == Applied(left_out={0: {1, 3}})
    assert await owner.chunks.apply(row.id, changes) == applied
    rows = [each async for each in ledger.queries.recipients(row.id)]
    assert [each.body for each in rows] == ["to a", None, "to c", None]
    assert [each.info for each in rows] == [None, "on the suppression list gone"] * 2
    assert await ledger.queries.in_flight(row.id) == 2


async def test_first_list_is_named_and_the_second_one_holds_too(ledger: Ledger) -> None:
    row, owner = await planned(ledger, "spring", list("abc")), Owner(ledger)
    await ledger.suppression.add("first", ["a"], now=NOW)
    await ledger.suppression.add("second", ["a", "b"], now=NOW)
    await ledger.suppression.remove(["b"], name="first", now=NOW)
    await owner.begin(row)
    found = [each.info async for each in ledger.queries.recipients(row.id)]
    assert found == ["on the suppression list first", "on the suppression list second", None]


async def test_contacts_are_made_of_what_was_sent_before(ledger: Ledger) -> None:
    """Of those that were sent to, may have been, or are in flight; not of those that failed or wait."""
    spring, owner = await planned(ledger, "spring", list("abcdefgh")), Owner(ledger)
    await owner.begin(spring)
    states = [RecipientState.SENT, RecipientState.FAILED, RecipientState.UNKNOWN]
    outcomes = [Outcome(ordinal=ordinal, state=state) for ordinal, state in enumerate(states)]
    await owner.chunks.apply(spring.id, Changes(outcomes=outcomes))
    assert await contacted(ledger, spring) == []
    summer = await planned(ledger, "summer", list("abcdefgh"))
    await ledger.campaigns.limit_contacts(summer.id, WEEKLY)
    assert await contacted(ledger, spring) == ["a", "c", "d"]
    assert await ledger.queries.left_out(summer.id, now=NOW + 7 * DAY_S - 1) == 3
    assert await ledger.queries.left_out(summer.id, now=NOW + 7 * DAY_S) == 0
    await ledger.campaigns.limit_contacts(spring.id, WEEKLY)  # its own do not count
    assert await ledger.queries.left_out(spring.id, now=NOW) == 0


async def test_contact_is_taken_back_when_nothing_was_sent(ledger: Ledger) -> None:
    row, owner = await planned(ledger, "spring", list("abcd")), Owner(ledger)
    await ledger.campaigns.limit_contacts(row.id, WEEKLY)
    _, changes = await owner.begin(row)
    assert await contacted(ledger, row) == list("abcd")
    number = changes.starts[0].number
    outcomes = [
        Outcome(ordinal=0, state=RecipientState.SENT),
        Outcome(ordinal=1, state=RecipientState.FAILED, code=20003),
        Outcome(ordinal=2, state=RecipientState.UNKNOWN),
    ]
    moved = [Reassignment(ordinals=[3], is_try=False)]
    await owner.chunks.apply(row.id, Changes(outcomes=outcomes, reassigned=moved, done=[number]))
    assert await contacted(ledger, row) == ["a", "c"]
    await owner.begin(row)  # the recipient that moved to a further chunk
    assert await contacted(ledger, row) == ["a", "c", "d"]


@pytest.mark.parametrize(
    ("at_most", "text"),
    [
        (AtMost(1, 1), "at most 1 message in a day"),
        (AtMost(3, 30), "at most 3 messages in 30 days"),
    ],
)
def test_bound_in_words(at_most: AtMost, text: str) -> None:
    assert str(at_most) == text
    assert AtMost.decoded(at_most.encoded()) == at_most
