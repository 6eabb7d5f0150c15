"""Real services for the tests of the cluster, each test with its own keys."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.services import REDIS_URL, OwnRedis, missing, need_port

if TYPE_CHECKING:
    from tests.cluster.workers.deployment import Deployment
    from tim_async.cluster import RedisRateLimiter

collect_ignore_glob: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without redis-py, test only that its absence is reported."""
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
    with OwnRedis(tmp_path) as running:
        yield running


@pytest.fixture
async def prefix(redis_url: str) -> AsyncIterator[str]:
    """A prefix for this test alone; its keys are removed afterwards."""
    from redis.asyncio import Redis

    own = f"tim-test-{uuid4().hex}"
    yield own
    async with Redis.from_url(redis_url) as client:
        keys = [key async for key in client.scan_iter(match=f"{{{own}:*")]
        if keys:
            await client.delete(*keys)


@pytest.fixture
async def limiter(redis_url: str, prefix: str) -> AsyncIterator[Callable[..., Any]]:
    """Make limiters as the processes of an app have them."""
    from tim_async.cluster import RedisRateLimiter

    async with contextlib.AsyncExitStack() as stack:

        async def make(**options: Any) -> RedisRateLimiter:
            return await stack.enter_async_context(RedisRateLimiter(redis_url, prefix=prefix, **options))

        yield make


@pytest.fixture
async def deployment(redis_url: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Deployment]:
    """Everything that a cluster needs, and no workers yet."""
    from tests.cluster.workers.deployment import hurry, open_deployment

    hurry(monkeypatch)
    async with open_deployment(redis_url, prefix) as made:
        yield made


def now() -> float:
    """Return the time of a clock that does not go back, in seconds."""
    return time.monotonic()


async def settled(condition: Callable[[], bool], what: str, every: float = 0.001) -> None:
    """Wait until a condition holds, for a minute at most; `what` is the message if it does not by then."""
    end = now() + 60
    while not condition():
        assert now() < end, what
        await asyncio.sleep(every)
