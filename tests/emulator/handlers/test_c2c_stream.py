"""Streamed messages: refusals, the gap, repeats, the size, and what history has."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import NOW, message, text
from tim_async.models.elements import StreamElem

STREAM = "stream_msg/send_c2c_stream_msg"


def chunk(index=1, words="hi", *, last=False, **changes):
    return {"EventType": "data", "Index": index, "Markdown": words, "IsLast": last, **changes}


def piece(*chunks, name=None, compatible=None, **changes):
    content = {"Chunks": list(chunks), "StreamMsgID": name, "CompatibleText": compatible}
    content = {field: value for field, value in content.items() if value is not None}
    return message(**{"MsgBody": [{"MsgType": "TIMStreamElem", "MsgContent": content}], **changes})


async def begin(api, *chunks, **options):
    answer = await api.call(STREAM, piece(*(chunks or (chunk(),)), **options))
    assert answer["ErrorCode"] == 0
    return answer["StreamMsgID"]


def shown(api):
    (stored,) = api.emulator.messages()
    (element,) = stored.msg_body
    assert isinstance(element, StreamElem)
    return element


CODES = {
    "all is well": (piece(chunk()), 0),
    "sender unknown": (piece(chunk(), From_Account="stranger"), 20003),
    "recipient unknown": (piece(chunk(), To_Account="stranger"), 90012),
    "recipient missing": (piece(chunk(), To_Account=None), 90003),
    "no random": (piece(chunk(), MsgRandom=None), 90005),
    "seq a string": (piece(chunk(), MsgSeq="1"), 90004),
    "no body": (piece(chunk(), MsgBody=None), 90007),
    "another kind": (message(), 90010),
    "two elements": (message(MsgBody=[*piece(chunk())["MsgBody"], text()]), 90010),
    "no chunks": (piece(), 90010),
    "chunk without index": (piece({"Markdown": "x"}), 90002),
    "first chunk is the second": (piece(chunk(2)), 90010),
    "chunk of index 0": (piece(chunk(0)), 90010),
    "chunks with a gap": (piece(chunk(1), chunk(3)), 90010),
    "chunks after the last": (piece(chunk(1, last=True), chunk(2)), 90010),
    "stream unknown": (piece(chunk(), name="unknown"), 90054),
    "128 KB": (piece(chunk(words="x" * 131_072)), 93000),
    "a little less": (piece(chunk(words="x" * 131_071)), 0),
}


@pytest.mark.parametrize(("body", "code"), CODES.values(), ids=CODES)
async def test_code(api, body, code):
    answer = await api.call(STREAM, body)
    assert answer["ErrorCode"] == code
    assert ("StreamMsgID" in answer) == (code == 0)
    assert len(api.emulator.messages()) == (code == 0)


async def test_stream_grows_in_the_history_and_ends(api):
    first = await api.call(STREAM, piece(chunk(1, "你"), compatible="old client"))
    name = first["StreamMsgID"]
    assert (first["MsgTime"], first["MsgKey"]) == (NOW, f"1_2_{NOW}")
    assert await api.call(STREAM, piece(chunk(2, "好"), chunk(3, "👋"), name=name, MsgSeq=9)) == first
    element = shown(api)
    assert (element.compatible_text, element.stream_msg_id) == ("old client", name)
    assert [each.markdown for each in element.chunks] == ["你", "好", "👋"]
    assert await api.code(STREAM, piece(chunk(4, "", last=True), name=name)) == 0
    assert await api.code(STREAM, piece(chunk(4, "", last=True), name=name)) == 0, "a repeat"
    assert await api.code(STREAM, piece(chunk(5), name=name)) == 90054
    assert [each.is_last for each in shown(api).chunks] == [False, False, False, True]
    assert (await api.call("openim/get_c2c_unread_msg_num", {"To_Account": "bob"}))["AllC2CUnreadMsgNum"] == 1


async def test_gap_of_15_seconds_ends_it(api):
    name = await begin(api)
    api.clock.now += 15
    assert await api.code(STREAM, piece(chunk(2, ""), name=name)) == 0
    api.clock.now += 15.001
    assert await api.code(STREAM, piece(chunk(3), name=name)) == 90054
    assert len(shown(api).chunks) == 2


async def test_chunk_that_was_there_is_dropped_and_a_gap_refused(api):
    name = await begin(api)
    assert await api.code(STREAM, piece(chunk(1, "again"), chunk(2, "new"), name=name)) == 0
    assert await api.code(STREAM, piece(chunk(2, "again"), name=name)) == 0
    assert await api.code(STREAM, piece(chunk(4), name=name)) == 90010
    assert [each.markdown for each in shown(api).chunks] == ["hi", "new"]


async def test_repeated_first_call_is_the_same_stream(api):
    name = await begin(api)
    assert await begin(api) == name
    assert len(shown(api).chunks) == 1
    assert await begin(api, MsgRandom=9) != name
    api.clock.now += 120
    assert await begin(api) != name
    assert len({each.msg_key for each in api.emulator.messages()}) == 3


@pytest.mark.parametrize(
    "change", [{"From_Account": "bob", "To_Account": "alice"}, {"To_Account": "administrator"}], ids=str
)
async def test_stream_of_another_conversation(api, change):
    name = await begin(api)
    assert await api.code(STREAM, piece(chunk(2), name=name, **change)) == 90054


async def test_whole_message_stays_under_128_kb(api):
    name = await begin(api, chunk(1, "汉" * 40_000))
    assert await api.code(STREAM, piece(chunk(2, "x" * 11_072), name=name)) == 93000
    assert await api.code(STREAM, piece(chunk(2, "x" * 11_071), name=name)) == 0
    assert len(shown(api).chunks) == 2


async def test_not_synced_to_the_sender(api):
    await begin(api, SyncOtherMachine=2)
    assert api.emulator.history("alice", "bob") == []
    assert len(api.emulator.history("bob", "alice")) == 1


async def test_five_calls_a_second_for_each_stream(start):
    """The first call has no name to be counted under."""
    async with start(tolerance=0) as api:
        for random in (1, 2):
            name = await begin(api, MsgRandom=random)
            codes = [await api.code(STREAM, piece(chunk(index), name=name)) for index in range(2, 9)]
            assert codes == [0, 0, 0, 0, 0, 60007, 60007]


async def test_stream_goes_with_its_account(api):
    name = await begin(api)
    await api.call("im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": "bob"}]})
    api.emulator.add_accounts("bob")
    assert await api.code(STREAM, piece(chunk(2), name=name)) == 90054


async def test_recalled_while_it_grows(api):
    name = await begin(api)
    (stored,) = api.emulator.messages()
    recall = {"From_Account": "alice", "To_Account": "bob", "MsgKey": stored.msg_key}
    assert await api.code("openim/admin_msgwithdraw", recall) == 0
    assert await api.code(STREAM, piece(chunk(2), name=name)) == 0
    assert api.emulator.messages()[0].is_recalled
    assert len(shown(api).chunks) == 2
