"""The way to Redis: one script, what it is asked and answers, the server's clock, and outages."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import time
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Final, Protocol

import msgspec
from redis import exceptions

from ...errors import LimiterSetupError, LimiterUnavailableError

logger = logging.getLogger("tim_async")

US: Final = 1e6
_SCRIPT: Final = files(__package__).joinpath("reserve.lua").read_text(encoding="utf-8")
_SHA: Final = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()

# A clock that is slewed runs at most 500 ppm too fast or too slow; two of them apart.
DRIFT: Final = 0.0005
# Pauses between attempts to reach Redis.
_FIRST_BACKOFF_S: Final = 0.02
_MAX_BACKOFF_S: Final = 0.25

# It will not serve us however long we wait. Whatever else it answers may pass: it is starting, failing over, short of
# memory, disk or replicas, busy with a script of others, a replica that was asked by mistake, or what is new in Redis.
_WRONG: Final = (
    exceptions.AuthenticationError,
    exceptions.AuthorizationError,
    exceptions.NoPermissionError,
    exceptions.AuthenticationWrongNumberOfArgsError,
)


class Ask(msgspec.Struct, kw_only=True):
    """What the script is asked. Times are microseconds.

    Attributes:
        epoch: the epoch whose turns the caller has, "" for none.
        number: grows with every question of one limiter; its give-backs are heeded once.
        ahead: how far ahead turns are usually reserved.
        quiet: no turn before so long from now.
        units: the length of one unit, by bucket.
        spans: the length of the window, by bucket.
        tails: the first free moment as the caller last heard, by bucket.
        items: turns that are wanted, most urgent first: how many, and bucket and cost of each share.
        back: turns that come back: bucket, from, to.
        paused: buckets that the service found too busy; 0 is the app.
        pause: the first pause.
        longest_pause: the longest pause.
    """

    epoch: str
    number: int
    ahead: float
    quiet: float
    units: list[float]
    spans: list[float]
    tails: list[float]
    items: list[tuple[int, list[tuple[int, int]]]]
    back: list[tuple[int, float, float]]
    paused: list[int]
    pause: float
    longest_pause: float


class BucketReply(msgspec.Struct, array_like=True):
    """One bucket as the script left it: first free moment, unit in force, end and length of its last pause."""

    tail: float
    unit: float
    pause: float
    length: float


class Reply(msgspec.Struct):
    """What the script answers. Times are microseconds of the server's clock.

    Attributes:
        epoch: names this life of the state.
        now: the server's time.
        pause: end of the app's last pause.
        length: length of the app's last pause.
        quiet: no turn is before this.
        turns: the turns reserved, by item.
        buckets: the buckets as they are now.
    """

    epoch: str
    now: float
    pause: float
    length: float
    quiet: float
    turns: list[list[float]]
    buckets: list[BucketReply]


class Scripts(Protocol):
    """What is needed of redis-py's asynchronous clients, `Redis` and `RedisCluster` alike."""

    def evalsha(self, sha: str, numkeys: int, *keys_and_args: str | bytes) -> Awaitable[bytes | str]:
        """Run a script the server knows."""
        ...

    def eval(self, script: str, numkeys: int, *keys_and_args: str | bytes) -> Awaitable[bytes | str]:
        """Run a script the server may not know yet."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class ServerClock:
    """The server's clock against the local one.

    Every answer says: the server's time was `now` at some moment between asking and hearing. So the difference of the
    clocks lies between two bounds; the bounds of many answers together are tighter than those of any one.
    """

    def __init__(self) -> None:
        self.low = 0.0
        self.high = 0.0
        self.life = 0  # grows when a clock was set
        self._at: float | None = None

    def observe(self, sent: float, received: float, now: float) -> None:
        """Take in one answer, all in seconds. One that contradicts the earlier ones begins another life."""
        low, high = now - received, now - sent
        if self._at is not None:
            drift = DRIFT * (received - self._at)
            kept_low, kept_high = max(low, self.low - drift), min(high, self.high + drift)
            if kept_low <= kept_high:
                self.low, self.high, self._at = kept_low, kept_high, received
                return
            self.life += 1
        self.low, self.high, self._at = low, high, received

    @property
    def spread(self) -> float:
        """How far apart the bounds are, in seconds."""
        return self.high - self.low

    def earliest(self, at: float) -> float:
        """Return the local time at which it is certainly `at` (microseconds) there, or later."""
        return at / US - self.low

    def latest(self, at: float) -> float:
        """Return the last local time at which it is certainly not later than `at` there."""
        return at / US - self.high

    def there(self, local: float) -> float:
        """Return the server's time in microseconds at a local time, as late as it may be."""
        return (local + self.high) * US


