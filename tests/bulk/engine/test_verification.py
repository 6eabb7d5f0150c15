"""Recipients that may have the message when a repeat would no longer be recognised: what the history shows."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from tests.bulk.conftest import accounts, each_got, snapshot, until
from tests.bulk.engine.killing import KINDS, kill, personal, slow_answers
from tim_async import LedgerError
from tim_async.bulk import Message, Template
from tim_async.bulk._engine import context, verification
from tim_async.bulk._ledger.chunks import ChunkStore
from tim_async.bulk._ledger.schema import RecipientState
from tim_async.families.c2c import C2C
from tim_async.models.elements import TextElem


@pytest.mark.parametrize("options", KINDS)
async def test_killed_and_run_again_when_repeats_are_no_longer_recognised(
    emulator, client, campaign, ledger, options, clock
):
    await slow_answers(emulator)
    await kill(campaign(**options), client, emulator, ledger, after=60)
    clock.ahead = 300.0  # the emulator has forgotten the identities: sent again, a message would be a second one
    emulator.faults.clear()
    report = await campaign(**options).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: report.total}
    assert emulator.count("openim/admin_getroammsg") > 0
    found = {each.account: each async for each in campaign().outcomes()}
    for message in emulator.messages():
        assert found[message.to_account].msg_key == message.msg_key


async def test_messages_that_the_emulator_keeps_no_more_are_found_all_the_same(
    emulator, client, campaign, ledger, clock
):
    """A rehearsal of many messages: those in doubt have made room for newer ones by the time of the next run."""
    options = personal(150)
    await slow_answers(emulator)
    await kill(campaign(**options), client, emulator, ledger, after=60)
    reached = [each.to_account for each in emulator.messages()]
    clock.ahead = 300.0
    emulator.faults.clear()
    emulator._state.max_messages = 1
    await client.c2c.send_text("somebody", "one more")
    assert len(emulator.messages()) == 1
    report = await campaign(**options).run(client)
    assert report.is_complete
    assert {len(emulator.history(account, "administrator")) for account in reached} == {1}


@pytest.mark.parametrize("options", KINDS)
async def test_on_unknown_skip_says_unknown_exactly_where_it_is(emulator, client, campaign, ledger, options, clock):
    await slow_answers(emulator)
    await kill(campaign(**options), client, emulator, ledger, after=60)
    in_flight = {each.account async for each in campaign().outcomes() if each.state == "in_flight"}
    clock.ahead = 300.0
    emulator.faults.clear()
    report = await campaign(**options, on_unknown="skip").run(client)
    assert report.unknown == len(in_flight) > 0
    assert {each.account async for each in campaign().outcomes() if each.state == "unknown"} == in_flight
    assert max(each_got(emulator)) == 1
    # The next run may want to know.
    report = await campaign(**options).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: report.total}


async def test_on_unknown_send_reaches_all_perhaps_twice(emulator, client, campaign, ledger, clock):
    options = personal(150)
    await slow_answers(emulator)
    await kill(campaign(**options), client, emulator, ledger, after=60)
    clock.ahead = 300.0
    emulator.faults.clear()
    report = await campaign(**options, on_unknown="send").run(client)
    assert report.is_complete
    assert set(each_got(emulator)) == {1, 2}


@pytest.mark.parametrize("options", KINDS[:2])
async def test_clock_that_was_put_back_is_not_believed(emulator, client, campaign, ledger, options, clock, monkeypatch):
    """An hour has passed but the clock shows an earlier time than before: that is no reason to repeat."""
    monkeypatch.setattr(context, "SETTLED_AFTER_S", context.REPEAT_WITHIN_S)
    monkeypatch.setattr("tim_async.bulk._engine.verification.SETTLED_AFTER_S", context.REPEAT_WITHIN_S)
    own = type(clock)()
    await slow_answers(emulator)
    await kill(campaign(**options, clock=own), client, emulator, ledger, after=60)
    clock.ahead, own.ahead = 3600.0, -60.0
    emulator.faults.clear()
    report = await campaign(**options, clock=own).run(client)
    assert report.sent == report.total
    # Found in the history: nothing was sent a second time to those in flight.
    doubled = each_got(emulator)
    assert doubled == {1: report.total}


@pytest.mark.parametrize("options", KINDS[:2])
@pytest.mark.parametrize(
    ("first", "second"),
    [(1800.0, 300.0), (-1500.0, -1200.0), (40_000.0, 40_300.0), (-40_000.0, -39_700.0)],
    ids=["half an hour ahead, then right", "25 min behind", "11 h ahead", "11 h behind"],
)
async def test_clock_that_does_not_agree_with_the_services(
    emulator, client, campaign, ledger, options, clock, monkeypatch, first, second
):
    """The message is in the history at the service's time: a search elsewhere does not prove that it was not sent."""
    monkeypatch.setattr("tim_async.bulk._engine.verification.SETTLED_AFTER_S", context.REPEAT_WITHIN_S)
    own = type(clock)()
    own.ahead = first
    await slow_answers(emulator)
    await kill(campaign(**options, clock=own), client, emulator, ledger, after=60)
    clock.ahead, own.ahead = 300.0, second
    emulator.faults.clear()
    report = await campaign(**options, clock=own).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: report.total}


