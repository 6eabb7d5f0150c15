"""Follows: what editors and type checkers must know of a call. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from tim_async import TimClient
from tim_async.families._chunks import Chunked
from tim_async.models.follow import (
    FollowCounts,
    FollowedAccount,
    FollowItem,
    FollowPage,
    FollowRelations,
    FollowResults,
)


async def calls(client: TimClient) -> None:
    bob = FollowItem(to_account="bob")
    assert_type(await client.follow.add(from_account="alice", follow_item=[bob]), FollowResults)
    assert_type(await client.follow.delete(from_account="alice", to_account=["bob"]), FollowResults)
    page = await client.follow.get(from_account="alice", follow_type=1, start_cursor="", want_num=100)
    assert_type(page, FollowPage)
    assert_type(await client.follow.check(from_account="alice", to_account=["bob"]), FollowRelations)
    assert_type(await client.follow.get_counts(from_account="alice", to_account=["bob"]), FollowCounts)
    assert_type(client.follow.iter_followers("alice"), AsyncIterator[FollowedAccount])
    assert_type(await client.follow.add_all("alice", ["bob"]), Chunked[str, FollowResults])


async def mistakes(client: TimClient) -> None:
    await client.follow.add(from_account="alice", follow_item=["bob"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await client.follow.get(from_account="alice", follow_type=4, start_cursor="", want_num=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
