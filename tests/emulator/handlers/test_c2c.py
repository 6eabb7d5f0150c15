"""sendmsg: every code of its list from its cause, storage, duplicates."""

from __future__ import annotations

import msgspec
import pytest

from tests.emulator.conftest import NOW, SEND, message, text
from tim_async.emulator import Emulator
from tim_async.models.elements import RawElem, TextElem

CUSTOM = {"MsgType": "TIMCustomElem", "MsgContent": {"Data": "x"}}
SOUND = {"MsgType": "TIMSoundElem", "MsgContent": {"Url": "https://x/y", "UUID": "u", "Download_Flag": 2}}
NO_FLAG = {"MsgType": "TIMSoundElem", "MsgContent": {"Url": "https://x/y", "UUID": "u"}}

CODES = {
    "all is well": (message(), 0),
    "To_Account missing": (message(To_Account=None), 90003),
    "To_Account a number": (message(To_Account=1), 90003),
    "To_Account a list": (message(To_Account=["bob"]), 90003),
    "To_Account empty": (message(To_Account=""), 90003),
    "To_Account of 33 bytes": (message(To_Account="x" * 33), 90003),
    "To_Account of 32 bytes, unknown": (message(To_Account="x" * 32), 90012),
    "To_Account of 11 characters and 33 bytes": (message(To_Account="汉" * 11), 90003),
    "To_Account unknown": (message(To_Account="carol"), 90012),
    "To_Account deleted": (message(To_Account="dave"), 90048),
    "From_Account unknown": (message(From_Account="carol"), 20003),
    "From_Account deleted": (message(From_Account="dave"), 20003),
    "From_Account a number": (message(From_Account=1), 20003),
    "From_Account missing": (message(From_Account=None), 0),
    "MsgRandom missing": (message(MsgRandom=None), 90005),
    "MsgRandom a string": (message(MsgRandom="2"), 90005),
    "MsgRandom true": (message(MsgRandom=True), 90005),
    "MsgRandom 1.0": (message(MsgRandom=1.0), 90005),
    "MsgRandom too large": (message(MsgRandom=2**32), 90005),
    "MsgRandom negative": (message(MsgRandom=-1), 90005),
    "MsgRandom largest": (message(MsgRandom=2**32 - 1), 0),
    "MsgSeq missing": (message(MsgSeq=None), 0),
    "MsgSeq a string": (message(MsgSeq="1"), 90004),
    "MsgSeq too large": (message(MsgSeq=2**32), 90004),
    "MsgBody missing": (message(MsgBody=None), 90007),
    "MsgBody an object": (message(MsgBody=text()), 90007),
    "MsgBody empty": (message(MsgBody=[]), 90010),
    "element no object": (message(MsgBody=["hi"]), 90002),
    "element without MsgType": (message(MsgBody=[{"MsgContent": {"Text": "hi"}}]), 90002),
    "element without MsgContent": (message(MsgBody=[{"MsgType": "TIMTextElem"}]), 90002),
    "element with MsgContent a string": (message(MsgBody=[{"MsgType": "TIMTextElem", "MsgContent": "hi"}]), 90002),
    "element with Text a number": (message(MsgBody=[{"MsgType": "TIMTextElem", "MsgContent": {"Text": 1}}]), 90002),
    "element of unknown kind": (message(MsgBody=[{"MsgType": "TIMNewElem", "MsgContent": {"A": 1}}]), 0),
    "one custom element": (message(MsgBody=[CUSTOM, text()]), 0),
    "two custom elements": (message(MsgBody=[CUSTOM, text(), CUSTOM]), 90002),
    "sound": (message(MsgBody=[SOUND]), 0),
    "sound without Download_Flag": (message(MsgBody=[NO_FLAG]), 90002),
    "second element malformed": (message(MsgBody=[text(), {}]), 90002),
    "MsgLifeTime 0": (message(MsgLifeTime=0), 0),
    "MsgLifeTime 7 days": (message(MsgLifeTime=604_800), 0),
    "MsgLifeTime over 7 days": (message(MsgLifeTime=604_801), 90026),
    "MsgLifeTime negative": (message(MsgLifeTime=-1), 90026),
    "MsgLifeTime a string": (message(MsgLifeTime="1"), 90044),
    "SyncOtherMachine 1": (message(SyncOtherMachine=1), 0),
    "SyncOtherMachine 3": (message(SyncOtherMachine=3), 90031),
    "SyncOtherMachine a string": (message(SyncOtherMachine="1"), 90031),
    "OfflinePushInfo": (message(OfflinePushInfo={"PushFlag": 0, "Desc": "x", "Ext": "{}"}), 0),
    "OfflinePushInfo a string": (message(OfflinePushInfo="x"), 90043),
    "OfflinePushInfo with Desc a number": (message(OfflinePushInfo={"Desc": 1}), 90043),
    "OfflinePushInfo with PushFlag 2": (message(OfflinePushInfo={"PushFlag": 2}), 90043),
    "CloudCustomData a number": (message(CloudCustomData=1), 90010),
    "OnlineOnlyFlag 2": (message(OnlineOnlyFlag=2), 90010),
    "SendMsgControl a string": (message(SendMsgControl="NoUnread"), 90010),
    "unknown field": (message(NewField={"a": 1}), 0),
}


