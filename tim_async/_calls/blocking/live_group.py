"""Live groups (AVChatRoom): who is online, marks, robots, admins.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ...families._blocking import BlockingFamily
from ...families._chunks import Chunked
from ...families.live_group import LiveGroup
from ...models.common import Empty
from ...models.live_group import (
    LiveAdmins,
    MarkedMember,
    MarkedMembers,
    OnlineMember,
    OnlineMembers,
    OnlineNum,
    PresentMembers,
)


class BlockingLiveGroupCalls(BlockingFamily[LiveGroup], table=LiveGroup):
    """Live groups (AVChatRoom): who is online, marks, robots, admins."""

    def get_online_num(
        self,
        *,
        group_id: str,
    ) -> OnlineNum:
        """Read how many members of a group are online.

        Online member count, 获取直播群在线人数: `group_open_http_svc/get_online_member_num`.

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
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/38521
        Page: https://cloud.tencent.com/document/product/269/49180
        """

    def mark_members(
        self,
        *,
        group_id: str,
        command_type: Literal[1, 2],
        member_list: Sequence[MarkedMember],
    ) -> MarkedMembers:
        """Set or remove marks of 1 to 500 members.

        Set or remove marks on live-group members, 设置直播群成员标记: `group_open_avchatroom_http_svc/modify_user_info`.

        A group has up to 10 different marks, each on up to 1000 members; a member's marks are removed when it leaves.

        Args:
            group_id: the live group.
            command_type: 1 sets, 2 removes.
            member_list: the members; at most 500 items.

        Returns:
            MarkedMembers: the accounts whose marks were changed; members who are not online are left out.
                command_type: 1 set, 2 removed.
                member_list: the accounts.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            10001: The caller is not logged in; check admin account and UserSig.
            10003: The command name is wrong.
            10004: Parameters are invalid; ErrorInfo says which.
            10007: Not allowed: this type of group does not support the operation, or the role of the acting account
                does not permit it.
            10010: The group does not exist or was disbanded.
            10015: No group with this id.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/50294
        """

    def list_online(
        self,
        *,
        group_id: str,
        timestamp: int,
        mark: int | None = None,
    ) -> OnlineMembers:
        """Read one page of the online members.

        List online members of a live group, 获取直播群在线成员列表: `group_open_avchatroom_http_svc/get_members`.

        Args:
            group_id: the group.
            timestamp: 0 for the first page, then `next_timestamp` of the previous answer.
            mark: only members with this mark.

        Returns:
            OnlineMembers: a page of online members.
                member_list: the members of this page.
                next_timestamp: `timestamp` for the next page; 0 means that this is the last page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/50293
        Page: https://cloud.tencent.com/document/product/269/77266
        """

    def add_robots(
        self,
        *,
        group_id: str,
        member_account: Sequence[str] | None = None,
    ) -> Empty:
        """Add robots to the list of online members, whether or not they are in the group.

        Add bot accounts to a live group's online list, 设置直播群机器人: `group_open_avchatroom_http_svc/add_robots`.

        The body of this document was not seen. Its opposite, `delete_robots`, calls the accounts `Member_Account`, and
        so does this one; if the service expects another name, `client.with_options(extra=...)` can send it.

        Args:
            group_id: the live group.
            member_account: the accounts; at most 32 bytes each.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Not read of its page: its request and its answer; both are taken from an SDK.
        Page: https://trtc.io/document/60527
        """

    def delete_robots(
        self,
        *,
        group_id: str,
        member_account: Sequence[str],
    ) -> Empty:
        """Remove robots from the list of online members.

        Remove bot accounts from a live group's online list, 取消直播群机器人: `group_open_avchatroom_http_svc/del_robots`.

        Args:
            group_id: the live group.
            member_account: the accounts; at most 32 bytes each.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless. It deletes what is stored.
        Page: https://trtc.io/document/60526
        Page: https://cloud.tencent.com/document/product/269/103785
        """

    def modify_admins(
        self,
        *,
        group_id: str,
        command_type: Literal[1, 2],
        admin_account: Sequence[str],
    ) -> Empty:
        """Grant or revoke the admin role of accounts; a group can have 5 admins.

        Set or remove live-group admins (max 5), 设置/取消直播群管理员: `group_open_avchatroom_http_svc/modify_admin`.

        They need not be present, and stay admins when they leave.

        Args:
            group_id: the live group.
            command_type: 1 grants, 2 revokes.
            admin_account: 1 to 5 accounts; at most 32 bytes each.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless. It shuts people out.
        Page: https://trtc.io/document/60525
        Page: https://cloud.tencent.com/document/product/269/102857
        """

    def list_admins(
        self,
        *,
        group_id: str,
    ) -> LiveAdmins:
        """Read the admins.

        List live-group admins, 获取直播群管理员列表: `group_open_avchatroom_http_svc/get_admin_list`.

        Args:
            group_id: the group.

        Returns:
            LiveAdmins: the admins of a live group.
                admin_list: the admins.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Not read of its page: all of it; the fields are taken from an SDK.
        """

    def check_members(
        self,
        *,
        group_id: str,
        member_account: Sequence[str],
    ) -> PresentMembers:
        """Check which of some accounts are in the group.

        Which of the given users are in a live group, 查询用户是否在直播群内: `group_open_avchatroom_http_svc/check_members`.

        Args:
            group_id: the live group.
            member_account: the accounts; at most 32 bytes each.

        Returns:
            PresentMembers: the accounts that are in the live group. Known from an SDK.
                member_account: the accounts.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: no page found; the fields are taken from an SDK.
        """

    def iter_online(
        self,
        group_id: str,
        *,
        mark: int | None = None,
    ) -> Iterator[OnlineMember]:
        """Yield the online members of a group, fetching pages on demand: at most the newest 1000.

        Args:
            group_id: the group.
            mark: only members with this mark.
        """
        return self.client.walk(self.family.iter_online, group_id, mark=mark)

    def mark_all(
        self,
        group_id: str,
        members: Iterable[MarkedMember],
        command_type: Literal[1, 2],
    ) -> Chunked[MarkedMember, MarkedMembers]:
        """Set or remove marks of any number of members, 500 per call; see `mark_members`.

        Args:
            group_id: the live group.
            members: the members and their marks; consumed lazily.
            command_type: 1 sets, 2 removes.
        """
        return self.client.wait(self.family.mark_all, group_id, self.client.feed(members), command_type)
