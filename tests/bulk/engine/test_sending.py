"""Refused recipients: their outcome, and what must be checked first."""

from __future__ import annotations

import sqlite3

import pytest

from tests.bulk.conftest import FAST, accounts, each_got
from tests.bulk.engine.killing import kill
from tests.bulk.engine.lanes import BATCH, BOTH
from tests.families.conftest import client_of
from tim_async import TimClient
from tim_async.bulk import Template
from tim_async.bulk._engine import verification
from tim_async.bulk._ledger.chunks import ChunkStore
from tim_async.families.c2c import C2C
from tim_async.models.c2c import BatchFailure


@pytest.fixture(autouse=True)
def settled_at_once(monkeypatch):
    monkeypatch.setattr(verification, "SETTLED_AFTER_S", 0.0)


def refuse_after(emulator, command, *, is_delivered):
    """Lose the answer to the first attempt, or the attempt itself, and refuse the second."""
    emulator.faults.drop(after=is_delivered, times=1, command=command)
    emulator.faults.answer(80001, times=1, command=command)


@BOTH
async def test_refused_after_a_lost_answer_and_delivered(emulator, client, campaign, lanes, command):
    refuse_after(emulator, command, is_delivered=True)
    report = await campaign(recipients=accounts(5), message="Hi", lanes=lanes, concurrency=1).run(client)
    assert report.is_complete
    assert emulator.count("openim/admin_getroammsg") > 0
    report = await campaign(retry_failed=True).run(client)
    assert each_got(emulator) == {1: 5}


@BOTH
async def test_refused_after_a_lost_answer_and_not_delivered(emulator, client, campaign, lanes, command):
    refuse_after(emulator, command, is_delivered=False)
    report = await campaign(recipients=["bob"], message="Hi", lanes=lanes).run(client)
    assert (report.failed, report.unknown, [each.code for each in report.codes]) == (1, 0, [80001])
    assert emulator.count("openim/admin_getroammsg") > 0
    report = await campaign(retry_failed=True).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: 1}


@BOTH
async def test_refused_after_a_lost_answer_and_not_to_be_asked_about(emulator, client, campaign, lanes, command):
    refuse_after(emulator, command, is_delivered=True)
    report = await campaign(recipients=["bob"], message="Hi", lanes=lanes, on_unknown="skip").run(client)
    assert (report.sent, report.failed, report.unknown) == (0, 0, 1)
    [found] = [each async for each in campaign().outcomes()]
    assert found.info.startswith("it may have been sent; a later attempt was refused with 80001")
    await campaign(retry_failed=True, on_unknown="skip").run(client)
    assert each_got(emulator) == {1: 1}


async def test_refused_after_a_lost_answer_and_to_be_sent_anyway(emulator, client, campaign):
    refuse_after(emulator, BATCH, is_delivered=True)
    report = await campaign(recipients=["bob"], message="Hi", on_unknown="send").run(client)
    assert report.is_complete
    assert each_got(emulator) == {2: 1}


async def test_refused_each_time_and_to_be_sent_anyway_ends(emulator, client, campaign):
    for _ in range(10):
        refuse_after(emulator, BATCH, is_delivered=True)
    report = await campaign(recipients=["bob"], message="Hi", on_unknown="send").run(client)
    assert (report.status, report.unknown, report.left) == ("done", 1, 0)


async def test_limit_that_was_lowered_does_not_undo_a_delivery(emulator, client, campaign, ledger):
    """The repeat is refused here, before it is sent: that says nothing about the earlier attempt."""
    options = {"recipients": accounts(150), "message": Template("Hi $account " + "x" * 900)}
    emulator.faults.delay(0.05, after=True)
    await kill(campaign(**options), client, emulator, ledger, after=60)
    emulator.faults.clear()
    arrived = len(emulator.messages())
    async with client_of(emulator, rate_limits=FAST, body_limit=500) as small:
        report = await campaign().run(small)
    assert report.sent == arrived > 0
    assert report.failed == 150 - arrived
    assert max(each_got(emulator)) == 1


async def test_one_of_a_batch_with_trouble_inside(emulator, client, campaign, monkeypatch):
    """It may have the message all the same; in the end each recipient has it once."""
    call, troubled = TimClient.call, {"u1": True, "u2": False}

    async def trouble(self, endpoint, request):
        if endpoint is not C2C.send_batch or not troubled:
            return await call(self, endpoint, request)
        kept = [account for account in request.to_account if troubled.get(account) is not False]
        request.to_account = kept
        result = await call(self, endpoint, request)
        result.error_list = [BatchFailure(to_account=account, error_code=91000) for account in troubled]
        troubled.clear()
        return result

    monkeypatch.setattr(TimClient, "call", trouble)
    report = await campaign(recipients=accounts(5), message="Hi").run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: 5}


async def test_stop_with_many_in_doubt_takes_few_commits(emulator, client, campaign, monkeypatch):
    """They wait for the time at which the history is complete, in as many chunks; the next run asks."""
    call, apply, commits = TimClient.call, ChunkStore.apply, 0

    async def trouble(self, endpoint, request):
        result = await call(self, endpoint, request)
        if endpoint is C2C.send_batch:
            result.error_list = [BatchFailure(to_account=request.to_account[0], error_code=91000)]
        return result

    async def count(self, campaign_id, changes):
        nonlocal commits
        commits += 1
        return await apply(self, campaign_id, changes)

    monkeypatch.setattr(TimClient, "call", trouble)
    monkeypatch.setattr(verification, "SETTLED_AFTER_S", 120.0)
    first = campaign(recipients=accounts(200), message="Hi", batch_size=2)

    def watch(progress):
        if progress.sent == 100:
            monkeypatch.setattr(ChunkStore, "apply", count)
            first.stop()

    report = await first.run(client, on_progress=watch, progress_every_s=0.01)
    assert (report.sent, report.in_flight) == (100, 100)
    assert commits <= 5
    monkeypatch.setattr(TimClient, "call", call)
    monkeypatch.setattr(verification, "SETTLED_AFTER_S", 0.0)
    assert (await campaign().run(client)).is_complete
    assert each_got(emulator) == {1: 200}


async def test_batch_that_was_settled_in_part_is_not_repeated_to_the_others(emulator, client, campaign, ledger):
    """Some were refused while in doubt, and the process died: the others are verified, under the old identity."""
    options = {"recipients": accounts(20), "message": "Hi", "batch_size": 20}
    emulator.faults.delay(0.05, after=True)
    await kill(campaign(**options), client, emulator, ledger, after=20)
    emulator.faults.clear()
    with sqlite3.connect(ledger) as file:
        file.execute("UPDATE tim_bulk_recipients SET state = 1 WHERE ordinal < 15")
    file.close()
    report = await campaign(**options).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: 20}
    assert emulator.count(BATCH) == 1
    assert emulator.count("openim/admin_getroammsg") == 5
