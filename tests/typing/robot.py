"""Chatbots and official accounts as type checkers see them. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from tim_async import TextElem, TimClient
from tim_async.families._chunks import Chunked
from tim_async.models.common import Empty
from tim_async.models.official_account import (
    CreatedOfficialAccount,
    InfoFilter,
    OfficialAccountItem,
    OfficialAccounts,
    OfficialMsg,
    OfficialMsgs,
    OfficialRecallOutcome,
    SentOfficialMsg,
    SubscribedAccount,
    SubscribedAccounts,
    Subscriber,
    SubscriberItem,
    SubscriberOutcomes,
    Subscribers,
)
from tim_async.models.robot import Robots, StreamedMsg


async def robots(client: TimClient, answer: AsyncIterator[str]) -> None:
    family = client.robot
    assert_type(await family.create(user_id="@RBT#1", nick="x"), Empty)
    assert_type(await family.get_all(), Robots)
    piece = await family.send_stream_msg(from_account="@RBT#1", to_account="bob", chunk="x", finish=1)
    assert_type(piece, StreamedMsg)
    assert_type(await family.send_stream("@RBT#1", "bob", answer), str)
    assert_type(await family.send_stream("@RBT#1", "bob", ["x"]), str)
    await family.send_stream("@RBT#1", "bob", [1])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await family.delete(user_id="@RBT#1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def official_accounts(client: TimClient) -> None:
    family = client.official_account
    assert_type(await family.create(owner_account="a", name="x"), CreatedOfficialAccount)
    item, wanted = OfficialAccountItem(official_account="x"), InfoFilter(official_account_base_info_filter=["Name"])
    assert_type(await family.get(official_account_id_list=[item], response_filter=wanted), OfficialAccounts)
    assert_type(await family.get_subscribers(official_account="x", next=""), Subscribers)
    assert_type(await family.get_subscribed(subscriber_account="bob"), SubscribedAccounts)
    assert_type(await family.get_messages(official_account="x"), OfficialMsgs)
    users = [SubscriberItem(subscriber_account="bob")]
    assert_type(await family.add_subscribers(official_account="x", subscriber_list=users), SubscriberOutcomes)
    assert_type(await family.add_subscribers_all("x", ["bob"]), Chunked[str, SubscriberOutcomes])
    assert_type(family.iter_subscribers("x"), AsyncIterator[Subscriber])
    assert_type(family.iter_subscribed("bob"), AsyncIterator[SubscribedAccount])
    assert_type(family.iter_messages("x"), AsyncIterator[OfficialMsg])
    assert_type(await family.send(official_account="x", msg_body=[TextElem("hi")]), SentOfficialMsg)
    recalled = await family.recall(official_account="x", msg_key_list=["k"])
    assert_type(recalled.failed, list[OfficialRecallOutcome])
    await family.send(official_account="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await family.recall(official_account="x", msg_key_list=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
