"""Turns that are not used, or not by whoever asked for them: where they go, and that none is used late."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytest.importorskip("redis")

from tests.clock import worst_window
from tests.cluster.conftest import FAST, FreeSlot, cancel, claim, crowd, grant, now, ready, settled, stocks
from tim_async import (
    Rate,
    WaitTooLongError,
)
from tim_async.cluster import RedisRateLimiter
from tim_async.cluster._redis_limiter.buckets import unit_s

Make = Callable[..., Awaitable[RedisRateLimiter]]
PACE = unit_s(FAST, 0.01)
SLOW = Rate(10)


def lanes(limiter: RedisRateLimiter) -> list[Any]:
    line = limiter._lines.get((1, "openim/sendmsg"))
    return [] if line is None else list(line.active)


@pytest.mark.parametrize("key", ["", "@TGS#1"], ids=["plain", "keyed"])
async def test_turn_of_a_call_that_leaves_while_it_is_asked_for_goes_to_others_at_once(limiter: Make, key: str) -> None:
    rate = Rate(10, per=100.0, key="group_id" if key else None)
    one, two = await limiter(), await limiter()
    await ready(two, Rate(10), command="openim/other")  # the state is no longer new
    await ready(one, rate, key=key)
    line = one._lines[1, "openim/sendmsg"]
    await settled(lambda: line._question is None, "it still asks")
    leaving = asyncio.ensure_future(grant(one, claim(rate, key=key)))
    while line._question is None:  # noqa: ASYNC110 - any longer, and the answer may be there
        await asyncio.sleep(0)
    await cancel([leaving])
    await settled(lambda: one.stats().given_back == 1, "nothing is given back")
    await settled(lambda: line._question is None and not line._back, "it is not told")
    begun = now()
    waiting = asyncio.ensure_future(grant(two, claim(rate, key=key)))
    await settled(lambda: any(lane.stock for lane in lanes(two)), "no turn is found")
    (lane,) = lanes(two)
    assert lane.first(now()) - begun < 1.1 * unit_s(rate, 0.01)
    await cancel([waiting])


async def test_a_turn_goes_back_as_long_as_it_was_reserved(limiter: Make) -> None:
    """A process with a smaller limit comes meanwhile: a unit is longer now, and that time is another's."""
    loose, strict = Rate(10, per=100.0), Rate(2, per=100.0)
    one, two = await limiter(), await limiter()
    await ready(one, loose)
    leaving = asyncio.ensure_future(grant(one, claim(loose)))
    await settled(lambda: any(lane.stock for lane in lanes(one)), "no turn is found")
    waiting = asyncio.ensure_future(grant(two, claim(strict)))
    await settled(lambda: any(lane.stock for lane in lanes(two)), "no turn is found")
    ((lane,), (other,)) = lanes(one), lanes(two)
    await lane.line.book.ask(lane.buckets)  # any question tells it what a unit is now
    assert lane.buckets[0].told_unit > lane.buckets[0].unit
    await cancel([leaving])
    await settled(lambda: one.stats().round_trips >= 4, "it is not told")
    third = await limiter()
    last = asyncio.ensure_future(grant(third, claim(strict)))
    await settled(lambda: any(lane.stock for lane in lanes(third)), "no turn is found")
    assert lanes(third)[0].stock[0] >= other.stock[0] + other.buckets[0].unit
    await cancel([waiting, last])


async def test_rest_of_a_large_turn_that_was_missed_is_not_lost(limiter: Make) -> None:
    deliveries = Rate(100, per=10.0, cost="to_account", max_cost=50)
    shared = await limiter()
    await ready(shared, deliveries)
    pool = FullPool()
    start = now()
    stuck = asyncio.ensure_future(shared.acquire(claim(deliveries, cost=50), pool))
    await pool.asked.wait()
    await asyncio.sleep(0.05)
    pool.free.set()
    await stuck
    assert now() - start < 1  # 50 units take ten seconds


