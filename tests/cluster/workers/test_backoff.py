"""A worker that is in trouble by itself: it rests, nobody is blamed, and the others go on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("sqlalchemy")
pytest.importorskip("taskiq_aio_pika")


from tests.cluster.workers.deployment import Yard, ended, everybody
from tests.services import free_port, own_redis
from tim_async import RetryPolicy
from tim_async.bulk import Campaign, Report, Template
from tim_async.cluster import ClusterCampaign, RedisRateLimiter
from tim_async.cluster._workers.backoff import Backoff


async def test_worker_that_redis_refuses_settles_nobody(yard: Yard, tmp_path: Path) -> None:
    campaign = yard.campaign()
    await yard.submit(campaign, parallel=2)
    with own_redis(tmp_path, "--requirepass", "richtig") as server:
        async with RedisRateLimiter(server.url.replace("redis://", "redis://:geheim@")) as locked_out:
            await yard.work(1, client={"shared": False, "limiter": locked_out})
            report = await in_trouble(campaign)
            assert "refuses to run the limiter's script" in (report.reason or "")
            assert "geheim" not in (report.reason or "")
            await yard.work(1)
            assert (await ended(campaign)).sent == 100
            await yard.go_home()
    assert yard.messages() == everybody(100)


async def test_campaign_of_its_own_stops_with_the_reason_when_redis_refuses_it(yard: Yard, tmp_path: Path) -> None:
    with own_redis(tmp_path, "--requirepass", "richtig") as server:
        async with RedisRateLimiter(server.url.replace("redis://", "redis://:geheim@")) as locked_out:
            client = await yard.client(shared=False, limiter=locked_out)
            campaign = Campaign("spring", ledger=tmp_path / "x.db", recipients=["ann", "bob"], message=Template("hi"))
            report = await campaign.run(client)
    assert (report.status, report.failed, report.left) == ("stopped", 0, 2)
    assert "refuses to run the limiter's script" in (report.reason or "")


async def in_trouble(campaign: ClusterCampaign) -> Report:
    """Wait until a campaign says that it is held up; nobody is blamed for it."""
    async with asyncio.timeout(20):
        while not (report := await campaign.status()).reason:  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(0.05)
    assert (report.status, report.failed, report.unknown) == ("running", 0, 0)
    assert report.reason.startswith("a worker is in trouble, and tries again later: ")
    return report


async def test_worker_that_is_cut_off_does_not_stop_the_others(
    yard: Yard, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tim_async.bulk._engine.context.RETRY", RetryPolicy.off())
    monkeypatch.setattr("tim_async.bulk._engine.sending._TROUBLE_S", (0.02, 0.05))
    campaign = yard.campaign(count=300, patience_s=0.2)
    await yard.submit(campaign, parallel=4)
    away = {"base_url": f"http://127.0.0.1:{free_port()}"}
    await yard.work(1, client=away, lease_s=1000.0)  # what it has comes back, or never
    assert "no call has gone well" in ((await in_trouble(campaign)).reason or "")
    # All workers there are were in trouble, and said so; one that is not carries on with what they had.
    await yard.work(1, lease_s=1000.0)
    report = await ended(campaign)
    assert (report.status, report.sent, report.reason) == ("done", 300, None)
    assert yard.messages() == everybody(300)
    assert "this worker rests from it for 2 s" in caplog.text


def test_rests_grow_until_something_goes_well() -> None:
    now = [0.0]
    rests = Backoff(lambda: now[0])
    assert rests.left("spring") == 0
    assert [rests.begin("spring") for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    assert (rests.left("spring"), rests.left("autumn")) == (60, 0)
    now[0] = 61
    assert rests.left("spring") == 0
    rests.forget("spring")
    assert rests.begin("spring") == 2
