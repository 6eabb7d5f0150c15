"""The pool without sockets, as users have it."""

from __future__ import annotations

import asyncio

import pytest

from tests import clock
from tim_async import (
    ApiError,
    BodyTooLargeError,
    RateLimitedError,
    ReplyDecodeError,
    ReplyTimeoutError,
    RetryPolicy,
    TextElem,
    TimClient,
    TimError,
    UsageError,
)
from tim_async.families.c2c import C2C
from tim_async.models.c2c import SendMsg, SendMsgResult
from tim_async.testing import FakePool, Sent, envelope


async def test_message_is_answered_with_a_key_of_its_own():
    pool = FakePool()
    async with pool.client() as client:
        first = await client.c2c.send_text("bob", "你好")
        second = await client.c2c.send_text("bob", "你好")
    assert first.msg_key != second.msg_key
    assert first.msg_time > 0
    sent = pool.sent[0]
    assert sent.command == "openim/sendmsg"
    assert isinstance(sent.request, SendMsg)
    assert (sent.request.to_account, sent.request.msg_body) == ("bob", [TextElem("你好")])
    assert sent.fields["To_Account"] == "bob"


async def test_everything_else_is_answered_with_ok():
    pool = FakePool()
    async with pool.client() as client:
        assert (await client.account.import_account(user_id="bob")) is not None
        assert await client.request("openim/something_new", {"A": 1}) == {
            "ActionStatus": "OK",
            "ErrorInfo": "",
            "ErrorCode": 0,
        }
    assert [sent.command for sent in pool.sent] == ["im_open_login_svc/account_import", "openim/something_new"]
    with pytest.raises(UsageError, match="openim/something_new has no request struct"):
        _ = pool.sent[1].request


async def test_answers_of_every_kind():
    pool = FakePool().answer(
        C2C.send,
        SendMsgResult(msg_key="struct", msg_time=1),
        {"MsgKey": "mapping", "MsgTime": 2},
        envelope({"MsgKey": "bytes", "MsgTime": 3}),
        lambda sent: {"MsgKey": f"function for {sent.request.to_account}"},
        answer_later,
    )
    async with pool.client() as client:
        keys = [(await client.c2c.send_text("bob", "hi")).msg_key for _ in range(6)]
    assert keys == ["struct", "mapping", "bytes", "function for bob", "later", "later"]
    assert len(pool.calls(C2C.send)) == len(pool.calls("openim/sendmsg")) == 6
    assert pool.calls("openim/batchsendmsg") == []


async def answer_later(sent: Sent) -> SendMsgResult:
    await asyncio.sleep(0)
    return SendMsgResult(msg_key="later")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (60007, RateLimitedError),
        (envelope({}, code=20006, info="refused"), ApiError),
        (b"<html>", ReplyDecodeError),
        (ReplyTimeoutError("late", timeout=1), ReplyTimeoutError),
        (object(), UsageError),
    ],
    ids=["code", "envelope", "garbage", "error", "nonsense"],
)
async def test_failures(answer, kind):
    async with FakePool(answer).client(retry=RetryPolicy.off()) as client:
        with pytest.raises(kind):
            await client.c2c.send_text("bob", "hi")


def test_checks_limits_and_retries_are_the_real_ones():
    async def main() -> None:
        pool = FakePool(20004, 20004, {})
        async with pool.client() as client:
            await client.c2c.send_text("bob", "hi")
            assert len({sent.body for sent in pool.sent}) == 1
            assert len(pool.sent) == 3
            with pytest.raises(BodyTooLargeError):
                await client.c2c.send_text("bob", "长" * 3_000)
            await asyncio.gather(*(client.c2c.send_text("bob", "hi") for _ in range(500)))
        times = [sent.at for sent in pool.sent]
        assert clock.worst_window(times) <= 200
        assert times[-1] - times[0] > 2

    clock.run(main())


