"""Campaigns that are paused, resumed and cancelled while a process runs them, through the ledger."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.bulk.conftest import Clock, accounts, each_got, until
from tests.bulk.engine.killing import kill
from tim_async import LedgerError, TimClient, UsageError
from tim_async.bulk import Campaign, Recipient, Report
from tim_async.bulk._engine import runner, steered
from tim_async.bulk._engine.context import RunContext
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.sqlite import ClosedMeanwhileError
from tim_async.bulk._ledger.steering import Steering
from tim_async.emulator import Emulator

Make: TypeAlias = Callable[..., Campaign]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look into the ledger more often than in earnest."""
    monkeypatch.setattr(runner, "LOOK_INTERVAL_S", 0.01)
    monkeypatch.setattr(steered, "LOOK_INTERVAL_S", 0.01)


@pytest.fixture
def make(place: str, clock: Clock) -> Make:
    def make(**options: Any) -> Campaign:
        return Campaign("spring", **{"ledger": place, "clock": clock, **options})

    return make


class Held:
    """A message that is made for the first few recipients, and for the others when `free` is set."""

    def __init__(self) -> None:
        self.free = asyncio.Event()

    async def __call__(self, recipient: Recipient) -> str:
        if int(recipient.account.removeprefix("u")) >= 16:  # as many chunks are written ahead at a time
            await self.free.wait()
        return f"Hi {recipient.account}"


def held(count: int, message: Held) -> dict[str, Any]:
    """A campaign that is in the middle of its work until `message` is free."""
    return {"recipients": accounts(count), "message": message, "message_version": "1", "batch_size": 1}


def slow(count: int) -> dict[str, Any]:
    """A campaign that is in the middle of its work for a while."""
    return {"recipients": accounts(count), "message": "Hi", "lanes": "single", "batch_size": 2, "concurrency": 2}


async def at_rest(campaign: Campaign) -> Report:
    """Return the report of a paused campaign when nothing of it is on its way any more."""
    async with asyncio.timeout(20):
        while (report := await campaign.status()).in_flight:  # noqa: ASYNC110 - it is not in this process
            await asyncio.sleep(0.005)
    return report


async def test_paused_from_elsewhere_it_waits_and_goes_on_when_it_is_resumed(
    make: Make, client: TimClient, emulator: Emulator
) -> None:
    message = Held()
    running = asyncio.create_task(make(**held(40, message)).run(client))
    await until(lambda: len(emulator.messages()) >= 5)
    other = make()
    assert await other.pause("the price is wrong")
    assert not await other.pause("again")
    report = await other.status()
    assert (report.status, report.reason) == ("paused", "the price is wrong")
    report = await at_rest(other)
    sent = len(emulator.messages())
    assert 5 <= report.sent == sent < 40
    assert not running.done()
    message.free.set()
    assert await other.resume()
    assert not await other.resume()
    report = await running
    assert (report.status, report.sent, (await other.status()).status) == ("done", 40, "done")
    assert each_got(emulator) == {1: 40}


async def test_cancelled_from_elsewhere_it_ends_for_good(make: Make, client: TimClient, emulator: Emulator) -> None:
    running = asyncio.create_task(make(**held(40, Held())).run(client))
    await until(lambda: len(emulator.messages()) >= 5)
    assert await make().cancel("the wrong list")
    report = await running
    assert (report.status, report.reason) == ("cancelled", "the wrong list")
    assert 5 <= report.sent < 40
    assert not await make().cancel()
    assert not await make().pause()
    with pytest.raises(UsageError, match="was cancelled"):
        await make(message=Held(), message_version="1").run(client)
    assert len(emulator.messages()) == report.sent


@pytest.mark.parametrize("steer", ["resume", "cancel"])
async def test_steered_just_as_it_has_come_to_rest_it_heeds_that(
    make: Make, client: TimClient, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, steer: str
) -> None:
    """Between the runner's end and the check for what to do next."""
    message, keep_counts, rests = Held(), Steering.keep_counts, 0

    async def steered(*args: Any) -> None:
        nonlocal rests
        await keep_counts(*args)
        rests += 1
        if rests == 1:
            message.free.set()
            assert await getattr(make(), steer)()

    monkeypatch.setattr(Steering, "keep_counts", steered)
    running = asyncio.create_task(make(**held(40, message)).run(client))
    await until(lambda: len(emulator.messages()) >= 5)
    assert await make().pause()
    report = await running
    assert report.status == {"resume": "done", "cancel": "cancelled"}[steer]
    assert (report.sent == 40) == (steer == "resume")


async def test_cancelled_while_it_waits_it_ends(make: Make, client: TimClient, emulator: Emulator) -> None:
    running = asyncio.create_task(make(**held(40, Held())).run(client))
    await until(lambda: len(emulator.messages()) >= 5)
    assert await make().pause()
    await at_rest(make())
    assert await make().cancel("enough")
    with suppress(UsageError):  # it waited already
        assert (await running).status == "cancelled"
    assert (await make().status()).status == "cancelled"
    assert len(emulator.messages()) < 40


