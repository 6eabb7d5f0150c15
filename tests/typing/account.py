"""Accounts: what editors and type checkers must know of a call. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from tim_async import TimClient
from tim_async.families._chunks import Chunked
from tim_async.models.account import AccountItem, AccountResults, ImportAccountsResult, OnlineState, OnlineStatuses
from tim_async.models.common import Empty


async def accounts(client: TimClient) -> None:
    assert_type(await client.account.kick(user_id="bob"), Empty)
    states = await client.account.query_online_status(to_account=["bob"], is_need_detail=1)
    assert_type(states, OnlineStatuses)
    assert_type(states.query_result[0].detail[0].platform, str)
    older = await client.account.query_state(to_account=["bob"])
    assert_type(older.query_result, list[OnlineState])
    imported = await client.account.import_all(["bob", AccountItem(user_id="carol")])
    assert_type(imported, Chunked[str | AccountItem, ImportAccountsResult])
    assert_type(await client.account.check_all(["bob"]), Chunked[str, AccountResults])
    assert_type(await client.account.query_online_status_all(["bob"]), Chunked[str, OnlineStatuses])


async def rows() -> AsyncIterator[str]:
    yield "bob"


async def accounts_that_come_asynchronously(client: TimClient) -> None:
    assert_type(await client.account.check_all(rows()), Chunked[str, AccountResults])
    assert_type(await client.account.import_all(rows()), Chunked[str | AccountItem, ImportAccountsResult])


async def mistakes(client: TimClient) -> None:
    await client.account.kick(identifier="bob")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.account.query_online_status(to_account=["bob"], is_need_detail=2)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
