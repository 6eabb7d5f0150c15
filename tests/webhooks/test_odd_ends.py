"""Handlers, loops and shutdowns that end otherwise than they should: nothing is lost unsaid."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from tests.webhooks.test_router import AFTER, BEFORE, OK, broken, hanging, make, take
from tim_async import RawElem, TextElem, UsageError
from tim_async.errors import AnswerError, EventLostError, HandlerTimeoutError, SignatureError
from tim_async.webhooks import AfterSendMsg, BeforeSendMsg, Event, Refuse, Replace, UnknownEvent


class OddError(BaseException):
    """No Exception, as pytest's own are."""


async def odd(event):
    raise OddError


async def give_up(event):
    """Wait for what somebody else has cancelled."""
    task = asyncio.create_task(asyncio.sleep(10))
    task.cancel()
    await task


@pytest.mark.parametrize(("handler", "kind"), [(give_up, asyncio.CancelledError), (odd, OddError)])
async def test_after_handler_that_ends_oddly_is_reported_and_costs_no_event(handler, kind, caplog):
    router, errors = make(concurrency=1)
    got = []

    @router.on(AfterSendMsg)
    async def some(event):
        if int(event.msg_key) % 2:
            await handler(event)

    router.on(AfterSendMsg)(lambda event: got.append(event.msg_key))
    async with router:
        for number in range(6):
            assert (await take(router, fields={"MsgKey": str(number)}))[0] == 200
        await asyncio.sleep(0.02)
        assert got == list("012345"), "without waiting for the end"
    assert [(type(error), error.command, event.msg_key) for error, event in errors] == [
        (EventLostError, AFTER, key) for key in "135"
    ]
    assert {type(error.__cause__) for error, _ in errors} == {kind}
    assert caplog.text.count(f"a handler of {AFTER} failed") == 3


async def test_handler_that_cancels_its_own_task_costs_no_other_event():
    router, errors = make(concurrency=1)
    got = []

    @router.on(AfterSendMsg)
    async def handle(event):
        if event.msg_key == "0":
            asyncio.current_task().cancel()
            await asyncio.sleep(0)
        got.append(event.msg_key)

    async with router:
        for number in range(4):
            await take(router, fields={"MsgKey": str(number)})
        await asyncio.sleep(0.1)
        assert got == list("123"), "without waiting for the end"
    assert [(type(error), event.msg_key) for error, event in errors] == [(EventLostError, "0")]


async def test_worker_that_is_cancelled_during_shutdown_costs_no_other_event(caplog):
    router, errors = make(concurrency=1)
    got = []

    @router.on(AfterSendMsg)
    async def handle(event):
        if event.msg_key == "0":
            asyncio.current_task().cancel()
            await asyncio.sleep(0)
        got.append(event.msg_key)

    async with router:
        for number in range(3):
            await take(router, fields={"MsgKey": str(number)})
        for _ in range(3):
            await asyncio.sleep(0)  # the worker has ended, and its successor has not begun
    assert got == list("12")
    assert [(type(error), event.msg_key) for error, event in errors] == [(EventLostError, "0")]
    await asyncio.sleep(0.02)
    assert len(caplog.records) == 1, "it is told of once"


async def test_handlers_behind_one_that_is_given_up_are_not_begun(caplog):
    router, errors = make(shutdown_timeout=0.05)
    got = []
    router.on(AfterSendMsg)(hanging)
    router.on(AfterSendMsg)(got.append)
    async with router:
        await take(router)
    await asyncio.sleep(0)
    assert got == []
    assert [type(error) for error, _ in errors] == [EventLostError]
    assert len(caplog.records) == 1


@pytest.mark.parametrize("default", [None, Refuse(code=120_009)], ids=["allow", "refuse"])
async def test_before_handler_that_ends_oddly_is_answered_for(default, caplog):
    router, errors = make()
    router.before(BeforeSendMsg, default=default)(odd)
    async with router:
        status, told = await take(router, BEFORE)
    assert (status, told["ErrorCode"]) == (200, 120_009 if default else 0)
    ((error, event),) = errors
    assert type(error) is AnswerError
    assert type(error.__cause__) is OddError
    assert isinstance(event, BeforeSendMsg)
    assert f"{BEFORE}: the handler ended with OddError" in caplog.text
    assert "in odd" in caplog.text, "where it was raised"


UNSPEAKABLE = {
    "info": Refuse(code=120_001, info="\udcff"),
    "text": Replace(msg_body=[TextElem("\ud800")]),
    "data": Replace(cloud_custom_data="\ud800"),
    "raw element": Replace(msg_body=[RawElem("X", {"a": object()})]),
}


@pytest.mark.parametrize("answer", UNSPEAKABLE.values(), ids=UNSPEAKABLE)
async def test_answer_that_cannot_be_encoded_is_answered_for(answer):
    router, errors = make()
    router.before(BeforeSendMsg, default=Refuse(code=120_009))(lambda event: answer)
    async with router:
        assert await take(router, BEFORE) == (200, {**OK, "ErrorCode": 120_009})
    assert [type(error) for error, _ in errors] == [AnswerError]


