"""What editors and type checkers must know of a call. Checked by pyright in strict mode, never run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, assert_type

import tim_async
from tim_async import (
    AnyRequest,
    CustomElem,
    Element,
    Endpoint,
    ImageElem,
    ImageInfo,
    OfflinePushInfo,
    RawElem,
    RetryPolicy,
    TextElem,
    TimClient,
    TimError,
    decode,
    endpoints,
)
from tim_async.families.c2c import C2C
from tim_async.models.account import AccountItem, AccountResults, ImportAccountsResult, UserIDItem
from tim_async.models.c2c import RoamMsg, RoamMsgs, SendMsg, SendMsgResult
from tim_async.models.c2c_stream import SendStreamMsgResult
from tim_async.models.common import Empty
from tim_async.testing import FakePool


async def calls(client: TimClient) -> None:
    sent = await client.c2c.send(
        to_account="bob",
        msg_body=[TextElem(text="hi"), CustomElem(data="x")],
        offline_push_info=OfflinePushInfo(desc="hi"),
    )
    assert_type(sent, SendMsgResult)
    assert_type(sent.msg_key, str)
    assert_type(sent.msg_time, int)
    assert_type(await client.c2c.send_text("bob", "hi"), SendMsgResult)
    assert_type(await client.call(C2C.send, SendMsg(to_account="bob", msg_body=[TextElem("hi")])), SendMsgResult)
    assert_type(await client.call(C2C.send, {"To_Account": "bob", "MsgBody": []}), SendMsgResult)
    assert_type(await client.request("openim/sendmsg", {"To_Account": "bob"}), dict[str, Any])
    page = await client.c2c.get_roam_msgs(operator_account="a", peer_account="b", max_cnt=1, min_time=0, max_time=1)
    assert_type(page, RoamMsgs)
    assert_type(client.c2c.iter_roam_msgs("a", "b"), AsyncIterator[RoamMsg])
    assert_type(await client.account.import_account(user_id="bob", nick="Bob"), Empty)
    assert_type(await client.account.import_accounts(account_list=[AccountItem(user_id="bob")]), ImportAccountsResult)
    assert_type(await client.account.check(check_item=[UserIDItem(user_id="bob")]), AccountResults)
    assert_type(await client.account.delete(delete_item=[UserIDItem(user_id="bob")]), AccountResults)
    task = asyncio.create_task(client.c2c.send(to_account="bob", msg_body=[]))
    assert_type(await task, SendMsgResult)
    view = client.with_options(deadline=None, retry=RetryPolicy.off(), priority="background", extra={"X": 1})
    assert_type(view, TimClient)


async def again(client: TimClient, pool: FakePool) -> None:
    try:
        await client.c2c.send_text("bob", "hi")
    except TimError as error:
        assert_type(error.request, AnyRequest)
        assert_type(await client.call(C2C.send, error.request), SendMsgResult)
        if isinstance(error.request, SendMsg):
            assert_type(error.request.to_account, str)
    assert_type(await client.call(C2C.send, pool.sent[-1].request), SendMsgResult)


def records() -> None:
    assert_type(C2C.send.command, str)
    assert_type(endpoints(), Mapping[str, Endpoint[..., Any]])
    element: Element = RawElem("TIMNewElem", {"A": 1})
    assert_type(decode(b"{}", SendMsg), SendMsg)
    image = ImageElem(uuid="x", image_info_array=[ImageInfo(type=1, url="u", width=1, height=1)])
    assert_type(image.uuid, str)
    assert_type(element.msg_type, str)


async def mistakes(client: TimClient) -> None:
    await client.c2c.send(to_acount="bob", msg_body=[])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.c2c.send(to_account="bob")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.c2c.send(to_account=5, msg_body=[])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.c2c.send(to_account="bob", msg_body=["hi"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await client.c2c.send(to_account="bob", msg_body=[], sync_other_machine=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    TextElem(txt="hi")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    TextElem("hi").text = "ho"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    await client.call(C2C.send, TextElem("hi"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.with_options(priority="urgent")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    TimClient(1, "k", pool_sizes=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.c2c.teleport()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


async def public_names(client: TimClient) -> None:
    assert_type(await client.c2c.send_to_all(["bob"], [TextElem(text="hi")]), tim_async.Deliveries)
    stream: tim_async.MessageStream[SendStreamMsgResult]
    async with client.c2c.stream("bob") as stream:
        assert_type(stream, tim_async.MessageStream[SendStreamMsgResult])
    priority: tim_async.Priority = "background"
    request: tim_async.SendMsg = SendMsg(to_account="bob", msg_body=[])
    assert_type(await client.with_options(priority=priority).call(tim_async.C2C.send, request), SendMsgResult)
