"""Follows: who follows whom.

Made by `python -m tests.calls`; a test keeps it current.
"""

# mypy: disable-error-code="empty-body,misc,override"
# The code of a call is put in by `_api/calling.py`.

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..families.follow import Follow
from ..models.follow import FollowCounts, FollowItem, FollowPage, FollowRelations, FollowResults


class FollowCalls(Follow):
    """Follows: who follows whom."""

    async def add(
        self,
        *,
        from_account: str,
        follow_item: Sequence[FollowItem],
    ) -> FollowResults:
        """Follow 1 to 20 accounts.

        Follow users, 关注用户: `follow/follow_add`.

        Args:
            from_account: the follower; at most 32 bytes.
            follow_item: the accounts to follow, 1 to 20.

        Returns:
            FollowResults: outcome account by account.
                result_item: one entry per account.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s.
        Page: https://trtc.io/document/70345
        Page: https://trtc.io/zh/document/70345
        """

    async def delete(
        self,
        *,
        from_account: str,
        to_account: Sequence[str],
    ) -> FollowResults:
        """Unfollow 1 to 20 accounts.

        Unfollow users, 取消关注用户: `follow/follow_delete`.

        Args:
            from_account: the follower; at most 32 bytes.
            to_account: the accounts, 1 to 20; at most 32 bytes each.

        Returns:
            FollowResults: outcome account by account.
                result_item: one entry per account.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. It deletes what is stored.
        Page: https://www.tencentcloud.com/document/product/1047/70346
        """

    async def get(
        self,
        *,
        from_account: str,
        follow_type: Literal[1, 2, 3],
        start_cursor: str,
        want_num: int,
    ) -> FollowPage:
        """Read a page of followers, of followed accounts, or of those that follow each other.

        Page through followers, followings or mutual follows, 拉取关注、粉丝与互关列表: `follow/follow_get`.

        Args:
            from_account: the account; at most 32 bytes.
            follow_type: 1 its followers, 2 those it follows, 3 mutual follows.
            start_cursor: "" for the first page, then `next_cursor` of the previous page.
            want_num: number of entries to return, 1 to 1,000; 100 is usual.

        Returns:
            FollowPage: a page of follows.
                follow_item: the accounts.
                next_cursor: where the next page begins; "" on the last page.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/70347
        Page: https://trtc.io/zh/document/70347
        """

    async def check(
        self,
        *,
        from_account: str,
        to_account: Sequence[str],
    ) -> FollowRelations:
        """Check whether an account and 1 to 100 others follow each other.

        Check follow relations, 校验关注关系: `follow/follow_check`.

        Args:
            from_account: the account to check; at most 32 bytes.
            to_account: the others, 1 to 100; at most 32 bytes each.

        Returns:
            FollowRelations: whether an account and others follow each other.
                result_item: one entry per account.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://trtc.io/document/70349
        """

    async def get_counts(
        self,
        *,
        from_account: str,
        to_account: Sequence[str],
    ) -> FollowCounts:
        """Count followers and followed accounts of 1 to 20 accounts.

        Follower, following and mutual counts, 拉取关注、粉丝与互关数: `follow/follow_get_info`.

        Args:
            from_account: the account that makes the query; at most 32 bytes.
            to_account: the accounts to query, 1 to 20; at most 32 bytes each.

        Returns:
            FollowCounts: counts account by account.
                follow_info: one entry per account.

        Raises:
            UsageError: a field is missing, misspelt or out of range; it names the field, nothing was sent.
            ApiError: the service refused it.

        Limits: 200/s. A repeat is harmless.
        Page: https://www.tencentcloud.com/document/product/1047/70350
        """
