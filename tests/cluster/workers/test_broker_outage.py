"""RabbitMQ away or silent while workers are stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from yarl import URL

from tests.cluster.conftest import now, settled
from tests.cluster.workers.deployment import Deployment
from tests.services import RABBITMQ_URL, Wire, wire_to
from tim_async import Rate
from tim_async.cluster import Worker, make_broker
from tim_async.cluster._workers import broker as work_queue

SLOW = {"openim/sendmsg": Rate(100)}


@pytest.fixture
async def wire(deployment: Deployment) -> AsyncIterator[Wire]:
    """What the worker's broker is behind."""
    async with wire_to(URL(RABBITMQ_URL).port or 5672) as made:
        yield made


async def at_work(deployment: Deployment, wire: Wire) -> tuple[Worker, asyncio.Task[None]]:
    """Let a worker begin behind the wire."""
    await deployment.submit(deployment.campaign(count=150, lanes="single"), parallel=4)
    url = str(URL(RABBITMQ_URL).with_host("127.0.0.1").with_port(wire.port))
    broker = make_broker(url, deployment.emulator.sdk_app_id, prefix=deployment.prefix, prefetch=4)
    worker = Worker(
        await deployment.client(rate_limits=SLOW), ledger=deployment.ledger, broker=broker, tasks=4, lease_s=2.0
    )
    task = asyncio.create_task(worker.run())
    await settled(lambda: len(deployment.emulator.messages()) > 5, "nothing is sent")
    return worker, task


async def test_silent_broker_holds_up_no_end(
    deployment: Deployment, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_queue, "_LAST_SEND_TIMEOUT_S", 0.2)
    monkeypatch.setattr(work_queue, "_CLOSE_TIMEOUT_S", 0.2)
    worker, task = await at_work(deployment, wire)
    wire.silence()
    worker.stop()
    await asyncio.wait([task], timeout=20)
    assert task.done()
    await task


async def test_broker_that_is_gone_holds_up_no_end(
    deployment: Deployment, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_queue, "_LAST_SEND_TIMEOUT_S", 0.2)
    worker, task = await at_work(deployment, wire)
    wire.cut()
    await settled(lambda: bool(worker._sending), "no work message is on its way")
    worker.stop()
    await asyncio.wait([task], timeout=20)
    assert task.done()
    await task


async def test_cancelled_while_it_stops_a_silent_broker_is_not_waited_for(deployment: Deployment, wire: Wire) -> None:
    worker, task = await at_work(deployment, wire)
    wire.silence()
    worker.stop()
    await asyncio.wait([task], timeout=0.2)
    assert not task.done()
    start = now()
    task.cancel()
    await asyncio.wait([task], timeout=20)
    assert task.cancelled()
    assert now() - start < 1
    assert not worker._sending
