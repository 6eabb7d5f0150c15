"""What editors and type checkers must know of groups and members. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from tim_async import TimClient
from tim_async.families._chunks import Chunked
from tim_async.families.group import Group
from tim_async.families.group_member import GroupMember
from tim_async.models.common import Empty
from tim_async.models.group import (
    CreatedGroup,
    CreateGroup,
    DefinedData,
    FirstMember,
    GroupInfo,
    GroupInfos,
    ImportedGroup,
    JoinedFilter,
    JoinedGroup,
    ListedGroups,
    MemberInfo,
    ResponseFilter,
)
from tim_async.models.group_attr import Counter, Counters, GroupAttr, GroupAttrKey, GroupAttrs
from tim_async.models.group_member import (
    AddedMember,
    AddedMembers,
    AddMembers,
    BannedAccount,
    ImportedMember,
    MemberPage,
    MutedAccounts,
    NewMember,
    Roles,
    ShuttedUins,
)
from tim_async.models.live_group import LiveAdmins, MarkedMember, MarkedMembers, OnlineMember, OnlineNum, PresentMembers


async def groups(client: TimClient) -> None:
    created = await client.group.create(
        type="Public",
        name="sea",
        owner_account="alice",
        apply_join_option="FreeAccess",
        member_list=[FirstMember(member_account="bob", role="Admin")],
        app_defined_data=(DefinedData(key="a", value="1"),),
    )
    assert_type(created, CreatedGroup)
    assert_type(created.group_id, str)
    assert_type(await client.call(Group.create, CreateGroup(type="Public", name="sea")), CreatedGroup)
    infos = await client.group.get_info(group_id_list=["sea"], response_filter=ResponseFilter(member_info_filter=[]))
    assert_type(infos, GroupInfos)
    assert_type(infos.failed, list[GroupInfo])
    assert_type(infos.group_info[0].member_list, list[MemberInfo] | None)
    assert_type(await client.group.get_info_all({"sea"}), Chunked[str, GroupInfos])
    assert_type(await client.group.modify_info(group_id="sea", mute_all_member="On"), Empty)
    assert_type(await client.group.list_all(limit=10), ListedGroups)
    assert_type(client.group.iter_all(group_type="Public"), AsyncIterator[str])
    joined = client.group.iter_joined("alice", response_filter=JoinedFilter(self_info_filter=["Role"]))
    assert_type(joined, AsyncIterator[JoinedGroup])
    assert_type(await client.group.change_owner(group_id="sea", new_owner_account="bob"), Empty)
    assert_type(await client.group.import_group(type="Public", name="sea", create_time=5), ImportedGroup)
    assert_type(await client.group.destroy(group_id="sea"), Empty)


async def members(client: TimClient) -> None:
    added = await client.group_member.add(group_id="sea", member_list=[NewMember(member_account="bob")], silence=1)
    assert_type(added, AddedMembers)
    assert_type(added.failed, list[AddedMember])
    assert_type(await client.group_member.add_all("sea", ["bob"], silence=0), Chunked[str, AddedMembers])
    request = AddMembers(group_id="sea", member_list=())
    assert_type(await client.call(GroupMember.add, request), AddedMembers)
    assert_type(await client.group_member.list_members(group_id="sea", next=""), MemberPage)
    assert_type(client.group_member.iter_members("sea", member_role_filter=["Owner"]), AsyncIterator[MemberInfo])
    assert_type(client.group_member.iter_banned("sea"), AsyncIterator[BannedAccount])
    assert_type(await client.group_member.get_roles(group_id="sea", user_account=["bob"]), Roles)
    assert_type(await client.group_member.list_muted(group_id="sea", topic_id="t"), MutedAccounts)
    assert_type(await client.group_member.list_shutted(group_id="sea"), ShuttedUins)
    imported = await client.group_member.import_all("sea", [ImportedMember(member_account="bob", join_time=5)])
    assert_type(imported, Chunked[ImportedMember, AddedMembers])
    assert_type(await client.group_member.mute(group_id="sea", members_account=("bob",), mute_time=60), Empty)
    assert_type(await client.group_member.mute_all("sea", ["bob"], 60), Chunked[str, Empty])


async def attributes(client: TimClient) -> None:
    assert_type(await client.group_attr.set(group_id="sea", group_attr=[GroupAttr(key="a", value="1")]), Empty)
    assert_type(await client.group_attr.delete(group_id="sea", group_attr=[GroupAttrKey(key="a")]), Empty)
    received = await client.group_attr.get(group_id="sea")
    assert_type(received, GroupAttrs)
    assert_type(received.as_dict(), dict[str, str])
    counted = await client.group_attr.update_counters(
        group_id="sea", group_counter=[Counter(key="a", value=1)], mode="Increase"
    )
    assert_type(counted, Counters)
    assert_type(counted.as_dict(), dict[str, int])


async def live(client: TimClient) -> None:
    assert_type(await client.live_group.get_online_num(group_id="live"), OnlineNum)
    assert_type(client.live_group.iter_online("live", mark=1000), AsyncIterator[OnlineMember])
    marked = [MarkedMember(member_account="bob", marks=[1000])]
    assert_type(await client.live_group.mark_all("live", marked, 1), Chunked[MarkedMember, MarkedMembers])
    assert_type(await client.live_group.list_admins(group_id="live"), LiveAdmins)
    assert_type(await client.live_group.check_members(group_id="live", member_account=["bob"]), PresentMembers)
    assert_type(await client.live_group.add_robots(group_id="live", member_account=["bob"]), Empty)


async def mistakes(client: TimClient) -> None:
    await client.group.create(type="Puplic", name="sea")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.group.iter_all(group_type="Puplic")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.group.create(name="sea")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.group.create(type="Public", name="sea", apply_join_option="Free")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.group.modify_info(group_id="sea", mute_all_member=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.group_member.add(group_id="sea", member_list=["bob"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await client.group_member.mute(group_id="sea", members_account=["bob"])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.group_attr.set(group_id="sea", group_attr={"a": "1"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.live_group.modify_admins(
        group_id="live",
        command_type=3,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        admin_account=["bob"],
    )
