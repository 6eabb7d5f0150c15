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
    """Read how many are online in a group."""
    mark_members: Final = Endpoint(
        "group_open_avchatroom_http_svc/modify_user_info", MarkMembers, MarkedMembers, doc="I50294", repeat="always"
    )
    """Set marks on 1 to 500 members, or take them off."""
    list_online: Final = Endpoint(
        "group_open_avchatroom_http_svc/get_members", ListOnline, OnlineMembers, doc="I50293", repeat="always"
    )
    """Read one page of who is online."""
    add_robots: Final = Endpoint(
        "group_open_avchatroom_http_svc/add_robots",
        AddRobots,
        Empty,
        doc="I60527",
        not_read="its request and its answer; both are taken from an SDK",
        repeat="always",
    )
    """Put robots into the list of who is online, there or not."""
    delete_robots: Final = Endpoint(
        "group_open_avchatroom_http_svc/del_robots", LiveMembers, Empty, doc="I60526", repeat="always", danger="deletes"
    )
    """Take robots out of the list of who is online."""
    modify_admins: Final = Endpoint(
        "group_open_avchatroom_http_svc/modify_admin",
        ModifyAdmins,
        Empty,
        doc="I60525",
        repeat="always",
        danger="excludes",
    )
    """Make accounts admins, or no longer; there can be 5."""
    list_admins: Final = Endpoint(
        "group_open_avchatroom_http_svc/get_admin_list",
        GroupRequest,
        LiveAdmins,
        doc="I60524",
        not_read=NOT_SEEN,
        repeat="always",
    )
    """Read who is an admin."""
    check_members: Final = Endpoint(
        "group_open_avchatroom_http_svc/check_members",
        LiveMembers,
        PresentMembers,
        doc=None,
        why_no_doc=SDK_ONLY,
        repeat="always",
    )
    """Ask which of some accounts are in the group."""

    async def iter_online(self, group_id: str, *, mark: int | None = None) -> AsyncIterator[OnlineMember]:
        """Yield who is online in a group, page by page as the loop goes on: the newest 1000 at most.

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
        """Set marks on any number of members, 500 in a call, or take them off; see `mark_members`.

        Args:
            group_id: the live group.
            members: the members and their marks; read as the calls go on.
            command_type: 1 sets, 2 takes off.
        """
        return await in_chunks(
            "members",
            members,
            MAX_MARKED,
            lambda chunk: self.mark_members(group_id=group_id, command_type=command_type, member_list=chunk),
        )
