"""Workers whose ledger is behind PgBouncer in transaction mode."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")
pytest.importorskip("typer")

import asyncpg

from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Deployment, ended, once_each
from tests.pgbouncer import OwnPgBouncer
from tests.services import POSTGRES_URL

CONNECTIONS = 3


@pytest.fixture
def bouncer(tmp_path: Path, deployment: Deployment) -> Iterator[OwnPgBouncer]:
    """What everything goes through: planning, workers, and those that watch."""
    with OwnPgBouncer(tmp_path, connections=CONNECTIONS) as made:
        deployment.ledger = deployment.worker_ledger = made.url(deployment.ledger)
        yield made


LEFT_BEHIND = (
    "pg_prepared_statements WHERE name <> ''",
    "pg_cursors WHERE is_holdable",
    "pg_listening_channels()",
    # Those that PgBouncer itself sets are as each client has them.
    "pg_settings WHERE source = 'session' AND name NOT IN ('client_encoding', 'transaction_isolation')",
    "pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
)


async def left_behind(ledger: str) -> list[str]:
    """Return the session state on a database's connections when no transaction is open."""
    plain = ledger.replace("+asyncpg", "")
    found = []
    async with AsyncExitStack() as stack:
        connections = [await asyncpg.connect(plain, statement_cache_size=0) for _ in range(CONNECTIONS)]
        for connection in connections:
            stack.push_async_callback(connection.close)
            # As many transactions as there are connections: each has one of them.
            await stack.enter_async_context(connection.transaction())
            for kind in LEFT_BEHIND:
                found += [kind] * await connection.fetchval(f"SELECT count(*) FROM {kind}")
    return found


@pytest.mark.soak
async def test_every_recipient_is_sent_to_once_whatever_is_killed(
    deployment: Deployment, bouncer: OwnPgBouncer
) -> None:
    campaign = deployment.campaign(count=300)
    deployment.emulator.faults.delay(0.1)
    await campaign.plan()
    await deployment.submit(campaign)
    workers = [await deployment.process() for _ in range(2)]
    try:
        await reached(deployment, 40)
        workers[0].kill()
        await workers[0].communicate()
        await reached(deployment, 100)
        bouncer.stop()
        bouncer.start()
        deployment.emulator.faults.clear()
        report = await ended(campaign)
        assert workers[1].returncode is None
        assert (report.status, report.sent, report.unknown, report.failed) == ("done", 300, 0, 0)
        assert deployment.messages() == once_each(300)
        assert [each.state async for each in campaign.outcomes()] == ["sent"] * 300
    finally:
        for worker in workers:
            if worker.returncode is None:
                worker.terminate()
                await worker.communicate()
    assert await left_behind(deployment.ledger) == []


async def reached(deployment: Deployment, count: int) -> None:
    await settled(lambda: len(deployment.emulator.messages()) >= count, "nothing is sent", every=0.01)


async def test_campaigns_are_planned_and_steered_behind_it(deployment: Deployment, bouncer: OwnPgBouncer) -> None:
    """Many at a time, over fewer connections than they have clients."""
    campaigns = [deployment.campaign(f"spring {number}", count=30) for number in range(6)]
    await asyncio.gather(*(each.plan() for each in campaigns))
    await asyncio.gather(*(deployment.submit(each) for each in campaigns))
    assert await campaigns[0].pause("lunch")
    await deployment.work(2)
    reports = await asyncio.gather(*(ended(each) for each in campaigns))
    assert [(each.status, each.sent) for each in reports] == [("paused", reports[0].sent), *[("done", 30)] * 5]
    broker = deployment.broker()
    await broker.startup()
    await campaigns[0].resume(broker=broker)
    await broker.shutdown()
    assert (await ended(campaigns[0])).sent == 30
    assert set(deployment.messages().values()) == {6}
    await deployment.drain()
    assert await left_behind(deployment.ledger) == []


async def test_what_is_left_on_a_connection_is_seen(bouncer: OwnPgBouncer) -> None:
    """So that the other tests would see it."""
    through = bouncer.url(POSTGRES_URL)
    connection = await asyncpg.connect(through.replace("+asyncpg", ""), statement_cache_size=0)
    async with connection.transaction():
        kept = await connection.prepare("SELECT 1", name="tim_kept")
        await connection.execute("SET statement_timeout = 1000; LISTEN tim; SELECT pg_advisory_lock(1)")
        await connection.execute("DECLARE tim CURSOR WITH HOLD FOR SELECT 1")
    assert sorted(await left_behind(through)) == sorted(LEFT_BEHIND)
    del kept
    await connection.close()
