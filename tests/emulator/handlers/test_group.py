"""Groups by the bare API: codes that a client never sees, and the forms of answers."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import NOW

SERVICE = "group_open_http_svc"
CREATE = f"{SERVICE}/create_group"
ADD = f"{SERVICE}/add_group_member"
INFO = f"{SERVICE}/get_group_info"


async def make(api, type="Public", **fields):
    return (await api.call(CREATE, {"Type": type, "Name": "g", "Owner_Account": "alice", **fields}))["GroupId"]


def members(count):
    return [{"Member_Account": f"u{number}"} for number in range(count)]


# Errors in a request to an existing group; @ stands for the group's id.
CODES = {
    "no Type": (CREATE, {"Name": "g"}, 10004),
    "unknown type": (CREATE, {"Type": "BChatRoom", "Name": "g"}, 10004),
    "a type in lower case": (CREATE, {"Type": "public", "Name": "g"}, 10004),
    "Type a number": (CREATE, {"Type": 1, "Name": "g"}, 10004),
    "no Name": (CREATE, {"Type": "Public"}, 10004),
    "Name of 101 bytes": (CREATE, {"Type": "Public", "Name": "x" * 101}, 10004),
    "101 first members": (CREATE, {"Type": "Public", "Name": "g", "MemberList": members(101)}, 10005),
    "first members no array": (CREATE, {"Type": "Public", "Name": "g", "MemberList": {}}, 10004),
    "301 to add": (ADD, {"GroupId": "@", "MemberList": members(301)}, 10005),
    "301 to import": (f"{SERVICE}/import_group_member", {"GroupId": "@", "MemberList": members(301)}, 10005),
    "21 to ban": (f"{SERVICE}/ban_group_member", {"GroupId": "@", "Members_Account": ["a"] * 21, "Duration": 1}, 10005),
    "21 to unban": (f"{SERVICE}/unban_group_member", {"GroupId": "@", "Members_Account": ["a"] * 21}, 10005),
    "101 to remove": (f"{SERVICE}/delete_group_member", {"GroupId": "@", "MemberToDel_Account": ["a"] * 101}, 10004),
    "501 to mute": (
        f"{SERVICE}/forbid_send_msg",
        {"GroupId": "@", "Members_Account": ["a"] * 501, "MuteTime": 1},
        10004,
    ),
    "no MuteTime": (f"{SERVICE}/forbid_send_msg", {"GroupId": "@", "Members_Account": ["alice"]}, 10004),
    "501 roles": (f"{SERVICE}/get_role_in_group", {"GroupId": "@", "User_Account": ["a"] * 501}, 10004),
    "51 groups": (INFO, {"GroupIdList": ["g"] * 51}, 10004),
    "no GroupId": (f"{SERVICE}/destroy_group", {}, 10015),
    "GroupId a number": (f"{SERVICE}/destroy_group", {"GroupId": 5}, 10015),
    "GroupId of 49 bytes": (f"{SERVICE}/destroy_group", {"GroupId": "x" * 49}, 10015),
    "no such group": (f"{SERVICE}/destroy_group", {"GroupId": "x"}, 10010),
    "Limit of 201": (f"{SERVICE}/get_group_member_info", {"GroupId": "@", "Limit": 201}, 10004),
    "not an object": (f"{SERVICE}/destroy_group", [1], 10011),
    "not JSON": (f"{SERVICE}/destroy_group", b"{", 10011),
}


@pytest.mark.parametrize(("command", "body", "code"), CODES.values(), ids=CODES)
async def test_code(api, command, body, code):
    group_id = await make(api)
    if isinstance(body, dict) and body.get("GroupId") == "@":
        body = {**body, "GroupId": group_id}
    before = {name: list(group.members) for name, group in api.emulator.groups.items()}
    assert await api.code(command, body) == code
    assert {name: list(group.members) for name, group in api.emulator.groups.items()} == before


async def test_older_names_are_taken(api):
    group_id = await make(api, MemberList=[{"Member_Account": "bob"}])
    assert await api.code(f"{SERVICE}/modify_group_base_info", {"GroupId": group_id, "ShutUpAllMember": "On"}) == 0
    body = {"GroupId": group_id, "Members_Account": ["bob"], "ShutUpTime": 60}
    assert await api.code(f"{SERVICE}/forbid_send_msg", body) == 0
    body = {"GroupId": group_id, "Member_Account": "alice", "ShutUpTime": 30}
    assert await api.code(f"{SERVICE}/modify_group_member_info", body) == 0
    info = (await api.call(INFO, {"GroupIdList": [group_id]}))["GroupInfo"][0]
    assert info["MuteAllMember"] == "On"
    assert [member["MuteUntil"] for member in info["MemberList"]] == [NOW + 30, NOW + 60]
    muted = await api.call(f"{SERVICE}/get_group_shutted_uin", {"GroupId": group_id})
    assert muted["ShuttedUinList"] == [
        {"Member_Account": "bob", "ShuttedUntil": NOW + 60},
        {"Member_Account": "alice", "ShuttedUntil": NOW + 30},
    ]


async def test_attributes_are_returned_in_lower_case(api):
    group_id = await make(api)
    body = {"GroupId": group_id, "GroupAttr": [{"key": "a", "value": "1"}]}
    assert await api.code(f"{SERVICE}/set_group_attr", body) == 0
    info = await api.call("group_open_attr_http_svc/get_group_attr", {"GroupId": group_id})
    assert info["GroupAttrAry"] == [{"key": "a", "value": "1"}]


async def test_who_is_no_admin_may_not_call(api):
    from tim_async.emulator import DEFAULT_SECRET_KEY
    from tim_async.usersig import generate_user_sig

    sig = generate_user_sig(api.emulator.sdk_app_id, DEFAULT_SECRET_KEY, "alice", 86_400, now=NOW)
    for command in (CREATE, "group_open_attr_http_svc/get_group_attr", "group_open_avchatroom_http_svc/get_members"):
        assert await api.code(command, {}, identifier="alice", usersig=sig) == 10007


async def test_auto_import_makes_accounts_that_are_named(start):
    async with start(auto_import=True, rate_limits={"*": 1_000}) as api:
        group_id = await make(api, Owner_Account="zoe", MemberList=[{"Member_Account": "yan"}])
        assert await api.code(ADD, {"GroupId": group_id, "MemberList": [{"Member_Account": "xi"}]}) == 0
        assert list(api.emulator.groups[group_id].members) == ["zoe", "yan", "xi"]
        assert {"xi", "yan", "zoe"} <= set(api.emulator.accounts)


async def test_profiles_without_custom_fields_have_empty_lists(api):
    group_id = await make(api)
    info = (await api.call(INFO, {"GroupIdList": [group_id]}))["GroupInfo"][0]
    assert info["AppDefinedData"] == []
    assert info["MemberList"][0]["AppMemberDefinedData"] == []
