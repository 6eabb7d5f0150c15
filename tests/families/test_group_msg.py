"""Group messages, end to end: client, wire, emulator, history."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.families.conftest import Clock, client_of, read_until_stuck, sign
from tests.families.groups import MEMBERS, code_of, make_group, texts
from tim_async import (
    ApiError,
    BodyTooLargeError,
    CustomElem,
    FaceElem,
    PartialFailureError,
    Rate,
    RetryPolicy,
    TextElem,
    TimClient,
    UsageError,
    decode,
)
from tim_async.emulator import Emulator
from tim_async.emulator.state.group import Groups
from tim_async.emulator.state.threads import GroupEntry
from tim_async.families.group_msg import GroupMessages
from tim_async.models.extension import ExtensionItem
from tim_async.models.group_member import NewMember
from tim_async.models.group_msg import (
    GroupAt,
    GroupMsg,
    GroupMsgs,
    ImportedGroupMsg,
    MsgSeqItem,
    ReceiptDetail,
    SendGroupMsg,
)
from tim_async.models.message import next_random

DAY = 86_400


@pytest.fixture
async def emulator(emulator_clock: Clock) -> AsyncIterator[Emulator]:
    async with Emulator(clock=emulator_clock, rate_limits={"*": 100_000}) as emulator:
        emulator.add_accounts(*MEMBERS, "dave")
        yield emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[TimClient]:
    fast = {line.command: Rate(100_000) for line in GroupMessages.endpoints.values()}
    async with client_of(emulator, rate_limits=fast, user_sig_provider=sign) as client:
        yield client


@pytest.fixture
def group(emulator: Emulator) -> str:
    return make_group(emulator)


async def test_a_group_from_beginning_to_end(client: TimClient, emulator: Emulator, emulator_clock: Clock) -> None:
    made = await client.group.create(type="Public", name="读书会", owner_account="alice")
    group = made.group_id
    added = await client.group_member.add(
        group_id=group, member_list=[NewMember(member_account="bob"), NewMember(member_account="carol")]
    )
    assert added.failed == []
    await client.group_member.modify_info(group_id=group, member_account="bob", role="Admin")
    await client.group_member.mute(group_id=group, members_account=["carol"], mute_time=60)
    assert await code_of(client.group_msg.send_text(group, "muted", from_account="carol")) == 10017
    await client.group.modify_info(group_id=group, mute_all_member="On")
    emulator_clock.now += 60
    assert await code_of(client.group_msg.send_text(group, "muted", from_account="carol")) == 10017
    sent = await client.group_msg.send(
        group_id=group, from_account="bob", msg_body=[TextElem(text="by an admin")], need_read_receipt=1
    )
    assert sent.msg_seq == 4, "after the notices of two who joined, an admin and a mute"
    await client.group.modify_info(group_id=group, mute_all_member="Off")
    await client.group_msg.send_text(group, "free again", from_account="carol")
    await client.group_msg.report_all_receipts(group, "carol", [4])
    receipts = await client.group_msg.get_receipts(group_id=group, msg_seq_list=[MsgSeqItem(msg_seq=4)])
    assert [(each.read_num, each.unread_num) for each in receipts.group_msg_receipt_list] == [(1, 1)]
    info = (await client.group.get_info(group_id_list=[group])).group_info[0]
    assert (info.next_msg_seq, info.last_msg_time) == (6, int(emulator_clock.now))
    await client.group_msg.recall_all(group, [5])
    read = [message async for message in client.group_msg.iter_history(group)]
    assert [(message.msg_seq, message.is_system_msg) for message in read] == [(4, None), (3, 1), (2, 1), (1, 1)]
    assert texts(read[:1]) == ["by an admin"]
    await client.group.change_owner(group_id=group, new_owner_account="bob")
    await client.group.destroy(group_id=group)
    assert await code_of(client.group_msg.send_text(group, "too late")) == 10010
    assert await code_of(client.group_msg.get_history(group_id=group, req_msg_number=1)) == 10010


# Sending


async def test_a_message_is_stored_as_it_was_sent(client: TimClient, emulator: Emulator, group: str) -> None:
    body = [TextElem(text="你好 👋🏽"), FaceElem(index=6), CustomElem(data="x", desc="[x]")]
    first = await client.group_msg.send(
        group_id=group, from_account="bob", msg_body=body, msg_priority="High", cloud_custom_data='{"a": "好"}'
    )
    second = await client.group_msg.send_text(group, "again")
    assert (first.msg_seq, second.msg_seq) == (1, 2)
    assert (first.msg_time, first.msg_drop_reason, first.failed) == (1_800_000_000, None, [])
    one, two = emulator.group_history(group)
    assert (one.msg_body, one.cloud_custom_data, one.from_account, one.msg_priority) == (body, '{"a": "好"}', "bob", 1)
    assert (two.from_account, two.msg_priority) == ("administrator", 2)
    assert one.msg_random != two.msg_random


async def test_a_repeat_is_the_same_message_for_five_minutes(
    client: TimClient, emulator: Emulator, emulator_clock: Clock, group: str
) -> None:
    message = SendGroupMsg(group_id=group, random=7, msg_body=[TextElem(text="once")])
    first = await client.call(GroupMessages.send, message)
    emulator_clock.now += 299
    assert await client.call(GroupMessages.send, message) == first
    other = await client.group_msg.send(group_id=make_group(emulator), random=7, msg_body=[TextElem(text="elsewhere")])
    assert other.msg_seq == 1
    emulator_clock.now += 1
    assert (await client.call(GroupMessages.send, message)).msg_seq == 2
    assert len(emulator.group_history(group)) == 2


async def test_a_lost_answer_does_not_double_the_message(client: TimClient, emulator: Emulator, group: str) -> None:
    emulator.faults.drop(after=True, times=1)
    view = client.with_options(retry=RetryPolicy(transport="any", base=0.001))
    sent = await view.group_msg.send_text(group, "hi")
    (message,) = emulator.group_history(group)
    assert message.msg_seq == sent.msg_seq
    assert emulator.count("group_open_http_svc/send_group_msg") == 2
    assert len({arrival.body for arrival in emulator.arrivals}) == 1


async def test_a_raw_message_gets_an_identity_too(client: TimClient, emulator: Emulator, group: str) -> None:
    element = {"MsgType": "TIMTextElem", "MsgContent": {"Text": "raw"}}
    command = "group_open_http_svc/send_group_msg"
    answer = await client.request(command, {"GroupId": group, "MsgBody": [element]})
    assert answer["MsgSeq"] == 1
    await client.request(command, {"GroupId": group, "MsgBody": [element], "Random": 5})
    assert [message.msg_random for message in emulator.group_history(group)][1:] == [5]
    assert b'"MsgSeq"' not in emulator.arrivals[-1].body


def test_randoms_are_not_alike() -> None:
    assert len({next_random() for _ in range(10_000)}) == 10_000
    assert all(0 <= next_random() < 2**32 for _ in range(10))


FORKING = """
import os
from tim_async.models.message import next_random
if os.fork():
    os.wait()  # one after the other, or their lines might mix
