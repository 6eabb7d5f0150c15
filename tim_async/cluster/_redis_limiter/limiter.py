"""One cap for many processes, stored in Redis. See `_shared_limits.limiter` for the theory.

The store is a script (`reserve.lua`, which includes `timeline.lua`, `window.lua` and `share.lua`).

Two clocks. Each reply of Redis bounds the difference between its clock and the local one; the bounds of many replies
are tight (`ServerClock`). A reservation is used only while its moment has certainly come and it has certainly not
expired.

Lost state. Redis was flushed or restarted, or a replica that had not received the latest reservations took over.

Redis gone. Without it no process may send: calls wait `outage_wait_s`, then they fail. Or, if `fallback_processes` says
how many processes share the limits, each continues with its part of them, at the pace, and probes Redis twice a second
(`fallback`). The first process that finds it delays reservations for a second, so that the others have found it too.
This is meant for a Redis that is gone for all processes: those that lose only their own connection use their parts on
top of the whole limit that the others share.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from redis.asyncio import Redis, RedisCluster

from ..._api.checks import check_seconds, check_whole
from ..._shared_limits.limiter import SharedRateLimiter, check_shared
from ..._shared_limits.stats import LimiterStats
from .redis_client import connect, name_of
from .redis_link import RedisLink

__all__ = ["LimiterStats", "RedisRateLimiter"]

_ONE_LOOP: Final = (
    "this RedisRateLimiter was created with a redis-py client, which belongs to a closed event loop or to another "
    "process: pass a url, or create one limiter per event loop"
)


class RedisRateLimiter(SharedRateLimiter[RedisLink]):
    """The limits of all processes that use the same Redis. Use it as `async with RedisRateLimiter(url) as limiter:`.

    It is a `RateLimiter`: `TimClient(..., limiter=limiter)`. One limiter serves any number of clients and apps in its
    event loop. A limiter at module level, created with a URL, serves one event loop after another, and forked
    processes. Processes share their limits if they use the same Redis, the same prefix and the same app.

    Args:
        url: `redis://[:password@]host:port/db`, `rediss://...` or `unix://...`; or a client of redis-py's `asyncio`
            (for Sentinel or Cluster), which the caller closes.
        prefix: prefix of all keys in Redis, `tim` by default; printable, without braces and spaces.
        tolerance_s: seconds after its moment for which a reservation can be used, the same in all processes; 0.01 by
            default. It must be well above the round-trip time to Redis, and above the delays of the event loop. Windows
            are extended by this time, so it costs part of the limit: 1 % of a limit by the second for each 10 ms.
        late_tolerance_s: the same for a process that is too late for a tenth of its reservations because its processor
            is busy, until that is over; 0.08 by default. It costs at most a tenth of a limit. A value up to
            `tolerance_s` turns it off.
        batch_s: seconds' worth of reservations to make with one request while calls wait, 0 to 0.25; 0.05 by default. 0
            makes one at a time.
        reply_timeout_s: seconds for Redis to answer a request, 1 by default.
        outage_wait_s: seconds for which calls wait for Redis during an outage before they fail, or fall back; 3 by
            default, 0 for not at all.
        fallback_processes: how many processes share the limits, 1 or more: during an outage of Redis, each continues
            with its part. If only some of them lose Redis, the limits are exceeded by their parts. None (default):
            calls fail (`LimiterUnavailableError`).

    Raises:
        UsageError: an argument is invalid; `field` names it.
    """

    def __init__(
        self,
        url: str | Redis | RedisCluster,
        *,
        prefix: str = "tim",
        tolerance_s: float = 0.010,
        late_tolerance_s: float = 0.080,
        batch_s: float = 0.05,
        reply_timeout_s: float = 1.0,
        outage_wait_s: float = 3.0,
        fallback_processes: int | None = None,
    ) -> None:
        check_shared(prefix=prefix, tolerance_s=tolerance_s, late_tolerance_s=late_tolerance_s, batch_s=batch_s)
        check_seconds("reply_timeout_s", reply_timeout_s)
        if outage_wait_s != 0:
            check_seconds("outage_wait_s", outage_wait_s)
        if fallback_processes is not None:
            check_whole("fallback_processes", fallback_processes, 1)
        where = name_of(url)
        super().__init__(
            RedisLink(
                partial(connect, url, timeout=reply_timeout_s),
                where,
                timeout=reply_timeout_s,
                patience=outage_wait_s,
                tolerance=tolerance_s,
            ),
            prefix=prefix,
            tolerance_s=tolerance_s,
            late_tolerance_s=late_tolerance_s,
            batch_s=batch_s,
            fallback_processes=fallback_processes,
            remedy_of_loop=None if isinstance(url, str) else _ONE_LOOP,
        )
