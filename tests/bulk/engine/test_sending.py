"""Recipients that are refused: what is true of them, and what has to be asked first."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from tests.bulk.conftest import FAST, accounts, each_got, snapshot, until
from tests.bulk.engine.test_runner import kill
from tests.families.conftest import client_of
from tim_async import TextElem, TimClient
from tim_async.bulk import Message, Template
from tim_async.bulk._engine import verification
from tim_async.bulk._ledger.chunks import ChunkStore
from tim_async.bulk._ledger.schema import RecipientState
from tim_async.emulator import Emulator
from tim_async.errors import LedgerError
from tim_async.families.c2c import C2C
from tim_async.models.c2c import BatchFailure

SINGLE, BATCH = "openim/sendmsg", "openim/batchsendmsg"
BOTH = pytest.mark.parametrize(("lanes", "command"), [("single", SINGLE), ("batch", BATCH)])


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
    [told] = [each async for each in campaign().outcomes()]
    assert told.info.startswith("it may have been sent; a later attempt was refused with 80001")
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
    """The repeat is refused here, before it is sent: that says nothing of what was sent before."""
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
    """It may have the message all the same; in the end everybody has it once."""
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
    """They wait for the time at which the history tells the truth, in as many chunks; the next run asks."""
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


@pytest.fixture
async def strict(clock):
    """An emulator that knows 15 of 20."""
    async with Emulator(rate_limits={"*": 100_000}, clock=clock) as emulator:
        emulator.add_accounts(*accounts(15))
        yield emulator


IMPORT = "im_open_login_svc/multiaccount_import"


async def test_killed_while_those_who_were_refused_are_imported(strict, campaign, ledger):
    """The batch is over: nobody of it is sent to a second time under its identity; the others are imported again."""
    left = ledger.with_name("left.db")
    options = {"recipients": accounts(20), "message": "Hi", "batch_size": 20, "import_missing": True}
    async with client_of(strict, rate_limits=FAST) as client:
        fault = strict.faults.delay(60.0, command=IMPORT)
        running = asyncio.create_task(campaign(**options).run(client))
        await until(lambda: fault.hits > 0)
        snapshot(ledger, left)
        running.cancel()
        await asyncio.wait([running])
        strict.faults.clear()
        assert [(row.state, row.code) async for row in campaign(ledger=left).outcomes()] == [
            *[("sent", None)] * 15,
            *[("planned", 70107)] * 5,
        ]
        report = await campaign(**options, ledger=left).run(client)
    assert report.is_complete
    assert each_got(strict) == {1: 20}
    marks = {message.to_account: (message.msg_seq, message.msg_random) for message in strict.messages()}
    assert len(set(marks.values())) == 2
    assert marks["u0"] == marks["u14"] != marks["u15"] == marks["u19"]


@BOTH
async def test_import_that_fails_is_the_reason(strict, campaign, lanes, command):
    strict.faults.answer(70402, command=IMPORT)
    async with client_of(strict, rate_limits=FAST) as client:
        options = {"recipients": accounts(20), "message": "Hi", "import_missing": True, "lanes": lanes}
        report = await campaign(**options).run(client)
        assert (report.sent, report.failed, report.left) == (15, 5, 0)
        told = {row.info async for row in campaign().outcomes() if row.state == "failed"}
        assert len(told) == 1
        assert told.pop().startswith("importing it failed: the service answered 70402")
        strict.faults.clear()
        assert (await campaign(retry_failed=True, import_missing=True).run(client)).is_complete
    assert each_got(strict) == {1: 20}


async def test_stopped_while_importing_it_ends_at_once(strict, campaign):
    fault = strict.faults.delay(60.0, command=IMPORT)
    options = {"recipients": accounts(20), "message": "Hi", "batch_size": 20, "import_missing": True}
    async with client_of(strict, rate_limits=FAST) as client:
        first = campaign(**options)
        running = asyncio.create_task(first.run(client))
        await until(lambda: fault.hits > 0)
        first.stop()
        report = await asyncio.wait_for(running, 10)
        assert (report.sent, report.failed, report.left, report.in_flight) == (15, 0, 5, 0)
        strict.faults.clear()
        assert (await campaign(**options).run(client)).is_complete
    assert each_got(strict) == {1: 20}


async def test_batch_that_was_settled_in_part_is_not_repeated_to_the_others(emulator, client, campaign, ledger):
    """Some were refused while in doubt, and the process died: whoever is left is verified, under the old identity."""
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


def from_whom(name):
    return Message(msg_body=[TextElem(text="x")], from_account=name)


@BOTH
@pytest.mark.parametrize("import_missing", [True, False])
async def test_sender_that_is_not_imported_stops_it_and_blames_nobody(strict, campaign, lanes, command, import_missing):
    strict.add_accounts(*accounts(1500))
    options = {"recipients": accounts(1500), "message": from_whom("ghost"), "lanes": lanes}
    async with client_of(strict, rate_limits=FAST) as client:
        report = await campaign(**options, import_missing=import_missing).run(client)
        assert report.status == "stopped"
        assert report.reason.startswith(f"the sender 'ghost' is not imported: {command}: the service answered ")
        assert (report.sent, report.failed, report.unknown, report.in_flight) == (0, 0, 0, 0)
        assert strict.count("im_open_login_svc/account_check") == 1
        assert strict.count(IMPORT) == 0
        strict.add_accounts("ghost")
        assert (await campaign().run(client)).is_complete
    assert each_got(strict) == {1: 1500}


async def test_recipients_that_are_not_imported_are_not_taken_for_the_sender(strict, campaign):
    """20003 may mean either: the service is asked, once, and not at all about one that it took a message from."""
    strict.add_accounts("shop")
    strict.faults.answer(20003, command=SINGLE, times=40)
    options = {"recipients": accounts(15), "message": from_whom("shop"), "lanes": "single"}
    async with client_of(strict, rate_limits=FAST) as client:
        report = await campaign(**options).run(client)
        assert (report.status, report.failed) == ("done", 15)
        assert strict.count("im_open_login_svc/account_check") == 1
        strict.faults.clear()
        strict.faults.answer(20003, command=SINGLE, after_calls=5)
        report = await campaign(retry_failed=True, concurrency=1, lanes="single").run(client)
        assert (report.sent, report.failed) == (5, 10)
    assert strict.count("im_open_login_svc/account_check") == 1


async def test_function_that_names_a_sender_nobody_knows(strict, campaign, ledger):
    """One such message fails alone, with the reason; as many in a row as of any other refusal stop the campaign."""
    strict.add_accounts(*accounts(300), "shop")

    def make(recipient):
        return from_whom("ghost" if recipient.account in bad else "shop")

    bad = {"u3"}
    async with client_of(strict, rate_limits=FAST) as client:
        report = await campaign(recipients=accounts(10), message=make, import_missing=True).run(client)
        assert (report.status, report.sent, report.failed) == ("done", 9, 1)
        [told] = [row async for row in campaign().outcomes() if row.state == "failed"]
        assert (told.code, told.info) == (20003, "the sender 'ghost' is not imported")
        assert strict.count(IMPORT) == 0
        bad = set(accounts(300))
        options = {"recipients": accounts(300), "message": make, "ledger": ledger.with_name("two.db")}
        report = await campaign(**options).run(client)
    assert report.status == "stopped"
    assert 100 <= report.failed < 300


async def test_sender_that_cannot_be_asked_about(strict, campaign):
    strict.faults.answer(70402, command="im_open_login_svc/account_check")
    async with client_of(strict, rate_limits=FAST) as client:
        report = await campaign(recipients=accounts(15), message=from_whom("ghost"), lanes="single").run(client)
    assert (report.status, report.failed) == ("done", 15)


async def test_ledger_that_fails_all_who_settle_ends_the_run(client, campaign, ledger, monkeypatch):
    monkeypatch.setattr(verification, "_MAX_WAITING", 5)
    await campaign(recipients=accounts(60), message=Template("Hi $account"), batch_size=1).run(client)
    with sqlite3.connect(ledger) as connection:  # as an earlier run left it that asked nobody
        body = '{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"Hi"}}]}'
        connection.execute("UPDATE tim_bulk_recipients SET state = ?, body = ?", (int(RecipientState.UNKNOWN), body))
        connection.execute("UPDATE tim_bulk_chunks SET since = since - 500")
    connection.close()
    apply, left = ChunkStore.apply, 3

    async def failing(self, *args):
        nonlocal left
        left -= 1
        if left >= 0:
            return await apply(self, *args)
        await asyncio.sleep(0.01)
        raise LedgerError("the disk is full")

    monkeypatch.setattr(ChunkStore, "apply", failing)
    async with asyncio.timeout(10):
        with pytest.raises(LedgerError, match="the disk is full"):
            await campaign(batch_size=1).run(client)
