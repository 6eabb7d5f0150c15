"""Redis gone, and each process continues with its part of the limits."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

pytest.importorskip("redis")

from tests.clock import worst_window
from tests.cluster.conftest import now, settled
from tests.services import OwnRedis, free_port
from tests.shared_limits.claims import FAST, age, claim, grant
from tim_async import Rate
from tim_async._shared_limits.fallback import divide_rate
from tim_async.cluster import RedisRateLimiter


async def test_without_redis_each_process_continues_with_its_part(
    server: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    log: list[float] = []
    options: dict[str, Any] = {"outage_wait_s": 0.1, "fallback_processes": 2}
    async with RedisRateLimiter(server.url, **options) as one, RedisRateLimiter(server.url, **options) as two:
        await grant(one, claim(FAST))
        await asyncio.to_thread(server.stop)
        tasks = [asyncio.ensure_future(grant(each, claim(FAST), log)) for each in (one, two) for _ in range(120)]
        with caplog.at_level(logging.WARNING, "tim_async"):
            await settled(lambda: len(log) >= 60, "nothing is granted")
            alone = one.stats().fallback_granted + two.stats().fallback_granted
            assert alone >= 55
            await asyncio.to_thread(server.start)
            await asyncio.gather(*tasks)
    assert worst_window(sorted(log), FAST.per) <= FAST.limit + 2
    logged = [record.getMessage() for record in caplog.records]
    assert any("continuing with 1/2 of the limits" in each for each in logged)
    assert any("is back; the limits are shared again" in each for each in logged)
    # The last ones waited for Redis again.
    assert one.stats().fallback_granted + two.stats().fallback_granted < 240


async def test_burst_just_before_redis_went_counts(server: OwnRedis) -> None:
    """Neither the parts of the limit without Redis nor what follows when it is back come on top of it."""
    rate, log = Rate(60, per=0.6), list[float]()
    options: dict[str, Any] = {"outage_wait_s": 0.02, "fallback_processes": 2, "tolerance_s": 0.05}
    async with RedisRateLimiter(server.url, **options) as one, RedisRateLimiter(server.url, **options) as two:
        await age(one)
        await asyncio.gather(*(grant(one, claim(rate), log) for _ in range(55)))
        assert log[-1] - log[0] < 0.2
        await asyncio.to_thread(server.stop)
        tasks = [asyncio.ensure_future(grant(each, claim(rate), log)) for each in (one, two) for _ in range(60)]
        await settled(lambda: len(log) >= 70, "nothing is granted")
        assert one.stats().fallback_granted + two.stats().fallback_granted >= 10
        await asyncio.to_thread(server.start)
        await asyncio.gather(*tasks)
    assert worst_window(sorted(log), rate.per) <= rate.limit


async def test_moment_of_a_call_without_redis_is_known() -> None:
    """A refusal is judged by when its call was granted; after the first cut, a refusal with 0 is never counted."""
    async with RedisRateLimiter(
        f"redis://127.0.0.1:{free_port()}/0", outage_wait_s=0.01, fallback_processes=1
    ) as limiter:
        before, request = now(), claim(FAST)
        await grant(limiter, request)
        assert before <= request.granted_at <= now()


async def test_refusals_slow_down_without_redis_too() -> None:
    async with RedisRateLimiter(
        f"redis://127.0.0.1:{free_port()}/0", outage_wait_s=0.01, fallback_processes=1
    ) as limiter:
        request = claim(FAST)
        await grant(limiter, request)
        for _ in range(50):
            assert limiter.refused(request, 60007) == 0.5
        local = limiter._fallback.limiter if limiter._fallback is not None else None
        assert local is not None
        (in_force,) = local.rates(1, "openim/sendmsg")
        assert in_force.share < 0.8


@pytest.mark.parametrize(
    ("rate", "processes"),
    [
        pytest.param(Rate(200), 8, id="200 by 8"),
        pytest.param(Rate(1), 8, id="1 by 8"),
        pytest.param(Rate(12_000, 60.0, cost="to_account", max_cost=500), 8, id="deliveries by 8"),
        pytest.param(Rate(12_000, 60.0, cost="to_account", max_cost=500), 100, id="deliveries by 100"),
    ],
)
def test_parts_together_are_no_more_than_the_whole(rate: Rate, processes: int) -> None:
    part = divide_rate(rate, processes)
    assert part.limit / part.per * processes <= rate.limit / rate.per * 1.000001
    assert part.max_cost == rate.max_cost
