"""Accounts, end to end."""

from __future__ import annotations

import pytest

from tim_async import InvalidRequestError, PartialFailureError, TimClient, UsageError
from tim_async.emulator import Emulator
from tim_async.models.account import AccountItem, UserIDItem


async def test_accounts_are_imported_checked_and_deleted(client: TimClient, emulator: Emulator) -> None:
    await client.account.import_account(user_id="carol", nick="卡萝 😀")
    imported = await client.account.import_accounts(
        account_list=[AccountItem(user_id="dave"), AccountItem(user_id="eve")]
    )
    assert imported.failed == []
    imported.raise_for_failed()
    items = [UserIDItem(user_id=name) for name in ("carol", "dave", "nobody")]
    checked = await client.account.check(check_item=items)
    assert {item.user_id: item.is_imported for item in checked.result_item} == {
        "carol": True,
        "dave": True,
        "nobody": False,
    }
    deleted = await client.account.delete(delete_item=items)
    assert [item.user_id for item in deleted.failed] == ["nobody"]
    with pytest.raises(PartialFailureError, match="1 of the items failed") as caught:
        deleted.raise_for_failed()
    assert caught.value.failed == deleted.failed
    assert set(emulator.accounts) == {"administrator", "alice", "bob", "eve"}


async def test_plain_ids_are_imported_too(client: TimClient, emulator: Emulator) -> None:
    await client.account.import_accounts(accounts=["x", "y"])
    assert {"x", "y"} <= set(emulator.accounts)


async def test_a_deleted_account_gets_no_message(client: TimClient) -> None:
    await client.account.delete(delete_item=[UserIDItem(user_id="bob")])
    with pytest.raises(InvalidRequestError) as caught:
        await client.c2c.send_text("bob", "hi")
    assert caught.value.code == 90048


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("import_account", {"user_id": ""}, "user_id"),
        ("import_account", {"user_id": "你" * 11}, "user_id"),
        ("import_accounts", {}, "account_list"),
        ("import_accounts", {"accounts": ["a"], "account_list": [AccountItem(user_id="b")]}, "account_list"),
        ("import_accounts", {"accounts": [str(index) for index in range(101)]}, "accounts"),
        ("import_accounts", {"accounts": ["a", ""]}, "accounts[1]"),
        ("import_accounts", {"account_list": [AccountItem(user_id="")]}, "account_list[0].user_id"),
        ("import_accounts", {"accounts": []}, "accounts"),
        ("delete", {"delete_item": []}, "delete_item"),
        ("check", {"check_item": [UserIDItem(user_id="x" * 33)]}, "check_item[0].user_id"),
        ("check", {"check_item": ["bob"]}, "check_item[0]"),
        ("check", {"check_item": [UserIDItem(user_id="x")] * 101}, "check_item"),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.account, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0
