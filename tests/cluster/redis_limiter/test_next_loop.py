"""A limiter that outlives its event loop: one `asyncio.run` after the other, and forked processes."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("redis")

import redis
import redis.asyncio

from tests.closed_loops import by_hand
from tests.services import OwnRedis, free_port
from tests.shared_limits.claims import FAST, age, claim, grant
from tim_async import LimiterSetupError, Rate, UsageError
from tim_async.cluster import RedisRateLimiter

LONG = Rate(40, per=6.0)  # a burst leaves some of it for repeats


@pytest.fixture
def monitor(server: OwnRedis) -> Iterator[redis.Redis]:
    with redis.Redis(port=server.port) as monitor:
        yield monitor


def connections(monitor: redis.Redis) -> int:
    """Return how many connections others have."""
    return len(monitor.client_list()) - 1


async def aged(limiter: RedisRateLimiter) -> None:
    await age(limiter)
    await grant(limiter, claim(FAST))


def test_limiter_serves_one_run_after_the_other_and_leaves_nothing_open(server: OwnRedis, monitor: redis.Redis) -> None:
    limiter = RedisRateLimiter(server.url)
    asyncio.run(age(limiter))
    for _ in range(3):
        asyncio.run(grant(limiter, claim(FAST)))
        gc.collect()  # open connections would warn, and warnings are errors
        assert connections(monitor) == 0
    assert limiter.stats().round_trips >= 3


def test_what_was_granted_in_an_earlier_loop_counts(server: OwnRedis) -> None:
    limiter = RedisRateLimiter(server.url)

    async def burst(count: int) -> list[float]:
        return await asyncio.gather(*(grant(limiter, claim(LONG)) for _ in range(count)))

    asyncio.run(age(limiter))
    asyncio.run(burst(25))

    async def more() -> None:
        await burst(5)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await burst(15)

    asyncio.run(more())


@by_hand
def test_loop_that_is_closed_with_calls_in_it_does_not_count_in_the_next(
    server: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter, slow = RedisRateLimiter(server.url), Rate(1, per=0.4)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(age(limiter))
    left = [loop.create_task(grant(limiter, claim(slow))) for _ in range(20)]
    loop.run_until_complete(asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED))
    loop.close()
    ignored: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    asyncio.run(grant(limiter, claim(slow)))
    left.clear()
    gc.collect()
    asyncio.run(grant(limiter, claim(slow)))


def test_loop_that_is_not_closed_is_refused(server: OwnRedis) -> None:
    limiter = RedisRateLimiter(server.url)

    async def main() -> None:
        await aged(limiter)
        with pytest.raises(LimiterSetupError, match="another event loop that is still running") as caught:
            await asyncio.to_thread(asyncio.run, grant(limiter, claim(FAST)))
        assert caught.value.field == "limiter"
        await grant(limiter, claim(FAST))

    asyncio.run(main())


def test_closed_limiter_stays_closed_in_the_next_loop(server: OwnRedis, monitor: redis.Redis) -> None:
    limiter = RedisRateLimiter(server.url)

    async def use() -> None:
        async with limiter:
            await aged(limiter)

    asyncio.run(use())
    assert connections(monitor) == 0
    for _ in range(2):
        with pytest.raises(UsageError, match="the limiter is closed"):
            asyncio.run(grant(limiter, claim(FAST)))
        asyncio.run(limiter.close())


@by_hand
def test_limiter_can_be_closed_in_a_later_loop(server: OwnRedis) -> None:
    limiter = RedisRateLimiter(server.url)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(aged(limiter))
    loop.close()
    asyncio.run(limiter.close())
    with pytest.raises(UsageError, match="the limiter is closed"):
        asyncio.run(grant(limiter, claim(FAST)))


def test_client_of_the_caller_serves_one_loop(server: OwnRedis) -> None:
    async def use() -> None:
        async with redis.asyncio.Redis(port=server.port) as client:
            limiter.append(RedisRateLimiter(client))
            await aged(limiter[0])
            await grant(limiter[0], claim(FAST))

    limiter: list[RedisRateLimiter] = []
    asyncio.run(use())
    with pytest.raises(LimiterSetupError, match="pass a url") as caught:
        asyncio.run(grant(limiter[0], claim(FAST)))
    assert caught.value.field == "url"


def test_without_redis_the_next_loop_goes_on_with_its_part_and_finds_redis_again(server: OwnRedis) -> None:
    limiter = RedisRateLimiter(
        f"redis://127.0.0.1:{free_port()}/0", outage_wait_s=0.01, reply_timeout_s=0.2, fallback_processes=2
    )
    asyncio.run(grant(limiter, claim(FAST)))
    failed_at = limiter._link.outage.failed_at

    async def until_redis_was_looked_for() -> None:
        await grant(limiter, claim(FAST))
        async with asyncio.timeout(20):
            while limiter._link.outage.failed_at == failed_at and is_without_redis():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def is_without_redis() -> bool:
        return limiter._fallback is not None and limiter._fallback.limiter is not None

    asyncio.run(until_redis_was_looked_for())
    assert is_without_redis()
    assert limiter.stats().fallback_granted == 2

    async def until_redis_is_back() -> None:
        await grant(limiter, claim(FAST))
        async with asyncio.timeout(20):
            while is_without_redis():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    there = RedisRateLimiter(server.url)
    limiter._link._connect = there._link._connect  # Redis is available now
    asyncio.run(until_redis_is_back())
    asyncio.run(grant(limiter, claim(FAST)))
    assert limiter.stats().round_trips > 0
    assert limiter.stats().fallback_granted == 3


FORKS = """
import asyncio, gc, os, weakref
from tests.shared_limits.claims import FAST, age, claim, grant
from tim_async.cluster import RedisRateLimiter

limiter = RedisRateLimiter("{url}")
inherited = []

def child():
    code = 1
    try:
        for _ in range(2):
            asyncio.run(grant(limiter, claim(FAST)))
            gc.collect()
        assert all(each() is not None for each in inherited), "something of the parent's was finalized"
        code = 0
    finally:
        os._exit(code)

async def main():
    await age(limiter)
    await grant(limiter, claim(FAST))
    waiting = [asyncio.create_task(grant(limiter, claim(FAST))) for _ in range(60)]
    await asyncio.sleep(0)
    inherited[:] = map(weakref.ref, [limiter._link._client, *limiter._schedulers.values()])
    if not os.fork():
        child()
    assert os.wait()[1] == 0
    await asyncio.gather(*waiting)
    await grant(limiter, claim(FAST))

for _ in range(2):
    asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_forked_process_opens_its_own_connections_and_the_parent_keeps_its_own(server: OwnRedis) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKS.format(url=server.url)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
