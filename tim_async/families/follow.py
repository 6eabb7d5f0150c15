"""Follows: who follows whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from .._api.endpoint import Endpoint, Family
from ..models.follow import (
    FOLLOWERS,
    FOLLOWINGS,
    MAX_BATCH,
    MAX_CHECK_BATCH,
    MUTUAL,
    PAGE_SIZE,
    AddFollows,
    CheckFollows,
    DeleteFollows,
    FollowCounts,
    FollowedAccount,
    FollowItem,
    FollowPage,
    FollowRelations,
    FollowResults,
    FollowType,
    GetFollowCounts,
    GetFollows,
)
from ._chunks import Chunked, Items, in_chunks
from ._paging import pages


class Follow(Family, name="follow"):
    """Follows: who follows whom.

    One account follows another, without consent; two may follow each other.
    """

    add: Final = Endpoint("follow/follow_add", AddFollows, FollowResults, doc="I70345")
    """Follow 1 to 20 accounts."""
    delete: Final = Endpoint("follow/follow_delete", DeleteFollows, FollowResults, doc="I70346", danger="deletes")
    """Unfollow 1 to 20 accounts."""
    get: Final = Endpoint("follow/follow_get", GetFollows, FollowPage, doc="I70347", repeat="always")
    """Read a page of followers, of followed accounts, or of those that follow each other."""
    check: Final = Endpoint("follow/follow_check", CheckFollows, FollowRelations, doc="I70349", repeat="always")
    """Check whether an account and 1 to 100 others follow each other."""
    get_counts: Final = Endpoint("follow/follow_get_info", GetFollowCounts, FollowCounts, doc="I70350", repeat="always")
    """Count followers and followed accounts of 1 to 20 accounts."""

    def iter_followers(self, from_account: str, *, page_size: int = PAGE_SIZE) -> AsyncIterator[FollowedAccount]:
        """Read the accounts that follow an account, fetching pages on demand.

        Args:
            from_account: the account.
            page_size: accounts per call, 1 to 1,000.
        """
        return self._walk(from_account, FOLLOWERS, page_size)

    def iter_followings(self, from_account: str, *, page_size: int = PAGE_SIZE) -> AsyncIterator[FollowedAccount]:
        """Read the accounts that an account follows, fetching pages on demand.

        Args:
            from_account: the account.
            page_size: accounts per call, 1 to 1,000.
        """
        return self._walk(from_account, FOLLOWINGS, page_size)

    def iter_mutual(self, from_account: str, *, page_size: int = PAGE_SIZE) -> AsyncIterator[FollowedAccount]:
        """Read the accounts that an account follows and that follow it, fetching pages on demand.

        Args:
            from_account: the account.
            page_size: accounts per call, 1 to 1,000.
        """
        return self._walk(from_account, MUTUAL, page_size)

    async def _walk(self, from_account: str, follow_type: FollowType, page_size: int) -> AsyncIterator[FollowedAccount]:
        walk = pages(
            Follow.get.command,
            lambda cursor: self.get(
                from_account=from_account, follow_type=follow_type, start_cursor=cursor, want_num=page_size
            ),
            "",
            lambda page: page.next_cursor or None,
        )
        async for page in walk:
            for entry in page.follow_item:
                yield entry

    async def add_all(self, from_account: str, accounts: Items[str]) -> Chunked[str, FollowResults]:
        """Follow any number of accounts, 20 per call: `add` in chunks, one after another.

        Args:
            from_account: the follower.
            accounts: the accounts to follow; consumed lazily.
        """
        return await in_chunks(
            "accounts",
            accounts,
            MAX_BATCH,
            lambda chunk: self.add(
                from_account=from_account, follow_item=[FollowItem(to_account=account) for account in chunk]
            ),
            concurrency=1,
        )

    async def delete_all(self, from_account: str, accounts: Items[str]) -> Chunked[str, FollowResults]:
        """Unfollow any number of accounts, 20 per call: `delete` in chunks, one after another.

        Args:
            from_account: the follower.
            accounts: the accounts; consumed lazily.
        """
        return await in_chunks(
            "accounts",
            accounts,
            MAX_BATCH,
            lambda chunk: self.delete(from_account=from_account, to_account=chunk),
            concurrency=1,
        )

    async def check_all(self, from_account: str, accounts: Items[str]) -> Chunked[str, FollowRelations]:
        """Check whether an account and any number of others follow each other, 100 per call: `check` in chunks.

        Args:
            from_account: the account to check.
            accounts: the others; consumed lazily.
        """
        return await in_chunks(
            "accounts", accounts, MAX_CHECK_BATCH, lambda chunk: self.check(from_account=from_account, to_account=chunk)
        )

    async def get_counts_all(self, from_account: str, accounts: Items[str]) -> Chunked[str, FollowCounts]:
        """Count followers and followed accounts of any number of accounts, 20 per call: `get_counts` in chunks.

        Args:
            from_account: the account that makes the query.
            accounts: the accounts to count for; consumed lazily.
        """
        return await in_chunks(
            "accounts", accounts, MAX_BATCH, lambda chunk: self.get_counts(from_account=from_account, to_account=chunk)
        )
