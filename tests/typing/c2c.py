"""What editors and type checkers must know of the one-to-one messages. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, assert_type

from tim_async import StreamElem, TextElem, TimClient
from tim_async.families._chunks import Chunked
from tim_async.families._fan_out import Deliveries, Delivery
from tim_async.families._streaming import MessageStream
from tim_async.families.c2c import C2C
from tim_async.models.c2c import BatchFailure, BatchSendMsg, BatchSendMsgResult, RoamMsg
from tim_async.models.c2c_marks import DeletedMsgs, ReadMsg, Unread
from tim_async.models.c2c_stream import SendStreamMsgResult
from tim_async.models.common import Empty
from tim_async.models.elements import StreamChunk
from tim_async.models.extension import Extension, ExtensionItem, ExtensionOutcome, Extensions


async def batches(client: TimClient) -> None:
    sent = await client.c2c.send_batch(to_account=["bonnie", "rong"], msg_body=[TextElem("hi")], sync_other_machine=2)
    assert_type(sent, BatchSendMsgResult)
    assert_type(sent.failed, list[BatchFailure])
    assert_type(sent.failed[0].error_code, int)
    request = BatchSendMsg(to_account=("bonnie",), msg_body=[TextElem("hi")])
    assert_type(await client.call(C2C.send_batch, request), BatchSendMsgResult)


async def everyone(client: TimClient, accounts: AsyncIterator[str]) -> None:
    received = await client.c2c.send_to_all(
        accounts, [TextElem("hi")], chunk_size=100, from_account="a", on_delivery=print
    )
    assert_type(received, Deliveries)
    assert_type(received.unknown, list[Delivery])
    assert_type(received["bob"].state, Literal["sent", "failed", "unknown"])
    await client.c2c.send_to_all({"a", "b"}, [TextElem("hi")], msg_seq=received.msg_seq, msg_random=received.msg_random)


async def streamed(client: TimClient) -> None:
    async with client.c2c.stream("bob", from_account="bot", keep_alive=None) as stream:
        assert_type(stream, MessageStream[SendStreamMsgResult])
        assert_type(await stream.write("hi"), None)
    assert_type(stream.result, SendStreamMsgResult | None)
    chunk = StreamChunk(index=1, markdown="hi")
    sent = await client.c2c.send_stream(to_account="bob", msg_body=[StreamElem(chunks=[chunk])])
    assert_type(sent.stream_msg_id, str)


async def stored(client: TimClient, messages: list[RoamMsg]) -> None:
    c2c = client.c2c
    assert_type(await c2c.recall(from_account="a", to_account="b", msg_key="k"), Empty)
    assert_type(await c2c.recall_msg(messages[0]), Empty)
    assert_type(await c2c.confirm_read(messages), Empty)
    assert_type(await c2c.modify(from_account="a", to_account="b", msg_key="k", cloud_custom_data="x"), Empty)
    assert_type(await c2c.delete(operator_account="a", peer_account="b", msg_key_list=["k"]), DeletedMsgs)
    assert_type(await c2c.delete_all("a", "b", ["k"]), Chunked[str, DeletedMsgs])
    assert_type(await c2c.mark_read(report_account="a", peer_account="b", msg_read_time="1700000000"), Empty)
    unread = await c2c.get_unread(to_account="a")
    assert_type(unread.all_c2c_unread_msg_num, int | None)
    assert_type(await c2c.get_unread_from("a", ["b"]), Chunked[str, Unread])
    read = [ReadMsg(from_account="b", to_account="a", msg_key="k")]
    assert_type(await c2c.send_read_receipts(operator_account="a", peer_account="b", c2c_msg_info=read), Empty)
    done = await c2c.set_extensions(
        to_account="a", msg_key="k", operate_type=1, extension_list=[ExtensionItem(key="k", value="v")]
    )
    assert_type(done.failed, list[ExtensionOutcome])
    assert_type(await c2c.get_extensions(to_account="a", msg_key="k"), Extensions)
    assert_type(c2c.iter_extensions("a", "k"), AsyncIterator[Extension])
    imported = await c2c.import_msg(
        sync_from_old_system=5, from_account="a", to_account="b", msg_time_stamp=1, msg_body=[TextElem("hi")]
    )
    assert_type(imported, Empty)


async def mistakes(client: TimClient) -> None:
    client.c2c.stream("bob", sync_other_machine=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.c2c.send_to_all(["a"], [TextElem("hi")], from_acount="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.c2c.send_to_all([5], [TextElem("hi")])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await client.c2c.send_batch(to_account=[5], msg_body=[])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await client.c2c.mark_read(report_account="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.c2c.set_extensions(to_account="a", msg_key="k", operate_type=4)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.c2c.send_batch(to_accounts=["bob"], msg_body=[])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.c2c.send_batch(to_account=["bob"], msg_body=[], online_only_flag=2)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
