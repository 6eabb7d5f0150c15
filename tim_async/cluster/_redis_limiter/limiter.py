"""One cap for many processes: reserved turns instead of counted calls.

Words. A *turn* is a moment of Redis' clock at which one call may be made. A *unit* is the length of time that one call
(or one delivery) takes of its limit. A *lease* is a few turns reserved with one question. Lanes and lines:
`reservations`.

What goes wrong elsewhere. Limiters that count calls in Redis make everybody ask again and again whether there is room:
hundreds of commands a message, most of them refused, and a crowd that gets in when a window begins. Limiters that hand
out budgets do not know when a budget is spent: a process that stalls spends it late, on top of the budgets of others.

What we do. A limit is a line of time, taken from front to back: a script gives out the next free moments and says which
they are (`reserve.lua`). Nobody asks twice, everyone knows how long to wait, and first come is first served.

A turn is used at its moment or up to `tolerance_s` later; after that it is void and the call takes another one. So it
does not matter how long a process was stopped or stalled, what it was doing meanwhile, or whether it died. Calls made
in a window of length W have their turns in one of W + tolerance, and the unit is long enough for that
(`buckets.unit_s`): no window holds more than the limit, whoever made the calls. The price is a part of the limit: 1 %
for 10 ms of 1 s.

Two clocks. Each answer of Redis puts its clock between two bounds of the local one; the bounds of many answers are
tight (`ServerClock`). A turn is used when it has certainly come there, and as long as it is certainly not over.

Turns are reserved ahead by at most the length of a lease for one process, and by about `_AHEAD_S` for all together.
When Redis has lost its state, or its clock went back, the new state begins that far from now: by then what was reserved
in the old one is over. Turns farther ahead (of limits that let one call a second through, of costs of 500) are told to
the new state by the first process that knows of them. What may overlap in the worst case, a replica that took over and
had not heard of the latest turns, is what was reserved and not used, less than one window's worth.

Redis gone. Without it nobody may send: calls wait `outage_wait_s`, then they fail. Or, when `fallback_processes` says
how many processes share the limits, each goes on with its part of them and looks for Redis twice a second. The first
one that finds it keeps everyone's turns away for a second, so that the others have found it too. That is for a Redis
that is gone for all: processes that are cut off from it alone use their parts on top of the whole the others share.

Priorities are those of one process: Redis does not know who waits, only what is free.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import msgspec
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ... import _codes
from ..._api.checks import check_seconds, check_whole
from ..._api.endpoint import Rate
from ..._core.pool import ConnectionSlot
from ..._core.rate_limits import (
    BucketCost,
    Claim,
    LocalRateLimiter,
    bucket_key,
    check_cost,
    check_same_rate,
    lengthen,
    meant_by,
)
from ...errors import LimiterSetupError, LimiterUnavailableError, TimError, UsageError, WaitTooLongError
from .buckets import Book, SharedBucket
from .redis_link import Link, Scripts
from .reservations import Lane, LaneKey, Line
from .stats import LimiterStats

__all__ = ["LimiterStats", "RedisRateLimiter"]

logger = logging.getLogger("tim_async")

# All processes together reserve about so far ahead.
_AHEAD_S: Final = 0.25
# While Redis is gone, a process that goes on without it looks for it this often; whoever finds it first holds everyone
# back for longer than that.
_PROBE_S: Final = 0.5
_QUIET_S: Final = 1.0


class RedisRateLimiter:
    """The limits of all processes that use the same Redis. Use it as `async with RedisRateLimiter(url) as limiter:`.

    It is a `RateLimiter`: `TimClient(..., limiter=limiter)`. One limiter serves any number of clients and apps of its
    event loop. Processes share their limits when they name the same Redis, the same prefix and the same app.

    Args:
        url: `redis://[:password@]host:port/db`, `rediss://...` or `unix://...`; or a ready client of redis-py's
            `asyncio` (for Sentinel or Cluster), which stays the caller's to close.
        prefix: what all keys in Redis begin with.
        tolerance_s: seconds after its moment for which a turn may still be used, the same in all processes. It must be
            well above the time to Redis and back, and above the hiccups of the event loop. Windows are taken to be
            longer by that, so it costs a part of the limit.
        lease_s: seconds' worth of turns that are reserved at once while calls wait; 0 reserves one by one.
        reply_timeout_s: seconds for Redis to answer.
        outage_wait_s: seconds for which calls wait when Redis is gone, before they fail (or fall back).
        fallback_processes: how many processes share the limits; when Redis is gone, each goes on with its part. Where
            only some lose Redis, the limits are crossed by their parts. None: calls fail (`LimiterUnavailableError`).

    Raises:
        UsageError: an argument is wrong; it names the argument.
    """

    def __init__(
        self,
        url: str | Redis | RedisCluster,
        *,
        prefix: str = "tim",
        tolerance_s: float = 0.010,
        lease_s: float = 0.05,
        reply_timeout_s: float = 1.0,
        outage_wait_s: float = 3.0,
        fallback_processes: int | None = None,
    ) -> None:
        if (
            not isinstance(prefix, str)
            or not prefix
            or not prefix.isprintable()
            or any(each in prefix for each in "{} ")
        ):
            raise UsageError("prefix must be a text without braces and spaces", field="prefix")
        for name, value in (("tolerance_s", tolerance_s), ("reply_timeout_s", reply_timeout_s)):
            check_seconds(name, value)
        for name, value in (("lease_s", lease_s), ("outage_wait_s", outage_wait_s)):
            if value != 0:
                check_seconds(name, value)
        if lease_s > _AHEAD_S:
            raise UsageError(f"lease_s is {lease_s!r}, it must be at most {_AHEAD_S:g}", field="lease_s")
        if fallback_processes is not None:
            check_whole("fallback_processes", fallback_processes, 1)
        self._target, self._where = _read_target(url)
        self._prefix = prefix
        self._tolerance = tolerance_s
        self._lease = lease_s
        self._reply_timeout = reply_timeout_s
        self._outage_wait = outage_wait_s
        self._processes = fallback_processes
        self._stats = LimiterStats()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._link: Link | None = None
        self._books: dict[int, Book] = {}
        self._lines: dict[tuple[int, str], Line] = {}
        self._fixed: dict[tuple[int, str], tuple[tuple[BucketCost, ...], Lane]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._fallback: LocalRateLimiter | None = None
        self._is_closed = False

    def __repr__(self) -> str:
        return f"<RedisRateLimiter at {self._where}>"

    async def __aenter__(self) -> Self:
        self._bind()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. Calls that wait fail; closing twice is harmless."""
        self._is_closed = True
        for line in self._lines.values():
            await line.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._link is not None:
            await self._link.close()

    def stats(self) -> LimiterStats:
        """Return counts, as they stand now."""
        if self._link is not None:
            self._stats.round_trips, self._stats.outages = self._link.round_trips, self._link.outages
        return msgspec.structs.replace(self._stats)

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        """Wait for the claim's turn; return with the slot taken, to be used at once. See `RateLimiter.acquire`.

        Raises:
            LimiterUnavailableError: Redis has been gone for too long; nothing was sent.
        """
        loop = self._bind()
        while True:
            if self._fallback is not None:
                if await self._go_on_alone(self._fallback, claim, slot):
                    return
                continue
            lane = self._lane(claim)
            waiter = claim.waiter()
            if claim.deadline is not None:
                remaining = claim.deadline - loop.time()
                wait = 0.0 if remaining <= 0 else lane.estimate(waiter, lane.line.link.now())
                if remaining <= 0 or wait > remaining:
                    raise WaitTooLongError(wait=wait, remaining=remaining)
            try:
                await lane.serve(waiter, claim, slot)
                return
            except LimiterUnavailableError as error:
                if self._processes is None:
                    raise
                self._fall_back(error)

    def pause(self, claim: Claim, code: int) -> float:
        """Hold back everyone after "too many calls", in all processes; return the seconds. See `RateLimiter.pause`.

        The others hear of it with their next question, within a quarter of a second when they are busy.
        """
        loop = self._bind()
        if self._fallback is not None:
            return self._fallback.pause(self._divided(claim), code)
        lane = self._lane(claim)
        line = lane.line
        now = line.link.now()
        buckets: list[SharedBucket] = []
        if code in _codes.APP_WIDE_CODES:
            seconds, paused = lengthen(line.book, now), [0]
            line.book.paused_until = max(line.book.paused_until, now + seconds)
        else:
            buckets = [lane.buckets[index] for index in meant_by(code, claim)]
            seconds, paused = max(lengthen(bucket, now) for bucket in buckets), list(range(1, len(buckets) + 1))
            for bucket in buckets:
                bucket.paused_until = max(bucket.paused_until, now + seconds)
        task = loop.create_task(self._tell_pause(line.book, buckets, paused), name="tim_async: tell a pause")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        for each in self._lines.values():
            for waiting in each.active:
                waiting.wake()
        return seconds

    async def _tell_pause(self, book: Book, buckets: list[SharedBucket], paused: list[int]) -> None:
        try:
            await book.ask(buckets, paused=paused)
        except TimError as error:
            logger.warning("the other processes do not know of the pause: %s", error)

    def _lane(self, claim: Claim) -> Lane:
        known = self._fixed.get((claim.app, claim.command))
        if known is not None and known[0] is claim.costs:
            return known[1]
        line = self._line(claim)
        key: LaneKey = tuple((cost.command, cost.key, cost.units) for cost in claim.costs)
        lane = line.lanes.get(key)
        if lane is None:
            buckets = []
            for index, cost in enumerate(claim.costs):
                check_cost(claim, cost)
                buckets.append(line.book.bucket(bucket_key(claim, index), cost.rate))
            is_keyed = any(cost.key for cost in claim.costs)
            lane = Lane(line, key, buckets, [cost.units for cost in claim.costs], is_keyed=is_keyed)
        for bucket, cost in zip(lane.buckets, claim.costs, strict=True):
            check_same_rate(bucket.rate, cost)
        line.lanes[key] = lane
        if not lane.is_keyed:
            self._fixed[claim.app, claim.command] = (claim.costs, lane)
        return lane

    def _line(self, claim: Claim) -> Line:
        line = self._lines.get((claim.app, claim.command))
        if line is None:
            link = self._connected()
            line = self._lines[claim.app, claim.command] = Line(
                self._book(claim.app, link),
                link,
                self._stats,
                lease=self._lease,
                ahead=_AHEAD_S,
                tolerance=self._tolerance,
            )
        return line

    def _book(self, app: int, link: Link) -> Book:
        book = self._books.get(app)
        if book is None:
            book = self._books[app] = Book(
                app,
                link,
                prefix=self._prefix,
                owner=secrets.token_hex(8),
                ahead=_AHEAD_S,
                tolerance=self._tolerance,
            )
        return book

    def _connected(self) -> Link:
        if self._link is None:
            self._link = Link(
                self._connect,
                self._where,
                timeout=self._reply_timeout,
                patience=self._outage_wait,
                tolerance=self._tolerance,
            )
        return self._link

    def _connect(self) -> Scripts:
        if not isinstance(self._target, str):
            return _Borrowed(self._target)
        # No repeats below: a question that is asked twice reserves turns twice. The link repeats what is worth it.
        client: Scripts = Redis.from_url(
            self._target,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=self._reply_timeout,
            socket_connect_timeout=self._reply_timeout,
        )
        return client

    # Without Redis.

    def _fall_back(self, error: LimiterUnavailableError) -> None:
        if self._fallback is None and not self._is_closed and self._loop is not None:
            logger.warning("%s; going on with 1/%d of the limits", error.message, self._processes)
            self._fallback = LocalRateLimiter(starts_empty=True)
            task = self._loop.create_task(self._probe(), name="tim_async: look for Redis")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _go_on_alone(self, local: LocalRateLimiter, claim: Claim, slot: ConnectionSlot) -> bool:
        """Let a claim through on this process's part of the limits; False when Redis is back before its turn."""
        try:
            await local.acquire(self._divided(claim), _GuardedSlot(slot, self, local))
        except _BackError:
            return False
        self._stats.fallback_granted += 1
        return True

    def is_alone(self, local: LocalRateLimiter) -> bool:
        """Tell whether the process still goes on without Redis, by this limiter."""
        return self._fallback is local

    async def _probe(self) -> None:
        """Look for Redis until it is back."""
        while self._fallback is not None:
            await asyncio.sleep(_PROBE_S)
            try:
                for book in self._books.values():
                    await book.ask([], quiet=_QUIET_S)
            except TimError as error:
                logger.debug("still without Redis: %s", error.message)
            else:
                logger.warning("%s is back; the limits are shared again", self._where)
                self._fallback = None

    def _divided(self, claim: Claim) -> Claim:
        processes = self._processes or 1
        costs = tuple(msgspec.structs.replace(cost, rate=_divide(cost.rate, processes)) for cost in claim.costs)
        return msgspec.structs.replace(claim, costs=costs)

    def _bind(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._is_closed:
            raise UsageError("the limiter is closed")
        if self._loop is not loop:
            if self._loop is not None:
                raise LimiterSetupError(
                    "this limiter belongs to another event loop; make one for each", field="limiter"
                )
            self._loop = loop
        return loop


class _BackError(Exception):
    """Redis is back: what waits for this process's part of the limits must not take it any more."""


class _GuardedSlot:
    """The slot of a claim that goes on without Redis: it is taken just before the tokens are."""

    def __init__(self, slot: ConnectionSlot, limiter: RedisRateLimiter, local: LocalRateLimiter) -> None:
        self._slot = slot
        self._limiter = limiter
        self._local = local

    def _check(self) -> None:
        if not self._limiter.is_alone(self._local):
            self._slot.release()
            raise _BackError

    def take_nowait(self) -> bool:
        self._check()
        return self._slot.take_nowait()

    async def take(self) -> None:
        await self._slot.take()
        self._check()

    def release(self) -> None:
        self._slot.release()


class _Borrowed:
    """A client that is the caller's: used, and not closed."""

    def __init__(self, client: Redis | RedisCluster) -> None:
        self.evalsha = client.evalsha
        self.eval = client.eval

    async def aclose(self) -> None:
        """Leave it open."""


def _divide(rate: Rate, processes: int) -> Rate:
    """Return one process's part of a limit."""
    part = rate.limit // processes
    if part >= rate.max_cost:
        return msgspec.structs.replace(rate, limit=part)
    return msgspec.structs.replace(rate, limit=rate.max_cost, per=rate.per * processes * rate.max_cost / rate.limit)


def _read_target(url: str | Redis | RedisCluster) -> tuple[str | Redis | RedisCluster, str]:
    """Return what to connect to, and how to name it without its password."""
    if isinstance(url, Redis | RedisCluster):
        return url, f"the given {type(url).__name__} client"
    problem = (
        "url must look like redis://host:6379/0, rediss://... or unix:///path, or be an asyncio client of redis-py"
    )
    if not isinstance(url, str):
        raise UsageError(problem, field="url")
    try:
        parts = urlsplit(url)
        Redis.from_url(url)
        where = f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
    except ValueError:
        where = ""
    if not where:
        raise UsageError(problem, field="url")  # outside of the handler: what urlsplit says may hold the password
    return url, f"Redis at {where}"
