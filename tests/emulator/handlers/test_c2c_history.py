"""admin_getroammsg: order, pages, what each side sees."""

from __future__ import annotations

import msgspec
import pytest

from tests.emulator.conftest import NOW, ROAM, SEND, message, text


async def fill(api, seqs, **fields):
    for seq in seqs:
        await api.call(SEND, message(MsgSeq=seq, **fields))


def seqs(messages):
    return [item["MsgSeq"] for item in messages]


def joined(pages):
    """All pages as one conversation, oldest first."""
    return [item for page in reversed(pages) for item in page]


async def test_page_shape(api):
    sent = await api.call(SEND, message(CloudCustomData="c"))
    page = await api.page("bob", "alice")
    assert page.pop("MsgList") == [
        {
            "From_Account": "alice",
            "To_Account": "bob",
            "MsgSeq": 1,
            "MsgRandom": 2,
            "MsgTimeStamp": NOW,
            "MsgFlagBits": 0,
            "IsPeerRead": 0,
            "MsgKey": sent["MsgKey"],
            "MsgBody": [text()],
            "CloudCustomData": "c",
        }
    ]
    assert page == {
        "ActionStatus": "OK",
        "ErrorInfo": "",
        "ErrorCode": 0,
        "Complete": 1,
        "MsgCnt": 1,
        "LastMsgTime": NOW,
        "LastMsgKey": sent["MsgKey"],
    }


async def test_empty_history(api):
    page = await api.page("alice", "bob")
    assert (page["Complete"], page["MsgCnt"], page["LastMsgKey"]) == (1, 0, "")


async def test_order_is_by_second_then_msg_seq(api):
    await fill(api, [5, 3, 4])
    api.clock.now += 1
    await fill(api, [2, 1])
    await api.call(SEND, message(MsgSeq=3, From_Account="bob", To_Account="alice"))
    assert [m.msg_seq for m in api.emulator.history("alice", "bob")] == [3, 4, 5, 1, 2, 3]
    assert seqs((await api.page("bob", "alice"))["MsgList"]) == [3, 4, 5, 1, 2, 3]


async def test_same_msg_seq_is_in_order_of_arrival(api):
    for number in range(5):
        await api.call(SEND, message(MsgRandom=9 - number))
    assert [m.msg_random for m in api.emulator.history("alice", "bob")] == [9, 8, 7, 6, 5]


@pytest.mark.parametrize("max_cnt", [1, 3, 4, 7, 100])
async def test_pages_walk_back_through_messages_of_one_second(api, max_cnt):
    await fill(api, range(25))
    api.clock.now += 1
    await fill(api, range(100, 103))
    pages = await api.pages("alice", "bob", MaxCnt=max_cnt)
    assert seqs(joined(pages)) == [*range(25), 100, 101, 102]
    assert all(len(page) == max_cnt for page in pages[:-1])


async def test_pages_of_equal_msg_seq(api):
    for number in range(10):
        await api.call(SEND, message(MsgBody=[text(str(number))]))
    pages = await api.pages("alice", "bob", MaxCnt=3)
    assert [item["MsgBody"][0]["MsgContent"]["Text"] for item in joined(pages)] == [str(n) for n in range(10)]


async def test_page_that_fits_exactly_is_complete(api):
    await fill(api, range(6))
    pages = await api.pages("alice", "bob", MaxCnt=3)
    assert [len(page) for page in pages] == [3, 3]


async def test_messages_that_arrive_between_pages_do_not_disturb(api):
    await fill(api, range(10, 20))
    first = await api.page("alice", "bob", MaxCnt=5)
    await fill(api, [30, 5])
    rest = await api.pages("alice", "bob", MaxTime=first["LastMsgTime"], LastMsgKey=first["LastMsgKey"])
    assert seqs(joined(rest)) == [5, *range(10, 15)]


async def test_unknown_last_msg_key_counts_for_nothing(api):
    await fill(api, range(3))
    assert seqs((await api.page("alice", "bob", LastMsgKey="x"))["MsgList"]) == [0, 1, 2]


async def test_times_are_inclusive(api):
    for seq in range(5):
        await fill(api, [seq])
        api.clock.now += 1
    page = await api.page("alice", "bob", MinTime=NOW + 1, MaxTime=NOW + 3)
    assert (seqs(page["MsgList"]), page["Complete"]) == ([1, 2, 3], 1)
    page = await api.page("alice", "bob", MinTime=NOW + 1, MaxTime=NOW + 3, MaxCnt=2)
    assert (seqs(page["MsgList"]), page["Complete"]) == ([2, 3], 0)


