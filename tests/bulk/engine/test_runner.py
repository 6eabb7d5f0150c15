"""Runs of campaigns: killed and run again, through trouble of every kind, stopped, and on disks that fail."""

from __future__ import annotations

import asyncio

import pytest

from tests.bulk.conftest import FAST, accounts, each_got, until
from tests.bulk.engine.killing import KINDS, kill, personal, same, slow_answers
from tests.families.conftest import client_of
from tim_async import LedgerError, LocalRateLimiter, RetryPolicy, TimClient
from tim_async.bulk import Template
from tim_async.bulk._engine import context
from tim_async.bulk._ledger.chunks import ChunkStore
from tim_async.bulk._ledger.database import Database
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.families.c2c import C2C


@pytest.mark.parametrize("options", KINDS)
async def test_killed_and_run_again_at_once(emulator, client, campaign, ledger, options):
    await slow_answers(emulator)
    await kill(campaign(**options), client, emulator, ledger, after=60)
    status = await campaign().status()
    assert status.status == "interrupted"
    assert "the process that ran it died" in status.reason
    assert status.in_flight > 0
    before = len(emulator.messages())
    assert before > status.sent  # some were accepted, and the ledger did not come to know
    emulator.faults.clear()
    report = await campaign(**options).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: report.total}


async def test_function_that_says_something_else_the_second_time(emulator, client, campaign, ledger):
    """A repeat sends what was written ahead, not what the function makes now."""
    run = iter("12")
    options = {"recipients": accounts(150)}

    def make_with(number):
        return lambda recipient: f"{recipient.account} of run {number}"

    await slow_answers(emulator)
    first = make_with(next(run))
    await kill(campaign(**options, message=first, message_version="a"), client, emulator, ledger, after=60)
    emulator.faults.clear()
    report = await campaign(**options, message=make_with(next(run)), message_version="a").run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: 150}


def trouble(emulator, rate=0.1, seed=0):
    each = 1 - (1 - rate) ** (1 / 10)
    for index, code in enumerate((20004, 20005, 91000, 90992)):
        emulator.faults.answer(code, rate=each, seed=seed + index)
        emulator.faults.answer(code, after=index % 2 == 0, rate=each / 4, seed=seed + 20 + index)
    emulator.faults.drop(rate=each, seed=seed + 10)
    emulator.faults.drop(after=True, rate=each, seed=seed + 11)
    emulator.faults.status(502, rate=each, seed=seed + 12)
    emulator.faults.status(502, after=True, rate=each, seed=seed + 13)
    emulator.faults.truncate(rate=each, seed=seed + 14)
    emulator.faults.delay(0.1, after=True, rate=each, seed=seed + 15)


@pytest.mark.parametrize("options", KINDS)
async def test_trouble_of_every_kind(emulator, client, campaign, options):
    trouble(emulator, rate=0.3)
    report = await campaign(**options).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: report.total}


@pytest.mark.parametrize("options", KINDS[:2])
async def test_killed_three_times_in_trouble(emulator, client, campaign, ledger, options):
    for index, after in enumerate((40, 80, 120)):
        trouble(emulator, rate=0.2, seed=100 * index)
        await kill(campaign(**options), client, emulator, ledger, after=after)
    trouble(emulator, rate=0.2, seed=400)
    report = await campaign(**options).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: report.total}


@pytest.mark.parametrize("lanes", ["single", "batch"])
@pytest.mark.parametrize(("code", "status"), [(70001, "stopped"), (60010, "stopped"), (60028, "paused")], ids=str)
async def test_some_codes_stop_it_and_it_carries_on_when_they_are_gone(emulator, client, campaign, lanes, code, status):
    command = C2C.send.command if lanes == "single" else C2C.send_batch.command
    emulator.faults.answer(code, command=command, after_calls=5)
    options = same(160, lanes=lanes, batch_size=10)
    report = await campaign(**options).run(client)
    assert report.status == status
    assert str(code) in report.reason
    assert (report.failed, report.unknown, report.in_flight) == (0, 0, 0)
    assert report.sent == len(emulator.messages())
    assert (await campaign().status()).reason == report.reason
    emulator.faults.clear()
    assert (await campaign(**options).run(client)).is_complete
    assert each_got(emulator) == {1: 160}


async def test_repeated_90992_stops_it(emulator, campaign, monkeypatch):
    monkeypatch.setattr(context, "RETRY", RetryPolicy(max_attempts=2, base=0.0, transport="any"))
    emulator.faults.answer(90992)
    async with client_of(emulator, rate_limits=FAST) as client:
        report = await campaign(**personal(200)).run(client)
        assert report.status == "stopped"
        assert "does the app's own webhook answer in time?" in report.reason
        assert report.failed == 0
        emulator.faults.clear()
        assert (await campaign().run(client)).is_complete


