"""More calls than can go (`max_waiting`), and a service that does not answer (`breaker`)."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

import pytest

from tests import clock
from tests.scripted import OK, scripted
from tim_async import (
    Breaker,
    BreakerOpenError,
    BreakerStats,
    ConnectError,
    ConnectionLostError,
    Priority,
    RateLimitedError,
    ReplyDecodeError,
    ReplyTimeoutError,
    RetryPolicy,
    TextElem,
    TimClient,
    UsageError,
    WaitTooLongError,
)
from tim_async._core import attempts
from tim_async._core.breaker import BreakerState
from tim_async.testing import Sent

HI = [TextElem(text="hi")]
SENDMSG = "openim/sendmsg"


async def send(client: TimClient, **changes: Any) -> object:
    return await client.c2c.send(**{"to_account": "bob", "msg_body": HI, **changes})


async def outcomes(client: TimClient, times: int) -> Counter[str]:
    ended = await asyncio.gather(*(send(client) for _ in range(times)), return_exceptions=True)
    return Counter(type(each).__name__ for each in ended)


# max_waiting


@pytest.mark.soak
@clock.jumping
async def test_of_ten_thousand_at_once_all_that_may_wait_do_and_the_others_are_refused_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client, pool = scripted(OK, max_waiting=500)
    pool.size = 1000
    loop = asyncio.get_running_loop()
    start = loop.time()
    ended: list[float] = []
    errors: list[WaitTooLongError] = []

    async def try_it() -> None:
        try:
            await send(client)
        except WaitTooLongError as error:
            ended.append(loop.time())
            errors.append(error)

    await asyncio.gather(*(try_it() for _ in range(10_000)))
    assert len(errors) == 9_300, "200 go at once and 500 wait"
    assert set(ended) == {start}
    error = errors[-1]
    assert (error.waiting, error.max_waiting, error.remaining) == (500, 500, None)
    assert error.wait == pytest.approx(501 / 198.5, rel=0.01)
    assert (error.attempts, error.maybe_delivered, error.command) == (0, False, SENDMSG)
    assert "500 calls already wait for their turn, the maximum is 500" in str(error)
    assert len(pool.sent) == 700
    stats = client.stats()[SENDMSG]
    assert (stats.turned_away, stats.waiting, stats.errors) == (9_300, 0, {"WaitTooLongError": 9_300})
    assert [record.getMessage() for record in caplog.records] == [
        "openim/sendmsg: 500 calls are waiting (max_waiting), more are refused",
        "openim/sendmsg: calls may wait again, 9300 were refused",
    ]


@clock.jumping
async def test_calls_may_wait_again_when_others_have_gone_or_were_cancelled() -> None:
    client, pool = scripted(OK, max_waiting=10)
    pool.size = 0
    waiting = [asyncio.create_task(send(client)) for _ in range(10)]
    await asyncio.sleep(0)
    assert await outcomes(client, 3) == {"WaitTooLongError": 3}
    waiting[4].cancel()
    await asyncio.sleep(0)
    waiting.append(asyncio.create_task(send(client)))
    await asyncio.sleep(0)
    assert await outcomes(client, 3) == {"WaitTooLongError": 3}
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    pool.size = 100
    assert await outcomes(client, 10) == {"SendMsgResult": 10}


@clock.jumping
async def test_a_crowd_that_stays_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    client, _ = scripted(OK, max_waiting=20, rate_limits={SENDMSG: 20})
    crowd: list[asyncio.Task[object]] = []
    for _ in range(300):  # 30 a second, where 20 can go
        crowd.append(asyncio.create_task(send(client)))
        await asyncio.sleep(1 / 30)
    await asyncio.gather(*crowd, return_exceptions=True)
    assert client.stats()[SENDMSG].turned_away > 50
    assert len(caplog.records) == 2


@clock.jumping
async def test_each_command_has_its_own_bound_and_views_share_it() -> None:
    client, pool = scripted(OK, max_waiting=5)
    pool.size = 0
    waiting = [asyncio.create_task(send(client.with_options(timeout=1))) for _ in range(5)]
    waiting.append(asyncio.create_task(client.request("openim/other")))
    await asyncio.sleep(0)
    assert await outcomes(client, 1) == {"WaitTooLongError": 1}
    assert client.stats()["openim/other"].turned_away == 0
    for task in waiting:
        task.cancel()


@pytest.mark.parametrize(
    ("waits", "calls", "refused"),
    [
        ("background", "interactive", False),
        ("background", "background", True),
        ("interactive", "background", True),
    ],
)
@clock.jumping
async def test_background_calls_do_not_keep_interactive_ones_out(
    waits: Priority, calls: Priority, refused: bool
) -> None:
    client, pool = scripted(OK, max_waiting=5)
    pool.size = 0
    waiting = [asyncio.create_task(send(client.with_options(priority=waits))) for _ in range(5)]
    await asyncio.sleep(0)
    last = asyncio.create_task(send(client.with_options(priority=calls)))
    await asyncio.sleep(0)
    assert last.done() is refused
    for task in (*waiting, last):
        task.cancel()
    await asyncio.gather(*waiting, last, return_exceptions=True)


@clock.jumping
async def test_repeat_is_let_in_whatever_waits() -> None:
    client, pool = scripted(20004, OK, max_waiting=1, retry=RetryPolicy(base=1.0, cap=1.0))
    first = asyncio.create_task(send(client))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    pool.size = 0
    left = asyncio.create_task(send(client))
    await asyncio.sleep(2)
    assert not first.done()
    assert client.stats()[SENDMSG].waiting == 2
    pool.size = 5
    pool.wake()
    await asyncio.gather(first, left)


def test_a_bound_outlives_its_loop() -> None:
    client, pool = scripted(OK, max_waiting=1)
    pool.size = 0
    loop = clock.ClockLoop()
    left = loop.create_task(send(client))
    loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    pool.size = 100
    pool._waiters.clear()
    assert clock.run(outcomes(client, 1)) == {"SendMsgResult": 1}
    assert client.stats()[SENDMSG].turned_away == 0
    left.get_coro().close()
    left._log_destroy_pending = False  # type: ignore[attr-defined]


# breaker, the machine


def test_breaker_opens_after_so_many_failures_over_so_many_seconds() -> None:
    state = BreakerState(Breaker(after_s=10, failures=3, look_every_s=5))
    assert not state.failed(100, began=98)
    assert not state.failed(101, began=99)
    assert not state.failed(107.9, began=100), "9.9 s"
    assert not state.admit(107.9)
    assert state.failed(108, began=100)
    assert state.is_open
    assert state.stats(110) == BreakerStats(is_open=True, silent_s=12, failures=4, opened=1, refused=0)


def test_few_failures_open_nothing_however_long_it_is() -> None:
    state = BreakerState(Breaker(after_s=1, failures=3))
    assert not state.failed(100, began=90)
    assert not state.failed(1000, began=990)
    state.answered(1001)
    assert not state.failed(2000, began=1990), "counted from the beginning after an answer"
    assert state.stats(2000).failures == 1


def test_what_was_on_its_way_before_the_last_answer_is_counted_from_that() -> None:
    state = BreakerState(Breaker(after_s=10, failures=1))
    state.answered(109)
    assert not state.failed(110, began=100)
    assert state.failed(119, began=118)


def test_open_breaker_lets_one_look_through_at_a_time() -> None:
    state = BreakerState(Breaker(after_s=1, failures=1, look_every_s=5))
    assert state.failed(100, began=90)
    with pytest.raises(BreakerOpenError) as caught:
        state.admit(101)
    error = caught.value
    assert (error.silent_s, error.failures, error.look_in_s) == (11, 1, 4)
    assert str(error).endswith("not answered for 11.0 s (1 attempts in a row failed); the next probe is in 4.000 s")
    assert state.admit(105)
    with pytest.raises(BreakerOpenError) as caught:
        state.admit(106)
    assert caught.value.look_in_s is None
    assert "one call is probing it now" in str(caught.value)
    assert not state.failed(108, began=105), "it is open already"
    state.end_look(108, has_failed=True)
    with pytest.raises(BreakerOpenError):
        state.admit(112.9)
    assert state.admit(113)
    state.end_look(114, has_failed=False)
    assert state.admit(114), "a look without a result is made up for at once"
    state.answered(115)
    assert not state.is_open
    assert not state.admit(115)
    assert state.stats(116) == BreakerStats(is_open=False, silent_s=0.0, failures=0, opened=1, refused=3)


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"after_s": 0}, "after_s"), ({"failures": 0}, "failures"), ({"look_every_s": -1}, "look_every_s")],
)
def test_breaker_is_checked(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(UsageError) as caught:
        Breaker(**fields)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("options", "field"),
    [({"breaker": True}, "breaker"), ({"max_waiting": 0}, "max_waiting"), ({"max_waiting": 1.5}, "max_waiting")],
)
def test_settings_are_checked(options: dict[str, Any], field: str) -> None:
    with pytest.raises(UsageError) as caught:
        scripted(OK, **options)
    assert caught.value.field == field


# breaker, in a client

SILENT = ReplyTimeoutError("no answer", timeout=10.0)


async def silence(_: Sent) -> bytes:
    """Answer as a service that does not, with the timeout of the attempt."""
    await asyncio.sleep(1000)
    raise AssertionError("the attempt timed out long before")


async def slow(_: Sent) -> bytes:
    await asyncio.sleep(1)
    return OK


async def slow_failure(_: Sent) -> ConnectError:
    await asyncio.sleep(2)
    return ConnectError("no")


@pytest.mark.soak
@clock.jumping
async def test_of_ten_thousand_calls_to_a_silent_service_all_end_when_the_breaker_opens(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client, pool = scripted(silence, breaker=Breaker(after_s=10, failures=5, look_every_s=5), pool_size=50)
    pool.size = 50
    loop = asyncio.get_running_loop()
    start = loop.time()
    ended = await outcomes(client, 10_000)
    assert ended == {"ReplyTimeoutError": 50, "BreakerOpenError": 9_950}
    assert loop.time() - start == pytest.approx(10)
    assert len(pool.sent) == 50, "what waited was not sent"
    assert pool.busy == 0
    assert not client._state.calls
    stats = client.stats()
    assert stats[SENDMSG].errors == {"ReplyTimeoutError": 50, "BreakerOpenError": 9_950}
    assert stats.breaker == BreakerStats(is_open=True, silent_s=10.0, failures=50, opened=1, refused=9_950)
    assert "BreakerStats(is_open=True" in repr(stats)

    # It fails at once, one call every five seconds looks, and the first answer closes it.
    pool.answer(SENDMSG, silence, slow, OK)
    assert await outcomes(client, 100) == {"BreakerOpenError": 100}
    await asyncio.sleep(5)
    assert await outcomes(client, 100) == {"BreakerOpenError": 99, "ReplyTimeoutError": 1}
    assert len(pool.sent) == 51
    await asyncio.sleep(5)
    looks, refused = await asyncio.gather(outcomes(client, 1), outcomes(client, 99))
    assert (looks, refused) == ({"SendMsgResult": 1}, {"BreakerOpenError": 99})
    assert await outcomes(client, 100) == {"SendMsgResult": 100}
    breaker = client.stats().breaker
    assert breaker is not None
    assert breaker == BreakerStats(is_open=False, silent_s=0.0, failures=0, opened=1, refused=9_950 + 100 + 99 + 99)
    assert client.stats()[SENDMSG].errors == {"ReplyTimeoutError": 51, "BreakerOpenError": breaker.refused}
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert lines[0].startswith(
        "no answer from the service for 10.0 s (5 attempts in a row failed): calls fail immediately"
    )
    assert lines[1] == "the service answers again after 31.0 s; 10248 calls failed immediately meanwhile"


@pytest.mark.parametrize(
    ("failure", "opens"),
    [
        (ConnectError("refused"), True),
        (ConnectionLostError("lost"), True),
        (ReplyTimeoutError("late", timeout=1.0), True),
        (ReplyDecodeError("502", status=502), True),
        (b"<html>", True),
        (60007, False),
        (91000, False),
        (RateLimitedError.from_status(429), False),
        (b'{"ErrorCode":0,"MsgTime":{}}', False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
@clock.jumping
async def test_what_counts_as_no_answer(failure: Any, opens: bool) -> None:
    client, _ = scripted(failure, breaker=Breaker(after_s=2, failures=3), retry=RetryPolicy.off())
    for _ in range(4):
        assert await outcomes(client, 1) != {"SendMsgResult": 1}
        await asyncio.sleep(1)
    breaker = client.stats().breaker
    assert breaker is not None
    assert breaker.is_open is opens


@clock.jumping
async def test_call_that_fails_when_the_breaker_opens_raises_what_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call whose attempt had failed already reports why, and that it may have been delivered."""
    monkeypatch.setattr(attempts, "next_backoff", lambda policy, *_, **__: 20.0 if policy.max_attempts > 1 else None)
    client, pool = scripted(
        SILENT,
        breaker=Breaker(after_s=1, failures=4, look_every_s=60),
        retry=RetryPolicy(transport="any"),
    )
    once = client.with_options(retry=RetryPolicy.off())
    sleeping = asyncio.create_task(send(client))
    await asyncio.sleep(0.8)
    pool.answer(SENDMSG, ConnectError("refused"))
    assert await outcomes(once, 2) == {"ConnectError": 2}
    await asyncio.sleep(0.3)
    assert not sleeping.done()
    assert await outcomes(once, 1) == {"ConnectError": 1}
    with pytest.raises(ReplyTimeoutError) as caught:
        await sleeping
    assert caught.value.maybe_delivered
    assert caught.value.attempts == 1
    with pytest.raises(BreakerOpenError) as refused:
        await send(client)
    assert (refused.value.attempts, refused.value.maybe_delivered, refused.value.command) == (0, False, SENDMSG)
    assert refused.value.request != {}


