"""Work after the answer: bounds, shutdown and event loops; no event is lost without a report."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests import clock
from tests.webhooks.receiver import AFTER, BEFORE, OK, broken, hanging, make, take
from tests.webhooks.requests import body, query
from tim_async import UsageError
from tim_async.errors import EventLostError, HandlerTimeoutError, SignatureError
from tim_async.webhooks import AfterSendMsg, BeforeSendMsg, Event


def test_burst_behind_slow_handlers_loses_nothing():
    """Without asyncio's debug mode, which makes crowds of tasks slow."""
    running, most, longest = 0, 0, 0
    got = set()
    router, errors = make(concurrency=50, max_pending=200, before_timeout=60)

    @router.on(AfterSendMsg)
    async def slow(event):
        nonlocal running, most, longest
        running += 1
        most = max(most, running)
        longest = max(longest, len(router._handlers._background))
        await asyncio.sleep(0.001)
        running -= 1
        got.add(event.msg_key)

    async def main():
        async with router:
            url = query(AFTER)
            requests = (router.handle(url, body(AFTER, MsgKey=str(number))) for number in range(2_000))
            answers = await asyncio.gather(*requests)
            assert {answer.status for answer in answers} == {200}

    asyncio.run(main(), debug=False)
    assert len(got) == 2_000
    assert most == 50
    assert 150 <= longest <= 200
    assert errors == []


@clock.jumping
async def test_event_that_finds_no_room_in_time_is_refused_so_that_it_comes_again():
    router, errors = make(concurrency=1, max_pending=1, before_timeout=0.05)
    go, got = asyncio.Event(), []

    @router.on(Event)
    async def slow(event):
        await go.wait()
        got.append(event)

    async with router:
        statuses = []
        for _ in range(4):
            statuses.append((await take(router))[0])
            await asyncio.sleep(0)  # the first one is started
        assert statuses == [200, 200, 503, 503]
        assert await take(router, BEFORE) == (200, OK), "the decision is answered all the same"
        go.set()
    assert len(got) == 2
    lost = [error for error, _ in errors if isinstance(error, EventLostError)]
    assert len(lost) == 3


@clock.jumping
async def test_waiting_bodies_are_bounded_in_bytes():
    router, _ = make(concurrency=1, max_pending_bytes=1_000, before_timeout=0.05)
    go = asyncio.Event()

    @router.on(AfterSendMsg)
    async def slow(event):
        await go.wait()

    async with router:
        big = {"CloudCustomData": "x" * 900}
        statuses = []
        for _ in range(3):
            statuses.append((await take(router, fields=big))[0])
            await asyncio.sleep(0)
        assert statuses == [200, 200, 503]
        go.set()


@clock.jumping
async def test_room_is_free_again_when_events_were_handled():
    """Also for an event that arrives just when the last worker ends."""
    router, errors = make(concurrency=1, max_pending_bytes=1_000, before_timeout=5)
    go, got = asyncio.Event(), []
    go.set()

    @router.on(AfterSendMsg)
    async def handle(event):
        await go.wait()
        got.append(event)

    async with router:
        for _ in range(20):
            assert (await take(router, fields={"CloudCustomData": "x" * 900}))[0] == 200
        await asyncio.sleep(0.01)
        go.clear()
        for _ in range(3):
            assert (await take(router, fields={"CloudCustomData": "x" * 400}))[0] == 200
            await asyncio.sleep(0)
        assert len(router._handlers._background) == 2
        go.set()
    assert len(got) == 23
    assert errors == []


@clock.jumping
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


@clock.jumping
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
            await asyncio.sleep(0)  # the worker has ended, and its successor has not started
    assert got == list("12")
    assert [(type(error), event.msg_key) for error, event in errors] == [(EventLostError, "0")]
    await asyncio.sleep(0.02)
    assert len(caplog.records) == 1, "it is reported once"


@clock.jumping
async def test_closing_waits_for_handlers_then_gives_up_and_reports_it(caplog):
    router, errors = make(concurrency=1, shutdown_timeout=0.05)
    router.on(AfterSendMsg)(hanging)
    async with router:
        for key in "123":
            await take(router, fields={"MsgKey": key})
            await asyncio.sleep(0)
    assert [(type(error), event.msg_key) for error, event in errors] == [(EventLostError, key) for key in "123"]
    assert caplog.text.count("before the handlers had finished") == 3
    assert (await take(router))[0] == 503, "closed"


async def test_closing_twice_and_opening_again():
    router, _ = make()
    got = []
    router.on(AfterSendMsg)(got.append)
    for _ in range(2):
        async with router:
            assert (await take(router))[0] == 200
        await router.close()
    assert len(got) == 2


@clock.jumping
async def test_shutdown_ends_in_time_whatever_hangs():
    """Handlers that swallow their cancellation, before and after the answer, and a hook that hangs."""
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
    began = asyncio.get_running_loop().time()
    await router.close()
    assert asyncio.get_running_loop().time() - began <= 0.2001
    let_go.set()
    await asyncio.sleep(0.01)
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("tim_async")] == []


@clock.jumping
async def test_events_given_up_at_shutdown_are_reported():
    reported = []

    async def hook(error, event):
        await asyncio.sleep(0.001)
        reported.append(type(error))

    router, _ = make(shutdown_timeout=0.1, on_error=hook)
    router.on(AfterSendMsg)(hanging)
    router.on(BeforeSendMsg)(broken)
    async with router:
        await take(router)
        await take(router, BEFORE)
    assert sorted(reported, key=str) == sorted([EventLostError, RuntimeError], key=str)
    assert HandlerTimeoutError not in reported


def test_router_serves_one_loop_after_the_other():
    router, _ = make()
    got = []
    router.on(AfterSendMsg)(got.append)

    async def one():
        assert (await take(router))[0] == 200
        await router._handlers.close(1)
        router._handlers.open()

    asyncio.run(one())
    asyncio.run(one())
    assert len(got) == 2


def test_loops_that_end_before_the_handlers_ran_are_reported():
    """`asyncio.run` for each request: the next request reports the events that the last one left behind."""
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


def test_reports_left_over_from_one_loop_are_made_in_the_next():
    reported = []

    async def hook(error, event):
        await asyncio.sleep(0.001)
        reported.append(type(error))

    router, _ = make(on_error=hook)
    asyncio.run(take(router, Sign="forged"))
    assert reported == []

    async def last():
        async with router:
            await take(router)

    asyncio.run(last())
    assert reported == [SignatureError]


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
