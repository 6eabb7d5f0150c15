"""The connection to Redis: the script, its request and reply, the server's clock, and outages."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Final, Protocol

import msgspec
from redis import exceptions

from ..._randomness import uniform
from ...errors import LimiterSetupError, LimiterUnavailableError

logger = logging.getLogger("tim_async")

US_PER_S: Final = 1e6
# A clock that is being slewed runs at most 500 ppm too fast or too slow.
MAX_CLOCK_DRIFT: Final = 0.0005

_PARTS: Final = ("share.lua", "timeline.lua", "window.lua", "reserve.lua")
_SCRIPT: Final = "".join(files(__package__).joinpath(part).read_text(encoding="utf-8") for part in _PARTS)
_SCRIPT_SHA: Final = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
# Waits between attempts to reach Redis.
_MIN_BACKOFF_S: Final = 0.02
_MAX_BACKOFF_S: Final = 0.25
# After this many replies in a row that leave the server's clock uncertain by most of the tolerance, Redis is too far.
_MAX_SLOW_REPLIES: Final = 20
_MAX_CLOCK_SPREAD: Final = 0.8

# Waiting does not help against these. Any other refusal may pass: Redis is starting, failing over, short of memory,
# disk or replicas, busy with another script, a replica that was asked by mistake, or says something newer than this.
_PERMANENT_ERRORS: Final = (
    exceptions.AuthenticationError,
    exceptions.AuthorizationError,
    exceptions.NoPermissionError,
    exceptions.AuthenticationWrongNumberOfArgsError,
)
# Neither does it where the URL names a database that there is not: the text of an error that has no class of its own.
_NO_SUCH_DATABASE: Final = re.compile(r"out of range|invalid DB index|SELECT is not allowed", re.IGNORECASE)


class ReserveRequest(msgspec.Struct, kw_only=True):
    """The argument of the script. Times are microseconds; buckets are given by their position, beginning with 1.

    Attributes:
        epoch: the epoch of the reservations the caller holds, "" for none.
        number: grows with every request of a limiter, so that a repeated request gives back, and reports, only once.
        ahead: how far ahead reservations are usually made.
        quiet: no reservation earlier than this long from now.
        units: the length of one unit, by bucket.
        limits: the units that a window may hold, by bucket.
        burst_limits: the units of a window that bursts may use, by bucket.
        counted: whether it has no pace and is only counted, by bucket.
        windows: how long a reservation may matter after its moment, by bucket.
        tails: the first free moment as the caller last knew it, by bucket.
        batches: the reservation batches wanted, most urgent first: how many, bucket and units of each cost, and how
            many of them (or more) may be bursts.
        back: the reservations given back: the moment, and bucket, units and length of each cost, 0.0 for a burst.
        refused: the calls that the service refused: the bucket that it meant, 0 for the app, and the call's moment.
    """

    epoch: str
    number: int
    ahead: float
    quiet: float
    units: list[float]
    limits: list[int]
    burst_limits: list[float]
    counted: list[bool]
    windows: list[float]
    tails: list[float]
    batches: list[tuple[int, list[tuple[int, int]], int]]
    back: list[tuple[float, list[tuple[int, int, float]]]]
    refused: list[tuple[int, float]]


class ShareState(msgspec.Struct, array_like=True):
    """A share as the script left it: its value right after the last cut, when that was, a beat, whether it is new."""

    base: float
    cut_at: float
    beat: float
    was_cut: bool


class BucketState(msgspec.Struct, array_like=True):
    """A bucket as the script left it.

    Attributes:
        tail: the first free moment.
        unit: the length of a unit as configured.
        length: its length in force.
        room: the units that can burst.
        bursts_until: when the last burst leaves the window, 0 for no burst.
        share: its share.
    """

    tail: float
    unit: float
    length: float
    room: float
    bursts_until: float
    share: ShareState


class ReserveReply(msgspec.Struct):
    """The result of the script. Times are microseconds of the server's clock.

    Attributes:
        epoch: identifies the state; a new one means that the earlier state was lost.
        now: the server's time.
        flow: calls of the app a second that its share is of.
        app: the app's share.
        batches: the moments reserved at the pace, by batch.
        bursts: how many reservations are for now besides, by batch.
        buckets: the buckets as they are now.
    """

    epoch: str
    now: float
    flow: float
    app: ShareState
    batches: list[list[float]]
    bursts: list[int]
    buckets: list[BucketState]


class ScriptClient(Protocol):
    """The part that is used of redis-py's asynchronous clients, `Redis` and `RedisCluster`."""

    def evalsha(self, sha: str, numkeys: int, *keys_and_args: str | bytes) -> Awaitable[bytes | str]:
        """Run a script that the server has cached."""
        ...

    def eval(self, script: str, numkeys: int, *keys_and_args: str | bytes) -> Awaitable[bytes | str]:
        """Run a script that the server may not have cached."""
        ...

    def ping(self) -> Awaitable[object]:
        """Return when the server answers."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class ServerClock:
    """The server's clock in terms of the local one.

    Every reply says that the server's time was `now` at some moment between sending and receiving. The difference of
    the clocks therefore lies between two bounds, and the bounds of many replies together are tighter than those of one.

    Attributes:
        low: the least difference, server minus local, in seconds.
        high: the greatest difference.
        resets: how often a clock was found to have been set; reservations from before are void.
    """

    def __init__(self) -> None:
        self.low = 0.0
        self.high = 0.0
        self.resets = 0
        self._observed_at: float | None = None

    def observe(self, sent: float, received: float, now: float) -> None:
        """Take one reply into account, all in seconds. A reply that contradicts the earlier ones means a reset."""
        low, high = now - received, now - sent
        if self._observed_at is not None:
            drift = MAX_CLOCK_DRIFT * (received - self._observed_at)
            kept_low, kept_high = max(low, self.low - drift), min(high, self.high + drift)
            if kept_low <= kept_high:
                self.low, self.high, self._observed_at = kept_low, kept_high, received
                return
            self.resets += 1
        self.low, self.high, self._observed_at = low, high, received

    @property
    def spread(self) -> float:
        """The distance of the bounds in seconds."""
        return self.high - self.low

    def earliest(self, at: float) -> float:
        """Return the local time from which the server's time is certainly `at` (microseconds) or later."""
        return at / US_PER_S - self.low

    def latest(self, at: float) -> float:
        """Return the local time until which the server's time is certainly `at` (microseconds) or earlier."""
        return at / US_PER_S - self.high

    def server_time(self, local: float) -> float:
        """Return the latest that the server's time can be at a local time, in microseconds."""
        return (local + self.high) * US_PER_S


