"""Friends, block list and friend lists: which code refuses a body."""

from __future__ import annotations

import pytest

FRIEND = {"To_Account": "bob", "AddSource": "AddSource_Type_Test"}
FROM = {"From_Account": "alice"}
REMARK = {"Tag": "Tag_SNS_IM_Remark", "Value": "x"}

CODES = {
    "add without From_Account": ("friend_add", {"AddFriendItem": [FRIEND]}, 30001),
    "add for an unknown account": ("friend_add", {"From_Account": "stranger", "AddFriendItem": [FRIEND]}, 30003),
    "add an object": ("friend_add", {**FROM, "AddFriendItem": FRIEND}, 30001),
    "add without source": ("friend_add", {**FROM, "AddFriendItem": [{"To_Account": "bob"}]}, 30001),
    "add with a list of list names": ("friend_add", {**FROM, "AddFriendItem": [{**FRIEND, "GroupName": ["x"]}]}, 30001),
    "import with one list name": ("friend_import", {**FROM, "AddFriendItem": [{**FRIEND, "GroupName": "x"}]}, 30001),
    "import": ("friend_import", {**FROM, "AddFriendItem": [FRIEND]}, 0),
    "update without fields": ("friend_update", {**FROM, "UpdateItem": [{"To_Account": "bob", "SnsItem": []}]}, 30001),
    "update": ("friend_update", {**FROM, "UpdateItem": [{"To_Account": "bob", "SnsItem": [REMARK]}]}, 0),
    "delete one": ("friend_delete", {**FROM, "To_Account": "bob"}, 30001),
    "delete 1,001": ("friend_delete", {**FROM, "To_Account": [f"u{n}" for n in range(1001)]}, 30001),
    "check without a type": ("friend_check", {**FROM, "To_Account": ["bob"]}, 30001),
    "get from -1": ("friend_get", {**FROM, "StartIndex": -1}, 30001),
    "get beyond the end": ("friend_get", {**FROM, "StartIndex": 9}, 0),
    "get an unknown field": (
        "friend_get_list",
        {**FROM, "To_Account": ["bob"], "TagList": ["Tag_SNS_IM_X"]},
        30001,
    ),
    "delete a list that is not there": ("group_delete", {**FROM, "GroupName": ["x"]}, 30001),
}


@pytest.mark.parametrize(("word", "body", "code"), CODES.values(), ids=CODES)
async def test_code(api, word, body, code):
    assert await api.code(f"sns/{word}", body) == code


async def test_unknown_field_changes_nothing(api):
    await api.call("sns/friend_import", {**FROM, "AddFriendItem": [FRIEND]})
    fields = [REMARK, {"Tag": "Tag_SNS_IM_AddTime", "Value": 1}]
    answer = await api.call("sns/friend_update", {**FROM, "UpdateItem": [{"To_Account": "bob", "SnsItem": fields}]})
    assert (answer["ErrorCode"], answer["ResultItem"][0]["ResultCode"], answer["Fail_Account"]) == (0, 30001, ["bob"])
    (friend,) = (await api.call("sns/friend_get", {**FROM, "StartIndex": 0}))["UserDataItem"]
    assert {item["Tag"] for item in friend["ValueItem"]} == {"Tag_SNS_IM_AddSource", "Tag_SNS_IM_AddTime"}


async def test_deleting_names_no_failed_accounts(api):
    answer = await api.call("sns/friend_delete", {**FROM, "To_Account": ["bob"]})
    assert "Fail_Account" not in answer
    assert answer["ResultItem"][0]["ResultCode"] == 31704


async def test_friends_come_to_be_when_named(start):
    async with start(auto_import=True) as api:
        body = {"From_Account": "new", "AddFriendItem": [{**FRIEND, "To_Account": "newer"}]}
        answer = await api.call("sns/friend_add", body)
        assert answer["ResultItem"][0]["ResultCode"] == 0
        assert {"new", "newer"} <= set(api.emulator.accounts)