@pytest.mark.parametrize("words", ["x" * 900, "汉" * 400, "😀" * 300, '"' * 500], ids=["ascii", "汉", "😀", "escapes"])
async def test_answer_is_cut_at_13_kb(api, words):
    for seq in range(40):
        await api.call(SEND, message(MsgSeq=seq, MsgBody=[text(words)]))
    async with api.post(
        ROAM, {"Operator_Account": "alice", "Peer_Account": "bob", "MaxCnt": 100, "MinTime": 0, "MaxTime": NOW}
    ) as response:
        body = await response.read()
    assert 13 * 1024 - 2000 < len(body) <= 13 * 1024
    page = msgspec.json.decode(body)
    assert page["Complete"] == 0
    assert page["LastMsgKey"] == page["MsgList"][0]["MsgKey"]
    pages = await api.pages("alice", "bob")
    assert len(pages) > 2
    assert seqs(joined(pages)) == list(range(40))
    assert {item["MsgBody"][0]["MsgContent"]["Text"] for item in joined(pages)} == {words}


async def test_page_has_a_message_even_when_it_is_over_13_kb(start):
    async with start(body_limit=100_000) as api:
        for seq in range(3):
            await api.call(SEND, message(MsgSeq=seq, MsgBody=[text("x" * 20_000)]))
        assert [seqs(page) for page in await api.pages("alice", "bob")] == [[2], [1], [0]]


async def test_hidden_messages_do_not_count_for_the_sender(api):
    await fill(api, [1, 2])
    await fill(api, [0, 3], SyncOtherMachine=2)
    page = await api.page("alice", "bob", MaxCnt=2)
    assert (seqs(page["MsgList"]), page["Complete"]) == ([1, 2], 1)
    assert seqs((await api.page("bob", "alice"))["MsgList"]) == [0, 1, 2, 3]


async def test_history_reaches_back_seven_days(api):
    await fill(api, [1])
    api.clock.now += 1
    await fill(api, [2])
    api.clock.now = NOW + 7 * 86_400
    assert [m.msg_seq for m in api.emulator.history("alice", "bob")] == [1, 2]
    api.clock.now += 1
    assert [m.msg_seq for m in api.emulator.history("alice", "bob")] == [2]
    assert [m.msg_seq for m in api.emulator.messages()] == [2]
    assert len(api.emulator._state._entries) == 2
    api.emulator._state.store(api.emulator.messages()[0], hidden_from=set(), now=api.clock.now)
    assert len(api.emulator._state._entries) == 2, "the expired one is forgotten when the next is stored"


async def test_history_days_is_a_setting(start):
    async with start(history_days=1) as api:
        await fill(api, [1])
        api.clock.now = NOW + 86_401
        assert api.emulator.history("alice", "bob") == []


ROAM_BODY = {"Operator_Account": "alice", "Peer_Account": "bob", "MaxCnt": 1, "MinTime": 0, "MaxTime": 1}
CODES = {
    "operator missing": ({"Operator_Account": None}, 90008),
    "operator a number": ({"Operator_Account": 1}, 90008),
    "operator unknown": ({"Operator_Account": "carol"}, 90008),
    "peer missing": ({"Peer_Account": None}, 90003),
    "peer empty": ({"Peer_Account": ""}, 90003),
    "peer unknown": ({"Peer_Account": "carol"}, 90003),
    "MaxCnt missing": ({"MaxCnt": None}, 90001),
    "MaxCnt 0": ({"MaxCnt": 0}, 90001),
    "MaxCnt a string": ({"MaxCnt": "1"}, 90001),
    "MinTime missing": ({"MinTime": None}, 90001),
    "MaxTime below MinTime": ({"MinTime": 2}, 90001),
    "LastMsgKey a number": ({"LastMsgKey": 1}, 90001),
    "all is well": ({}, 0),
}


@pytest.mark.parametrize(("change", "code"), CODES.values(), ids=CODES)
async def test_code(api, change, code):
    body = {name: value for name, value in {**ROAM_BODY, **change}.items() if value is not None}
    assert await api.code(ROAM, body) == code
