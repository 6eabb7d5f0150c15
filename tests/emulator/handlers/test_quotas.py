"""The limits of I34381 and of single pages: how much there can be, and how often it can change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Api, message, running
from tim_async.errors import UsageError
from tim_async.models.recent_contact import ContactItem

SERVICE = "group_open_http_svc"
MODIFY = f"{SERVICE}/modify_group_base_info"
MEMBER = f"{SERVICE}/modify_group_member_info"
PLACES = {"TimeStamp": 0, "StartIndex": 0, "TopTimeStamp": 0, "TopStartIndex": 0}


async def make(api: Api, kind: str = "Public", **fields: Any) -> str:
    body = {"Type": kind, "Name": "g", "Owner_Account": "alice", **fields}
    group_id: str = (await api.call(f"{SERVICE}/create_group", body))["GroupId"]
    return group_id


def own(key: str = "k", value: str = "v") -> list[dict[str, str]]:
    return [{"Key": key, "Value": value}]


# An app's own fields of groups and members.

FIELDS = {
    "key of 16 bytes": (own("k" * 16), 0, 0),
    "key of 17 bytes": (own("k" * 17), 10004, 10004),
    "key with a hyphen": (own("a-b"), 10004, 10004),
    "key with an umlaut": (own("ä"), 10004, 10004),
    "value of 64 bytes": (own(value="v" * 64), 0, 0),
    "value of 66 bytes": (own(value="好" * 22), 0, 10004),
    "value of 512 bytes": (own(value="v" * 512), 0, 10004),
    "value of 513 bytes": (own(value="v" * 513), 10004, 10004),
    "6 fields": ([field for n in range(6) for field in own(f"k{n}")], 0, 10004),
    "11 fields": ([field for n in range(11) for field in own(f"k{n}")], 10004, 10004),
}


@pytest.mark.parametrize(("data", "of_group", "of_member"), FIELDS.values(), ids=FIELDS)
async def test_own_fields(api: Api, data: list[dict[str, str]], of_group: int, of_member: int) -> None:
    group_id = await make(api, Introduction="old")
    changed = {"GroupId": group_id, "Introduction": "new", "AppDefinedData": data}
    assert await api.code(MODIFY, changed) == of_group
    assert api.emulator.groups[group_id].introduction == ("old" if of_group else "new"), "all or nothing"
    new = {"Type": "Public", "Name": "g", "AppDefinedData": data}
    assert await api.code(f"{SERVICE}/create_group", new) == of_group
    assert await api.code(f"{SERVICE}/import_group", new) == of_group
    body = {"GroupId": group_id, "Member_Account": "alice", "AppMemberDefinedData": data}
    assert await api.code(MEMBER, body) == of_member
    first = [{"Member_Account": "bob", "AppMemberDefinedData": data}]
    body = {"Type": "Public", "Name": "g", "MemberList": first}
    assert await api.code(f"{SERVICE}/create_group", body) == of_member


async def test_own_fields_are_counted_with_those_that_are_there(api: Api) -> None:
    group_id = await make(api, AppDefinedData=[field for n in range(10) for field in own(f"k{n}")])
    assert await api.code(MODIFY, {"GroupId": group_id, "AppDefinedData": own("k3", "new")}) == 0
    assert await api.code(MODIFY, {"GroupId": group_id, "AppDefinedData": own("k10")}) == 10004


# Attributes of a group: five changes per second, of any kind.

ATTRIBUTE = [{"key": "a", "value": "b"}]


async def test_attributes_of_one_group_change_five_times_a_second() -> None:
    async with running(tolerance=0.05) as api:
        group_id, other = await make(api), await make(api)
        body = {"GroupId": group_id, "GroupAttr": ATTRIBUTE}
        words = ["modify_group_attr", "set_group_attr", "clear_group_attr", "modify_group_attr", "delete_group_attr"]
        codes = [await api.code(f"{SERVICE}/{word}", body) for word in words]
        assert codes == [0] * 5
        assert await api.code(f"{SERVICE}/modify_group_attr", body) == 10049
        assert await api.code(f"{SERVICE}/clear_group_attr", {"GroupId": group_id}) == 10049
        assert await api.code(f"{SERVICE}/modify_group_attr", {**body, "GroupId": other}) == 0
        assert await api.code("group_open_attr_http_svc/get_group_attr", {"GroupId": group_id}) == 0
        api.clock.now += 1
        assert await api.code(f"{SERVICE}/modify_group_attr", body) == 0


# Topics.


async def test_community_has_at_most_200_topics(api: Api) -> None:
    group_id = await make(api, "Community", SupportTopic=1)
    create, imports = "million_group_open_http_svc/create_topic", f"{SERVICE}/import_topic"
    for number in range(200):
        assert await api.code((create, imports)[number % 2], {"GroupId": group_id, "TopicName": "t"}) == 0
    assert await api.code(create, {"GroupId": group_id, "TopicName": "t"}) == 10004
    assert await api.code(imports, {"GroupId": group_id, "TopicName": "t"}) == 10004
    topic = next(iter(api.emulator.groups[group_id].topics))
    destroy = {"GroupId": group_id, "TopicIdList": [topic]}
    await api.call("million_group_open_http_svc/destroy_topic", destroy)
    assert await api.code(create, {"GroupId": group_id, "TopicName": "t"}) == 0


# Conversations.


async def contacts(api: Api, account: str = "alice") -> list[str]:
    listed: list[str] = []
    places: dict[str, int] = PLACES
    while True:
        body = {"From_Account": account, **places, "AssistFlags": 7}
        answer = await api.call("recentcontact/get_list", body)
        listed += [each["To_Account"] for each in answer["SessionItem"]]
        if answer["CompleteFlag"] == 1:
            return listed
        places = {name: answer[name] for name in PLACES}


async def test_list_keeps_the_newest_100_conversations(api: Api) -> None:
    names = [f"u{number}" for number in range(103)]
    api.emulator.add_accounts(*names)
    for name in names:
        api.clock.now += 1
        await api.call("openim/sendmsg", message(To_Account=name))
        if name == "u0":
            api.emulator.pin_contact("alice", ContactItem(type=1, to_account="u0"))
    listed = await contacts(api)
    assert len(listed) == 100
    assert set(listed) == {"u0", *names[4:]}, "the pinned one stays"
    assert len(api.emulator.history("alice", "u1")) == 1, "its messages stay"
    assert await contacts(api, "u1") == ["alice"], "so does the other side's list"


async def test_at_most_50_conversations_are_pinned(api: Api) -> None:
    names = [f"u{number}" for number in range(51)]
    api.emulator.add_accounts(*names)
    for name in names:
        await api.call("openim/sendmsg", message(To_Account=name))
    pins = [ContactItem(type=1, to_account=name) for name in names]
    for pin in pins[:50]:
        api.emulator.pin_contact("alice", pin)
    api.emulator.pin_contact("alice", pins[0])
    with pytest.raises(UsageError, match="51012: alice already has 50 pinned conversations"):
        api.emulator.pin_contact("alice", pins[50])
    api.emulator.pin_contact("alice", pins[0], pinned=False)
    api.emulator.pin_contact("alice", pins[50])


async def test_group_has_at_most_1000_conversations_and_so_have_marks(api: Api) -> None:
    names = [f"u{number}" for number in range(1001)]
    api.emulator.add_accounts(*names)
    ends = [{"Type": 1, "To_Account": name} for name in names]

    async def put(name: str) -> list[int]:
        body = {"From_Account": "alice", "GroupContactItem": [{"GroupName": name, "ContactItem": ends}]}
        answer = await api.call("recentcontact/create_contact_group", body)
        return [each["ResultCode"] for each in answer["GroupResultItem"][0]["ResultItem"]]

    expected = [0] * 1000 + [51008]
    assert await put("a") == await put("b") == expected
    codes = []
    for start in range(0, 1001, 91):
        items = [{"OptType": 1, "ContactItem": end, "SetMark": [1]} for end in ends[start : start + 91]]
        answer = await api.call("recentcontact/mark_contact", {"From_Account": "alice", "MarkItem": items})
        codes += [each["ResultCode"] for each in answer["ResultItem"]]
    assert codes == expected
    again = {"OptType": 2, "ContactItem": ends[0], "CustomMark": "mine"}
    answer = await api.call("recentcontact/mark_contact", {"From_Account": "alice", "MarkItem": [again]})
    assert answer["ResultItem"][0]["ResultCode"] == 0, "it was marked before"


# Tags: 100 of a user, 1,000 of the app.


@pytest.mark.parametrize("command", ["all_member_push/im_add_tag", "timpush/add_tag"])
async def test_user_has_at_most_100_tags(api: Api, command: str) -> None:
    def tags(start: int, user: str = "alice") -> dict[str, Any]:
        return {"UserTags": [{"To_Account": user, "Tags": [f"t{n}" for n in range(start, start + 10)]}]}

    for start in range(0, 100, 10):
        assert await api.code(command, tags(start)) == 0
    assert await api.code(command, tags(90)) == 0, "they are there already"
    assert await api.code(command, tags(91)) == 90032
    assert await api.code(command, {"UserTags": [*tags(0, "bob")["UserTags"], *tags(91)["UserTags"]]}) == 90032
    word = "im_get_tag" if command.startswith("all") else "get_tag"
    answer = await api.call(f"{command.partition('/')[0]}/{word}", {"To_Account": ["bob"]})
    assert answer["UserTags"] == [{"To_Account": "bob", "Tags": []}], "all or nothing"


async def test_app_has_at_most_1000_tags(api: Api) -> None:
    names = [f"u{number}" for number in range(10)]
    api.emulator.add_accounts(*names)
    for start in range(0, 100, 10):
        given = [{"To_Account": name, "Tags": [f"{name}_{n}" for n in range(start, start + 10)]} for name in names]
        assert await api.code("timpush/add_tag", {"UserTags": given}) == 0
    assert await api.code("timpush/add_tag", {"UserTags": [{"To_Account": "bob", "Tags": ["u0_1"]}]}) == 0
    assert await api.code("timpush/add_tag", {"UserTags": [{"To_Account": "bob", "Tags": ["another"]}]}) == 90032
