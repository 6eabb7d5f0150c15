"""PostgreSQL down, silent or restarted while workers run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from sqlalchemy import select
from sqlalchemy.engine import make_url

from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Deployment, ended, once_each
from tests.services import Wire, free_port, wire_to
from tim_async import LedgerError, Rate
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.schema import ChunkState, chunks
from tim_async.cluster import Worker
from tim_async.cluster._workers import worker as worker_module

SLOW = {"rate_limits": {"openim/sendmsg": Rate(100)}}


@pytest.fixture
async def wire(deployment: Deployment) -> AsyncIterator[Wire]:
    """What the workers' database is behind; campaigns are looked at past it."""
    url = make_url(deployment.ledger)
    async with wire_to(url.port or 5432) as made:
        deployment.worker_ledger = url.set(host="127.0.0.1", port=made.port).render_as_string(hide_password=False)
        yield made
        made.mend()
        await deployment.drain()


async def test_chunks_of_an_outage_are_released_and_count_as_no_death(deployment: Deployment, wire: Wire) -> None:
    campaign = deployment.campaign(count=150)
    await deployment.submit(campaign, parallel=4)
    await deployment.work(1, client=SLOW, lease_s=30.0)  # nothing waits for that lease here
    await settled(lambda: len(deployment.emulator.messages()) > 20, "nothing is sent")
    wire.cut()
    await asyncio.sleep(0.3)
    wire.mend()
    report = await ended(campaign)
    assert (report.status, report.sent, report.unknown, report.failed) == ("done", 150, 0, 0)
    assert deployment.messages() == once_each(150)
    async with Ledger(deployment.ledger, purpose="test") as ledger:
        query = select(chunks.c.state, chunks.c.deaths)
        rows = await ledger.database.read(lambda connection: {tuple(row) for row in connection.execute(query)})
    assert rows == {(ChunkState.DONE, 0)}


async def test_silent_ledger_holds_up_no_end(
    deployment: Deployment, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "_MIN_PATIENCE_S", 0.3)
    campaign = deployment.campaign(count=150)
    await deployment.submit(campaign, parallel=4)
    await deployment.work(1, client=SLOW, lease_s=0.3)
    await settled(lambda: len(deployment.emulator.messages()) > 20, "nothing is sent")
    wire.silence()
    await asyncio.sleep(0.1)
    async with asyncio.timeout(8):
        await deployment.drain()
    wire.mend()
    await deployment.work(1)
    assert (await ended(campaign)).sent == 150
    assert deployment.messages() == once_each(150)


async def test_cancelled_while_it_stops_it_waits_for_nothing(deployment: Deployment, wire: Wire) -> None:
    await deployment.submit(deployment.campaign(count=150), parallel=4)
    [worker] = await deployment.work(1, client=SLOW, lease_s=60.0)
    await settled(lambda: len(deployment.emulator.messages()) > 20, "nothing is sent")
    wire.silence()
    await asyncio.sleep(0.1)
    worker.stop()
    [task] = deployment._tasks
    await asyncio.wait([task], timeout=0.3)
    assert not task.done()
    task.cancel()
    await asyncio.wait([task], timeout=30)  # half the lease; it is a moment on a machine that does nothing else
    assert task.cancelled()
    deployment._tasks.clear()


async def test_ledger_that_is_away_at_the_start_is_waited_for(
    deployment: Deployment, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = deployment.campaign(count=20)
    await deployment.submit(campaign)
    wire.cut()
    await deployment.work(1)
    await settled(lambda: "trying again" in caplog.text, "it says nothing")
    wire.mend()
    assert (await ended(campaign)).sent == 20
    await deployment.drain()
    # Stopped meanwhile, it ends; when the ledger does not come back, that is an error.
    wire.cut()
    [worker] = await deployment.work(1)
    await asyncio.sleep(0.1)
    worker.stop()
    async with asyncio.timeout(20):
        await deployment.drain()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_module, "_STARTUP_TIMEOUT_S", 0.0)
        [worker] = await deployment.work(1)
        with pytest.raises(LedgerError):
            await deployment._tasks.pop()


async def test_worker_that_waits_for_the_broker_can_be_stopped(deployment: Deployment) -> None:
    away = f"amqp://guest:guest@127.0.0.1:{free_port()}/"
    worker = Worker(await deployment.client(shared=False), ledger=deployment.ledger, broker=away)
    task = asyncio.create_task(worker.run())
    await asyncio.sleep(0.4)
    assert not task.done()
    worker.stop()
    async with asyncio.timeout(20):
        await task
