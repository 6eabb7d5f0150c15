"""Communities: topics and permission groups.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ...families._blocking import BlockingFamily
from ...families._chunks import Chunked
from ...families.community import Community
from ...models.common import Empty
from ...models.community import (
    AddPermissionGroupMembersResult,
    DeletePermissionGroupMembersResult,
    DestroyPermissionGroupsResult,
    DestroyTopicsResult,
    PermissionGroupCreated,
    PermissionGroupInfo,
    PermissionGroupMembers,
    PermissionGroups,
    PermissionMember,
    TopicCreated,
    TopicOutcomes,
    TopicPermission,
    TopicPermissions,
    Topics,
)
from ...models.live_group import OnlineNum


class BlockingCommunityCalls(BlockingFamily[Community], table=Community):
    """Communities: topics and permission groups."""

    def create_topic(
        self,
        *,
        group_id: str,
        topic_name: str,
        topic_id: str | None = None,
        from_account: str | None = None,
        custom_string: str | None = None,
        face_url: str | None = None,
        notification: str | None = None,
        introduction: str | None = None,
    ) -> TopicCreated:
        """Create a topic.

        Create a topic in a community, 创建话题: `million_group_open_http_svc/create_topic`.

        Args:
            group_id: the community; it must have been created with topics.
            topic_name: 1 to 100 bytes.
            topic_id: a custom id: the group_id, `@TOPIC#_` and a name; absent lets the service generate one.
            from_account: the member shown as the creator; at most 32 bytes.
            custom_string: the app's own data, up to 3000 bytes.
            face_url: avatar URL, up to 500 bytes.
            notification: announcement, up to 400 bytes.
            introduction: up to 400 bytes.

        Returns:
            TopicCreated: the topic that was created.
                topic_id: its id.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10006: The operation is called too often; slow down.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10008: Request refused, probably a signature problem; try again.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10016: The app's webhook refused the operation.
            10025: The group id is in use and the caller owns that group; it can be used as is.
            10036: Too many AVChatRooms for the plan.
            10037: One user created or joined too many groups for the plan.
            11000: The community feature is not enabled.
            80001: Text was rejected by content moderation.

        Limits: 200/s.
        Page: https://trtc.io/document/49471
        Page: https://cloud.tencent.com/document/product/269/78203
        """

    def get_topics(
        self,
        *,
        group_id: str,
        from_account: str,
        topic_id_list: Sequence[str] | None = None,
        response_filter: Sequence[str] | None = None,
    ) -> Topics:
        """Read topics.

        Read topics of a community, 获取话题资料: `million_group_open_http_svc/get_topic`.

        Args:
            group_id: the community.
            from_account: the member whose own state is returned as well; at most 32 bytes.
            topic_id_list: the topics; absent is all.
            response_filter: the topic fields to return; absent is all.

        Returns:
            Topics: topics, each with its own code.
                topic_and_self_info: one entry per topic.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10006: The operation is called too often; slow down.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10008: Request refused, probably a signature problem; try again.
            10010: The group does not exist or was disbanded.
            11000: The community feature is not enabled.
            110003: The topic was deleted before.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/49469
        Page: https://cloud.tencent.com/document/product/269/78204
        """

    def modify_topic(
        self,
        *,
        group_id: str,
        topic_id: str,
        topic_name: str | None = None,
        from_account: str | None = None,
        custom_string: str | None = None,
        face_url: str | None = None,
        notification: str | None = None,
        introduction: str | None = None,
        mute_all_member: Literal["On", "Off"] | None = None,
    ) -> Empty:
        """Change a topic.

        Change a topic, 修改话题资料: `million_group_open_http_svc/modify_topic`.

        Args:
            group_id: the community.
            topic_id: the topic.
            topic_name: 1 to 100 bytes.
            from_account: the member shown as the operator; at most 32 bytes.
            custom_string: the app's own data, up to 3000 bytes.
            face_url: avatar URL, up to 500 bytes.
            notification: announcement, up to 400 bytes.
            introduction: up to 400 bytes.
            mute_all_member: On mutes everyone except the owner and admins, Off unmutes.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10006: The operation is called too often; slow down.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10008: Request refused, probably a signature problem; try again.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10016: The app's webhook refused the operation.
            11000: The community feature is not enabled.
            80001: Text was rejected by content moderation.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/49468
        """

    def destroy_topics(
        self,
        *,
        group_id: str,
        topic_id_list: Sequence[str],
    ) -> DestroyTopicsResult:
        """Delete topics with all their messages.

        Delete topics, 解散话题: `million_group_open_http_svc/destroy_topic`.

        Args:
            group_id: the community.
            topic_id_list: the topics, at least 1.

        Returns:
            DestroyTopicsResult: outcome topic by topic.
                destroy_result_item: one entry per topic.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10006: The operation is called too often; slow down.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10008: Request refused, probably a signature problem; try again.
            10015: No group with this id.
            10021: The group id is in use by someone else.
            10025: The group id is in use and the caller owns that group; it can be used as is.
            11000: The community feature is not enabled.
            110002: Deleting the topic failed; ErrorInfo says why.
            110003: The topic was deleted before.

        Limits: 200/s. It deletes what is stored.
        Page: https://trtc.io/document/49470
        Page: https://cloud.tencent.com/document/product/269/78202
        """

    def import_topic(
        self,
        *,
        group_id: str,
        topic_name: str,
        type: Literal["Community"] | None = None,
        topic_id: str | None = None,
        from_account: str | None = None,
        custom_string: str | None = None,
        face_url: str | None = None,
        notification: str | None = None,
        introduction: str | None = None,
        create_time: int | None = None,
    ) -> TopicCreated:
        """Import an existing topic.

        Import an existing topic without callbacks, 导入话题基础资料: `group_open_http_svc/import_topic`.

        Args:
            group_id: the community.
            topic_name: 1 to 100 bytes.
            type: Community, the only type.
            topic_id: a custom id: the group_id, `@TOPIC#_` and a name; absent lets the service generate one.
            from_account: the member shown as the creator; at most 32 bytes.
            custom_string: the app's own data, up to 3000 bytes.
            face_url: avatar URL, up to 500 bytes.
            notification: announcement, up to 400 bytes.
            introduction: up to 400 bytes.
            create_time: unix seconds; absent is now.

        Returns:
            TopicCreated: the topic that was created.
                topic_id: its id.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.
            10021: The group id is in use by someone else.
            10037: One user created or joined too many groups for the plan.
            11000: The community feature is not enabled.
            80001: Text was rejected by content moderation.
            80005: The app's service is stopped: version expired or arrears. (varies: the 2023 topic-import page calls
                it a moderation timeout)

        Limits: 200/s.
        Page: https://trtc.io/document/53448
        """

    def create_permission_group(
        self,
        *,
        group_id: str,
        permission_group_name: str,
        permission: int,
        permission_group_id: str | None = None,
        custom_string: str | None = None,
    ) -> PermissionGroupCreated:
        """Create a permission group.

        Create a permission group in a community, 创建权限组: `group_open_http_svc/create_permission_group`.

        Args:
            group_id: the community.
            permission_group_name: 1 to 150 bytes.
            permission: the permissions of its members, as a bit mask.
            permission_group_id: a custom id; absent lets the service generate one.
            custom_string: the app's own data, up to 3000 bytes.

        Returns:
            PermissionGroupCreated: the permission group that was created.
                permission_group_id: its id.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s.
        Page: https://trtc.io/document/61232
        """

    def destroy_permission_groups(
        self,
        *,
        group_id: str,
        permission_group_id_list: Sequence[str],
    ) -> DestroyPermissionGroupsResult:
        """Delete 1 to 20 permission groups.

        Delete permission groups, 销毁权限组: `group_open_http_svc/destroy_permission_group`.

        Args:
            group_id: the community.
            permission_group_id_list: the permission groups; at most 20 items.

        Returns:
            DestroyPermissionGroupsResult: outcome permission group by permission group.
                permission_group_result_list: one entry per permission group.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/61233
        """

    def get_permission_groups(
        self,
        *,
        group_id: str,
        permission_group_id_list: Sequence[str] | None = None,
        limit: int | None = None,
        next: str | None = None,
    ) -> PermissionGroups:
        """Read one page of permission groups.

        Read permission groups of a community, 获取权限组资料: `group_open_http_svc/get_permission_group`.

        Args:
            group_id: the community.
            permission_group_id_list: the permission groups, up to 20; absent is all, page by page.
            limit: permission groups per page, 1 to 20.
            next: "" for the first page, then the `next` of the previous page.

        Returns:
            PermissionGroups: a page of permission groups, each with its own code.
                permission_group_info_list: one entry per permission group.
                next: `next` of the next page; "" after the last one.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/61235
        Page: https://cloud.tencent.com/document/product/269/103969
        """

    def modify_permission_group(
        self,
        *,
        group_id: str,
        permission_group_id: str,
        permission_group_name: str | None = None,
        permission: int | None = None,
        custom_string: str | None = None,
    ) -> Empty:
        """Change a permission group.

        Change a permission group, 修改权限组资料: `group_open_http_svc/modify_permission_group`.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            permission_group_name: 1 to 150 bytes.
            permission: the permissions of its members, as a bit mask.
            custom_string: the app's own data, up to 3000 bytes.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/61234
        Page: https://cloud.tencent.com/document/product/269/103968
        """

    def add_permission_group_members(
        self,
        *,
        group_id: str,
        permission_group_id: str,
        member_list: Sequence[PermissionMember],
    ) -> AddPermissionGroupMembersResult:
        """Add 1 to 100 members to a permission group.

        Add members to a permission group, 增加权限组成员: `group_open_http_svc/add_permission_group_member`.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            member_list: the members; at most 100 items.

        Returns:
            AddPermissionGroupMembersResult: outcome member by member.
                member_list: one entry per member.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://cloud.tencent.com/document/product/269/103974
        """

    def get_topic_permissions(
        self,
        *,
        group_id: str,
        permission_group_id: str,
        topic_id_list: Sequence[str] | None = None,
    ) -> TopicPermissions:
        """Read a permission group's permissions in topics.

        Read topic permissions of a permission group, 获取话题权限: `group_open_http_svc/get_topic_permission_group`.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            topic_id_list: the topics; absent is all.

        Returns:
            TopicPermissions: permissions topic by topic, each with its own code.
                topic_permission_result_list: one entry per topic.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/61239
        Page: https://cloud.tencent.com/document/product/269/103973
        """

    def set_topic_permissions(
        self,
        *,
        group_id: str,
        permission_group_id: str,
        topic_permission_list: Sequence[TopicPermission],
    ) -> TopicPermissions:
        """Change a permission group's permissions in topics.

        Change topic permissions of a permission group, 修改话题权限: `group_open_http_svc/set_topic_permission_group`.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            topic_permission_list: the topics, at least 1.

        Returns:
            TopicPermissions: permissions topic by topic, each with its own code.
                topic_permission_result_list: one entry per topic.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/61237
        """

    def add_topic_permissions(
        self,
        *,
        group_id: str,
        permission_group_id: str,
        topic_permission_list: Sequence[TopicPermission],
    ) -> TopicOutcomes:
        """Grant a permission group permissions in 1 to 50 more topics.

        Add topic permissions to a permission group, 添加话题权限: `group_open_http_svc/add_topic_permission_group`.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            topic_permission_list: the topics, 1 to 50, with the permissions in each.

        Returns:
            TopicOutcomes: outcome topic by topic.
                topic_permission_result_list: one entry per topic.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Not read of its page: its codes.
        Page: https://trtc.io/document/61236
        """

    def delete_topic_permissions(
        self,
        *,
        group_id: str,
        permission_group_id: str,
        topic_id_list: Sequence[str],
    ) -> TopicOutcomes:
        """Revoke a permission group's permissions in 1 to 50 topics.

        Remove topic permissions from a permission group, 删除话题权限: `group_open_http_svc/delete_topic_permission_group`.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            topic_id_list: the topics, 1 to 50.

        Returns:
            TopicOutcomes: outcome topic by topic.
                topic_permission_result_list: one entry per topic.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless. It deletes what is stored.
        Not read of its page: its codes.
        Page: https://trtc.io/document/61238
        Page: https://cloud.tencent.com/document/product/269/103972
        """

    def delete_permission_group_members(
        self,
        *,
        group_id: str,
        permission_group_id: str,
        member_list: Sequence[PermissionMember],
    ) -> DeletePermissionGroupMembersResult:
        """Remove 1 to 100 members from a permission group; accounts that are not in it do not fail.

        Remove members from a permission group, 删除权限组成员: `group_open_http_svc/delete_permission_group_member`.

        Accounts that are not in it do not fail.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            member_list: the members; at most 100 items.

        Returns:
            DeletePermissionGroupMembersResult: outcome member by member.
                member_list: one entry per member, as in the answer to adding members.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless. It shuts people out.
        Not read of its page: its answer.
        Page: https://trtc.io/document/61241
        Page: https://cloud.tencent.com/document/product/269/103975
        """

    def get_permission_group_members(
        self,
        *,
        group_id: str,
        permission_group_id: str,
        limit: int | None = None,
        next: str | None = None,
    ) -> PermissionGroupMembers:
        """Read one page of a permission group's members.

        Page through the members of a permission group, 获取权限组成员列表:
        `group_open_http_svc/get_permission_group_member_list`.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            limit: members per page, 1 to 50.
            next: "" for the first page, then the `next` of the previous page.

        Returns:
            PermissionGroupMembers: a page of a permission group's members.
                next: `next` of the next page; "" after the last one.
                member_list: the members of this page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Not read of its page: its answer beyond MemberList and Next.
        Page: https://trtc.io/document/61242
        Page: https://cloud.tencent.com/document/product/269/103976
        """

    def get_online_num(
        self,
        *,
        group_id: str,
    ) -> OnlineNum:
        """Query how many members of a community are online; the service counts them every four minutes.

        Online member count of a community, 获取社群在线人数: `million_group_open_http_svc/get_online_member_num`.

        Args:
            group_id: the group.

        Returns:
            OnlineNum: the number of online members of a group.
                online_member_num: the number; updated about every ten seconds, and by the command for communities every
                    four minutes.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.

        Limits: 200/s. A repeat is harmless.
        Not read of its page: its codes after 10004.
        Page: https://trtc.io/document/66883
        """

    def iter_permission_groups(
        self,
        group_id: str,
        *,
        page_size: int = 20,
    ) -> Iterator[PermissionGroupInfo]:
        """Read all permission groups of a community, fetching pages on demand.

        Args:
            group_id: the community.
            page_size: permission groups per call, 1 to 20.
        """
        return self.client.walk(self.family.iter_permission_groups, group_id, page_size=page_size)

    def add_all_permission_group_members(
        self,
        group_id: str,
        permission_group_id: str,
        accounts: Iterable[str],
    ) -> Chunked[str, AddPermissionGroupMembersResult]:
        """Add any number of members to a permission group, 100 per call.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            accounts: the members.
        """
        return self.client.wait(
            self.family.add_all_permission_group_members,
            group_id,
            permission_group_id,
            self.client.feed(accounts),
        )

    def delete_all_permission_group_members(
        self,
        group_id: str,
        permission_group_id: str,
        accounts: Iterable[str],
    ) -> Chunked[str, DeletePermissionGroupMembersResult]:
        """Remove any number of members from a permission group, 100 per call.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            accounts: the members.
        """
        return self.client.wait(
            self.family.delete_all_permission_group_members,
            group_id,
            permission_group_id,
            self.client.feed(accounts),
        )

    def iter_permission_group_members(
        self,
        group_id: str,
        permission_group_id: str,
        *,
        page_size: int = 50,
    ) -> Iterator[str]:
        """Read the accounts of all members of a permission group, fetching pages on demand.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            page_size: members per call, 1 to 50.
        """
        return self.client.walk(
            self.family.iter_permission_group_members,
            group_id,
            permission_group_id,
            page_size=page_size,
        )

    def add_all_topic_permissions(
        self,
        group_id: str,
        permission_group_id: str,
        topic_permissions: Iterable[TopicPermission],
    ) -> Chunked[TopicPermission, TopicOutcomes]:
        """Grant a permission group permissions in any number of more topics, 50 per call.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            topic_permissions: the topics, with the permissions in each.
        """
        return self.client.wait(
            self.family.add_all_topic_permissions,
            group_id,
            permission_group_id,
            self.client.feed(topic_permissions),
        )

    def delete_all_topic_permissions(
        self,
        group_id: str,
        permission_group_id: str,
        topic_ids: Iterable[str],
    ) -> Chunked[str, TopicOutcomes]:
        """Revoke a permission group's permissions in any number of topics, 50 per call.

        Args:
            group_id: the community.
            permission_group_id: the permission group.
            topic_ids: the topics.
        """
        return self.client.wait(
            self.family.delete_all_topic_permissions,
            group_id,
            permission_group_id,
            self.client.feed(topic_ids),
        )
