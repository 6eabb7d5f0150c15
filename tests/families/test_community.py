"""Communities, end to end: topics, their messages, permission groups."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.families.groups import MEMBERS, code_of, make_group, texts
from tim_async import PartialFailureError, TimClient, UsageError, decode
from tim_async._api.endpoint import Endpoint
from tim_async.emulator import Emulator
from tim_async.families.community import Community
from tim_async.models.community import (
    PermissionMember,
    TopicInfo,
    TopicPermission,
    TopicSelfInfo,
)

G = "@TGS#_@TGS#cA"


@pytest.fixture
def community(emulator: Emulator) -> str:
    emulator.add_accounts(*MEMBERS)
    return make_group(emulator, "Community", support_topic=True)


async def test_topics_are_made_listed_changed_and_deleted(
    client: TimClient, emulator: Emulator, community: str
) -> None:
    own = f"{community}@TOPIC#_news"
    made = await client.community.create_topic(
        group_id=community, topic_id=own, topic_name="新闻", from_account="bob", custom_string="{}", introduction="all"
    )
    other = await client.community.create_topic(group_id=community, topic_name="talk")
    assert made.topic_id == own
    assert other.topic_id.startswith(f"{community}@TOPIC#_@TOPIC#c")
    await client.community.modify_topic(
        group_id=community, topic_id=own, topic_name="News", notification="📰", mute_all_member="On"
    )
    topics = await client.community.get_topics(group_id=community, from_account="bob")
    assert topics.failed == []
    first, second = [entry.topic_info for entry in topics.topic_and_self_info]
    assert first is not None
    assert second is not None
    assert (first.topic_id, first.group_id, first.topic_name) == (own, community, "News")
    assert (first.introduction, first.notification, first.custom_string) == ("all", "📰", "{}")
    assert (first.mute_all_member, first.next_msg_seq, second.mute_all_member) == ("On", 1, "Off")
    destroyed = await client.community.destroy_topics(group_id=community, topic_id_list=[own, f"{community}@TOPIC#_x"])
    assert [(item.topic_id, item.error_code) for item in destroyed.failed] == [(f"{community}@TOPIC#_x", 110003)]
    with pytest.raises(PartialFailureError):
        destroyed.raise_for_failed()
    assert list(emulator.groups[community].topics) == [other.topic_id]


async def test_a_topic_has_messages_of_its_own(client: TimClient, emulator: Emulator, community: str) -> None:
    topic = (await client.community.create_topic(group_id=community, topic_name="talk")).topic_id
    other = (await client.community.create_topic(group_id=community, topic_name="news")).topic_id
    await client.group_msg.send_text(community, "everyone")
    for text in ("one", "two"):
        await client.group_msg.send_text(community, text, topic_id=topic, from_account="alice")
    assert (await client.group_msg.send_text(community, "first here", topic_id=other)).msg_seq == 1
    assert texts(emulator.group_history(community)) == ["everyone"]
    assert texts(emulator.group_history(community, topic)) == ["one", "two"]
    read = [message async for message in client.group_msg.iter_history(community, topic_id=topic)]
    assert texts(read) == ["two", "one"]
    await client.group_msg.modify(group_id=community, topic_id=topic, msg_seq=1, cloud_custom_data="edited")
    await client.group_msg.recall_all(community, [2], topic_id=topic)
    one, two = emulator.group_history(community, topic)
    assert (one.cloud_custom_data, two.is_recalled) == ("edited", True)
    topics = await client.community.get_topics(group_id=community, from_account="bob", topic_id_list=[topic])
    (entry,) = topics.topic_and_self_info
    assert entry.topic_info is not None
    assert (entry.topic_info.next_msg_seq, entry.topic_info.last_msg_time) == (3, two.msg_time_stamp)
    await client.group_msg.delete_by_sender(group_id=community, topic_id=topic, sender_account="alice")
    assert all(message.is_recalled for message in emulator.group_history(community, topic))
    await client.community.destroy_topics(group_id=community, topic_id_list=[topic])
    assert await code_of(client.group_msg.send_text(community, "x", topic_id=topic)) == 10004


async def test_a_muted_topic_takes_no_message_from_members(client: TimClient, community: str) -> None:
    topic = (await client.community.create_topic(group_id=community, topic_name="talk")).topic_id
    await client.community.modify_topic(group_id=community, topic_id=topic, mute_all_member="On")
    assert await code_of(client.group_msg.send_text(community, "x", topic_id=topic, from_account="bob")) == 10017
    await client.group_msg.send_text(community, "x", topic_id=topic, from_account="alice")
    await client.community.modify_topic(group_id=community, topic_id=topic, mute_all_member="Off")
    await client.group_msg.send_text(community, "x", topic_id=topic, from_account="bob")


async def test_only_what_is_wanted_of_a_topic(client: TimClient, emulator: Emulator, community: str) -> None:
    topic = (await client.community.create_topic(group_id=community, topic_name="talk", face_url="u")).topic_id
    emulator.groups[community].topics[topic].thread.mute("bob", 60, emulator._clock())
    topics = await client.community.get_topics(
        group_id=community,
        from_account="bob",
        topic_id_list=[topic, f"{community}@TOPIC#_x"],
        response_filter=["FaceUrl"],
    )
    found, gone = topics.topic_and_self_info
    assert found.topic_info == TopicInfo(topic_id=topic, face_url="u")
    assert found.self_info is not None
    assert found.self_info.msg_flag == "AcceptAndNotify"
    assert (found.self_info.shut_up_time or 0) > emulator._clock()
    assert topics.failed == [gone]
    assert (gone.error_code, gone.topic_info) == (110003, TopicInfo(topic_id=f"{community}@TOPIC#_x"))


def test_newer_and_regular_names_are_read_too() -> None:
    assert decode('{"MuteTime": 5}', TopicSelfInfo).shut_up_time == 5
    info = decode('{"TopicId": "t", "GroupId": "g", "ShutUpAllMember": "On"}', TopicInfo)
    assert (info.group_id, info.mute_all_member) == ("g", "On")


@pytest.mark.parametrize("line", [Community.create_topic, Community.modify_topic, Community.import_topic])
def test_texts_of_a_topic_may_be_as_long_as_those_of_a_group(line: Endpoint[..., Any]) -> None:
    texts = {"Introduction": "介" * 133, "Notification": "n" * 400, "FaceUrl": "f" * 500}
    body = {"GroupId": G, "TopicId": f"{G}@TOPIC#_a", "TopicName": "题" * 33, **texts}
    assert json.loads(line.encode(decode(json.dumps(body), line.request))) == body


async def test_an_imported_topic_is_as_old_as_it_says(client: TimClient, emulator: Emulator, community: str) -> None:
    own = f"{community}@TOPIC#_old"
    fields: dict[str, Any] = {"group_id": community, "topic_id": own, "topic_name": "old"}
    made = await client.community.import_topic(type="Community", create_time=1_448_357_837, **fields)
    assert emulator.groups[community].topics[made.topic_id].create_time == 1_448_357_837
    assert await code_of(client.community.import_topic(**fields)) == 10021
    assert await code_of(client.community.create_topic(**fields)) == 10025


async def test_where_there_are_no_topics(client: TimClient, emulator: Emulator, community: str) -> None:
    create = client.community.create_topic
    assert await code_of(create(group_id="@TGS#_gone", topic_name="x")) == 10010
    assert await code_of(create(group_id=make_group(emulator), topic_name="x")) == 10007
    assert await code_of(create(group_id=make_group(emulator, "Community"), topic_name="x")) == 10007
    assert await code_of(create(group_id=community, topic_name="x", from_account="nobody")) == 10007
    assert await code_of(client.community.get_topics(group_id=community, from_account="nobody")) == 10007
    missing = client.community.modify_topic(group_id=community, topic_id=f"{community}@TOPIC#_x", topic_name="y")
    assert await code_of(missing) == 10004


async def test_permission_groups(client: TimClient, emulator: Emulator, community: str) -> None:
    topic = (await client.community.create_topic(group_id=community, topic_name="talk")).topic_id
    made = await client.community.create_permission_group(
        group_id=community, permission_group_id="@PMG#_mods", permission_group_name="管理组", permission=3
    )
    assert made.permission_group_id == "@PMG#_mods"
    where: dict[str, Any] = {"group_id": community, "permission_group_id": "@PMG#_mods"}
    added = await client.community.add_permission_group_members(
        member_list=[PermissionMember(member_account=name) for name in ("bob", "nobody")], **where
    )
    assert [(item.member_account, item.result) for item in added.failed] == [("nobody", 0)]
    many = await client.community.add_all_permission_group_members(community, "@PMG#_mods", ["bob", "carol"])
    assert [item.result for answer in many.results for item in answer.member_list] == [2, 1]
    await client.community.modify_permission_group(permission=7, custom_string="x", **where)
    asked = await client.community.get_permission_groups(
        group_id=community, permission_group_id_list=["@PMG#_mods", "@PMG#_gone"]
    )
    info, gone = asked.permission_group_info_list
    assert (info.permission_group_name, info.permission, info.custom_string) == ("管理组", 7, "x")
    assert info.member_count == 2
    assert asked.failed == [gone]
    assert gone.error_code == 110006
    set_ = await client.community.set_topic_permissions(
        topic_permission_list=[
            TopicPermission(topic_id=topic, permission=5),
            TopicPermission(topic_id="x", permission=1),
        ],
        **where,
    )
    assert [item.topic_id for item in set_.failed] == ["x"]
    received = await client.community.get_topic_permissions(**where)
    assert [(item.topic_id, item.permission) for item in received.topic_permission_result_list] == [(topic, 5)]
    await client.community.destroy_topics(group_id=community, topic_id_list=[topic])
    await client.community.create_topic(group_id=community, topic_name="talk", topic_id=topic)
    received = await client.community.get_topic_permissions(topic_id_list=[topic, "x"], **where)
    assert [item.permission for item in received.topic_permission_result_list] == [0, None]
    assert [item.topic_id for item in received.failed] == ["x"]
    emulator.leave_group(community, "carol")
    assert emulator.groups[community].permission_groups["@PMG#_mods"].members == ["bob"]
    left = await client.community.delete_permission_group_members(
        member_list=[PermissionMember(member_account=name) for name in ("bob", "carol")], **where
    )
    assert left.failed == []
    assert [item.member_account for item in left.member_list] == ["bob", "carol"]
    assert emulator.groups[community].permission_groups["@PMG#_mods"].members == []
    destroyed = await client.community.destroy_permission_groups(
        group_id=community, permission_group_id_list=["@PMG#_mods", "@PMG#_gone"]
    )
    assert [(item.permission_group_id, item.error_code) for item in destroyed.failed] == [("@PMG#_gone", 110006)]
    assert await code_of(client.community.modify_permission_group(permission=1, **where)) == 110006


async def test_permissions_in_topics_are_added_and_deleted(
    client: TimClient, emulator: Emulator, community: str
) -> None:
    family = client.community
    topics = [(await family.create_topic(group_id=community, topic_name=f"t{n}")).topic_id for n in range(60)]
    own = (
        await family.create_permission_group(group_id=community, permission_group_name="mods", permission=1)
    ).permission_group_id
    where: dict[str, Any] = {"group_id": community, "permission_group_id": own}
    entries = [TopicPermission(topic_id=topic, permission=3) for topic in [*topics, "x"]]
    added = await family.add_all_topic_permissions(community, own, entries)
    assert len(added.results) == 2
    assert [entry.topic_id for entry in added.failed] == ["x"]  # type: ignore[attr-defined]
    assert emulator.groups[community].permission_groups[own].topics == dict.fromkeys(topics, 3)
    received = await family.delete_topic_permissions(topic_id_list=[topics[0], "x"], **where)
    assert [(entry.topic_id, entry.error_code) for entry in received.topic_permission_result_list] == [
        (topics[0], 0),
        ("x", 110003),
    ]
    assert received.failed == received.topic_permission_result_list[1:]
    deleted = await family.delete_all_topic_permissions(community, own, topics[:-1])
    assert deleted.failed == []
    assert emulator.groups[community].permission_groups[own].topics == {topics[-1]: 3}
    where["permission_group_id"] = "y"
    assert await code_of(family.delete_topic_permissions(topic_id_list=["x"], **where)) == 110006


async def test_members_of_a_permission_group_are_read_page_by_page(
    client: TimClient, emulator: Emulator, community: str
) -> None:
    family = client.community
    own = (
        await family.create_permission_group(group_id=community, permission_group_name="mods", permission=1)
    ).permission_group_id
    await family.add_all_permission_group_members(community, own, ["bob", "carol", "alice"])
    read = [account async for account in family.iter_permission_group_members(community, own, page_size=2)]
    assert read == ["bob", "carol", "alice"]
    assert emulator.count("group_open_http_svc/get_permission_group_member_list") == 2
    deleted = await family.delete_all_permission_group_members(community, own, ["bob", "nobody"])
    assert deleted.failed == []
    page = await family.get_permission_group_members(group_id=community, permission_group_id=own)
    assert ([member.member_account for member in page.member_list], page.next) == (["carol", "alice"], "")
    for place in ("x", "-1", "٣", "9" * 10):
        call = family.get_permission_group_members(group_id=community, permission_group_id=own, next=place)
        assert await code_of(call) == 10004


async def test_online_members_of_a_community_are_counted(client: TimClient, emulator: Emulator, community: str) -> None:
    assert (await client.community.get_online_num(group_id=community)).online_member_num == 0
    emulator.set_online("bob")
    emulator.set_online("carol", status="PushOnline")
    emulator.add_accounts("someone-else")
    emulator.set_online("someone-else")
    assert (await client.community.get_online_num(group_id=community)).online_member_num == 1
    public = make_group(emulator, "Public")
    assert await code_of(client.community.get_online_num(group_id=public)) == 10007


async def test_permission_groups_are_read_page_by_page(client: TimClient, emulator: Emulator, community: str) -> None:
    for number in range(5):
        await client.community.create_permission_group(
            group_id=community, permission_group_name=f"group {number}", permission=number
        )
    read = [entry async for entry in client.community.iter_permission_groups(community, page_size=2)]
    assert [entry.permission for entry in read] == [0, 1, 2, 3, 4]
    assert emulator.count("group_open_http_svc/get_permission_group") == 3


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("create_topic", {"group_id": "", "topic_name": "x"}, "group_id"),
        ("create_topic", {"group_id": G, "topic_name": ""}, "topic_name"),
        ("create_topic", {"group_id": G, "topic_name": "好" * 34}, "topic_name"),
        ("create_topic", {"group_id": G, "topic_name": "x", "topic_id": "mine"}, "topic_id"),
        ("create_topic", {"group_id": G, "topic_name": "x", "topic_id": f"{G}@TOPIC#_"}, "topic_id"),
        ("create_topic", {"group_id": G, "topic_name": "x", "custom_string": "x" * 3001}, "custom_string"),
        ("create_topic", {"group_id": G, "topic_name": "x", "face_url": "x" * 501}, "face_url"),
        ("create_topic", {"group_id": G, "topic_name": "x", "notification": "x" * 401}, "notification"),
        ("create_topic", {"group_id": G, "topic_name": "x", "introduction": "x" * 401}, "introduction"),
        ("create_topic", {"group_id": G, "topic_name": "x", "from_account": ""}, "from_account"),
        ("get_topics", {"group_id": G, "from_account": "a", "topic_id_list": [""]}, "topic_id_list[0]"),
        ("modify_topic", {"group_id": G, "topic_id": "t", "mute_all_member": "on"}, "mute_all_member"),
        ("modify_topic", {"group_id": G, "topic_id": "", "topic_name": "x"}, "topic_id"),
        ("destroy_topics", {"group_id": G, "topic_id_list": []}, "topic_id_list"),
        ("import_topic", {"group_id": G, "topic_name": "x", "type": "Public"}, "type"),
        ("import_topic", {"group_id": G, "topic_name": "x", "create_time": -1}, "create_time"),
        (
            "create_permission_group",
            {"group_id": G, "permission_group_name": "x" * 151, "permission": 1},
            "permission_group_name",
        ),
        ("create_permission_group", {"group_id": G, "permission_group_name": "x", "permission": -1}, "permission"),
        (
            "destroy_permission_groups",
            {"group_id": G, "permission_group_id_list": ["p"] * 21},
            "permission_group_id_list",
        ),
        ("get_permission_groups", {"group_id": G, "limit": 21}, "limit"),
        ("modify_permission_group", {"group_id": G, "permission_group_id": ""}, "permission_group_id"),
        (
            "add_permission_group_members",
            {
                "group_id": G,
                "permission_group_id": "p",
                "member_list": [PermissionMember(member_account="a")] * 101,
            },
            "member_list",
        ),
        (
            "delete_permission_group_members",
            {"group_id": G, "permission_group_id": "p", "member_list": [PermissionMember(member_account="")]},
            "member_list[0].member_account",
        ),
        ("get_permission_group_members", {"group_id": G, "permission_group_id": "p", "limit": 51}, "limit"),
        (
            "add_topic_permissions",
            {
                "group_id": G,
                "permission_group_id": "p",
                "topic_permission_list": [TopicPermission(topic_id="t", permission=-1)],
            },
            "topic_permission_list[0].permission",
        ),
        (
            "delete_topic_permissions",
            {"group_id": G, "permission_group_id": "p", "topic_id_list": ["t"] * 51},
            "topic_id_list",
        ),
        (
            "delete_topic_permissions",
            {"group_id": G, "permission_group_id": "p", "topic_id_list": "t"},
            "topic_id_list",
        ),
        (
            "set_topic_permissions",
            {"group_id": G, "permission_group_id": "p", "topic_permission_list": []},
            "topic_permission_list",
        ),
        (
            "get_topic_permissions",
            {"group_id": G, "permission_group_id": "p", "topic_id_list": [""]},
            "topic_id_list[0]",
        ),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.community, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0
