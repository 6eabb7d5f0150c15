"""Friends, block list and friend lists: requests and results.

Source: I34902 to I34908, I34910 to I34914, I34926, I34950, I40123; the fields of a friendship: I33521.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from .._api.checks import check_account, check_accounts, check_choice, check_items, check_range, check_text
from .._api.lints import log_lints
from .._api.wire import PartialResult, Request, Result, WireStruct, always
from .common import AccountOutcome, failed_items
from .tags import (
    FRIEND_LIST_NAME_MAX_BYTES,
    REMARK_MAX_BYTES,
    WORDING_MAX_BYTES,
    Tagged,
    TaggedStruct,
    check_add_source,
    check_friend_lists,
    check_sns_value,
    check_tag,
    check_tag_list,
)

MAX_BATCH: Final = 1000
READ_BATCH: Final = 100  # recommended by the page
MANY: Final = 2**20  # the documents have no limit other than the size of a body
_TIME_MAX: Final = 2**53
_SNS_PREFIXES: Final = ("Tag_SNS_",)
_FRIEND_PREFIXES: Final = ("Tag_SNS_", "Tag_Profile_")

_ADD_TYPES: Final = ("Add_Type_Single", "Add_Type_Both")
_DELETE_TYPES: Final = ("Delete_Type_Single", "Delete_Type_Both")
_CHECK_TYPES: Final = ("CheckResult_Type_Single", "CheckResult_Type_Both")
_BLACK_CHECK_TYPES: Final = ("BlackCheckResult_Type_Single", "BlackCheckResult_Type_Both")
_NEED_FRIEND: Final = ("Need_Friend_Type_Yes", "Need_Friend_Type_No")

DeleteType = Literal["Delete_Type_Single", "Delete_Type_Both"]
CheckType = Literal["CheckResult_Type_Single", "CheckResult_Type_Both"]
BlackCheckType = Literal["BlackCheckResult_Type_Single", "BlackCheckResult_Type_Both"]


class SnsResultItem(AccountOutcome, kw_only=True):
    """Outcome for one account.

    Attributes:
        to_account: the account.
        result_code: 0 is success, 30539 means that the request is pending; -1 if the service listed the account as
            failed without a code.
        result_info: the reason of a failure.
    """

    @property
    def is_pending(self) -> bool:
        """Whether the request waits for consent: not a failure, but no friendship yet."""
        return self.result_code == 30539


class SnsResults(PartialResult, kw_only=True):
    """Outcome account by account. Source: I34902 to I34904, I34911, I34912.

    Attributes:
        result_item: one entry per account.
        fail_account: accounts that failed; absent if none did.
    """

    result_item: list[SnsResultItem] = msgspec.field(default_factory=list)
    fail_account: list[str] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[SnsResultItem]:
        """The entries that failed; one that waits for consent (30539) did not."""
        return [
            item for item in failed_items(self.result_item, self.fail_account, SnsResultItem) if not item.is_pending
        ]


class AddFriendItem(WireStruct, kw_only=True):
    """A friend to add.

    Attributes:
        to_account: the account, 1 to 32 bytes.
        remark: the user's own name for the friend, at most 96 bytes.
        group_name: the friend list to put the friend into, one name of 1 to 30 bytes.
        add_source: the origin of the friendship: `AddSource_Type_` and a keyword of 1 to 8 letters.
        add_wording: the message to the friend, at most 256 bytes.
    """

    to_account: str
    remark: str | None = None
    group_name: str | None = None
    add_source: str
    add_wording: str | None = None


class AddFriends(Request, kw_only=True):
    """Add friends, with their consent if their profile requires it. Source: I34902.

    Attributes:
        from_account: the account that gets the friends.
        add_friend_item: the friends, at least 1.
        add_type: `Add_Type_Both` makes both sides friends of each other, the default; `Add_Type_Single` only puts the
            friends on the account's own list.
        force_add_flags: 1 adds without asking for consent; 0 is the default.
    """

    from_account: str
    add_friend_item: Sequence[AddFriendItem]
    add_type: Literal["Add_Type_Single", "Add_Type_Both"] | None = None
    force_add_flags: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check accounts, texts and choices."""
        check_account("from_account", self.from_account)
        check_choice("add_type", self.add_type, _ADD_TYPES)
        check_choice("force_add_flags", self.force_add_flags, (0, 1))
        check_items("add_friend_item", self.add_friend_item, 1, MANY)
        for index, item in enumerate(self.add_friend_item):
            field = f"add_friend_item[{index}]"
            _check_new_friend(field, item)
            check_text(f"{field}.group_name", item.group_name, FRIEND_LIST_NAME_MAX_BYTES, low=1)