print(next_random())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no forking here")
def test_a_forked_process_counts_from_another_start() -> None:
    """In a separate process, because forking one with threads is unsafe."""
    run = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, check=True, text=True)
    one, other = run.stdout.split()
    assert one != other


def test_dropped_by_frequency_control_is_no_silent_success() -> None:
    assert GroupMessages.send.is_partial
    answer = b'{"ActionStatus":"OK","ErrorCode":0,"MsgTime":1,"MsgSeq":0,"MsgDropReason":"MsgFreqCtrl"}'
    result = GroupMessages.send.read_result(answer)
    assert result.failed == ["MsgFreqCtrl"]
    with pytest.raises(PartialFailureError):
        result.raise_for_failed()


async def test_forty_a_second_for_a_group_and_two_hundred_for_all() -> None:
    assert GroupMessages.send.limits == (Rate(40, key="group_id"), Rate(200))
    async with Emulator(tolerance=0, window_clock=lambda: 0.0) as emulator:  # a second that does not end
        emulator.add_accounts(*MEMBERS)
        one, other = make_group(emulator), make_group(emulator)
        async with client_of(emulator) as client:
            await asyncio.gather(*(client.group_msg.send_text(name, "x") for name in (one, other) for _ in range(10)))
        assert {arrival.code for arrival in emulator.arrivals} == {0}
        unchecked = {"group_open_http_svc/send_group_msg": Rate(1000)}
        async with client_of(emulator, rate_limits=unchecked) as client:
            sends = (client.group_msg.send_text(one, "x") for _ in range(31))
            results = await asyncio.gather(*sends, return_exceptions=True)
    codes = {error.code for error in results if isinstance(error, ApiError)}
    assert codes == {10023}


async def test_8192_bytes_are_the_limit_and_the_emulator_says_80002(emulator: Emulator, group: str) -> None:
    long = [TextElem(text="好" * 2700)]
    async with client_of(emulator, user_sig_provider=sign) as client:
        with pytest.raises(BodyTooLargeError) as caught:
            await client.group_msg.send(group_id=group, msg_body=long)
    assert caught.value.field == "MsgBody"
    assert emulator.count() == 0
    async with client_of(emulator, body_limit=100_000, user_sig_provider=sign) as client:
        assert await code_of(client.group_msg.send(group_id=group, msg_body=long)) == 80002