@pytest.mark.parametrize("answer", [OK, 60010, RateLimitedError.from_status(429)], ids=["OK", "60010", "HTTP 429"])
@clock.jumping
async def test_any_answer_closes_it_whoever_gets_it(answer: Any) -> None:
    client, pool = scripted(slow_failure, breaker=Breaker(after_s=1, failures=1), retry=RetryPolicy.off())

    async def answered(_: Sent) -> Any:
        await asyncio.sleep(3)
        return answer

    pool.answer("openim/other", answered)
    on_its_way = asyncio.create_task(client.request("openim/other"))
    await asyncio.sleep(0.5)
    assert await outcomes(client, 1) == {"ConnectError": 1}
    assert await outcomes(client, 1) == {"BreakerOpenError": 1}
    await asyncio.gather(on_its_way, return_exceptions=True)
    breaker = client.stats().breaker
    assert breaker is not None
    assert not breaker.is_open


@clock.jumping
async def test_wait_for_a_turn_is_no_silence() -> None:
    client, pool = scripted(ConnectError("no"), breaker=Breaker(after_s=10.5, failures=1), retry=RetryPolicy.off())
    pool.size = 0
    waiting = asyncio.create_task(send(client))
    await asyncio.sleep(60)
    pool.size = 1
    pool.wake()
    with pytest.raises(ConnectError):
        await waiting
    breaker = client.stats().breaker
    assert breaker is not None
    assert not breaker.is_open
    assert breaker.silent_s <= 10


