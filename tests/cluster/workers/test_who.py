"""Who workers leave out, and a look at a sample before they go on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from tests.cluster.workers.deployment import Deployment, ended
from tim_async.bulk import SuppressionLists, Template


async def test_workers_send_to_a_sample_and_go_on_when_it_is_resumed(deployment: Deployment, tmp_path: Path) -> None:
    gone = tmp_path / "gone.txt"
    gone.write_text("user3\nuser50\n", encoding="utf-8")
    campaign = deployment.campaign(first=25, suppress=gone)
    await deployment.submit(campaign)
    await deployment.work(2)
    report = await ended(campaign)
    assert (report.status, report.sent, report.suppressed) == ("paused", 25, 0)
    assert report.reason == "the first 25 were sent to, as asked: `resume` sends to the rest"
    assert set(deployment.messages()) == {f"user{index}" for index in range(26)} - {"user3"}
    # Submitting it again changes nothing.
    await deployment.submit(deployment.campaign(first=25, suppress=gone))
    assert (await ended(campaign)).status == "paused"
    broker = deployment.broker()
    await broker.startup()
    assert await campaign.resume(broker=broker)
    await broker.shutdown()
    report = await ended(campaign)
    assert (report.status, report.sent, report.suppressed, report.left) == ("done", 98, 2, 0)
    assert set(deployment.messages().values()) == {1}


async def test_campaigns_of_workers_reserve_for_each_other(deployment: Deployment) -> None:
    await SuppressionLists(deployment.ledger).add(["user7"])
    spring, summer = (
        deployment.campaign(name, message=Template(f"{name} $name"), at_most=(1, 7)) for name in ("spring", "summer")
    )
    for campaign in (spring, summer):
        await deployment.submit(campaign)
    await deployment.work(3)
    reports = await asyncio.gather(ended(spring), ended(summer))
    assert sum(report.sent for report in reports) == 99
    assert sum(report.suppressed for report in reports) == 101
    assert set(deployment.messages().values()) == {1}