@pytest.mark.parametrize("kind", ["Public", "Private", "ChatRoom", "Community"])
async def test_history_is_kept_by_every_type_but_live_groups(client: TimClient, emulator: Emulator, kind: str) -> None:
    group = make_group(emulator, kind)
    await client.group_msg.send_text(group, "x")
    page = await client.group_msg.get_history(group_id=group, req_msg_number=20)
    assert (texts(page.rsp_msg_list), page.is_finished, page.group_id) == (["x"], 1, group)


async def test_a_live_group_keeps_nothing_but_counts(client: TimClient, emulator: Emulator) -> None:
    live = make_group(emulator, "AVChatRoom")
    sent = [await client.group_msg.send_text(live, "x") for _ in range(2)]
    assert [each.msg_seq for each in sent] == [1, 2]
    assert emulator.group_history(live) == []
    for call in (
        client.group_msg.get_history(group_id=live, req_msg_number=1),
        client.group_msg.clear(group_id=live),
        client.group_msg.get_receipts(group_id=live, msg_seq_list=[MsgSeqItem(msg_seq=1)]),
    ):
        assert await code_of(call) == 10007
    recalled = await client.group_msg.recall_all(live, [1, 2, 3])
    assert [(item.msg_seq, item.ret_code) for item in recalled.failed] == [(3, 10030)]  # type: ignore[attr-defined]


async def test_a_broadcast_reaches_every_live_group(client: TimClient, emulator: Emulator) -> None:
    live, quiet = make_group(emulator, "AVChatRoom"), make_group(emulator)
    first = await client.group_msg.broadcast(random=1, msg_body=[TextElem(text="all")])
    assert await client.group_msg.broadcast(random=1, msg_body=[TextElem(text="all")]) == first
    assert (await client.group_msg.broadcast(msg_body=[TextElem(text="all")])).msg_seq == 2
    assert (emulator.groups[live].thread.next_seq, emulator.groups[quiet].thread.next_seq) == (3, 1)
    assert GroupMessages.broadcast.limits == (Rate(1),)


async def test_only_for_those_who_are_online(client: TimClient, emulator: Emulator, group: str) -> None:
    sent = await client.group_msg.send(group_id=group, msg_body=[TextElem(text="typing")], online_only_flag=1)
    assert sent.msg_seq == 0
    assert (await client.group_msg.send_text(group, "kept")).msg_seq == 1
    assert texts(emulator.group_history(group)) == ["kept"]
    await client.group_msg.send_system_notification(group_id=group, content="notice", to_members_account=["bob"])
    assert len(emulator.group_history(group)) == 1
    receipt = client.group_msg.send(
        group_id=group, msg_body=[TextElem(text="x")], online_only_flag=1, need_read_receipt=1
    )
    assert await code_of(receipt) == 10061


async def test_unread_counts(client: TimClient, emulator: Emulator, group: str) -> None:
    thread = emulator.groups[group].thread
    await client.group_msg.send_text(group, "1", from_account="alice")
    await client.group_msg.send(group_id=group, msg_body=[TextElem(text="2")], send_msg_control=["NoUnread"])
    await client.group_msg.send(group_id=group, msg_body=[TextElem(text="3")], to_account=["bob"])
    assert (thread.unread("bob"), thread.unread("alice")) == (1, 0)
    await client.group_msg.set_unread_num(group_id=group, member_account="bob", unread_msg_num=7)
    await client.group_msg.send_text(group, "4")
    assert thread.unread("bob") == 8
    await client.group_msg.clear(group_id=group)
    assert thread.unread("bob") == 0
    assert texts(emulator.group_history(group)) == list("1234")
    await client.group_msg.set_unread_num(group_id=group, member_account="bob", unread_msg_num=7)
    emulator.leave_group(group, "bob")
    emulator.join_group(group, "bob", approved=True)
    assert thread.unread("bob") == 0
    call = client.group_msg.set_unread_num(group_id=group, member_account="dave", unread_msg_num=0)
    assert await code_of(call) == 10007


async def test_conversations_come_to_the_top(client: TimClient, emulator_clock: Clock, group: str) -> None:
    async def lists(*names: str) -> list[list[str | None]]:
        return [[contact.group_id async for contact in client.recent_contact.iter_list(name)] for name in names]

    await client.group_msg.send(group_id=group, msg_body=[TextElem(text="x")], send_msg_control=["NoLastMsg"])
    assert await lists("alice", "bob") == [[], []]
    await client.group_msg.send(group_id=group, msg_body=[TextElem(text="x")], to_account=["bob"], from_account="alice")
    assert await lists(*MEMBERS) == [[group], [group], []]
    emulator_clock.now += 10
    old = ImportedGroupMsg(from_account="bob", send_time=int(emulator_clock.now) - 2, msg_body=[TextElem(text="x")])
    await client.group_msg.import_msgs(group_id=group, msg_list=[old])
    assert await lists("carol") == [[]]
    old.send_time += 1
    await client.group_msg.import_msgs(group_id=group, msg_list=[old], recent_contact_flag=1)
    assert await lists("carol") == [[group]]


