"""The limiter over a real Redis: its keys, and its arguments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytest.importorskip("redis")

from redis.asyncio import Redis

from tests.shared_limits.claims import ready
from tim_async import Rate, UsageError
from tim_async.cluster import RedisRateLimiter

Make = Callable[..., Awaitable[RedisRateLimiter]]


async def test_keys_of_an_app_are_in_one_slot_and_begin_with_the_prefix(
    limiter: Make, redis_url: str, prefix: str
) -> None:
    shared = await limiter()
    for options in ({}, {"app": 2}, {"command": "openim/other"}):
        await ready(shared, Rate(2), **options)
    async with Redis.from_url(redis_url) as client:
        keys = sorted([str(key, "utf-8") async for key in client.scan_iter(match=f"{{{prefix}*")])
    assert f"{{{prefix}:1}}:app" in keys
    assert f"{{{prefix}:1}}:openim/sendmsg:0:" in keys
    # One slot of Redis Cluster for an app, and nothing without the prefix.
    assert {key.partition("}")[0] for key in keys} == {f"{{{prefix}:1", f"{{{prefix}:2"}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        pytest.param({"url": "http://127.0.0.1"}, "url", id="scheme"),
        pytest.param({"url": 5}, "url", id="number"),
        pytest.param({"reply_timeout_s": "1"}, "reply_timeout_s", id="text"),
        pytest.param({"fallback_processes": 0}, "fallback_processes", id="no process"),
        pytest.param({"fallback_processes": True}, "fallback_processes", id="bool"),
    ],
)
def test_bad_argument_is_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(UsageError) as caught:
        RedisRateLimiter(**{"url": "redis://127.0.0.1", **options})
    assert caught.value.field == field
