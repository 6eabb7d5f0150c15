"""What keeps the shared limits, for the tests that are the same for each: Redis, and a file of this machine."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.services import REDIS_URL, missing, need_port
from tests.shared_limits.script import FileStore, ScriptStore, Store
from tim_async import HostRateLimiter
from tim_async._shared_limits.limiter import SharedRateLimiter

Limiter = SharedRateLimiter[Any]


def need_redis() -> str:
    if importlib.util.find_spec("redis") is None:
        missing("redis-py is not installed")
    return need_port(REDIS_URL, "Redis")


@pytest.fixture
def script_store() -> Iterator[ScriptStore]:
    url = need_redis()
    from redis import Redis

    with Redis.from_url(url) as connection:
        store = ScriptStore(connection)
        yield store
        store.lose()


@pytest.fixture
def file_store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path)


@pytest.fixture(params=["redis", "file"])
def store(request: pytest.FixtureRequest) -> Store:
    """What answers requests on a clock that the test sets."""
    found: Store = request.getfixturevalue("script_store" if request.param == "redis" else "file_store")
    return found


def remove_files(folder: Path) -> None:
    for each in folder.glob("*.limits"):
        each.unlink()


class Shared:
    """Makes limiters as the processes of an app have them, with one store for all of a test."""

    def __init__(
        self, make: Callable[..., Limiter], lose: Callable[[], Awaitable[None]], stack: AsyncExitStack
    ) -> None:
        self._make = make
        self._stack = stack
        self.lose = lose
        """Lose all that is kept."""

    async def __call__(self, **options: Any) -> Limiter:
        return await self._stack.enter_async_context(self._make(**options))


@pytest.fixture(params=["redis", "file"])
async def limiter(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shared]:
    """Make limiters of either kind; those of a test share what keeps their limits."""
    async with AsyncExitStack() as stack:
        if request.param == "file":

            async def remove() -> None:
                remove_files(tmp_path)

            yield Shared(lambda **options: HostRateLimiter(folder=tmp_path, **options), remove, stack)
            return
        url, own = need_redis(), f"tim-test-{uuid4().hex}"
        from redis.asyncio import Redis

        from tim_async.cluster import RedisRateLimiter

        client = await stack.enter_async_context(Redis.from_url(url))

        async def delete() -> None:
            keys = [key async for key in client.scan_iter(match=f"{{{own}*")]
            if keys:
                await client.delete(*keys)

        stack.push_async_callback(delete)
        yield Shared(lambda **options: RedisRateLimiter(url, **{"prefix": own, **options}), delete, stack)
