"""Claims on a limiter, and slots that are always free."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from tests.cluster.conftest import now
from tim_async import BucketCost, Claim, HostRateLimiter, Rate
from tim_async._core.rate_limits import Priority, next_order
from tim_async._host_limiter.host_link import file_name
from tim_async._host_limiter.place import open_folder
from tim_async._host_limiter.share import StoredShare
from tim_async._host_limiter.state import StoredApp
from tim_async._host_limiter.state_file import StateFile
from tim_async._shared_limits.limiter import SharedRateLimiter
from tim_async._shared_limits.request_class import RequestClass

FAST = Rate(40, per=0.2)
_AGE = """
if redis.call('EXISTS', KEYS[1]) == 0 then
  local yesterday = redis.call('TIME')[1] * 1000000 - 86400000000
  redis.call('HSET', KEYS[1], 'epoch', string.format('%.2f', yesterday), 'seen', string.format('%.2f', yesterday))
end
"""


class FreeSlot:
    """A slot of a pool that always has a free one."""

    def __init__(self) -> None:
        self.taken = 0

    def take_nowait(self) -> bool:
        self.taken += 1
        return True

    async def take(self) -> None:
        raise AssertionError("a slot is free, so there is no need to wait")

    def release(self) -> None:
        self.taken -= 1


class FullPool:
    """A slot of a pool that is full until the test frees it."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.asked = asyncio.Event()
        self.released = 0

    def take_nowait(self) -> bool:
        return self.free.is_set()

    async def take(self) -> None:
        self.asked.set()
        await self.free.wait()

    def release(self) -> None:
        self.released += 1


def claim(
    *rates: Rate,
    command: str = "openim/sendmsg",
    key: str = "",
    cost: int = 1,
    priority: Priority = "interactive",
    wait: float | None = None,
    order: int | None = None,
    is_repeat: bool = False,
    app: int = 1,
) -> Claim:
    """Return a claim that costs `cost` where the rate has costs, and one unit otherwise."""
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


async def grant(limiter: SharedRateLimiter[Any], request: Claim, log: list[float] | None = None) -> float:
    """Acquire a claim; return the time, and append it to the log."""
    await limiter.acquire(request, FreeSlot())
    when = now()
    if log is not None:
        log.append(when)
    return when


async def crowd(limiter: SharedRateLimiter[Any], *rates: Rate, count: int, **options: Any) -> list[float]:
    """Acquire `count` claims at once; return the times."""
    log: list[float] = []
    await asyncio.gather(*(grant(limiter, claim(*rates, **options), log) for _ in range(count)))
    return log


async def age(limiter: SharedRateLimiter[Any], app: int = 1) -> None:
    """Make the state of an app a day old, so that it need not wait for earlier grants."""
    key = f"{limiter._app(app)._stem}:app"
    if isinstance(limiter, HostRateLimiter):
        age_file(limiter, key)
        return
    client = limiter._link._connect()
    await client.eval(_AGE, 1, key)
    await client.aclose()


def age_file(limiter: HostRateLimiter, key: str) -> None:
    """Make the state in a file a day old."""
    link = limiter._link
    folder = open_folder(link._folder)
    with StateFile(folder, file_name(key), link._machine_time) as file:
        os.close(folder)
        if file.app(key) is None:
            yesterday = file.now - 86_400e6
            file.save(key, StoredApp("aged", yesterday, 0.0, yesterday, yesterday, [], 1.0, StoredShare()), [])


async def ready(limiter: SharedRateLimiter[Any], *rates: Rate, **options: Any) -> None:
    """Make the first call, in a state that is no longer new."""
    request = claim(*(rates or (FAST,)), **options)
    await age(limiter, request.app)
    await grant(limiter, request)


async def cancel(tasks: Sequence[asyncio.Future[float]]) -> None:
    """Cancel tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def classes(limiter: SharedRateLimiter[Any]) -> list[RequestClass]:
    """Return the request classes of `openim/sendmsg` that have claims."""
    scheduler = limiter._schedulers.get((1, "openim/sendmsg"))
    return [] if scheduler is None else list(scheduler.active)


def held(limiter: SharedRateLimiter[Any]) -> dict[int, list[float]]:
    """Return the reservations that are held, by cost."""
    return {each.costs[0]: [reservation.at for reservation in each.held] for each in classes(limiter)}
