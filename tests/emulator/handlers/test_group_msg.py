"""Group messages by the bare API: duplicates, imports, notices, and the contents of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.emulator.conftest import NOW, Api, events, text
from tim_async.webhooks import GroupAfterSendMsg

SERVICE = "group_open_http_svc"
SEND = f"{SERVICE}/send_group_msg"
IMPORT = f"{SERVICE}/import_group_msg"
ADD = f"{SERVICE}/add_group_member"
DELETE = f"{SERVICE}/delete_group_member"
MODIFY = f"{SERVICE}/modify_group_base_info"
MEMBER = f"{SERVICE}/modify_group_member_info"
HISTORY = f"{SERVICE}/group_msg_get_simple"


async def make(api: Api, kind: str = "Public", **fields: Any) -> str:
    body = {"Type": kind, "Name": "g", "Owner_Account": "alice", **fields}
    group_id: str = (await api.call(f"{SERVICE}/create_group", body))["GroupId"]
    return group_id


async def next_seq(api: Api, group_id: str) -> int:
    answer = await api.call(f"{SERVICE}/get_group_info", {"GroupIdList": [group_id]})
    seq: int = answer["GroupInfo"][0]["NextMsgSeq"]
    return seq


def message(group_id: str, sender: str = "alice", **changes: Any) -> dict[str, Any]:
    return {"GroupId": group_id, "From_Account": sender, "Random": 7, "MsgBody": [text()], **changes}


# Duplicates.


async def test_one_random_of_two_senders_is_two_messages(api: Api) -> None:
    group_id = await make(api)
    first = await api.call(SEND, message(group_id))
    other = await api.call(SEND, message(group_id, "bob"))
    again = await api.call(SEND, message(group_id))
    assert (first["MsgSeq"], other["MsgSeq"], again["MsgSeq"]) == (1, 2, 1)
    assert [each.from_account for each in api.emulator.group_history(group_id)] == ["alice", "bob"]


async def test_one_random_of_two_senders_is_two_broadcasts(api: Api) -> None:
    body = {"Random": 7, "MsgBody": [text()]}
    seqs = [
        (await api.call(f"{SERVICE}/send_broadcast_msg", {**body, "From_Account": sender}))["MsgSeq"]
        for sender in ("alice", "bob", "alice")
    ]
    assert seqs == [1, 2, 1]


# Importing: in order, later than the group, earlier than now.


def imported(second: int, sender: str = "alice", **changes: Any) -> dict[str, Any]:
    return {"From_Account": sender, "SendTime": second, "MsgBody": [text()], **changes}


async def results(api: Api, group_id: str, *messages: Mapping[str, Any]) -> list[int]:
    answer = await api.call(IMPORT, {"GroupId": group_id, "MsgList": messages})
    assert answer["ErrorCode"] == 0
    return [each["Result"] for each in answer["ImportMsgResult"]]


async def old_group(api: Api) -> str:
    body = {"Type": "Public", "Name": "g", "Owner_Account": "alice", "CreateTime": NOW - 100}
    group_id: str = (await api.call(f"{SERVICE}/import_group", body))["GroupId"]
    return group_id


@pytest.mark.parametrize(
    ("second", "result"),
    [
        pytest.param(NOW - 101, 10004, id="before the group"),
        pytest.param(NOW - 100, 10004, id="with the group"),
        pytest.param(NOW - 99, 0, id="after the group"),
        pytest.param(NOW - 1, 0, id="before now"),
        pytest.param(NOW, 10004, id="now"),
        pytest.param(NOW + 1, 10004, id="in the future"),
    ],
)
async def test_time_of_an_imported_message(api: Api, second: int, result: int) -> None:
    assert await results(api, await old_group(api), imported(second)) == [result]


async def test_imported_messages_come_in_their_order(api: Api) -> None:
    group_id = await old_group(api)
    given = [imported(NOW - 50), imported(NOW - 60), imported(NOW - 50), imported(NOW - 40)]
    assert await results(api, group_id, *given) == [0, 10004, 10004, 0]
    assert await results(api, group_id, imported(NOW - 45), imported(NOW - 39)) == [10004, 0]


async def test_import_comes_before_sent_messages(api: Api) -> None:
    group_id = await old_group(api)
    await api.call(SEND, message(group_id))
    api.clock.now += 10
    assert await results(api, group_id, imported(NOW - 1), imported(NOW), imported(NOW + 1)) == [10004, 10004, 0]


async def test_repeated_import_is_one_message(api: Api) -> None:
    group_id = await old_group(api)
    both = [imported(NOW - 50, Random=7), imported(NOW - 40, "bob", Random=7)]
    assert await results(api, group_id, *both) == [0, 0]
    assert await results(api, group_id, *both) == [0, 0]
    assert len(api.emulator.group_history(group_id)) == 2


async def test_import_leaves_nothing_unread(api: Api) -> None:
    group_id = await old_group(api)
    body = {"GroupId": group_id, "MemberList": [{"Member_Account": "bob"}]}
    await api.call(f"{SERVICE}/import_group_member", body)
    await api.call(f"{SERVICE}/set_unread_msg_num", {"GroupId": group_id, "Member_Account": "bob", "UnreadMsgNum": 3})
    thread = api.emulator.groups[group_id].thread
    assert thread.unread("bob") == 3
    await results(api, group_id, imported(NOW - 50), imported(NOW - 40))
    assert thread.unread("bob") == 0


async def test_failed_import_changes_no_unread_counts(api: Api) -> None:
    group_id = await old_group(api)
    await api.call(f"{SERVICE}/set_unread_msg_num", {"GroupId": group_id, "Member_Account": "alice", "UnreadMsgNum": 3})
    await results(api, group_id, imported(NOW + 50))
    assert api.emulator.groups[group_id].thread.unread("alice") == 3


@pytest.mark.parametrize(("kind", "listed"), [("Public", 1), ("Community", 0)])
async def test_import_can_change_conversation_lists(api: Api, kind: str, listed: int) -> None:
    body = {"Type": kind, "Name": "g", "Owner_Account": "alice", "CreateTime": NOW - 100}
    group_id = (await api.call(f"{SERVICE}/import_group", body))["GroupId"]
    messages = [imported(NOW - 50)]
    await api.call(IMPORT, {"GroupId": group_id, "MsgList": messages, "RecentContactFlag": 1})
    places = {"TimeStamp": 0, "StartIndex": 0, "TopTimeStamp": 0, "TopStartIndex": 0, "AssistFlags": 0}
    answer = await api.call("recentcontact/get_list", {"From_Account": "alice", **places})
    assert len(answer["SessionItem"]) == listed


# Notices of the service, which are messages (I33529, "Differences in message capabilities").

BOB = {"Member_Account": "bob"}


@pytest.mark.parametrize(
    ("kind", "takes"), [("Public", 1), ("Private", 1), ("Community", 1), ("ChatRoom", 0)], ids=lambda value: str(value)
)
async def test_notice_of_joining_and_leaving_takes_a_msg_seq(api: Api, kind: str, takes: int) -> None:
    group_id = await make(api, kind)
    await api.call(ADD, {"GroupId": group_id, "MemberList": [BOB]})
    assert await next_seq(api, group_id) == 1 + takes
    await api.call(DELETE, {"GroupId": group_id, "MemberToDel_Account": ["bob"]})
    assert await next_seq(api, group_id) == 1 + 2 * takes


async def test_silence_and_what_changes_nothing_give_no_notice(api: Api) -> None:
    group_id = await make(api)
    await api.call(ADD, {"GroupId": group_id, "MemberList": [BOB], "Silence": 1})
    await api.call(ADD, {"GroupId": group_id, "MemberList": [BOB]})
    await api.call(DELETE, {"GroupId": group_id, "MemberToDel_Account": ["bob"], "Silence": 1})
    await api.call(DELETE, {"GroupId": group_id, "MemberToDel_Account": ["bob"]})
    assert await next_seq(api, group_id) == 1


async def test_clients_that_join_and_leave_are_noticed(api: Api) -> None:
    group_id = await make(api, ApplyJoinOption="FreeAccess")
    api.emulator.join_group(group_id, "bob")
    api.emulator.join_group(group_id, "bob")
    assert await next_seq(api, group_id) == 2
    api.emulator.leave_group(group_id, "bob")
    assert await next_seq(api, group_id) == 3


async def test_ban_of_a_member_is_noticed(api: Api) -> None:
    group_id = await make(api, MemberList=[BOB])
    body = {"GroupId": group_id, "Members_Account": ["bob"], "Duration": 60}
    await api.call(f"{SERVICE}/ban_group_member", body)
    await api.call(f"{SERVICE}/ban_group_member", body)
    assert await next_seq(api, group_id) == 2


CHANGES = {
    "name": ({"Name": "new"}, 1, 1),
    "notification": ({"Notification": "new"}, 1, 1),
    "introduction": ({"Introduction": "new"}, 1, 1),
    "face": ({"FaceUrl": "new"}, 1, 1),
    "several": ({"Name": "new", "FaceUrl": "new"}, 1, 1),
    "muting": ({"MuteAllMember": "On"}, 0, 0),
    "joining": ({"ApplyJoinOption": "FreeAccess"}, 0, 0),
    "custom fields": ({"AppDefinedData": [{"Key": "k", "Value": "v"}]}, 0, 0),
}


@pytest.mark.parametrize(("change", "public", "meeting"), CHANGES.values(), ids=CHANGES)
async def test_notice_of_a_change_of_the_profile(api: Api, change: dict[str, Any], public: int, meeting: int) -> None:
    for kind, takes in (("Public", public), ("ChatRoom", meeting)):
        group_id = await make(api, kind)
        await api.call(MODIFY, {"GroupId": group_id, **change})
        assert await next_seq(api, group_id) == 1 + takes


async def test_notice_of_a_new_owner_of_admins_and_of_mutes(api: Api) -> None:
    group_id = await make(api, MemberList=[BOB])
    await api.call(f"{SERVICE}/change_group_owner", {"GroupId": group_id, "NewOwner_Account": "bob"})
    assert await next_seq(api, group_id) == 2
    await api.call(MEMBER, {"GroupId": group_id, "Member_Account": "alice", "Role": "Admin", "MuteTime": 60})
    assert await next_seq(api, group_id) == 3
    await api.call(MEMBER, {"GroupId": group_id, "Member_Account": "alice", "NameCard": "a"})
    assert await next_seq(api, group_id) == 3
    body = {"GroupId": group_id, "Members_Account": ["alice"], "MuteTime": 60}
    await api.call(f"{SERVICE}/forbid_send_msg", body)
    assert await next_seq(api, group_id) == 4


async def test_live_group_keeps_no_notices(api: Api) -> None:
    group_id = await make(api, "AVChatRoom")
    api.emulator.join_group(group_id, "bob")
    await api.call(MODIFY, {"GroupId": group_id, "Name": "new"})
    assert await next_seq(api, group_id) == 1


async def test_notice_in_the_history(api: Api) -> None:
    group_id = await make(api)
    await api.call(ADD, {"GroupId": group_id, "MemberList": [BOB]})
    await api.call(SEND, message(group_id))
    newest, notice = (await api.call(HISTORY, {"GroupId": group_id, "ReqMsgNumber": 5}))["RspMsgList"]
    assert (newest["MsgSeq"], notice["MsgSeq"]) == (2, 1)
    assert "IsSystemMsg" not in newest
    assert notice["IsSystemMsg"] == 1
    assert notice["MsgTimeStamp"] == NOW
    assert api.emulator.groups[group_id].thread.unread("bob") == 1, "a notice is not unread"
    assert [each.text for each in api.emulator.sent(group=group_id)] == ["hi"], "a notice was not sent by an account"
    recall = {"GroupId": group_id, "MsgSeqList": [{"MsgSeq": 1}]}
    assert (await api.call(f"{SERVICE}/group_msg_recall", recall))["RecallRetList"][0]["RetCode"] == 10032


async def test_notice_does_not_make_a_work_group_active(api: Api) -> None:
    group_id = await make(api, "Private")
    await api.call(ADD, {"GroupId": group_id, "MemberList": [BOB]})
    joined = f"{SERVICE}/get_joined_group_list"
    assert (await api.call(joined, {"Member_Account": "bob"}))["GroupIdList"] == []
    await api.call(SEND, message(group_id))
    assert (await api.call(joined, {"Member_Account": "bob"}))["GroupIdList"] == [{"GroupId": group_id}]


# Events.


async def test_after_event_names_the_mentioned(api: Api) -> None:
    group_id = await make(api, MemberList=[BOB])
    mentions = [{"GroupAtAllFlag": 1}, {"GroupAtAllFlag": 0, "GroupAt_Account": "bob"}]
    (event,) = await events(api, SEND, message(group_id, GroupAtInfo=mentions), GroupAfterSendMsg)
    assert isinstance(event, GroupAfterSendMsg)
    assert [(each.group_at_all_flag, each.group_at_account) for each in event.group_at_info or ()] == [
        (1, None),
        (0, "bob"),
    ]
    (event,) = await events(api, SEND, message(group_id, Random=8), GroupAfterSendMsg)
    assert isinstance(event, GroupAfterSendMsg)
    assert event.group_at_info is None


# What the pages say of single types of groups.


@pytest.mark.parametrize("kind", ["ChatRoom", "AVChatRoom"])
async def test_unread_counts_of_groups_without_them_are_set_without_effect(api: Api, kind: str) -> None:
    """I34909: no error is returned."""
    group_id = await make(api, kind)
    body = {"GroupId": group_id, "Member_Account": "alice", "UnreadMsgNum": 3}
    assert await api.code(f"{SERVICE}/set_unread_msg_num", body) == 0
    assert api.emulator.groups[group_id].thread.unread("alice") == 0


async def test_messages_of_a_sender_in_a_live_group_are_removed_without_effect(api: Api) -> None:
    """I34970: no error is returned."""
    body = {"GroupId": await make(api, "AVChatRoom"), "Sender_Account": "alice"}
    assert await api.code(f"{SERVICE}/delete_group_msg_by_sender", body) == 0


async def test_messages_of_a_sender_are_recalled_silently(api: Api) -> None:
    """I34970: they are marked as recalled; no webhook says so."""
    group_id = await make(api)
    for number, sender in enumerate(("alice", "bob", "bob")):
        await api.call(SEND, message(group_id, sender, Random=number))
    body = {"GroupId": group_id, "Sender_Account": "bob"}
    assert await events(api, f"{SERVICE}/delete_group_msg_by_sender", body) == []
    answer = await api.call(HISTORY, {"GroupId": group_id, "ReqMsgNumber": 5, "WithRecalledMsg": 1})
    assert [each["IsPlaceMsg"] for each in answer["RspMsgList"]] == [2, 2, 0]


async def test_message_of_a_live_group_can_be_recalled_for_an_hour(api: Api) -> None:
    """C12341 of 2026."""
    group_id = await make(api, "AVChatRoom")
    recall = {"GroupId": group_id, "MsgSeqList": [{"MsgSeq": seq} for seq in (1, 2, 3, 4, 5)]}

    async def codes() -> list[int]:
        answer = await api.call(f"{SERVICE}/group_msg_recall", recall)
        return [each["RetCode"] for each in answer["RecallRetList"]]

    for number in range(4):
        await api.call(SEND, message(group_id, Random=number))
        api.clock.now += 900 if number % 2 else 0
    assert await codes() == [0, 0, 0, 0, 10030]
    api.clock.now = NOW + 3600
    assert await codes() == [0, 0, 0, 0, 10030]
    api.clock.now += 1
    assert await codes() == [10031, 10031, 0, 0, 10030]
    api.clock.now += 3600
    assert await codes() == [10031, 10031, 10031, 10031, 10030]


async def test_banned_are_listed_by_the_end_of_their_bans(api: Api) -> None:
    """C89989."""
    group_id = await make(api, MemberList=[BOB])
    for account, seconds in (("alice", 60), ("bob", 30)):
        body = {"GroupId": group_id, "Members_Account": [account], "Duration": seconds}
        await api.call(f"{SERVICE}/ban_group_member", body)
    answer = await api.call(f"{SERVICE}/get_group_ban_member", {"GroupId": group_id, "Limit": 10, "Offset": 0})
    assert [each["Member_Account"] for each in answer["BannedAccountList"]] == ["bob", "alice"]