async def test_who_is_muted_does_not_write(
    client: TimClient, emulator: Emulator, emulator_clock: Clock, group: str
) -> None:
    thread = emulator.groups[group].thread
    thread.mute("bob", 60, emulator_clock.now)
    assert await code_of(client.group_msg.send_text(group, "x", from_account="bob")) == 10017
    emulator_clock.now += 60
    await client.group_msg.send_text(group, "after it", from_account="bob")
    thread.mute_all = True
    assert await code_of(client.group_msg.send_text(group, "x", from_account="bob")) == 10017
    assert await code_of(client.group_msg.send_text(group, "x", from_account="dave")) == 10017
    await client.group_msg.send_text(group, "owner", from_account="alice")
    await client.group_msg.send_text(group, "admin of the app")
    thread.mute_all = False
    await client.group_msg.send_text(group, "not a member", from_account="dave")
    assert texts(emulator.group_history(group)) == ["after it", "owner", "admin of the app", "not a member"]
    assert emulator.groups[group].members["bob"].last_send_msg_time == 1_800_000_060


async def test_where_nothing_can_be_sent(client: TimClient, emulator: Emulator, group: str) -> None:
    send = client.group_msg.send_text
    assert await code_of(send("@TGS#2GONE", "x")) == 10010
    assert await code_of(send("群" * 20, "x")) == 10015
    assert await code_of(send(group, "x", from_account="nobody")) == 10004
    assert await code_of(send(group, "x", topic_id=f"{group}@TOPIC#_x")) == 10007
    community = make_group(emulator, "Community")
    some = client.group_msg.send(group_id=community, msg_body=[TextElem(text="x")], to_account=["bob"])
    assert await code_of(some) == 10004
    receipt = client.group_msg.send(group_id=community, msg_body=[TextElem(text="x")], need_read_receipt=1)
    assert await code_of(receipt) == 10007
    many = [{"GroupAtAllFlag": 1}] * 31
    element = {"MsgType": "TIMTextElem", "MsgContent": {"Text": "x"}}
    body = {"GroupId": group, "Random": 1, "MsgBody": [element], "GroupAtInfo": many}
    assert await code_of(client.request("group_open_http_svc/send_group_msg", body)) == 10053
    del body["GroupAtInfo"]
    body["Random"] = None
    assert await code_of(client.request("group_open_http_svc/send_group_msg", body)) == 10004
    assert emulator.group_history(group) == []
    with pytest.raises(UsageError, match="10010") as caught:
        emulator.group_history("@TGS#2GONE")
    assert caught.value.field == "group_id"


# History


async def test_history_is_read_newest_first_page_by_page(client: TimClient, emulator: Emulator, group: str) -> None:
    for number in range(45):
        await client.group_msg.send_text(group, str(number))
    read = [message async for message in client.group_msg.iter_history(group)]
    assert texts(read) == [str(number) for number in range(44, -1, -1)]
    assert emulator.count("group_open_http_svc/group_msg_get_simple") == 3
    some = [message async for message in client.group_msg.iter_history(group, newest_seq=10, page_size=3)]
    assert [message.msg_seq for message in some] == list(range(10, 0, -1))
    empty = make_group(emulator)
    assert [message async for message in client.group_msg.iter_history(empty)] == []


async def test_history_goes_on_over_recalled_and_deleted_messages(
    client: TimClient, emulator: Emulator, group: str
) -> None:
    for number in range(1, 71):
        sender = "bob" if 10 < number <= 60 else "alice"
        await client.group_msg.send_text(group, str(number), from_account=sender)
    await client.group_msg.recall_all(group, [2, 3, 65], reason="oops")
    await client.group_msg.delete_by_sender(group_id=group, sender_account="bob")
    read = [message async for message in client.group_msg.iter_history(group)]
    seqs = [message.msg_seq for message in read]
    assert seqs == [70, 69, 68, 67, 66, 64, 63, 62, 61, 10, 9, 8, 7, 6, 5, 4, 1]
    everything = [message async for message in client.group_msg.iter_history(group, with_recalled=True)]
    recalled = [message for message in everything if message.is_recalled]
    seqs = [65, *range(60, 10, -1), 3, 2]
    assert [(message.msg_seq, texts([message])) for message in recalled] == [(seq, [str(seq)]) for seq in seqs]
    plain = await client.group_msg.get_history(group_id=group, req_msg_number=4, req_msg_seq=4)
    assert [(message.msg_seq, message.is_place_msg) for message in plain.rsp_msg_list] == [
        (4, 0),
        (3, 2),
        (2, 2),
        (1, 0),
    ]
    assert [len(message.msg_body) for message in plain.rsp_msg_list] == [1, 0, 0, 1]
    gone = await client.group_msg.get_history(group_id=group, req_msg_number=1, req_msg_seq=20)
    assert [message.is_recalled for message in gone.rsp_msg_list] == [True]
    assert [message.msg_seq for message in emulator.group_history(group)][:3] == [1, 2, 3]