class SnsItem(WireStruct, kw_only=True):
    """A field of a friendship to set.

    Attributes:
        tag: a member of `SnsTag`, or the app's own, such as `Tag_SNS_Custom_Since`.
        value: text of at most 500 bytes, a number or, for `SnsTag.GROUP`, a list of names.
    """

    tag: str
    value: str | int | Sequence[str]


class ImportFriendItem(WireStruct, kw_only=True):
    """A friend to import.

    Attributes:
        to_account: the account, 1 to 32 bytes.
        remark: the user's own name for the friend, at most 96 bytes.
        remark_time: unix seconds at which the remark was set.
        group_name: the friend lists to put the friend into, at most 32 names of 1 to 30 bytes.
        add_source: the origin of the friendship: `AddSource_Type_` and a keyword of 1 to 8 letters.
        add_wording: the message to the friend, at most 256 bytes.
        add_time: unix seconds since when they are friends.
        custom_item: the app's custom fields.
    """

    to_account: str
    remark: str | None = None
    remark_time: int | None = None
    group_name: Sequence[str] | None = None
    add_source: str
    add_wording: str | None = None
    add_time: int | None = None
    custom_item: Sequence[SnsItem] | None = None


class ImportFriends(Request, kw_only=True):
    """Put friends on one account's list, without their consent and without changing their lists. Source: I34903.

    Attributes:
        from_account: the account that gets the friends.
        add_friend_item: the friends, at least 1. One call with many friends works better than many calls for one
            account.
    """

    from_account: str
    add_friend_item: Sequence[ImportFriendItem]

    def check(self) -> None:
        """Check accounts, texts, times, and the type of every value."""
        check_account("from_account", self.from_account)
        check_items("add_friend_item", self.add_friend_item, 1, MANY)
        for index, item in enumerate(self.add_friend_item):
            field = f"add_friend_item[{index}]"
            _check_new_friend(field, item)
            check_range(f"{field}.remark_time", item.remark_time, 0, _TIME_MAX)
            check_range(f"{field}.add_time", item.add_time, 0, _TIME_MAX)
            check_friend_lists(f"{field}.group_name", item.group_name, low=0)
            _check_sns_items(f"{field}.custom_item", item.custom_item or ())


class UpdateFriendItem(WireStruct, kw_only=True):
    """A friend whose fields are to be set.

    Attributes:
        to_account: the friend, 1 to 32 bytes.
        sns_item: the fields, at least 1.
    """

    to_account: str
    sns_item: Sequence[SnsItem]


class UpdateFriends(Request, kw_only=True):
    """Set fields of friendships: remark, friend lists, custom fields. Source: I34904.

    Attributes:
        from_account: the account whose friends they are.
        update_item: the friends, at least 1.
    """

    from_account: str
    update_item: Sequence[UpdateFriendItem]

    def check(self) -> None:
        """Check accounts, and the type of every value."""
        check_account("from_account", self.from_account)
        check_items("update_item", self.update_item, 1, MANY)
        for index, item in enumerate(self.update_item):
            field = f"update_item[{index}]"
            check_account(f"{field}.to_account", item.to_account)
            check_items(f"{field}.sns_item", item.sns_item, 1, MANY)
            _check_sns_items(f"{field}.sns_item", item.sns_item)


class DeleteFriends(Request, kw_only=True):
    """End friendships with 1 to 1,000 accounts. Source: I34905.

    Attributes:
        from_account: the account whose friends they are.
        to_account: the friends, 1 to 1,000.
        delete_type: `Delete_Type_Single` removes the friends from the account's list, `Delete_Type_Both` also removes
            it from theirs.
    """

    from_account: str
    to_account: Sequence[str]
    delete_type: DeleteType | None = None

    def check(self) -> None:
        """Check accounts and their number."""
        _check_batch(self.from_account, self.to_account, MAX_BATCH)
        check_choice("delete_type", self.delete_type, _DELETE_TYPES)


class DeleteAllFriends(Request, kw_only=True):
    """End every friendship of an account. Source: I34906.

    Attributes:
        from_account: the account.
        delete_type: `Delete_Type_Single` empties the account's list, `Delete_Type_Both` also removes it from its
            friends' lists.
    """

    from_account: str
    delete_type: DeleteType | None = None

    def check(self) -> None:
        """Check the account."""
        check_account("from_account", self.from_account)
        check_choice("delete_type", self.delete_type, _DELETE_TYPES)