@pytest.mark.parametrize(
    "message",
    [
        Message(msg_body=[TextElem(text="x")], online_only_flag=1),
        Message(msg_body=[TextElem(text="x")], msg_life_time=0),
    ],
    ids=["online only", "life time 0"],
)
async def test_what_the_history_cannot_show_stays_unknown(emulator, client, campaign, ledger, clock, message):
    options = {"recipients": accounts(150), "message": message, "lanes": "single"}
    emulator.faults.delay(0.05, after=True)
    running = asyncio.create_task(campaign(**options).run(client))
    await until(lambda: emulator.count(C2C.send.command) >= 60)
    snapshot(ledger, ledger.with_name("left.db"))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    clock.ahead = 300.0
    emulator.faults.clear()
    again = campaign(**{**options, "ledger": ledger.with_name("left.db")})
    report = await again.run(client)
    assert report.unknown > 0
    assert report.sent + report.unknown == 150
    assert {each.info async for each in again.outcomes() if each.state == "unknown"} == {
        "it may have been sent; the service does not keep such messages, so its history cannot show it"
    }


async def test_history_that_does_not_reach_so_far_proves_nothing(emulator, client, campaign, ledger, clock):
    options = personal(150)
    await slow_answers(emulator)
    await kill(campaign(**options), client, emulator, ledger, after=60)
    clock.ahead = 6.99 * 86_400
    emulator.faults.clear()
    report = await campaign(**options).run(client)
    assert report.unknown > 0
    assert max(each_got(emulator)) == 1


async def test_message_is_found_in_the_recipients_view_too(emulator, client, campaign, ledger, clock):
    """With SyncOtherMachine 2 it is not in the sender's own history."""
    message = Message(msg_body=[TextElem(text="x")], sync_other_machine=2, from_account="shop")
    options = {"recipients": accounts(400), "message": message, "batch_size": 20}
    await slow_answers(emulator)
    await kill(campaign(**options), client, emulator, ledger, after=60)
    clock.ahead = 300.0
    emulator.faults.clear()
    report = await campaign(**options).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: 400}


@pytest.fixture
def settled_at_once(monkeypatch):
    monkeypatch.setattr(verification, "SETTLED_AFTER_S", 0.0)


async def test_ledger_that_fails_all_verifiers_ends_the_run(client, campaign, ledger, monkeypatch, settled_at_once):
    monkeypatch.setattr(verification, "_MAX_WAITING", 5)
    await campaign(recipients=accounts(60), message=Template("Hi $account"), batch_size=1).run(client)
    with sqlite3.connect(ledger) as connection:  # as an earlier run left it that did not ask
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
    async with asyncio.timeout(60):
        with pytest.raises(LedgerError, match="the disk is full"):
            await campaign(batch_size=1).run(client)