@clock.jumping
async def test_look_that_failed_is_not_repeated_and_says_why() -> None:
    retry = RetryPolicy(transport="any", base=0.0)
    client, pool = scripted(slow_failure, breaker=Breaker(after_s=1, failures=1), retry=retry)
    with pytest.raises(ConnectError):
        await send(client)
    await asyncio.sleep(5)
    with pytest.raises(ConnectError) as caught:
        await send(client)
    assert caught.value.attempts == 1
    assert len(pool.sent) == 2


@pytest.mark.parametrize("how", ["cancelled", "no turn"])
@clock.jumping
async def test_look_that_tells_nothing_is_made_up_for_by_the_next_call(how: str) -> None:
    client, pool = scripted(slow_failure, breaker=Breaker(after_s=1, failures=1), retry=RetryPolicy.off())
    await outcomes(client, 1)
    await asyncio.sleep(5)
    pool.answer(SENDMSG, silence if how == "cancelled" else OK)
    if how == "cancelled":
        look = asyncio.create_task(send(client))
        await asyncio.sleep(0.1)
        assert await outcomes(client, 1) == {"BreakerOpenError": 1}
        look.cancel()
        await asyncio.gather(look, return_exceptions=True)
        pool.answer(SENDMSG, OK)
    else:
        pool.size = 0
        with pytest.raises(WaitTooLongError):
            await send(client.with_options(deadline=0.1))
        pool.size = 10
    assert await outcomes(client, 1) == {"SendMsgResult": 1}


