"""Groups: their life cycle and their profiles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from .._api.endpoint import Endpoint, Family, Rate
from ..models.common import Empty
from ..models.group import (
    MAX_GROUP_INFOS,
    MAX_GROUPS_OF_APP,
    MAX_JOINED,
    ChangeOwner,
    CreatedGroup,
    CreateGroup,
    GetGroups,
    GroupInfos,
    GroupRequest,
    GroupType,
    ImportedGroup,
    ImportGroup,
    JoinedFilter,
    JoinedGroup,
    JoinedGroups,
    ListedGroups,
    ListGroups,
    ListJoined,
    ModifyGroup,
    ResponseFilter,
)
from ._chunks import Chunked, Items, in_chunks
from ._paging import entries_by_offset, pages


class Group(Family, name="group"):
    """Groups: their life cycle and their profiles."""

    create: Final = Endpoint("group_open_http_svc/create_group", CreateGroup, CreatedGroup, doc="I34895")
    """Create a group, optionally with an owner and first members."""
    get_info: Final = Endpoint(
        "group_open_http_svc/get_group_info", GetGroups, GroupInfos, doc="I34961", repeat="always"
    )
    """Read the profiles of 1 to 50 groups, with their members; `failed` lists those that could not be read."""
    modify_info: Final = Endpoint(
        "group_open_http_svc/modify_group_base_info", ModifyGroup, Empty, doc="I34962", repeat="always"
    )
    """Change a group's profile: name, announcement, how to join, whether all are muted ..."""
    destroy: Final = Endpoint("group_open_http_svc/destroy_group", GroupRequest, Empty, doc="I34896", danger="deletes")
    """Disband a group and delete its data; this cannot be undone."""
    list_all: Final = Endpoint(
        "group_open_http_svc/get_appid_group_list",
        ListGroups,
        ListedGroups,
        doc="I34960",
        limits=(Rate(1),),
        repeat="always",
    )
    """Read one page of all groups of the app; once a second."""
    list_joined: Final = Endpoint(
        "group_open_http_svc/get_joined_group_list", ListJoined, JoinedGroups, doc="I34925", repeat="always"
    )
    """Read the groups of an account, or one page of them."""
    change_owner: Final = Endpoint(
        "group_open_http_svc/change_group_owner", ChangeOwner, Empty, doc="I34966", repeat="always", danger="excludes"
    )
    """Transfer a group to another member; the previous owner becomes a plain member."""
    import_group: Final = Endpoint("group_open_http_svc/import_group", ImportGroup, ImportedGroup, doc="I34967")
    """Import a group that exists elsewhere: no webhook fires and no member is notified."""

    async def get_info_all(
        self, group_ids: Items[str], *, response_filter: ResponseFilter | None = None
    ) -> Chunked[str, GroupInfos]:
        """Read the profiles of any number of groups, 50 per call; see `get_info`.

        Args:
            group_ids: the groups; consumed lazily.
            response_filter: the fields to return; None for all.
        """
        return await in_chunks(
            "group_ids",
            group_ids,
            MAX_GROUP_INFOS,
            lambda chunk: self.get_info(group_id_list=chunk, response_filter=response_filter),
        )

    async def iter_all(
        self, *, group_type: GroupType | None = None, page_size: int = MAX_GROUPS_OF_APP
    ) -> AsyncIterator[str]:
        """Yield the ids of all groups of the app, fetching pages on demand; one page a second.

        Args:
            group_type: only groups of this type.
            page_size: groups per call, 1 to 10000.
        """

        async def fetch(place: int) -> ListedGroups:
            return await self.list_all(limit=page_size, next=place, group_type=group_type)

        async for page in pages(Group.list_all.command, fetch, 0, lambda page: page.next or None):
            for group in page.group_id_list:
                yield group.group_id

    async def iter_joined(
        self,
        member_account: str,
        *,
        group_type: GroupType | None = None,
        response_filter: JoinedFilter | None = None,
        with_live: bool = False,
        with_inactive: bool = False,
        page_size: int = MAX_JOINED,
    ) -> AsyncIterator[JoinedGroup]:
        """Yield the groups of an account, fetching pages on demand.

        Args:
            member_account: the account, 1 to 32 bytes.
            group_type: only groups of this type.
            response_filter: the fields to return; None for the ids only.
            with_live: whether to include live groups (AVChatRoom), as far as the service knows them.
            with_inactive: whether to include work groups without any message.
            page_size: groups per call, 1 to 5000.
        """

        async def fetch(offset: int) -> JoinedGroups:
            return await self.list_joined(
                member_account=member_account,
                with_huge_groups=1 if with_live else None,
                with_no_active_groups=1 if with_inactive else None,
                limit=page_size,
                offset=offset,
                group_type=group_type,
                response_filter=response_filter,
            )

        async for group in entries_by_offset(
            Group.list_joined.command, fetch, lambda page: page.group_id_list, lambda page: page.total_count
        ):
            yield group
