"""Follows: requests and results. Source: I70345 to I70347, I70349, I70350."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from .._api.checks import check_account, check_accounts, check_choice, check_items, check_range
from .._api.wire import PartialResult, Request, Result, WireStruct, always
from .common import AccountOutcome
from .tags import Tagged, TaggedStruct

MAX_BATCH: Final = 20
MAX_CHECK_BATCH: Final = 100
MAX_PAGE: Final = 1000
PAGE_SIZE: Final = 100

FOLLOWERS: Final = 1
FOLLOWINGS: Final = 2
MUTUAL: Final = 3
FollowType = Literal[1, 2, 3]


class FollowItem(WireStruct, kw_only=True):
    """An account to follow.

    Attributes:
        to_account: the account, 1 to 32 bytes.
    """

    to_account: str


class AddFollows(Request, kw_only=True):
    """Follow 1 to 20 accounts. Source: I70345.

    Attributes:
        from_account: the follower.
        follow_item: the accounts to follow, 1 to 20.
    """

    from_account: str
    follow_item: Sequence[FollowItem]

    def check(self) -> None:
        """Check accounts and their number."""
        check_account("from_account", self.from_account)
        check_items("follow_item", self.follow_item, 1, MAX_BATCH)
        for index, item in enumerate(self.follow_item):
            check_account(f"follow_item[{index}].to_account", item.to_account)


class DeleteFollows(Request, kw_only=True):
    """Unfollow 1 to 20 accounts. Source: I70346.

    Attributes:
        from_account: the follower.
        to_account: the accounts, 1 to 20.
    """

    from_account: str
    to_account: Sequence[str]

    def check(self) -> None:
        """Check accounts and their number."""
        check_account("from_account", self.from_account)
        check_accounts("to_account", self.to_account, 1, MAX_BATCH)


class FollowResults(PartialResult, kw_only=True):
    """Outcome account by account. Source: I70345, I70346.

    Attributes:
        result_item: one entry per account.
    """

    result_item: list[AccountOutcome] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[AccountOutcome]:
        """The entries that failed."""
        return [item for item in self.result_item if item.result_code != 0]


class GetFollows(Request, kw_only=True):
    """Read a page of an account's followers, of those it follows, or of mutual follows. Source: I70347.

    Attributes:
        from_account: the account.
        follow_type: 1 its followers, 2 those it follows, 3 mutual follows.
        start_cursor: "" for the first page, then `next_cursor` of the previous page.
        want_num: number of entries to return, 1 to 1,000; 100 is usual.
    """

    from_account: str
    follow_type: FollowType
    start_cursor: str
    want_num: int

    def check(self) -> None:
        """Check account, kind and numbers."""
        check_account("from_account", self.from_account)
        check_choice("follow_type", self.follow_type, (FOLLOWERS, FOLLOWINGS, MUTUAL))
        check_range("want_num", self.want_num, 1, MAX_PAGE)


class FollowedAccount(TaggedStruct, kw_only=True):
    """An account that follows, or is followed.

    Attributes:
        to_account: the account.
        follow_time: unix seconds since when it follows.
        profile_item: fields of its profile.
        profile_sequence: version of its profile.
    """

    to_account: str = always("")
    follow_time: int = always(0)
    profile_item: list[Tagged] = msgspec.field(default_factory=list)
    profile_sequence: int | None = msgspec.field(name="profile_sequence", default=None)

    @property
    def tagged(self) -> list[Tagged]:
        """The fields of the profile as received."""
        return self.profile_item


class FollowPage(Result, kw_only=True):
    """A page of follows. Source: I70347.

    Attributes:
        follow_item: the accounts.
        next_cursor: where the next page begins; "" on the last page.
    """

    follow_item: list[FollowedAccount] = msgspec.field(default_factory=list)
    next_cursor: str = always("")

    @property
    def is_complete(self) -> bool:
        """Whether this is the last page."""
        return not self.next_cursor


class CheckFollows(Request, kw_only=True):
    """Check whether an account and 1 to 100 others follow each other. Source: I70349.

    Attributes:
        from_account: the account to check.
        to_account: the others, 1 to 100.
    """

    from_account: str
    to_account: Sequence[str]

    def check(self) -> None:
        """Check accounts and their number."""
        check_account("from_account", self.from_account)
        check_accounts("to_account", self.to_account, 1, MAX_CHECK_BATCH)


class FollowRelation(AccountOutcome, kw_only=True):
    """Whether an account and another follow each other.

    Attributes:
        to_account: the other account.
        result_code: 0 is success.
        result_info: the reason of a failure.
        follow_type: 0 neither follows, 1 the other follows the checked account, 2 the checked account follows the
            other, 3 both.
    """

    follow_type: int = always(0)

    @property
    def is_follower(self) -> bool:
        """Whether the other follows the checked account."""
        return self.follow_type in (FOLLOWERS, MUTUAL)

    @property
    def is_followed(self) -> bool:
        """Whether the checked account follows the other."""
        return self.follow_type in (FOLLOWINGS, MUTUAL)


class FollowRelations(PartialResult, kw_only=True):
    """Whether an account and others follow each other. Source: I70349.

    Attributes:
        result_item: one entry per account.
    """

    result_item: list[FollowRelation] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[FollowRelation]:
        """The entries that failed."""
        return [item for item in self.result_item if item.result_code != 0]


class GetFollowCounts(Request, kw_only=True):
    """Count followers and followed accounts of 1 to 20 accounts. Source: I70350.

    Attributes:
        from_account: the account that makes the query.
        to_account: the accounts to query, 1 to 20.
    """

    from_account: str
    to_account: Sequence[str]

    def check(self) -> None:
        """Check accounts and their number."""
        check_account("from_account", self.from_account)
        check_accounts("to_account", self.to_account, 1, MAX_BATCH)


class FollowCount(AccountOutcome, kw_only=True):
    """Counts of one account.

    Attributes:
        to_account: the account.
        result_code: 0 is success.
        result_info: the reason of a failure.
        follower_count: accounts that follow it.
        following_count: accounts it follows.
        mutual_following_count: accounts that do both.
    """

    follower_count: int = always(0)
    following_count: int = always(0)
    mutual_following_count: int = always(0)


class FollowCounts(PartialResult, kw_only=True):
    """Counts account by account. Source: I70350.

    Attributes:
        follow_info: one entry per account.
    """

    follow_info: list[FollowCount] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[FollowCount]:
        """The entries that failed."""
        return [item for item in self.follow_info if item.result_code != 0]