class CheckFriends(Request, kw_only=True):
    """Check the relation of an account to 1 to 1,000 others. Source: I34907.

    Attributes:
        from_account: the account to check.
        to_account: the others, 1 to 1,000.
        check_type: `CheckResult_Type_Single` checks the account's list only, `CheckResult_Type_Both` both sides.
    """

    from_account: str
    to_account: Sequence[str]
    check_type: CheckType

    def check(self) -> None:
        """Check accounts and their number."""
        _check_batch(self.from_account, self.to_account, MAX_BATCH)
        check_choice("check_type", self.check_type, _CHECK_TYPES)


class FriendRelation(AccountOutcome, kw_only=True):
    """The relation of an account to another.

    Attributes:
        to_account: the other account.
        relation: `CheckResult_Type_BothWay`, `CheckResult_Type_AWithB` (the other is on the checked account's list),
            `CheckResult_Type_BWithA` (the reverse) or `CheckResult_Type_NoRelation`.
        result_code: 0 is success; -1 if the service listed the account as failed without a code.
        result_info: the reason of a failure.
    """

    relation: str = always("")

    @property
    def is_on_own_list(self) -> bool:
        """Whether the checked account has the other on its list."""
        return self.relation in ("CheckResult_Type_BothWay", "CheckResult_Type_AWithB")


class FriendRelations(PartialResult, kw_only=True):
    """The relation of an account to others. Source: I34907.

    Attributes:
        info_item: one entry per account.
        fail_account: accounts that failed; absent if none did.
    """

    info_item: list[FriendRelation] = msgspec.field(default_factory=list)
    fail_account: list[str] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[FriendRelation]:
        """The entries that failed."""
        return failed_items(self.info_item, self.fail_account, FriendRelation)


class GetFriends(Request, kw_only=True):
    """Read a page of an account's friends with all their data. Source: I34908.

    Attributes:
        from_account: the account.
        start_index: 0 for the first page, then `next_start_index` of the previous page.
        standard_sequence: the known version of the service's own fields, 0 the first time; they are left out unless
            they have changed since.
        custom_sequence: the same for the app's custom fields.
    """

    from_account: str
    start_index: int
    standard_sequence: int | None = None
    custom_sequence: int | None = None

    def check(self) -> None:
        """Check account and numbers."""
        check_account("from_account", self.from_account)
        check_range("start_index", self.start_index, 0, _TIME_MAX)
        check_range("standard_sequence", self.standard_sequence, 0, _TIME_MAX)
        check_range("custom_sequence", self.custom_sequence, 0, _TIME_MAX)


class FriendData(TaggedStruct, kw_only=True):
    """A friend in a page.

    Attributes:
        to_account: the friend.
        value_item: fields of the friendship and of the friend's profile.
    """

    to_account: str = always("")
    value_item: list[Tagged] = msgspec.field(default_factory=list)

    @property
    def tagged(self) -> list[Tagged]:
        """The fields as received."""
        return self.value_item


class FriendPage(Result, kw_only=True):
    """A page of an account's friends. Source: I34908.

    Attributes:
        user_data_item: the friends.
        standard_sequence: version of the service's custom fields.
        custom_sequence: version of the app's custom fields.
        friend_num: total number of friends.
        complete_flag: other than 0 on the last page.
        next_start_index: `start_index` of the next page.
    """

    user_data_item: list[FriendData] = msgspec.field(default_factory=list)
    standard_sequence: int = always(0)
    custom_sequence: int = always(0)
    friend_num: int = always(0)
    complete_flag: int = always(0)
    next_start_index: int = always(0)

    @property
    def is_complete(self) -> bool:
        """Whether this is the last page."""
        return self.complete_flag != 0


class GetSpecifiedFriends(Request, kw_only=True):
    """Read fields of friends of an account. Source: I34910.

    Attributes:
        from_account: the account.
        to_account: the friends, 1 or more; at most 100 are recommended, because a large answer may fail.
        tag_list: the fields to read, at least 1: members of `SnsTag` or `ProfileTag`, or the app's own.
    """

    from_account: str
    to_account: Sequence[str]
    tag_list: Sequence[str]

    def check(self) -> None:
        """Check accounts, tags and their number."""
        _check_batch(self.from_account, self.to_account, MANY)
        check_tag_list("tag_list", self.tag_list, _FRIEND_PREFIXES)
        if len(self.to_account) > READ_BATCH:
            log_lints(("sns/friend_get_list for more than 100 friends: the answer may become too large (I34910)",))


