"""Accounts, end to end."""

from __future__ import annotations

from typing import Any

import pytest

from tim_async import InvalidRequestError, PartialFailureError, TimClient, UsageError, decode
from tim_async.emulator import Emulator
from tim_async.models.account import AccountItem, KickAccount, OnlineStates, OnlineStatuses, UserIDItem


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
        ("kick", {"user_id": "x" * 33}, "user_id"),
        ("query_online_status", {"to_account": "bob"}, "to_account"),
        ("query_online_status", {"to_account": ["a"] * 501}, "to_account"),
        ("query_online_status", {"to_account": ["a"], "is_need_detail": 2}, "is_need_detail"),
        ("query_state", {"to_account": []}, "to_account"),
        ("query_state", {"to_account": ["a"], "is_need_detail": 2}, "is_need_detail"),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.account, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0


async def test_login_state_is_reported_and_ends_with_a_kick(client: TimClient, emulator: Emulator) -> None:
    emulator.set_online("bob", platform="Web")
    emulator.set_online("bob", platform="iPhone", status="PushOnline")
    emulator.set_online("alice", platform="Android", status="PushOnline")
    received = await client.account.query_online_status(to_account=["alice", "bob", "nobody"], is_need_detail=1)
    assert {item.to_account: (item.status, item.is_online) for item in received.query_result} == {
        "alice": ("PushOnline", False),
        "bob": ("Online", True),
    }
    assert {item.platform: item.status for item in received.query_result[1].detail} == {
        "Web": "Online",
        "iPhone": "PushOnline",
    }
    assert [(item.to_account, item.error_code) for item in received.failed] == [("nobody", 70107)]
    emulator.set_offline("bob", "Web")
    await client.account.kick(user_id="alice")
    received = await client.account.query_online_status(to_account=["alice", "bob"])
    assert [(item.status, item.detail) for item in received.query_result] == [("Offline", []), ("PushOnline", [])]
    with pytest.raises(InvalidRequestError) as caught:
        await client.account.kick(user_id="nobody")
    assert caught.value.code == 70107


async def test_the_older_command_names_every_account(client: TimClient, emulator: Emulator) -> None:
    emulator.set_online("bob", platform="Web")
    emulator.set_online("bob", platform="iPhone", status="PushOnline")
    read = await client.account.query_state(to_account=["alice", "bob", "nobody"])
    assert [(item.to_account, item.state, item.is_online) for item in read.query_result] == [
        ("alice", "Offline", False),
        ("bob", "Online", True),
        ("nobody", "Offline", False),
    ]
    assert read.query_result[1].detail == []
    read = await client.account.query_state(to_account=["bob"], is_need_detail=1)
    platforms = {item.platform: item.status for item in read.query_result[0].detail}
    assert platforms == {"Web": "Online", "iPhone": "PushOnline"}
    assert decode(b'{"QueryResult":[{"Status":"Online"}]}', OnlineStates).query_result[0].is_online


async def test_deleted_account_is_not_online_when_it_comes_again(client: TimClient, emulator: Emulator) -> None:
    emulator.set_online("bob")
    await client.account.delete_all(["bob"])
    await client.account.import_account(user_id="bob")
    received = await client.account.query_online_status(to_account=["bob"])
    assert received.query_result[0].status == "Offline"
    with pytest.raises(UsageError) as caught:
        emulator.set_online("nobody")
    assert caught.value.field == "user_id"


async def test_any_number_of_accounts_goes_in_chunks(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(1001)]
    imported = await client.account.import_all([AccountItem(user_id="nick", nick="N"), *names, "x" * 33])
    assert len(imported.results) == 10
    (chunk,) = imported.failed_chunks
    assert isinstance(chunk.error, UsageError)
    assert chunk.items[-1] == "x" * 33
    left_out = set(chunk.items) - {"x" * 33}
    assert emulator.accounts["nick"].nick == "N"
    assert set(names) - left_out < set(emulator.accounts)

    checked = await client.account.check_all([*names, "nobody"])
    assert checked.failed == []
    received = [item for result in checked.results for item in result.result_item]
    assert [item.user_id for item in received] == [*names, "nobody"]
    assert {item.user_id for item in received if not item.is_imported} == {*left_out, "nobody"}

    states = await client.account.query_online_status_all(["nobody", *names[:600]], with_platforms=True)
    assert [len(result.query_result) for result in states.results] == [499, 101]
    assert [item.to_account for item in states.results[0].failed] == ["nobody"]

    deleted = await client.account.delete_all(["nobody", *names])
    assert {item.user_id for result in deleted.results for item in result.failed} == {*left_out, "nobody"}
    assert not set(names) & set(emulator.accounts)
    assert emulator.count("im_open_login_svc/account_delete") == 11


def test_older_names_are_read() -> None:
    assert decode(b'{"Identifier":"bob"}', KickAccount).user_id == "bob"
    old = b'{"QueryResult":[{"To_Account":"a","State":"Online","Detail":[{"Platform":"Web","State":"Online"}]}]}'
    (state,) = decode(old, OnlineStatuses).query_result
    assert (state.status, state.detail[0].status) == ("Online", "Online")


async def test_a_single_account_is_no_list(client: TimClient, emulator: Emulator) -> None:
    """Its letters would be treated as accounts, and deleted."""
    for helper in (client.account.delete_all, client.account.check_all, client.account.import_all):
        with pytest.raises(UsageError, match="single text") as caught:
            await helper("bob")
        assert caught.value.field == "accounts"
    assert emulator.count() == 0


async def test_account_that_is_a_number_is_named(client: TimClient, emulator: Emulator) -> None:
    """As the ids of a database are."""
    numbers: list[Any] = ["bob", 5]
    for helper in (client.account.delete_all, client.account.check_all, client.account.import_all):
        with pytest.raises(UsageError, match=r"\[1\]\.user_id must be text, not 5$"):
            await helper(numbers)
    assert emulator.count() == 0
