"""Members of groups: requests and results. Source: I34900 to I34969, I50295 to I50297, I64897.

The documents' older name `ShutUpTime` for `MuteTime` is accepted as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Literal

import msgspec

from .._api.checks import U32_MAX, check_account, check_accounts, check_group_id, check_items, check_range, check_text
from .._api.wire import PartialResult, Request, Result, WireStruct, always, listed
from .group import DefinedData, MemberInfo

Role = Literal["Owner", "Admin", "Member"]

MsgFlag = Literal["AcceptAndNotify", "AcceptNotNotify", "Discard", "AcceptNotNotifyExceptAt"]
"""How a member receives a group's messages."""
if not TYPE_CHECKING:
    MsgFlag = listed(MsgFlag)

MAX_ADD: Final = 300
MAX_DELETE: Final = 100
MAX_PAGE: Final = 200
MAX_NAMED: Final = 50
MAX_ROLES: Final = 500
MAX_MUTE: Final = 500
MAX_IMPORT: Final = 300
MAX_BAN: Final = 20
MAX_BAN_PAGE: Final = 100
NAME_CARD_MAX_BYTES: Final = 50
BAN_DESCRIPTION_MAX_BYTES: Final = 1_000

FOREVER: Final = U32_MAX
"""A `mute_time` that never ends."""


class NewMember(WireStruct, kw_only=True):
    """An account to add.

    Attributes:
        member_account: the account, 1 to 32 bytes.
    """

    member_account: str


class AddMembers(Request, kw_only=True):
    """Add 1 to 300 members. Live groups refuse it with 10007: users join them with a client. Source: I34921.

    A page of the Chinese site of 2026 limits it to 20.

    Attributes:
        group_id: the group.
        member_list: the accounts.
        silence: 1 sends no notification; 0 is the default.
    """

    group_id: str
    silence: Literal[0, 1] | None = None
    member_list: Sequence[NewMember]

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        check_group_id("group_id", self.group_id)
        check_items("member_list", self.member_list, 1, MAX_ADD)
        for index, member in enumerate(self.member_list):
            check_account(f"member_list[{index}].member_account", member.member_account)


class AddedMember(WireStruct, kw_only=True):
    """The outcome for an account to be added or imported.

    Attributes:
        member_account: the account.
        result: 0 failed, 1 it is now a member, 2 it already was one, 3 it was asked for its consent.
    """

    member_account: str = always("")
    result: int = always(0)

    @property
    def is_member(self) -> bool:
        """Whether the account is a member now."""
        return self.result in (1, 2)


class AddedMembers(PartialResult, kw_only=True):
    """The outcome for every account to be added or imported. Source: I34921, I34969.

    Attributes:
        member_list: one entry per account.
    """

    member_list: list[AddedMember] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[AddedMember]:
        """The entries that failed; those that wait for consent did not."""
        return [member for member in self.member_list if member.result not in (1, 2, 3)]

    @property
    def waiting(self) -> list[AddedMember]:
        """The entries that wait for the account's consent."""
        return [member for member in self.member_list if member.result == 3]


class DeleteMembers(Request, kw_only=True):
    """Remove 1 to 100 members; accounts that are not members are ignored. Source: I34949.

    Live groups refuse it with 10004; use `ban` and `mute` there.

    Attributes:
        group_id: the group.
        member_to_del_account: the accounts.
        silence: 1 sends no notification; 0 is the default.
        reason: sent to the removed members.
    """

    group_id: str
    silence: Literal[0, 1] | None = None
    reason: str | None = None
    member_to_del_account: Sequence[str]

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        check_group_id("group_id", self.group_id)
        check_accounts("member_to_del_account", self.member_to_del_account, 1, MAX_DELETE)


class ListMembers(Request, kw_only=True):
    """Read members, page by page; live groups refuse it with 10007. Source: I34948.

    Attributes:
        group_id: the group.
        limit: members per page, 1 to 200; 100 is advised.
        offset: number of members to skip; not for communities.
        next: for communities, in place of `offset`: "" for the first page, then `next` of the previous answer.
        member_info_filter: fields of members, by wire name; absent is all.
        member_role_filter: only members with these roles.
        app_defined_data_filter_group_member: custom fields of members; absent is all.
    """

    group_id: str
    member_info_filter: Sequence[str] | None = None
    member_role_filter: Sequence[Role] | None = None
    app_defined_data_filter_group_member: Sequence[str] | None = None
    limit: int | None = None
    offset: int | None = None
    next: str | None = None

    def check(self) -> None:
        """Check ranges."""
        check_group_id("group_id", self.group_id)
        check_range("limit", self.limit, 1, MAX_PAGE)
        check_range("offset", self.offset, 0, U32_MAX)


