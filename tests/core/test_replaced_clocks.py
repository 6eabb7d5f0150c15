"""Clocks that users' tests replace: nothing hangs, and client, emulator and webhooks show one time."""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import freezegun
import pytest
import time_machine

from tim_async import (
    BucketCost,
    Claim,
    CommandStats,
    LocalRateLimiter,
    Rate,
    ReplyTimeoutError,
    RetryPolicy,
    TextElem,
    TimClient,
    UsageError,
    _clocks,
)
from tim_async._core.bucket import Bucket, Waiter
from tim_async.emulator import Emulator
from tim_async.testing import FakePool, deliver
from tim_async.usersig import generate_user_sig
from tim_async.webhooks import AfterSendMsg, WebhookRouter, sign

THEN = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
HI = [TextElem(text="hi")]
Replace = Callable[[], AbstractContextManager[Any]]

REPLACED: dict[str, Replace] = {
    "freezegun": lambda: freezegun.freeze_time(THEN),
    "freezegun with real_asyncio": lambda: freezegun.freeze_time(THEN, real_asyncio=True),
    "freezegun that ticks": lambda: freezegun.freeze_time(THEN, tick=True),
    "time-machine": lambda: time_machine.travel(THEN, tick=False),
    "time-machine that ticks": lambda: time_machine.travel(THEN, tick=True),
}
STANDING = "freezegun"  # the loop's clock, too


@pytest.fixture(autouse=True)
async def no_hang() -> AsyncIterator[None]:
    """Cancel a test that takes a minute by the real clock: one of the loop's timers would fire at once, or never."""
    loop = asyncio.get_running_loop()
    timer = threading.Timer(60, loop.call_soon_threadsafe, (lambda: [each.cancel() for each in asyncio.all_tasks()],))
    timer.daemon = True
    timer.start()
    yield
    timer.cancel()


@pytest.fixture(params=REPLACED)
def replace(request: pytest.FixtureRequest) -> Replace:
    return REPLACED[request.param]


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        emulator.add_accounts("bob")
        yield emulator


def client_of(emulator: Emulator, **options: Any) -> TimClient:
    return TimClient(emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url, **options)


def send(client: TimClient) -> Any:
    return client.c2c.send(to_account="bob", msg_body=HI)


async def test_client_and_emulator_show_the_replaced_time(emulator: Emulator, replace: Replace) -> None:
    with replace():
        async with client_of(emulator) as client:
            sent = await send(client)
            assert 0 <= sent.msg_time - THEN.timestamp() <= 5
            (message,) = [message async for message in client.c2c.iter_roam_msgs("bob", "administrator")]
            assert message.msg_time_stamp == sent.msg_time
            # A UserSig that a test signs with the time it shows is as good as the client's own.
            own = generate_user_sig(emulator.sdk_app_id, emulator.secret_key, "administrator", expire=600)
        async with client_of(emulator, user_sig_provider=lambda *_: own) as client:
            await send(client)


async def test_emulator_started_while_time_is_replaced(replace: Replace) -> None:
    with replace():
        async with Emulator() as emulator, client_of(emulator) as client:
            emulator.add_accounts("bob")
            assert 0 <= (await send(client)).msg_time - THEN.timestamp() <= 5


async def test_webhooks_are_signed_and_checked_in_the_replaced_time(replace: Replace) -> None:
    router = WebhookRouter(1400000000, "token")
    async with router:
        with replace():
            assert (await deliver(router, AfterSendMsg())).error_code == 0
            now = str(int(time.time()))
            query = {"SdkAppid": "1400000000", "RequestTime": now, "Sign": sign("token", now)}
            event = AfterSendMsg()
            response = await router.handle({**query, "CallbackCommand": event.callback_command}, event.to_body())
            assert json.loads(response.body)["ErrorCode"] == 0


async def test_a_second_full_of_calls_goes_at_once(emulator: Emulator, replace: Replace) -> None:
    with replace():
        async with client_of(emulator) as client:
            await asyncio.gather(*(send(client) for _ in range(200)))
    assert len(emulator.arrivals) == 200


@pytest.mark.parametrize("kind", [kind for kind in REPLACED if kind != STANDING])
async def test_more_calls_are_paced_by_the_real_clock(emulator: Emulator, kind: str) -> None:
    """The windows of the emulator's limits are real seconds as well: it refuses nothing."""
    began = _clocks.real_monotonic()
    with REPLACED[kind]():
        async with client_of(emulator) as client:
            await asyncio.gather(*(send(client) for _ in range(230)))
    assert _clocks.real_monotonic() - began > 1.0
    assert {arrival.code for arrival in emulator.arrivals} == {0}


async def test_emulator_made_while_time_is_replaced_counts_real_seconds() -> None:
    with REPLACED["freezegun with real_asyncio"]():
        async with Emulator(rate_limits={"openim/sendmsg": 20}) as emulator:
            emulator.add_accounts("bob")
            async with client_of(emulator, rate_limits={"openim/sendmsg": 15}) as client:
                await asyncio.gather(*(send(client) for _ in range(25)))
            assert {arrival.code for arrival in emulator.arrivals} == {0}
            assert emulator.arrivals[-1].monotonic - emulator.arrivals[0].monotonic > 0.5