def test_default_that_cannot_be_encoded_is_refused_at_once():
    router, _ = make()
    with pytest.raises(UsageError) as caught:
        router.before(BeforeSendMsg, default=Refuse(code=120_001, info="\udcff"))
    assert caught.value.field == "default"


async def test_handlers_run_in_the_order_of_on_whatever_their_kinds():
    router, _ = make()
    got = []
    router.on(Event)(lambda event: got.append("every"))
    router.on(AfterSendMsg)(lambda event: got.append("this"))
    router.on(Event)(lambda event: got.append("every again"))
    async with router:
        await take(router)
    assert got == ["every", "this", "every again"]


def test_loops_that_end_before_the_handlers_ran_are_reported():
    """`asyncio.run` for each request: the next request tells of the events that the last one left."""
    router, errors = make()
    got, does_hang = [], True

    @router.on(AfterSendMsg)
    async def handle(event):
        if does_hang:
            await hanging(event)
        got.append(event.msg_key)

    async def one(key, *, wait):
        assert (await take(router, fields={"MsgKey": key}))[0] == 200
        if wait:
            await asyncio.sleep(0.005)  # it runs when its loop ends

    asyncio.run(one("0", wait=False))
    asyncio.run(one("1", wait=True))
    does_hang = False

    async def last():
        async with router:
            await take(router, fields={"MsgKey": "2"})

    asyncio.run(last())
    assert got == ["2"]
    assert [(type(error), event.msg_key) for error, event in errors] == [(EventLostError, "0"), (EventLostError, "1")]


def test_what_the_hook_was_not_told_before_its_loop_ended_it_is_told_in_the_next():
    told = []

    async def hook(error, event):
        await asyncio.sleep(0.001)
        told.append(type(error))

    router, _ = make(on_error=hook)
    asyncio.run(take(router, Sign="forged"))
    assert told == []

    async def last():
        async with router:
            await take(router)

    asyncio.run(last())
    assert told == [SignatureError]


def test_two_loops_at_once_are_refused_and_the_first_goes_on():
    router, errors = make()
    got, refused = [], []
    begun, tried = threading.Event(), threading.Event()

    @router.on(AfterSendMsg)
    async def handle(event):
        await asyncio.to_thread(tried.wait, 5)
        got.append(event.msg_key)

    async def first():
        async with router:
            await take(router, fields={"MsgKey": "1"})
            begun.set()

    async def second():
        for attempt in (router.start, router.close, lambda: take(router)):
            with pytest.raises(UsageError, match="another event loop"):
                await attempt()
            refused.append(attempt)

    thread = threading.Thread(target=lambda: asyncio.run(first()))
    thread.start()
    assert begun.wait(5)
    try:
        asyncio.run(second())
    finally:
        tried.set()
        thread.join(5)
    assert (len(refused), got, errors) == (3, ["1"], [])


async def test_shutdown_keeps_to_its_time_whatever_hangs():
    """Handlers that swallow their cancellation, on both sides of the answer, and a hook that hangs."""
    let_go = asyncio.Event()

    async def stubborn(event):
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue

    router, _ = make(
        shutdown_timeout=0.2,
        before_timeout=0.02,
        on_error=lambda error, event: asyncio.get_running_loop().create_future(),
    )
    router.on(AfterSendMsg)(stubborn)
    router.before(BeforeSendMsg)(stubborn)
    await router.start()
    await take(router)
    await take(router, BEFORE)
    began = time.monotonic()
    await router.close()
    assert time.monotonic() - began < 0.35
    let_go.set()
    await asyncio.sleep(0.01)
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("tim_async")] == []


async def test_hook_is_told_of_what_shutdown_gave_up():
    told = []

    async def hook(error, event):
        await asyncio.sleep(0.001)
        told.append(type(error))

    router, _ = make(shutdown_timeout=0.1, on_error=hook)
    router.on(AfterSendMsg)(hanging)
    router.on(BeforeSendMsg)(broken)
    async with router:
        await take(router)
        await take(router, BEFORE)
    assert sorted(told, key=str) == sorted([EventLostError, RuntimeError], key=str)
    assert HandlerTimeoutError not in told


async def test_command_that_nobody_knows_makes_no_line_in_the_log(caplog):
    router, errors = make(after_timeout=0.02)
    router.on(UnknownEvent)(broken)
    router.on(UnknownEvent)(hanging)
    async with router:
        for command in ("X\nFAKE LINE", "X\u2028FAKE LINE", "X" * 5_000):
            assert (await take(router, command))[0] == 200
    assert len(errors) == 6
    assert not any(line.startswith("FAKE") for record in caplog.records for line in record.getMessage().splitlines()), (
        "a line of its own"
    )
    assert max(len(record.getMessage()) for record in caplog.records) < 300
