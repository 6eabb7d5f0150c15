"""Friends, block list and friend lists.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body,misc,override"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..families.sns import Sns
from ..models.common import Empty
from ..models.sns import (
    AddFriendItem,
    AddFriendListsResult,
    BlackListPage,
    BlackRelations,
    DeleteFriendListsResult,
    FriendLists,
    FriendPage,
    FriendRelations,
    ImportFriendItem,
    SnsResults,
    SpecifiedFriends,
    UpdateFriendItem,
)


class SnsCalls(Sns):
    """Friends, block list and friend lists."""

    async def add_friends(
        self,
        *,
        from_account: str,
        add_friend_item: Sequence[AddFriendItem],
        add_type: Literal["Add_Type_Single", "Add_Type_Both"] | None = None,
        force_add_flags: Literal[0, 1] | None = None,
    ) -> SnsResults:
        """Add friends, with their consent if their profile requires it.

        Add friends, 添加好友: `sns/friend_add`.

        Args:
            from_account: the account that gets the friends; at most 32 bytes.
            add_friend_item: the friends, at least 1.
            add_type: `Add_Type_Both` makes both sides friends of each other, the default; `Add_Type_Single` only puts the friends on the account's own list.
            force_add_flags: 1 adds without asking for consent; 0 is the default.

        Returns:
            SnsResults: outcome account by account.
                result_item: one entry per account.
                fail_account: accounts that failed; absent if none did.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30002: The account is not valid here. (varies: older tables say the app ids differ)
            30003: The account is not imported.
            30004: Admin rights needed.
            30005: Follow/fans is not enabled for the app.
            30008: Concurrent writes collided; use the batch form.
            30009: The backend does not let this user send friend requests.
            30010: The user's friend list is full.
            30011: The user's friend groups are at the limit.
            30012: The user's pending requests are at the limit.
            30014: The other side's friend list is full.
            30515: The other user is on the requester's block list.
            30516: The other user accepts no friend requests.
            30525: The requester is on the other user's block list.
            30539: Not a failure: the request now waits for the other user's consent.
            30540: A safety rule stopped frequent friend requests.

        Limits: 200/s.
        Page: https://www.tencentcloud.com/document/product/1047/34902
        Page: https://cloud.tencent.com/document/product/269/1643
        """

    async def import_friends(
        self,
        *,
        from_account: str,
        add_friend_item: Sequence[ImportFriendItem],
    ) -> SnsResults:
        """Put friends on one account's list, without their consent and without changing their lists.

        Import friends without verification, 导入好友: `sns/friend_import`.

        Args:
            from_account: the account that gets the friends; at most 32 bytes.
            add_friend_item: the friends, at least 1. One call with many friends works better than many calls for one account.

        Returns:
            SnsResults: outcome account by account.
                result_item: one entry per account.
                fail_account: accounts that failed; absent if none did.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30002: The account is not valid here. (varies: older tables say the app ids differ)
            30003: The account is not imported.
            30004: Admin rights needed.
            30005: Follow/fans is not enabled for the app.
            30008: Concurrent writes collided; use the batch form.
            30010: The user's friend list is full.
            30011: The user's friend groups are at the limit.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34903
        Page: https://cloud.tencent.com/document/product/269/8301
        """

    async def update_friends(
        self,
        *,
        from_account: str,
        update_item: Sequence[UpdateFriendItem],
    ) -> SnsResults:
        """Set fields of friendships: remark, friend lists, custom fields.

        Change friend data, 更新好友: `sns/friend_update`.

        Args:
            from_account: the account whose friends they are; at most 32 bytes.
            update_item: the friends, at least 1.

        Returns:
            SnsResults: outcome account by account.
                result_item: one entry per account.
                fail_account: accounts that failed; absent if none did.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30002: The account is not valid here. (varies: older tables say the app ids differ)
            30003: The account is not imported.
            30004: Admin rights needed.
            30005: Follow/fans is not enabled for the app.
            30008: Concurrent writes collided; use the batch form.
            30011: The user's friend groups are at the limit.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34904
        Page: https://cloud.tencent.com/document/product/269/12525
        """

    async def delete_friends(
        self,
        *,
        from_account: str,
        to_account: Sequence[str],
        delete_type: Literal["Delete_Type_Single", "Delete_Type_Both"] | None = None,
    ) -> SnsResults:
        """End friendships with 1 to 1,000 accounts.

        Delete friends, 删除好友: `sns/friend_delete`.

        Args:
            from_account: the account whose friends they are; at most 32 bytes.
            to_account: the friends, 1 to 1,000; at most 32 bytes each.
            delete_type: `Delete_Type_Single` removes the friends from the account's list, `Delete_Type_Both` also removes it from theirs.

        Returns:
            SnsResults: outcome account by account.
                result_item: one entry per account.
                fail_account: accounts that failed; absent if none did.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30002: The account is not valid here. (varies: older tables say the app ids differ)
            30003: The account is not imported.
            30004: Admin rights needed.
            30008: Concurrent writes collided; use the batch form.
            31704: There is no friendship to delete.
            31707: A safety rule stopped frequent friend deletions.

        Limits: 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/34905
        Page: https://cloud.tencent.com/document/product/269/1644
        """

    async def delete_all_friends(
        self,
        *,
        from_account: str,
        delete_type: Literal["Delete_Type_Single", "Delete_Type_Both"] | None = None,
    ) -> Empty:
        """End every friendship of an account.

        Delete every friend of a user, 删除所有好友: `sns/friend_delete_all`.

        Args:
            from_account: the account; at most 32 bytes.
            delete_type: `Delete_Type_Single` empties the account's list, `Delete_Type_Both` also removes it from its friends' lists.

        Returns:
            Empty: an answer that contains only the envelope: the call succeeded.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30003: The account is not imported.
            30004: Admin rights needed.
            30008: Concurrent writes collided; use the batch form.

        Limits: 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/34906
        Page: https://cloud.tencent.com/document/product/269/1645
        """

    async def check_friends(
        self,
        *,
        from_account: str,
        to_account: Sequence[str],
        check_type: Literal["CheckResult_Type_Single", "CheckResult_Type_Both"],
    ) -> FriendRelations:
        """Check the relation of an account to 1 to 1,000 others.

        Check friend relations, 校验好友: `sns/friend_check`.

        Args:
            from_account: the account to check; at most 32 bytes.
            to_account: the others, 1 to 1,000; at most 32 bytes each.
            check_type: `CheckResult_Type_Single` checks the account's list only, `CheckResult_Type_Both` both sides.

        Returns:
            FriendRelations: the relation of an account to others.
                info_item: one entry per account.
                fail_account: accounts that failed; absent if none did.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30003: The account is not imported.
            30004: Admin rights needed.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34907
        Page: https://cloud.tencent.com/document/product/269/1646
        """

    async def get_friends(
        self,
        *,
        from_account: str,
        start_index: int,
        standard_sequence: int | None = None,
        custom_sequence: int | None = None,
    ) -> FriendPage:
        """Read a page of an account's friends with all their data.

        Page through a user's friends, 拉取好友: `sns/friend_get`.

        Args:
            from_account: the account; at most 32 bytes.
            start_index: 0 for the first page, then `next_start_index` of the previous page.
            standard_sequence: the known version of the service's own fields, 0 the first time; they are left out unless they have changed since.
            custom_sequence: the same for the app's custom fields.

        Returns:
            FriendPage: a page of an account's friends.
                user_data_item: the friends.
                standard_sequence: version of the service's custom fields.
                custom_sequence: version of the app's custom fields.
                friend_num: total number of friends.
                complete_flag: other than 0 on the last page.
                next_start_index: `start_index` of the next page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30003: The account is not imported.
            30004: Admin rights needed.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34908
        Page: https://cloud.tencent.com/document/product/269/1647
        """

    async def get_specified_friends(
        self,
        *,
        from_account: str,
        to_account: Sequence[str],
        tag_list: Sequence[str],
    ) -> SpecifiedFriends:
        """Read fields of 1 to 100 friends of an account.

        Read given friends of a user, 拉取指定好友: `sns/friend_get_list`.

        Args:
            from_account: the account; at most 32 bytes.
            to_account: the friends, 1 or more; at most 100 are recommended, because a large answer may fail; at most 32 bytes each.
            tag_list: the fields to read, at least 1: members of `SnsTag` or `ProfileTag`, or the app's own.

        Returns:
            SpecifiedFriends: the requested friends.
                info_item: one entry per account.
                fail_account: accounts that failed, such as those that are not friends; absent if none did.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30003: The account is not imported.
            30004: Admin rights needed.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34910
        Page: https://cloud.tencent.com/document/product/269/8609
        """

    async def add_to_black_list(
        self,
        *,
        from_account: str,
        to_account: Sequence[str],
    ) -> SnsResults:
        """Block 1 to 1,000 accounts; a friendship with them ends on both sides.

        Block users, 添加黑名单: `sns/black_list_add`.

        Args:
            from_account: the account that blocks; at most 32 bytes.
            to_account: the accounts to block, 1 to 1,000; at most 32 bytes each.

        Returns:
            SnsResults: outcome account by account.
                result_item: one entry per account.
                fail_account: accounts that failed; absent if none did.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30002: The account is not valid here. (varies: older tables say the app ids differ)
            30003: The account is not imported.
            30004: Admin rights needed.
            30008: Concurrent writes collided; use the batch form.
            30013: The user's block list is full.

        Limits: 200/s. It shuts people out.
        Page: https://www.tencentcloud.com/document/product/1047/34911
        Page: https://cloud.tencent.com/document/product/269/3718
        """

    async def delete_from_black_list(
        self,
        *,
        from_account: str,
        to_account: Sequence[str],
    ) -> SnsResults:
        """Unblock 1 to 1,000 accounts.

        Unblock users, 删除黑名单: `sns/black_list_delete`.

        Args:
            from_account: the account that blocked; at most 32 bytes.
            to_account: the accounts to unblock, 1 to 1,000; at most 32 bytes each.

        Returns:
            SnsResults: outcome account by account.
                result_item: one entry per account.
                fail_account: accounts that failed; absent if none did.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30003: The account is not imported.
            30004: Admin rights needed.
            30008: Concurrent writes collided; use the batch form.

        Limits: 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/34912
        Page: https://cloud.tencent.com/document/product/269/3719
        """

    async def get_black_list(
        self,
        *,
        from_account: str,
        start_index: int,
        max_limited: int,
        last_sequence: int,
    ) -> BlackListPage:
        """Read a page of an account's block list.

        Page through a block list, 拉取黑名单: `sns/black_list_get`.

        Args:
            from_account: the account; at most 32 bytes.
            start_index: 0 for the first page, then `start_index` of the previous page.
            max_limited: number of entries to return, at least 1.
            last_sequence: the version already known, 0 the first time.

        Returns:
            BlackListPage: a page of an account's block list.
                black_list_item: the blocked accounts.
                start_index: where the next page begins; 0 on the last page.
                curruent_sequence: version of the block list; spelled as the service does.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30003: The account is not imported.
            30004: Admin rights needed.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34914
        Page: https://cloud.tencent.com/document/product/269/3722
        """

    async def check_black_list(
        self,
        *,
        from_account: str,
        to_account: Sequence[str],
        check_type: Literal["BlackCheckResult_Type_Single", "BlackCheckResult_Type_Both"],
    ) -> BlackRelations:
        """Check whether an account and 1 to 1,000 others block each other.

        Check block relations, 校验黑名单: `sns/black_list_check`.

        Args:
            from_account: the account to check; at most 32 bytes.
            to_account: the others, 1 to 1,000; at most 32 bytes each.
            check_type: `BlackCheckResult_Type_Single` checks the account's list only, `BlackCheckResult_Type_Both` both sides.

        Returns:
            BlackRelations: whether an account and others block each other.
                black_list_check_item: one entry per account.
                fail_account: accounts that failed; absent if none did.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30003: The account is not imported.
            30004: Admin rights needed.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/34913
        Page: https://cloud.tencent.com/document/product/269/3725
        """

    async def add_friend_lists(
        self,
        *,
        from_account: str,
        group_name: Sequence[str],
        to_account: Sequence[str] | None = None,
    ) -> AddFriendListsResult:
        """Create friend lists, and put friends into them.

        Create friend lists, 添加分组: `sns/group_add`.

        Args:
            from_account: the account whose lists they are; it has at most 32.
            group_name: the names, at least 1, of 1 to 30 bytes; at most 32 items.
            to_account: friends to put into every one of them; at most 32 bytes each.

        Returns:
            AddFriendListsResult: outcome friend by friend.
                result_item: one entry per account.
                fail_account: accounts that failed; absent if none did.
                current_sequence: version of the friend lists.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30002: The account is not valid here. (varies: older tables say the app ids differ)
            30003: The account is not imported.
            30004: Admin rights needed.
            30005: Follow/fans is not enabled for the app.
            30008: Concurrent writes collided; use the batch form.
            30011: The user's friend groups are at the limit.

        Limits: 200/s.
        Page: https://www.tencentcloud.com/document/product/1047/34950
        Page: https://cloud.tencent.com/document/product/269/10107
        """

    async def delete_friend_lists(
        self,
        *,
        from_account: str,
        group_name: Sequence[str],
    ) -> DeleteFriendListsResult:
        """Delete friend lists; the friends stay.

        Delete friend lists, 删除分组: `sns/group_delete`.

        Args:
            from_account: the account whose lists they are; at most 32 bytes.
            group_name: the names, 1 to 32 of 1 to 30 bytes.

        Returns:
            DeleteFriendListsResult: the outcome of deleting friend lists.
                current_sequence: version of the friend lists.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30003: The account is not imported.
            30004: Admin rights needed.
            30008: Concurrent writes collided; use the batch form.

        Limits: 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/34926
        Page: https://cloud.tencent.com/document/product/269/10108
        """

    async def get_friend_lists(
        self,
        *,
        from_account: str,
        last_sequence: int | None = None,
        need_friend: Literal["Need_Friend_Type_Yes", "Need_Friend_Type_No"] | None = None,
        group_name: Sequence[str] | None = None,
    ) -> FriendLists:
        """Read an account's friend lists.

        Read friend lists, 拉取分组: `sns/group_get`.

        Args:
            from_account: the account; at most 32 bytes.
            last_sequence: the version already known, 0 the first time; known from older pages.
            need_friend: `Need_Friend_Type_Yes` also returns the friends on the lists; `Need_Friend_Type_No` is the default.
            group_name: the lists to read; absent is all; at most 32 items; at most 30 bytes each.

        Returns:
            FriendLists: an account's friend lists.
                result_item: the lists.
                current_sequence: version of the friend lists.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Error codes:
            30001: Request parameters are wrong.
            30003: The account is not imported.
            30004: Admin rights needed.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/40123
        Page: https://cloud.tencent.com/document/product/269/54763
        """
