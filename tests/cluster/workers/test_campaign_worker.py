"""A campaign that runs in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from tests.cluster.conftest import settled
from tests.cluster.workers.deployment import Deployment, ended, once_each
from tim_async.bulk._engine import runner
from tim_async.bulk._ledger.leases import HeldLeases


async def test_short_lease_is_renewed_in_time(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """However rarely the worker checks whether the campaign goes on."""
    renew, renewals = HeldLeases.renew, 0

    async def count(self: HeldLeases, *args: Any, **options: Any) -> AsyncIterator[Any]:
        nonlocal renewals
        renewals += 1
        async for lost in renew(self, *args, **options):
            yield lost

    monkeypatch.setattr(HeldLeases, "renew", count)
    monkeypatch.setattr(runner, "LOOK_INTERVAL_S", 60.0)
    campaign = deployment.campaign(count=20)
    fault = deployment.emulator.faults.delay(1.0)
    await deployment.submit(campaign, parallel=2)
    await deployment.work(1, lease_s=0.8)
    await settled(lambda: fault.hits > 0 and renewals >= 3, "the lease is not renewed")
    deployment.emulator.faults.clear()
    assert (await ended(campaign)).sent == 20
    assert deployment.messages() == once_each(20)
