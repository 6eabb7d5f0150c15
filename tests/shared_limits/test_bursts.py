"""Bursts over a real Redis or a file: who finds no other waiting and room goes at once, within the cap."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest

from tests.clock import worst_window
from tests.cluster.conftest import now, settled
from tests.shared_limits.claims import FAST, FullPool, age, cancel, claim, classes, grant
from tests.shared_limits.conftest import Limiter, Shared
from tim_async import Claim, Rate, WaitTooLongError
from tim_async._core.rate_limits import Priority

CAP = Rate(200)
# For tests that count reservations: on a busy machine, more than a few would expire with the usual 10 ms.
PATIENT_S = 0.2


async def idle(limiter: Limiter) -> None:
    """Connect, so that what follows is not measured with it."""
    await age(limiter)
    await grant(limiter, claim(FAST, command="openim/other"))


def spread(claims: Sequence[Claim]) -> float:
    """Return how far the moments reserved for claims are apart, in seconds: a burst has one, on any machine."""
    moments = [each.granted_at for each in claims]
    return max(moments) - min(moments)


def is_paced(claims: Sequence[Claim]) -> bool:
    """Return whether claims were granted at the pace of `CAP`.

    How far the clocks are apart is known a little better with each reply, so the first may be a few steps off.
    """
    return spread(claims) >= 0.75 * (len(claims) - 1) / CAP.limit


async def burst(limiter: Limiter, claims: Sequence[Claim]) -> None:
    """Acquire claims at once, and check that one moment was reserved for all, so that none waited for a pace."""
    await asyncio.gather(*(grant(limiter, each) for each in claims))
    assert spread(claims) < 0.1


async def under_way(limiter: Limiter) -> None:
    """Wait until a request for all that have come is under way; any longer, and the reply may be there."""
    for _ in range(3):
        await asyncio.sleep(0)
    assert limiter._schedulers[1, "openim/sendmsg"]._pending is not None


async def test_a_hundred_at_once_are_granted_at_once(limiter: Shared) -> None:
    shared = await limiter(tolerance_s=PATIENT_S)
    await idle(shared)
    before = shared.stats().round_trips
    await burst(shared, [claim(CAP) for _ in range(100)])  # half a second at the pace
    assert shared.stats().round_trips - before <= 2
    assert shared.stats().expired == 0


async def test_processes_burst_into_one_window(limiter: Shared) -> None:
    limiters = [await limiter(tolerance_s=0.05) for _ in range(2)]
    for each in limiters:
        await idle(each)
    start = now()
    claims = [claim(CAP) for _ in range(260)]
    log = await asyncio.gather(*(grant(limiters[index % 2], each) for index, each in enumerate(claims)))
    assert worst_window(log) <= 200
    claims.sort(key=lambda each: each.granted_at)
    assert spread(claims[:150]) < 0.1
    assert max(log) - start > 1.0


async def test_background_is_paced(limiter: Shared) -> None:
    shared = await limiter()
    await idle(shared)
    claims = [claim(CAP, priority="background") for _ in range(30)]
    await asyncio.gather(*(grant(shared, each) for each in claims))
    assert is_paced(claims)


async def test_who_was_kept_waiting_is_paced(limiter: Shared) -> None:
    """A service that stalls must not find all at once that were held up meanwhile."""
    shared = await limiter()
    await idle(shared)
    pool = FullPool()
    claims = [claim(CAP) for _ in range(30)]
    waiting = [asyncio.ensure_future(shared.acquire(each, pool)) for each in claims]
    await pool.asked.wait()
    await asyncio.sleep(0.6)
    pool.free.set()
    await asyncio.gather(*waiting)
    assert is_paced(claims)


async def test_full_pool_gives_the_rest_of_a_burst_back(limiter: Shared) -> None:
    one, two = [await limiter(tolerance_s=PATIENT_S) for _ in range(2)]
    await idle(one)
    await idle(two)
    stuck = [asyncio.ensure_future(one.acquire(claim(CAP), FullPool())) for _ in range(150)]
    await settled(lambda: one.stats().given_back == 149, "nothing is given back")
    await settled(lambda: one._schedulers[1, "openim/sendmsg"].is_idle, "it is not sent")
    await burst(two, [claim(CAP) for _ in range(100)])
    for task in stuck:
        task.cancel()
    await asyncio.gather(*stuck, return_exceptions=True)


# A request to a file is answered before any call could leave.
@pytest.mark.parametrize("limiter", ["redis"], indirect=True)
async def test_burst_for_calls_that_have_left_goes_to_others(limiter: Shared) -> None:
    one, two = [await limiter(tolerance_s=PATIENT_S) for _ in range(2)]
    await idle(one)
    await idle(two)
    leaving = [asyncio.ensure_future(grant(one, claim(CAP))) for _ in range(200)]
    await under_way(one)
    await cancel(leaving)
    await settled(lambda: one.stats().given_back >= 199, "nothing is given back")
    await settled(lambda: one._schedulers[1, "openim/sendmsg"].is_idle, "it is not sent")
    await burst(two, [claim(CAP) for _ in range(100)])


async def test_background_takes_nothing_of_a_burst(limiter: Shared) -> None:
    shared = await limiter(tolerance_s=PATIENT_S)
    await idle(shared)
    leaving = [asyncio.ensure_future(grant(shared, claim(CAP))) for _ in range(100)]
    claims = [claim(CAP, priority="background") for _ in range(30)]
    staying = [asyncio.ensure_future(grant(shared, each)) for each in claims]
    await under_way(shared)
    await cancel(leaving)
    await asyncio.gather(*staying)
    assert is_paced(claims)


async def test_messages_to_many_groups_burst_together(limiter: Shared) -> None:
    group = Rate(40, key="group_id")
    shared = await limiter(tolerance_s=PATIENT_S)
    await idle(shared)
    before = shared.stats().round_trips
    await burst(shared, [claim(group, CAP, key=f"@TGS#{index}") for index in range(100)])
    assert shared.stats().round_trips - before <= 3


async def test_deadline_of_a_call_in_a_burst_is_not_taken_for_hopeless(limiter: Shared) -> None:
    shared = await limiter(tolerance_s=PATIENT_S)
    await idle(shared)
    await burst(shared, [claim(CAP, wait=0.7) for _ in range(180)])  # 0.9 s at the pace
    # Now the window is nearly full, and this process knows.
    waiting = [asyncio.ensure_future(grant(shared, claim(CAP))) for _ in range(150)]
    await settled(lambda: any(each.held for each in classes(shared)), "no reservation is made")
    with pytest.raises(WaitTooLongError):
        await grant(shared, claim(CAP, wait=0.25))
    await cancel(waiting)


@pytest.mark.parametrize("seed", range(2))
async def test_cap_holds_whatever_happens(limiter: Shared, seed: int) -> None:
    """Bursts, background, cancelled calls, a full pool, and a store that is lost."""
    own, rate = random.Random(seed), Rate(60, per=0.3)
    log: list[float] = []
    tasks: list[asyncio.Future[Any]] = []
    one, two = await limiter(), await limiter()
    await age(one)
    for step in range(25):
        each = own.choice((one, two))
        for _ in range(own.choice((1, 5, 70))):
            priority: Priority = "background" if own.random() < 0.3 else "interactive"
            tasks.append(asyncio.ensure_future(grant(each, claim(rate, priority=priority), log)))
        await asyncio.sleep(own.choice((0.0, 0.001, 0.05, 0.4)))
        await cancel(own.sample(tasks, len(tasks) // 10))
        if step in (8, 16):
            await limiter.lose()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(log) >= 100
    assert worst_window(sorted(log), rate.per) <= rate.limit
