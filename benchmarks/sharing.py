"""One process of many that share a cap: makes claims on a limiter and records when they are granted.

Run as `python -m benchmarks.sharing KIND URL SECONDS TASKS`, with a folder as the URL for `host`. Prints "ready", reads
the start time (of the monotonic clock that all processes of a machine share) and prints one line of JSON at the end.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from tim_async import BucketCost, Claim, HostRateLimiter, LimiterUnavailableError, LocalRateLimiter, Rate
from tim_async._core.rate_limits import next_order

CAP = 200
COMMAND = "openim/sendmsg"
COSTS = (BucketCost(rate=Rate(CAP), units=1, key="", command=COMMAND),)

Acquire = Callable[[], Awaitable[None]]
Limiter = AbstractAsyncContextManager[tuple[Acquire, Callable[[], dict[str, int]]]]


class FreeSlot:
    """A pool that always has a free place."""

    def take_nowait(self) -> bool:
        return True

    async def take(self) -> None:
        raise AssertionError("a slot is free, so there is no need to wait")

    def release(self) -> None:
        pass


def claim() -> Claim:
    return Claim(app=1400000000, command=COMMAND, costs=COSTS, priority="interactive", order=next_order())


@asynccontextmanager
async def local(_: str) -> AsyncIterator[tuple[Acquire, Callable[[], dict[str, int]]]]:
    limiter = LocalRateLimiter()
    yield lambda: limiter.acquire(claim(), FreeSlot()), dict


@asynccontextmanager
async def shared(url: str, batch_s: float = 0.05) -> AsyncIterator[tuple[Acquire, Callable[[], dict[str, int]]]]:
    from tim_async.cluster import RedisRateLimiter

    async with RedisRateLimiter(url, batch_s=batch_s) as limiter:

        async def acquire() -> None:
            try:
                await limiter.acquire(claim(), FreeSlot())
            except LimiterUnavailableError:
                await asyncio.sleep(0.05)
                raise

        def counts() -> dict[str, int]:
            stats = limiter.stats()
            return {name: getattr(stats, name) for name in stats.__struct_fields__}

        yield acquire, counts


@asynccontextmanager
async def host(folder: str) -> AsyncIterator[tuple[Acquire, Callable[[], dict[str, int]]]]:
    """The file limiter of this machine, in a folder."""
    async with HostRateLimiter(folder=folder) as limiter:

        def counts() -> dict[str, int]:
            stats = limiter.stats()
            return {name: getattr(stats, name) for name in stats.__struct_fields__}

        yield lambda: limiter.acquire(claim(), FreeSlot()), counts


def unbatched(url: str) -> Limiter:
    return shared(url, batch_s=0)


@asynccontextmanager
async def of_limits(url: str) -> AsyncIterator[tuple[Acquire, Callable[[], dict[str, int]]]]:
    """`limits`, as its documents show it for asyncio: hit, and sleep until the window resets."""
    from limits import RateLimitItemPerSecond
    from limits.aio.storage import RedisStorage
    from limits.aio.strategies import MovingWindowRateLimiter

    limiter = MovingWindowRateLimiter(RedisStorage(f"async+{url}", implementation="redispy"))
    item = RateLimitItemPerSecond(CAP)

    async def acquire() -> None:
        while not await limiter.hit(item, COMMAND):
            reset = (await limiter.get_window_stats(item, COMMAND)).reset_time
            await asyncio.sleep(max(0.01, reset - time.time()))

    yield acquire, dict


@asynccontextmanager
async def of_throttled(url: str) -> AsyncIterator[tuple[Acquire, Callable[[], dict[str, int]]]]:
    """`throttled-py` with its GCRA limiter, which waits itself."""
    from throttled.asyncio import RateLimiterType, Throttled, rate_limiter, store

    throttle = Throttled(
        key=COMMAND,
        using=RateLimiterType.GCRA.value,
        quota=rate_limiter.per_sec(CAP, burst=1),
        store=store.RedisStore(server=url),
        timeout=60,
    )

    async def acquire() -> None:
        while (await throttle.limit()).limited:
            pass

    yield acquire, dict


KINDS: dict[str, Callable[[str], Limiter]] = {
    "local": local,
    "shared": shared,
    "host": host,
    "unbatched": unbatched,
    "limits": of_limits,
    "throttled": of_throttled,
}


async def main(kind: str, url: str, seconds: float, tasks: int) -> None:
    grants: list[float] = []
    failures: dict[str, int] = {}
    async with KINDS[kind](url) as (acquire, counts):

        async def sender() -> None:
            while True:
                try:
                    await acquire()
                except LimiterUnavailableError as error:
                    failures[type(error).__name__] = failures.get(type(error).__name__, 0) + 1
                else:
                    grants.append(time.monotonic())

        print("ready", flush=True)
        begin = float(await asyncio.to_thread(sys.stdin.readline))
        await asyncio.sleep(begin - time.monotonic())
        cpu_before = time.process_time()
        senders = [asyncio.create_task(sender()) for _ in range(tasks)]
        await asyncio.wait(senders, timeout=begin + seconds - time.monotonic())
        counted, cpu_s = counts(), time.process_time() - cpu_before
        for each in senders:
            each.cancel()
        results = await asyncio.gather(*senders, return_exceptions=True)
    errors = sorted({repr(each) for each in results if not isinstance(each, asyncio.CancelledError)})
    found = {"grants": grants, "stats": counted, "failures": failures, "errors": errors, "cpu_s": cpu_s}
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])))
