"""What workers do for campaigns beside their chunks, and what may come between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from aio_pika.exceptions import ChannelInvalidStateError
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Yard, ended, everybody
from tim_async import ClusterError
from tim_async.bulk._ledger.database import WRITE
from tim_async.bulk._ledger.schema import ChunkState, campaigns, chunks
from tim_async.bulk._ledger.shared import Poisoned, SharedLedger
from tim_async.cluster import Worker
from tim_async.cluster._workers import broker as posts
from tim_async.cluster._workers.progress import Follower


async def test_chunk_is_told_of_before_it_is_given_up(yard: Yard) -> None:
    await yard.campaign(count=10).plan()
    async with SharedLedger(yard.ledger, purpose="test") as ledger:
        row = await ledger.find("spring")
        assert row is not None
        await ledger.claim(row.id, now=1.0, lease_s=1.0, limit=1)
        told: list[Poisoned] = []

        async def fail(poisoned: Poisoned) -> None:
            raise ClusterError("the broker is away")

        async def tell(poisoned: Poisoned) -> None:
            told.append(poisoned)

        with pytest.raises(ClusterError):
            await ledger.give_up(row, now=9.0, most_deaths=1, tell=fail)
        [left] = await ledger.read(select(chunks.c.state))
        assert left["state"] == ChunkState.CLAIMED
        await ledger.give_up(row, now=9.0, most_deaths=1, tell=tell)
        assert told == [Poisoned(campaign="spring", chunk=0, deaths=1, recipients=10)]


async def test_crew_that_is_closing_takes_no_tickets(yard: Yard) -> None:
    campaign = yard.campaign(count=60)
    yard.emulator.faults.delay(0.1)
    await yard.submit(campaign, parallel=2)
    [worker] = await yard.work(1)
    await settled(lambda: len(yard.emulator.messages()) > 0, "nothing is sent", within=20)
    first = worker._crews["spring"][0]
    await first.close()
    yard.emulator.faults.clear()
    assert (await ended(campaign, within=20)).sent == 60
    assert first.is_over
    assert worker._crews["spring"][0] is not first
    assert yard.messages() == everybody(60)


async def test_channel_that_was_closed_ends_no_worker(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, asked = posts.waiting, 0

    async def closed_at_first(broker: Any) -> int:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise ChannelInvalidStateError("closed")
        return await waiting(broker)

    monkeypatch.setattr(posts, "waiting", closed_at_first)
    campaign = yard.campaign(count=20)
    await yard.submit(campaign)
    await yard.purge()
    await yard.work(1)
    assert (await ended(campaign, within=20)).sent == 20
    assert asked > 1


async def test_recipients_are_not_counted_all_the_time(yard: Yard) -> None:
    await yard.campaign(count=10).plan()
    counted, seen = 0, []
    async with SharedLedger(yard.ledger, purpose="test") as ledger:
        row = await ledger.find("spring")
        assert row is not None
        counts = ledger.counts

        async def slow(campaign_id: int) -> Any:
            nonlocal counted
            counted += 1
            await asyncio.sleep(0.02)
            return await counts(campaign_id)

        ledger.counts = slow  # type: ignore[method-assign]  # it takes longer
        follower = Follower(ledger, seen.append)
        await ledger.switch(row.id, "running", None, only_from=("",), ended_at=None)
        running = await ledger.find("spring")
        assert running is not None
        for _ in range(5):
            await follower.tell(running)
        assert counted == 1
        await follower.tell(row)  # it is over: that is told as it is
    assert counted == 2
    assert [each.total for each in seen] == [10] * 6


async def test_campaign_that_recipients_are_just_added_to_is_not_done(yard: Yard) -> None:
    await yard.campaign(count=10).plan()
    worker = Worker(await yard.client(shared=False), ledger=yard.ledger, broker=yard.broker())
    async with SharedLedger(yard.ledger, purpose="test") as ledger, worker._ledger:
        row = await ledger.find("spring")
        assert row is not None
        await ledger.switch(row.id, "running", None, only_from=("",), ended_at=None)
        state = update(chunks).where(chunks.c.campaign_id == row.id)
        begun = asyncio.Event()

        async def settle(connection: AsyncConnection) -> None:
            await connection.execute(state.values(state=int(ChunkState.DONE)))

        async def add(connection: AsyncConnection) -> None:
            await connection.execute(update(campaigns).where(campaigns.c.id == row.id).values(recipients=20))
            await connection.execute(state.values(state=int(ChunkState.READY)))
            begun.set()
            await asyncio.sleep(0.2)  # the other one looks meanwhile, and waits

        await ledger.do(settle, begin=WRITE)
        adding = asyncio.create_task(ledger.do(add, begin=WRITE))
        await begun.wait()
        await worker.finish("spring")
        await adding
        found = await ledger.find("spring")
        assert found is not None
        assert found.status == "running"
        await ledger.do(settle, begin=WRITE)
        await worker.finish("spring")
        found = await ledger.find("spring")
        assert found is not None
        assert found.status == "done"
