"""One message to many, end to end."""

from __future__ import annotations

import logging

import pytest

from tests import clock
from tests.in_process import inside
from tim_async import (
    BodyTooLargeError,
    InvalidRequestError,
    PartialFailureError,
    RetryPolicy,
    TextElem,
    TimClient,
    UsageError,
    WaitTooLongError,
    encode,
)
from tim_async._core.bucket import shape
from tim_async.emulator import Emulator
from tim_async.families.c2c import C2C
from tim_async.models.c2c import BatchFailure, BatchSendMsg

ADMIN = "administrator"
HI = [TextElem(text="你好 👋")]


async def test_everybody_gets_it(client: TimClient, emulator: Emulator) -> None:
    sent = await client.c2c.send_batch(to_account=["alice", "bob"], msg_body=HI)
    assert sent.failed == []
    sent.raise_for_failed()
    stored = emulator.messages(from_=ADMIN)
    assert [(each.to_account, each.msg_key, each.msg_body) for each in stored] == [
        ("alice", sent.msg_key, HI),
        ("bob", sent.msg_key, HI),
    ]


async def test_those_who_fail_are_in_the_result_and_not_silent(
    client: TimClient, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "tim_async"):
        sent = await client.c2c.send_batch(to_account=["alice", "nobody"], msg_body=HI)
    assert sent.failed == [BatchFailure(to_account="nobody", error_code=70107)]
    assert "1 of its items failed" in caplog.text
    assert client.stats()["openim/batchsendmsg"].failed_items == 1
    with pytest.raises(PartialFailureError) as caught:
        sent.raise_for_failed()
    assert caught.value.failed == sent.failed
    assert len(emulator.messages()) == 1


async def test_no_one_gets_it(client: TimClient) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await client.c2c.send_batch(to_account=["x", "y"], msg_body=HI)
    assert (caught.value.code, caught.value.maybe_delivered) == (90012, False)


async def test_code_after_acceptance_reaches_no_one_twice(client: TimClient, emulator: Emulator) -> None:
    emulator.faults.answer(91000, times=1, after=True)
    view = client.with_options(retry=RetryPolicy(base=0.001))
    sent = await view.c2c.send_batch(to_account=["alice", "bob"], msg_body=HI)
    assert {each.msg_key for each in emulator.messages()} == {sent.msg_key}
    assert len(emulator.messages()) == 2
    assert emulator.arrivals[0].body == emulator.arrivals[1].body


@pytest.mark.parametrize(
    ("accounts", "field"),
    [
        pytest.param([], "to_account", id="nobody"),
        pytest.param([f"u{number}" for number in range(501)], "to_account", id="501"),
        pytest.param("bob", "to_account", id="text"),
        pytest.param(["bob", ""], "to_account[1]", id="empty"),
        pytest.param(["bob", "汉" * 11], "to_account[1]", id="33-bytes"),
        pytest.param(["bob", 5], "to_account[1]", id="number"),
    ],
)
async def test_wrong_recipients_are_refused_before_anything_is_sent(
    client: TimClient, emulator: Emulator, accounts: list[str], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await client.c2c.send_batch(to_account=accounts, msg_body=HI)
    assert caught.value.field == field
    assert emulator.count() == 0


async def test_recipients_do_not_count_for_the_size_and_the_message_does(client: TimClient, emulator: Emulator) -> None:
    crowd = [f"{number:032}" for number in range(500)]
    emulator.add_accounts(*crowd)
    request = BatchSendMsg(to_account=crowd, msg_seq=1, msg_random=2, msg_body=[TextElem(text="")])
    filler = "x" * (8192 - len(encode(request)) + len(encode(crowd)) + len('"To_Account":,'))
    request.msg_body = [TextElem(text=filler)]
    assert (await client.call(C2C.send_batch, request)).failed == []
    request.msg_body = [TextElem(text=filler + "x")]
    with pytest.raises(BodyTooLargeError) as caught:
        await client.call(C2C.send_batch, request)
    assert (caught.value.actual, caught.value.field) == (8193, "MsgBody")
    assert len(emulator.messages()) == 500


def test_deliveries_a_minute_hold_the_client_back() -> None:
    crowd = [f"u{number}" for number in range(500)]

    async def main() -> float | None:
        async with inside(*crowd, deadline=2.0) as (client, emulator):
            for _ in range(18):
                await client.c2c.send_batch(to_account=crowd, msg_body=HI)
            with pytest.raises(WaitTooLongError) as caught:
                await client.c2c.send_batch(to_account=crowd, msg_body=HI)
            assert emulator.count("openim/batchsendmsg") == 18
        return caught.value.wait

    (rate,) = (rate for rate in C2C.send_batch.limits if rate.cost)
    flow = shape(rate)[1] / 4  # of the quarter that a burst leaves of a minute
    assert clock.run(main()) == pytest.approx(500 / flow, rel=0.01)
