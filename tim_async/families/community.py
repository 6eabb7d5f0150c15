"""Communities: topics, and the permission groups of their members."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from .._api.endpoint import Endpoint, Family
from ..models.common import Empty
from ..models.community import (
    MAX_PERMISSION_GROUPS,
    MAX_PERMISSION_MEMBERS,
    AddPermissionGroupMembers,
    AddPermissionGroupMembersResult,
    CreatePermissionGroup,
    CreateTopic,
    DestroyPermissionGroups,
    DestroyPermissionGroupsResult,
    DestroyTopics,
    DestroyTopicsResult,
    GetPermissionGroups,
    GetTopicPermissions,
    GetTopics,
    ImportTopic,
    ModifyPermissionGroup,
    ModifyTopic,
    PermissionGroupCreated,
    PermissionGroupInfo,
    PermissionGroups,
    PermissionMember,
    SetTopicPermissions,
    TopicCreated,
    TopicPermissions,
    Topics,
)
from ._chunks import Chunked, Items, in_chunks
from ._paging import pages


class Community(Family, name="community"):
    """Communities."""

    create_topic = Endpoint("million_group_open_http_svc/create_topic", CreateTopic, TopicCreated, doc="I49471")
    """Create a topic."""
    get_topics = Endpoint("million_group_open_http_svc/get_topic", GetTopics, Topics, doc="I49469", repeat="always")
    """Read topics."""
    modify_topic = Endpoint(
        "million_group_open_http_svc/modify_topic", ModifyTopic, Empty, doc="I49468", repeat="always"
    )
    """Change a topic."""
    destroy_topics = Endpoint(
        "million_group_open_http_svc/destroy_topic", DestroyTopics, DestroyTopicsResult, doc="I49470"
    )
    """Delete topics with all their messages."""
    import_topic = Endpoint("group_open_http_svc/import_topic", ImportTopic, TopicCreated, doc="I53448")
    """Import an existing topic."""
    create_permission_group = Endpoint(
        "group_open_http_svc/create_permission_group", CreatePermissionGroup, PermissionGroupCreated, doc="I61232"
    )
    """Create a permission group."""
    destroy_permission_groups = Endpoint(
        "group_open_http_svc/destroy_permission_group",
        DestroyPermissionGroups,
        DestroyPermissionGroupsResult,
        doc="I61233",
    )
    """Delete 1 to 20 permission groups."""
    get_permission_groups = Endpoint(
        "group_open_http_svc/get_permission_group",
        GetPermissionGroups,
        PermissionGroups,
        doc="I61235",
        repeat="always",
    )
    """Read one page of permission groups."""
    modify_permission_group = Endpoint(
        "group_open_http_svc/modify_permission_group", ModifyPermissionGroup, Empty, doc="I61234", repeat="always"
    )
    """Change a permission group."""
    add_permission_group_members = Endpoint(
        "group_open_http_svc/add_permission_group_member",
        AddPermissionGroupMembers,
        AddPermissionGroupMembersResult,
        doc="C103974",
        repeat="always",
    )
    """Add 1 to 100 members to a permission group."""
    get_topic_permissions = Endpoint(
        "group_open_http_svc/get_topic_permission_group",
        GetTopicPermissions,
        TopicPermissions,
        doc="C103973",
        repeat="always",
    )
    """Read what a permission group may do in topics."""
    set_topic_permissions = Endpoint(
        "group_open_http_svc/set_topic_permission_group",
        SetTopicPermissions,
        TopicPermissions,
        doc="I61237",
        repeat="always",
    )
    """Change what a permission group may do in topics."""

    async def iter_permission_groups(
        self, group_id: str, *, page_size: int = MAX_PERMISSION_GROUPS
    ) -> AsyncIterator[PermissionGroupInfo]:
        """Read all permission groups of a community, page by page as the loop goes on.

        Args:
            group_id: the community.
            page_size: permission groups asked for in one call, 1 to 20.
        """

        async def fetch(place: str) -> PermissionGroups:
            return await self.get_permission_groups(group_id=group_id, limit=page_size, next=place)

        async for page in pages(Community.get_permission_groups.command, fetch, "", lambda page: page.next or None):
            for entry in page.permission_group_info_list:
                yield entry

    async def add_all_permission_group_members(
        self, group_id: str, permission_group_id: str, accounts: Items[str]
    ) -> Chunked[str, AddPermissionGroupMembersResult]:
        """Add any number of members to a permission group, 100 with each call.

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
