"""batchsendmsg: its codes from their causes, the outcome for each recipient, repeats, limits."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import NOW, SEND, message, running, text
from tim_async.emulator import Emulator

BATCH = "openim/batchsendmsg"
FLOOD = [f"u{number}" for number in range(501)]


def batch(*recipients: object, **changes: object) -> dict[str, object]:
    return message(To_Account=list(recipients or ("bob", "carol")), **changes)


@pytest.fixture
async def crowd(api):
    api.emulator.add_accounts("carol", "dave")
    await api.call("im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": "dave"}]})
    return api


CODES = {
    "all is well": (batch(), 0),
    "To_Account missing": (message(To_Account=None), 90028),
    "To_Account a string": (message(To_Account="bob"), 90028),
    "To_Account empty": (message(To_Account=[]), 90029),
    "To_Account of 500": (batch("bob", *FLOOD[:499]), 0),
    "To_Account of 501": (batch(*FLOOD), 90011),
    "an entry a number": (batch("bob", 5), 90028),
    "an entry of 33 bytes": (batch("bob", "x" * 33), 90010),
    "no recipient imported": (batch("x", "y"), 90012),
    "only the deleted one": (batch("dave"), 90012),
    "From_Account unknown": (batch(From_Account="stranger"), 90008),
    "From_Account a number": (batch(From_Account=1), 90008),
    "MsgRandom missing": (batch(MsgRandom=None), 90005),
    "MsgSeq a string": (batch(MsgSeq="1"), 90004),
    "MsgBody missing": (batch(MsgBody=None), 90007),
    "MsgBody empty": (batch(MsgBody=[]), 90010),
    "element malformed": (batch(MsgBody=[{}]), 90002),
    "MsgLifeTime over 7 days": (batch(MsgLifeTime=604_801), 90026),
    "OnlineOnlyFlag 2": (batch(OnlineOnlyFlag=2), 90010),
}


@pytest.mark.parametrize(("body", "code"), CODES.values(), ids=CODES)
async def test_code(crowd, body, code):
    answer = await crowd.call(BATCH, body)
    assert answer["ErrorCode"] == code
    assert ("MsgKey" in answer) == (code == 0)
    if code:
        assert answer["ErrorInfo"]
        assert "ErrorList" not in answer
        assert crowd.emulator.messages() == []


async def test_every_recipient_gets_it_under_one_key(crowd):
    answer = await crowd.call(BATCH, batch(CloudCustomData="c"))
    assert answer["ActionStatus"] == "OK"
    assert answer["MsgKey"] == f"1_2_{NOW}"
    assert answer["MsgId"]
    assert {"ErrorList", "MsgTime"} & set(answer) == set()
    stored = crowd.emulator.messages()
    assert [each.to_account for each in stored] == ["bob", "carol"]
    assert {(each.from_account, each.msg_key, each.cloud_custom_data) for each in stored} == {
        ("alice", answer["MsgKey"], "c")
    }
    assert crowd.emulator.history("alice", "carol") == crowd.emulator.history("carol", "alice") == stored[1:]


async def test_some_fail_and_each_says_why(crowd):
    answer = await crowd.call(BATCH, batch("stranger", "bob", "dave"))
    assert (answer["ActionStatus"], answer["ErrorCode"]) == ("SomeError", 0)
    assert answer["ErrorList"] == [
        {"To_Account": "stranger", "ErrorCode": 70107},
        {"To_Account": "dave", "ErrorCode": 90048},
    ]
    assert [each.to_account for each in crowd.emulator.messages()] == ["bob"]


async def test_repeat_reaches_only_those_who_have_it_not(crowd):
    first = await crowd.call(BATCH, batch("bob", "erin"))
    crowd.emulator.add_accounts("erin")
    crowd.clock.now += 119.9
    again = await crowd.call(BATCH, batch("bob", "erin", "carol"))
    assert again["ActionStatus"] == "OK"
    assert again["MsgKey"] == first["MsgKey"]
    assert [each.to_account for each in crowd.emulator.messages()] == ["bob", "erin", "carol"]
    assert [each.msg_time_stamp for each in crowd.emulator.messages()] == [NOW, NOW + 119, NOW + 119]


async def test_repeat_is_answered_as_the_first(crowd):
    first = await crowd.call(BATCH, batch())
    crowd.clock.now += 119.9
    assert await crowd.call(BATCH, batch()) == first
    crowd.clock.now += 0.1
    later = await crowd.call(BATCH, batch())
    assert later["MsgKey"] != first["MsgKey"]
    assert len(crowd.emulator.messages()) == 4


async def test_account_given_twice_gets_it_once(crowd):
    assert await crowd.code(BATCH, batch("bob", "bob", "carol")) == 0
    assert [each.to_account for each in crowd.emulator.messages()] == ["bob", "carol"]


async def test_sendmsg_and_batchsendmsg_know_each_others_messages(crowd):
    single = await crowd.call(SEND, message())
    answer = await crowd.call(BATCH, batch())
    assert answer["MsgKey"] == single["MsgKey"]
    assert [each.to_account for each in crowd.emulator.messages()] == ["bob", "carol"]


async def test_key_is_new_in_the_conversations_of_all_recipients(crowd):
    await crowd.call(SEND, message(To_Account="carol", MsgBody=[text("other")]))
    answer = await crowd.call(BATCH, batch())
    keys = [each.msg_key for each in crowd.emulator.messages()]
    assert keys == [f"1_2_{NOW}", answer["MsgKey"], answer["MsgKey"]]
    assert len(set(keys)) == 2


@pytest.mark.parametrize("field", [{"OnlineOnlyFlag": 1}, {"MsgLifeTime": 0}], ids=str)
async def test_online_only_is_not_stored(crowd, field):
    assert (await crowd.call(BATCH, batch(**field)))["MsgKey"]
    assert crowd.emulator.messages() == []


async def test_not_synced_to_the_sender(crowd):
    await crowd.call(BATCH, batch("bob", "alice", SyncOtherMachine=2))
    assert crowd.emulator.history("alice", "bob") == []
    assert len(crowd.emulator.history("bob", "alice")) == 1
    assert len(crowd.emulator.history("alice", "alice")) == 1, "what one sends oneself is received, too"


async def test_no_webhook_is_asked(crowd):
    crowd.emulator.before_send = lambda message: False
    assert await crowd.code(BATCH, batch()) == 0


async def test_auto_import_imports_unknown_accounts():
    async with running(auto_import=True) as api:
        assert (await api.call(BATCH, batch("eve", "mallory")))["ActionStatus"] == "OK"
        assert {"eve", "mallory"} <= set(api.emulator.accounts)


async def test_deliveries_and_calls_are_counted_apart():
    async with running(tolerance=0) as api:
        emulator: Emulator = api.emulator
        emulator.add_accounts(*FLOOD)
        for number in range(24):
            assert await api.code(BATCH, batch(*FLOOD[:500], MsgSeq=number)) == 0
        assert await api.code(BATCH, batch("bob", MsgSeq=99)) == 90057
        api.clock.now += 60
        for number in range(200):
            assert await api.code(BATCH, batch("bob", MsgSeq=number)) == 0
        assert await api.code(BATCH, batch("bob", MsgSeq=999)) == 60007
