"""Profiles: requests and results. Source: I34916, I34917."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from .._api.checks import check_account, check_accounts, check_items
from .._api.wire import PartialResult, Request, WireStruct, always
from .common import failed_items
from .tags import Tagged, TaggedStruct, check_profile_value, check_tag, check_tag_list

MAX_BATCH: Final = 100
PROFILE_PREFIXES: Final = ("Tag_Profile_",)


class ProfileItem(WireStruct, kw_only=True):
    """A field of a profile to set.

    Attributes:
        tag: a member of `ProfileTag`, or the app's own, such as `Tag_Profile_Custom_Level`.
        value: text of at most 500 bytes, or a number, depending on the tag.
    """

    tag: str
    value: str | int


class SetProfile(Request, kw_only=True):
    """Set fields of one account's profile; other fields stay unchanged. Source: I34916.

    Attributes:
        from_account: the account whose profile it is.
        profile_item: the fields, at least 1.
    """

    from_account: str
    profile_item: Sequence[ProfileItem]

    def check(self) -> None:
        """Check the account, and the type of every value."""
        check_account("from_account", self.from_account)
        check_items("profile_item", self.profile_item, 1, 2**16)
        for index, item in enumerate(self.profile_item):
            field = f"profile_item[{index}]"
            check_tag(f"{field}.tag", item.tag, PROFILE_PREFIXES)
            check_profile_value(f"{field}.value", item.tag, item.value)


class GetProfiles(Request, kw_only=True):
    """Read fields of the profiles of 1 to 100 accounts. Source: I34917.

    Attributes:
        to_account: the accounts, 1 to 100.
        tag_list: the fields to read, at least 1: members of `ProfileTag`, or the app's own.
    """

    to_account: Sequence[str]
    tag_list: Sequence[str]

    def check(self) -> None:
        """Check the number of accounts and tags, and each of them."""
        check_accounts("to_account", self.to_account, 1, MAX_BATCH)
        check_tag_list("tag_list", self.tag_list, PROFILE_PREFIXES)


class UserProfile(TaggedStruct, kw_only=True):
    """The profile of one account, as far as requested.

    Attributes:
        to_account: the account.
        profile_item: its fields; fields that were never set may be left out.
        result_code: 0 is success; -1 if the service listed the account as failed without a code.
        result_info: the reason of a failure.
    """

    to_account: str = always("")
    profile_item: list[Tagged] = msgspec.field(default_factory=list)
    result_code: int = always(0)
    result_info: str = always("")

    @property
    def tagged(self) -> list[Tagged]:
        """The fields as received."""
        return self.profile_item


class Profiles(PartialResult, kw_only=True):
    """Profiles account by account. Source: I34917.

    Attributes:
        user_profile_item: one entry per account.
        fail_account: accounts that failed; absent if none did.
    """

    user_profile_item: list[UserProfile] = msgspec.field(default_factory=list)
    fail_account: list[str] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[UserProfile]:
        """The entries that failed."""
        return failed_items(self.user_profile_item, self.fail_account, UserProfile)