async def test_history_ends_where_it_has_expired(
    client: TimClient, emulator: Emulator, emulator_clock: Clock, group: str
) -> None:
    for number in range(50):
        await client.group_msg.send_text(group, f"old {number}")
    emulator_clock.now += 7 * DAY + 1
    page = await client.group_msg.get_history(group_id=group, req_msg_number=20)
    assert (page.is_finished, page.next_req_msg_seq) == (2, None)
    await client.group_msg.send_text(group, "new")
    calls = emulator.count()
    read = [message async for message in client.group_msg.iter_history(group)]
    assert texts(read) == ["new"]
    assert emulator.count() == calls + 2
    assert texts(emulator.group_history(group)) == ["new"]
    assert await code_of(client.group_msg.modify(group_id=group, msg_seq=1, cloud_custom_data="x")) == 90010


class Canned:
    """Answers history from a function of the highest MsgSeq that counts."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls = 0

    async def call(self, endpoint: Any, request: Any) -> Any:
        self.calls += 1
        return self.answer(request)


def page_of(seqs: Any, **fields: Any) -> GroupMsgs:
    return GroupMsgs(rsp_msg_list=[GroupMsg(msg_seq=seq, **fields) for seq in seqs])


@pytest.mark.parametrize("priority", [1, "1", "High"], ids=["number", "number as text", "text"])
def test_history_is_read_however_a_priority_is_reported(priority: int | str) -> None:
    """The document's table has a number there, and speaks of High, Normal and Low."""
    reply = {"RspMsgList": [{"MsgSeq": 5, "MsgPriority": priority}]}
    (message,) = decode(json.dumps(reply), GroupMsgs).rsp_msg_list
    assert (message.msg_seq, message.msg_priority) == (5, priority)


async def test_iterator_reports_pages_that_do_not_go_down() -> None:
    stuck = Canned(lambda request: page_of([9, 8]))
    read = await read_until_stuck(GroupMessages(stuck).iter_history("g"))  # type: ignore[arg-type]
    assert ([message.msg_seq for message in read], stuck.calls) == ([9, 8], 2)


async def test_iterator_gives_every_message_once_in_order() -> None:
    def answer(request: Any) -> GroupMsgs:
        top = 6 if request.req_msg_seq is None else request.req_msg_seq
        return page_of([seq for seq in (top - 1, top + 1, top) if 1 <= seq <= 6])

    overlapping = Canned(answer)
    read = [message.msg_seq async for message in GroupMessages(overlapping).iter_history("g")]  # type: ignore[arg-type]
    assert read == [6, 5, 4, 3, 2, 1]


async def test_iterator_gives_up_after_a_thousand_places_in_a_row() -> None:
    def answer(request: Any) -> GroupMsgs:
        top = 7_803_321 if request.req_msg_seq is None else request.req_msg_seq
        if request.req_msg_seq is None:
            return page_of(range(top, top - 20, -1))
        return page_of(range(top, top - 20, -1), is_place_msg=1)

    expired = Canned(answer)
    read = [message async for message in GroupMessages(expired).iter_history("g")]  # type: ignore[arg-type]
    assert (len(read), expired.calls) == (20, 51)


async def test_messages_are_imported_one_by_one(client: TimClient, emulator: Emulator, group: str) -> None:
    emulator.groups[group].create_time = 0

    def old(time: int, **fields: Any) -> ImportedGroupMsg:
        return ImportedGroupMsg(
            **{"from_account": "bob", "send_time": time, "msg_body": [TextElem(text="old")], **fields}
        )

    messages = [
        old(1_620_808_101, random=5),
        old(1_620_808_102, random=5),
        old(1_900_000_000),
        old(1_620_808_103, from_account="nobody"),
        old(1_620_808_104, msg_body=[TextElem(text="x" * 13_000)]),
        old(1_620_892_821),
    ]
    result = await client.group_msg.import_msgs(group_id=group, msg_list=messages)
    received = [(item.result, item.msg_seq, item.msg_time) for item in result.import_msg_result]
    assert received == [
        (0, 1, 1_620_808_101),
        (0, 1, 1_620_808_101),
        (10004, 0, 1_900_000_000),
        (10004, 0, 1_620_808_103),
        (80002, 0, 1_620_808_104),
        (0, 2, 1_620_892_821),
    ]
    assert [item.result for item in result.failed] == [10004, 10004, 80002]
    assert [message.msg_time_stamp for message in emulator.group_history(group)] == [1_620_808_101, 1_620_892_821]


