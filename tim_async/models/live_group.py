"""Live groups (AVChatRoom): requests and results. Source: I38521, I50293, I50294, I60524 to I60527."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from .._api.checks import U32_MAX, check_account, check_accounts, check_group_id, check_items, check_range
from .._api.wire import Request, Result, WireStruct, always
from ..errors import UsageError

MAX_MARKED: Final = 500
MAX_MARKS: Final = 10
MAX_ADMINS: Final = 5
PAGE_SIZE: Final = 250

ROBOT_MARK: Final = 500
"""Keeps an account in the list of online members for up to three days, present or not."""

HIDDEN_MARK: Final = 600
"""Keeps an account out of the list of online members."""

FIRST_OWN_MARK: Final = 1_000
"""The app's own marks start here."""


class OnlineNum(Result, kw_only=True):
    """The number of online members of a group. Source: I38521, I66883.

    Attributes:
        online_member_num: the number; updated about every ten seconds, and by the command for communities every four
            minutes.
    """

    online_member_num: int = always(0)


class MarkedMember(WireStruct, kw_only=True):
    """An account and the marks to set or remove.

    Attributes:
        member_account: the account, 1 to 32 bytes; it must be online in the group, except for mark 500.
        marks: 1 to 10 marks: 1000 and above are the app's own, 500 is always online (for up to three days), 600 hidden.
    """

    member_account: str
    marks: Sequence[int]


class MarkMembers(Request, kw_only=True):
    """Set or remove marks of 1 to 500 members of a live group. Source: I50294.

    A group has up to 10 different marks, each on up to 1000 members; a member's marks are removed when it leaves.

    Attributes:
        group_id: the live group.
        command_type: 1 sets, 2 removes.
        member_list: the members.
    """

    group_id: str
    command_type: Literal[1, 2]
    member_list: Sequence[MarkedMember]

    def check(self) -> None:
        """Check the number of members, accounts and marks."""
        check_group_id("group_id", self.group_id)
        check_items("member_list", self.member_list, 1, MAX_MARKED)
        for index, member in enumerate(self.member_list):
            where = f"member_list[{index}]"
            check_account(f"{where}.member_account", member.member_account)
            check_items(f"{where}.marks", member.marks, 1, MAX_MARKS)
            for mark in member.marks:
                if mark < FIRST_OWN_MARK and mark not in (ROBOT_MARK, HIDDEN_MARK):
                    marks = f"{ROBOT_MARK}, {HIDDEN_MARK}, or {FIRST_OWN_MARK} and above"
                    raise UsageError(f"{where}.marks has {mark}; a mark must be {marks}", field=f"{where}.marks")


class ChangedMarks(WireStruct, kw_only=True):
    """An account whose marks were changed.

    Attributes:
        member_account: the account.
        marks: the marks that were set or removed.
    """

    member_account: str = always("")
    marks: list[int] = msgspec.field(default_factory=list)


class MarkedMembers(Result, kw_only=True):
    """The accounts whose marks were changed; members who are not online are left out. Source: I50294.

    Attributes:
        command_type: 1 set, 2 removed.
        member_list: the accounts.
    """

    command_type: int = always(0)
    member_list: list[ChangedMarks] = msgspec.field(default_factory=list)


class ListOnline(Request, kw_only=True):
    """Read one page of the online members of a live group: 250 members, of the newest 1000. Source: I50293.

    Attributes:
        group_id: the group.
        timestamp: 0 for the first page, then `next_timestamp` of the previous answer.
        mark: only members with this mark.
    """

    group_id: str
    timestamp: int
    mark: int | None = None

    def check(self) -> None:
        """Check ranges."""
        check_group_id("group_id", self.group_id)
        check_range("timestamp", self.timestamp, 0, 2**63)
        check_range("mark", self.mark, 0, U32_MAX)


class OnlineMember(WireStruct, kw_only=True):
    """An online member.

    Attributes:
        member_account: the account.
        join_time: unix seconds at which it joined.
        nick_name: nickname.
        avatar: avatar URL.
        marks: its marks, if any.
    """

    member_account: str = always("")
    join_time: int = always(0)
    nick_name: str = always("")
    avatar: str = always("")
    marks: list[int] | None = None


class OnlineMembers(Result, kw_only=True):
    """A page of online members. Source: I50293.

    Attributes:
        member_list: the members of this page.
        next_timestamp: `timestamp` for the next page; 0 means that this is the last page.
    """

    member_list: list[OnlineMember] = msgspec.field(default_factory=list)
    next_timestamp: int = always(0)


class LiveMembers(Request, kw_only=True):
    """A live group, and some accounts. Source: I60526; for `check_members`, an SDK.

    Attributes:
        group_id: the live group.
        member_account: the accounts.
    """

    group_id: str
    member_account: Sequence[str]

    def check(self) -> None:
        """Check the accounts."""
        check_group_id("group_id", self.group_id)
        check_accounts("member_account", self.member_account, 1, U32_MAX)


class AddRobots(Request, kw_only=True):
    """Add robots to a live group's list of online members, present or not. Source: I60527.

    The body of this document was not seen. Its opposite, `delete_robots`, calls the accounts `Member_Account`, and so
    does this one; if the service expects another name, `client.with_options(extra=...)` can send it.

    Attributes:
        group_id: the live group.
        member_account: the accounts.
    """

    group_id: str
    member_account: Sequence[str] | None = None

    def check(self) -> None:
        """Check the accounts."""
        check_group_id("group_id", self.group_id)
        check_accounts("member_account", self.member_account, 1, U32_MAX)


class ModifyAdmins(Request, kw_only=True):
    """Grant or revoke the admin role of accounts in a live group; it can have 5 admins. Source: I60525.

    They need not be present, and stay admins when they leave.

    Attributes:
        group_id: the live group.
        command_type: 1 grants, 2 revokes.
        admin_account: 1 to 5 accounts.
    """

    group_id: str
    command_type: Literal[1, 2]
    admin_account: Sequence[str]

    def check(self) -> None:
        """Check the number of accounts and each of them."""
        check_group_id("group_id", self.group_id)
        check_accounts("admin_account", self.admin_account, 1, MAX_ADMINS)


class LiveAdmin(WireStruct, kw_only=True):
    """An admin of a live group.

    Attributes:
        admin_account: the account.
        nick_name: nickname.
        avatar: avatar URL.
    """

    admin_account: str = always("")
    nick_name: str = always("")
    avatar: str = always("")


class LiveAdmins(Result, kw_only=True):
    """The admins of a live group. Source: I60524.

    Attributes:
        admin_list: the admins.
    """

    admin_list: list[LiveAdmin] = msgspec.field(default_factory=list)


class PresentMembers(Result, kw_only=True):
    """The accounts that are in the live group. Known from an SDK.

    Attributes:
        member_account: the accounts.
    """

    member_account: list[str] = msgspec.field(default_factory=list)