class RedisLink:
    """Runs the script, waits out short outages and reports long ones.

    Args:
        connect: makes the client.
        where: names the server in messages; contains no secret.
        timeout: seconds for one attempt.
        patience: seconds of an outage after which requests fail.
        tolerance: seconds for which a reservation can be used; replies that take longer are useless.
    """

    def __init__(
        self, connect: Callable[[], ScriptClient], where: str, *, timeout: float, patience: float, tolerance: float
    ) -> None:
        self._connect = connect
        self._client: ScriptClient | None = None
        self._timeout = timeout
        self._patience = patience
        self._tolerance = tolerance
        self.where = where
        self.clock = ServerClock()
        self.now = time.monotonic
        self.round_trips = 0
        self.outages = 0
        self._down_since: float | None = None
        self._failed_at = 0.0
        self._reason = ""
        self._slow_replies = 0

    @property
    def available_until(self) -> float:
        """The local time at which the outage began that goes on now; the present without one."""
        return self.now() if self._down_since is None else self._down_since

    def check(self) -> None:
        """Raise at once if an outage has lasted too long and the last attempt was a moment ago."""
        now = self.now()
        if self._down_since is not None and now - self._failed_at < _MAX_BACKOFF_S:
            self._raise_after_patience(now)

    def _raise_after_patience(self, now: float) -> None:
        if self._down_since is not None and now - self._down_since >= self._patience:
            raise LimiterUnavailableError(
                f"{self.where}, which keeps the shared limits, has been unavailable for "
                f"{now - self._down_since:.1f} s ({self._reason}); nothing was sent"
            )

    async def reserve(self, keys: list[str], request: ReserveRequest) -> ReserveReply:
        """Run the script.

        Raises:
            LimiterUnavailableError: Redis has been unavailable for longer than the patience.
            LimiterSetupError: waiting does not help: wrong password, missing permission, no such database, or Redis is
                too far away.
        """
        encoded = msgspec.json.encode(request)
        backoff = _MIN_BACKOFF_S
        if self._down_since is not None and self.now() - self._failed_at > self._patience + _MAX_BACKOFF_S:
            self._down_since = None  # no request was made since that outage: it may be over
        while True:
            sent = self.now()
            try:
                async with asyncio.timeout(self._timeout):
                    answer = await self._run(keys, encoded)
                break
            except _PERMANENT_ERRORS as error:
                problem = _describe(error)
            except (exceptions.RedisError, TimeoutError, OSError) as error:
                problem = _describe(error)
                if not _NO_SUCH_DATABASE.search(problem):
                    self._fail(problem, is_refusal=isinstance(error, exceptions.ResponseError))
                    problem = ""
            if problem:
                raise LimiterSetupError(f"{self.where} refuses to run the limiter's script: {problem}", field="url")
            self._raise_after_patience(self.now())
            await asyncio.sleep(backoff * uniform(0.5, 1.0))
            backoff = min(backoff * 2, _MAX_BACKOFF_S)
        received = self.now()
        self.round_trips += 1
        self._succeed(received)
        reply = msgspec.json.decode(answer, type=ReserveReply)
        self._observe(sent, received, reply.now / US_PER_S)
        return reply

    async def ping(self) -> None:
        """Look whether Redis answers now. It is no outage where it does not: that is seen by the calls.

        Raises:
            LimiterUnavailableError: it does not.
        """
        if self._client is None:
            self._client = self._connect()
        try:
            async with asyncio.timeout(self._timeout):
                await self._client.ping()
            return
        except (exceptions.RedisError, TimeoutError, OSError) as error:
            problem = _describe(error)
        raise LimiterUnavailableError(f"{self.where} does not answer: {problem}")

    async def _run(self, keys: list[str], encoded: bytes) -> bytes:
        if self._client is None:
            self._client = self._connect()
        try:
            answer = await self._client.evalsha(_SCRIPT_SHA, len(keys), *keys, encoded)
        except exceptions.NoScriptError:  # the first time, and after every restart of Redis
            answer = await self._client.eval(_SCRIPT, len(keys), *keys, encoded)
        return answer if isinstance(answer, bytes) else str(answer).encode()

    def _observe(self, sent: float, received: float, now: float) -> None:
        resets = self.clock.resets
        self.clock.observe(sent, received, now)
        if self.clock.resets != resets:
            logger.warning(
                "%s: its clock was set, or another server took over; earlier reservations are dropped", self.where
            )
        is_slow = self.clock.spread >= _MAX_CLOCK_SPREAD * self._tolerance
        self._slow_replies = self._slow_replies + 1 if is_slow else 0
        if self._slow_replies >= _MAX_SLOW_REPLIES:
            self._slow_replies = 0
            raise LimiterSetupError(
                f"{self.where} is too far away: it takes {1000 * (received - sent):.0f} ms to answer, but a "
                f"reservation can be used for {1000 * self._tolerance:.0f} ms only; increase tolerance_s, which costs "
                "a part of the limit, or use a Redis that is closer",
                field="tolerance_s",
            )

    def _fail(self, reason: str, *, is_refusal: bool) -> None:
        now = self.now()
        if self._down_since is None:
            self._down_since = now
            self.outages += 1
            problem = "refuses to serve" if is_refusal else "cannot be reached"
            logger.warning("%s %s: %s; calls wait for it up to %.1f s", self.where, problem, reason, self._patience)
        self._failed_at = now
        self._reason = reason

    def _succeed(self, now: float) -> None:
        if self._down_since is not None:
            logger.warning(
                "%s is available again after %.1f s; the last error was: %s",
                self.where,
                now - self._down_since,
                self._reason,
            )
            self._down_since = None

    def forget(self) -> None:
        """Open new connections for the next request: those there are belong to another event loop."""
        self._client = None

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def _describe(error: BaseException) -> str:
    """Return the error's text in one line."""
    return " ".join(str(error).split()) or type(error).__name__
