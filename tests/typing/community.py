"""Communities: what editors and type checkers must know of a call. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from tim_async import TimClient
from tim_async.families._chunks import Chunked
from tim_async.models.common import Empty
from tim_async.models.community import (
    AddPermissionGroupMembersResult,
    DestroyTopicsResult,
    PermissionGroupCreated,
    PermissionGroupInfo,
    TopicCreated,
    TopicInfo,
    TopicOutcomes,
    Topics,
)


async def communities(client: TimClient) -> None:
    made = await client.community.create_topic(group_id="@TGS#_x", topic_name="talk")
    assert_type(made, TopicCreated)
    assert_type(made.topic_id, str)
    topics = await client.community.get_topics(group_id="@TGS#_x", from_account="bob")
    assert_type(topics, Topics)
    assert_type(topics.topic_and_self_info[0].topic_info, TopicInfo | None)
    assert_type(await client.community.modify_topic(group_id="g", topic_id="t", mute_all_member="On"), Empty)
    destroyed = await client.community.destroy_topics(group_id="g", topic_id_list=["t"])
    assert_type(destroyed, DestroyTopicsResult)
    created = await client.community.create_permission_group(group_id="g", permission_group_name="mods", permission=1)
    assert_type(created, PermissionGroupCreated)
    assert_type(client.community.iter_permission_groups("g"), AsyncIterator[PermissionGroupInfo])
    added = await client.community.add_all_permission_group_members("g", "p", ["bob"])
    assert_type(added, Chunked[str, AddPermissionGroupMembersResult])
    assert_type(client.community.iter_permission_group_members("g", "p"), AsyncIterator[str])
    assert_type(await client.community.delete_all_topic_permissions("g", "p", ["t"]), Chunked[str, TopicOutcomes])
    assert_type((await client.community.get_online_num(group_id="g")).online_member_num, int)


async def mistakes(client: TimClient) -> None:
    await client.community.create_topic(group_id="g")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.community.modify_topic(
        group_id="g",
        topic_id="t",
        mute_all_member="on",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )
