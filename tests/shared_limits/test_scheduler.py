"""Reservations that are not used, or not by the claim that caused them: where they go."""

from __future__ import annotations

import asyncio

import pytest

from tests.clock import worst_window
from tests.cluster.conftest import now, settled
from tests.shared_limits.claims import FAST, FullPool, cancel, claim, classes, crowd, grant, held, ready
from tests.shared_limits.conftest import Shared
from tim_async import Rate
from tim_async._shared_limits.shared_bucket import unit_s


@pytest.mark.parametrize("key", ["", "@TGS#1"], ids=["plain", "keyed"])
async def test_reservation_for_a_call_that_has_left_goes_to_others_at_once(limiter: Shared, key: str) -> None:
    rate = Rate(10, per=100.0, key="group_id" if key else None)
    one, two = await limiter(), await limiter()
    await ready(two, Rate(10), command="openim/other")  # the state is no longer new
    await ready(one, rate, key=key)
    scheduler = one._schedulers[1, "openim/sendmsg"]
    await settled(lambda: scheduler._pending is None, "a request is still under way")
    leaving = asyncio.ensure_future(grant(one, claim(rate, key=key, priority="background")))
    while scheduler._pending is None:  # noqa: ASYNC110 - any longer, and the reply may be there
        await asyncio.sleep(0)
    await cancel([leaving])
    await settled(lambda: one.stats().given_back == 1, "nothing is given back")
    await settled(lambda: scheduler.is_idle, "it is not sent")
    begun = now()
    waiting = asyncio.ensure_future(grant(two, claim(rate, key=key, priority="background")))
    await settled(lambda: any(each.held for each in classes(two)), "no reservation is made")
    (waiting_class,) = classes(two)
    moment = waiting_class.next_moment(now())
    assert moment is not None
    assert moment - begun < 1.1 * unit_s(rate, 0.01)
    await cancel([waiting])


async def test_reservation_is_given_back_with_the_length_it_had(limiter: Shared) -> None:
    """A process with a smaller limit has come meanwhile: a unit is longer now, but the rest belongs to others."""
    loose, strict = Rate(10, per=100.0), Rate(2, per=100.0)
    one, two = await limiter(), await limiter()
    await ready(one, loose)
    leaving = asyncio.ensure_future(grant(one, claim(loose, priority="background")))
    await settled(lambda: any(each.held for each in classes(one)), "no reservation is made")
    waiting = asyncio.ensure_future(grant(two, claim(strict, priority="background")))
    await settled(lambda: any(each.held for each in classes(two)), "no reservation is made")
    ((own,), (other,)) = classes(one), classes(two)
    await own.scheduler.app.reserve(own.buckets)  # any reply has the unit in force
    assert own.buckets[0].shared_unit > own.buckets[0].unit
    await cancel([leaving])
    await settled(lambda: one.stats().round_trips >= 4, "it is not sent")
    third = await limiter()
    last = asyncio.ensure_future(grant(third, claim(strict, priority="background")))
    await settled(lambda: any(each.held for each in classes(third)), "no reservation is made")
    assert classes(third)[0].held[0].at >= other.held[0].at + other.buckets[0].unit
    await cancel([waiting, last])


async def test_rest_of_a_large_reservation_that_was_missed_is_not_lost(limiter: Shared) -> None:
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
    assert now() - start < 5  # 50 units take ten seconds


async def test_cancelled_calls_give_their_reservations_back(limiter: Shared) -> None:
    rate = Rate(10, per=100.0)
    one, two = await limiter(), await limiter()
    await ready(one, rate)
    waiting = [asyncio.ensure_future(grant(one, claim(rate, priority="background"))) for _ in range(50)]
    await settled(lambda: bool(held(one).get(1)), "no reservation is made")
    reserved = held(one)
    await cancel(waiting)
    assert held(one) == {}
    await settled(lambda: one._schedulers[1, "openim/sendmsg"]._pending is None, "the request hangs")
    assert one.stats().given_back == 1
    other = asyncio.ensure_future(grant(two, claim(rate, priority="background")))
    await settled(lambda: held(two) == reserved, "another reservation")
    await cancel([other])


async def test_full_pool_keeps_no_reservations_from_others(limiter: Shared) -> None:
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
    assert one.stats().reserved == reserved  # nothing is requested while nothing can be used
    pool.free.set()
    await asyncio.gather(*stuck)
    assert worst_window(sorted(log + times), FAST.per) <= FAST.limit
    assert pool.released == 0
