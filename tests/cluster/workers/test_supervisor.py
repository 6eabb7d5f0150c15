"""What workers do for campaigns beside their chunks, and what may come between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from aio_pika.exceptions import ChannelInvalidStateError
from sqlalchemy import Connection, select, text, update

from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Deployment, ended, once_each
from tim_async import ClusterError
from tim_async.bulk._ledger.given_up import Poisoned
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.schema import ChunkState, RecipientState, campaigns, chunks
from tim_async.cluster import Worker
from tim_async.cluster._workers import broker as work_queue
from tim_async.cluster._workers.progress import Follower
from tim_async.cluster._workers.supervisor import Supervisor


async def test_dead_letter_is_sent_before_a_chunk_is_given_up(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    await deployment.campaign(count=10).plan()
    sent: list[Poisoned] = []
    failures = [ClusterError("the broker is away")]

    async def send(broker: Any, poisoned: Poisoned) -> None:
        if failures:
            raise failures.pop()
        sent.append(poisoned)

    monkeypatch.setattr(work_queue, "send_dead_letter", send)
    async with Ledger(deployment.ledger, purpose="test") as ledger:
        row = await ledger.campaigns.find("spring")
        assert row is not None
        await ledger.require_shared().new_owner().claim(row.id, now=1.0, lease_s=1.0, limit=1)
        supervisor = Supervisor(ledger, deployment.broker(), 1, now=lambda: 9.0, most_deaths=1, on_progress=None)

        async def state() -> int:
            query = select(chunks.c.state)
            return await ledger.database.read(lambda connection: connection.execute(query).scalar_one())

        with pytest.raises(ClusterError):
            await supervisor.give_up_poisoned(row)
        assert await state() == ChunkState.CLAIMED
        await supervisor.give_up_poisoned(row)
        assert sent == [Poisoned(campaign="spring", chunk=0, deaths=1, recipients=10)]
        assert await state() == ChunkState.DONE
        assert await ledger.queries.counts(row.id) == {(RecipientState.FAILED, 0): 10}


async def test_campaign_worker_that_drains_takes_no_work_messages(deployment: Deployment) -> None:
    campaign = deployment.campaign(count=60)
    deployment.emulator.faults.delay(0.1)
    await deployment.submit(campaign, parallel=2)
    [worker] = await deployment.work(1)
    await settled(lambda: len(deployment.emulator.messages()) > 0, "nothing is sent")
    first = worker._campaigns["spring"][0]
    await first.drain()
    deployment.emulator.faults.clear()
    assert (await ended(campaign)).sent == 60
    assert first.is_over
    assert first not in [each for each, _ in worker._campaigns.values()]
    assert deployment.messages() == once_each(60)


async def test_channel_that_was_closed_ends_no_worker(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    count_waiting, asked = work_queue.count_waiting, 0

    async def closed_at_first(broker: Any) -> int:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise ChannelInvalidStateError("closed")
        return await count_waiting(broker)

    monkeypatch.setattr(work_queue, "count_waiting", closed_at_first)
    campaign = deployment.campaign(count=20)
    await deployment.submit(campaign)
    await deployment.purge()
    await deployment.work(1)
    assert (await ended(campaign)).sent == 20
    assert asked > 1


async def test_recipients_are_not_counted_all_the_time(deployment: Deployment) -> None:
    await deployment.campaign(count=10).plan()
    counted, seen = 0, []
    async with Ledger(deployment.ledger, purpose="test") as ledger:
        row = await ledger.campaigns.find("spring")
        assert row is not None
        counts = ledger.queries.counts

        async def slow(campaign_id: int) -> Any:
            nonlocal counted
            counted += 1
            await asyncio.sleep(0.02)
            return await counts(campaign_id)

        ledger.queries.counts = slow  # type: ignore[method-assign]  # it takes longer
        follower = Follower(ledger, seen.append)  # an observer's: the rate in force is known where calls are made
        await ledger.campaigns.switch(row.id, "running", None, only_from=("",), ended_at=None)
        running = await ledger.campaigns.find("spring")
        assert running is not None
        for _ in range(5):
            await follower.report(running)
        assert counted == 1
        await follower.report(row)  # it is over: the last counts are those of the end
    assert counted == 2
    assert [each.total for each in seen] == [10] * 6
    assert {each.in_force for each in seen} == {None}


async def test_progress_of_a_worker_shows_the_rate_in_force(deployment: Deployment) -> None:
    await deployment.campaign(count=10).plan()
    client, seen = await deployment.client(shared=False), []
    await client.c2c.send_text("bob", "hi")
    client.limiter.slow_down(client.sdk_app_id, "openim/sendmsg", rate=20, seconds=60)
    async with Ledger(deployment.ledger, purpose="test") as ledger:
        row = await ledger.campaigns.find("spring")
        assert row is not None
        await Follower(ledger, seen.append, client).report(row)
    assert seen[0].in_force == pytest.approx(20)
    assert seen[0].cap == pytest.approx(client.stats()["openim/sendmsg"].configured_rate)


async def test_campaign_that_recipients_are_just_added_to_is_not_done(deployment: Deployment) -> None:
    await deployment.campaign(count=10).plan()
    worker = Worker(await deployment.client(shared=False), ledger=deployment.ledger, broker=deployment.broker())
    async with Ledger(deployment.ledger, purpose="test") as ledger, worker._ledger:
        row = await ledger.campaigns.find("spring")
        assert row is not None
        await ledger.campaigns.switch(row.id, "running", None, only_from=("",), ended_at=None)
        state = update(chunks).where(chunks.c.campaign_id == row.id)
        begun = asyncio.Event()

        def settle(connection: Connection) -> None:
            connection.execute(state.values(state=int(ChunkState.DONE)))

        def add(connection: Connection) -> None:
            connection.execute(update(campaigns).where(campaigns.c.id == row.id).values(recipients=20))
            connection.execute(state.values(state=int(ChunkState.READY)))
            begun.set()
            connection.execute(text("SELECT pg_sleep(0.2)"))  # the other one checks in the meantime, and waits

        await ledger.database.write(settle)
        adding = asyncio.create_task(ledger.database.write(add))
        await begun.wait()
        await worker.finish("spring")
        await adding
        found = await ledger.campaigns.find("spring")
        assert found is not None
        assert found.status == "running"
        await ledger.database.write(settle)
        await worker.finish("spring")
        found = await ledger.campaigns.find("spring")
        assert found is not None
        assert found.status == "done"
