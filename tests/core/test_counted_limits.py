"""Limits without a pace: users a second, the number of a day, and rates of each streamed message."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from tests.clock import run
from tests.core.test_rate_limits import FreeSlot, GatedSlot, claim, grant
from tests.scripted import scripted
from tim_async import LocalRateLimiter, Rate, UsageError, WaitTooLongError
from tim_async._core.call import ClientState
from tim_async.families._registry import endpoints
from tim_async.models.c2c_stream import SendStreamMsg
from tim_async.models.elements import StreamChunk, StreamElem

DAY = 86_400.0
TEN_A_DAY = Rate(10, per=DAY)
HUNDRED_A_DAY = Rate(100, per=DAY)
USERS = Rate(30, cost="to_account", max_cost=30)


@pytest.mark.parametrize(
    ("rate", "is_counted", "text"),
    [
        (Rate(200), False, "200/s"),
        (Rate(12_000, 60.0, cost="to_account", max_cost=500), False, "12,000 to_account/60 s"),
        (USERS, True, "30 to_account/s"),
        (TEN_A_DAY, True, "10/day"),
        (Rate(2, per=3600, key="official_account"), True, "2/hour per official_account"),
        (Rate(5, key="msg_body.stream_msg_id"), False, "5/s per stream_msg_id"),
    ],
)
def test_limits_say_what_they_are(rate: Rate, is_counted: bool, text: str) -> None:
    assert (rate.is_counted, str(rate)) == (is_counted, text)


@pytest.mark.parametrize("priority", ["interactive", "background"])
def test_calls_that_take_the_whole_limit_use_it(priority: str) -> None:
    """At a pace that leaves room for the largest call, a user a second would get through."""

    async def main() -> list[float]:
        limiter = LocalRateLimiter()
        log: list[float] = []
        await asyncio.gather(
            *(grant(limiter, claim(USERS, Rate(200), cost=30, priority=priority), log) for _ in range(20))
        )
        return log

    log = run(main())
    assert min(later - earlier for earlier, later in pairwise(log)) >= 1.0
    assert 19 / (log[-1] - log[0]) >= 0.94


def test_small_calls_share_the_window() -> None:
    async def main() -> list[float]:
        limiter = LocalRateLimiter()
        log: list[float] = []
        await asyncio.gather(*(grant(limiter, claim(USERS, cost=7), log) for _ in range(40)))
        return log

    log = run(main())
    assert max(sum(at <= other < at + 1.0 for other in log) for at in log) == 4, "28 of 30 users"


@pytest.mark.parametrize("priority", ["interactive", "background"])
def test_a_number_of_the_day_may_be_used_at_once_and_is_an_error_then(priority: str) -> None:
    async def main() -> None:
        limiter = LocalRateLimiter()
        for _ in range(10):
            await grant(limiter, claim(Rate(200), TEN_A_DAY, priority=priority))
        began = asyncio.get_running_loop().time()
        with pytest.raises(WaitTooLongError) as caught:
            await grant(limiter, claim(Rate(200), TEN_A_DAY, priority=priority))
        error = caught.value
        assert asyncio.get_running_loop().time() == began, "nothing waited"
        assert (error.limit, error.remaining) == ("10/day", None)
        assert error.wait == pytest.approx(DAY, abs=1)
        assert error.at is not None
        when = datetime.fromtimestamp(error.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        assert str(error) == f"the limit of 10/day is used up; there is room again at {when}"
        await asyncio.sleep(error.wait or 0)
        await grant(limiter, claim(Rate(200), TEN_A_DAY, priority=priority))

    run(main())


def test_calls_that_wait_for_a_second_count_for_the_day() -> None:
    """Eleven pushes at once: the first goes, nine wait for their second, the eleventh is an error at once."""

    async def main() -> None:
        limiter, began = LocalRateLimiter(), asyncio.get_running_loop().time()
        calls = [asyncio.create_task(grant(limiter, claim(Rate(1), TEN_A_DAY))) for _ in range(11)]
        done, waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_EXCEPTION)
        (failed,) = [call for call in done if call.exception() is not None]
        assert failed is calls[-1]
        assert isinstance(failed.exception(), WaitTooLongError)
        assert asyncio.get_running_loop().time() - began < 1.0
        granted = await asyncio.gather(*waiting)
        assert max(granted) - min(granted) >= 8.0

    run(main())


def test_a_call_that_finds_the_number_used_up_in_its_turn_frees_its_place() -> None:
    async def main() -> None:
        limiter, gate = LocalRateLimiter(), asyncio.Semaphore(0)
        one = Rate(1, per=DAY)
        waiting = asyncio.create_task(limiter.acquire(claim(one), GatedSlot(gate)))
        await asyncio.sleep(0)
        with pytest.raises(WaitTooLongError):
            await grant(limiter, claim(one))
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await grant(limiter, claim(one))

    run(main())


def test_refusals_do_not_slow_the_number_of_a_day() -> None:
    async def main() -> None:
        limiter = LocalRateLimiter()
        for _ in range(60):
            request = claim(Rate(200), HUNDRED_A_DAY, command="timpush/push")
            await limiter.acquire(request, FreeSlot())
            limiter.refused(request, 90024)
            await asyncio.sleep(0.05)
        slowed, day = limiter.rates(1, "timpush/push")
        assert slowed.share < 1.0
        assert (day.limit, day.share) == (HUNDRED_A_DAY, 1.0)

    run(main())


def test_refusals_slow_what_is_counted() -> None:
    async def main() -> tuple[float, float]:
        limiter = LocalRateLimiter()
        for _ in range(60):
            request = claim(USERS, command="timpush/batch", cost=3)
            await limiter.acquire(request, FreeSlot())
            limiter.refused(request, 90057)
        (rate,) = limiter.rates(1, "timpush/batch")
        began = asyncio.get_running_loop().time()
        for _ in range(10):
            await grant(limiter, claim(USERS, command="timpush/batch", cost=3))
        return rate.share, asyncio.get_running_loop().time() - began

    share, took = run(main())
    assert share < 1.0
    assert took > 1.0, "less than 30 users a second"


async def costs_of(command: str, request: object) -> dict[str, int]:
    client, _ = scripted()
    async with client:
        state: ClientState = client._state
        found = state.costs(command, endpoints()[command], request)
        return {cost.key: cost.place if cost.place is not None else -1 for cost in found}


def piece(name: str | None) -> SendStreamMsg:
    element = StreamElem(chunks=[StreamChunk(index=1, markdown="hi")], stream_msg_id=name)
    return SendStreamMsg(to_account="bob", msg_body=[element])


async def test_a_stream_has_a_rate_of_its_own_from_its_second_call_on() -> None:
    command = "stream_msg/send_c2c_stream_msg"
    assert await costs_of(command, piece("s1")) == {"s1": 0, "": 1}
    assert await costs_of(command, piece(None)) == {"": 1}, "the same bucket as for later calls"
    raw = {"To_Account": "bob", "MsgBody": [{"MsgType": "TIMStreamElem", "MsgContent": {"StreamMsgID": "s2"}}]}
    assert await costs_of(command, raw) == {"s2": 0, "": 1}
    bodies: list[object] = [None, [], [1], [{"MsgContent": 5}], "x"]
    for body in bodies:
        assert await costs_of(command, {"MsgBody": body}) == {"": 1}
    group = "stream_msg/send_group_stream_msg"
    assert await costs_of(group, {"GroupId": "g", "StreamMsgID": "s3"}) == {"s3": 0, "": 1}


def test_rates_of_streams_do_not_meet() -> None:
    async def main() -> float:
        limiter, rate = LocalRateLimiter(), Rate(5, key="x")
        streams = [claim(rate, Rate(200), key=f"s{number % 10}") for number in range(50)]
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(grant(limiter, each) for each in streams))
        return asyncio.get_running_loop().time() - began

    assert run(main()) < 0.1, "ten streams with five calls each"


async def test_a_number_replaces_the_calls_a_second_only() -> None:
    client, _ = scripted(rate_limits={"timpush/push": 50, "timpush/batch": 10})
    async with client:
        push, batch = endpoints()["timpush/push"], endpoints()["timpush/batch"]
        assert client.limits_of(push) == (Rate(50), Rate(10, per=DAY))
        assert client.limits_of(batch) == (USERS, Rate(10))


async def test_a_call_with_more_users_than_a_second_has_is_refused() -> None:
    client, _ = scripted()
    async with client:
        with pytest.raises(UsageError, match="may cost 1 to 30, not 31"):
            await client.request("timpush/batch", {"To_Account": ["x"] * 31})
