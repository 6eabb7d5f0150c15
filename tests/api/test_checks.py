"""Checks of arguments and fields, and that every argument of a kind goes through the same one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tim_async import Rate, RetryPolicy, Settings, TextElem, TimClient, UsageError
from tim_async._api.checks import (
    check_account,
    check_accounts,
    check_choice,
    check_group_id,
    check_items,
    check_list,
    check_range,
    check_seconds,
    check_text,
    check_whole,
)
from tim_async.bulk import Campaign
from tim_async.cluster import RedisRateLimiter, Worker, make_broker
from tim_async.families._chunks import in_chunks
from tim_async.testing import FakePool, Recorder
from tim_async.usersig import generate_user_sig
from tim_async.webhooks import SeenEvents, WebhookRouter


@pytest.mark.parametrize("account", ["a", "x" * 32, "中" * 10, "😀" * 8, "@RBT#1", "TGS#中"])
def test_account_of_up_to_32_bytes_passes(account: str) -> None:
    check_account("to_account", account)


@pytest.mark.parametrize(
    ("account", "problem"),
    [
        pytest.param("", "to_account is empty", id="empty"),
        pytest.param(5, "to_account must be text, not 5", id="number"),
        pytest.param(b"bob", "to_account must be text, not a bytes", id="bytes"),
        pytest.param("x" * 33, "to_account has 33 bytes", id="33-ascii"),
        pytest.param("中" * 11, "to_account has 33 bytes", id="33-chinese"),
        pytest.param("😀" * 8 + "x", "to_account has 33 bytes", id="33-emoji"),
        pytest.param("\ud800", "to_account is not valid Unicode", id="lone-surrogate"),
        pytest.param("\ud800" * 9, "to_account is not valid Unicode", id="lone-surrogates"),
    ],
)
def test_account_of_the_wrong_length_is_refused(account: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        check_account("to_account", account)
    assert caught.value.field == "to_account"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    if isinstance(account, str) and account:
        assert account not in str(caught.value)


@pytest.mark.parametrize(
    "refuse",
    [
        pytest.param(lambda account: TimClient(14, "key", account), id="client"),
        pytest.param(lambda account: generate_user_sig(14, "key", account), id="UserSig"),
        pytest.param(lambda account: check_account("identifier", account), id="request"),
    ],
)
@pytest.mark.parametrize("account", ["", "x" * 33, "\ud800", 5])
def test_account_is_checked_in_one_way(refuse: Callable[[object], object], account: object) -> None:
    with pytest.raises(UsageError) as expected:
        check_account("identifier", account)  # type: ignore[arg-type]  # what users get wrong
    with pytest.raises(UsageError) as caught:
        refuse(account)
    assert (str(caught.value), caught.value.field) == (str(expected.value), "identifier")


def test_edges_and_none_pass() -> None:
    for value in (None, 1, 5):
        check_range("number", value, 1, 5)
    check_whole("number", 10**9, 1)
    for choice in (None, 1, 2):
        check_choice("number", choice, (1, 2))
    for text in (None, "", "ab", "é"):
        check_text("text", text, 2)
    for items in (None, [1], [1, 2]):
        check_items("items", items, 1, 2)
    check_list("items", ["ab"])
    check_seconds("timeout", 0.001)


@pytest.mark.parametrize("value", [0, 6, -1, float("nan"), float("inf"), 2.0, True, "3"])
def test_range_refuses_what_is_outside(value: int) -> None:
    with pytest.raises(UsageError, match=r"^number must be a whole number from 1 to 5, not ") as caught:
        check_range("number", value, 1, 5)
    assert caught.value.field == "number"


@pytest.mark.parametrize("value", [0, 3, "secret"])
def test_choice_refuses_the_rest(value: object) -> None:
    with pytest.raises(UsageError, match=r"^number must be 1 or 2, not ") as caught:
        check_choice("number", value, (1, 2))
    assert caught.value.field == "number"
    assert "secret" not in str(caught.value)


def test_choice_of_texts_does_not_blame_the_type_of_a_text() -> None:
    with pytest.raises(UsageError, match=r"^chat_type must be C2C or Group, not another text$"):
        check_choice("chat_type", "c2c", ("C2C", "Group"))
    with pytest.raises(UsageError, match=r"^chat_type must be C2C or Group, not 5$"):
        check_choice("chat_type", 5, ("C2C", "Group"))


@pytest.mark.parametrize("value", [0, -1, True, "3", None, float("nan"), float("inf")])
def test_seconds_are_above_0_and_end(value: object) -> None:
    with pytest.raises(UsageError, match=r"^timeout must be a number of seconds above 0, not ") as caught:
        check_seconds("timeout", value)
    assert caught.value.field == "timeout"


@pytest.mark.parametrize(("text", "low"), [("abc", 0), ("é" * 2, 0), ("", 1), ("\ud800", 0)])
def test_text_of_another_length_is_refused(text: str, low: int) -> None:
    with pytest.raises(UsageError, match=r"^text (has|is not valid)") as caught:
        check_text("text", text, 2, low=low)
    assert caught.value.field == "text"


def test_single_text_is_not_a_list() -> None:
    with pytest.raises(UsageError, match="items must be a list, not a single text"):
        check_list("items", "bob")


# One check for all

TAKES_A_WHOLE_NUMBER: dict[str, Callable[[object], object]] = {
    "sdk_app_id": lambda value: TimClient(value, "key"),
    "sdk_app_id of a UserSig": lambda value: generate_user_sig(value, "key", "bob"),
    "sdk_app_id of webhooks": lambda value: WebhookRouter(value, token="t"),
    "expire": lambda value: generate_user_sig(14, "key", "bob", value),
    "body_limit": lambda value: Settings(body_limit=value),
    "max_reply_bytes": lambda value: Settings(max_reply_bytes=value),
    "pool_size": lambda value: Settings(pool_size=value),
    "user_sig_lifetime_s": lambda value: Settings(user_sig_lifetime_s=value),
    "rate_limits['a/b']": lambda value: Settings(rate_limits={"a/b": value}),
    "connections": lambda value: asyncio.run(FakePool().client().warm_up(value)),
    "max_attempts": lambda value: RetryPolicy(max_attempts=value),
    "limit": lambda value: Rate(value),
    "max_cost": lambda value: Rate(5, max_cost=value),
    "size": lambda value: asyncio.run(in_chunks("items", [1], value, None)),
    "concurrency": lambda value: asyncio.run(in_chunks("items", [1], 1, None, concurrency=value)),
    "chunk_size": lambda value: asyncio.run(
        FakePool().client().c2c.send_to_all(["a"], [TextElem("m")], chunk_size=value)
    ),
    "batch_size": lambda value: Campaign("c", ledger="c.db", recipients=["a"], message="m", batch_size=value),
    "concurrency of a campaign": lambda value: Campaign(
        "c", ledger="c.db", recipients=["a"], message="m", concurrency=value
    ),
    "fallback_processes": lambda value: RedisRateLimiter("redis://h", fallback_processes=value),
    "prefetch": lambda value: make_broker("amqp://h", 14, prefetch=value),
    "tasks": lambda value: Worker(FakePool().client(), ledger="postgresql://h", broker="amqp://h", tasks=value),
    "max_bytes": lambda value: Recorder("/nowhere/at/all", max_bytes=value),
    "size of seen events": lambda value: SeenEvents(value),
    "max_body": lambda value: WebhookRouter(14, token="t", max_body=value),
    "concurrency of webhooks": lambda value: WebhookRouter(14, token="t", concurrency=value),
}


@pytest.mark.parametrize("value", [True, 0, -3, 2.0, "7"])
@pytest.mark.parametrize("name", TAKES_A_WHOLE_NUMBER)
def test_whole_number_is_checked_in_one_way(name: str, value: object) -> None:
    field = name.partition(" of ")[0]
    with pytest.raises(UsageError) as caught:
        TAKES_A_WHOLE_NUMBER[name](value)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field} must be a whole number")


def test_accounts_may_be_left_out_and_are_checked_one_by_one() -> None:
    check_accounts("to_account", None, 1, 2)
    check_accounts("to_account", ["ann", "bob"], 1, 2)
    with pytest.raises(UsageError, match=r"^to_account\[1\] is empty") as caught:
        check_accounts("to_account", ["ann", ""], 1, 2)
    assert caught.value.field == "to_account[1]"


@pytest.mark.parametrize(("given", "problem"), [(5, "must be text, not 5"), ("", "is empty")])
def test_group_id_is_a_text(given: str, problem: str) -> None:
    check_group_id("group_id", "@TGS#1")
    with pytest.raises(UsageError, match=f"^group_id {problem}") as caught:
        check_group_id("group_id", given)
    assert caught.value.field == "group_id"
