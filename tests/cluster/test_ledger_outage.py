"""PostgreSQL away, silent or restarted while workers are at work."""

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
from tests.cluster.yard import Yard, ended, everybody
from tests.services import Wire, wire_to
from tim_async import Rate
from tim_async.bulk.schema import ChunkState, chunks
from tim_async.cluster._ledger import SharedLedger

SLOW = {"rate_limits": {"openim/sendmsg": Rate(100)}}


@pytest.fixture
async def wire(yard: Yard) -> AsyncIterator[Wire]:
    """What the workers' database is behind; campaigns are looked at past it."""
    url = make_url(yard.ledger)
    async with wire_to(url.port or 5432) as made:
        yard.worker_ledger = url.set(host="127.0.0.1", port=made.port).render_as_string(hide_password=False)
        yield made
        made.mend()
        await yard.go_home()


async def test_chunks_of_an_outage_are_given_back_and_nobody_died(yard: Yard, wire: Wire) -> None:
    campaign = yard.campaign(count=150)
    await yard.submit(campaign, parallel=4)
    await yard.work(1, client=SLOW, lease_s=30.0)  # nobody waits for that lease here
    await settled(lambda: len(yard.emulator.messages()) > 20, "nothing is sent", within=20)
    wire.cut()
    await asyncio.sleep(0.3)
    wire.mend()
    report = await ended(campaign, within=20)
    assert (report.status, report.sent, report.unknown, report.failed) == ("done", 150, 0, 0)
    assert yard.messages() == everybody(150)
    async with SharedLedger(yard.ledger, purpose="test") as ledger:
        rows = await ledger.read(select(chunks.c.state, chunks.c.deaths))
    assert {(row["state"], row["deaths"]) for row in rows} == {(ChunkState.DONE, 0)}