async def test_slots_are_given_in_order_and_closing_ends_the_waits():
    gate = asyncio.Event()

    async def hold(sent: Sent) -> dict[str, object]:
        await gate.wait()
        return {}

    pool = FakePool(hold, size=1)
    client = pool.client()
    calls = [asyncio.create_task(client.c2c.send_text(name, "hi")) for name in ("a", "b", "c")]
    while not pool.sent:  # noqa: ASYNC110 - the pool knows no events
        await asyncio.sleep(0)
    assert pool.busy == 1
    calls[1].cancel()
    gate.set()
    await calls[0]
    await calls[2]
    assert [sent.fields["To_Account"] for sent in pool.sent] == ["a", "c"]
    gate.clear()
    calls = [asyncio.create_task(client.c2c.send_text(name, "hi")) for name in ("d", "e")]
    while len(pool.sent) < 3:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await client.close()
    with pytest.raises(UsageError, match="closed"):
        await calls[1]
    gate.set()
    await calls[0]
    with pytest.raises(UsageError, match="the client is closed"):
        await client.c2c.send_text("f", "hi")


async def test_pool_may_be_given_to_the_client_of_an_app():
    pool = FakePool()
    async with TimClient(1400000001, "key-of-the-app", pool=pool) as client:
        assert await client.warm_up(3) == 3
        await client.c2c.send_text("bob", "hi")
    assert pool.sent[0].query["sdkappid"] == "1400000001"


async def test_user_sig_is_not_shown():
    pool = FakePool()
    async with pool.client() as client:
        await client.c2c.send_text("bob", "hi")
    assert pool.sent[0].query["usersig"] not in repr(pool.sent)
    assert "openim/sendmsg" in repr(pool.sent)


def test_no_answers_are_refused():
    with pytest.raises(UsageError) as caught:
        FakePool().answer(C2C.send)
    assert caught.value.field == "answers"


async def test_slots_go_to_smaller_ranks_first():
    pool = FakePool(size=1)
    first = pool.slot((0, 0))
    assert first.take_nowait()
    order = []

    async def take(rank):
        with pool.slot((0, rank)) as slot:
            await slot.take()
            order.append(rank)

    tasks = [asyncio.create_task(take(rank)) for rank in (3, 1, 2)]
    await asyncio.sleep(0)
    assert not pool.slot((0, 4)).take_nowait()
    tasks[1].cancel()
    await asyncio.sleep(0)
    first.release()
    first.release()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [2, 3]
    assert pool.busy == 0


async def test_post_needs_a_slot():
    with pytest.raises(UsageError, match="the slot is not taken"):
        await FakePool().slot((0, 0)).post("openim/sendmsg", "", b"{}", timeout=1)


async def test_answer_that_takes_too_long_is_given_up_as_by_the_network():
    async def slow(sent):
        await asyncio.get_running_loop().create_future()

    async with FakePool(slow).client(timeout=0.05, retry=RetryPolicy.off()) as client:
        with pytest.raises(ReplyTimeoutError, match=r"gave no answer within 0\.0\d+ s") as caught:
            await client.c2c.send_text("bob", "hi")
    assert caught.value.maybe_delivered
    assert 0 < caught.value.timeout <= 0.05


async def test_timeout_of_the_script_itself_is_no_late_answer():
    async with FakePool(TimeoutError("of the script")).client(retry=RetryPolicy.off()) as client:
        with pytest.raises(TimeoutError, match="of the script"):
            await client.c2c.send_text("bob", "hi")


@pytest.mark.parametrize(
    "error", [ReplyTimeoutError("late", timeout=1.5), OSError(5, "broken"), RuntimeError("as planned")], ids=repr
)
async def test_every_attempt_gets_an_error_of_its_own(error):
    error.__cause__ = ValueError("deeper")
    caught = []
    async with FakePool(error).client(retry=RetryPolicy.off()) as client:
        for command in ("a/b", "c/d"):
            try:
                await client.request(command, {})
            except (TimError, OSError, RuntimeError) as got:
                caught.append(got)
    first, second = caught
    assert first is not second
    assert first is not error
    assert error.__traceback__ is None
    assert (type(first), first.args, str(first.__cause__)) == (type(error), error.args, "deeper")
    if isinstance(error, TimError):
        assert (first.command, second.command, error.command) == ("a/b", "c/d", None)
        assert first.timeout == 1.5