# Recall, edits, deletion


async def test_recall_reports_what_it_could_not(client: TimClient, emulator: Emulator, group: str) -> None:
    for number in range(12):
        await client.group_msg.send_text(group, str(number))
    items = [MsgSeqItem(msg_seq=seq) for seq in (1, 2, 99)]
    result = await client.group_msg.recall(group_id=group, msg_seq_list=items, reason="违规")
    assert [(item.msg_seq, item.ret_code) for item in result.recall_ret_list] == [(1, 0), (2, 0), (99, 10030)]
    with pytest.raises(PartialFailureError):
        result.raise_for_failed()
    everything = await client.group_msg.recall_all(group, range(1, 13))
    assert [item.ret_code for item in everything.failed] == [10032, 10032]  # type: ignore[attr-defined]
    assert emulator.count("group_open_http_svc/group_msg_recall") == 3
    assert all(message.is_recalled for message in emulator.group_history(group))


async def test_only_what_is_given_is_changed(client: TimClient, emulator: Emulator, group: str) -> None:
    await client.group_msg.send(group_id=group, msg_body=[TextElem(text="tpyo")], cloud_custom_data="1")
    await client.group_msg.modify(group_id=group, msg_seq=1, msg_body=[TextElem(text="typo")])
    (message,) = emulator.group_history(group)
    assert (texts([message]), message.cloud_custom_data) == (["typo"], "1")
    await client.group_msg.modify(group_id=group, msg_seq=1, cloud_custom_data="")
    (message,) = emulator.group_history(group)
    assert (texts([message]), message.cloud_custom_data) == (["typo"], "")
    assert await code_of(client.group_msg.modify(group_id=group, msg_seq=2, cloud_custom_data="x")) == 90010
    assert await code_of(client.group_msg.modify(group_id="@TGS#2X", msg_seq=1, cloud_custom_data="x")) == 90003
    await client.group_msg.recall_all(group, [1])
    assert await code_of(client.group_msg.modify(group_id=group, msg_seq=1, cloud_custom_data="x")) == 90010


async def test_deleting_by_sender_reaches_back_a_thousand(client: TimClient, emulator: Emulator, group: str) -> None:
    thread = emulator.groups[group].thread
    now = int(emulator._clock())
    for _ in range(1001):
        seq = thread.take_seq(now)
        thread.store(GroupEntry(seq=seq, random=seq, from_account="bob", time=now, stored_at=now), now)
    await client.group_msg.send_text(group, "another's")
    await client.group_msg.delete_by_sender(group_id=group, sender_account="bob")
    left = [message.msg_seq for message in emulator.group_history(group) if not message.is_recalled]
    assert left == [1, 2, 1002]


# Receipts


async def test_receipts(client: TimClient, emulator: Emulator, group: str) -> None:
    ask = {"group_id": group, "need_read_receipt": 1, "from_account": "alice"}
    first = await client.group_msg.send(msg_body=[TextElem(text="1")], **ask)
    second = await client.group_msg.send(msg_body=[TextElem(text="2")], to_account=["carol"], **ask)
    plain = await client.group_msg.send_text(group, "3")
    items = [MsgSeqItem(msg_seq=sent.msg_seq) for sent in (first, second, plain)]
    await client.group_msg.report_receipts(group_id=group, from_account="bob", msg_seq_list=items[:1])
    receipts = await client.group_msg.get_receipts(group_id=group, msg_seq_list=items)
    received = [(each.code, each.msg_seq, each.read_num, each.unread_num) for each in receipts.group_msg_receipt_list]
    assert received == [(0, 1, 1, 1), (0, 2, 0, 1), (10062, 3, 0, 0)]
    assert receipts.failed == receipts.group_msg_receipt_list[2:]
    assert [name async for name in client.group_msg.iter_readers(group, 1)] == ["bob"]
    assert [name async for name in client.group_msg.iter_readers(group, 1, unread=True)] == ["carol"]
    reported = await client.group_msg.report_all_receipts(group, "carol", [1, 2])
    assert reported.failed == []
    assert [name async for name in client.group_msg.iter_readers(group, 1, page_size=1)] == ["bob", "carol"]
    assert [name async for name in client.group_msg.iter_readers(group, 1, unread=True)] == []
    assert await code_of(anext(client.group_msg.iter_readers(group, 3))) == 10062
    report = client.group_msg.report_receipts
    assert await code_of(report(group_id=group, from_account="bob", msg_seq_list=items[2:])) == 10062
    assert await code_of(report(group_id=group, from_account="dave", msg_seq_list=items[:1])) == 10007
    bad = client.group_msg.get_receipt_detail(group_id=group, msg_seq=1, filter=0, cursor="x", count=1)
    assert await code_of(bad) == 10004


