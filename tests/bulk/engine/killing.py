"""Campaigns that are killed: for the ledger, that is to be left as it was committed at that moment.

What was in transit arrives all the same. `kill` does that to a campaign of this process, at an exact place;
`test_killed_process` does it to a whole process.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.bulk.conftest import accounts, snapshot, until
from tim_async import TimClient
from tim_async.bulk import Campaign, Template
from tim_async.emulator import Emulator


async def kill(campaign: Campaign, client: TimClient, emulator: Emulator, ledger: Path, *, after: int) -> None:
    """Run a campaign until this many messages arrived, and leave the ledger as a killed process leaves it."""
    left = ledger.with_name("left.db")
    running = asyncio.create_task(campaign.run(client))
    await until(lambda: len(emulator.messages()) >= after or running.done())
    snapshot(ledger, left)
    emulator.faults.drop()  # nothing that is sent from here on arrives
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    emulator.faults.clear()
    for name in (ledger.name, ledger.name + "-wal", ledger.name + "-shm"):
        ledger.with_name(name).unlink(missing_ok=True)
    left.rename(ledger)


def personal(count: int) -> dict[str, Any]:
    return {
        "recipients": [{"account": f"u{i}", "name": f"N{i}"} for i in range(count)],
        "message": Template("Hi $name"),
    }


def same(count: int, **options: Any) -> dict[str, Any]:
    return {"recipients": accounts(count), "message": "Hi", **options}


KINDS = [
    pytest.param(personal(150), id="single"),
    pytest.param(same(400, batch_size=20), id="batch"),
    pytest.param(same(400, lanes="both", batch_size=20), id="both"),
]


async def slow_answers(emulator: Emulator) -> None:
    """Let answers come late, so that many are on their way when the process dies."""
    emulator.faults.delay(0.05, after=True)
