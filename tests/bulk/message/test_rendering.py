"""Functions that make messages: what they cost, and that none of them holds up a campaign for ever."""

from __future__ import annotations

import asyncio

import pytest

from tests.bulk.conftest import accounts, each_got, until
from tim_async import LedgerError, UsageError
from tim_async.bulk import Campaign
from tim_async.bulk._ledger.chunks import ChunkStore
from tim_async.bulk._ledger.writer import LedgerWriter
from tim_async.bulk._message import rendering


async def failures(campaign):
    return {each.account: each.info async for each in campaign().outcomes() if each.state == "failed"}


async def ended(run):
    """Return the result of a run; only a hanging one takes this long, even on a busy machine."""
    async with asyncio.timeout(60):
        return await run


class Meeting:
    """Makes a message once a number of them are being made at a time; notes the most that there were."""

    def __init__(self, wanted):
        self._wanted = wanted
        self._met = asyncio.Event()
        self._running = self.most = 0

    async def __call__(self, recipient):
        self._running += 1
        self.most = max(self.most, self._running)
        if self._running == self._wanted:
            self._met.set()
        await self._met.wait()
        await asyncio.sleep(0.01)  # as if a database was asked: one too many would be seen beside the others
        self._running -= 1
        return f"Hi {recipient.account}"


@pytest.mark.parametrize(
    ("concurrency", "options"),
    [pytest.param(12, {}, id="of a chunk"), pytest.param(30, {"batch_size": 1}, id="of chunks of one")],
)
async def test_functions_run_side_by_side_as_many_as_there_are_calls(emulator, client, campaign, concurrency, options):
    make = Meeting(concurrency)
    spring = campaign(recipients=accounts(120), message=make, message_version="1", concurrency=concurrency, **options)
    assert (await ended(spring.run(client))).is_complete
    assert each_got(emulator) == {1: 120}
    assert make.most == concurrency


async def test_plan_of_a_function_keeps_to_the_concurrency(campaign):
    running, most = 0, 0

    async def make(recipient):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return "Hi" if recipient.account != "u7" else 7

    plan = await ended(campaign(recipients=accounts(300), message=make, concurrency=3).plan())
    assert (plan.is_sample, plan.not_made, most) == (True, 1, 3)
    assert plan.why_not_made.startswith("u7: a message is a text")


async def test_error_with_what_is_no_character_fails_that_recipient(emulator, client, campaign):
    def make(recipient):
        if recipient.account == "u3":
            raise ValueError("no file \udcff\0")
        return "Hi"

    report = await ended(campaign(recipients=accounts(20), message=make).run(client))
    assert (report.status, report.sent, report.failed) == ("done", 19, 1)
    assert await failures(campaign) == {"u3": "the function raised ValueError: no file \\udcff\\0"}


async def test_function_that_awaits_what_was_cancelled_fails_that_recipient(emulator, client, campaign):
    async def make(recipient):
        if recipient.account == "u3":
            waited_for = asyncio.ensure_future(asyncio.sleep(60))
            waited_for.cancel()
            await waited_for
        return "Hi"

    report = await ended(campaign(recipients=accounts(20), message=make).run(client))
    assert (report.status, report.sent, report.failed) == ("done", 19, 1)
    assert await failures(campaign) == {"u3": "the function was cancelled from inside"}


async def test_function_that_takes_too_long_fails_that_recipient(emulator, client, campaign):
    async def make(recipient):
        if recipient.account == "u3":
            await asyncio.Event().wait()
        if recipient.account == "u4":
            raise TimeoutError("its own")
        return "Hi"

    report = await ended(campaign(recipients=accounts(20), message=make, message_timeout_s=0.05).run(client))
    assert (report.status, report.sent, report.failed) == ("done", 18, 2)
    assert await failures(campaign) == {
        "u3": "the function took longer than 0.05 s",
        "u4": "the function raised TimeoutError: its own",
    }


async def test_stop_does_not_wait_for_a_function_that_hangs(emulator, client, campaign):
    begun = []

    async def make(recipient):
        begun.append(recipient)
        if recipient.account >= "u3":
            await asyncio.Event().wait()
        return "Hi"

    first = campaign(recipients=accounts(300), message=make, concurrency=10)
    running = asyncio.create_task(first.run(client))
    await until(lambda: len(begun) >= 10)
    first.stop()
    report = await ended(running)
    assert (report.status, report.failed, report.unknown, report.in_flight) == ("interrupted", 0, 0, 0)
    again = await ended(campaign(message=lambda _: "Hi", message_version=None, change_message=True).run(client))
    assert again.is_complete
    assert each_got(emulator) == {1: 300}


async def test_stop_begins_nothing_that_was_made(emulator, client, campaign, monkeypatch):
    """Others wait with their messages while one queues: what they would write ahead now is not going to be sent."""
    start, stopped, begun = LedgerWriter.start, False, []

    async def note(self, wanted):
        begun.append(stopped)
        return await start(self, wanted)

    monkeypatch.setattr(LedgerWriter, "start", note)
    emulator.faults.delay(0.05, after=True)
    first = campaign(recipients=accounts(300), message=lambda _: "Hi", concurrency=1, batch_size=5)
    running = asyncio.create_task(first.run(client))
    await until(lambda: len(emulator.messages()) >= 3)
    stopped = first.stop()
    report = await ended(running)
    assert (report.status, report.in_flight) == ("interrupted", 0)
    assert begun
    assert not any(begun)


async def test_stop_leaves_behind_a_function_that_will_not_end(emulator, client, campaign, monkeypatch):
    monkeypatch.setattr(rendering, "_CANCEL_TIMEOUT_S", 0.05)
    release, begun = asyncio.Event(), asyncio.Event()

    async def make(recipient):
        begun.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return "Hi"

    first = campaign(recipients=accounts(1), message=make, message_version="1")
    running = asyncio.create_task(first.run(client))
    await begun.wait()
    first.stop()
    report = await ended(running)
    release.set()
    assert (report.status, report.sent) == ("interrupted", 0)


@pytest.mark.parametrize("failure", [ValueError("who knows"), LedgerError("the ledger is gone")], ids=["any", "ours"])
async def test_whatever_the_ledger_raises_ends_the_run(client, campaign, monkeypatch, failure, emulator):
    async def fail(self, campaign_id, changes):
        raise failure

    monkeypatch.setattr(ChunkStore, "apply", fail)
    with pytest.raises(LedgerError, match=r"cannot be written: ValueError: who knows|the ledger is gone"):
        await ended(campaign(recipients=accounts(20), message="Hi").run(client))
    assert emulator.messages() == []


@pytest.mark.parametrize("name", ["spr\udcffng", "spr\0ing"])
def test_name_that_cannot_be_written_is_refused(ledger, name):
    with pytest.raises(UsageError, match="contains a NUL or is not valid Unicode text") as caught:
        Campaign(name, ledger=ledger)
    assert caught.value.field == "name"
