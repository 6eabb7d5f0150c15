"""A chunk that kills the process working on it, and the other work of that process."""

from __future__ import annotations

import asyncio
import os
import sys
import time

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Deployment, ended
from tests.services import RABBITMQ_URL, REDIS_URL
from tim_async import Rate
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.emulator import DEFAULT_SECRET_KEY

# Imported once, and forked for every life of the worker; the fourth chunk ends it.
_LIVES = """
import asyncio, os, sys
from tim_async import TimClient
from tim_async.bulk._engine.sending import ChunkSender
from tim_async.cluster import ClusterCampaign, Worker, make_broker
from tim_async.cluster._workers import worker

app, key, service, ledger, broker, prefix = sys.argv[1:]
worker._WATCH_INTERVAL_S = worker._RETRY_INTERVAL_S = 0.1
send = ChunkSender.send_one

async def poisoned(self, chunk, recipient):
    if 30 <= recipient.ordinal < 40:
        os._exit(9)
    await send(self, chunk, recipient)

ChunkSender.send_one = poisoned

async def live():
    queues = make_broker(broker, int(app), prefix=prefix, prefetch=4)
    async with TimClient(int(app), key, base_url=service, rate_limits={"openim/sendmsg": 1000}) as client:
        own = Worker(client, ledger=ledger, broker=queues, tasks=4, lease_s=0.5, most_deaths=3)
        working = asyncio.create_task(own.run())
        await ClusterCampaign("spring", ledger=ledger).watch(every_s=0.05)
        own.stop()
        await working

for life in range(9):
    if not (child := os.fork()):
        asyncio.run(live())
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
print(life)
"""


async def test_chunk_that_ends_its_process_takes_no_others_along(deployment: Deployment) -> None:
    campaign = deployment.campaign(count=60, message="hi", lanes="single")
    await deployment.submit(campaign, parallel=4)
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-c",
            _LIVES,
            str(deployment.emulator.sdk_app_id),
            DEFAULT_SECRET_KEY,
            deployment.emulator.url,
        ),
        *(deployment.ledger, RABBITMQ_URL, deployment.prefix),
        env={**os.environ, "TIM_REDIS_URL": REDIS_URL},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    # Twice with others beside it, once alone; then it is given up.
    assert out.strip() == b"3", err.decode()
    report = await campaign.status()
    assert (report.status, report.sent, report.unknown) == ("done", 50, 10)
    assert max(deployment.messages().values()) == 1
    [letter] = await deployment.dead_letters()
    assert (letter["chunk"], letter["deaths"], letter["recipients"]) == (3, 3, 10)


async def test_chunk_that_is_to_be_alone_is_not_kept_waiting_by_other_campaigns(deployment: Deployment) -> None:
    long, short = deployment.campaign("long", count=10_000, lanes="single"), deployment.campaign("short", count=10)
    await short.plan()
    async with Ledger(deployment.ledger, purpose="test") as ledger:
        row = await ledger.campaigns.find("short")
        assert row is not None
        owner = ledger.require_shared().new_owner()
        await owner.claim(row.id, now=time.time(), lease_s=60.0, limit=1)
        for _ in range(2):
            await owner.note_deaths(row.id, [0])
        await owner.release(row.id)
    await deployment.submit(long, parallel=4)
    await deployment.work(1, client={"rate_limits": {"openim/sendmsg": Rate(150)}})
    await settled(lambda: len(deployment.emulator.messages()) > 10, "nothing is sent")
    await deployment.submit(short, parallel=1)
    report = await ended(short)
    assert (report.status, report.sent) == ("done", 10)
    assert (await long.status()).status == "running"
