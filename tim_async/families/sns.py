"""Friends, block list and friend lists."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from .._api.endpoint import Endpoint, Family
from ..models.common import Empty
from ..models.sns import (
    MAX_BATCH,
    READ_BATCH,
    AddFriendLists,
    AddFriendListsResult,
    AddFriends,
    AddToBlackList,
    BlackCheckType,
    BlackListItem,
    BlackListPage,
    BlackRelations,
    CheckBlackList,
    CheckFriends,
    CheckType,
    DeleteAllFriends,
    DeleteFriendLists,
    DeleteFriendListsResult,
    DeleteFriends,
    DeleteFromBlackList,
    FriendData,
    FriendLists,
    FriendPage,
    FriendRelations,
    GetBlackList,
    GetFriendLists,
    GetFriends,
    GetSpecifiedFriends,
    ImportFriends,
    SnsResults,
    SpecifiedFriends,
    UpdateFriends,
)
from ._chunks import Chunked, Items, in_chunks
from ._paging import pages


class Sns(Family, name="sns"):
    """Friends, block list and friend lists.

    Concurrent writes for one account fail (30008), so the helpers that write make one call after another.
    """

    add_friends: Final = Endpoint("sns/friend_add", AddFriends, SnsResults, doc="I34902")
    """Add friends, with their consent if their profile requires it."""
    import_friends: Final = Endpoint("sns/friend_import", ImportFriends, SnsResults, doc="I34903", repeat="always")
    """Put friends on one account's list, without their consent and without changing their lists."""
    update_friends: Final = Endpoint("sns/friend_update", UpdateFriends, SnsResults, doc="I34904", repeat="always")
    """Set fields of friendships: remark, friend lists, custom fields."""
    delete_friends: Final = Endpoint("sns/friend_delete", DeleteFriends, SnsResults, doc="I34905", danger="deletes")
    """End friendships with 1 to 1,000 accounts."""
    delete_all_friends: Final = Endpoint(
        "sns/friend_delete_all", DeleteAllFriends, Empty, doc="I34906", danger="deletes"
    )
    """End every friendship of an account."""
    check_friends: Final = Endpoint("sns/friend_check", CheckFriends, FriendRelations, doc="I34907", repeat="always")
    """Check the relation of an account to 1 to 1,000 others."""
    get_friends: Final = Endpoint("sns/friend_get", GetFriends, FriendPage, doc="I34908", repeat="always")
    """Read a page of an account's friends with all their data."""
    get_specified_friends: Final = Endpoint(
        "sns/friend_get_list", GetSpecifiedFriends, SpecifiedFriends, doc="I34910", repeat="always"
    )
    """Read fields of 1 to 100 friends of an account."""
    add_to_black_list: Final = Endpoint(
        "sns/black_list_add", AddToBlackList, SnsResults, doc="I34911", danger="excludes"
    )
    """Block 1 to 1,000 accounts; a friendship with them ends on both sides."""
    delete_from_black_list: Final = Endpoint(
        "sns/black_list_delete", DeleteFromBlackList, SnsResults, doc="I34912", danger="deletes"
    )
    """Unblock 1 to 1,000 accounts."""
    get_black_list: Final = Endpoint("sns/black_list_get", GetBlackList, BlackListPage, doc="I34914", repeat="always")
    """Read a page of an account's block list."""
    check_black_list: Final = Endpoint(
        "sns/black_list_check", CheckBlackList, BlackRelations, doc="I34913", repeat="always"
    )
    """Check whether an account and 1 to 1,000 others block each other."""
    add_friend_lists: Final = Endpoint("sns/group_add", AddFriendLists, AddFriendListsResult, doc="I34950")
    """Create friend lists, and put friends into them."""
    delete_friend_lists: Final = Endpoint(
        "sns/group_delete", DeleteFriendLists, DeleteFriendListsResult, doc="I34926", danger="deletes"
    )
    """Delete friend lists; the friends stay."""
    get_friend_lists: Final = Endpoint("sns/group_get", GetFriendLists, FriendLists, doc="I40123", repeat="always")
    """Read an account's friend lists."""

    async def iter_friends(self, from_account: str) -> AsyncIterator[FriendData]:
        """Read an account's friends, fetching pages on demand.

        Args:
            from_account: the account.
        """
        walk = pages(
            Sns.get_friends.command,
            lambda start: self.get_friends(from_account=from_account, start_index=start),
            0,
            lambda page: None if page.is_complete else page.next_start_index,
        )
        async for page in walk:
            for friend in page.user_data_item:
                yield friend

    async def iter_black_list(self, from_account: str, *, page_size: int = READ_BATCH) -> AsyncIterator[BlackListItem]:
        """Read an account's block list, fetching pages on demand.

        Args:
            from_account: the account.
            page_size: accounts per call, at least 1.
        """
        walk = pages(
            Sns.get_black_list.command,
            lambda start: self.get_black_list(
                from_account=from_account, start_index=start, max_limited=page_size, last_sequence=0
            ),
            0,
            lambda page: None if page.is_complete else page.start_index,
        )
        async for page in walk:
            for blocked in page.black_list_item:
                yield blocked

    async def check_friends_all(
        self, from_account: str, accounts: Items[str], *, check_type: CheckType = "CheckResult_Type_Both"
    ) -> Chunked[str, FriendRelations]:
        """Check the relation of an account to any number of others, 1,000 per call: `check_friends` in chunks.

        Args:
            from_account: the account to check.
            accounts: the others; consumed lazily.
            check_type: whether to check one side or both.
        """
        return await in_chunks(
            "accounts",
            accounts,
            MAX_BATCH,
            lambda chunk: self.check_friends(from_account=from_account, to_account=chunk, check_type=check_type),
        )

    async def get_specified_friends_all(
        self, from_account: str, accounts: Items[str], tags: Sequence[str]
    ) -> Chunked[str, SpecifiedFriends]:
        """Read fields of any number of friends, 100 per call: `get_specified_friends` in chunks.

        Args:
            from_account: the account whose friends they are.
            accounts: the friends; consumed lazily.
            tags: the fields to read, at least 1.
        """
        return await in_chunks(
            "accounts",
            accounts,
            READ_BATCH,
            lambda chunk: self.get_specified_friends(from_account=from_account, to_account=chunk, tag_list=tags),
        )

    async def add_to_black_list_all(self, from_account: str, accounts: Items[str]) -> Chunked[str, SnsResults]:
        """Block any number of accounts, 1,000 per call: `add_to_black_list` in chunks, one after another.

        Args:
            from_account: the account that blocks.
            accounts: the accounts to block; consumed lazily.
        """
        return await in_chunks(
            "accounts",
            accounts,
            MAX_BATCH,
            lambda chunk: self.add_to_black_list(from_account=from_account, to_account=chunk),
            concurrency=1,
        )

    async def delete_from_black_list_all(self, from_account: str, accounts: Items[str]) -> Chunked[str, SnsResults]:
        """Unblock any number of accounts, 1,000 per call: `delete_from_black_list` in chunks, one after another.

        Args:
            from_account: the account that blocked.
            accounts: the accounts to unblock; consumed lazily.
        """
        return await in_chunks(
            "accounts",
            accounts,
            MAX_BATCH,
            lambda chunk: self.delete_from_black_list(from_account=from_account, to_account=chunk),
            concurrency=1,
        )

    async def check_black_list_all(
        self, from_account: str, accounts: Items[str], *, check_type: BlackCheckType = "BlackCheckResult_Type_Both"
    ) -> Chunked[str, BlackRelations]:
        """Check whether an account and any number of others block each other: `check_black_list` in chunks of 1,000.

        Args:
            from_account: the account to check.
            accounts: the others; consumed lazily.
            check_type: whether to check one side or both.
        """
        return await in_chunks(
            "accounts",
            accounts,
            MAX_BATCH,
            lambda chunk: self.check_black_list(from_account=from_account, to_account=chunk, check_type=check_type),
        )