class MemberPage(Result, kw_only=True):
    """A page of members. Source: I34948.

    Attributes:
        member_num: number of members of the group.
        member_list: the members of this page.
        next: for communities: `next` for the next page; "" means that this is the last page.
    """

    member_num: int = always(0)
    member_list: list[MemberInfo] = msgspec.field(default_factory=list)
    next: str | None = None


class GetMembers(Request, kw_only=True):
    """Read the profiles of 1 to 50 members; live groups refuse it with 10007. Source: I64897.

    Attributes:
        group_id: the group.
        member_list_account: the accounts.
        member_info_filter: fields of members, by wire name; absent is all.
        member_role_filter: only members with these roles.
        app_defined_data_filter_group_member: custom fields of members; absent is all.
    """

    group_id: str
    member_list_account: Sequence[str]
    member_info_filter: Sequence[str] | None = None
    member_role_filter: Sequence[Role] | None = None
    app_defined_data_filter_group_member: Sequence[str] | None = None

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        check_group_id("group_id", self.group_id)
        check_accounts("member_list_account", self.member_list_account, 1, MAX_NAMED)


class MemberInfos(Result, kw_only=True):
    """Profiles of members; accounts that are not members are left out. Source: I64897.

    Attributes:
        group_id: the group.
        member_list: the members.
    """

    group_id: str = always("")
    member_list: list[MemberInfo] = msgspec.field(default_factory=list)


class ModifyMember(Request, kw_only=True):
    """Change one member; fields that are absent stay unchanged. Live groups refuse it with 10007. Source: I34900.

    Attributes:
        group_id: the group.
        member_account: the member.
        role: `Admin` or `Member`; use `group.change_owner` to change the owner.
        msg_flag: how it receives the group's messages: AcceptAndNotify, AcceptNotNotify, Discard, and in pages of 2026
            AcceptNotNotifyExceptAt, which notifies of mentions only.
        name_card: the member's name in the group, up to 50 bytes.
        app_member_defined_data: its custom fields; others stay unchanged.
        mute_time: mute duration in seconds; 0 unmutes, 4294967295 is permanent.
    """

    _older: ClassVar = {"ShutUpTime": "MuteTime"}
    group_id: str
    member_account: str
    role: Role | None = None
    msg_flag: MsgFlag | None = None
    name_card: str | None = None
    app_member_defined_data: Sequence[DefinedData] | None = None
    mute_time: int | None = None

    def check(self) -> None:
        """Check the account, the name card and the range."""
        check_group_id("group_id", self.group_id)
        check_account("member_account", self.member_account)
        check_text("name_card", self.name_card, NAME_CARD_MAX_BYTES)
        check_range("mute_time", self.mute_time, 0, FOREVER)


class GetRoles(Request, kw_only=True):
    """Read the roles of 1 to 500 accounts; live groups refuse it with 10007. Source: I34963.

    Attributes:
        group_id: the group.
        user_account: the accounts.
    """

    group_id: str
    user_account: Sequence[str]

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        check_group_id("group_id", self.group_id)
        check_accounts("user_account", self.user_account, 1, MAX_ROLES)


class AccountRole(WireStruct, kw_only=True):
    """An account's role.

    Attributes:
        member_account: the account.
        role: Owner, Admin, Member, or NotMember.
    """

    member_account: str = always("")
    role: str = always("")


class Roles(Result, kw_only=True):
    """Roles of accounts. Source: I34963.

    Attributes:
        user_id_list: one entry per account.
    """

    user_id_list: list[AccountRole] = msgspec.field(default_factory=list)


class MuteMembers(Request, kw_only=True):
    """Mute 1 to 500 members, or unmute them. Work groups refuse it with 10007. Source: I34951.

    Attributes:
        group_id: the group.
        members_account: the accounts.
        mute_time: seconds; 0 unmutes, 4294967295 is permanent.
        topic_id: only in this topic, in a community.
    """

    _older: ClassVar = {"ShutUpTime": "MuteTime"}
    group_id: str
    members_account: Sequence[str]
    mute_time: int
    topic_id: str | None = None

    def check(self) -> None:
        """Check the number of accounts, each of them, and the range."""
        check_group_id("group_id", self.group_id)
        check_accounts("members_account", self.members_account, 1, MAX_MUTE)
        check_range("mute_time", self.mute_time, 0, FOREVER)


class ListMuted(Request, kw_only=True):
    """Read the muted members. Source: I34964.

    Attributes:
        group_id: the group.
        topic_id: in this topic, in a community.
    """

    group_id: str
    topic_id: str | None = None

    def check(self) -> None:
        """Check that the id is given."""
        check_group_id("group_id", self.group_id)


