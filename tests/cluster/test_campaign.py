"""Submitting a campaign that another process has submitted."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from tests.cluster.workers.deployment import Deployment, ended, once_each
from tim_async import UsageError
from tim_async.bulk import Campaign
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._plan import planning
from tim_async.bulk._plan.definition import CampaignArguments
from tim_async.cluster import ClusterCampaign
from tim_async.cluster._workers import broker as work_queue


async def test_submitting_again_only_watches(deployment: Deployment) -> None:
    campaign = deployment.campaign()
    await deployment.submit(campaign, parallel=2)
    assert not campaign.is_left_alone
    await deployment.purge()
    again = deployment.campaign(recipients=None, message=None, retry_failed=True)
    await deployment.submit(again)
    assert again.is_left_alone
    await campaign.pause("lunch")
    await deployment.submit(again)
    report = await campaign.status()
    assert (report.status, report.reason) == ("paused", "lunch")
    broker = deployment.broker()
    await broker.startup()
    assert await work_queue.count_waiting(broker) == 0
    await broker.shutdown()


async def test_campaign_that_begins_while_another_submits_it_is_not_replaced(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    fingerprint = planning._fingerprint

    async def slow(source: Any) -> str:
        await asyncio.sleep(0.3 if source is not None else 0.0)
        return await fingerprint(source)

    monkeypatch.setattr(planning, "_fingerprint", slow)
    await deployment.campaign(count=20).plan()
    # One has checked, and reads a large file; the other starts in the meantime.
    second = asyncio.create_task(deployment.submit(deployment.campaign(count=20)))
    await asyncio.sleep(0.1)
    await asyncio.gather(deployment.submit(deployment.campaign(recipients=None)), second)
    await deployment.work(1)
    assert (await ended(deployment.campaign())).sent == 20
    assert deployment.messages() == once_each(20)


async def test_message_of_a_campaign_at_work_stays(deployment: Deployment) -> None:
    campaign = deployment.campaign(count=20)
    await deployment.submit(campaign)
    other = {"message": "another", "change_message": True}
    with pytest.raises(UsageError, match="'spring' is running") as caught:
        await deployment.submit(deployment.campaign(count=20, **other))
    assert caught.value.field == "change_message"
    await campaign.pause()
    with pytest.raises(UsageError, match="is paused"):
        await deployment.submit(deployment.campaign(count=20, **other))
    async with Ledger(deployment.ledger) as ledger:
        row = await ledger.campaigns.find("spring")
    assert row is not None
    assert "another" not in (row.message or "")
    # The same message is no change, and recipients may be added.
    again = deployment.campaign(count=30, change_message=True, add_recipients=True)
    await deployment.submit(again)
    assert again.is_left_alone
    report = await campaign.status()
    assert (report.status, report.total) == ("paused", 30)


async def give_up_one(deployment: Deployment) -> None:
    async with Ledger(deployment.ledger, purpose="test") as ledger:
        row = await ledger.campaigns.find("spring")
        assert row is not None
        shared = ledger.require_shared()
        await shared.new_owner().claim(row.id, now=1.0, lease_s=1.0, limit=1)
        await shared.give_up(row.id, 0, now=9.0, most_deaths=1)


async def test_given_up_chunks_of_a_paused_campaign_wait_for_resume(deployment: Deployment) -> None:
    campaign = deployment.campaign(count=20)
    await deployment.submit(campaign, parallel=1)
    await give_up_one(deployment)
    await deployment.purge()
    await campaign.pause()
    broker = deployment.broker()
    await broker.startup()
    assert await campaign.retry_given_up(broker=broker) == 10
    assert await work_queue.count_waiting(broker) == 0
    assert (await campaign.status()).status == "paused"
    await campaign.resume(broker=broker)
    await broker.shutdown()
    await deployment.work(1)
    assert (await ended(campaign)).sent == 20


async def test_given_up_chunks_of_a_cancelled_campaign_stay_so(deployment: Deployment) -> None:
    campaign = deployment.campaign(count=20)
    await deployment.submit(campaign)
    await give_up_one(deployment)
    await campaign.cancel()
    with pytest.raises(UsageError, match="'spring' was cancelled"):
        await campaign.retry_given_up(broker="amqp://mq/")
    assert [each.chunk for each in await campaign.given_up()] == [0]


def test_signature_has_the_arguments_of_all_campaigns_by_name():
    """As `help` and IPython show it; arguments that the class does not accept are not shown."""
    shown = inspect.signature(ClusterCampaign).parameters
    assert list(shown)[:3] == ["name", "ledger", "clock"]
    assert set(shown) == {"name", "ledger", "clock", *CampaignArguments.__annotations__}
    assert shown["recipients"].default == inspect.signature(Campaign).parameters["recipients"].default
