"""Events of groups and their members, and what the app's answers do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator.conftest import NOW, Api
from tests.emulator.receiver import Receiver, receiving

G = "group_open_http_svc/"
EVENT_TIME = NOW * 1000
CREATE, INVITE = "Group.CallbackBeforeCreateGroup", "Group.CallbackBeforeInviteJoinGroup"
REFUSE = {"ActionStatus": "OK", "ErrorCode": 1, "ErrorInfo": ""}


@pytest.fixture
async def hooked(start: Callable[..., Any]):
    async with receiving() as receiver, start(webhook_url=receiver.url, rate_limits={"*": 100_000}) as api:
        api.emulator.add_accounts("carol", "dave")
        yield api, receiver


async def take_events(api: Api, receiver: Receiver) -> list[dict[str, Any]]:
    """Return what came since the last look, without the time that all of it has."""
    await api.emulator.webhooks_settled()
    bodies = [body for _, body in receiver.got]
    receiver.got.clear()
    assert {body.pop("EventTime") for body in bodies} <= {EVENT_TIME}
    return bodies


def refs(*accounts: str) -> list[dict[str, str]]:
    return [{"Member_Account": account} for account in accounts]


async def make(api: Api, type: str = "Public", **fields: Any) -> str:
    answer = await api.call(f"{G}create_group", {"Type": type, "Name": "海", "Owner_Account": "alice", **fields})
    assert answer["ErrorCode"] == 0
    return answer["GroupId"]


async def test_life_of_a_group_emits_events(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    await make(api, "Work")
    await make(api)
    await take_events(api, receiver)
    own = [{"Key": "a", "Value": "1"}]
    group = await make(api, GroupId="sea", MemberList=refs("bob"), AppDefinedData=own)
    shared = {"GroupId": "sea", "Type": "Public", "Operator_Account": "administrator"}
    before, after = await take_events(api, receiver)
    assert before == {
        "CallbackCommand": CREATE,
        "Operator_Account": "administrator",
        "Owner_Account": "alice",
        "Type": "Public",
        "Name": "海",
        "CreateGroupNum": 1,
        "MemberList": refs("bob"),
    }
    assert after == {
        "CallbackCommand": "Group.CallbackAfterCreateGroup",
        **shared,
        "Owner_Account": "alice",
        "Name": "海",
        "MemberList": refs("alice", "bob"),
        "UserDefinedDataList": own,
    }
    body = {"GroupId": group, "Name": "湖", "From_Account": "bob", "AppDefinedData": [{"Key": "b", "Value": "2"}]}
    assert await api.code(f"{G}modify_group_base_info", body) == 0
    assert await api.code(f"{G}modify_group_base_info", {"GroupId": group, "MuteAllMember": "On"}) == 0
    assert await take_events(api, receiver) == [
        {
            "CallbackCommand": "Group.CallbackAfterGroupInfoChanged",
            **shared,
            "Operator_Account": "bob",
            "Name": "湖",
            "UserDefinedDataList": [{"Key": "b", "Value": "2"}],
        }
    ]
    assert await api.code(f"{G}change_group_owner", {"GroupId": group, "NewOwner_Account": "bob"}) == 0
    assert await api.code(f"{G}destroy_group", {"GroupId": group}) == 0
    assert await take_events(api, receiver) == [
        {
            "CallbackCommand": "Group.CallbackAfterChangeGroupOwner",
            **shared,
            "OldOwner_Account": "alice",
            "NewOwner_Account": "bob",
        },
        {
            "CallbackCommand": "Group.CallbackAfterGroupDestroyed",
            "GroupId": "sea",
            "Type": "Public",
            "Owner_Account": "bob",
            "Name": "湖",
            "MemberList": refs("alice", "bob"),
        },
    ]


async def test_members_that_join_and_leave_emit_events(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    group = await make(api, MaxMemberCount=3)
    await take_events(api, receiver)
    shared = {"GroupId": group, "Type": "Public", "Operator_Account": "administrator"}
    body = {"GroupId": group, "MemberList": refs("alice", "bob", "carol", "stranger"), "Silence": 1}
    assert await api.code(f"{G}add_group_member", body) == 0
    assert await take_events(api, receiver) == [
        {"CallbackCommand": INVITE, **shared, "DestinationMembers": refs("bob", "carol")},
        {
            "CallbackCommand": "Group.CallbackAfterNewMemberJoin",
            **shared,
            "JoinType": "Invited",
            "NewMemberList": refs("bob", "carol"),
        },
        {"CallbackCommand": "Group.CallbackAfterGroupFull", "GroupId": group},
    ]
    assert await api.code(f"{G}add_group_member", {"GroupId": group, "MemberList": refs("alice")}) == 0
    assert await take_events(api, receiver) == [], "no member was added"
    body = {"GroupId": group, "Member_Account": "bob", "Role": "Admin", "NameCard": "B"}
    assert await api.code(f"{G}modify_group_member_info", body) == 0
    body = {"GroupId": group, "Member_Account": "bob", "MuteTime": 5}
    assert await api.code(f"{G}modify_group_member_info", body) == 0
    changed = {"CallbackCommand": "Group.CallbackAfterMemberFieldChanged", **shared, "Member_Account": "bob"}
    assert await take_events(api, receiver) == [{**changed, "Role": "Admin", "NameCard": "B"}]
    body = {"GroupId": group, "MemberToDel_Account": ["bob", "dave"]}
    assert await api.code(f"{G}delete_group_member", body) == 0
    body = {"GroupId": group, "Members_Account": ["carol", "dave"], "Duration": 5}
    assert await api.code(f"{G}ban_group_member", body) == 0
    gone = {"CallbackCommand": "Group.CallbackAfterMemberExit", **shared, "ExitType": "Kicked"}
    assert await take_events(api, receiver) == [
        {**gone, "ExitMemberList": refs("bob")},
        {**gone, "ExitMemberList": refs("carol")},
    ]
    body = {"GroupId": group, "MemberList": refs("bob")}
    assert await api.code(f"{G}import_group_member", body) == 0
    assert await take_events(api, receiver) == [], "importing emits no events"


async def test_what_clients_do_emits_events(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    group = await make(api, "AVChatRoom")
    await take_events(api, receiver)
    api.emulator.join_group(group, "bob", "bob")
    api.emulator.leave_group(group, "bob")
    await api.emulator.webhooks_settled()
    assert {query["OptPlatform"] for query, _ in receiver.got} == {"Unknown"}
    shared = {"GroupId": group, "Type": "AVChatRoom", "Operator_Account": "bob"}
    state = {"CallbackCommand": "Group.CallbackOnMemberStateChange", "GroupId": group, "MemberList": refs("bob")}
    assert await take_events(api, receiver) == [
        {
            "CallbackCommand": "Group.CallbackAfterNewMemberJoin",
            **shared,
            "JoinType": "Apply",
            "NewMemberList": refs("bob"),
        },
        {**state, "EventType": "Online"},
        {
            "CallbackCommand": "Group.CallbackAfterMemberExit",
            **shared,
            "ExitType": "Quit",
            "ExitMemberList": refs("bob"),
        },
        {**state, "EventType": "Offline"},
    ]


async def test_changed_attributes_emit_events(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    group = await make(api)
    await take_events(api, receiver)
    two = [{"key": "b", "value": "2"}, {"key": "a", "value": "1"}]
    for word, attrs in (("set", two), ("modify", two[:1]), ("delete", [{"key": "a"}]), ("delete", [{"key": "a"}])):
        await api.call(f"{G}{word}_group_attr", {"GroupId": group, "GroupAttr": attrs})
    await api.call(f"{G}clear_group_attr", {"GroupId": group})
    assert [(event["OptionType"], event.get("GroupAttr")) for event in await take_events(api, receiver)] == [
        ("set", two),
        ("modify", two[:1]),
        ("delete", two[1:]),
        ("clear", None),
    ]


async def test_the_app_refuses_a_group(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    receiver.answers[CREATE] = REFUSE
    body = {"Type": "Public", "Name": "g"}
    assert await api.code(f"{G}create_group", body) == 10016
    receiver.answers[CREATE] = {**REFUSE, "ErrorCode": 10_150, "ErrorInfo": "no more"}
    answer = await api.call(f"{G}create_group", body)
    assert (answer["ErrorCode"], answer["ErrorInfo"]) == (10_150, "no more")
    assert await api.code(f"{G}create_group", {**body, "Owner_Account": "stranger"}) == 10019
    assert receiver.commands == [CREATE, CREATE], "what cannot be is not asked about"
    assert api.emulator.groups == {}


async def test_the_app_refuses_members(hooked: tuple[Api, Receiver]) -> None:
    api, receiver = hooked
    group = await make(api)
    receiver.answers[INVITE] = {**REFUSE, "ErrorCode": 0, "RefusedMembers_Account": ["carol"]}
    answer = await api.call(f"{G}add_group_member", {"GroupId": group, "MemberList": refs("bob", "carol")})
    assert [(member["Member_Account"], member["Result"]) for member in answer["MemberList"]] == [
        ("bob", 1),
        ("carol", 0),
    ]
    receiver.answers[INVITE] = REFUSE
    assert await api.code(f"{G}add_group_member", {"GroupId": group, "MemberList": refs("carol")}) == 10016
    assert list(api.emulator.groups[group].members) == ["alice", "bob"]
