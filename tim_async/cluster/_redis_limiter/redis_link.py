"""The connection to Redis: the script, and what happens when Redis cannot be used."""

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
from ..._shared_limits.link import US_PER_S, ReserveReply, ReserveRequest, ServerClock
from ..._shared_limits.outage import MAX_BACKOFF_S, MIN_BACKOFF_S, Outage
from ...errors import LimiterSetupError, LimiterUnavailableError

logger = logging.getLogger("tim_async")

_PARTS: Final = ("share.lua", "timeline.lua", "window.lua", "reserve.lua")
_SCRIPT: Final = "".join(files(__package__).joinpath(part).read_text(encoding="utf-8") for part in _PARTS)
_SCRIPT_SHA: Final = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
# After this many replies in a row that leave the server's clock uncertain by most of the tolerance, Redis is too far.
_MAX_SLOW_REPLIES: Final = 20
_MAX_CLOCK_SPREAD: Final = 0.8

# Errors that do not go away by waiting. Any other refusal may: Redis is starting, failing over, short of memory, disk
# or replicas, busy with another script, a replica was asked by mistake, or the error is newer than this library.
_PERMANENT_ERRORS: Final = (
    exceptions.AuthenticationError,
    exceptions.AuthorizationError,
    exceptions.NoPermissionError,
    exceptions.AuthenticationWrongNumberOfArgsError,
)
# Neither does a URL with a database that does not exist; the error has no class of its own, so match its text.
_NO_SUCH_DATABASE: Final = re.compile(r"out of range|invalid DB index|SELECT is not allowed", re.IGNORECASE)


class ScriptClient(Protocol):
    """The methods used of redis-py's asynchronous clients, `Redis` and `RedisCluster`."""

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


class RedisLink:
    """Runs the script, waits out short outages and reports long ones.

    Args:
        connect: creates the client.
        where: names the server in messages; contains no secret.
        timeout: seconds for one attempt.
        patience: seconds of an outage after which requests fail.
        tolerance: seconds for which a reservation can be used; slower replies are useless.
    """

    def __init__(
        self, connect: Callable[[], ScriptClient], where: str, *, timeout: float, patience: float, tolerance: float
    ) -> None:
        self._connect = connect
        self._client: ScriptClient | None = None
        self._timeout = timeout
        self._tolerance = tolerance
        self.where = where
        self.clock = ServerClock()
        self.now = time.monotonic
        self.round_trips = 0
        self.outage = Outage(where, patience, self.now)
        self._slow_replies = 0

    async def reserve(self, keys: list[str], request: ReserveRequest) -> ReserveReply:
        """Run the script.

        Raises:
            LimiterUnavailableError: Redis has been unavailable for longer than the patience.
            LimiterSetupError: waiting does not help: wrong password, missing permission, no such database, or Redis is
                too far away.
        """
        encoded = msgspec.json.encode(request)
        backoff = MIN_BACKOFF_S
        self.outage.begin_request()
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
                    is_refusal = isinstance(error, exceptions.ResponseError)
                    self.outage.fail(problem, "refuses to serve" if is_refusal else "cannot be reached")
                    problem = ""
            if problem:
                raise LimiterSetupError(f"{self.where} refuses to run the limiter's script: {problem}", field="url")
            self.outage.raise_after_patience(self.now())
            await asyncio.sleep(backoff * uniform(0.5, 1.0))
            backoff = min(backoff * 2, MAX_BACKOFF_S)
        received = self.now()
        self.round_trips += 1
        self.outage.succeed(received)
        reply = msgspec.json.decode(answer, type=ReserveReply)
        self._observe(sent, received, reply.now / US_PER_S)
        return reply

    async def ping(self) -> None:
        """Check whether Redis answers now. A failure is not recorded as an outage: calls notice that themselves.

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

    def forget(self) -> None:
        """Open new connections for the next request: existing ones belong to another event loop."""
        self._client = None

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def _describe(error: BaseException) -> str:
    """Return the error's text in one line."""
    return " ".join(str(error).split()) or type(error).__name__
