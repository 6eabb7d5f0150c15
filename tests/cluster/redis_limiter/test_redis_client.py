"""The client of redis-py: given, or made from a URL whose password never shows."""

from __future__ import annotations

import pytest

pytest.importorskip("redis")

from tests.shared_limits.claims import ready
from tim_async import UsageError
from tim_async.cluster import RedisRateLimiter


async def test_given_client_is_used_and_left_open(redis_url: str, prefix: str) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(redis_url, decode_responses=True) as client:
        async with RedisRateLimiter(client, prefix=prefix) as shared:
            await ready(shared)
        assert await client.ping()


@pytest.mark.parametrize(
    "url", ["redis://:geheim@127.0.0.1:6379/0", "redis://:geheim@127.0.0.1:x/0", "redis://:geheim@[::1/0"]
)
def test_password_is_nowhere_to_be_seen(url: str) -> None:
    try:
        text = repr(RedisRateLimiter(url))
    except UsageError as error:
        text = f"{error!r} {error} {error.__cause__!r} {error.__context__!r}"
    assert "geheim" not in text
