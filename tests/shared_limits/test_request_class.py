"""Reservations in use: none is used late, slots are released, and batches adapt."""

from __future__ import annotations

import asyncio
import math
import time
from itertools import chain

import pytest

from tests.clock import worst_window
from tests.cluster.conftest import settled
from tests.shared_limits.claims import FAST, FreeSlot, FullPool, claim, grant, held, ready
from tests.shared_limits.conftest import Shared
from tim_async import Rate, WaitTooLongError
from tim_async._shared_limits.shared_bucket import unit_s

PACE = unit_s(FAST, 0.01)


async def test_call_cancelled_at_its_moment_releases_the_slot(limiter: Shared) -> None:
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


async def test_slot_is_released_when_its_call_gives_up(limiter: Shared) -> None:
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


async def test_process_that_was_stopped_does_not_use_its_reservations_late(limiter: Shared) -> None:
    one, two = await limiter(), await limiter()
    await ready(one)
    log: list[float] = []
    tasks = [asyncio.ensure_future(grant(each, claim(FAST), log)) for each in (one, two) for _ in range(60)]
    await settled(lambda: len(log) >= 20 and any(map(any, held(one).values())), "nothing is granted, or held")
    # As in a stopped process, the loop of both is blocked; on a busy machine they know Redis's clock less precisely.
    void_at = max(map(one._link.clock.latest, chain(*held(one).values()))) + one._lateness.in_force
    time.sleep(void_at - one._link.now() + 0.05)  # noqa: ASYNC251
    await asyncio.gather(*tasks)
    assert worst_window(sorted(log), FAST.per) <= FAST.limit
    assert one.stats().expired + two.stats().expired > 0


async def test_busy_process_reserves_no_more_than_it_can_use(limiter: Shared) -> None:
    request_class = (await limiter(batch_s=0.1))._request_class(claim(FAST))
    most = request_class.batch
    assert most == int(0.1 / PACE)
    request_class.used, request_class.missed = 3, 15
    request_class.adapt_batch()
    assert request_class.batch == 3
    request_class.missed = 3
    request_class.adapt_batch()
    assert request_class.batch == 1  # one is always worth a try
    grown = []
    for _ in range(6):
        request_class.used = request_class.batch
        request_class.adapt_batch()
        grown.append(request_class.batch)
    assert grown == [2, 4, 8, 16, most, most]
    request_class.used, request_class.missed = most + 1, 1  # more than one batch may be used between two requests
    request_class.adapt_batch()
    assert request_class.batch == most
    request_class.adapt_batch()
    assert request_class.batch == most  # nothing was used, and nothing missed


async def test_starved_process_uses_reservations_that_a_usual_one_would_lose(limiter: Shared) -> None:
    rate = Rate(40)
    shared = await limiter(batch_s=0.2, late_tolerance_s=0.1)
    await ready(shared, rate)
    shared._lateness.is_starved = True
    [bucket] = shared._request_class(claim(rate)).buckets
    log: list[float] = []
    tasks = [asyncio.ensure_future(grant(shared, claim(rate, priority="background"), log)) for _ in range(90)]
    try:
        await settled(lambda: min(held(shared).get(1, []), default=0.0) > bucket._spaced_from, "nothing is spaced")
        expired, granted = shared.stats().expired, len(log)
        due = shared._link.clock.earliest(held(shared)[1][0])
        time.sleep(due - shared._link.now() + 0.05)  # noqa: ASYNC251 - the loop stands still, as on a busy processor
        await settled(lambda: len(log) > granted, "nothing is granted")
        assert shared.stats().expired == expired
        assert shared.stats().tolerance_s == 0.1
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_lateness_is_learned_from_what_is_used_and_what_expires(limiter: Shared) -> None:
    shared = await limiter(batch_s=0.2)
    await ready(shared)
    await asyncio.gather(*(grant(shared, claim(FAST)) for _ in range(5)))
    assert shared._lateness._used == 6
    tasks = [asyncio.ensure_future(grant(shared, claim(FAST, priority="background"))) for _ in range(30)]
    await settled(lambda: len(held(shared).get(1, [])) > 3, "nothing is held")
    time.sleep(0.1)  # noqa: ASYNC251
    await asyncio.gather(*tasks)
    assert shared._lateness._expired == shared.stats().expired > 0


async def test_lost_state_allows_no_more_time_for_what_it_does_not_know(limiter: Shared) -> None:
    shared = await limiter(late_tolerance_s=0.02)
    await ready(shared)
    shared._lateness.is_starved = True
    await grant(shared, claim(FAST))
    [bucket] = shared._request_class(claim(FAST)).buckets
    before = bucket._spaced_from
    await limiter.lose()
    await grant(shared, claim(FAST))
    assert before < bucket._spaced_from < math.inf