async def test_service_that_is_gone_stops_it_and_fails_no_recipient(campaign, monkeypatch, clock):
    monkeypatch.setattr(context, "RETRY", RetryPolicy(max_attempts=2, base=0.0, transport="any"))
    async with Emulator(auto_import=True) as emulator:
        client = client_of(emulator, rate_limits=FAST)
    async with client:
        report = await campaign(**personal(100), patience_s=0.5).run(client)
    assert report.status == "stopped"
    assert "no call has succeeded for" in report.reason
    assert (report.sent, report.failed, report.unknown, report.left, report.in_flight) == (0, 0, 0, 100, 0)


async def test_too_many_calls_slow_it_down(clock, campaign):
    """Another program uses the app's limit: calls are refused, everyone holds back, and in the end all is sent."""
    async with (
        Emulator(auto_import=True, rate_limits={"openim/sendmsg": 30}, tolerance=0.0, clock=clock) as emulator,
        client_of(emulator, rate_limits={"openim/sendmsg": 1000}) as client,
    ):
        seen = []
        report = await campaign(**personal(60)).run(client, on_progress=seen.append)
        assert report.is_complete
        assert each_got(emulator) == {1: 60}
        stats = client.stats()["openim/sendmsg"]
        assert stats.errors["60007"] > 0
        # The progress shows it, from the first cut to the end.
        assert seen[0].in_force == seen[0].cap == stats.configured_rate
        assert not seen[0].is_limited
        assert seen[-1].is_limited
        assert seen[-1].in_force < 0.8 * seen[-1].cap


async def test_message_that_is_refused_for_what_it_says_stops_it(emulator, client, campaign):
    emulator.faults.answer(80001, command=C2C.send.command)
    report = await campaign(**personal(300)).run(client)
    assert report.status == "stopped"
    assert "recipients in a row were refused" in report.reason
    assert 100 <= report.failed < 300
    emulator.faults.clear()
    assert (await campaign(retry_failed=True).run(client)).is_complete


async def test_client_that_is_closed_meanwhile(emulator, campaign):
    client = client_of(emulator, rate_limits=FAST)
    async with client:
        emulator.faults.delay(0.02)
        running = asyncio.create_task(campaign(**personal(200)).run(client))
        await until(lambda: len(emulator.messages()) >= 20)
    report = await running
    assert report.status == "stopped"
    assert "closed" in report.reason
    emulator.faults.clear()
    async with client_of(emulator, rate_limits=FAST) as client:
        assert (await campaign().run(client)).is_complete
    assert each_got(emulator) == {1: 200}


@pytest.mark.parametrize(
    ("pragma", "problem"),
    [("max_page_count={pages}", "the disk is full"), ("query_only=ON", "the file is read-only")],
    ids=["full", "read-only"],
)
async def test_disk_that_does_not_take_more(emulator, client, campaign, ledger, monkeypatch, pragma, problem, clock):
    """Stops with the reason; what was sent is not sent again after the repair, however late that is."""
    apply, write = ChunkStore.apply, Database.write
    commits = 0

    async def count(self, campaign_id, changes):
        nonlocal commits
        commits += 1
        return await apply(self, campaign_id, changes)

    async def strike(self, work, **options):
        def spoiled(connection):
            # Each time again: it holds for a connection, and there may be several.
            if commits >= 4:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                connection.exec_driver_sql("PRAGMA " + pragma.format(pages=pages))
            return work(connection)

        return await write(self, spoiled, **options)

    monkeypatch.setattr(ChunkStore, "apply", count)
    monkeypatch.setattr(Database, "write", strike)
    message = Template("Hi $name " + "x" * 500)
    options = {**personal(400), "message": message, "batch_size": 5}
    with pytest.raises(LedgerError, match=problem) as caught:
        await campaign(**options).run(client)
    assert ledger.name in str(caught.value)
    monkeypatch.setattr(Database, "write", write)
    arrived = {message.to_account for message in emulator.messages()}
    assert 0 < len(arrived) < 400
    begun = {each.account async for each in campaign().outcomes() if each.state in ("sent", "in_flight")}
    assert arrived <= begun  # nothing was sent without being in the ledger
    clock.ahead = 300.0
    report = await campaign(**options).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: 400}


class Counting(LocalRateLimiter):
    """Counts what it grants, and what it granted up to the newest interactive call."""

    grants = 0
    own = 0

    async def acquire(self, claim, slot):
        await super().acquire(claim, slot)
        self.grants += 1
        if claim.priority == "interactive":
            self.own = self.grants


async def test_interactive_call_goes_before_a_campaign_of_50_000(clock, campaign):
    limiter = Counting()
    async with (
        Emulator(auto_import=True, clock=clock) as emulator,
        TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url, limiter=limiter) as client,
    ):
        big = campaign(recipients=accounts(50_000), message="Hi", lanes="single")
        await big.plan()
        running = asyncio.create_task(big.run(client))
        await until(lambda: emulator.count() >= 20)
        worst = 0
        for index in range(10):
            before = limiter.grants
            await client.c2c.send_text(f"urgent{index}", "now")
            worst = max(worst, limiter.own - before)
        big.stop()
        report = await running
    assert report.status == "interrupted"
    assert worst <= 5  # its own is among them
