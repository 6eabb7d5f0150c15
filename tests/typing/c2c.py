"""What editors and type checkers must know of the one-to-one messages. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from typing import assert_type

from tim_async import TextElem, TimClient
from tim_async.families.c2c import C2C
from tim_async.models.c2c import BatchFailure, BatchSendMsg, BatchSendMsgResult


async def batches(client: TimClient) -> None:
    sent = await client.c2c.send_batch(to_account=["bonnie", "rong"], msg_body=[TextElem("hi")], sync_other_machine=2)
    assert_type(sent, BatchSendMsgResult)
    assert_type(sent.failed, list[BatchFailure])
    assert_type(sent.failed[0].error_code, int)
    request = BatchSendMsg(to_account=("bonnie",), msg_body=[TextElem("hi")])
    assert_type(await client.call(C2C.send_batch, request), BatchSendMsgResult)


async def mistakes(client: TimClient) -> None:
    await client.c2c.send_batch(to_account=[5], msg_body=[])  # pyright: ignore[reportArgumentType]
    await client.c2c.send_batch(to_accounts=["bob"], msg_body=[])  # pyright: ignore[reportCallIssue]
    await client.c2c.send_batch(to_account=["bob"], msg_body=[], online_only_flag=2)  # pyright: ignore[reportArgumentType]
