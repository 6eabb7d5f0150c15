"""Friends and lists: what editors and type checkers must know of a call. Checked by pyright, strict, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from tim_async import TimClient
from tim_async.families._chunks import Chunked
from tim_async.models.common import Empty
from tim_async.models.sns import (
    AddFriendItem,
    AddFriendListsResult,
    BlackListItem,
    BlackListPage,
    BlackRelations,
    DeleteFriendListsResult,
    FriendData,
    FriendLists,
    FriendPage,
    FriendRelations,
    ImportFriendItem,
    SnsItem,
    SnsResultItem,
    SnsResults,
    SpecifiedFriends,
    UpdateFriendItem,
)
from tim_async.models.tags import SnsTag

SOURCE = "AddSource_Type_Test"


async def calls(client: TimClient) -> None:
    sns = client.sns
    friend = AddFriendItem(to_account="bob", group_name="x", add_source=SOURCE)
    added = await sns.add_friends(from_account="alice", add_friend_item=[friend], add_type="Add_Type_Both")
    assert_type(added, SnsResults)
    assert_type(added.failed, list[SnsResultItem])
    known = ImportFriendItem(to_account="bob", group_name=["x"], add_source=SOURCE)
    assert_type(await sns.import_friends(from_account="alice", add_friend_item=[known]), SnsResults)
    update = UpdateFriendItem(to_account="bob", sns_item=[SnsItem(tag=SnsTag.GROUP, value=["x"])])
    assert_type(await sns.update_friends(from_account="alice", update_item=[update]), SnsResults)
    assert_type(await sns.delete_friends(from_account="alice", to_account=["bob"]), SnsResults)
    assert_type(await sns.delete_all_friends(from_account="alice", delete_type="Delete_Type_Both"), Empty)
    relations = await sns.check_friends(from_account="a", to_account=["b"], check_type="CheckResult_Type_Single")
    assert_type(relations, FriendRelations)
    assert_type(await sns.get_friends(from_account="alice", start_index=0), FriendPage)
    specified = await sns.get_specified_friends(from_account="a", to_account=["b"], tag_list=[SnsTag.REMARK])
    assert_type(specified, SpecifiedFriends)
    assert_type(await sns.add_to_black_list(from_account="a", to_account=["b"]), SnsResults)
    assert_type(await sns.delete_from_black_list(from_account="a", to_account=["b"]), SnsResults)
    page = await sns.get_black_list(from_account="a", start_index=0, max_limited=9, last_sequence=0)
    assert_type(page, BlackListPage)
    blocked = await sns.check_black_list(from_account="a", to_account=["b"], check_type="BlackCheckResult_Type_Both")
    assert_type(blocked, BlackRelations)
    assert_type(await sns.add_friend_lists(from_account="a", group_name=["x"]), AddFriendListsResult)
    assert_type(await sns.delete_friend_lists(from_account="a", group_name=["x"]), DeleteFriendListsResult)
    assert_type(await sns.get_friend_lists(from_account="a", last_sequence=0), FriendLists)


async def helpers(client: TimClient) -> None:
    assert_type(client.sns.iter_friends("a"), AsyncIterator[FriendData])
    assert_type(client.sns.iter_black_list("a", page_size=9), AsyncIterator[BlackListItem])
    assert_type(await client.sns.check_friends_all("a", ["b"]), Chunked[str, FriendRelations])
    assert_type(await client.sns.add_to_black_list_all("a", ["b"]), Chunked[str, SnsResults])


async def mistakes(client: TimClient) -> None:
    await client.sns.check_friends(from_account="a", to_account=["b"], check_type="Both")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.sns.add_friends(from_account="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    AddFriendItem(to_account="a", group_name=["x"], add_source=SOURCE)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ImportFriendItem(to_account="a", add_source=SOURCE, group_name=[1])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