class Link:
    """Asks the script, waits out short outages, tells long ones.

    Args:
        connect: makes the client.
        where: names the server in messages; holds no secret.
        timeout: seconds for one attempt.
        patience: seconds of an outage after which questions fail.
        tolerance: seconds a turn stays usable; a way that takes longer is of no use.
    """

    def __init__(
        self, connect: Callable[[], Scripts], where: str, *, timeout: float, patience: float, tolerance: float
    ) -> None:
        self._connect = connect
        self._client: Scripts | None = None
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
        self._slow = 0

    def check(self) -> None:
        """Raise at once when an outage has lasted too long and another attempt was made just now."""
        now = self.now()
        if self._down_since is not None and now - self._failed_at < _MAX_BACKOFF_S:
            self._give_up(now)

    def _give_up(self, now: float) -> None:
        if self._down_since is not None and now - self._down_since >= self._patience:
            raise LimiterUnavailableError(
                f"{self.where}, which keeps the shared limits, has not served for "
                f"{now - self._down_since:.1f} s ({self._reason}); nothing was sent"
            )

    async def ask(self, keys: list[str], ask: Ask) -> Reply:
        """Ask the script.

        Raises:
            LimiterUnavailableError: it was not to be had for too long.
            LimiterSetupError: it will never be: wrong password, no permission, or it is too far away.
        """
        encoded = msgspec.json.encode(ask)
        backoff = _FIRST_BACKOFF_S
        if self._down_since is not None and self.now() - self._failed_at > self._patience + _MAX_BACKOFF_S:
            self._down_since = None  # what was long ago, with nothing asked since, is not this outage
        while True:
            sent = self.now()
            try:
                async with asyncio.timeout(self._timeout):
                    answer = await self._run(keys, encoded)
                break
            except _WRONG as error:
                problem = _tell(error)
            except (exceptions.RedisError, TimeoutError, OSError) as error:
                self._fail(_tell(error), is_refusal=isinstance(error, exceptions.ResponseError))
                problem = ""
            if problem:
                raise LimiterSetupError(f"{self.where} does not do what the limiter asks: {problem}", field="url")
            self._give_up(self.now())
            await asyncio.sleep(backoff * random.uniform(0.5, 1.0))
            backoff = min(backoff * 2, _MAX_BACKOFF_S)
        received = self.now()
        self.round_trips += 1
        self._succeed(received)
        reply = msgspec.json.decode(answer, type=Reply)
        self._observe(sent, received, reply.now / US)
        return reply

    async def _run(self, keys: list[str], encoded: bytes) -> bytes:
        if self._client is None:
            self._client = self._connect()
        try:
            answer = await self._client.evalsha(_SHA, len(keys), *keys, encoded)
        except exceptions.NoScriptError:  # the first time, and after every restart
            answer = await self._client.eval(_SCRIPT, len(keys), *keys, encoded)
        return answer if isinstance(answer, bytes) else str(answer).encode()

    def _observe(self, sent: float, received: float, now: float) -> None:
        life = self.clock.life
        self.clock.observe(sent, received, now)
        if self.clock.life != life:
            logger.warning(
                "%s: its clock was set, or another server took over; turns reserved before are dropped", self.where
            )
        self._slow = self._slow + 1 if self.clock.spread >= 0.8 * self._tolerance else 0
        if self._slow >= 20:
            self._slow = 0
            raise LimiterSetupError(
                f"{self.where} is too far away: its answers take {1000 * (received - sent):.0f} ms, and a turn is good "
                f"for {1000 * self._tolerance:.0f} ms; set tolerance_s higher, at the price of a part of the limit",
                field="tolerance_s",
            )

    def _fail(self, reason: str, *, is_refusal: bool) -> None:
        now = self.now()
        if self._down_since is None:
            self._down_since = now
            self.outages += 1
            trouble = "does not serve" if is_refusal else "cannot be reached"
            logger.warning("%s %s: %s; calls wait up to %.1f s for it", self.where, trouble, reason, self._patience)
        self._failed_at = now
        self._reason = reason

    def _succeed(self, now: float) -> None:
        if self._down_since is not None:
            logger.warning(
                "%s serves again after %.1f s; the last reason was: %s",
                self.where,
                now - self._down_since,
                self._reason,
            )
            self._down_since = None

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def _tell(error: BaseException) -> str:
    """Say what went wrong, in a line."""
    return " ".join(str(error).split()) or type(error).__name__
