"""An emulator's storage is bounded, and trimmed messages are neither sent twice nor lost for searches."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.emulator.conftest import NOW, SEND, Api, message, text
from tests.emulator.handlers.test_group_msg import HISTORY, make
from tests.emulator.handlers.test_group_msg import SEND as SEND_GROUP
from tests.emulator.handlers.test_group_msg import message as group_message
from tim_async import UsageError
from tim_async.emulator import Emulator
from tim_async.emulator.dispatch import ENDPOINTS, HANDLERS, Call
from tim_async.emulator.outgoing.verdict import PendingAnswer
from tim_async.emulator.state import traces
from tim_async.webhooks import AnswerBody

Start = Callable[..., Any]
WITHDRAW = "openim/admin_msgwithdraw"


async def send(api: Api, count: int, **changes: object) -> list[dict[str, Any]]:
    """Send messages from alice to bob; return the answers."""
    return [
        await api.call(SEND, message(MsgSeq=seq, MsgRandom=seq * 10, MsgBody=[text(f"hi {seq}")], **changes))
        for seq in range(1, count + 1)
    ]


def seen(page: dict[str, Any]) -> list[tuple[int, int, bool]]:
    """Return MsgSeq and MsgRandom of the read messages, and whether they have a body."""
    return [(each["MsgSeq"], each["MsgRandom"], bool(each["MsgBody"])) for each in page["MsgList"]]


async def test_trimmed_messages_are_still_read_back_by_their_identity(start: Start) -> None:
    async with start(keep={"messages": 2}) as api:
        answers = await send(api, 5)
        assert [each.text for each in api.emulator.sent()] == ["hi 4", "hi 5"]
        for side, peer in (("alice", "bob"), ("bob", "alice")):
            page = await api.page(side, peer)
            assert seen(page) == [(seq, seq * 10, seq > 3) for seq in range(1, 6)]
            assert [each["MsgKey"] for each in page["MsgList"]] == [each["MsgKey"] for each in answers]
            assert {each["MsgTimeStamp"] for each in page["MsgList"]} == {NOW}
        pages = await api.pages("alice", "bob", MaxCnt=2)
        assert [[each["MsgSeq"] for each in page] for page in pages] == [[4, 5], [2, 3], [1]]


async def test_repeats_of_trimmed_messages_are_recognized(start: Start) -> None:
    async with start(keep={"messages": 1}) as api:
        first = await api.call(SEND, message())
        await send(api, 5)
        api.clock.now += 119
        assert (await api.call(SEND, message()))["MsgKey"] == first["MsgKey"]
        assert len(api.emulator.history("alice", "bob")) == 6


async def test_traces_are_hidden_recalled_and_forgotten_as_messages_are(start: Start) -> None:
    async with start(keep={"messages": 1}) as api:
        api.emulator.add_accounts("carol")
        await api.call(SEND, message(SyncOtherMachine=2))  # not in the sender's history
        (recalled,) = await send(api, 1, To_Account="carol", From_Account="bob")
        body = {"From_Account": "bob", "To_Account": "carol", "MsgKey": recalled["MsgKey"]}
        assert await api.code(WITHDRAW, body) == 0
        assert await api.code(SEND, message(MsgSeq=9)) == 0
        assert seen(await api.page("bob", "alice")) == [(1, 2, False), (9, 2, True)]
        assert seen(await api.page("alice", "bob")) == [(9, 2, True)]
        assert [each.is_recalled for each in api.emulator.history("bob", "carol")] == [True]
        delete = {"From_Account": "bob", "Type": 1, "To_Account": "carol", "ClearRamble": 1}
        assert await api.code("recentcontact/delete", delete) == 0
        assert api.emulator.history("bob", "carol") == []
        assert len(api.emulator.history("carol", "bob")) == 1
        assert await api.code("im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": "carol"}]}) == 0
        api.emulator.add_accounts("carol")
        assert api.emulator.history("carol", "bob") == []
        api.clock.now += 8 * 86_400
        assert seen_of(api, "bob", "alice") == []


def seen_of(api: Api, side: str, peer: str) -> list[int]:
    return [each.msg_seq for each in api.emulator.history(side, peer)]


async def test_two_messages_of_one_second_keep_their_own_keys(start: Start) -> None:
    async with start(keep={"messages": 1}) as api:
        first = await api.call(SEND, message())
        other = await api.call(SEND, message(MsgBody=[text("another text")]))
        await send(api, 3)
        keys = [each.msg_key for each in api.emulator.history("alice", "bob")]
        assert keys[:2] == [first["MsgKey"], other["MsgKey"]]
        assert len(set(keys)) == 5


def test_traces_of_many_blocks_are_found_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "_BLOCK_SIZE", 4)
    emulator = Emulator(auto_import=True, keep={"messages": 1})
    hand = Hand(emulator)
    for number in range(30):
        hand.send(f"user{number % 7}", number, NOW + number)
    for who in range(7):
        entries = emulator._state.backwards("administrator", f"user{who}", now=NOW)
        assert [each.message.msg_seq for each in entries][::-1] == [each for each in range(30) if each % 7 == who]
    emulator._state._traces.forget_before(NOW + 20)
    assert 8 <= len(emulator._state._traces) <= 12


async def test_conversations_of_trimmed_messages_leave_the_lists(start: Start) -> None:
    async with start(keep={"messages": 2}, auto_import=True) as api:
        for number in range(5):
            await api.call(SEND, message(MsgSeq=number, To_Account=f"user{number}"))
        state = api.emulator._state
        assert set(state._peers) == {"alice", "user3", "user4"}
        assert set(state._unread) == {"user3", "user4"}
        answer = await api.call(
            "recentcontact/get_list",
            {
                "From_Account": "alice",
                "TimeStamp": 0,
                "StartIndex": 0,
                "TopTimeStamp": 0,
                "TopStartIndex": 0,
                "AssistFlags": 0,
            },
        )
        assert [each["To_Account"] for each in answer["SessionItem"]] == ["user4", "user3"]


async def test_groups_keep_their_newest_messages(start: Start) -> None:
    async with start(keep={"messages": 3}) as api:
        groups = [await make(api), await make(api)]
        for number in range(6):
            assert await api.code(SEND_GROUP, group_message(groups[number % 2], Random=number)) == 0
        assert [len(api.emulator.group_history(group)) for group in groups] == [1, 2]
        answer = await api.call(HISTORY, {"GroupId": groups[1], "ReqMsgNumber": 20})
        assert [(each["MsgSeq"], each["IsPlaceMsg"]) for each in answer["RspMsgList"]] == [(3, 0), (2, 0), (1, 1)]


async def test_repeated_push_is_recognized_when_it_is_trimmed(start: Start) -> None:
    push = {
        "From_Account": "alice",
        "MsgRandom": 1,
        "OfflinePushInfo": {"Title": "a", "Desc": "b"},
        "To_Account": ["bob"],
    }
    async with start(keep={"pushes": 2}, rate_limits={"*": 100_000}) as api:
        first = await api.call("timpush/batch", push)
        for number in range(2, 6):
            await api.call("timpush/batch", {**push, "MsgRandom": number})
        assert [each.msg_random for each in api.emulator.pushes] == [4, 5]
        again = await api.call("timpush/batch", push)
        assert again["TaskId"] == first["TaskId"]
        assert len(api.emulator.pushes) == 2


async def test_pushes_of_the_day_are_counted_when_they_are_trimmed(start: Start) -> None:
    push = {"From_Account": "alice", "MsgBody": [text()], "MsgLifeTime": 0}
    async with start(keep={"pushes": 1}, rate_limits={"*": 100_000}) as api:
        codes = [await api.code("all_member_push/im_push", {**push, "MsgRandom": number}) for number in range(101)]
        assert codes == [0] * 100 + [90047]


async def test_calls_webhooks_and_events_are_bounded(start: Start) -> None:
    async with start(keep={"calls": 2, "webhooks": 3, "events": 4}) as api:
        await send(api, 5)
        emulator = api.emulator
        assert len(emulator.webhooks) == 3
        assert len(emulator._events.after(0)[1]) == 4
        assert [bool(each.body) for each in emulator.arrivals] == [False] * 3 + [True] * 2


@pytest.mark.parametrize("keep", [{"letters": 5}, {"calls": 0}, {"calls": True}, {"calls": "5"}], ids=str)
def test_bound_that_is_none_is_refused(keep: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        Emulator(keep=keep)
    assert caught.value.field == "keep"


class Hand:
    """Hands requests to the handlers, without a server: for many of them."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def send(self, recipient: str, number: int, now: float) -> None:
        """Send a message, as the server does it."""
        emulator = self.emulator
        body = message(
            From_Account=None, To_Account=recipient, MsgSeq=number, MsgRandom=number, MsgBody=[text("hi " * 20)]
        )
        raw = msgspec.json.encode(body)
        arrival = emulator._log.enter(SEND, now)
        arrival.body = raw
        call = Call(
            ENDPOINTS[SEND],
            "administrator",
            raw=body,
            body=raw,
            now=now,
            state=emulator._state,
            outbox=emulator._outbox,
        )
        while True:
            try:
                HANDLERS[SEND](call)
                break
            except PendingAnswer as pending:
                emulator._outbox._enter(pending.event)
                call.go_on(AnswerBody())
        for event in call.events:
            emulator._outbox.emit(event)
        emulator._log.answered(arrival, 200, b"{}" * 60)


@pytest.mark.soak
@pytest.mark.parametrize(("recipients", "most"), [(1_000_000, 450), (100, 100)], ids=["each to another", "to a few"])
def test_rehearsal_does_not_fill_the_memory(recipients: int, most: int) -> None:
    """A message beyond the bounds takes 33 bytes, and an account that it imports a few hundred."""
    emulator = Emulator(
        auto_import=True,
        arrivals_size=1_000,
        keep={"messages": 1_000, "calls": 1_000, "webhooks": 1_000, "events": 1_000},
    )
    hand = Hand(emulator)

    def run(first: int, last: int) -> int:
        for number in range(first, last):
            hand.send(f"user{number % recipients}", number, NOW + number / 20)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        full = run(0, 6_000)
        grown = (run(6_000, 18_000) - full) / 12_000
    finally:
        tracemalloc.stop()
    assert grown < most
