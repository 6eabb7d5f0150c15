"""Group members: joining and leaving, roles, mutes, bans.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ...families._blocking import BlockingFamily
from ...families._chunks import Chunked
from ...families.group_member import GroupMember
from ...models.common import Empty
from ...models.group import DefinedData, MemberInfo
from ...models.group_member import (
    AddedMembers,
    BannedAccount,
    BannedAccounts,
    ImportedMember,
    MemberInfos,
    MemberPage,
    MutedAccounts,
    NewMember,
    Roles,
    ShuttedUins,
)


class BlockingGroupMemberCalls(BlockingFamily[GroupMember], table=GroupMember):
    """Group members: joining and leaving, roles, mutes, bans."""

    def add(
        self,
        *,
        group_id: str,
        member_list: Sequence[NewMember],
        silence: Literal[0, 1] | None = None,
    ) -> AddedMembers:
        """Add 1 to 300 members; `failed` lists those who were not added.

        Add members, 增加群成员: `group_open_http_svc/add_group_member`.

        Live groups refuse it with 10007: users join them with a client.

        A page of the Chinese site of 2026 limits it to 20.

        Args:
            group_id: the group.
            member_list: the accounts; at most 300 items.
            silence: 1 sends no notification; 0 is the default.

        Returns:
            AddedMembers: the outcome for every account to be added or imported.
                member_list: one entry per account.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10005: Too many accounts in the body.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10014: The group is full.
            10015: No group with this id.
            10016: The app's webhook refused the operation.
            10019: The account does not exist.
            10026: The command is disabled for the app.
            10037: One user created or joined too many groups for the plan.

        Limits: 200/s.
        Page: https://www.tencentcloud.com/document/product/1047/34921
        Page: https://cloud.tencent.com/document/product/269/1621
        """

    def delete(
        self,
        *,
        group_id: str,
        member_to_del_account: Sequence[str],
        silence: Literal[0, 1] | None = None,
        reason: str | None = None,
    ) -> Empty:
        """Remove 1 to 100 members; accounts that are not members are ignored.

        Remove members, 删除群成员: `group_open_http_svc/delete_group_member`.

        Live groups refuse it with 10004; use `ban` and `mute` there.

        Args:
            group_id: the group.
            member_to_del_account: the accounts; at most 100 items; at most 32 bytes each.
            silence: 1 sends no notification; 0 is the default.
            reason: sent to the removed members.

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

        Limits: 200/s. A repeat is harmless. It shuts people out.
        Page: https://www.tencentcloud.com/document/product/1047/34949
        Page: https://cloud.tencent.com/document/product/269/1622
        """

    def list_members(
        self,
        *,
        group_id: str,
        limit: int | None = None,
        offset: int | None = None,
        next: str | None = None,
        member_info_filter: Sequence[str] | None = None,
        member_role_filter: Sequence[Literal["Owner", "Admin", "Member"]] | None = None,
        app_defined_data_filter_group_member: Sequence[str] | None = None,
    ) -> MemberPage:
        """Read one page of a group's members.

        Page through group members, 获取群成员详细资料: `group_open_http_svc/get_group_member_info`.

        Args:
            group_id: the group.
            limit: members per page, 1 to 200; 100 is advised.
            offset: number of members to skip; not for communities.
            next: for communities, in place of `offset`: "" for the first page, then `next` of the previous answer.
            member_info_filter: fields of members, by wire name; absent is all.
            member_role_filter: only members with these roles.
            app_defined_data_filter_group_member: custom fields of members; absent is all.

        Returns:
            MemberPage: a page of members.
                member_num: number of members of the group.
                member_list: the members of this page.
                next: for communities: `next` for the next page; "" means that this is the last page.

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
        Page: https://www.tencentcloud.com/document/product/1047/34948
        Page: https://cloud.tencent.com/document/product/269/1617
        """

    def get_info(
        self,
        *,
        group_id: str,
        member_list_account: Sequence[str],
        member_info_filter: Sequence[str] | None = None,
        member_role_filter: Sequence[Literal["Owner", "Admin", "Member"]] | None = None,
        app_defined_data_filter_group_member: Sequence[str] | None = None,
    ) -> MemberInfos:
        """Read the profiles of 1 to 50 members.

        Profiles of named group members, 获取指定群成员详细资料: `group_open_http_svc/get_specified_group_member_info`.

        Args:
            group_id: the group.
            member_list_account: the accounts; at most 50 items; at most 32 bytes each.
            member_info_filter: fields of members, by wire name; absent is all.
            member_role_filter: only members with these roles.
            app_defined_data_filter_group_member: custom fields of members; absent is all.

        Returns:
            MemberInfos: profiles of members; accounts that are not members are left out.
                group_id: the group.
                member_list: the members.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/64897
        """

    def modify_info(
        self,
        *,
        group_id: str,
        member_account: str,
        role: Literal["Owner", "Admin", "Member"] | None = None,
        msg_flag: Literal["AcceptAndNotify", "AcceptNotNotify", "Discard", "AcceptNotNotifyExceptAt"] | None = None,
        name_card: str | None = None,
        app_member_defined_data: Sequence[DefinedData] | None = None,
        mute_time: int | None = None,
    ) -> Empty:
        """Change one member: role, name card, custom fields, message settings, mute.

        Change one member, 修改群成员资料: `group_open_http_svc/modify_group_member_info`.

        Live groups refuse it with 10007.

        Args:
            group_id: the group.
            member_account: the member; at most 32 bytes.
            role: `Admin` or `Member`; use `group.change_owner` to change the owner.
            msg_flag: how it receives the group's messages: AcceptAndNotify, AcceptNotNotify, Discard, and in pages of 2026 AcceptNotNotifyExceptAt, which notifies of mentions only.
            name_card: the member's name in the group, up to 50 bytes.
            app_member_defined_data: its custom fields; others stay unchanged.
            mute_time: mute duration in seconds; 0 unmutes, 4294967295 is permanent.

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
            80001: Text was rejected by content moderation.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34900
        Page: https://cloud.tencent.com/document/product/269/1623
        """

    def get_roles(
        self,
        *,
        group_id: str,
        user_account: Sequence[str],
    ) -> Roles:
        """Read the roles of 1 to 500 accounts.

        Roles of users in a group, 查询用户在群组中的身份: `group_open_http_svc/get_role_in_group`.

        Args:
            group_id: the group.
            user_account: the accounts; at most 500 items; at most 32 bytes each.

        Returns:
            Roles: roles of accounts.
                user_id_list: one entry per account.

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

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34963
        Page: https://cloud.tencent.com/document/product/269/1626
        """

    def mute(
        self,
        *,
        group_id: str,
        members_account: Sequence[str],
        mute_time: int,
        topic_id: str | None = None,
    ) -> Empty:
        """Mute 1 to 500 members for a time, or unmute them.

        Mute or unmute members, 批量禁言和取消禁言: `group_open_http_svc/forbid_send_msg`.

        Work groups refuse it with 10007.

        Args:
            group_id: the group.
            members_account: the accounts; at most 500 items; at most 32 bytes each.
            mute_time: seconds; 0 unmutes, 4294967295 is permanent.
            topic_id: only in this topic, in a community.

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

        Limits: 200/s. A repeat is harmless. It shuts people out.
        Page: https://www.tencentcloud.com/document/product/1047/34951
        Page: https://cloud.tencent.com/document/product/269/1627
        """

    def list_muted(
        self,
        *,
        group_id: str,
        topic_id: str | None = None,
    ) -> MutedAccounts:
        """Read the muted members.

        List muted members (current form of get_group_shutted_uin), 获取被禁言群成员列表:
        `group_open_http_svc/get_group_muted_account`.

        Args:
            group_id: the group.
            topic_id: in this topic, in a community.

        Returns:
            MutedAccounts: the muted members.
                group_id: the group.
                muted_account_list: the accounts.

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

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34964
        Page: https://cloud.tencent.com/document/product/269/2925
        """

    def list_shutted(
        self,
        *,
        group_id: str,
    ) -> ShuttedUins:
        """Read the muted members, with the older command; `list_muted` is the newer one.

        List muted members (older command name), 获取被禁言群成员列表: `group_open_http_svc/get_group_shutted_uin`.

        Args:
            group_id: the group.

        Returns:
            ShuttedUins: the muted members, as returned by the older command.
                group_id: the group.
                shutted_uin_list: the accounts.

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

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34964
        Page: https://cloud.tencent.com/document/product/269/2925
        """

    def import_members(
        self,
        *,
        group_id: str,
        member_list: Sequence[ImportedMember],
    ) -> AddedMembers:
        """Import 1 to 300 members: no webhook fires and no one is notified; `failed` lists those who were not added.

        Import members, 导入群成员: `group_open_http_svc/import_group_member`.

        Live groups refuse it (10007).

        Args:
            group_id: the group.
            member_list: the members; at most 300 items.

        Returns:
            AddedMembers: the outcome for every account to be added or imported.
                member_list: one entry per account.

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
            10010: The group does not exist or was disbanded.
            10015: No group with this id.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34969
        Page: https://cloud.tencent.com/document/product/269/1636
        """

    def ban(
        self,
        *,
        group_id: str,
        members_account: Sequence[str],
        duration: int,
        description: str | None = None,
    ) -> Empty:
        """Remove 1 to 20 accounts, and keep them out for a time.

        Ban members from a group for a period, 群成员封禁: `group_open_http_svc/ban_group_member`.

        Args:
            group_id: the group.
            members_account: the accounts; at most 20 items; at most 32 bytes each.
            duration: seconds, 1 to 4294967295.
            description: sent to the banned accounts, up to 1000 bytes.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10005: Too many accounts in the body.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.

        Limits: 200/s. A repeat is harmless. It shuts people out.
        Page: https://www.tencentcloud.com/document/product/1047/50296
        """

    def unban(
        self,
        *,
        group_id: str,
        members_account: Sequence[str],
    ) -> Empty:
        """Lift the bans of 1 to 20 accounts.

        Lift bans, 群成员解封: `group_open_http_svc/unban_group_member`.

        Args:
            group_id: the group.
            members_account: the accounts; at most 20 items; at most 32 bytes each.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10005: Too many accounts in the body.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/50297
        """

    def list_banned(
        self,
        *,
        group_id: str,
        offset: int,
        limit: int | None = None,
    ) -> BannedAccounts:
        """Read one page of the banned accounts.

        Page through banned members, 获取封禁群成员列表: `group_open_http_svc/get_group_ban_member`.

        Args:
            group_id: the group.
            offset: 0 for the first page, then `next_offset` of the previous answer.
            limit: accounts per page, 1 to 100.

        Returns:
            BannedAccounts: a page of the banned accounts.
                banned_account_list: the accounts of this page.
                next_offset: `offset` for the next page; 0 means that this is the last page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10005: Too many accounts in the body.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/50295
        """

    def iter_members(
        self,
        group_id: str,
        *,
        member_info_filter: Sequence[str] | None = None,
        member_role_filter: Sequence[Literal["Owner", "Admin", "Member"]] | None = None,
        app_defined_data_filter_group_member: Sequence[str] | None = None,
        page_size: int = 100,
    ) -> Iterator[MemberInfo]:
        """Yield a group's members, fetching pages on demand; communities are paged by their cursor.

        Args:
            group_id: the group.
            member_info_filter: member fields, by wire name; None for all.
            member_role_filter: only members with these roles.
            app_defined_data_filter_group_member: custom member fields; None for all.
            page_size: members per call, 1 to 200.
        """
        return self.client.walk(
            self.family.iter_members,
            group_id,
            member_info_filter=member_info_filter,
            member_role_filter=member_role_filter,
            app_defined_data_filter_group_member=app_defined_data_filter_group_member,
            page_size=page_size,
        )

    def iter_banned(
        self,
        group_id: str,
        *,
        page_size: int = 100,
    ) -> Iterator[BannedAccount]:
        """Yield the accounts banned from a group, fetching pages on demand.

        Args:
            group_id: the group.
            page_size: accounts per call, 1 to 100.
        """
        return self.client.walk(self.family.iter_banned, group_id, page_size=page_size)

    def add_all(
        self,
        group_id: str,
        accounts: Iterable[str],
        *,
        silence: Literal[0, 1] | None = None,
        chunk_size: int = 300,
    ) -> Chunked[str, AddedMembers]:
        """Add any number of members, 300 per call; see `add`.

        Args:
            group_id: the group.
            accounts: the accounts; consumed lazily.
            silence: 1 sends no notification.
            chunk_size: accounts per call; the Chinese site's page of 2026 says 20.
        """
        return self.client.wait(
            self.family.add_all,
            group_id,
            self.client.feed(accounts),
            silence=silence,
            chunk_size=chunk_size,
        )

    def import_all(
        self,
        group_id: str,
        members: Iterable[ImportedMember],
        *,
        chunk_size: int = 300,
    ) -> Chunked[ImportedMember, AddedMembers]:
        """Import any number of members, 300 per call; see `import_members`.

        Args:
            group_id: the group.
            members: the members; consumed lazily.
            chunk_size: members per call; the Chinese site's page of 2026 says 20.
        """
        return self.client.wait(self.family.import_all, group_id, self.client.feed(members), chunk_size=chunk_size)

    def delete_all(
        self,
        group_id: str,
        accounts: Iterable[str],
        *,
        silence: Literal[0, 1] | None = None,
        reason: str | None = None,
    ) -> Chunked[str, Empty]:
        """Remove any number of members, 100 per call; see `delete`.

        Args:
            group_id: the group.
            accounts: the accounts; consumed lazily.
            silence: 1 sends no notification.
            reason: sent to the removed members.
        """
        return self.client.wait(
            self.family.delete_all,
            group_id,
            self.client.feed(accounts),
            silence=silence,
            reason=reason,
        )

    def get_info_all(
        self,
        group_id: str,
        accounts: Iterable[str],
        *,
        member_info_filter: Sequence[str] | None = None,
    ) -> Chunked[str, MemberInfos]:
        """Read the profiles of any number of members, 50 per call; see `get_info`.

        Args:
            group_id: the group.
            accounts: the accounts; consumed lazily.
            member_info_filter: member fields, by wire name; None for all.
        """
        return self.client.wait(
            self.family.get_info_all,
            group_id,
            self.client.feed(accounts),
            member_info_filter=member_info_filter,
        )

    def get_roles_all(
        self,
        group_id: str,
        accounts: Iterable[str],
    ) -> Chunked[str, Roles]:
        """Read the roles of any number of accounts, 500 per call; see `get_roles`."""
        return self.client.wait(self.family.get_roles_all, group_id, self.client.feed(accounts))

    def mute_all(
        self,
        group_id: str,
        accounts: Iterable[str],
        mute_time: int,
        *,
        topic_id: str | None = None,
    ) -> Chunked[str, Empty]:
        """Mute any number of members, 500 per call, or unmute them; see `mute`.

        Args:
            group_id: the group.
            accounts: the accounts; consumed lazily.
            mute_time: seconds; 0 unmutes, 4294967295 is permanent.
            topic_id: only in this topic, in a community.
        """
        return self.client.wait(
            self.family.mute_all,
            group_id,
            self.client.feed(accounts),
            mute_time,
            topic_id=topic_id,
        )

    def ban_all(
        self,
        group_id: str,
        accounts: Iterable[str],
        duration: int,
        *,
        description: str | None = None,
    ) -> Chunked[str, Empty]:
        """Ban any number of accounts, 20 per call; see `ban`.

        Args:
            group_id: the group.
            accounts: the accounts; consumed lazily.
            duration: seconds, 1 to 4294967295.
            description: sent to the banned accounts, up to 1000 bytes.
        """
        return self.client.wait(
            self.family.ban_all,
            group_id,
            self.client.feed(accounts),
            duration,
            description=description,
        )

    def unban_all(
        self,
        group_id: str,
        accounts: Iterable[str],
    ) -> Chunked[str, Empty]:
        """Lift the bans of any number of accounts, 20 per call; see `unban`."""
        return self.client.wait(self.family.unban_all, group_id, self.client.feed(accounts))