async def test_cancelled_calls_give_their_turns_back(limiter: Make) -> None:
    rate = Rate(10, per=100.0)
    one, two = await limiter(), await limiter()
    await ready(one, rate)
    waiting = [asyncio.ensure_future(grant(one, claim(rate))) for _ in range(50)]
    await settled(lambda: bool(stocks(one).get(1)), "no turn")
    reserved = stocks(one)
    await cancel(waiting)
    assert stocks(one) == {}
    await settled(lambda: one._lines[1, "openim/sendmsg"]._question is None, "the question hangs")
    assert one.stats().given_back == 1
    other = asyncio.ensure_future(grant(two, claim(rate)))
    await settled(lambda: stocks(two) == reserved, "another turn")
    await cancel([other])


async def test_cancelled_in_the_moment_of_its_turn_leaves_the_slot(limiter: Make) -> None:
    shared = await limiter()
    await ready(shared)
    slots = [FreeSlot() for _ in range(30)]
    tasks = [asyncio.ensure_future(shared.acquire(claim(FAST), slot)) for slot in slots]
    for task in tasks:
        await asyncio.sleep(0.003)
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for slot, result in zip(slots, results, strict=True):
        assert slot.taken == (0 if isinstance(result, asyncio.CancelledError) else 1)


class FullPool:
    """A pool without a place, until the test gives one."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.asked = asyncio.Event()
        self.released = 0

    def take_nowait(self) -> bool:
        return self.free.is_set()

    async def take(self) -> None:
        self.asked.set()
        await self.free.wait()

    def release(self) -> None:
        self.released += 1


async def test_full_pool_keeps_no_turns_from_others(limiter: Make) -> None:
    one, two = await limiter(), await limiter()
    await ready(one)
    pool = FullPool()
    times: list[float] = []

    async def send() -> None:
        await one.acquire(claim(FAST), pool)
        times.append(now())

    stuck = [asyncio.ensure_future(send()) for _ in range(30)]
    await pool.asked.wait()
    reserved = one.stats().reserved
    log = await crowd(two, FAST, count=40)
    assert one.stats().reserved == reserved  # nothing is asked for while nothing can be used
    pool.free.set()
    await asyncio.gather(*stuck)
    assert worst_window(sorted(log + times), FAST.per) <= FAST.limit
    assert pool.released == 0


async def test_slot_is_released_when_its_call_gives_up(limiter: Make) -> None:
    shared = await limiter()
    await ready(shared)
    pool = FullPool()
    stuck = asyncio.ensure_future(shared.acquire(claim(FAST, wait=0.1), pool))
    await pool.asked.wait()
    await asyncio.sleep(0.12)
    pool.free.set()
    with pytest.raises(WaitTooLongError):
        await stuck
    assert pool.released == 1


async def test_process_that_was_stopped_does_not_use_its_turns_late(limiter: Make) -> None:
    one, two = await limiter(), await limiter()
    await ready(one)
    log: list[float] = []
    tasks = [asyncio.ensure_future(grant(each, claim(FAST), log)) for each in (one, two) for _ in range(60)]
    await settled(lambda: len(log) >= 20, "nothing is granted")
    import time

    time.sleep(0.1)  # noqa: ASYNC251 - the loop of both stands still, as a stopped process does
    await asyncio.gather(*tasks)
    assert worst_window(sorted(log), FAST.per) <= FAST.limit
    assert one.stats().expired + two.stats().expired > 0


async def test_busy_process_reserves_no_more_than_it_can_use(limiter: Make) -> None:
    lane = (await limiter(lease_s=0.1))._lane(claim(FAST))
    most = lane.batch
    assert most == int(0.1 / PACE)
    lane.used, lane.missed = 3, 15
    lane.learn()
    assert lane.batch == 3
    lane.missed = 3
    lane.learn()
    assert lane.batch == 1  # one is always worth a try
    grown = []
    for _ in range(6):
        lane.used = lane.batch
        lane.learn()
        grown.append(lane.batch)
    assert grown == [2, 4, 8, 16, most, most]
    lane.learn()
    assert lane.batch == most  # nothing was used, and nothing missed