@clock.jumping
async def test_call_that_is_cancelled_while_the_breaker_opens_stays_cancelled() -> None:
    client, pool = scripted(slow_failure, breaker=Breaker(after_s=1, failures=1), retry=RetryPolicy.off())
    pool.size = 1

    async def late(_: Sent) -> int:
        await asyncio.sleep(2)
        waiting.cancel()
        raise ConnectError("no")

    pool.answer(SENDMSG, late)
    opening = asyncio.create_task(send(client))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(send(client))
    ended = await asyncio.gather(opening, waiting, return_exceptions=True)
    assert [type(each) for each in ended] == [ConnectError, asyncio.CancelledError]
    assert client.stats()[SENDMSG].cancelled == 1


def test_open_breaker_is_closed_in_the_next_loop() -> None:
    client, pool = scripted(slow_failure, breaker=Breaker(after_s=1, failures=1), retry=RetryPolicy.off())

    async def open_it() -> None:
        await outcomes(client, 1)
        assert await outcomes(client, 1) == {"BreakerOpenError": 1}

    clock.run(open_it())
    stats = client.stats().breaker
    assert stats is not None
    assert (stats.opened, stats.refused, stats.silent_s) == (1, 1, 0.0)
    pool.answer(SENDMSG, OK)
    assert clock.run(outcomes(client, 1)) == {"SendMsgResult": 1}


@clock.jumping
async def test_without_them_nothing_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    client, pool = scripted(silence, rate_limits={SENDMSG: 100_000})
    pool.size = 10_000
    with caplog.at_level(logging.INFO, "tim_async"):
        assert await outcomes(client, 3_000) == {"ReplyTimeoutError": 3_000}
        assert await outcomes(client, 1) == {"ReplyTimeoutError": 1}
    assert client.stats().breaker is None
    assert client.stats()[SENDMSG].turned_away == 0
    assert not caplog.records