async def test_a_group_with_receipts_has_at_most_200_members(client: TimClient, emulator: Emulator, group: str) -> None:
    names = [f"user{number}" for number in range(198)]
    emulator.add_accounts(*names)
    groups = emulator._state.part(Groups)
    for name in names:
        groups.join(emulator.groups[group], name, 0)
    await client.group_msg.send(group_id=group, msg_body=[TextElem(text="x")], need_read_receipt=1)
    items = [MsgSeqItem(msg_seq=1)]
    report = client.group_msg.report_receipts(group_id=group, from_account="bob", msg_seq_list=items)
    assert await code_of(report) == 10060
    emulator.leave_group(group, names.pop())
    await client.group_msg.report_receipts(group_id=group, from_account="bob", msg_seq_list=items)
    unread = [name async for name in client.group_msg.iter_readers(group, 1, unread=True, page_size=100)]
    assert unread == ["alice", "carol", *names]
    assert emulator.count("group_open_http_svc/get_group_msg_receipt_detail") == 2


def test_both_spellings_of_the_last_page_are_read() -> None:
    assert decode('{"IsFinished": 1, "Cursor": "5"}', ReceiptDetail).next_cursor is None
    assert decode('{"IsFinish": "1", "Cursor": "5"}', ReceiptDetail).next_cursor is None
    assert decode('{"IsFinish": 0, "Cursor": "5"}', ReceiptDetail).next_cursor == "5"


# Extensions


async def test_extensions_are_set_read_and_cleared(client: TimClient, emulator: Emulator, group: str) -> None:
    body = [TextElem(text="poll")]
    await client.group_msg.send(group_id=group, msg_body=body, support_message_extension=1)
    await client.group_msg.send_text(group, "plain")
    change = client.group_msg.set_extensions
    items = [ExtensionItem(key="好", value="1"), ExtensionItem(key="b", value="2")]
    result = await change(group_id=group, msg_seq=1, operate_type=1, extension_list=items)
    assert [item.extension.seq for item in result.extension_list if item.extension] == [1, 2]
    assert result.failed == []
    await change(group_id=group, msg_seq=1, operate_type=2, extension_list=[ExtensionItem(key="b")])
    read = [(pair.key, pair.value) async for pair in client.group_msg.iter_extensions(group, 1)]
    assert read == [("好", "1")]
    await change(group_id=group, msg_seq=1, operate_type=3)
    page = await client.group_msg.get_extensions(group_id=group, msg_seq=1)
    assert (page.extension_list, page.clear_seq, page.latest_seq) == ([], 3, 3)
    assert await code_of(change(group_id=group, msg_seq=2, operate_type=3)) == 23002
    assert await code_of(change(group_id=group, msg_seq=9, operate_type=3)) == 23004
    for kind in ("AVChatRoom", "Community"):
        other = client.group_msg.get_extensions(group_id=make_group(emulator, kind), msg_seq=1)
        assert await code_of(other) == 10004


async def test_extensions_are_read_page_by_page(client: TimClient, group: str) -> None:
    await client.group_msg.send(group_id=group, msg_body=[TextElem(text="x")], support_message_extension=1)
    for begin in range(0, 260, 20):
        items = [ExtensionItem(key=f"k{number}", value="v") for number in range(begin, begin + 20)]
        await client.group_msg.set_extensions(group_id=group, msg_seq=1, operate_type=1, extension_list=items)
    keys = [pair.key async for pair in client.group_msg.iter_extensions(group, 1)]
    assert keys == [f"k{number}" for number in range(260)]
    late = [pair.seq async for pair in client.group_msg.iter_extensions(group, 1, start_seq=255)]
    assert late == list(range(255, 261))


# Refused before sending