class SpecifiedFriend(TaggedStruct, kw_only=True):
    """A requested friend.

    Attributes:
        to_account: the friend.
        sns_profile_item: fields of the friendship and of the friend's profile; those never set may be left out.
        result_code: 0 is success; -1 if the service listed the account as failed without a code.
        result_info: the reason of a failure.
    """

    to_account: str = always("")
    sns_profile_item: list[Tagged] = msgspec.field(default_factory=list)
    result_code: int = always(0)
    result_info: str = always("")

    @property
    def tagged(self) -> list[Tagged]:
        """The fields as received."""
        return self.sns_profile_item


class SpecifiedFriends(PartialResult, kw_only=True):
    """The requested friends. Source: I34910.

    Attributes:
        info_item: one entry per account.
        fail_account: accounts that failed, such as those that are not friends; absent if none did.
    """

    info_item: list[SpecifiedFriend] = msgspec.field(default_factory=list)
    fail_account: list[str] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[SpecifiedFriend]:
        """The entries that failed."""
        return failed_items(self.info_item, self.fail_account, SpecifiedFriend)


class AddToBlackList(Request, kw_only=True):
    """Block 1 to 1,000 accounts; a friendship with them ends on both sides. Source: I34911.

    Attributes:
        from_account: the account that blocks.
        to_account: the accounts to block, 1 to 1,000.
    """

    from_account: str
    to_account: Sequence[str]

    def check(self) -> None:
        """Check accounts and their number."""
        _check_batch(self.from_account, self.to_account, MAX_BATCH)


class DeleteFromBlackList(Request, kw_only=True):
    """Unblock 1 to 1,000 accounts. Source: I34912.

    Attributes:
        from_account: the account that blocked.
        to_account: the accounts to unblock, 1 to 1,000.
    """

    from_account: str
    to_account: Sequence[str]

    def check(self) -> None:
        """Check accounts and their number."""
        _check_batch(self.from_account, self.to_account, MAX_BATCH)


class GetBlackList(Request, kw_only=True):
    """Read a page of an account's block list. Source: I34914.

    Attributes:
        from_account: the account.
        start_index: 0 for the first page, then `start_index` of the previous page.
        max_limited: number of entries to return, at least 1.
        last_sequence: the version already known, 0 the first time.
    """

    from_account: str
    start_index: int
    max_limited: int
    last_sequence: int

    def check(self) -> None:
        """Check account and numbers."""
        check_account("from_account", self.from_account)
        check_range("start_index", self.start_index, 0, _TIME_MAX)
        check_range("max_limited", self.max_limited, 1, _TIME_MAX)
        check_range("last_sequence", self.last_sequence, 0, _TIME_MAX)


class BlackListItem(WireStruct, kw_only=True):
    """A blocked account.

    Attributes:
        to_account: the account.
        add_black_time_stamp: unix seconds since when it is blocked.
    """

    to_account: str = always("")
    add_black_time_stamp: int = always(0)


class BlackListPage(Result, kw_only=True):
    """A page of an account's block list. Source: I34914.

    Attributes:
        black_list_item: the blocked accounts.
        start_index: where the next page begins; 0 on the last page.
        curruent_sequence: version of the block list; spelled as the service does.
    """

    black_list_item: list[BlackListItem] = msgspec.field(default_factory=list)
    start_index: int = always(0)
    curruent_sequence: int = always(0)

    @property
    def is_complete(self) -> bool:
        """Whether this is the last page."""
        return self.start_index == 0


class CheckBlackList(Request, kw_only=True):
    """Check whether an account and 1 to 1,000 others block each other. Source: I34913.

    Attributes:
        from_account: the account to check.
        to_account: the others, 1 to 1,000.
        check_type: `BlackCheckResult_Type_Single` checks the account's list only, `BlackCheckResult_Type_Both` both
            sides.
    """

    from_account: str
    to_account: Sequence[str]
    check_type: BlackCheckType

    def check(self) -> None:
        """Check accounts and their number."""
        _check_batch(self.from_account, self.to_account, MAX_BATCH)
        check_choice("check_type", self.check_type, _BLACK_CHECK_TYPES)


class BlackRelation(AccountOutcome, kw_only=True):
    """Whether an account and another block each other.

    Attributes:
        to_account: the other account.
        relation: `BlackCheckResult_Type_BothWay`, `BlackCheckResult_Type_AWithB` (the checked account blocks it),
            `BlackCheckResult_Type_BWithA` (the reverse) or `BlackCheckResult_Type_NO`.
        result_code: 0 is success; -1 if the service listed the account as failed without a code.
        result_info: the reason of a failure.
    """

    relation: str = always("")

    @property
    def is_on_own_list(self) -> bool:
        """Whether the checked account blocks the other."""
        return self.relation in ("BlackCheckResult_Type_BothWay", "BlackCheckResult_Type_AWithB")