async def test_bucket_is_set_back_with_all_that_it_knows_of_time() -> None:
    loop = asyncio.get_running_loop()
    bucket = Bucket(Rate(200), "openim/sendmsg", now=loop.time())
    now = loop.time()
    for _ in range(150):
        bucket.take(1, now)
    for _ in range(30):
        bucket.share.refused(now, now)
    bucket.slow_until, bucket.slow_flow = now + 5, 10.0
    pool = FakePool()
    waiter = Waiter([(bucket, 1)], pool.slot((0, 0)), 0, 0)
    waiter.future, waiter.bursts_until = loop.create_future(), now + 0.5
    bucket.push(waiter, 1)
    before = (bucket.share.share(now + 1), bucket.flow(now + 1), bucket.window.held(now + 0.5))
    assert before[0] < 1
    bucket.shift(-100.0)
    assert before == (bucket.share.share(now - 99), bucket.flow(now - 99), bucket.window.held(now - 99.5))
    assert waiter.bursts_until == now + 0.5 - 100.0
    assert bucket.flow(now) > bucket.slow_flow


async def test_limiter_is_set_back_with_the_share_of_the_app_and_what_others_have_used() -> None:
    start = asyncio.get_running_loop().time()
    limiter = LocalRateLimiter(used_until=start - 50.0)
    cost = BucketCost(Rate(200), 1, "", "openim/sendmsg")
    request = Claim(app=1, command=cost.command, costs=(cost,), priority="interactive", order=1)
    await limiter.acquire(request, FakePool().slot((0, 0)))
    for _ in range(30):
        limiter.refused(request, 60011)  # of the app as a whole
    share, later = limiter._app_shares[1], limiter._used_at
    before = share.share(later + 1.0)
    assert before < 1
    limiter._used_at += 100.0  # the clock showed more before
    await limiter.acquire(request, FakePool().slot((0, 0)))
    assert share.share(limiter._used_at - 100.0 + 1.0) == pytest.approx(before, rel=0.01)
    assert limiter._used_until == pytest.approx(start - 150.0, abs=10.0)


async def test_wait_while_the_clock_of_the_loop_stands_still_is_an_error(emulator: Emulator) -> None:
    with REPLACED[STANDING]():
        async with client_of(emulator) as client:
            outcomes = await asyncio.gather(*(send(client) for _ in range(205)), return_exceptions=True)
    errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert [type(error) for error in errors] == [UsageError] * 5
    assert "real_asyncio=True" in str(errors[0])
    assert len(emulator.arrivals) == 200


async def test_test_that_moves_the_time_ends_the_wait(emulator: Emulator) -> None:
    with freezegun.freeze_time(THEN) as frozen:
        async with client_of(emulator, rate_limits={"openim/sendmsg": 1}) as client:
            await send(client)
            waiting = asyncio.create_task(send(client))
            for _ in range(100):
                await asyncio.sleep(0)
            assert not waiting.done()
            frozen.tick(2)
            assert (await waiting).msg_time == int(THEN.timestamp()) + 2


async def test_limits_go_on_when_the_clock_is_set_back(emulator: Emulator, replace: Replace) -> None:
    """At the end of a test the loop's clock may be fifty years earlier than the last grant."""
    async with client_of(emulator, rate_limits={"openim/sendmsg": 5}) as client:
        await asyncio.gather(*(send(client) for _ in range(5)))
        with replace():
            await asyncio.gather(*(send(client) for _ in range(5 if replace is REPLACED[STANDING] else 1)))
        await asyncio.gather(*(send(client) for _ in range(7)))
    assert {arrival.code for arrival in emulator.arrivals} == {0}


async def test_call_that_waits_when_the_clock_is_set_back_goes_on(emulator: Emulator) -> None:
    async with client_of(emulator, rate_limits={"openim/sendmsg": 1}) as client:
        with REPLACED[STANDING]():
            await send(client)
            waiting = asyncio.create_task(send(client))
            for _ in range(100):
                await asyncio.sleep(0)
            assert not waiting.done()
        assert (await waiting).msg_key


def waiting_for_a_repeat(emulator: Emulator) -> TimClient:
    """Return a client whose first call is answered with a code that is worth a repeat."""
    emulator.faults.answer(20004, times=1)
    return client_of(emulator, retry=RetryPolicy(base=0.4, cap=0.4, factor=1))


