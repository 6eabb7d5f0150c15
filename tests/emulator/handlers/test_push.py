"""Pushes: the codes of refusals, for both families of commands."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import NOW
from tim_async.emulator import DEFAULT_SECRET_KEY
from tim_async.usersig import generate_user_sig

OLD, NEW = "all_member_push/im_push", "timpush/push"
BODY = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}]


def old(**changes):
    body = {"MsgRandom": 1, "MsgBody": BODY, **changes}
    return {name: value for name, value in body.items() if value is not None}


def new(**changes):
    body = {"From_Account": "a", "MsgRandom": 1, "OfflinePushInfo": {"Desc": "hi"}, **changes}
    return {name: value for name, value in body.items() if value is not None}


def users(field, number, **what):
    return {field: [{"To_Account": f"u{index}", **what} for index in range(number)]}


CODES = {
    "push": (OLD, old(), 0),
    "no MsgRandom": (OLD, old(MsgRandom=None), 90005),
    "MsgRandom a string": (OLD, old(MsgRandom="1"), 90005),
    "no MsgBody": (OLD, old(MsgBody=None), 90007),
    "empty MsgBody": (OLD, old(MsgBody=[]), 90010),
    "element without content": (OLD, old(MsgBody=[{"MsgType": "TIMTextElem"}]), 90002),
    "8 days": (OLD, old(MsgLifeTime=691_200), 90026),
    "bad push settings": (OLD, old(OfflinePushInfo={"Desc": 1}), 90043),
    "From_Account a number": (OLD, old(From_Account=1), 90001),
    "condition a list": (OLD, old(Condition=["a"]), 90001),
    "tags and attributes": (OLD, old(Condition={"TagsOr": ["a"], "AttrsAnd": {"city": "b"}}), 90039),
    "tag empty": (OLD, old(Condition={"TagsOr": [""]}), 90040),
    "tag of 50 bytes": (OLD, old(Condition={"TagsOr": ["x" * 50]}), 0),
    "tag of 51 bytes": (OLD, old(Condition={"TagsAnd": ["x" * 51]}), 90020),
    "10 tags": (OLD, old(Condition={"TagsAnd": [f"t{index}" for index in range(10)]}), 0),
    "11 tags": (OLD, old(Condition={"TagsAnd": [f"t{index}" for index in range(11)]}), 90032),
    "tag in both": (OLD, old(Condition={"TagsAnd": ["a", "b"], "TagsOr": ["b"]}), 90022),
    "attribute": (OLD, old(Condition={"AttrsOr": {"city": "x"}}), 0),
    "unknown attribute": (OLD, old(Condition={"AttrsOr": {"town": "x"}}), 90033),
    "value of 51 bytes": (OLD, old(Condition={"AttrsOr": {"city": "x" * 51}}), 90033),
    "new push": (NEW, new(), 0),
    "new push without sender": (NEW, new(From_Account=None), 90001),
    "new push without settings": (NEW, new(OfflinePushInfo=None), 90001),
    "new push without MsgRandom": (NEW, new(MsgRandom=None), 90001),
    "new push, tag of 51 bytes": (NEW, new(Condition={"TagsNot": ["x" * 51]}), 90020),
    "new push, tags and attributes": (NEW, new(Condition={"TagsNot": ["x"], "AttrsOr": {"city": "x"}}), 90039),
    "batch": ("timpush/batch", new(To_Account=["alice"]), 0),
    "batch of 501": ("timpush/batch", new(To_Account=["alice"] * 501), 90001),
    "batch without users": ("timpush/batch", new(To_Account=[]), 90001),
    "revoke nothing": ("timpush/revoke", {"TaskId": "x", "OfflinePushInfo": {}}, 90049),
    "revoke without text": ("timpush/revoke", {"TaskId": "x"}, 90001),
    "name of number 10": ("all_member_push/im_set_attr_name", {"AttrNames": {"10": "x"}}, 90001),
    "new name of number 10": ("timpush/set_attr_name", {"AttrNames": {"10": "x"}}, 90033),
    "100 to tag": ("all_member_push/im_add_tag", users("UserTags", 100, Tags=["a"]), 0),
    "101 to tag": ("all_member_push/im_add_tag", users("UserTags", 101, Tags=["a"]), 90018),
    "11 tags each": ("timpush/add_tag", users("UserTags", 1, Tags=["a"] * 11), 90032),
    "empty tag": ("timpush/remove_tag", users("UserTags", 1, Tags=["a", ""]), 90034),
    "long tag": ("all_member_push/im_remove_tag", users("UserTags", 1, Tags=["x" * 51]), 90034),
    "101 with attributes": ("timpush/set_attr", users("UserAttrs", 101, Attrs={"city": "a"}), 90018),
    "unknown attribute of a user": ("timpush/set_attr", users("UserAttrs", 1, Attrs={"town": "a"}), 90033),
    "empty value": ("all_member_push/im_set_attr", users("UserAttrs", 1, Attrs={"city": ""}), 90033),
    "unknown attribute to remove": ("timpush/remove_attr", users("UserAttrs", 1, Attrs=["town"]), 90033),
    "101 to ask": ("timpush/get_tag", {"To_Account": ["x"] * 101}, 90018),
    "To_Account missing": ("timpush/clear_all_tags", {}, 90001),
    "To_Account a string": ("all_member_push/im_get_attr", {"To_Account": "alice"}, 90001),
    "not an object": ("all_member_push/im_get_tag", b"[]", 90001),
    "not JSON": ("timpush/get_tag", b"{", 90001),
}


@pytest.mark.parametrize(("command", "body", "code"), CODES.values(), ids=CODES)
async def test_code(api, command, body, code):
    assert await api.code("timpush/set_attr_name", {"AttrNames": {"0": "city"}}) == 0
    assert await api.code(command, body) == code
    assert len(api.emulator.pushes) == (code == 0 and command in (OLD, NEW, "timpush/batch"))


async def test_one_bad_attribute_changes_nothing(api):
    await api.call("all_member_push/im_set_attr_name", {"AttrNames": {"0": "city"}})
    body = {"UserAttrs": [{"To_Account": "alice", "Attrs": {"city": "x"}}, {"To_Account": "bob", "Attrs": {"y": "z"}}]}
    assert await api.code("all_member_push/im_set_attr", body) == 90033
    answer = await api.call("all_member_push/im_get_attr", {"To_Account": ["alice"]})
    assert answer["UserAttrs"] == [{"To_Account": "alice", "Attrs": {}}]


@pytest.mark.parametrize("command", [OLD, NEW])
async def test_not_an_admin(api, command):
    sig = generate_user_sig(api.emulator.sdk_app_id, DEFAULT_SECRET_KEY, "alice", 86_400, now=NOW)
    assert await api.code(command, {}, identifier="alice", usersig=sig) == 90009