class BlackRelations(PartialResult, kw_only=True):
    """Whether an account and others block each other. Source: I34913.

    Attributes:
        black_list_check_item: one entry per account.
        fail_account: accounts that failed; absent if none did.
    """

    black_list_check_item: list[BlackRelation] = msgspec.field(default_factory=list)
    fail_account: list[str] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[BlackRelation]:
        """The entries that failed."""
        return failed_items(self.black_list_check_item, self.fail_account, BlackRelation)


class AddFriendLists(Request, kw_only=True):
    """Create friend lists, and put friends into them. Source: I34950.

    Attributes:
        from_account: the account whose lists they are; it has at most 32.
        group_name: the names, at least 1, of 1 to 30 bytes.
        to_account: friends to put into every one of them.
    """

    from_account: str
    group_name: Sequence[str]
    to_account: Sequence[str] | None = None

    def check(self) -> None:
        """Check accounts and names."""
        check_account("from_account", self.from_account)
        check_friend_lists("group_name", self.group_name, low=1)
        check_accounts("to_account", self.to_account, 0, MANY)


class AddFriendListsResult(SnsResults, kw_only=True):
    """Outcome friend by friend. Source: I34950.

    Attributes:
        result_item: one entry per account.
        fail_account: accounts that failed; absent if none did.
        current_sequence: version of the friend lists.
    """

    current_sequence: int = always(0)


class DeleteFriendLists(Request, kw_only=True):
    """Delete friend lists; the friends stay. Source: I34926.

    Attributes:
        from_account: the account whose lists they are.
        group_name: the names, 1 to 32 of 1 to 30 bytes.
    """

    from_account: str
    group_name: Sequence[str]

    def check(self) -> None:
        """Check account and names."""
        check_account("from_account", self.from_account)
        check_friend_lists("group_name", self.group_name, low=1)


class DeleteFriendListsResult(Result, kw_only=True):
    """The outcome of deleting friend lists. Source: I34926.

    Attributes:
        current_sequence: version of the friend lists.
    """

    current_sequence: int = always(0)


class GetFriendLists(Request, kw_only=True):
    """Read an account's friend lists. Source: I40123.

    Attributes:
        from_account: the account.
        last_sequence: the version already known, 0 the first time; known from older pages.
        need_friend: `Need_Friend_Type_Yes` also returns the friends on the lists; `Need_Friend_Type_No` is the default.
        group_name: the lists to read; absent is all.
    """

    from_account: str
    last_sequence: int | None = None
    need_friend: Literal["Need_Friend_Type_Yes", "Need_Friend_Type_No"] | None = None
    group_name: Sequence[str] | None = None

    def check(self) -> None:
        """Check account, version and names."""
        check_account("from_account", self.from_account)
        check_range("last_sequence", self.last_sequence, 0, _TIME_MAX)
        check_choice("need_friend", self.need_friend, _NEED_FRIEND)
        check_friend_lists("group_name", self.group_name, low=0)


class FriendList(WireStruct, kw_only=True):
    """A friend list.

    Attributes:
        group_name: its name.
        friend_number: number of friends on it.
        to_account: the friends, if requested.
    """

    group_name: str = always("")
    friend_number: int = always(0)
    to_account: list[str] = msgspec.field(default_factory=list)


class FriendLists(Result, kw_only=True):
    """An account's friend lists. Source: I40123.

    Attributes:
        result_item: the lists.
        current_sequence: version of the friend lists.
    """

    result_item: list[FriendList] = msgspec.field(default_factory=list)
    current_sequence: int = always(0)


def _check_batch(from_account: str, to_account: Sequence[str], high: int) -> None:
    check_account("from_account", from_account)
    check_accounts("to_account", to_account, 1, high)


def _check_new_friend(field: str, item: AddFriendItem | ImportFriendItem) -> None:
    check_account(f"{field}.to_account", item.to_account)
    check_text(f"{field}.remark", item.remark, REMARK_MAX_BYTES)
    check_add_source(f"{field}.add_source", item.add_source)
    check_text(f"{field}.add_wording", item.add_wording, WORDING_MAX_BYTES)


def _check_sns_items(field: str, items: Sequence[SnsItem]) -> None:
    for index, item in enumerate(items):
        check_tag(f"{field}[{index}].tag", item.tag, _SNS_PREFIXES)
        check_sns_value(f"{field}[{index}].value", item.tag, item.value)
