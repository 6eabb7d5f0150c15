"""Group members: joining and leaving, roles, mutes, bans."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final, Literal

from .._api.checks import check_group_id
from .._api.endpoint import Endpoint, Family
from ..models.common import Empty
from ..models.group import GroupRequest, MemberInfo
from ..models.group_member import (
    MAX_ADD,
    MAX_BAN,
    MAX_BAN_PAGE,
    MAX_DELETE,
    MAX_IMPORT,
    MAX_MUTE,
    MAX_NAMED,
    MAX_ROLES,
    AddedMembers,
    AddMembers,
    BanMembers,
    BannedAccount,
    BannedAccounts,
    DeleteMembers,
    GetMembers,
    GetRoles,
    ImportedMember,
    ImportMembers,
    ListBanned,
    ListMembers,
    ListMuted,
    MemberInfos,
    MemberPage,
    ModifyMember,
    MutedAccounts,
    MuteMembers,
    NewMember,
    Role,
    Roles,
    ShuttedUins,
    UnbanMembers,
)
from ._chunks import Chunked, Items, in_chunks
from ._paging import entries_by_offset, pages

# The document advises this value, and allows 200 (I34948).
PAGE_SIZE: Final = 100

# The prefix of all community ids (I34948: communities are paged by a cursor, other groups by offset).
_COMMUNITY_PREFIX: Final = "@TGS#_"


class GroupMember(Family, name="group_member"):
    """Group members: joining and leaving, roles, mutes, bans."""

    add: Final = Endpoint("group_open_http_svc/add_group_member", AddMembers, AddedMembers, doc="I34921")
    """Add 1 to 300 members; `failed` lists those who were not added."""
    delete: Final = Endpoint(
        "group_open_http_svc/delete_group_member",
        DeleteMembers,
        Empty,
        doc="I34949",
        repeat="always",
        danger="excludes",
    )
    """Remove 1 to 100 members; accounts that are not members are ignored."""
    list_members: Final = Endpoint(
        "group_open_http_svc/get_group_member_info", ListMembers, MemberPage, doc="I34948", repeat="always"
    )
    """Read one page of a group's members."""
    get_info: Final = Endpoint(
        "group_open_http_svc/get_specified_group_member_info", GetMembers, MemberInfos, doc="I64897", repeat="always"
    )
    """Read the profiles of 1 to 50 members."""
    modify_info: Final = Endpoint(
        "group_open_http_svc/modify_group_member_info", ModifyMember, Empty, doc="I34900", repeat="always"
    )
    """Change one member: role, name card, custom fields, message settings, mute."""
    get_roles: Final = Endpoint("group_open_http_svc/get_role_in_group", GetRoles, Roles, doc="I34963", repeat="always")
    """Read the roles of 1 to 500 accounts."""
    mute: Final = Endpoint(
        "group_open_http_svc/forbid_send_msg", MuteMembers, Empty, doc="I34951", repeat="always", danger="excludes"
    )
    """Mute 1 to 500 members for a time, or unmute them."""
    list_muted: Final = Endpoint(
        "group_open_http_svc/get_group_muted_account", ListMuted, MutedAccounts, doc="I34964", repeat="always"
    )
    """Read the muted members."""
    list_shutted: Final = Endpoint(
        "group_open_http_svc/get_group_shutted_uin", GroupRequest, ShuttedUins, doc="I34964", repeat="always"
    )
    """Read the muted members, with the older command; `list_muted` is the newer one."""
    import_members: Final = Endpoint(
        "group_open_http_svc/import_group_member", ImportMembers, AddedMembers, doc="I34969", repeat="always"
    )
    """Import 1 to 300 members: no webhook fires and no one is notified; `failed` lists those who were not added."""
    ban: Final = Endpoint(
        "group_open_http_svc/ban_group_member", BanMembers, Empty, doc="I50296", repeat="always", danger="excludes"
    )
    """Remove 1 to 20 accounts, and keep them out for a time."""
    unban: Final = Endpoint(
        "group_open_http_svc/unban_group_member", UnbanMembers, Empty, doc="I50297", repeat="always"
    )
    """Lift the bans of 1 to 20 accounts."""
    list_banned: Final = Endpoint(
        "group_open_http_svc/get_group_ban_member", ListBanned, BannedAccounts, doc="I50295", repeat="always"
    )
    """Read one page of the banned accounts."""

    # Pages

    async def iter_members(
        self,
        group_id: str,
        *,
        member_info_filter: Sequence[str] | None = None,
        member_role_filter: Sequence[Role] | None = None,
        app_defined_data_filter_group_member: Sequence[str] | None = None,
        page_size: int = PAGE_SIZE,
    ) -> AsyncIterator[MemberInfo]:
        """Yield a group's members, fetching pages on demand; communities are paged by their cursor.

        Args:
            group_id: the group.
            member_info_filter: member fields, by wire name; None for all.
            member_role_filter: only members with these roles.
            app_defined_data_filter_group_member: custom member fields; None for all.
            page_size: members per call, 1 to 200.
        """
        check_group_id("group_id", group_id)

        async def fetch(offset: int | None, cursor: str | None) -> MemberPage:
            return await self.list_members(
                group_id=group_id,
                member_info_filter=member_info_filter,
                member_role_filter=member_role_filter,
                app_defined_data_filter_group_member=app_defined_data_filter_group_member,
                limit=page_size,
                offset=offset,
                next=cursor,
            )

        if group_id.startswith(_COMMUNITY_PREFIX):
            walk = pages(
                GroupMember.list_members.command, lambda cursor: fetch(None, cursor), "", lambda page: page.next or None
            )
            async for page in walk:
                for member in page.member_list:
                    yield member
            return
        async for member in entries_by_offset(
            GroupMember.list_members.command,
            lambda offset: fetch(offset, None),
            lambda page: page.member_list,
            # MemberNum counts the whole group, even with a role filter, so an empty page ends it earlier.
            lambda page: page.member_num,
        ):
            yield member

    async def iter_banned(self, group_id: str, *, page_size: int = MAX_BAN_PAGE) -> AsyncIterator[BannedAccount]:
        """Yield the accounts banned from a group, fetching pages on demand.

        Args:
            group_id: the group.
            page_size: accounts per call, 1 to 100.
        """

        async def fetch(offset: int) -> BannedAccounts:
            return await self.list_banned(group_id=group_id, limit=page_size, offset=offset)

        async for page in pages(GroupMember.list_banned.command, fetch, 0, lambda page: page.next_offset or None):
            for banned in page.banned_account_list:
                yield banned

    # Any number of accounts

    async def add_all(
        self, group_id: str, accounts: Items[str], *, silence: Literal[0, 1] | None = None, chunk_size: int = MAX_ADD
    ) -> Chunked[str, AddedMembers]:
        """Add any number of members, 300 per call; see `add`.

        Args:
            group_id: the group.
            accounts: the accounts; consumed lazily.
            silence: 1 sends no notification.
            chunk_size: accounts per call; the Chinese site's page of 2026 says 20.
        """

        async def add(chunk: Sequence[str]) -> AddedMembers:
            members = [NewMember(member_account=account) for account in chunk]
            return await self.add(group_id=group_id, member_list=members, silence=silence)

        return await in_chunks("accounts", accounts, chunk_size, add)

    async def import_all(
        self, group_id: str, members: Items[ImportedMember], *, chunk_size: int = MAX_IMPORT
    ) -> Chunked[ImportedMember, AddedMembers]:
        """Import any number of members, 300 per call; see `import_members`.

        Args:
            group_id: the group.
            members: the members; consumed lazily.
            chunk_size: members per call; the Chinese site's page of 2026 says 20.
        """
        return await in_chunks(
            "members", members, chunk_size, lambda chunk: self.import_members(group_id=group_id, member_list=chunk)
        )

    async def delete_all(
        self,
        group_id: str,
        accounts: Items[str],
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
        return await in_chunks(
            "accounts",
            accounts,
            MAX_DELETE,
            lambda chunk: self.delete(group_id=group_id, member_to_del_account=chunk, silence=silence, reason=reason),
        )

    async def get_info_all(
        self, group_id: str, accounts: Items[str], *, member_info_filter: Sequence[str] | None = None
    ) -> Chunked[str, MemberInfos]:
        """Read the profiles of any number of members, 50 per call; see `get_info`.

        Args:
            group_id: the group.
            accounts: the accounts; consumed lazily.
            member_info_filter: member fields, by wire name; None for all.
        """
        return await in_chunks(
            "accounts",
            accounts,
            MAX_NAMED,
            lambda chunk: self.get_info(
                group_id=group_id, member_list_account=chunk, member_info_filter=member_info_filter
            ),
        )

    async def get_roles_all(self, group_id: str, accounts: Items[str]) -> Chunked[str, Roles]:
        """Read the roles of any number of accounts, 500 per call; see `get_roles`."""
        return await in_chunks(
            "accounts", accounts, MAX_ROLES, lambda chunk: self.get_roles(group_id=group_id, user_account=chunk)
        )

    async def mute_all(
        self, group_id: str, accounts: Items[str], mute_time: int, *, topic_id: str | None = None
    ) -> Chunked[str, Empty]:
        """Mute any number of members, 500 per call, or unmute them; see `mute`.

        Args:
            group_id: the group.
            accounts: the accounts; consumed lazily.
            mute_time: seconds; 0 unmutes, 4294967295 is permanent.
            topic_id: only in this topic, in a community.
        """
        return await in_chunks(
            "accounts",
            accounts,
            MAX_MUTE,
            lambda chunk: self.mute(group_id=group_id, members_account=chunk, mute_time=mute_time, topic_id=topic_id),
        )

    async def ban_all(
        self, group_id: str, accounts: Items[str], duration: int, *, description: str | None = None
    ) -> Chunked[str, Empty]:
        """Ban any number of accounts, 20 per call; see `ban`.

        Args:
            group_id: the group.
            accounts: the accounts; consumed lazily.
            duration: seconds, 1 to 4294967295.
            description: sent to the banned accounts, up to 1000 bytes.
        """
        return await in_chunks(
            "accounts",
            accounts,
            MAX_BAN,
            lambda chunk: self.ban(
                group_id=group_id, members_account=chunk, duration=duration, description=description
            ),
        )

    async def unban_all(self, group_id: str, accounts: Items[str]) -> Chunked[str, Empty]:
        """Lift the bans of any number of accounts, 20 per call; see `unban`."""
        return await in_chunks(
            "accounts", accounts, MAX_BAN, lambda chunk: self.unban(group_id=group_id, members_account=chunk)
        )