class MutedAccount(WireStruct, kw_only=True):
    """An account that is muted.

    Attributes:
        member_account: the account.
        muted_until: unix seconds at which the mute ends.
    """

    _older: ClassVar = {"ShuttedUntil": "MutedUntil"}
    member_account: str = always("")
    muted_until: int = always(0)


class MutedAccounts(Result, kw_only=True):
    """The muted members. Source: I34964.

    Attributes:
        group_id: the group.
        muted_account_list: the accounts.
    """

    _older: ClassVar = {"ShuttedUinList": "MutedAccountList"}
    group_id: str = always("")
    muted_account_list: list[MutedAccount] = msgspec.field(default_factory=list)


class ShuttedUin(WireStruct, kw_only=True):
    """A muted account in the answer of the older command.

    Attributes:
        member_account: the account.
        shutted_until: unix seconds at which the mute ends.
    """

    member_account: str = always("")
    shutted_until: int = always(0)


class ShuttedUins(Result, kw_only=True):
    """The muted members, as returned by the older command. Source: I34964.

    Attributes:
        group_id: the group.
        shutted_uin_list: the accounts.
    """

    group_id: str = always("")
    shutted_uin_list: list[ShuttedUin] = msgspec.field(default_factory=list)


class ImportedMember(WireStruct, kw_only=True):
    """A member to import.

    Attributes:
        member_account: the account, 1 to 32 bytes.
        role: `Admin` makes it an admin; absent is a plain member.
        join_time: unix seconds, after the group was created and not in the future; absent is now.
        unread_msg_num: its unread messages, at most as many as the group has.
    """

    member_account: str
    role: Role | None = None
    join_time: int | None = None
    unread_msg_num: int | None = None


class ImportMembers(Request, kw_only=True):
    """Import 1 to 300 members: no webhook fires and no one is notified. Live groups refuse it (10007). Source: I34969.

    Attributes:
        group_id: the group.
        member_list: the members.
    """

    group_id: str
    member_list: Sequence[ImportedMember]

    def check(self) -> None:
        """Check the number of members, accounts and ranges."""
        check_group_id("group_id", self.group_id)
        check_items("member_list", self.member_list, 1, MAX_IMPORT)
        for index, member in enumerate(self.member_list):
            check_account(f"member_list[{index}].member_account", member.member_account)
            check_range(f"member_list[{index}].join_time", member.join_time, 0, U32_MAX)
            check_range(f"member_list[{index}].unread_msg_num", member.unread_msg_num, 0, U32_MAX)


class BanMembers(Request, kw_only=True):
    """Remove 1 to 20 accounts from a group, and keep them out for a time. Source: I50296.

    Attributes:
        group_id: the group.
        members_account: the accounts.
        duration: seconds, 1 to 4294967295.
        description: sent to the banned accounts, up to 1000 bytes.
    """

    group_id: str
    members_account: Sequence[str]
    duration: int
    description: str | None = None

    def check(self) -> None:
        """Check the number of accounts, each of them, the range and the length."""
        check_group_id("group_id", self.group_id)
        check_accounts("members_account", self.members_account, 1, MAX_BAN)
        check_range("duration", self.duration, 1, U32_MAX)
        check_text("description", self.description, BAN_DESCRIPTION_MAX_BYTES)


class UnbanMembers(Request, kw_only=True):
    """Lift the bans of 1 to 20 accounts. Source: I50297.

    Attributes:
        group_id: the group.
        members_account: the accounts.
    """

    group_id: str
    members_account: Sequence[str]

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        check_group_id("group_id", self.group_id)
        check_accounts("members_account", self.members_account, 1, MAX_BAN)


class ListBanned(Request, kw_only=True):
    """Read one page of the banned accounts. Source: I50295.

    Attributes:
        group_id: the group.
        offset: 0 for the first page, then `next_offset` of the previous answer.
        limit: accounts per page, 1 to 100.
    """

    group_id: str
    limit: int | None = None
    offset: int

    def check(self) -> None:
        """Check ranges."""
        check_group_id("group_id", self.group_id)
        check_range("limit", self.limit, 1, MAX_BAN_PAGE)
        check_range("offset", self.offset, 0, 2**63)


class BannedAccount(WireStruct, kw_only=True):
    """An account that is banned.

    Attributes:
        member_account: the account.
        banned_until: unix seconds at which the ban ends.
    """

    member_account: str = always("")
    banned_until: int = always(0)


class BannedAccounts(Result, kw_only=True):
    """A page of the banned accounts. Source: I50295.

    Attributes:
        banned_account_list: the accounts of this page.
        next_offset: `offset` for the next page; 0 means that this is the last page.
    """

    banned_account_list: list[BannedAccount] = msgspec.field(default_factory=list)
    next_offset: int = always(0)
