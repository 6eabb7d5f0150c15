"""The limiter over a real Redis or a file: the cap over all, priorities, costs, keys, deadlines, cancellation."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.clock import worst_window
from tests.cluster.conftest import now, settled
from tests.shared_limits.claims import FAST, cancel, claim, crowd, grant, held, ready
from tests.shared_limits.conftest import Limiter, Shared
from tim_async import HostRateLimiter, Rate, RateLimiter, TimClient, UsageError, WaitTooLongError
from tim_async._shared_limits.limiter import SharedRateLimiter
from tim_async._shared_limits.shared_bucket import unit_s
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

PACE = unit_s(FAST, 0.01)
SLOW = Rate(10)


async def test_it_is_a_rate_limiter(limiter: Shared) -> None:
    shared: RateLimiter = await limiter()
    assert isinstance(shared, SharedRateLimiter)


async def test_limiters_share_one_cap_and_use_it(limiter: Shared) -> None:
    limiters = [await limiter() for _ in range(3)]
    await ready(limiters[0])
    parts = await asyncio.gather(*(crowd(each, FAST, count=40) for each in limiters))
    log = sorted(itertools.chain(*parts))
    assert worst_window(log, FAST.per) <= FAST.limit
    assert (len(log) - 1) / (log[-1] - log[0]) >= 0.3 / PACE  # how much of it is measured by the benchmarks
    # No limiter is starved: each has had its part when most calls are done.
    middle = log[len(log) * 3 // 4]
    assert min(sum(when <= middle for when in part) for part in parts) >= 0.3 * 30
    stats = [each.stats() for each in limiters]
    assert sum(each.granted for each in stats) == 121
    # A loop that misses reservations, as on a busy machine, requests fewer at a time.
    assert sum(each.round_trips for each in stats) <= 0.5 * 121 + sum(each.expired for each in stats)


async def test_without_batches_each_reservation_is_requested(limiter: Shared) -> None:
    shared = await limiter(batch_s=0)
    await ready(shared)
    await crowd(shared, FAST, count=20)
    stats = shared.stats()
    assert stats.round_trips >= stats.reserved >= stats.granted == 21


async def test_apps_commands_and_prefixes_are_counted_apart(limiter: Shared) -> None:
    shared, other = await limiter(), await limiter(prefix="tim-test-other")
    for options in ({}, {"app": 2}, {"command": "openim/other"}):
        await ready(shared, Rate(2), **options)
    await ready(other, Rate(2))
    claims = [claim(Rate(2), **options) for options in ({}, {"app": 2}, {"command": "openim/other"}, {})]
    await asyncio.gather(*(grant(one, each) for one, each in zip((shared, shared, shared, other), claims, strict=True)))
    moments = [each.granted_at for each in claims]
    assert max(moments) - min(moments) < 1.0  # together they would take 2 s


async def test_interactive_goes_before_background(limiter: Shared) -> None:
    shared = await limiter()
    await ready(shared)
    log: list[float] = []
    waiting = [asyncio.ensure_future(grant(shared, claim(FAST, priority="background"), log)) for _ in range(300)]
    await settled(lambda: len(log) >= 5, "nothing is granted")
    before = len(log)
    await grant(shared, claim(FAST))
    assert len(log) - before <= 2
    await cancel(waiting)


async def test_repeat_waits_at_the_head_of_its_priority(limiter: Shared) -> None:
    shared = await limiter()
    await ready(shared)
    log: list[float] = []
    early = claim(FAST, is_repeat=True, order=-1)
    waiting = [asyncio.ensure_future(grant(shared, claim(FAST), log)) for _ in range(100)]
    await settled(lambda: len(log) >= 3, "nothing is granted")
    before = len(log)
    await grant(shared, early)
    assert len(log) - before <= 2
    await cancel(waiting)


async def test_interactive_does_not_wait_behind_a_reserved_background_batch(limiter: Shared) -> None:
    deliveries = Rate(100, per=10.0, cost="to_account", max_cost=50)
    shared = await limiter()
    await ready(shared, deliveries, cost=50)
    batch = asyncio.ensure_future(grant(shared, claim(deliveries, cost=50, priority="background")))
    await settled(lambda: bool(held(shared).get(50)), "the batch has no reservation")
    reserved = held(shared)[50]
    # The single one takes the turn of the batch, which keeps waiting.
    first = asyncio.ensure_future(grant(shared, claim(deliveries, cost=1)))
    await settled(lambda: bool(held(shared).get(1)), "nothing is reserved for the single one")
    assert held(shared) == {1: reserved, 50: []}
    await cancel([batch, first])


async def test_weighted_costs_hold_the_cap(limiter: Shared) -> None:
    deliveries = Rate(60, per=0.3, cost="to_account", max_cost=10)
    one, two = await limiter(), await limiter()
    await ready(one, deliveries)
    times: list[float] = []
    costs: list[int] = []

    async def send(each: Limiter, cost: int) -> None:
        times.append(await grant(each, claim(deliveries, Rate(1000), cost=cost)))
        costs.append(cost)

    await asyncio.gather(*(send((one, two)[index % 2], 1 + index * 7 % 10) for index in range(30)))
    pairs = sorted(zip(times, costs, strict=True))
    assert worst_window([time for time, _ in pairs], deliveries.per, [cost for _, cost in pairs]) <= 60
    assert sum(costs[:-1]) / (max(times) - min(times)) >= 0.5 * 60 / 0.3


async def test_busy_group_holds_up_no_other(limiter: Shared) -> None:
    group, wide = Rate(4, per=0.2, key="group_id"), FAST
    one, two = await limiter(), await limiter()
    await ready(one, group, wide, key="first")
    busy = [asyncio.ensure_future(crowd(each, group, wide, key="busy", count=8)) for each in (one, two)]
    await asyncio.sleep(0.01)
    others = await asyncio.gather(*(grant(one, claim(group, wide, key=f"group {index}")) for index in range(20)))
    log = sorted(itertools.chain(*await asyncio.gather(*busy)))
    # The busy group takes 16 x 50 ms, the reservations of the others 20 x 5.
    assert sum(when < max(others) for when in log) <= 12
    assert worst_window(log, group.per) <= group.limit
    assert worst_window(sorted(log + list(others)), wide.per) <= wide.limit
    assert one._schedulers[1, "openim/sendmsg"].classes == {}  # keys are forgotten


async def test_hopeless_wait_is_refused_at_once(limiter: Shared) -> None:
    one, two = await limiter(), await limiter()
    await ready(one, Rate(2))
    # Another process has reserved the next moment: this one learns of it with its own reservation.
    other = asyncio.ensure_future(grant(two, claim(Rate(2))))
    await settled(lambda: two.stats().reserved == 1, "no reservation is made")
    start = now()
    with pytest.raises(WaitTooLongError) as caught:
        await grant(one, claim(Rate(2), wait=0.75))
    assert now() - start < 0.75
    assert caught.value.wait == pytest.approx(1.0, abs=0.2)
    assert caught.value.remaining == pytest.approx(0.75, abs=0.2)
    assert one.stats().given_back == 1
    await cancel([other])


async def test_place_in_the_queue_counts_for_the_deadline(limiter: Shared) -> None:
    shared = await limiter()
    await ready(shared)
    waiting = [asyncio.ensure_future(grant(shared, claim(FAST))) for _ in range(200)]
    await settled(lambda: shared.stats().granted >= 3, "nothing is granted")
    refused = asyncio.ensure_future(grant(shared, claim(FAST, wait=0.5)))
    await asyncio.sleep(0)
    assert refused.done()
    with pytest.raises(WaitTooLongError) as caught:
        await refused
    assert caught.value.wait == pytest.approx(197 * PACE, abs=0.3)
    on_time = asyncio.ensure_future(grant(shared, claim(FAST, wait=5.0)))
    await asyncio.sleep(0)
    assert not on_time.done()
    await cancel([*waiting, on_time])


async def test_deadline_that_has_passed_is_refused(limiter: Shared) -> None:
    shared = await limiter()
    with pytest.raises(WaitTooLongError):
        await grant(shared, claim(FAST, wait=-1.0))
    assert shared.stats().round_trips == 0


async def test_smaller_limit_of_another_process_applies_and_is_logged(
    limiter: Shared, caplog: pytest.LogCaptureFixture
) -> None:
    strict, loose = await limiter(), await limiter()
    await ready(strict, SLOW)
    with caplog.at_level(logging.WARNING, "tim_async"):
        log = await crowd(loose, FAST, count=3)
    assert log[2] - log[0] > 0.19
    assert [record.getMessage() for record in caplog.records if "smaller limit" in record.getMessage()] != []


async def test_two_clients_of_a_process_must_agree_on_a_limit(limiter: Shared) -> None:
    shared = await limiter()
    await ready(shared)
    with pytest.raises(UsageError, match=r"40 per 0\.2 s") as caught:
        await grant(shared, claim(SLOW))
    assert caught.value.field == "rate_limits"


async def test_cost_over_the_most_is_refused(limiter: Shared) -> None:
    with pytest.raises(UsageError, match="1 to 50, not 51"):
        await grant(await limiter(), claim(Rate(100, cost="to_account", max_cost=50), cost=51))


async def test_closing_ends_what_waits(limiter: Shared) -> None:
    async with await limiter() as shared:
        await ready(shared, SLOW)
        waiting = [asyncio.ensure_future(grant(shared, claim(SLOW))) for _ in range(20)]
        await settled(lambda: shared.stats().granted >= 2, "nothing is granted")
    results = await asyncio.gather(*waiting, return_exceptions=True)
    granted = shared.stats().granted - 1  # 9, unless this process was late
    assert 1 <= granted <= 9
    assert [type(each) for each in results] == [float] * granted + [UsageError] * (20 - granted)
    with pytest.raises(UsageError, match="closed"):
        await grant(shared, claim(SLOW))
    await shared.close()


async def test_other_loop_is_refused(limiter: Shared) -> None:
    shared = await limiter()

    def elsewhere() -> None:
        with pytest.raises(UsageError, match="another event loop"):
            asyncio.run(grant(shared, claim(FAST)))

    await asyncio.to_thread(elsewhere)


async def test_client_sends_through_it(limiter: Shared) -> None:
    limiters = [await limiter() for _ in range(2)]
    async with Emulator(auto_import=True) as emulator:
        for index, each in enumerate(limiters):
            async with TimClient(
                emulator.sdk_app_id,
                DEFAULT_SECRET_KEY,
                base_url=emulator.url,
                limiter=each,
                rate_limits={"openim/sendmsg": Rate(40, per=0.2)},
            ) as client:
                await asyncio.gather(*(client.c2c.send_text(f"u{number}", "hi") for number in range(20)))
                assert client.stats()["openim/sendmsg"].succeeded == 20, index
        assert emulator.count("openim/sendmsg") == 40


@pytest.mark.parametrize("kind", ["redis", "file"])
@pytest.mark.parametrize(
    ("options", "field"),
    [
        pytest.param({"prefix": ""}, "prefix", id="empty prefix"),
        pytest.param({"prefix": "a{b}"}, "prefix", id="braces"),
        pytest.param({"tolerance_s": 0}, "tolerance_s", id="no tolerance"),
        pytest.param({"batch_s": -1}, "batch_s", id="negative batch"),
        pytest.param({"batch_s": 1.0}, "batch_s", id="long batch"),
        pytest.param({"outage_wait_s": float("inf")}, "outage_wait_s", id="endless"),
    ],
)
def test_bad_argument_is_named(kind: str, options: dict[str, Any], field: str) -> None:
    make: Callable[..., object] = HostRateLimiter
    if kind == "redis":
        pytest.importorskip("redis")
        from tim_async.cluster import RedisRateLimiter

        make = partial(RedisRateLimiter, "redis://127.0.0.1")
    with pytest.raises(UsageError) as caught:
        make(**options)
    assert caught.value.field == field