@pytest.mark.parametrize(("body", "code"), CODES.values(), ids=CODES)
async def test_code(api, body, code):
    api.emulator.add_accounts("dave")
    await api.call("im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": "dave"}]})
    answer = await api.call(SEND, body)
    assert answer["ErrorCode"] == code
    if code:
        assert answer["ErrorInfo"]
        assert "MsgKey" not in answer
        assert api.emulator.messages() == []


@pytest.mark.parametrize("code", [20002, 20004, 20005, 90992, 91000])
async def test_code_of_trouble_inside(api, code):
    api.emulator.faults.answer(code, command=SEND, times=1)
    assert await api.code(SEND, message()) == code
    assert api.emulator.messages() == []
    assert await api.code(SEND, message()) == 0


def padded(size: int, filler: str = "x") -> bytes:
    bare = msgspec.json.encode(message(MsgBody=[text("")]))
    room = size - len(bare)
    words = filler * (room // len(filler.encode()))
    words += "." * (room - len(words.encode()))
    body = msgspec.json.encode(message(MsgBody=[text(words)]))
    assert len(body) == size
    return body


@pytest.mark.parametrize("filler", ["x", "汉", "😀"])
async def test_size_limit_counts_bytes(api, filler):
    assert await api.code(SEND, padded(8193, filler)) == 93000
    assert api.emulator.messages() == []
    assert await api.code(SEND, padded(8192, filler)) == 0


async def test_size_limit_is_a_setting(start):
    async with start(body_limit=12_288) as api:
        assert await api.code(SEND, padded(12_288)) == 0
        assert await api.code(SEND, padded(12_289)) == 93000


async def test_answer_and_stored_message(api):
    answer = await api.call(SEND, message(CloudCustomData="c", MsgBody=[text("汉字😀"), CUSTOM]))
    assert answer["MsgTime"] == NOW
    assert answer["MsgKey"] == f"1_2_{NOW}"
    assert answer["MsgId"]
    (stored,) = api.emulator.messages()
    assert (stored.from_account, stored.to_account) == ("alice", "bob")
    assert (stored.msg_seq, stored.msg_random, stored.msg_time_stamp) == (1, 2, NOW)
    assert (stored.msg_key, stored.cloud_custom_data) == (answer["MsgKey"], "c")
    assert stored.msg_body[0] == TextElem(text="汉字😀")
    assert api.emulator.history("alice", "bob") == api.emulator.history("bob", "alice") == [stored]


async def test_unknown_kind_is_kept(api):
    await api.call(SEND, message(MsgBody=[{"MsgType": "TIMNewElem", "MsgContent": {"A": [1]}}]))
    assert api.emulator.messages()[0].msg_body == [RawElem("TIMNewElem", {"A": [1]})]
    page = await api.page("bob", "alice")
    assert page["MsgList"][0]["MsgBody"] == [{"MsgType": "TIMNewElem", "MsgContent": {"A": [1]}}]


async def test_sender_is_the_admin_when_not_given(api):
    await api.call(SEND, message(From_Account=None))
    assert api.emulator.messages(from_="administrator") == api.emulator.history("bob", "administrator") != []


async def test_longest_msg_key_has_at_most_50_characters(api):
    for words in ("one", "two"):
        answer = await api.call(SEND, message(MsgSeq=2**32 - 1, MsgRandom=2**32 - 1, MsgBody=[text(words)]))
        assert len(answer["MsgKey"]) <= 50


@pytest.mark.parametrize("field", [{"OnlineOnlyFlag": 1}, {"MsgLifeTime": 0}], ids=str)
async def test_online_only_is_not_stored(api, field):
    assert (await api.call(SEND, message(**field)))["MsgKey"]
    assert api.emulator.messages() == []


async def test_not_synced_to_the_sender(api):
    await api.call(SEND, message(SyncOtherMachine=2))
    assert api.emulator.history("alice", "bob") == []
    assert len(api.emulator.history("bob", "alice")) == 1
    assert len(api.emulator.messages()) == 1


async def test_messages_by_account(api):
    for seq, (sender, recipient) in enumerate([("alice", "bob"), ("bob", "alice"), ("alice", "alice")]):
        await api.call(SEND, message(From_Account=sender, To_Account=recipient, MsgSeq=9 - seq))
    assert [m.msg_seq for m in api.emulator.messages()] == [9, 8, 7]
    assert [m.msg_seq for m in api.emulator.messages(to="alice")] == [8, 7]
    assert [m.msg_seq for m in api.emulator.messages(from_="alice")] == [9, 7]
    assert [m.msg_seq for m in api.emulator.messages(to="alice", from_="alice")] == [7]
    assert [m.msg_seq for m in api.emulator.history("alice", "alice")] == [7]


# Duplicates


async def test_duplicate_is_answered_as_the_first_and_not_stored(api):
    first = await api.call(SEND, message())
    api.clock.now += 119.9
    assert await api.call(SEND, message()) == first
    assert len(api.emulator.messages()) == 1


async def test_duplicate_window_runs_from_the_first(api):
    first = await api.call(SEND, message())
    api.clock.now += 119
    await api.call(SEND, message())
    api.clock.now += 1
    second = await api.call(SEND, message())
    assert second["MsgKey"] != first["MsgKey"]
    assert second["MsgTime"] == NOW + 120
    assert len(api.emulator.messages()) == 2


async def test_duplicate_window_is_a_setting(start):
    async with start(duplicate_window_s=1.0) as api:
        await api.call(SEND, message())
        api.clock.now += 1
        await api.call(SEND, message())
        assert len(api.emulator.messages()) == 2


DIFFERENT = {
    "MsgSeq": {"MsgSeq": 9},
    "MsgRandom": {"MsgRandom": 9},
    "content": {"MsgBody": [text("other")]},
    "recipient": {"To_Account": "administrator"},
    "sender": {"From_Account": "administrator"},
}


@pytest.mark.parametrize("change", DIFFERENT.values(), ids=DIFFERENT)
async def test_no_duplicate_when_it_differs(api, change):
    one = await api.call(SEND, message())
    other = await api.call(SEND, message(**change))
    assert len(api.emulator.messages()) == 2
    if "MsgBody" in change:
        assert other["MsgKey"] != one["MsgKey"], "pages continue by key, so a conversation has each key once"


async def test_no_duplicate_without_msg_seq(api):
    for _ in range(2):
        await api.call(SEND, message(MsgSeq=None))
    assert len(api.emulator.messages()) == 2


async def test_duplicate_with_other_spacing_and_order(api):
    await api.call(SEND, message(MsgBody=[CUSTOM]))
    again = '{"MsgBody": [{"MsgContent": {"Data": "x"}, "MsgType": "TIMCustomElem"}], "MsgRandom": 2, "MsgSeq": 1, '
    await api.call(SEND, (again + '"To_Account": "bob", "From_Account": "alice"}').encode())
    assert len(api.emulator.messages()) == 1


async def test_duplicates_are_forgotten(api):
    for seq in range(50):
        await api.call(SEND, message(MsgSeq=seq))
        api.clock.now += 12
    assert len(api.emulator._state.duplicates) <= 11


async def test_refused_message_is_no_first(api):
    assert await api.code(SEND, message(To_Account="carol")) == 90012
    api.emulator.add_accounts("carol")
    assert await api.code(SEND, message(To_Account="carol")) == 0
    assert len(api.emulator.messages(to="carol")) == 1


async def test_auto_import(start):
    async with start(auto_import=True) as api:
        assert await api.code(SEND, message(From_Account="eve", To_Account="mallory")) == 0
        assert {"eve", "mallory"} <= set(api.emulator.accounts)
        assert (await api.page("x", "y"))["ErrorCode"] == 0
        assert {"x", "y"} <= set(api.emulator.accounts)
        await api.call("im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": "eve"}]})
        assert await api.code(SEND, message(To_Account="eve")) == 90048


def test_emulators_share_nothing():
    one, other = Emulator(), Emulator()
    one.add_accounts("alice")
    assert "alice" not in other.accounts
