"""Limits without a pace over a real Redis or a file: users a second, and the number of a day."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from tests.shared_limits.claims import FAST, age, claim, crowd, grant
from tests.shared_limits.conftest import Shared
from tests.shared_limits.script import SECOND, START, Caller, Store
from tim_async import Rate, WaitTooLongError
from tim_async._core.rate_limits import Priority

USERS = Rate(30, per=0.4, cost="to_account", max_cost=30)
THREE_A_DAY = Rate(3, per=86_400)


@pytest.mark.parametrize("priority", ["interactive", "background"])
async def test_calls_of_processes_that_take_the_whole_limit_use_it(limiter: Shared, priority: Priority) -> None:
    limiters = [await limiter() for _ in range(2)]
    for each in limiters:
        await age(each)
        await grant(each, claim(FAST, command="openim/other"))
    parts = await asyncio.gather(*(crowd(each, USERS, FAST, cost=30, count=3, priority=priority) for each in limiters))
    log = sorted(itertools.chain(*parts))
    assert min(later - earlier for earlier, later in itertools.pairwise(log)) >= USERS.per
    assert log[-1] - log[0] < 2 * 5 * USERS.per


@pytest.mark.parametrize("priority", ["interactive", "background"])
async def test_the_number_of_a_day_is_one_for_all_processes(limiter: Shared, priority: Priority) -> None:
    """A new state does not know earlier use; it starts at once, and not after a day."""
    one, two = await limiter(), await limiter()
    for each in (one, two, one):
        await asyncio.wait_for(grant(each, claim(FAST, THREE_A_DAY, priority=priority)), 5)
    for each in (one, two):
        with pytest.raises(WaitTooLongError) as caught:
            await asyncio.wait_for(grant(each, claim(FAST, THREE_A_DAY, priority=priority)), 5)
        assert caught.value.limit == "3/day"
        assert caught.value.wait is not None
        assert 20 * 3600 < caught.value.wait < 26 * 3600
    (rate,) = [rate for rate in one.rates(1, "openim/sendmsg") if rate.limit == THREE_A_DAY]
    assert rate.configured_rate == pytest.approx(3 / 86_400, rel=0.01)


async def test_a_moment_of_tomorrow_goes_back(limiter: Shared) -> None:
    """Otherwise the errors of today would use up the number of tomorrow."""
    shared = await limiter()
    await crowd(shared, FAST, THREE_A_DAY, count=3)
    waits = []
    for _ in range(8):
        with pytest.raises(WaitTooLongError) as caught:
            await grant(shared, claim(FAST, THREE_A_DAY))
        waits.append(caught.value.wait or 0.0)
        await asyncio.sleep(0.02)
    assert max(waits) - min(waits) < 2 * 3600


async def test_what_expired_unused_is_not_counted(limiter: Shared) -> None:
    shared = await limiter()
    await age(shared)
    await grant(shared, claim(FAST, command="openim/other"))
    request_class = shared._request_class(claim(FAST, THREE_A_DAY))
    for _ in range(5):
        (batch,) = await request_class.scheduler.app.reserve(
            list(request_class.buckets), batches=[(1, [(1, 1), (2, 1)], 0)]
        )
        request_class.add(batch)
        await asyncio.sleep(0.1)  # longer than any tolerance
        assert request_class.next_moment(shared._link.now()) is None
        shared._schedulers[1, "openim/sendmsg"].schedule()
        await asyncio.sleep(0.05)
    await crowd(shared, FAST, THREE_A_DAY, count=3)


def test_the_script_counts_what_a_day_has(store: Store) -> None:
    day = 86_400 * SECOND
    caller = Caller(store, units=(day / 3,), limits=(3,), window=day, is_counted=True)
    caller.reserve(START)  # a state that is new
    at = START + SECOND
    for _ in range(3):
        assert caller.reserve(at, [1, [[1, 1]]])["batches"] == [[at]]
        at += 3600 * SECOND
    ((moment,),) = caller.reserve(at, [1, [[1, 1]]])["batches"]
    assert START + day < moment <= START + day + 2 * 3600 * SECOND
