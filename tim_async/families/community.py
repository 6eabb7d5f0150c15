"""Communities: topics, and the permission groups of their members."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from .._api.endpoint import Endpoint, Family
from ..models.common import Empty
from ..models.community import (
    MAX_LISTED_MEMBERS,
    MAX_PERMISSION_GROUPS,
    MAX_PERMISSION_MEMBERS,
    MAX_PERMISSION_TOPICS,
    AddPermissionGroupMembers,
    AddPermissionGroupMembersResult,
    AddTopicPermissions,
    CreatePermissionGroup,
    CreateTopic,
    DeletePermissionGroupMembers,
    DeletePermissionGroupMembersResult,
    DeleteTopicPermissions,
    DestroyPermissionGroups,
    DestroyPermissionGroupsResult,
    DestroyTopics,
    DestroyTopicsResult,
    GetPermissionGroupMembers,
    GetPermissionGroups,
    GetTopicPermissions,
    GetTopics,
    ImportTopic,
    ModifyPermissionGroup,
    ModifyTopic,
    PermissionGroupCreated,
    PermissionGroupInfo,
    PermissionGroupMembers,
    PermissionGroups,
    PermissionMember,
    SetTopicPermissions,
    TopicCreated,
    TopicOutcomes,
    TopicPermission,
    TopicPermissions,
    Topics,
)
from ..models.group import GroupRequest
from ..models.live_group import OnlineNum
from ._chunks import Chunked, Items, in_chunks
from ._paging import pages


class Community(Family, name="community"):
    """Communities: topics and permission groups."""

    create_topic: Final = Endpoint("million_group_open_http_svc/create_topic", CreateTopic, TopicCreated, doc="I49471")
    """Create a topic."""
    get_topics: Final = Endpoint(
        "million_group_open_http_svc/get_topic", GetTopics, Topics, doc="I49469", repeat="always"
    )
    """Read topics."""
    modify_topic: Final = Endpoint(
        "million_group_open_http_svc/modify_topic", ModifyTopic, Empty, doc="I49468", repeat="always"
    )
    """Change a topic."""
    destroy_topics: Final = Endpoint(
        "million_group_open_http_svc/destroy_topic", DestroyTopics, DestroyTopicsResult, doc="I49470", danger="deletes"
    )
    """Delete topics with all their messages."""
    import_topic: Final = Endpoint("group_open_http_svc/import_topic", ImportTopic, TopicCreated, doc="I53448")
    """Import an existing topic."""
    create_permission_group: Final = Endpoint(
        "group_open_http_svc/create_permission_group", CreatePermissionGroup, PermissionGroupCreated, doc="I61232"
    )
    """Create a permission group."""
    destroy_permission_groups: Final = Endpoint(
        "group_open_http_svc/destroy_permission_group",
        DestroyPermissionGroups,
        DestroyPermissionGroupsResult,
        doc="I61233",
        danger="deletes",
    )
    """Delete 1 to 20 permission groups."""
    get_permission_groups: Final = Endpoint(
        "group_open_http_svc/get_permission_group",
        GetPermissionGroups,
        PermissionGroups,
        doc="I61235",
        repeat="always",
    )
    """Read one page of permission groups."""
    modify_permission_group: Final = Endpoint(
        "group_open_http_svc/modify_permission_group", ModifyPermissionGroup, Empty, doc="I61234", repeat="always"
    )
    """Change a permission group."""
    add_permission_group_members: Final = Endpoint(
        "group_open_http_svc/add_permission_group_member",
        AddPermissionGroupMembers,
        AddPermissionGroupMembersResult,
        doc="C103974",
        repeat="always",
    )
    """Add 1 to 100 members to a permission group."""
    get_topic_permissions: Final = Endpoint(
        "group_open_http_svc/get_topic_permission_group",
        GetTopicPermissions,
        TopicPermissions,
        doc="C103973",
        repeat="always",
    )
    """Read a permission group's permissions in topics."""
    set_topic_permissions: Final = Endpoint(
        "group_open_http_svc/set_topic_permission_group",
        SetTopicPermissions,
        TopicPermissions,
        doc="I61237",
        repeat="always",
    )
    """Change a permission group's permissions in topics."""
    add_topic_permissions: Final = Endpoint(
        "group_open_http_svc/add_topic_permission_group",
        AddTopicPermissions,
        TopicOutcomes,
        doc="I61236",
        not_read="its codes",
        repeat="always",
    )
    """Grant a permission group permissions in 1 to 50 more topics."""
    delete_topic_permissions: Final = Endpoint(
        "group_open_http_svc/delete_topic_permission_group",
        DeleteTopicPermissions,
        TopicOutcomes,
        doc="I61238",
        not_read="its codes",
        repeat="always",
        danger="deletes",
    )
    """Revoke a permission group's permissions in 1 to 50 topics."""
    delete_permission_group_members: Final = Endpoint(
        "group_open_http_svc/delete_permission_group_member",
        DeletePermissionGroupMembers,
        DeletePermissionGroupMembersResult,
        doc="I61241",
        not_read="its answer",
        repeat="always",
        danger="excludes",
    )
    """Remove 1 to 100 members from a permission group; accounts that are not in it do not fail."""
    get_permission_group_members: Final = Endpoint(
        "group_open_http_svc/get_permission_group_member_list",
        GetPermissionGroupMembers,
        PermissionGroupMembers,
        doc="I61242",
        not_read="its answer beyond MemberList and Next",
        repeat="always",
    )
    """Read one page of a permission group's members."""
    get_online_num: Final = Endpoint(
        "million_group_open_http_svc/get_online_member_num",
        GroupRequest,
        OnlineNum,
        doc="I66883",
        not_read="its codes after 10004",
        repeat="always",
    )
    """Query how many members of a community are online; the service counts them every four minutes."""

    async def iter_permission_groups(
        self, group_id: str, *, page_size: int = MAX_PERMISSION_GROUPS
    ) -> AsyncIterator[PermissionGroupInfo]:
        """Read all permission groups of a community, fetching pages on demand.

        Args:
            group_id: the community.
            page_size: permission groups per call, 1 to 20.
        """

        async def fetch(place: str) -> PermissionGroups:
            return await self.get_permission_groups(group_id=group_id, limit=page_size, next=place)

        async for page in pages(Community.get_permission_groups.command, fetch, "", lambda page: page.next or None):
            for entry in page.permission_group_info_list:
                yield entry

    async def add_all_permission_group_members(
        self, group_id: str, permission_group_id: str, accounts: Items[str]
    ) -> Chunked[str, AddPermissionGroupMembersResult]:
        """Add any number of members to a permission group, 100 per call.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            accounts: the members.
        """

        async def add(some: Sequence[str]) -> AddPermissionGroupMembersResult:
            return await self.add_permission_group_members(
                group_id=group_id,
                permission_group_id=permission_group_id,
                member_list=[PermissionMember(member_account=account) for account in some],
            )

        return await in_chunks("accounts", accounts, MAX_PERMISSION_MEMBERS, add)

    async def delete_all_permission_group_members(
        self, group_id: str, permission_group_id: str, accounts: Items[str]
    ) -> Chunked[str, DeletePermissionGroupMembersResult]:
        """Remove any number of members from a permission group, 100 per call.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            accounts: the members.
        """

        async def delete(some: Sequence[str]) -> DeletePermissionGroupMembersResult:
            return await self.delete_permission_group_members(
                group_id=group_id,
                permission_group_id=permission_group_id,
                member_list=[PermissionMember(member_account=account) for account in some],
            )

        return await in_chunks("accounts", accounts, MAX_PERMISSION_MEMBERS, delete)

    async def iter_permission_group_members(
        self, group_id: str, permission_group_id: str, *, page_size: int = MAX_LISTED_MEMBERS
    ) -> AsyncIterator[str]:
        """Read the accounts of all members of a permission group, fetching pages on demand.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            page_size: members per call, 1 to 50.
        """

        async def fetch(place: str) -> PermissionGroupMembers:
            return await self.get_permission_group_members(
                group_id=group_id, permission_group_id=permission_group_id, limit=page_size, next=place
            )

        command = Community.get_permission_group_members.command
        async for page in pages(command, fetch, "", lambda page: page.next or None):
            for member in page.member_list:
                yield member.member_account

    async def add_all_topic_permissions(
        self, group_id: str, permission_group_id: str, topic_permissions: Items[TopicPermission]
    ) -> Chunked[TopicPermission, TopicOutcomes]:
        """Grant a permission group permissions in any number of more topics, 50 per call.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            topic_permissions: the topics, with the permissions in each.
        """

        async def add(some: Sequence[TopicPermission]) -> TopicOutcomes:
            return await self.add_topic_permissions(
                group_id=group_id, permission_group_id=permission_group_id, topic_permission_list=some
            )

        return await in_chunks("topic_permissions", topic_permissions, MAX_PERMISSION_TOPICS, add)

    async def delete_all_topic_permissions(
        self, group_id: str, permission_group_id: str, topic_ids: Items[str]
    ) -> Chunked[str, TopicOutcomes]:
        """Revoke a permission group's permissions in any number of topics, 50 per call.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            topic_ids: the topics.
        """

        async def delete(some: Sequence[str]) -> TopicOutcomes:
            return await self.delete_topic_permissions(
                group_id=group_id, permission_group_id=permission_group_id, topic_id_list=some
            )

        return await in_chunks("topic_ids", topic_ids, MAX_PERMISSION_TOPICS, delete)
