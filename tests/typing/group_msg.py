"""Group messages: what editors and type checkers must know of a call. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from tim_async import TextElem, TimClient
from tim_async.families._chunks import Chunked
from tim_async.families._streaming import MessageStream
from tim_async.families.group_msg import GroupMessages
from tim_async.models.common import Empty
from tim_async.models.extension import Extension, SetExtensionsResult
from tim_async.models.group_msg import (
    GroupAt,
    GroupMsg,
    GroupMsgs,
    MsgSeqItem,
    RecallGroupMsgsResult,
    SendGroupMsg,
    SendGroupMsgResult,
)
from tim_async.models.group_stream import SendGroupStreamMsgResult


async def streamed(client: TimClient) -> None:
    async with client.group_msg.stream("@TGS#2C5SZEAEF", compatible_text="old") as stream:
        assert_type(stream, MessageStream[SendGroupStreamMsgResult])


async def group_messages(client: TimClient) -> None:
    sent = await client.group_msg.send(
        group_id="@TGS#2C5SZEAEF",
        msg_body=[TextElem(text="hi")],
        msg_priority="High",
        group_at_info=[GroupAt(group_at_all_flag=1)],
    )
    assert_type(sent, SendGroupMsgResult)
    assert_type(sent.msg_seq, int)
    assert_type(sent.failed, list[str])
    assert_type(await client.group_msg.send_text("g", "hi", topic_id="t"), SendGroupMsgResult)
    message = SendGroupMsg(group_id="g", msg_body=[TextElem("hi")])
    assert_type(await client.call(GroupMessages.send, message), SendGroupMsgResult)
    page = await client.group_msg.get_history(group_id="g", req_msg_number=20)
    assert_type(page, GroupMsgs)
    assert_type(page.next_req_msg_seq, int | None)
    assert_type(client.group_msg.iter_history("g", with_recalled=True), AsyncIterator[GroupMsg])
    assert_type(client.group_msg.iter_readers("g", 1), AsyncIterator[str])
    assert_type(client.group_msg.iter_extensions("g", 1), AsyncIterator[Extension])
    assert_type(await client.group_msg.recall_all("g", range(9)), Chunked[int, RecallGroupMsgsResult])
    assert_type(await client.group_msg.clear(group_id="g"), Empty)
    changed = await client.group_msg.set_extensions(group_id="g", msg_seq=1, operate_type=3)
    assert_type(changed, SetExtensionsResult)


async def mistakes(client: TimClient) -> None:
    await client.group_msg.send(group_id="g")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.group_msg.send(group_id="g", msg_body=[], msg_priority="high")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.group_msg.recall(group_id="g", msg_seq_list=[1])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await client.group_msg.get_receipt_detail(
        group_id="g",
        msg_seq=1,
        filter=2,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        cursor="",
        count=1,
    )
    MsgSeqItem(seq=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
