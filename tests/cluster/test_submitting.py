"""Submitting a campaign that somebody else has submitted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from tests.cluster.yard import Yard, ended, everybody
from tim_async.bulk import planning
from tim_async.cluster import broker as posts


async def test_submitting_again_only_watches(yard: Yard) -> None:
    campaign = yard.campaign()
    await yard.submit(campaign, parallel=2)
    assert not campaign.is_left_alone
    await yard.purge()
    again = yard.campaign(recipients=None, message=None, retry_failed=True)
    await yard.submit(again)
    assert again.is_left_alone
    await campaign.pause("lunch")
    await yard.submit(again)
    report = await campaign.status()
    assert (report.status, report.reason) == ("paused", "lunch")
    broker = yard.broker()
    await broker.startup()
    assert await posts.waiting(broker) == 0
    await broker.shutdown()


async def test_campaign_that_begins_while_another_submits_it_is_not_replaced(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    fingerprint = planning._fingerprint

    async def slow(source: Any) -> str:
        await asyncio.sleep(0.3 if source is not None else 0.0)
        return await fingerprint(source)

    monkeypatch.setattr(planning, "_fingerprint", slow)
    await yard.campaign(count=20).plan()
    # One has looked, and reads a large file; the other begins meanwhile.
    second = asyncio.create_task(yard.submit(yard.campaign(count=20)))
    await asyncio.sleep(0.1)
    await asyncio.gather(yard.submit(yard.campaign(recipients=None)), second)
    await yard.work(1)
    assert (await ended(yard.campaign())).sent == 20
    assert yard.messages() == everybody(20)
