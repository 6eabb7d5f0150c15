"""Campaigns in front of the emulator, with limits that hold nothing up."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.families.conftest import client_of
from tests.services import own_database
from tim_async import Rate, TimClient
from tim_async.bulk import Campaign
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.records import CampaignRow, Problem
from tim_async.emulator import Emulator

FAST = {
    "openim/sendmsg": 100_000,
    "openim/batchsendmsg": (Rate(6_000_000, 60, cost="to_account", max_cost=500), Rate(100_000)),
    "openim/admin_getroammsg": 100_000,
    "im_open_login_svc/multiaccount_import": 100_000,
}


class Clock:
    """The time of day, and what a test puts it forward by: that of the ledger and of the emulator."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def emulator(clock: Clock) -> AsyncIterator[Emulator]:
    async with Emulator(
        auto_import=True, rate_limits={"*": 100_000}, clock=clock, window_clock=time.monotonic
    ) as emulator:
        yield emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[TimClient]:
    async with client_of(emulator, rate_limits=FAST) as client:
        yield client


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "spring.db"


@pytest.fixture
def campaign(ledger: Path, clock: Clock) -> Callable[..., Campaign]:
    """Make the campaign `spring`."""

    def make(**options: Any) -> Campaign:
        return Campaign("spring", **{"ledger": ledger, "clock": clock, **options})

    return make


async def enter(
    ledger: Ledger, campaign: CampaignRow, rows: Sequence[tuple[str, str | None, int] | Problem]
) -> tuple[int, int]:
    """Plan a campaign with these rows, or add them; return how many recipients were new, and how many duplicates."""
    before = await ledger.campaigns.find(campaign.name)
    assert before is not None
    staging = ledger.staging(before)
    await staging.begin(source="", message="f", limit=8192)
    await staging.add(
        [
            (place, row.line, row.account, None, None, row.reason)
            if isinstance(row, Problem)
            else (place, row[2], row[0], row[1], None, None)
            for place, row in enumerate(rows)
        ]
    )
    await staging.end()
    await staging.sort()
    while await staging.move():
        pass
    await staging.finish()
    after = await ledger.campaigns.find(campaign.name)
    assert after is not None
    return after.recipients - before.recipients, after.duplicates


def accounts(count: int, first: int = 0) -> list[str]:
    return [f"u{index}" for index in range(first, first + count)]


def each_got(emulator: Emulator) -> Counter[int]:
    """How many accounts got how many messages."""
    return Counter(Counter(message.to_account for message in emulator.messages()).values())


@pytest.fixture(params=["file", "server"])
async def place(request: pytest.FixtureRequest, ledger: Path) -> AsyncIterator[str]:
    """A ledger of either kind."""
    if request.param == "file":
        yield str(ledger)
        return
    pytest.importorskip("asyncpg")
    async with own_database() as url:
        yield url


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what happens in the emulator, which reports nothing."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


def snapshot(ledger: Path, target: Path) -> None:
    """Copy the committed state at this moment, as a killed process leaves it."""
    source, copy = sqlite3.connect(ledger), sqlite3.connect(target)
    with source, copy:
        source.backup(copy)
    # A killed process leaves its log as well; this copy is complete without one.
    copy.execute("PRAGMA user_version = 2")
    source.close()
    copy.close()
