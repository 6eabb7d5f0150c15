"""Which workers there are, as the ledger and the command line show them."""

from __future__ import annotations

import json
import time

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Deployment, ended
from tim_async import LedgerError, UsageError
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.presence import WorkerInfo, WorkerStore
from tim_async.cluster import list_workers


def row(name: str, *, until: float, app: int = 1, started_at: float = 10.0) -> WorkerInfo:
    return WorkerInfo(
        id=name,
        app=app,
        host="h",
        pid=1,
        version="1",
        started_at=started_at,
        seen_at=until - 20,
        alive_until=until,
        is_alive=True,
        state="working",
        tasks=8,
        chunks=0,
        at_work=[],
    )


async def test_worker_shows_what_it_has_at_work_until_it_ends(deployment: Deployment) -> None:
    campaign = deployment.campaign(count=20)
    deployment.emulator.faults.delay(0.3)
    await deployment.submit(campaign)
    [worker] = await deployment.work(1, tasks=2)
    await settled(lambda: len(worker._in_flight) == 2, "nothing is at work")
    await worker._presence.renew()
    [found] = await list_workers(deployment.ledger, sdk_app_id=deployment.emulator.sdk_app_id)
    assert (found.is_alive, found.state, found.tasks, found.chunks) == (True, "working", 2, 0)
    assert found.alive_until - found.seen_at == pytest.approx(2.0)
    [task] = found.at_work
    assert (task.campaign, task.chunks) == ("spring", [0, 1])
    # How far the clocks are apart is known better with every answer of the ledger, so times may differ a little.
    assert found.started_at - 0.1 <= task.since <= found.seen_at + 0.1
    assert await list_workers(deployment.ledger, sdk_app_id=1) == []
    worker.stop()
    await worker._presence.renew()
    [found] = await list_workers(deployment.ledger)
    assert found.state == "stopping"
    deployment.emulator.faults.clear()
    await deployment.drain()
    assert await list_workers(deployment.ledger) == []


async def test_dead_worker_is_shown_for_a_day(deployment: Deployment) -> None:
    async with Ledger(deployment.ledger, purpose="test") as ledger:
        store = ledger.require_shared().workers
        await store.write(row("old", until=900.0))
        await store.write(row("dead", until=80_000.0, started_at=11.0))
        await store.write(row("alive", until=87_420.0, started_at=12.0))
        assert [each.id for each in await store.list(now=87_410.0)] == ["dead", "alive"]
        assert [each.is_alive for each in await store.list(now=87_410.0)] == [False, True]
        await store.write(row("alive", until=99_999.0, started_at=12.0))
        assert [each.alive_until for each in await store.list(now=0.0)] == [80_000.0, 99_999.0]


async def test_ledger_that_is_away_ends_no_worker(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    [worker] = await deployment.work(1, lease_s=0.2)
    await settled(lambda: worker._presence.renewed_at > 0.0, "the worker does not start")

    async def fail(*args: object) -> None:
        raise LedgerError("gone")

    monkeypatch.setattr(WorkerStore, "write", fail)
    monkeypatch.setattr(WorkerStore, "remove", fail)
    with caplog.at_level("INFO", "tim_async"):
        await settled(lambda: "was not renewed: gone" in caplog.text, "it is not renewed again")
        await deployment.drain()
    assert "was not removed: gone" in caplog.text


async def test_workers_have_no_ledger_that_is_a_file() -> None:
    with pytest.raises(UsageError, match="workers need a ledger on a server"):
        await list_workers("spring.db")


@pytest.mark.soak
async def test_command_line_lists_workers_and_what_was_given_up(deployment: Deployment) -> None:
    pytest.importorskip("typer")
    campaign = deployment.campaign(count=20)
    await deployment.submit(campaign)
    async with Ledger(deployment.ledger, purpose="test") as ledger:
        found = await ledger.campaigns.find("spring")
        assert found is not None
        shared = ledger.require_shared()
        owner = shared.new_owner()
        await owner.claim(found.id, now=1.0, lease_s=1.0, limit=1)
        await shared.give_up(found.id, 0, now=9.0, most_deaths=1)
        app = deployment.emulator.sdk_app_id
        await shared.workers.write(row("alive", until=time.time() + 60, app=app))
        await shared.workers.write(row("dead", until=100.0, app=app))

    async def run(*arguments: str) -> str:
        out, err = await (await deployment.command("bulk", *arguments)).communicate()
        assert err == b""
        return out.decode()

    assert (await run("workers")).splitlines() == [
        "1 worker is alive",
        f"  h pid 1, app {app}: working since 1970-01-01 00:00:10 UTC, 0 chunks done, 0 of 8 in flight",
        f"  h pid 1, app {app}: dead, last seen 1970-01-01 00:01:20 UTC",
    ]
    assert await run("workers", "--sdk-app-id", "1") == "0 workers are alive\n"
    shown = json.loads(await run("workers", "--json"))["workers"]
    assert [(each["id"], each["is_alive"]) for each in shown] == [("alive", True), ("dead", False)]
    assert (await run("given-up", "--name", "spring")).splitlines() == [
        "1 chunk of campaign 'spring' given up",
        "  chunk 0: 1970-01-01 00:00:09 UTC, 1 workers failed with it, 0 recipients unknown, 10 failed",
    ]
    assert json.loads(await run("given-up", "--name", "spring", "--json")) == {
        "campaign": "spring",
        "chunks": [{"chunk": 0, "deaths": 1, "given_up_at": 9.0, "unknown": 0, "failed": 10}],
    }
    await deployment.work(1)
    assert (await ended(campaign)).failed == 10
    retry = await run("given-up", "--name", "spring", "--retry", "--queue-prefix", deployment.prefix)
    assert retry == "workers continue with 10 recipients of campaign 'spring'\n"
    report = await ended(campaign)
    assert (report.status, report.sent, report.failed) == ("done", 20, 0)
    assert await campaign.given_up() == []
    again = await deployment.command("bulk", "given-up", "--name", "spring", "--retry", "--chunk", "7")
    _, err = await again.communicate()
    text = b"tim-async: campaign 'spring' has no given-up chunk that is named: nothing was changed\n"
    assert (again.returncode, err) == (1, text)
    assert max(deployment.messages().values()) == 1