TEXT = [TextElem(text="x")]
SEQS = [MsgSeqItem(msg_seq=1)]


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("send", {"group_id": "", "msg_body": TEXT}, "group_id"),
        ("send", {"group_id": "g", "msg_body": []}, "msg_body"),
        ("send", {"group_id": "g", "msg_body": [CustomElem(), CustomElem()]}, "msg_body"),
        ("send", {"group_id": "g", "msg_body": TEXT, "random": 2**32}, "random"),
        ("send", {"group_id": "g", "msg_body": TEXT, "topic_id": ""}, "topic_id"),
        ("send", {"group_id": "g", "msg_body": TEXT, "from_account": "x" * 33}, "from_account"),
        ("send", {"group_id": "g", "msg_body": TEXT, "msg_priority": "high"}, "msg_priority"),
        ("send", {"group_id": "g", "msg_body": TEXT, "to_account": []}, "to_account"),
        ("send", {"group_id": "g", "msg_body": TEXT, "to_account": ["a"] * 51}, "to_account"),
        ("send", {"group_id": "g", "msg_body": TEXT, "need_read_receipt": 2}, "need_read_receipt"),
        ("send", {"group_id": "g", "msg_body": TEXT, "group_at_info": [GroupAt()]}, "group_at_info[0]"),
        (
            "send",
            {"group_id": "g", "msg_body": TEXT, "group_at_info": [GroupAt(group_at_all_flag=1)] * 31},
            "group_at_info",
        ),
        (
            "send",
            {"group_id": "g", "msg_body": TEXT, "group_at_info": [GroupAt(group_at_account="")]},
            "group_at_info[0].group_at_account",
        ),
        ("send_system_notification", {"group_id": "g", "content": "x", "to_members_account": []}, "to_members_account"),
        ("recall", {"group_id": "g", "msg_seq_list": []}, "msg_seq_list"),
        ("recall", {"group_id": "g", "msg_seq_list": SEQS * 11}, "msg_seq_list"),
        ("recall", {"group_id": "g", "msg_seq_list": [MsgSeqItem(msg_seq=-1)]}, "msg_seq_list[0].msg_seq"),
        ("recall", {"group_id": "g", "msg_seq_list": SEQS, "reason": "好" * 34}, "reason"),
        ("recall", {"group_id": "g", "msg_seq_list": [1]}, "msg_seq_list[0]"),
        ("import_msgs", {"group_id": "g", "msg_list": []}, "msg_list"),
        (
            "import_msgs",
            {"group_id": "g", "msg_list": [ImportedGroupMsg(from_account="a", send_time=1, msg_body=[])]},
            "msg_list[0].msg_body",
        ),
        (
            "import_msgs",
            {"group_id": "g", "msg_list": [ImportedGroupMsg(from_account="a", send_time=1, msg_body=TEXT)] * 8},
            "msg_list",
        ),
        ("set_unread_num", {"group_id": "g", "member_account": "a", "unread_msg_num": -1}, "unread_msg_num"),
        ("delete_by_sender", {"group_id": "g", "sender_account": ""}, "sender_account"),
        (
            "send_system_notification",
            {"group_id": "g", "content": "x", "to_members_account": ["a"] * 501},
            "to_members_account",
        ),
        ("get_history", {"group_id": "g", "req_msg_number": 0}, "req_msg_number"),
        ("broadcast", {"msg_body": []}, "msg_body"),
        ("modify", {"group_id": "g", "msg_seq": 1}, "msg_body"),
        ("get_receipts", {"group_id": "g", "msg_seq_list": []}, "msg_seq_list"),
        ("get_receipt_detail", {"group_id": "g", "msg_seq": 1, "filter": 2, "cursor": "", "count": 1}, "filter"),
        ("get_receipt_detail", {"group_id": "g", "msg_seq": 1, "filter": 0, "cursor": "", "count": 201}, "count"),
        ("report_receipts", {"group_id": "g", "from_account": "a", "msg_seq_list": SEQS * 51}, "msg_seq_list"),
        ("clear", {"group_id": "g", "msg_seq": -1}, "msg_seq"),
        ("get_extensions", {"group_id": "g", "msg_seq": 1, "start_seq": -1}, "start_seq"),
        ("set_extensions", {"group_id": "g", "msg_seq": 1, "operate_type": 1}, "extension_list"),
        ("set_extensions", {"group_id": "g", "msg_seq": 1, "operate_type": 4}, "operate_type"),
        (
            "set_extensions",
            {"group_id": "g", "msg_seq": 1, "operate_type": 1, "extension_list": [ExtensionItem(key="k")]},
            "extension_list[0].value",
        ),
        (
            "set_extensions",
            {"group_id": "g", "msg_seq": 1, "operate_type": 2, "extension_list": [ExtensionItem(key="k" * 101)]},
            "extension_list[0].key",
        ),
        (
            "set_extensions",
            {"group_id": "g", "msg_seq": 1, "operate_type": 2, "extension_list": [ExtensionItem(key="k")] * 21},
            "extension_list",
        ),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.group_msg, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0
