"""Live groups (AVChatRoom): who is online, marks, robots, admins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, Literal

from .._api.endpoint import NOT_SEEN, SDK_ONLY, Endpoint, Family
from ..models.common import Empty
from ..models.group import GroupRequest
from ..models.live_group import (
    MAX_MARKED,
    AddRobots,
    ListOnline,
    LiveAdmins,
    LiveMembers,
    MarkedMember,
    MarkedMembers,
    MarkMembers,
    ModifyAdmins,
    OnlineMember,
    OnlineMembers,
    OnlineNum,
    PresentMembers,
)
from ._chunks import Chunked, Items, in_chunks
from ._paging import pages


class LiveGroup(Family, name="live_group"):
    """Live groups (AVChatRoom): who is online, marks, robots, admins."""

    get_online_num: Final = Endpoint(
        "group_open_http_svc/get_online_member_num", GroupRequest, OnlineNum, doc="I38521", repeat="always"
    )
    """Read how many members of a group are online."""
    mark_members: Final = Endpoint(
        "group_open_avchatroom_http_svc/modify_user_info", MarkMembers, MarkedMembers, doc="I50294", repeat="always"
    )
    """Set or remove marks of 1 to 500 members."""
    list_online: Final = Endpoint(
        "group_open_avchatroom_http_svc/get_members", ListOnline, OnlineMembers, doc="I50293", repeat="always"
    )
    """Read one page of the online members."""
    add_robots: Final = Endpoint(
        "group_open_avchatroom_http_svc/add_robots",
        AddRobots,
        Empty,
        doc="I60527",
        not_read="its request and its answer; both are taken from an SDK",
        repeat="always",
    )
    """Add robots to the list of online members, whether or not they are in the group."""
    delete_robots: Final = Endpoint(
        "group_open_avchatroom_http_svc/del_robots", LiveMembers, Empty, doc="I60526", repeat="always", danger="deletes"
    )
    """Remove robots from the list of online members."""
    modify_admins: Final = Endpoint(
        "group_open_avchatroom_http_svc/modify_admin",
        ModifyAdmins,
        Empty,
        doc="I60525",
        repeat="always",
        danger="excludes",
    )
    """Grant or revoke the admin role of accounts; a group can have 5 admins."""
    list_admins: Final = Endpoint(
        "group_open_avchatroom_http_svc/get_admin_list",
        GroupRequest,
        LiveAdmins,
        doc="I60524",
        not_read=NOT_SEEN,
        repeat="always",
    )
    """Read the admins."""
    check_members: Final = Endpoint(
        "group_open_avchatroom_http_svc/check_members",
        LiveMembers,
        PresentMembers,
        doc=None,
        why_no_doc=SDK_ONLY,
        repeat="always",
    )
    """Check which of some accounts are in the group."""

    async def iter_online(self, group_id: str, *, mark: int | None = None) -> AsyncIterator[OnlineMember]:
        """Yield the online members of a group, fetching pages on demand: at most the newest 1000.

        Args:
            group_id: the group.
            mark: only members with this mark.
        """

        async def fetch(place: int) -> OnlineMembers:
            return await self.list_online(group_id=group_id, timestamp=place, mark=mark)

        async for page in pages(LiveGroup.list_online.command, fetch, 0, lambda page: page.next_timestamp or None):
            for member in page.member_list:
                yield member

    async def mark_all(
        self, group_id: str, members: Items[MarkedMember], command_type: Literal[1, 2]
    ) -> Chunked[MarkedMember, MarkedMembers]:
        """Set or remove marks of any number of members, 500 per call; see `mark_members`.

        Args:
            group_id: the live group.
            members: the members and their marks; consumed lazily.
            command_type: 1 sets, 2 removes.
        """
        return await in_chunks(
            "members",
            members,
            MAX_MARKED,
            lambda chunk: self.mark_members(group_id=group_id, command_type=command_type, member_list=chunk),
        )