async def until_a_call_waits(client: TimClient) -> None:
    async with asyncio.timeout(30):
        while client.stats().get("openim/sendmsg", CommandStats()).errors.get("20004") != 1:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_backoff_while_the_clock_of_the_loop_stands_still_is_an_error(emulator: Emulator) -> None:
    with REPLACED[STANDING]():
        async with waiting_for_a_repeat(emulator) as client:
            with pytest.raises(UsageError, match="real_asyncio=True") as caught:
                await send(client)
    assert caught.value.attempts == len(emulator.arrivals) == 1
    assert caught.value.command == "openim/sendmsg"
    assert caught.value.maybe_delivered  # 20004 leaves open how far it had come


@pytest.mark.parametrize("kind", [kind for kind in REPLACED if kind != STANDING])
async def test_backoff_ends_where_the_clock_of_the_loop_goes_on(emulator: Emulator, kind: str) -> None:
    with REPLACED[kind]():
        async with waiting_for_a_repeat(emulator) as client:
            assert (await send(client)).msg_key


@pytest.mark.parametrize("seconds", [2.0, 0.01], ids=["at once", "bit by bit"])
async def test_test_that_moves_the_time_ends_the_backoff(emulator: Emulator, seconds: float) -> None:
    with freezegun.freeze_time(THEN) as frozen:
        async with waiting_for_a_repeat(emulator) as client:
            waiting = asyncio.create_task(send(client))
            await until_a_call_waits(client)
            while not waiting.done():
                frozen.tick(seconds)
                await asyncio.sleep(0)
            assert waiting.result().msg_key


async def test_backoff_goes_on_when_the_clock_is_set_back(emulator: Emulator) -> None:
    async with waiting_for_a_repeat(emulator) as client:
        with REPLACED[STANDING]():
            waiting = asyncio.create_task(send(client))
            await until_a_call_waits(client)
        assert (await waiting).msg_key


async def test_answer_that_does_not_come_while_the_clock_stands_still_is_a_timeout(emulator: Emulator) -> None:
    stall = emulator.faults.stall()
    with REPLACED[STANDING]():
        async with client_of(emulator, timeout=0.1) as client:
            with pytest.raises(ReplyTimeoutError, match=r"no answer from 127\.0\.0\.1:\d+ within 0\.1 s") as caught:
                await send(client)
    stall.release()
    assert caught.value.maybe_delivered
    assert caught.value.timeout == 0.1


async def write_two_pieces(client: TimClient) -> None:
    async with client.c2c.stream("bob") as stream:
        await stream.write("one")
        await stream.write("two")


async def test_stream_that_waits_for_its_pace_while_the_clock_stands_still_is_an_error(emulator: Emulator) -> None:
    emulator.add_accounts("alice")
    with REPLACED[STANDING]():
        async with client_of(emulator) as client:
            with pytest.raises(UsageError, match="real_asyncio=True"):
                await write_two_pieces(client)


async def test_sleep_ends_with_an_event_while_the_clock_stands_still() -> None:
    event = asyncio.Event()
    with REPLACED[STANDING]():
        sleeping = asyncio.create_task(_clocks.sleep(60, until=event))
        await asyncio.sleep(0)
        event.set()
        await sleeping


async def test_sleep_with_an_event_is_over_in_time(replace: Replace) -> None:
    with replace() as _:
        if replace is REPLACED[STANDING]:
            with pytest.raises(UsageError, match="real_asyncio=True"):
                await _clocks.sleep(0.01, until=asyncio.Event())
        else:
            await _clocks.sleep(0.01, until=asyncio.Event())


async def test_sleep_in_which_the_clock_was_moved_too_little_and_stands_still_is_an_error() -> None:
    with freezegun.freeze_time(THEN) as frozen:
        sleeping = asyncio.create_task(_clocks.sleep(0.1))
        await asyncio.sleep(0)
        frozen.tick(0.01)
        with pytest.raises(UsageError, match="real_asyncio=True"):
            await sleeping


async def test_sleep_that_is_cancelled_leaves_no_watch() -> None:
    with REPLACED[STANDING]():
        before = set(threading.enumerate())
        sleeping = asyncio.create_task(_clocks.sleep(60))
        await asyncio.sleep(0)
        [watch] = (each for each in set(threading.enumerate()) - before if isinstance(each, threading.Timer))
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
    watch.join(30)
    assert not watch.is_alive()


IMPORTED_LATE = """
import freezegun
with freezegun.freeze_time("2021-03-04"):
    from tim_async import _clocks
    assert _clocks.is_monotonic_replaced()
    first = _clocks.real_monotonic()
    while _clocks.real_monotonic() == first:
        pass
assert not _clocks.is_monotonic_replaced()
"""


def test_real_clock_goes_on_while_it_is_replaced(replace: Replace) -> None:
    before = time.monotonic()
    with replace():
        first = _clocks.real_monotonic()
        assert 0 <= first - before < 60
        while _clocks.real_monotonic() == first:
            pass


def test_real_clock_is_found_while_it_is_replaced() -> None:
    subprocess.run([sys.executable, "-c", IMPORTED_LATE], check=True, timeout=30)
    assert abs(importlib.import_module("time").monotonic() - _clocks.real_monotonic()) < 1
