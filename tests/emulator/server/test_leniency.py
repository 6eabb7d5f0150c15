"""What the service accepts but the client never sends: empty values for absent fields, and older names."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.emulator.conftest import NOW, Api, message, text
from tests.emulator.golden import GOLDEN
from tim_async._api.endpoint import Endpoint
from tim_async._api.wire import validator
from tim_async.emulator.server.leniency import drop_empty
from tim_async.families._registry import endpoints

SERVICE = "group_open_http_svc"


async def make(api: Api, **fields: Any) -> str:
    body = {"Type": "Public", "Name": "g", "Owner_Account": "alice", **fields}
    group_id: str = (await api.call(f"{SERVICE}/create_group", body))["GroupId"]
    return group_id


# An empty list stands for an empty object: PHP writes both as [].


@pytest.mark.parametrize(
    "command",
    ["openconfigsvr/getappinfo", "ConfigSvc/GetIPList", f"{SERVICE}/get_appid_group_list", "all_member_push/im_push"],
)
async def test_empty_list_is_an_empty_body(api: Api, command: str) -> None:
    assert await api.code(command, b"[]") == await api.code(command, b"[ ]") == await api.code(command, b"{}")


async def test_other_lists_are_no_body(api: Api) -> None:
    assert await api.code(f"{SERVICE}/destroy_group", [1]) == 10011


# Empty values of fields that can be left out.

EMPTY = {
    "sender of a message": ("openim/sendmsg", message(From_Account="")),
    "nulls of a message": (
        "openim/sendmsg",
        {**message(), "MsgSeq": None, "MsgLifeTime": None, "CloudCustomData": None, "OfflinePushInfo": None},
    ),
    "lists of a message": (
        "openim/sendmsg",
        {**message(), "ForbidCallbackControl": [], "SendMsgControl": [], "OfflinePushInfo": []},
    ),
    "sender of a batch": ("openim/batchsendmsg", {**message(To_Account=["bob"]), "From_Account": ""}),
    "type of groups": (f"{SERVICE}/get_appid_group_list", {"Limit": 10, "Next": 0, "GroupType": ""}),
    "filter of groups": (
        f"{SERVICE}/get_joined_group_list",
        {"Member_Account": "alice", "GroupType": "", "ResponseFilter": None, "Offset": 0, "Limit": 5000},
    ),
    "id and texts of a group": (
        f"{SERVICE}/create_group",
        {
            "Type": "Public",
            "Name": "g",
            "GroupId": "",
            "Owner_Account": "",
            "FaceUrl": "",
            "ApplyJoinOption": "",
            "MemberList": [],
        },
    ),
    "list and remark of a friend": (
        "sns/friend_add",
        {
            "From_Account": "alice",
            "AddType": "",
            "AddFriendItem": [
                {
                    "To_Account": "bob",
                    "Remark": "",
                    "GroupName": "",
                    "AddSource": "AddSource_Type_Web",
                    "AddWording": "",
                }
            ],
        },
    ),
    "way of deleting friends": ("sns/friend_delete_all", {"From_Account": "alice", "DeleteType": ""}),
    "lists of friends": (
        "sns/group_get",
        {"From_Account": "alice", "LastSequence": 0, "NeedFriend": "", "GroupName": None},
    ),
    "fields of the daily figures": ("openconfigsvr/getappinfo", {"RequestField": []}),
}


@pytest.mark.parametrize(("command", "body"), EMPTY.values(), ids=EMPTY)
async def test_empty_value_of_an_absent_field(api: Api, command: str, body: dict[str, Any]) -> None:
    answer = await api.call(command, body)
    assert answer["ErrorCode"] == 0, answer["ErrorInfo"]


async def test_empty_sender_is_the_admin(api: Api) -> None:
    await api.call("openim/sendmsg", message(From_Account=""))
    assert [each.from_account for each in api.emulator.sent()] == ["administrator"]


async def test_empty_list_of_receivers_is_everyone(api: Api) -> None:
    body = {"GroupId": await make(api), "Content": "hi", "ToMembers_Account": []}
    assert await api.code(f"{SERVICE}/send_group_system_notification", body) == 0


async def test_empty_filters_filter_nothing(api: Api) -> None:
    group_id = await make(api)
    body = {"GroupId": group_id, "MemberInfoFilter": [], "MemberRoleFilter": [], "Limit": 100, "Offset": 0}
    (member,) = (await api.call(f"{SERVICE}/get_group_member_info", body))["MemberList"]
    assert (member["Role"], member["JoinTime"]) == ("Owner", NOW)


async def test_empty_choices_change_nothing(api: Api) -> None:
    group_id = await make(api, MemberList=[{"Member_Account": "bob"}])
    body = {"GroupId": group_id, "Member_Account": "bob", "Role": "", "MsgFlag": "", "NameCard": "Bob"}
    assert await api.code(f"{SERVICE}/modify_group_member_info", body) == 0
    member = api.emulator.groups[group_id].members["bob"]
    assert (member.role, member.msg_flag, member.name_card) == ("Member", "AcceptAndNotify", "Bob")


async def test_empty_text_stays_where_it_means_something(api: Api) -> None:
    group_id = await make(api, Introduction="old")
    body = {"GroupId": group_id, "Introduction": ""}
    assert await api.code(f"{SERVICE}/modify_group_base_info", body) == 0
    assert api.emulator.groups[group_id].introduction == ""


@pytest.mark.parametrize(
    ("command", "body", "code"),
    [
        pytest.param("openim/sendmsg", message(To_Account=""), 90003, id="a recipient"),
        pytest.param("openim/sendmsg", message(MsgBody=[]), 90010, id="the elements"),
        pytest.param("openim/batchsendmsg", message(To_Account=[]), 90029, id="the recipients"),
        pytest.param("sns/friend_add", {"From_Account": "", "AddFriendItem": []}, 30001, id="whose friends"),
        pytest.param(f"{SERVICE}/create_group", {"Type": "", "Name": "g"}, 10004, id="the type"),
    ],
)
async def test_empty_value_of_a_required_field_is_refused(api: Api, command: str, body: Any, code: int) -> None:
    assert await api.code(command, body) == code


async def test_empty_value_inside_a_message_stays(api: Api) -> None:
    body = [text(""), {"MsgType": "TIMKindOfTomorrow", "MsgContent": {"List": [], "Text": "", "Null": None}}]
    await api.call("openim/sendmsg", message(MsgBody=body, MsgSeq=None, From_Account=""))
    (stored,) = (await api.page("administrator", "bob"))["MsgList"]
    assert stored["MsgBody"] == body


@pytest.mark.parametrize("name", GOLDEN)
def test_what_the_documents_send_is_not_changed(name: str) -> None:
    endpoint, request = endpoints()[GOLDEN[name]["command"]], GOLDEN[name]["request"]
    assert drop_empty(endpoint, request) is request


@pytest.mark.parametrize("endpoint", endpoints().values(), ids=endpoints())
def test_every_optional_field_may_be_empty(endpoint: Endpoint[..., Any]) -> None:
    request = GOLDEN_REQUESTS[endpoint.command]
    optional = [field.encode_name for field in msgspec.structs.fields(endpoint.request) if field.default is None]
    empties: tuple[object, ...] = (None, [], "")
    for empty in empties:
        kept = drop_empty(endpoint, {**request, **dict.fromkeys(optional, empty)})
        validator(endpoint.request)(msgspec.json.encode(kept))


GOLDEN_REQUESTS = {content["command"]: content["request"] for content in GOLDEN.values()}

# Older names.


async def test_history_is_read_by_older_names(api: Api) -> None:
    await api.call("openim/sendmsg", message())
    times = {"MaxCnt": 10, "MinTime": 0, "MaxTime": NOW}
    answer = await api.call("openim/admin_getroammsg", {"From_Account": "bob", "To_Account": "alice", **times})
    assert [each["From_Account"] for each in answer["MsgList"]] == ["alice"]


async def test_random_of_a_group_message_by_the_name_it_has_elsewhere(api: Api) -> None:
    body = {"GroupId": await make(api), "MsgRandom": 7, "MsgBody": [text()]}
    first, again = [await api.call(f"{SERVICE}/send_group_msg", body) for _ in range(2)]
    assert first["MsgSeq"] == again["MsgSeq"] == 1


async def test_conversation_is_deleted_by_a_type_in_lower_case(api: Api) -> None:
    await api.call("openim/sendmsg", message())
    body = {"From_Account": "alice", "type": 1, "To_Account": "bob"}
    assert await api.code("recentcontact/delete", body) == 0
    places = {"TimeStamp": 0, "StartIndex": 0, "TopTimeStamp": 0, "TopStartIndex": 0, "AssistFlags": 0}
    assert (await api.call("recentcontact/get_list", {"From_Account": "alice", **places}))["SessionItem"] == []


async def test_flag_of_online_members_by_the_name_that_some_give_it(api: Api) -> None:
    group_id = await make(api)
    body = {"GroupId": group_id, "Random": 7, "MsgOnlineOnlyFlag": 1, "MsgBody": [text()]}
    assert (await api.call(f"{SERVICE}/send_group_msg", body))["MsgSeq"] == 0
    assert api.emulator.group_history(group_id) == []


# Whole bodies as clients in PHP, Go and Java make them; @ is the group.

OTHERS = {
    "php, joined groups": (
        f"{SERVICE}/get_joined_group_list",
        {
            "Member_Account": "alice",
            "Offset": 0,
            "Limit": 5000,
            "GroupType": "",
            "WithHugeGroups": 0,
            "WithNoActiveGroups": 0,
            "ResponseFilter": None,
        },
    ),
    "php, a member": (
        f"{SERVICE}/modify_group_member_info",
        {
            "GroupId": "@",
            "Member_Account": "alice",
            "Role": "",
            "MsgFlag": "",
            "NameCard": "",
            "ShutUpTime": 0,
            "AppMemberDefinedData": [],
        },
    ),
    "php, a profile": (
        f"{SERVICE}/modify_group_base_info",
        {
            "GroupId": "@",
            "Name": "new",
            "ShutUpAllMember": "Off",
            "AppDefinedData": [],
            "Introduction": "",
            "MaxMemberNum": None,
            "ApplyJoinOption": "",
        },
    ),
    "php, an old group": (
        f"{SERVICE}/import_group",
        {"Type": "Public", "Name": "old", "Owner_Account": "", "GroupId": "", "AppDefinedData": []},
    ),
    "php, a message": (
        "openim/sendmsg",
        {
            "SyncOtherMachine": 1,
            "To_Account": "bob",
            "MsgLifeTime": None,
            "MsgSeq": None,
            "MsgRandom": 7,
            "MsgTimeStamp": 1_700_000_000,
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
            "CloudCustomData": "",
        },
    ),
    "go, friends": ("sns/friend_get", {"From_Account": "alice", "StartIndex": 0, "StandardSequence": 0}),
    "go, no longer friends": ("sns/friend_delete_all", {"From_Account": "alice", "DeleteType": ""}),
    "go, lists of friends": (
        "sns/group_add",
        {"From_Account": "alice", "GroupName": ["friends"], "To_Account": None},
    ),
    "java, an official account": (
        "official_account_open_http_svc/modify_official_account_base_info",
        {"OfficialAccount": "@TOA#_news", "Name": "new", "MaxSubscriberNum": None},
    ),
}


@pytest.mark.parametrize(("command", "body"), OTHERS.values(), ids=OTHERS)
async def test_body_of_another_client(api: Api, command: str, body: dict[str, Any]) -> None:
    official = {"Owner_Account": "alice", "OfficialAccountUserID": "@TOA#_news", "Name": "news"}
    await api.call("official_account_open_http_svc/create_official_account", official)
    given = {**body, "GroupId": await make(api)} if body.get("GroupId") == "@" else body
    answer = await api.call(command, given)
    assert answer["ErrorCode"] == 0, answer["ErrorInfo"]
