"""A worker with local trouble: it leaves the campaign to others for a while, and no recipient fails."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("sqlalchemy")
pytest.importorskip("taskiq_aio_pika")


from tests.cluster.workers.deployment import Deployment, ended, once_each
from tests.services import OwnRedis, free_port
from tim_async import RetryPolicy
from tim_async.bulk import Campaign, Report, Template
from tim_async.cluster import ClusterCampaign, RedisRateLimiter
from tim_async.cluster._workers.backoff import Backoff


async def test_worker_that_redis_refuses_settles_no_recipient(deployment: Deployment, tmp_path: Path) -> None:
    campaign = deployment.campaign()
    await deployment.submit(campaign, parallel=2)
    with OwnRedis(tmp_path, "--requirepass", "richtig") as server:
        async with RedisRateLimiter(server.url.replace("redis://", "redis://:geheim@")) as locked_out:
            await deployment.work(1, client={"shared": False, "limiter": locked_out})
            report = await in_trouble(campaign)
            assert "refuses to run the limiter's script" in (report.reason or "")
            assert "geheim" not in (report.reason or "")
            await deployment.work(1)
            assert (await ended(campaign)).sent == 100
            await deployment.drain()
    assert deployment.messages() == once_each(100)


async def test_campaign_of_its_own_stops_with_the_reason_when_redis_refuses_it(
    deployment: Deployment, tmp_path: Path
) -> None:
    with OwnRedis(tmp_path, "--requirepass", "richtig") as server:
        async with RedisRateLimiter(server.url.replace("redis://", "redis://:geheim@")) as locked_out:
            client = await deployment.client(shared=False, limiter=locked_out)
            campaign = Campaign("spring", ledger=tmp_path / "x.db", recipients=["ann", "bob"], message=Template("hi"))
            report = await campaign.run(client)
    assert (report.status, report.failed, report.left) == ("stopped", 0, 2)
    assert "refuses to run the limiter's script" in (report.reason or "")


async def in_trouble(campaign: ClusterCampaign) -> Report:
    """Wait until a campaign reports that it is held up; no recipient fails because of that."""
    async with asyncio.timeout(20):
        while not (report := await campaign.status()).reason:  # noqa: ASYNC110 - it has to be asked for
            await asyncio.sleep(0.05)
    assert (report.status, report.failed, report.unknown) == ("running", 0, 0)
    assert report.reason.startswith("a worker is in trouble, and tries again later: ")
    return report


async def test_worker_that_is_cut_off_does_not_stop_the_others(
    deployment: Deployment, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tim_async.bulk._engine.context.RETRY", RetryPolicy.off())
    monkeypatch.setattr("tim_async.bulk._engine.sending._TROUBLE_PAUSE_S", (0.02, 0.05))
    campaign = deployment.campaign(count=300, patience_s=0.2)
    await deployment.submit(campaign, parallel=4)
    away = {"base_url": f"http://127.0.0.1:{free_port()}"}
    await deployment.work(1, client=away, lease_s=1000.0)  # what it has comes back, or never
    assert "no call has succeeded" in ((await in_trouble(campaign)).reason or "")
    # All workers had trouble, and reported it; a healthy one continues with their chunks.
    await deployment.work(1, lease_s=1000.0)
    report = await ended(campaign)
    assert (report.status, report.sent, report.reason) == ("done", 300, None)
    assert deployment.messages() == once_each(300)
    assert "this worker leaves it to others for 2 s" in caplog.text


def test_backoff_grows() -> None:
    now = [0.0]
    backoff = Backoff(lambda: now[0])
    assert backoff.left_s == 0
    assert [backoff.begin() for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    assert backoff.left_s == 60
    now[0] = 61
    assert backoff.left_s == 0