async def test_pause_holds_where_the_process_is_killed(
    campaign: Make, client: TimClient, emulator: Emulator, ledger: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.faults.delay(0.03)
    await kill(campaign(**slow(40)), client, emulator, ledger, after=10)
    assert await campaign().pause("lunch")
    before = (await campaign().status()).sent
    again = campaign()
    running = asyncio.create_task(again.run(client))
    await until(lambda: "campaign spring is paused (lunch): this process waits" in caplog.text)
    assert again.stop()
    report = await running
    assert (report.status, report.reason, report.sent) == ("paused", "lunch", before)
    # No process waits: the next run does the rest.
    assert await campaign().resume()
    report = await campaign().status()
    assert (report.status, report.reason) == ("interrupted", "it was resumed; run it again to continue")
    assert (await campaign().run(client)).status == "done"
    assert each_got(emulator) == {1: 40}


async def test_what_was_done_when_it_was_paused_is_done(
    make: Make, client: TimClient, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause that comes when all is sent does not keep a process that has nothing to do."""
    settle = RunContext.close

    async def close_late(context: RunContext, number: int) -> None:
        await settle(context, number)
        assert await make().pause()
        await context.pause(20)

    monkeypatch.setattr(RunContext, "close", close_late)
    report = await make(recipients=accounts(3), message="Hi").run(client)
    assert (report.status, report.sent, (await make().status()).status) == ("done", 3, "done")


async def test_what_cannot_be_steered(make: Make, client: TimClient, ledger: Path) -> None:
    with pytest.raises(LedgerError, match=r"does not exist|has no campaign"):
        await make().pause()
    assert not os.path.exists(ledger)  # noqa: ASYNC240
    await make(recipients=accounts(3), message="Hi").plan()
    assert not await make().pause()  # it has not started
    assert not await make().resume()
    await make().run(client)
    assert not await make().pause()
    assert not await make().cancel()


async def test_what_is_written_beside_a_process_that_closes_the_file_is_not_lost(ledger: Path) -> None:
    """Each entry is in the file after both have closed it, in any order: it is marked as closed, and complete."""
    async with Ledger(ledger, purpose="test") as first:
        await first.campaigns.create("spring", kind="fixed", message="{}", fingerprint="f", chunk_size=1, now=1.0)
    for _ in range(20):
        async with Ledger(ledger, purpose="run") as runner:
            row = await runner.campaigns.find("spring")
            assert row is not None
            await runner.campaigns.update(row.id, status="running", paused_at=None)
            beside = Ledger(ledger, purpose="pause", may_be_beside=True)
            await beside.__aenter__()
            assert beside.is_beside
            writing = asyncio.create_task(beside.steering.pause(row.id, "now", now=2.0))
        try:
            is_written = await writing
        except ClosedMeanwhileError:
            is_written = False
        await beside.__aexit__(None, None, None)
        async with Ledger(ledger) as reader:
            row = await reader.campaigns.find("spring")
            assert row is not None
            assert (row.status == "paused") == is_written
        with closing(sqlite3.connect(f"{ledger.as_uri()}?immutable=1", uri=True)) as alone:
            assert alone.execute("PRAGMA user_version").fetchone()[0] % 2 == 0
            [(status,)] = alone.execute("SELECT status FROM tim_bulk_campaigns").fetchall()
            assert (status == "paused") == is_written


async def test_nothing_is_written_beside_a_file_that_is_closed(ledger: Path) -> None:
    runner = Ledger(ledger, purpose="run")
    await runner.__aenter__()
    row = await runner.campaigns.create("spring", kind="fixed", message="{}", fingerprint="f", chunk_size=1, now=1.0)
    await runner.campaigns.update(row.id, status="running")
    async with Ledger(ledger, purpose="pause", may_be_beside=True) as beside:
        await runner.__aexit__(None, None, None)
        with pytest.raises(ClosedMeanwhileError):
            await beside.steering.pause(row.id, "now", now=2.0)
    async with Ledger(ledger) as reader:
        found = await reader.campaigns.find("spring")
        assert found is not None
        assert found.status == "running"


async def test_log_of_a_process_that_dies_is_kept_by_those_that_wrote_beside_it(
    campaign: Make, client: TimClient, emulator: Emulator, ledger: Path
) -> None:
    """A ledger left by a killed process keeps its log, even if another process was the last to close the file."""
    emulator.faults.delay(0.03)
    running = asyncio.create_task(campaign(**slow(40)).run(client))
    await until(lambda: len(emulator.messages()) >= 5)
    left = ledger.parent / "left"
    left.mkdir()
    beside = Ledger(ledger, purpose="pause", may_be_beside=True)
    async with beside:
        row = await beside.campaigns.find("spring")
        assert row is not None
        assert await beside.steering.pause(row.id, "now", now=2.0)
        for name in (ledger.name, f"{ledger.name}-wal"):
            (left / name).write_bytes(ledger.with_name(name).read_bytes())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    async with Ledger(left / ledger.name, purpose="lock"):
        other = Ledger(left / ledger.name, purpose="pause", may_be_beside=True)
        await other.__aenter__()
    await other.__aexit__(None, None, None)
    report = await Campaign("spring", ledger=left / ledger.name).status()
    assert (report.status, report.reason) == ("paused", "now")
