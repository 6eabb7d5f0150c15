"""Groups: their life cycle and their profiles.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ...families._blocking import BlockingFamily
from ...families._chunks import Chunked
from ...families.group import Group
from ...models.common import Empty
from ...models.group import (
    CreatedGroup,
    DefinedData,
    FirstMember,
    GroupInfos,
    ImportedGroup,
    JoinedFilter,
    JoinedGroup,
    JoinedGroups,
    ListedGroups,
    ResponseFilter,
)


class BlockingGroupCalls(BlockingFamily[Group], table=Group):
    """Groups: their life cycle and their profiles."""

    def create(
        self,
        *,
        type: Literal["Public", "Private", "Work", "ChatRoom", "Meeting", "AVChatRoom", "Community"],
        name: str,
        owner_account: str | None = None,
        group_id: str | None = None,
        introduction: str | None = None,
        notification: str | None = None,
        face_url: str | None = None,
        max_member_count: int | None = None,
        apply_join_option: Literal["FreeAccess", "NeedPermission", "DisableApply"] | None = None,
        invite_join_option: Literal["FreeAccess", "NeedPermission", "DisableInvite"] | None = None,
        app_defined_data: Sequence[DefinedData] | None = None,
        member_list: Sequence[FirstMember] | None = None,
        support_topic: Literal[0, 1] | None = None,
        enable_permission: Literal[0, 1] | None = None,
        default_permission: int | None = None,
    ) -> CreatedGroup:
        """Create a group, optionally with an owner and first members.

        Create a group, 创建群组: `group_open_http_svc/create_group`.

        The owner and members named here are in the group immediately, except in a live group (AVChatRoom): accounts
        cannot be added to one, `member_list` is refused with 10007, and even its owner must join with a client.

        Args:
            type: Public, Private (Work), ChatRoom (Meeting), AVChatRoom, Community.
            name: 1 to 100 bytes.
            owner_account: the owner; absent is a group without an owner; at most 32 bytes.
            group_id: a custom id, up to 48 bytes of printable ASCII that do not begin with `@TGS#`; for a community it must begin with `@TGS#_`. Absent lets the service generate one.
            introduction: up to 400 bytes.
            notification: an announcement to all members, up to 400 bytes.
            face_url: avatar URL, up to 500 bytes.
            max_member_count: maximum number of members; absent is the plan's limit for the type.
            apply_join_option: how users join on their own; absent is NeedPermission for Public.
            invite_join_option: how users join by invitation.
            app_defined_data: custom fields.
            member_list: up to 100 first members.
            support_topic: 1 for a community with topics; 0 is the default.
            enable_permission: 1 enables permission groups, in a community with topics; 0 is the default.
            default_permission: permissions of members without a permission group, as a bit mask.

        Returns:
            CreatedGroup: a group that was created.
                group_id: its id.
                type: its type; in one document's answer only.
                huge_group_flag: in one document's answer only, with undocumented meaning.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10005: Too many accounts in the body.
            10006: The operation is called too often; slow down.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10008: Request refused, probably a signature problem; try again.
            10016: The app's webhook refused the operation.
            10021: The group id is in use by someone else.
            10025: The group id is in use and the caller owns that group; it can be used as is.
            10036: Too many AVChatRooms for the plan.
            10037: One user created or joined too many groups for the plan.
            10038: Group size over the plan's limit.
            10058: Trial plan: more than 100 groups.
            80001: Text was rejected by content moderation.

        Limits: 200/s.
        Page: https://www.tencentcloud.com/document/product/1047/34895
        Page: https://cloud.tencent.com/document/product/269/1615
        """

    def get_info(
        self,
        *,
        group_id_list: Sequence[str],
        response_filter: ResponseFilter | None = None,
    ) -> GroupInfos:
        """Read the profiles of 1 to 50 groups, with their members; `failed` lists those that could not be read.

        Read group profiles, 获取群详细资料: `group_open_http_svc/get_group_info`.

        Args:
            group_id_list: 1 to 50 groups.
            response_filter: the fields to return; absent is all.

        Returns:
            GroupInfos: profiles of groups, one per requested group.
                group_info: the profiles, in the requested order.

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
            10018: The answer would be over 1 MB; ask for less.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34961
        Page: https://cloud.tencent.com/document/product/269/1616
        """

    def modify_info(
        self,
        *,
        group_id: str,
        name: str | None = None,
        introduction: str | None = None,
        notification: str | None = None,
        face_url: str | None = None,
        max_member_num: int | None = None,
        apply_join_option: Literal["FreeAccess", "NeedPermission", "DisableApply"] | None = None,
        invite_join_option: Literal["FreeAccess", "NeedPermission", "DisableInvite"] | None = None,
        mute_all_member: Literal["On", "Off"] | None = None,
        app_defined_data: Sequence[DefinedData] | None = None,
        from_account: str | None = None,
        enable_permission: Literal[0, 1] | None = None,
        default_permission: int | None = None,
        history_msg_before_join: Literal["On", "Off"] | None = None,
    ) -> Empty:
        """Change a group's profile: name, announcement, how to join, whether all are muted ...

        Change a group profile, 修改群基础资料: `group_open_http_svc/modify_group_base_info`.

        Args:
            group_id: the group.
            name: 1 to 100 bytes.
            introduction: up to 400 bytes.
            notification: an announcement to all members, up to 400 bytes.
            face_url: avatar URL, up to 500 bytes.
            max_member_num: maximum number of members.
            apply_join_option: how users join on their own.
            invite_join_option: how users join by invitation.
            mute_all_member: `On` mutes everyone except the owner and admins.
            app_defined_data: custom fields; others stay unchanged.
            from_account: the member shown as the operator; at most 32 bytes.
            enable_permission: 1 enables permission groups, in a community with topics.
            default_permission: permissions of members without a permission group, as a bit mask.
            history_msg_before_join: `On` lets members read messages from before they joined.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

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
            10026: The command is disabled for the app.
            80001: Text was rejected by content moderation.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34962
        Page: https://cloud.tencent.com/document/product/269/1620
        """

    def destroy(
        self,
        *,
        group_id: str,
    ) -> Empty:
        """Disband a group and delete its data; this cannot be undone.

        Disband a group, 解散群组: `group_open_http_svc/destroy_group`.

        Args:
            group_id: the group.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

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

        Limits: 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/34896
        Page: https://cloud.tencent.com/document/product/269/1624
        """

    def list_all(
        self,
        *,
        limit: int | None = None,
        next: int | None = None,
        group_type: Literal["Public", "Private", "Work", "ChatRoom", "Meeting", "AVChatRoom", "Community"] | None = None,
    ) -> ListedGroups:
        """Read one page of all groups of the app; once a second.

        List every group of the app, 获取 App 中的所有群组: `group_open_http_svc/get_appid_group_list`.

        Args:
            limit: groups per page, 1 to 10000, which is the default.
            next: 0 for the first page, then `next` of the previous answer.
            group_type: only groups of this type.

        Returns:
            ListedGroups: a page of the groups of the app.
                total_count: number of groups on all pages.
                group_id_list: the groups of this page.
                next: `next` for the next page; 0 means that this is the last page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10018: The answer would be over 1 MB; ask for less.

        Limits: 1/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34960
        Page: https://cloud.tencent.com/document/product/269/1614
        """

    def list_joined(
        self,
        *,
        member_account: str,
        with_huge_groups: Literal[0, 1] | None = None,
        with_no_active_groups: Literal[0, 1] | None = None,
        limit: int | None = None,
        offset: int | None = None,
        group_type: Literal["Public", "Private", "Work", "ChatRoom", "Meeting", "AVChatRoom", "Community"] | None = None,
        response_filter: JoinedFilter | None = None,
        support_topic: Literal[0, 1] | None = None,
    ) -> JoinedGroups:
        """Read the groups of an account, or one page of them.

        Groups a user has joined, 获取用户所加入的群组: `group_open_http_svc/get_joined_group_list`.

        Args:
            member_account: the account, 1 to 32 bytes.
            with_huge_groups: 1 includes live groups (AVChatRoom), as far as the service knows them; 0 is the default.
            with_no_active_groups: 1 includes work groups without any message; 0 is the default.
            limit: groups per answer, up to 5000; absent is all.
            offset: number of groups to skip.
            group_type: only groups of this type.
            response_filter: the fields to return; absent is the ids only.
            support_topic: 1 for communities with topics only; it needs `group_type` Community.

        Returns:
            JoinedGroups: the groups of an account, or a page of them.
                total_count: number of groups on all pages.
                group_id_list: the groups.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10018: The answer would be over 1 MB; ask for less.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34925
        Page: https://cloud.tencent.com/document/product/269/1625
        """

    def change_owner(
        self,
        *,
        group_id: str,
        new_owner_account: str,
        from_account: str | None = None,
    ) -> Empty:
        """Transfer a group to another member; the previous owner becomes a plain member.

        Transfer a group, 转让群主: `group_open_http_svc/change_group_owner`.

        Args:
            group_id: the group.
            new_owner_account: the new owner, who must already be a member; at most 32 bytes.
            from_account: the member shown as the operator; in pages since 2024; at most 32 bytes.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.

        Limits: 200/s. A repeat is harmless. It shuts people out.
        Page: https://www.tencentcloud.com/document/product/1047/34966
        Page: https://cloud.tencent.com/document/product/269/1633
        """

    def import_group(
        self,
        *,
        type: Literal["Public", "Private", "Work", "ChatRoom", "Meeting", "AVChatRoom", "Community"],
        name: str,
        owner_account: str | None = None,
        group_id: str | None = None,
        introduction: str | None = None,
        notification: str | None = None,
        face_url: str | None = None,
        max_member_count: int | None = None,
        apply_join_option: Literal["FreeAccess", "NeedPermission", "DisableApply"] | None = None,
        invite_join_option: Literal["FreeAccess", "NeedPermission", "DisableInvite"] | None = None,
        app_defined_data: Sequence[DefinedData] | None = None,
        create_time: int | None = None,
        support_topic: Literal[0, 1] | None = None,
    ) -> ImportedGroup:
        """Import a group that exists elsewhere: no webhook fires and no member is notified.

        Import an existing group, 导入群基础资料: `group_open_http_svc/import_group`.

        The types are those of `create`, without AVChatRoom, which is refused with 10007.

        Args:
            type: Public, Private (Work), ChatRoom (Meeting), Community.
            name: 1 to 100 bytes.
            owner_account: the owner; absent is a group without an owner; at most 32 bytes.
            group_id: a custom id, as for `create`; at most 48 bytes.
            introduction: up to 400 bytes.
            notification: an announcement to all members, up to 400 bytes.
            face_url: avatar URL, up to 500 bytes.
            max_member_count: maximum number of members, up to 6000; absent is 2000.
            apply_join_option: how users join on their own; absent is NeedPermission.
            invite_join_option: how users join by invitation.
            app_defined_data: custom fields.
            create_time: unix seconds of its creation, not in the future; absent is now.
            support_topic: 1 for a community with topics; 0 is the default.

        Returns:
            ImportedGroup: a group that was imported.
                group_id: its id.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10021: The group id is in use by someone else.
            80001: Text was rejected by content moderation.

        Limits: 200/s.
        Page: https://www.tencentcloud.com/document/product/1047/34967
        Page: https://cloud.tencent.com/document/product/269/1634
        """

    def get_info_all(
        self,
        group_ids: Iterable[str],
        *,
        response_filter: ResponseFilter | None = None,
    ) -> Chunked[str, GroupInfos]:
        """Read the profiles of any number of groups, 50 per call; see `get_info`.

        Args:
            group_ids: the groups; consumed lazily.
            response_filter: the fields to return; None for all.
        """
        return self.client.wait(self.family.get_info_all, self.client.feed(group_ids), response_filter=response_filter)

    def iter_all(
        self,
        *,
        group_type: Literal["Public", "Private", "Work", "ChatRoom", "Meeting", "AVChatRoom", "Community"] | None = None,
        page_size: int = 10000,
    ) -> Iterator[str]:
        """Yield the ids of all groups of the app, fetching pages on demand; one page a second.

        Args:
            group_type: only groups of this type.
            page_size: groups per call, 1 to 10000.
        """
        return self.client.walk(self.family.iter_all, group_type=group_type, page_size=page_size)

    def iter_joined(
        self,
        member_account: str,
        *,
        group_type: Literal["Public", "Private", "Work", "ChatRoom", "Meeting", "AVChatRoom", "Community"] | None = None,
        response_filter: JoinedFilter | None = None,
        with_live: bool = False,
        with_inactive: bool = False,
        page_size: int = 5000,
    ) -> Iterator[JoinedGroup]:
        """Yield the groups of an account, fetching pages on demand.

        Args:
            member_account: the account, 1 to 32 bytes.
            group_type: only groups of this type.
            response_filter: the fields to return; None for the ids only.
            with_live: whether to include live groups (AVChatRoom), as far as the service knows them.
            with_inactive: whether to include work groups without any message.
            page_size: groups per call, 1 to 5000.
        """
        return self.client.walk(
            self.family.iter_joined,
            member_account,
            group_type=group_type,
            response_filter=response_filter,
            with_live=with_live,
            with_inactive=with_inactive,
            page_size=page_size,
        )
