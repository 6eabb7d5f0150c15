"""Limiters over a real Redis, each test with keys of its own."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.services import REDIS_URL, OwnRedis, missing, need_port, own_redis
from tim_async import BucketCost, Claim, Rate
from tim_async._core.rate_limits import next_order

if TYPE_CHECKING:
    from tests.cluster.workers.deployment import Yard
    from tim_async.cluster import RedisRateLimiter

collect_ignore_glob: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without redis-py there is nothing to test but that this is told."""
    if importlib.util.find_spec("redis") is None:
        for item in items:
            if "cluster" in item.path.parts and "without_the_extra" not in item.name:
                item.add_marker(pytest.mark.skip(reason="the extra cluster is not installed"))


@pytest.fixture
def redis_url() -> str:
    if importlib.util.find_spec("redis") is None:
        missing("redis-py is not installed")
    return need_port(REDIS_URL, "Redis")


@pytest.fixture
def server(tmp_path: Any) -> Iterator[OwnRedis]:
    if importlib.util.find_spec("redis") is None:
        missing("redis-py is not installed")
    with own_redis(tmp_path) as running:
        yield running


@pytest.fixture
async def prefix(redis_url: str) -> AsyncIterator[str]:
    """A prefix of the test's own; its keys are removed afterwards."""
    from redis.asyncio import Redis

    own = f"tim-test-{uuid4().hex}"
    yield own
    async with Redis.from_url(redis_url) as client:
        keys = [key async for key in client.scan_iter(match=f"{{{own}:*")]
        if keys:
            await client.delete(*keys)


@pytest.fixture
async def limiter(redis_url: str, prefix: str) -> AsyncIterator[Callable[..., Any]]:
    """Make limiters as processes of an app would have them."""
    from tim_async.cluster import RedisRateLimiter

    async with contextlib.AsyncExitStack() as stack:

        async def make(**options: Any) -> RedisRateLimiter:
            return await stack.enter_async_context(RedisRateLimiter(redis_url, prefix=prefix, **options))

        yield make


@pytest.fixture
async def yard(redis_url: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Yard]:
    """Everything that a cluster needs, and no workers yet."""
    from tests.cluster.workers.deployment import hurry, open_yard

    hurry(monkeypatch)
    async with open_yard(redis_url, prefix) as made:
        yield made


class FreeSlot:
    """A pool that always has a place."""

    def __init__(self) -> None:
        self.taken = 0

    def take_nowait(self) -> bool:
        self.taken += 1
        return True

    async def take(self) -> None:
        raise AssertionError("there is a place, nobody needs to wait")

    def release(self) -> None:
        self.taken -= 1


def claim(
    *rates: Rate,
    command: str = "openim/sendmsg",
    key: str = "",
    cost: int = 1,
    priority: str = "interactive",
    wait: float | None = None,
    order: int | None = None,
    is_repeat: bool = False,
    app: int = 1,
) -> Claim:
    return Claim(
        app=app,
        command=command,
        costs=tuple(
            BucketCost(rate=rate, units=cost if rate.cost else 1, key=key if rate.key else "", command=command)
            for rate in rates
        ),
        priority=priority,
        order=next_order() if order is None else order,
        is_repeat=is_repeat,
        deadline=None if wait is None else asyncio.get_running_loop().time() + wait,
    )


def now() -> float:
    import time

    return time.monotonic()


async def grant(limiter: Any, request: Claim, log: list[float] | None = None) -> float:
    await limiter.acquire(request, FreeSlot())
    when = now()
    if log is not None:
        log.append(when)
    return when


async def settled(condition: Callable[[], bool], what: str, within: float = 10.0, every: float = 0.001) -> None:
    """Wait until something is so."""
    end = now() + within
    while not condition():
        assert now() < end, what
        await asyncio.sleep(every)


FAST = Rate(40, per=0.2)


async def crowd(limiter: RedisRateLimiter, *rates: Rate, count: int, **options: Any) -> list[float]:
    log: list[float] = []
    await asyncio.gather(*(grant(limiter, claim(*rates, **options), log) for _ in range(count)))
    return log


def stocks(limiter: RedisRateLimiter) -> dict[int, list[float]]:
    """Return the turns at hand, by cost."""
    line = limiter._lines.get((1, "openim/sendmsg"))
    return {} if line is None else {lane.costs[0]: list(lane.stock) for lane in line.active}


async def ready(limiter: RedisRateLimiter, *rates: Rate, **options: Any) -> None:
    """Make the first call, so that the state is no longer new."""
    await grant(limiter, claim(*(rates or (FAST,)), **options))


async def cancel(tasks: list[asyncio.Future[float]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


Task = Awaitable[float]
