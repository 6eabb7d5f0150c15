"""Campaigns of several processes that send at their own times and their own rate, which the ledger has for all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from tests.clock import worst_window
from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Deployment, ended, once_each
from tim_async import UsageError
from tim_async.bulk import Campaign, Progress
from tim_async.bulk._engine import feeding
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.cluster._workers import broker as work_queue
from tim_async.cluster._workers.campaign_worker import CampaignWorker


def other_hours() -> dict[str, Any]:
    """Return hours of the day that begin in some hours."""
    now = datetime.now(UTC)
    begin, end = now + timedelta(hours=3), now + timedelta(hours=4)
    return {"between": (f"{begin:%H}:00", f"{end:%H}:00"), "time_zone": "UTC"}


async def stamps_during(deployment: Deployment, run: Awaitable[Any]) -> list[float]:
    """Return when messages arrived, by the real clock."""
    stamps: list[float] = []
    task = asyncio.ensure_future(run)
    while not task.done():
        await asyncio.sleep(0.001)
        stamps += [time.monotonic()] * (len(deployment.emulator.messages()) - len(stamps))
    await task
    return stamps


async def test_workers_rest_outside_of_its_hours_and_keep_to_its_rate(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = deployment.campaign(count=90, rate=45, **other_hours())
    await deployment.submit(campaign, parallel=4)
    done: list[str] = []

    async def count_sends(*args: Any, **options: Any) -> None:
        done.append(f"a work message was written: {args[1]}")
        await send(*args, **options)

    async def count_runs(self: CampaignWorker) -> None:
        done.append("a worker began")
        await run(self)

    send, run = work_queue.send, CampaignWorker.run
    monkeypatch.setattr(work_queue, "send", count_sends)
    monkeypatch.setattr(CampaignWorker, "run", count_runs)
    await deployment.work(2)
    progress: list[Progress] = []
    watching = asyncio.create_task(campaign.watch(on_progress=progress.append, every_s=0.02))
    await settled(lambda: bool(progress), "no progress")
    assert progress[-1].rest_ends.endswith("(UTC)")
    assert progress[-1].cap == 45
    assert "resting until" in str(await campaign.status())
    seen = len(progress)
    await settled(lambda: len(progress) > seen + 20, "no progress")
    assert not deployment.messages()
    assert not done
    await campaign.set_timing(between=None)
    stamps = await stamps_during(deployment, watching)
    assert deployment.messages() == once_each(90)
    assert worst_window(stamps) <= 45 * 1.1  # all processes and the emulator are in one busy loop here
    assert (await campaign.status()).rests_until is None


async def test_hours_that_end_while_workers_are_at_it_and_an_end(deployment: Deployment) -> None:
    campaign = deployment.campaign(count=200, rate=20)
    await deployment.submit(campaign, parallel=4)
    workers = await deployment.work(2)
    await settled(lambda: len(deployment.messages()) >= 5, "nothing is sent")
    await campaign.set_timing(**other_hours())
    await settled(lambda: all(worker.is_over for each in workers for worker, _ in each._campaigns.values()), "at it")
    sent = len(deployment.messages())
    assert (await campaign.status()).in_flight == 0
    await campaign.set_timing(between=None)
    await settled(lambda: len(deployment.messages()) > sent, "it does not go on")
    await campaign.set_timing(until=datetime.now(UTC) + timedelta(seconds=0.3))
    report = await ended(campaign)
    assert report.status == "ended"
    assert report.sent == sum(deployment.messages().values()) < 200
    assert report.reason is not None
    assert report.reason.startswith("nothing is sent after ")
    with pytest.raises(UsageError, match="to continue, set a later end"):
        await campaign.resume(broker=deployment.broker())
    await campaign.set_timing(until=None, rate=2000)
    broker = deployment.broker()
    await broker.startup()
    await campaign.resume(broker=broker)
    await broker.shutdown()
    assert (await ended(campaign)).is_complete
    assert deployment.messages() == once_each(200)


async def test_end_that_comes_before_any_worker_does(deployment: Deployment) -> None:
    campaign = deployment.campaign(count=20)
    await deployment.submit(campaign, parallel=4)
    end = datetime.now(UTC) + timedelta(seconds=0.5)
    await campaign.set_timing(until=end)
    await settled(lambda: datetime.now(UTC) >= end, "the time stands still")
    await deployment.work(1)
    report = await ended(campaign)
    assert (report.status, report.left, len(deployment.messages())) == ("ended", 20, 0)


async def test_runs_side_by_side_keep_to_one_rate(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its own limits, like two machines."""

    def make() -> Campaign:
        recipients = [f"user{index}" for index in range(90)]
        return Campaign(
            "spring", ledger=deployment.ledger, recipients=recipients, message="Hi", lanes="single", batch_size=5,
            concurrency=4, rate=45,
        )  # fmt: skip

    monkeypatch.setattr(feeding, "_MAX_BACKLOG_S", 0.2)  # so that one does not take all of so few
    clients = [await deployment.client(shared=False) for _ in range(2)]
    await make().plan(client=clients[0])
    stamps = await stamps_during(deployment, asyncio.gather(*(make().run(client) for client in clients)))
    assert deployment.messages() == once_each(90)
    assert worst_window(stamps) <= 45 * 1.1
    assert 90 / (stamps[-1] - stamps[0]) > 0.75 * 45
    assert all(client.stats()["openim/sendmsg"].calls > 10 for client in clients)


async def test_spans_of_turns_follow_each_other(deployment: Deployment) -> None:
    async with Ledger(deployment.ledger, purpose="test") as ledger:
        shared = ledger.require_shared()
        waits = [await shared.reserve_turns(1, 0, 10.0) for _ in range(3)]
        assert waits == pytest.approx([0.0, 10.0, 20.0], abs=1.0)
        assert await shared.reserve_turns(1, 1, 10.0) == 0.0  # of another lane
        assert await shared.reserve_turns(1, 0, 500.0) == pytest.approx(30.0, abs=1.0)
        # What lies far ahead was reserved before the clock was put back: it does not count.
        assert await shared.reserve_turns(1, 0, 1.0) == pytest.approx(60.0, abs=1.0)
