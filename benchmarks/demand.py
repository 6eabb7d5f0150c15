"""A client in a separate process that always has more to send than the limit allows.

Run as `python -m benchmarks.demand URL SOURCE [REDIS]`. Prints "ready", reads the start and end times (of the monotonic
clock that all processes of a machine share) and at the end prints when its calls were granted.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from contextlib import AsyncExitStack

from tim_async import Claim, ConnectionSlot, LocalRateLimiter, RateLimitedError, TimClient, TimError
from tim_async._core.bucket import Bucket
from tim_async._core.rate_limits import RateLimiter

from .processes import SECRET_KEY

APP = 1400000000
TASKS = 60  # that always have one more message: more than are in flight at the cap


def _note_grants(limiter: RateLimiter) -> list[float]:
    """Return a list that the limiter's grants are added to."""
    grants: list[float] = []
    if isinstance(limiter, LocalRateLimiter):
        # Where the tokens are taken: on a busy machine, a task waiting for them may run some milliseconds later.
        take = Bucket.take

        def noting_take(bucket: Bucket, units: int, now: float) -> None:
            grants.append(now)
            take(bucket, units, now)

        Bucket.take = noting_take  # type: ignore[method-assign, assignment]
    else:
        acquire = limiter.acquire

        async def noting_acquire(claim: Claim, slot: ConnectionSlot) -> None:
            await acquire(claim, slot)
            grants.append(time.monotonic())

        limiter.acquire = noting_acquire  # type: ignore[method-assign]
    return grants


async def main(url: str, source: str, redis: str | None = None) -> None:
    failures: dict[str, int] = {}
    async with AsyncExitStack() as stack:
        limiter: RateLimiter = LocalRateLimiter()
        if redis is not None:
            from tim_async.cluster import RedisRateLimiter

            limiter = await stack.enter_async_context(RedisRateLimiter(redis))
        grants = _note_grants(limiter)
        client = await stack.enter_async_context(TimClient(APP, SECRET_KEY, base_url=url, limiter=limiter))
        await client.warm_up(TASKS)

        async def sender(number: int) -> None:
            count = 0
            while True:
                count += 1
                try:
                    await client.c2c.send_text(f"{source}-{number}-{count}", "hi")
                except RateLimitedError:
                    pass  # the server counts them
                except TimError as error:
                    failures[repr(error)] = failures.get(repr(error), 0) + 1

        print("ready", flush=True)
        begin, end = map(float, (await asyncio.to_thread(sys.stdin.readline)).split())
        await asyncio.sleep(begin - time.monotonic())
        senders = [asyncio.create_task(sender(number)) for number in range(TASKS)]
        await asyncio.wait(senders, timeout=end - time.monotonic())
        for each in senders:
            each.cancel()
        results = await asyncio.gather(*senders, return_exceptions=True)
    failures |= {repr(each): 1 for each in results if not isinstance(each, asyncio.CancelledError)}
    print(json.dumps({"grants": grants, "failures": failures}), flush=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # one line per cut, on a standard error that no one reads
    asyncio.run(main(*sys.argv[1:]))
